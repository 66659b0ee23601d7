"""A table copied with pseudonyms in place of personal data.

Each column is masked by its different values, of which there are far fewer than rows. Then the personal values of a row
are looked for in its other texts: somebody's name in a greeting is their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from clevertap_bulk.questions.files import FRACTIONS, NUMBERS, TEXT, Staged
from clevertap_bulk.questions.mask import Mask, is_hidden, property_of
from clevertap_bulk.questions.mentions import Mentions
from clevertap_bulk.questions.stand_ins import StandIns
from clevertap_bulk.questions.wording import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOGETHER: Final = 20_000
"""Different values that are masked at a time."""
MOMENT: Final = "ts"
"""The column that tells what happened from people."""


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
        stand_ins = StandIns(self._db)
        values = {name: f"r.{quoted(name)}" for name in self._staged.columns} | self._masked(stand_ins)
        columns = ", ".join(f"{values[name]} AS {quoted(told)}" for name, told in self._names().items())
        self._db.execute(
            f"CREATE TABLE {quoted(table)} AS SELECT {columns} FROM {self._staged.rows} AS r {stand_ins.joins}"  # noqa: S608 - our names
        )

    def _masked(self, stand_ins: StandIns) -> dict[str, str]:
        """The SQL of what is told of each column in which personal data may stand."""
        texts = {name: self._text(name) for name in [*self._hidden, *self._texts]}
        told = {name: stand_ins.written(text, self._pairs(name)) for name, text in texts.items()}
        masked = {name: f"coalesce({told[name]}, {text})" if told[name] else text for name, text in texts.items()}
        personal = [(property_of(name), texts[name]) for name in self._hidden if told[name]]
        mentions = Mentions(self._db, self._staged.rows, personal)
        for name in mentions.columns({name: texts[name] for name in self._texts}):
            hidden = mentions.hidden(texts[name], self._mask, people=self._people)
            if stands := stand_ins.written(mentions.key(texts[name]), hidden):
                masked[name] = f"coalesce({stands}, {masked[name]})"
        return masked

    @property
    def _people(self) -> bool:
        """Whether the rows are about people."""
        return MOMENT not in self._staged.columns

    def _text(self, name: str) -> str:
        """A column's value as text, whole numbers without a fraction."""
        column = f"r.{quoted(name)}"
        if self._staged.columns[name] not in FRACTIONS:
            return f"CAST({column} AS VARCHAR)"
        return f"regexp_replace(printf('%.6f', CAST({column} AS DOUBLE)), '\\.?0+$', '')"

    def _pairs(self, name: str) -> Iterator[list[tuple[str, str]]]:
        """The different values of a column for which something stands, some at a time, and what that is."""
        for values in self._values(name):
            pairs = zip(values, self._pseudonyms(name, values), strict=True)
            yield [pair for pair in pairs if pair[0] != pair[1]]

    def _pseudonyms(self, name: str, values: Sequence[str]) -> Sequence[str]:
        if name not in self._hidden:
            return self._mask.texts(values)
        return self._mask.pseudonyms(property_of(name), values, people=self._people)

    def _values(self, name: str) -> Iterator[list[str]]:
        """The different values of a column, some at a time."""
        text = self._text(name)
        asked = f"SELECT DISTINCT {text} AS value FROM {self._staged.rows} AS r WHERE trim({text}) != ''"  # noqa: S608 - ours
        reader = self._db.sql(asked).to_arrow_reader(TOGETHER)
        for batch in reader:
            yield batch.column(0).to_pylist()

    def _names(self) -> dict[str, str]:
        """What each column is called, for its name may hold personal data too; no two alike."""
        names: dict[str, str] = {}
        masked = self._mask.texts([property_of(name) for name in self._staged.columns])
        for before, property_name in zip(self._staged.columns, masked, strict=True):
            name = before.removesuffix(property_of(before)) + property_name
            names[before] = name if name not in names.values() else f"{name} ({len(names)})"
        return names


def can_hide(kind: str) -> bool:
    """Whether values of a type can be personal."""
    return kind == TEXT or kind in NUMBERS


def copy_as_it_is(db: DuckDBPyConnection, staged: Staged, table: str) -> None:
    """Write rows to a new table as they are, where personal data may be shown."""
    db.execute(f"CREATE TABLE {quoted(table)} AS SELECT * FROM {staged.rows}")  # noqa: S608 - our names
