"""Questions about what was exported, in SQL and ready-made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from clevertap_tools.action import Action, Arguments, Toolset, action
from clevertap_tools.actions.counts import Count, Counting, get_event_count, get_profile_count
from clevertap_tools.bulk import Answered, bulk_of
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, NotReadyError, UnavailableError
from clevertap_tools.figures import Change
from clevertap_tools.moments import named_day
from clevertap_tools.query import EventName

Event = Annotated[EventName, Field(description="Exported event")]
From = Annotated[str, Field(alias="from", description="First day")]
To = Annotated[str, Field(description="Last day")]


class QueryData(Arguments):
    """A question."""

    of_masked: ClassVar[frozenset[str]] = frozenset({"sql"})

    sql: Annotated[str, Field(description="One SELECT; omit to list tables")] = ""


class Funnel(Arguments):
    """Steps that people take one after the other."""

    steps: Annotated[list[EventName], Field(description="2 to 10 events in order")]
    from_: From
    to: To
    within_days: Annotated[int, Field(description="First to last step")] = 7


class Retention(Arguments):
    """Who comes back."""

    event_name: Event
    returning: Annotated[EventName | None, Field(description="Default: the same")] = None
    from_: From
    to: To
    by: Annotated[Literal["day", "week", "month"], Field(description="Cohort")] = "month"


class ComparePeriods(Arguments):
    """One event in two ranges of days."""

    event_name: Event
    from_: From
    to: To
    before_from: Annotated[str, Field(description="Other first day")]
    before_to: Annotated[str, Field(description="Other last day")]
    property: Annotated[str | None, Field(description="To sum up")] = None


class Revenue(Arguments):
    """What people paid, by a property."""

    event_name: Event
    amount: Annotated[str, Field(description="Property summed up")] = "Amount"
    by: Annotated[str, Field(description="Property to group by")]
    from_: From
    to: To


COUNTS = {"events": get_event_count, "people": get_profile_count}
OWN_COUNTS = "CleverTap's own counts."
ONE_BY_ONE = "Try again in a minute, or count each period with clevertap_get_event_count."


@action(title="Query data", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def query_data(client: Client, asked: QueryData) -> Answered:
    """Ask in SQL (DuckDB) about exported events and people; each event is a table.

    Of more than 200 rows all go to a file.

    Example: {"sql": "SELECT count(*) FROM Charged"}

    Raises:
        InvalidArgumentsError: It is no single SELECT, or takes too long.
    """
    return await bulk_of(client).ask(asked.sql)


@action(title="Get funnel", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def get_funnel(client: Client, asked: Funnel) -> Answered:
    """Count people who did exported events in order.

    Raises:
        InvalidArgumentsError: A step was not exported.
    """
    return await bulk_of(client).answer("funnel", asked.model_dump(by_alias=True))


@action(title="Get retention", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def get_retention(client: Client, asked: Retention) -> Answered:
    """Count who came back after their first event, by cohort.

    Raises:
        InvalidArgumentsError: The event was not exported.
    """
    return await bulk_of(client).answer("retention", asked.model_dump(by_alias=True))


@action(
    title="Compare periods",
    effect=Effect.READ,
    toolset=Toolset.DATA,
    default=False,
    calls=get_event_count.calls + get_profile_count.calls,
)
async def compare_periods(client: Client, asked: ComparePeriods) -> Answered:
    """Compare an event in two ranges of days: how often, how many people; a sum, once exported.

    Raises:
        InvalidArgumentsError: A day is none, or what should be summed up was not exported.
        UnavailableError: CleverTap needs longer than this call may take.
    """
    before = period(asked, "before_from", "before_to")
    after = period(asked, "from", "to")
    if asked.property is not None:
        return await bulk_of(client).answer("periods", asked.model_dump(by_alias=True))
    records = []
    for figure, count in COUNTS.items():
        both = [await counted(client, count, asked.event_name, days) for days in (before, after)]
        records.append({"figure": figure, **asdict(Change.of(*both))})
    return Answered(records=records, note=OWN_COUNTS)


async def counted(client: Client, count: Action[Counting, Count], event: str, days: Mapping[str, str]) -> int:
    """One figure of one period, as CleverTap counts it.

    Raises:
        UnavailableError: CleverTap needs longer than this call may take.
    """
    try:
        return (await count(client, count.parse({"event_name": event, **days}))).count
    except NotReadyError as error:
        raise UnavailableError(error.message, next_step=ONE_BY_ONE) from None


def period(asked: ComparePeriods, first: str, last: str) -> dict[str, str]:
    """A range of days as counts want it.

    Raises:
        InvalidArgumentsError: A day is none, or the first is after the last.
    """
    given = asked.model_dump(by_alias=True)
    begins, ends = named_day(given[first], first), named_day(given[last], last)
    if begins > ends:
        raise InvalidArgumentsError.of(first, f"{first!r} is after {last!r}; swap them")
    return {"from": begins.isoformat(), "to": ends.isoformat()}


@action(title="Get revenue", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def get_revenue(client: Client, asked: Revenue) -> Answered:
    """Sum up what people paid, by a property.

    Raises:
        InvalidArgumentsError: The event was not exported.
    """
    return await bulk_of(client).answer("revenue", asked.model_dump(by_alias=True))
