"""What the masked copy holds: which tables, of which files, with how many rows of which time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from clevertap_bulk.questions.sources import Group, Holds, Source

LAYOUT: Final = 3
"""Raised when copies have to be made otherwise than before."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that questions can be asked of.

    Args:
        name: What it is called in SQL, in double quotes.
        holds: What it holds.
        rows: How many rows it has.
        first: The earliest `ts` in it, ISO 8601 in the project's zone; None without a `ts`.
        last: The latest.
        columns: Its columns; none if its files cannot be read, so that there is no such table.
        sources: The files it was made of.
    """

    name: str
    holds: Holds
    rows: int
    first: str | None
    last: str | None
    columns: tuple[Column, ...]
    sources: tuple[Source, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name; None if it has none."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """All tables of one copy.

    Args:
        database: The copy's file.
        made: Tells how it was made: the layout, the mask and the zone.
        tables: Its tables, by name.
    """

    database: str
    made: str
    tables: tuple[Table, ...] = ()

    def is_of(self, groups: Iterable[Group]) -> bool:
        """Whether it was made of those files as they are."""
        return list(map(origin, self.tables)) == list(map(origin, groups))

    def table_of(self, group: Group) -> Table | None:
        """The table that was made of those files as they are; None if there is none."""
        return next((each for each in self.tables if origin(each) == origin(group)), None)


def origin(made: Table | Group) -> tuple[str, Holds, tuple[Source, ...]]:
    """What a table is made of."""
    return made.name, made.holds, made.sources


def written(listing: Listing) -> str:
    """A listing as JSON."""
    return json.dumps(asdict(listing), ensure_ascii=False)


def read_listing(file: Path) -> Listing | None:
    """The listing that lies in a file; None if there is none that can be read."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return Listing(known["database"], known["made"], tuple(map(read_table, known["tables"])))
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # an earlier version of ours wrote it otherwise
        return None


def read_table(known: dict[str, Any]) -> Table:
    """A table out of JSON."""
    return Table(
        name=known["name"],
        holds=Holds(known["holds"]),
        rows=known["rows"],
        first=known["first"],
        last=known["last"],
        columns=tuple(Column(**each) for each in known["columns"]),
        sources=tuple(Source(**each) for each in known["sources"]),
    )
