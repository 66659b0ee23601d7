"""Questions about what was exported, in SQL and ready-made."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.bulk import Answered, bulk_of
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
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


@action(title="Compare periods", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def compare_periods(client: Client, asked: ComparePeriods) -> Answered:
    """Compare an exported event in two ranges of days: how often, how many people, a sum.

    Raises:
        InvalidArgumentsError: The event was not exported.
    """
    return await bulk_of(client).answer("periods", asked.model_dump(by_alias=True))


@action(title="Get revenue", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def get_revenue(client: Client, asked: Revenue) -> Answered:
    """Sum up what people paid, by a property.

    Raises:
        InvalidArgumentsError: The event was not exported.
    """
    return await bulk_of(client).answer("revenue", asked.model_dump(by_alias=True))
