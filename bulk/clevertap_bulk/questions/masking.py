"""A table copied with pseudonyms in place of personal data.

Each column is masked by its different values, of which there are far fewer than rows. Then the personal values of a row
are looked for in its other texts: somebody's name in a greeting is their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final

from clevertap_bulk.questions.files import FRACTIONS, NUMBERS, TEXT, Staged
from clevertap_bulk.questions.mask import Mask, is_hidden, property_of
from clevertap_bulk.questions.wording import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOGETHER: Final = 20_000
"""Different values that are masked at a time."""
SHORTEST: Final = 4
"""Characters of a personal value that is looked for in other texts; what is shorter stands anywhere by chance."""
NEVER: Final = r"()[^\x00-\x{10FFFF}]()"
"""A pattern that stands nowhere."""
MOMENT: Final = "ts"
"""The column that tells what happened from people."""
Names = Sequence[str]


class Masking:
    """Copies one table.

    Args:
        db: The database, with room for what is staged attached as `raw`.
        staged: The rows.
        mask: What is put in place of personal data.
    """

    def __init__(self, db: DuckDBPyConnection, staged: Staged, mask: Mask) -> None:
        self._db = db
        self._staged = staged
        self._mask = mask
        self._hidden = [name for name, kind in staged.columns.items() if can_hide(kind) and is_hidden(mask, name)]
        self._texts = [name for name, kind in staged.columns.items() if kind == TEXT and name not in self._hidden]

    def copy(self, table: str) -> None:
        """Write the masked rows to a new table."""
        masked = {name: number for number, name in enumerate([*self._hidden, *self._texts])}
        changed = {name: number for name, number in masked.items() if self._maps(name, number)}
        mentions = self._mentions([name for name in self._hidden if name in changed])
        columns = ", ".join(
            f"{self._value(name, changed, mentions)} AS {quoted(told)}"
            for name, told in zip(self._staged.columns, self._told(list(self._staged.columns)), strict=True)
        )
        joins = " ".join(
            f"LEFT JOIN raw.map_{number} AS m{number} ON m{number}.value = {self._text(name)}"
            for name, number in changed.items()
        )
        self._db.execute(
            f"CREATE TABLE {quoted(table)} AS SELECT {columns} FROM {self._staged.rows} AS r {joins}"  # noqa: S608 - our names
        )

    def _text(self, name: str) -> str:
        """A column's value as text, whole numbers without a fraction."""
        column = f"r.{quoted(name)}"
        if self._staged.columns[name] not in FRACTIONS:
            return f"CAST({column} AS VARCHAR)"
        return f"regexp_replace(printf('%.6f', CAST({column} AS DOUBLE)), '\\.?0+$', '')"

    def _maps(self, name: str, number: int) -> bool:
        """Write down what stands for each value of a column; whether anything has to be replaced."""
        self._db.execute(f"CREATE OR REPLACE TABLE raw.map_{number} (value VARCHAR, told VARCHAR)")
        found = False
        for values in self._values(name):
            pairs = zip(values, self._masked(name, values), strict=True)
            found |= self._write(number, [pair for pair in pairs if pair[0] != pair[1]])
        return found

    def _masked(self, name: str, values: Names) -> Names:
        if name not in self._hidden:
            return self._mask.texts(values)
        return self._mask.pseudonyms(property_of(name), values, people=MOMENT not in self._staged.columns)

    def _values(self, name: str) -> Iterator[list[str]]:
        """The different values of a column, some at a time."""
        text = self._text(name)
        asked = f"SELECT DISTINCT {text} AS value FROM {self._staged.rows} AS r WHERE trim({text}) != ''"  # noqa: S608 - ours
        reader = self._db.sql(asked).to_arrow_reader(TOGETHER)
        for batch in reader:
            yield batch.column(0).to_pylist()

    def _write(self, number: int, pairs: Sequence[tuple[str, str]]) -> bool:
        import pyarrow as pa  # noqa: PLC0415 - only where a copy is made

        if not pairs:
            return False
        values, told = map(list, zip(*pairs, strict=True))
        other = self._db.cursor()  # what is read at the same time goes on
        other.register("pairs", pa.table({"value": pa.array(values, pa.string()), "told": pa.array(told, pa.string())}))
        other.execute(f"INSERT INTO raw.map_{number} SELECT value, told FROM pairs")  # noqa: S608 - our names
        other.close()
        return True

    def _mentions(self, hidden: Names) -> dict[str, list[str]]:
        """The columns of text in which a personal value of the same row stands, with the columns of that."""
        pairs = list(product(self._texts, hidden))
        if not pairs:
            return {}
        asked = ", ".join(f"bool_or({self._stands_in(*pair)})" for pair in pairs)
        told = self._db.execute(f"SELECT {asked} FROM {self._staged.rows} AS r").fetchone() or ()  # noqa: S608 - our names
        found: dict[str, list[str]] = {}
        for (text, personal), stands in zip(pairs, told, strict=True):
            if stands:
                found.setdefault(text, []).append(personal)
        return found

    def _stands_in(self, text: str, personal: str) -> str:
        inner, outer = self._text(personal), f"r.{quoted(text)}"
        return f"(length({inner}) BETWEEN {SHORTEST} AND length({outer}) AND contains(lower({outer}), lower({inner})))"

    def _value(self, name: str, changed: dict[str, int], mentions: dict[str, list[str]]) -> str:
        value = f"r.{quoted(name)}"
        if name in self._hidden:
            return f"coalesce(m{changed[name]}.told, {self._text(name)})" if name in changed else self._text(name)
        if name in changed:
            value = f"coalesce(m{changed[name]}.told, {value})"
        for personal in mentions.get(name, ()):
            told = f"m{changed[personal]}.told"
            pattern = f"'(?i)(^|[^a-z0-9])' || regexp_escape({self._text(personal)}) || '($|[^a-z0-9])'"
            stands = f"{told} IS NOT NULL AND {self._stands_in(name, personal)}"
            sought = f"CASE WHEN {stands} THEN {pattern} ELSE '{NEVER}' END"
            # Written once: a value in both branches of a CASE would double with every personal column.
            value = f"regexp_replace({value}, {sought}, '\\1' || coalesce({told}, '') || '\\2', 'g')"
        return value

    def _told(self, names: Names) -> list[str]:
        """The names of columns, which may hold personal data too; no two alike."""
        told: list[str] = []
        masked = self._mask.texts([property_of(name) for name in names])
        for before, property_name in zip(names, masked, strict=True):
            name = before.removesuffix(property_of(before)) + property_name
            told.append(name if name not in told else f"{name} ({len(told)})")
        return told


def can_hide(kind: str) -> bool:
    """Whether values of a type can be personal."""
    return kind == TEXT or kind in NUMBERS


def copy_as_it_is(db: DuckDBPyConnection, staged: Staged, table: str) -> None:
    """Write rows to a new table as they are, where personal data may be shown."""
    db.execute(f"CREATE TABLE {quoted(table)} AS SELECT * FROM {staged.rows}")  # noqa: S608 - our names
