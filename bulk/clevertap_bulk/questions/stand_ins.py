"""What stands for the values of a table's rows, written down beside them to be joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Pairs = Sequence[tuple[Any, str]]
ROOM: Final = "raw"
AT_ONCE: Final = 16
"""Tables that are joined at once."""


class StandIns:
    """The stand-ins for one table.

    Args:
        db: The database, with room for them attached as `ROOM`.
    """

    def __init__(self, db: DuckDBPyConnection) -> None:
        self._db = db
        self._keys: list[str] = []

    def written(self, key: str, pairs: Iterable[Pairs]) -> str | None:
        """Write down what stands for some values.

        Args:
            key: The SQL of such a value in a row, which is called `r`: a text, or a list of texts.
            pairs: Values with their stand-ins, some at a time.

        Returns:
            The SQL of a row's stand-in, NULL where there is none; None if there are none at all.
        """
        name = f"t{len(self._keys)}"
        self._db.execute(f"DROP TABLE IF EXISTS {ROOM}.{name}")
        added = sum(self._add(f"{ROOM}.{name}", each) for each in pairs if each)
        if not added:
            return None
        self._keys.append(key)
        return f"r.{name}"

    def beside(self, rows: str) -> str:
        """The SQL of rows with all stand-ins beside their values; each join takes memory, so there are few at once."""
        for first in range(0, len(self._keys), AT_ONCE):
            some = list(enumerate(self._keys))[first : first + AT_ONCE]
            told = ", ".join(f"t{number}.told AS t{number}" for number, _ in some)
            joins = " ".join(f"LEFT JOIN {ROOM}.t{number} ON t{number}.value = {key}" for number, key in some)
            rows = f"(SELECT r.*, {told} FROM {rows} AS r {joins})"  # noqa: S608 - our names
            if first + AT_ONCE < len(self._keys):
                self._db.execute(f"CREATE OR REPLACE TABLE {ROOM}.beside_{first} AS FROM {rows}")
                rows = f"{ROOM}.beside_{first}"
        return rows

    def _add(self, table: str, pairs: Pairs) -> int:
        import pyarrow as pa  # noqa: PLC0415 - only where a copy is made

        values, told = zip(*pairs, strict=True)
        other = self._db.cursor()  # what is read at the same time goes on
        other.register("pairs", pa.table({"value": pa.array(values), "told": pa.array(told, pa.string())}))
        other.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM pairs LIMIT 0")  # noqa: S608 - our names
        other.execute(f"INSERT INTO {table} SELECT value, told FROM pairs")  # noqa: S608 - our names
        other.close()
        return len(values)
