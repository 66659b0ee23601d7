"""Files of one table read as one, whichever formats they have and however their columns differ.

Parquet tells the types of its columns. What CSV and JSON Lines hold is read as text first: a column is numbers, or true
and false, if all of its values are; text that only looks like a number, such as `007`, stays text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clevertap_bulk.questions.mask import PERSONAL, PREFIXES
from clevertap_bulk.questions.sources import Group, Holds, Source
from clevertap_bulk.questions.wording import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEXT: Final = "VARCHAR"
NUMBER: Final = "DOUBLE"
TRUTH: Final = "BOOLEAN"
MOMENT: Final = "TIMESTAMP WITH TIME ZONE"
TIME: Final = "ts"
FRACTIONS: Final = frozenset({"FLOAT", NUMBER})
NUMBERS: Final = FRACTIONS | {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UBIGINT", "UINTEGER"}
FIGURE: Final = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"
"""What is a number when it stands in a text: no zeros before it, and no more digits than a number keeps."""
READERS: Final = {
    ".parquet": "read_parquet({files}, hive_partitioning = false)",
    ".csv": "read_csv({files}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
    "null_padding = true, parallel = false, allow_quoted_nulls = false, strict_mode = false, max_line_size = 16777216, "
    "hive_partitioning = false)",
    ".jsonl": "read_json({files}, format = 'newline_delimited', maximum_depth = 1, sample_size = -1, "
    "maximum_object_size = 16777216, map_inference_threshold = -1, field_appearance_threshold = 0, "
    "hive_partitioning = false)",
}
"""How each format is read; a list of files stands for them all. A folder named like `year=2026` adds no column, and of
objects with many keys each key is a column: as one value of many keys nobody would see what is personal in it."""
MOST_COLUMNS: Final = 1_000
"""Columns of a table; CleverTap keeps fewer properties of an event, and each takes time to mask."""
WILD: Final = re.compile(r"[*?\[]")
"""What stands for other characters in the names of files."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Files that have the same columns.

    Args:
        source: What to select from.
        columns: Its columns, each with the expression of its value and its type.
    """

    source: str
    columns: Mapping[str, tuple[str, str]]


class TooWideError(Exception):
    """A table has more columns than anybody needs."""


class Staged:
    """The files of a table, ready to be selected from, each column under a name of ours.

    Two columns whose names differ in case only are one for the database, and are two here.

    Args:
        db: The database, with room for what is staged attached as `raw`.
        folder: The data folder.
        group: The files.

    Raises:
        TooWideError: They have too many columns.
    """

    def __init__(self, db: DuckDBPyConnection, folder: Path, group: Group) -> None:
        self._db = db
        self._typed = group.holds is not Holds.REFUSED
        self._pieces = list(self._read(folder, group)) or [NOTHING]
        self.columns = self._joined()
        """All columns of all files, each with its type."""
        if len(self.columns) > MOST_COLUMNS:
            raise TooWideError
        self._places = {name: f"c{number}" for number, name in enumerate(self.columns)}
        self.is_foreign = group.holds is Holds.REFUSED
        """Whether the columns are somebody else's, so that nobody knows what they hold."""

    @property
    def rows(self) -> str:
        """What to select all rows from, in SQL."""
        return "(" + " UNION ALL ".join(map(self._select, self._pieces)) + ")"

    def value(self, name: str) -> str:
        """The SQL of a column's value in a row, which is called `r`."""
        return f"r.{self._places[name]}"

    def _read(self, folder: Path, group: Group) -> Iterator[Piece]:
        alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
        for source in filter(is_readable, group.sources):
            path = literal(only(str(folder / source.path)))
            described = self._described(READERS[source.form].format(files=path))
            alike[source.form, *described].append(path)
        for number, ((form, *columns), files) in enumerate(alike.items()):
            reader = READERS[str(form)].format(files="[" + ", ".join(files) + "]")
            known: dict[str, str] = dict(column for column in columns if isinstance(column, tuple))
            yield Piece(reader, typed(known)) if form == ".parquet" else self._staged(number, reader, known)

    def _described(self, source: str) -> list[tuple[str, str]]:
        """The columns of what can be selected from, with their types."""
        rows = self._db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608 - our names
        return [(row[0], row[1]) for row in rows]

    def _staged(self, number: int, reader: str, columns: Mapping[str, str]) -> Piece:
        """What is read as text, kept so that it is read once, with the types that its values have."""
        table = f"raw.staged_{number}"
        self._db.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {reader}")  # noqa: S608 - our names
        texts = {name: f"{quoted(name)} ->> '$'" if kind == "JSON" else quoted(name) for name, kind in columns.items()}
        texts = {name: f"CAST({text} AS VARCHAR)" for name, text in texts.items()}
        kinds = self._kinds(table, {name: text for name, text in texts.items() if self._typed and is_property(name)})
        return Piece(table, {name: (text, kinds.get(name, TEXT)) for name, text in texts.items()})

    def _kinds(self, table: str, texts: Mapping[str, str]) -> dict[str, str]:
        """What the values of columns are."""
        if not texts:
            return {}
        asked = ", ".join(
            f"bool_and(regexp_full_match({text}, {literal(FIGURE)})), bool_and({text} IN ('true', 'false'))"
            for text in texts.values()
        )
        told = self._db.execute(f"SELECT {asked} FROM {table}").fetchone() or ()  # noqa: S608 - our names
        pairs = zip(told[::2], told[1::2], strict=True)
        return {
            name: NUMBER if figures else TRUTH if truths else TEXT
            for name, (figures, truths) in zip(texts, pairs, strict=True)
        }

    def _joined(self) -> dict[str, str]:
        """One type for each column, with which the values of all files can live."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for piece in self._pieces:
            for name, (_, kind) in piece.columns.items():
                kinds[name].add(kind)
        return {name: self._type(name, found) for name, found in kinds.items()}

    def _type(self, name: str, kinds: set[str]) -> str:
        if name == TIME and self._typed:
            return MOMENT
        return kinds.pop() if len(kinds) == 1 else NUMBER if kinds <= NUMBERS else TEXT

    def _select(self, piece: Piece) -> str:
        told = ", ".join(
            f"CAST({piece.columns.get(name, ('NULL', ''))[0]} AS {kind}) AS {self._places[name]}"
            for name, kind in self.columns.items()
        )
        return f"SELECT {told} FROM {piece.source}"  # noqa: S608 - our names


NOTHING: Final = Piece("(SELECT 1 WHERE false)", {TIME: ("NULL", MOMENT), **dict.fromkeys(PERSONAL, ("NULL", TEXT))})
"""No rows at all, as JSON Lines of a day without events have them."""


def only(path: str) -> str:
    """A path as a pattern that only itself fits."""
    return WILD.sub(r"[\g<0>]", path)


def is_readable(source: Source) -> bool:
    """Whether a file tells its columns."""
    return source.size > 0


def typed(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Columns that tell their types: numbers are numbers, and whatever is not simple is text."""
    return {name: (quoted(name), simple(kind)) for name, kind in columns.items()}


def simple(kind: str) -> str:
    """The type that a column has here."""
    if kind in NUMBERS or kind.startswith("DECIMAL"):
        return kind if kind in NUMBERS else NUMBER
    return kind if kind in {TRUTH, MOMENT, "TIMESTAMP", "DATE"} else TEXT


def is_property(column: str) -> bool:
    """Whether a column holds a property, whose type is not known beforehand."""
    return column.startswith(PREFIXES)
