"""Which days of an event are exported: of the others nothing is known, which is not the same as nothing."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from clevertap_bulk.questions.listing import Table

if TYPE_CHECKING:
    from clevertap_bulk.answers.basis import Days


@dataclass(frozen=True, slots=True)
class Missing:
    """Asked days that are not exported.

    Args:
        days: How many they are.
        asked: How many were asked for.
        first: The first that is missing.
        last: The last that is missing.
    """

    days: int
    asked: int
    first: date
    last: date

    def __str__(self) -> str:
        """For a note."""
        span = str(self.first) if self.days == 1 else f"{self.first} to {self.last}"
        return f"{self.days:,} of {self.asked:,} asked days ({span})"


@dataclass(frozen=True, slots=True)
class Exported:
    """The days that are exported.

    Args:
        days: They, at least one, in order.
    """

    days: tuple[date, ...]

    @classmethod
    def of(cls, table: Table) -> Exported | None:
        """Those of a table; None if a file is not named for its day, so that nobody can tell."""
        try:
            return cls(tuple(sorted({date.fromisoformat(PurePosixPath(each.path).stem) for each in table.sources})))
        except ValueError:
            return None

    @property
    def last(self) -> date:
        """The last of them."""
        return self.days[-1]

    def any_of(self, first: date, last: date) -> bool:
        """Whether one of the days from the first to the last is exported."""
        from_first = bisect_left(self.days, first)
        return from_first < len(self.days) and self.days[from_first] <= last

    def missing(self, asked: Days) -> Missing | None:
        """Which days of a range are not exported; None if all are. An open range reaches as far as there is data."""
        ends = {*self.days, *filter(None, (asked.first, asked.last))}
        first, last = asked.first or min(ends), asked.last or max(ends)
        known = {day.toordinal() for day in self.days if first <= day <= last}
        whole = range(first.toordinal(), last.toordinal() + 1)  # it may be thousands of years
        if len(known) == len(whole):
            return None
        early, late = (next(day for day in days if day not in known) for days in (whole, reversed(whole)))
        return Missing(len(whole) - len(known), len(whole), date.fromordinal(early), date.fromordinal(late))


def missing(table: Table, asked: Days) -> Missing | None:
    """Which days of a range are not exported; None if all are, or nobody can tell."""
    exported = Exported.of(table)
    return exported.missing(asked) if exported else None
