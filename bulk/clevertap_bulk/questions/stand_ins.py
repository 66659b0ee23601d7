"""What stands for the values of a table's rows, written down beside them to be joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Pairs = Sequence[tuple[Any, str]]
ROOM: Final = "raw"


class StandIns:
    """The stand-ins for one table.

    Args:
        db: The database, with room for them attached as `ROOM`.
    """

    def __init__(self, db: DuckDBPyConnection) -> None:
        self._db = db
        self._joins: list[str] = []

    @property
    def joins(self) -> str:
        """The SQL that finds the stand-ins of a row, which is called `r`."""
        return " ".join(self._joins)

    def written(self, key: str, pairs: Iterable[Pairs]) -> str | None:
        """Write down what stands for some values.

        Args:
            key: The SQL of such a value: a text, or a list of texts.
            pairs: Values with their stand-ins, some at a time.

        Returns:
            The SQL of a row's stand-in, NULL where there is none; None if there are none at all.
        """
        alias = f"t{len(self._joins)}"
        table = f"{ROOM}.{alias}"
        self._db.execute(f"DROP TABLE IF EXISTS {table}")
        added = sum(self._add(table, each) for each in pairs if each)
        if not added:
            return None
        self._joins.append(f"LEFT JOIN {table} AS {alias} ON {alias}.value = {key}")
        return f"{alias}.told"

    def _add(self, table: str, pairs: Pairs) -> int:
        import pyarrow as pa  # noqa: PLC0415 - only where a copy is made

        values, told = zip(*pairs, strict=True)
        other = self._db.cursor()  # what is read at the same time goes on
        other.register("pairs", pa.table({"value": pa.array(values), "told": pa.array(told, pa.string())}))
        other.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM pairs LIMIT 0")  # noqa: S608 - our names
        other.execute(f"INSERT INTO {table} SELECT value, told FROM pairs")  # noqa: S608 - our names
        other.close()
        return len(values)
