"""An event over time (reference: data 8.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from clevertap_tools.action import Arguments, Listing, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, UnreadableAnswerError
from clevertap_tools.filters import PropertyName
from clevertap_tools.moments import ProjectTime
from clevertap_tools.reports.grouped import (
    Grouped,
    Label,
    Rows,
    answered,
    check_labels,
    days_of,
    groups_of,
    in_words,
    left_out,
)
from clevertap_tools.reports.periods import Figure, Kind, Point, number, points
from clevertap_tools.wire import JsonObject

TRENDS = "/1/counts/trends.json"
MOST_DAYS = 366
"""Days of a trend: at most one year."""
MOST_GROUPS = 5
NOTHING_ADDED = (
    "All sums are 0. Property names are compared to the letter; a misspelt one, or one of texts, adds nothing."
)
IN_WORDS = in_words("Up to 5 {trend_type: daily|weekly|monthly, label}; default daily")


class Trend(Arguments):
    """One way to cut the days."""

    trend_type: Kind
    label: Label = None

    @property
    def name(self) -> str:
        """Its label, said or not."""
        return self.label or self.trend_type


class GetEventTrends(Grouped):
    """Which event, when, and what to tell of it."""

    unique: Annotated[bool | None, Field(description="Users, not occurrences")] = None
    sum_event_prop: Annotated[PropertyName | None, Field(description="Numeric property to add up")] = None
    groups: Annotated[list[Trend], Field(max_length=MOST_GROUPS), IN_WORDS] = []

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> GetEventTrends:
        check_labels([each.name for each in self.groups])
        return self

    @model_validator(mode="after")
    def _users_or_sum(self) -> GetEventTrends:
        if self.unique and self.sum_event_prop is not None:
            raise ValueError("give either 'unique' (users) or 'sum_event_prop' (a sum), not both")
        return self

    @property
    def trends(self) -> dict[str, Kind]:
        """How the days are cut, by label; daily if nothing is said."""
        return {each.name: each.trend_type for each in self.groups} or {"daily": "daily"}

    @property
    def counted(self) -> Literal["events", "users", "sum"]:
        """What the figures are."""
        if self.sum_event_prop is not None:
            return "sum"
        return "users" if self.unique else "events"

    def cql(self, time: ProjectTime) -> JsonObject:
        """The question as CleverTap reads it; what was left out stays left out.

        Raises:
            InvalidArgumentsError: More than a year, or days that mean nothing.
        """
        made = self.base(time)
        first, last = days_of(made)
        if (last - first).days >= MOST_DAYS:
            raise InvalidArgumentsError.of(
                "from", f"'from' to 'to' is more than one year ({first} to {last}); ask for one year at a time"
            )
        told = {"unique": self.unique, "sum_event_prop": self.sum_event_prop}
        made |= {name: value for name, value in told.items() if value is not None}
        return made | {"groups": {name: {"trend_type": kind} for name, kind in self.trends.items()}}


class EventTrends(Listing):
    """The figures of each period."""

    rows: ClassVar[str] = "periods"

    counted: Literal["events", "users", "sum"]
    totals: dict[str, Any] | None = None
    periods: Annotated[Rows, Field(description="listed false: CleverTap left it out; partial: incomplete")]
    warning: str | None = None

    @property
    def theirs(self) -> frozenset[str]:
        """The periods, where a key may be any word of CleverTap's, and all that stands under labels."""
        return frozenset({"periods", "totals"})


@action(
    title="Get event trends",
    effect=Effect.READ,
    toolset=Toolset.INSIGHTS,
    calls=("POST /1/counts/trends.json", "GET /1/counts/trends.json", "GET /getSchema"),
)
async def get_event_trends(client: Client, asked: GetEventTrends) -> EventTrends:
    """Tell an event's figures per day, week or month, up to a year; for one figure use clevertap_get_event_count.

    Raises:
        InvalidArgumentsError: More than a year, or days that mean nothing.
        NotReadyError: CleverTap needs longer than this call may take; carries the `req_id`.

    Reference: data 8.5
    """
    time = ProjectTime.of(client.account, client.clock())
    query = asked.cql(time)
    told = groups_of(await answered(client, TRENDS, asked, query), asked.trends)
    lines = {label: trend(asked.trends[label], said, days_of(query), today(time)) for label, said in told.items()}
    nothing = NOTHING_ADDED if asked.counted == "sum" and not any(map(total, lines.values())) else None
    return EventTrends(
        counted=asked.counted,
        # Whoever came on two days is one user, so users of days do not add up.
        totals=None if asked.counted == "users" else {label: total(line) for label, line in lines.items()},
        periods=[row(label, point) for label, line in lines.items() for point in line],
        warning=left_out(asked.trends, told) or nothing,
    )


def trend(kind: Kind, said: Mapping[str, Any], days: tuple[date, date], now: date) -> list[Point]:
    """The figures of one group.

    Raises:
        UnreadableAnswerError: One of them is no figure.
    """
    try:
        return points(kind, said, *days, now)
    except ValueError:
        raise UnreadableAnswerError("CleverTap's answer holds a period whose figure is none.") from None


def row(label: str, point: Point) -> JsonObject:
    """One period as agents read it; only what is out of the ordinary is marked."""
    marks = ({} if point.listed else {"listed": False}) | ({} if point.whole else {"partial": True})
    return {"group": label, "period": point.name, "figure": point.figure, **marks}


def total(line: Sequence[Point]) -> Figure:
    """All periods together."""
    return number(sum(point.figure for point in line))


def today(time: ProjectTime) -> date:
    """The day it is in the project's zone; in UTC when that is not known."""
    return datetime.fromtimestamp(time.now, time.zone or UTC).date()
