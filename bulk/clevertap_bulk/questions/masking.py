"""A table copied with pseudonyms in place of personal data.

Each column is masked by its different values, of which there are far fewer than rows. Then the personal values of a row
are looked for in its other texts: somebody's name in a greeting is their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from clevertap_bulk.importing.refused_file import CODE, REASON
from clevertap_bulk.questions.files import FRACTIONS, NUMBERS, TEXT, Staged
from clevertap_bulk.questions.mask import PERSONAL, Mask, is_hidden, property_of
from clevertap_bulk.questions.mentions import Mentions
from clevertap_bulk.questions.stand_ins import StandIns
from clevertap_bulk.questions.wording import quoted, told_apart

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHORTEST: Final = 6
"""Digits of a number that means somebody when it stands elsewhere in a row; shorter ones are counts and prices."""
TOGETHER: Final = 20_000
"""Different values that are masked at a time."""
OURS: Final = frozenset({CODE, REASON})
"""What refused rows have beside what was in the file."""
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
        self._hidden = [name for name, kind in staged.columns.items() if can_hide(kind) and self._hides(name)]
        self._texts = [name for name, kind in staged.columns.items() if kind == TEXT and name not in self._hidden]
        self._numbers = [name for name, kind in staged.columns.items() if kind in NUMBERS and name not in self._hidden]

    def copy(self, table: str) -> None:
        """Write the masked rows to a new table."""
        stand_ins = StandIns(self._db)
        values = {name: self._staged.value(name) for name in self._staged.columns} | self._masked(stand_ins)
        columns = ", ".join(f"{values[name]} AS {quoted(told)}" for name, told in self._names().items())
        rows = stand_ins.beside(self._staged.rows)
        self._db.execute(f"CREATE TABLE {quoted(table)} AS SELECT {columns} FROM {rows} AS r")  # noqa: S608 - our names

    def _masked(self, stand_ins: StandIns) -> dict[str, str]:
        """The SQL of what is told of each column in which personal data may stand."""
        texts = {name: self._text(name) for name in [*self._hidden, *self._texts]}
        told = {name: stand_ins.written(text, self._pairs(name)) for name, text in texts.items()}
        masked = {name: f"coalesce({told[name]}, {text})" if told[name] else text for name, text in texts.items()}
        personal = [(self._meaning(name), texts[name]) for name in self._hidden if told[name]]
        mentions = Mentions(self._db, self._staged.rows, personal)
        for name in mentions.columns({name: texts[name] for name in self._texts}):
            hidden = mentions.hidden(texts[name], self._mask, people=self._people)
            if stands := stand_ins.written(mentions.key(texts[name]), hidden):
                masked[name] = f"coalesce({stands}, {masked[name]})"
        people = {texts[name]: stands for name in self._hidden if (stands := told[name])}
        numbers = {name: self._text(name) for name in self._numbers}
        for name in self._equal(numbers, list(people)):
            equal = " ".join(f"WHEN {same(numbers[name], who)} THEN {stands}" for who, stands in people.items())
            masked[name] = f"CASE {equal} ELSE {numbers[name]} END"
        return masked

    def _equal(self, numbers: Mapping[str, str], people: Sequence[str]) -> list[str]:
        """The columns of numbers in which a personal value of the same row stands."""
        if not numbers or not people:
            return []
        asked = ", ".join(f"bool_or({' OR '.join(same(number, who) for who in people)})" for number in numbers.values())
        told = self._db.execute(f"SELECT {asked} FROM {self._staged.rows} AS r").fetchone() or ()  # noqa: S608 - our names
        return [name for name, equal in zip(numbers, told, strict=True) if equal]

    def _hides(self, name: str) -> bool:
        """Whether all values of a column are hidden: of foreign rows all but what we have written beside them."""
        return name not in OURS if self._staged.is_foreign else is_hidden(self._mask, name)

    def _meaning(self, name: str) -> str:
        """The property that a hidden column holds; an identity where nobody knows."""
        return PERSONAL[0] if self._staged.is_foreign else property_of(name)

    @property
    def _people(self) -> bool:
        """Whether the rows are about people."""
        return MOMENT not in self._staged.columns

    def _text(self, name: str) -> str:
        """A column's value as text, whole numbers without a fraction."""
        column = self._staged.value(name)
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
        return self._mask.pseudonyms(self._meaning(name), values, people=self._people)

    def _values(self, name: str) -> Iterator[list[str]]:
        """The different values of a column, some at a time."""
        text = self._text(name)
        asked = f"SELECT DISTINCT {text} AS value FROM {self._staged.rows} AS r WHERE trim({text}) != ''"  # noqa: S608 - ours
        reader = self._db.sql(asked).to_arrow_reader(TOGETHER)
        for batch in reader:
            yield batch.column(0).to_pylist()

    def _names(self) -> dict[str, str]:
        """What each column is called, for its name may hold personal data too; no two alike."""
        columns = list(self._staged.columns)
        masked = self._mask.texts([property_of(name) for name in columns])
        told = [name.removesuffix(property_of(name)) + said for name, said in zip(columns, masked, strict=True)]
        return dict(zip(columns, told_apart(told), strict=True))


def can_hide(kind: str) -> bool:
    """Whether values of a type can be personal."""
    return kind == TEXT or kind in NUMBERS


def copy_as_it_is(db: DuckDBPyConnection, staged: Staged, table: str) -> None:
    """Write rows to a new table as they are, where personal data may be shown."""
    names = zip(staged.columns, told_apart(staged.columns), strict=True)
    columns = ", ".join(f"{staged.value(name)} AS {quoted(told)}" for name, told in names)
    db.execute(f"CREATE TABLE {quoted(table)} AS SELECT {columns} FROM {staged.rows} AS r")  # noqa: S608 - our names


def same(number: str, value: str) -> str:
    """The SQL of whether a number is a personal value, with or without what is written around its digits."""
    return f"coalesce(length({number}) >= {SHORTEST} AND {number} = regexp_replace({value}, '\\D', '', 'g'), false)"
