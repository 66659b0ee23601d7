"""What an export was asked for, as its job keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from clevertap_bulk.exporting.days import days
from clevertap_bulk.job import Plan
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime, checked_day
from clevertap_tools.page import asked_size
from clevertap_tools.query import as_number
from clevertap_tools.wire import JsonObject

BATCH_SIZE = 4600
"""Records on a page: a multiple of CleverTap's 23 buckets."""
LARGEST_BATCH = 5000
FORMATS = ("parquet", "jsonl", "csv")


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Which records of CleverTap go to which files.

    Args:
        event_names: The events; for people, those that they did, none for whoever the query finds.
        first: The first day, in the project's zone; None for people without an event.
        last: The last day, included.
        query: Further parts of CleverTap's query.
        folder: Where the files go, inside the data folder.
        format: `parquet`, `jsonl` or `csv`.
        profile: Whether people's custom properties come along.
        events: Whether people's event totals do.
        batch_size: Records on a page.
    """

    event_names: tuple[str, ...]
    first: date | None
    last: date | None
    query: JsonObject = field(default_factory=dict)
    folder: str = "exports"
    format: str = "parquet"
    profile: bool = False
    events: bool = False
    batch_size: int = BATCH_SIZE

    @classmethod
    def read(cls, plan: Plan, time: ProjectTime) -> ExportPlan:
        """The plan from a job.

        Args:
            plan: The job's.
            time: The project's zone and now, for relative days.

        Raises:
            InvalidArgumentsError: It means nothing.
        """
        wanted = {name: plan[name] for name in ("query", "folder", "format", "profile", "events") if name in plan}
        first, last = (read_day(plan, name, time) for name in ("from", "to"))
        names = tuple(dict.fromkeys(plan.get("event_names", ())))
        made = cls(names, first, last, batch_size=int(plan.get("batch_size", BATCH_SIZE)), **wanted)
        made.check()
        return made

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            InvalidArgumentsError: A field is wrong.
        """
        if self.format not in FORMATS:
            raise InvalidArgumentsError.of("format", f"'format' must be one of {', '.join(FORMATS)}")
        if not 1 <= self.batch_size <= LARGEST_BATCH:
            raise InvalidArgumentsError.of("batch_size", f"'batch_size' must be 1 to {LARGEST_BATCH}")
        if not all(self.event_names):
            raise InvalidArgumentsError.of("event_names", "'event_names' holds an empty name")
        if self.event_names and not (self.first and self.last):
            raise InvalidArgumentsError.of(
                "from", "'event_names' need 'from' and 'to', such as from='-30d', to='today'"
            )
        if self.first and self.last and self.first > self.last:
            raise InvalidArgumentsError.of("from", f"'from' is after 'to' ({self.first} > {self.last}). Swap them.")

    @property
    def days(self) -> Sequence[date]:
        """All of its days; none for people without an event."""
        return [*days(self.first, self.last)] if self.first and self.last else []

    @property
    def options(self) -> dict[str, str]:
        """The parameters of a walk's first request; CleverTap's defaults are never relied on."""
        flags = {"app": False, "events": self.events, "profile": self.profile}
        return {"batch_size": str(asked_size(self.batch_size)), **{name: str(on).lower() for name, on in flags.items()}}

    def query_of(self, event_name: str | None, first: date | None, last: date | None) -> JsonObject:
        """CleverTap's query for what an event was, from a first to a last day."""
        if event_name is None or first is None or last is None:
            return self.query
        return {**self.query, "event_name": event_name, "from": as_number(first), "to": as_number(last)}


def read_day(plan: Plan, name: str, time: ProjectTime) -> date | None:
    """A day of a plan, None if it has none.

    Raises:
        InvalidArgumentsError: It is no day.
    """
    if not plan.get(name):
        return None
    try:
        return time.day(checked_day(plan[name]), name)
    except ValueError as error:
        raise InvalidArgumentsError.of(name, f"{name!r} {error}") from None
