"""What an answer rests on: which tables, which of their rows, of which time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from clevertap_bulk.answers.exported import Missing, missing
from clevertap_bulk.questions.asking import Answered, Questions, Value
from clevertap_bulk.questions.listing import Table
from clevertap_bulk.questions.sources import Holds
from clevertap_bulk.questions.wording import quoted
from clevertap_tools.errors import InvalidArgumentsError

PERSON: Final = "coalesce(nullif(identity, ''), object_id)"
"""Who did an event: by identity, anonymous people by their device."""
CLOSE: Final = 5
"""Names that are told instead of one that is not there."""
ALIKE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Basis:
    """A table that an answer rests on.

    Args:
        table: Its name.
        rows: How many rows it has.
        first: Its earliest moment, ISO 8601 in the project's zone.
        last: Its latest moment.
        files: How many exported files it was made of.
        missing: Of each asked range the days that are not exported, if any.
    """

    table: str
    rows: int
    first: str | None
    last: str | None
    files: int
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days in the project's zone, both included.

    Args:
        first: The first day; None for as far back as there is data.
        last: The last day; None for as far as there is data.

    Raises:
        InvalidArgumentsError: The first day is after the last.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last:
            check_order(self.first, self.last)

    @property
    def bounds(self) -> dict[str, Value]:
        """The values that `holds` needs."""
        told = {"first": self.first, "last": self.last}
        return {name: day.isoformat() for name, day in told.items() if day}

    def holds(self, moment: str = "ts") -> str:
        """Whether a moment lies in it, in SQL with `bounds` as parameters."""
        after = f"{moment} >= CAST(CAST($first AS DATE) AS TIMESTAMPTZ)" if self.first else "true"
        before = f"{moment} < CAST(CAST($last AS DATE) + 1 AS TIMESTAMPTZ)" if self.last else "true"
        return f"{after} AND {before}"


ALL: Final = Days()


def check_order(first: date, last: date, first_field: str = "from", last_field: str = "to") -> None:
    """Check that a range of days does not end before it begins.

    Args:
        first: Its first day.
        last: Its last day.
        first_field: What whoever asks calls the first day.
        last_field: What they call the last day.

    Raises:
        InvalidArgumentsError: It does.
    """
    if first > last:
        raise InvalidArgumentsError.of(
            first_field, f"{first_field!r} is after {last_field!r} ({first} > {last}); swap them"
        )


async def event_table(questions: Questions, event: str, field: str) -> Table:
    """The table of an event.

    Raises:
        InvalidArgumentsError: It was not exported.
    """
    tables = {each.name: each for each in await questions.tables() if each.holds is Holds.EVENTS and each.columns}
    if event in tables:
        return tables[event]
    close = get_close_matches(event, tables, CLOSE, ALIKE) or list(tables)[:CLOSE]
    there = f"there are {', '.join(map(repr, close))}" if close else "nothing is exported yet"
    raise InvalidArgumentsError.of(
        field, f"{field!r} names no exported event: {there}; export it first (export-events)"
    )


def property_column(table: Table, name: str, field: str) -> str:
    """The column of a property, in SQL.

    Raises:
        InvalidArgumentsError: The event has no such property.
    """
    for known in (f"props.{name}", f"session.{name}", name):
        if table.column(known):
            return quoted(known)
    names = [each.name for each in table.columns]
    raise InvalidArgumentsError.of(field, f"{field!r} names no column of {table.name!r}; it has {', '.join(names)}")


def basis_of(table: Table, *asked: Days) -> Basis:
    """A table that an answer rests on, and the ranges of days that were asked of it."""
    lacking = tuple(filter(None, (missing(table, days) for days in dict.fromkeys(asked))))
    return Basis(table.name, table.rows, table.first, table.last, len(table.sources), lacking)


def whole(answer: Answered, field: str) -> Answered:
    """An answer that is there as a whole.

    Raises:
        InvalidArgumentsError: It is too long.
    """
    if answer.truncated:
        raise InvalidArgumentsError.of(
            field, f"{field!r} makes the answer too long; choose a shorter range or longer units"
        )
    return answer
