"""People and events out of CleverTap, page by page (reference: data 7)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.nearest import to_mind, with_nearest_event
from clevertap_tools.page import NO_LIMIT_BELOW, Page, asked_size, first_page, page
from clevertap_tools.query import EventQuery, PeopleQuery
from clevertap_tools.wire import JsonObject

PROFILES = "/1/profiles.json"
EVENTS = "/1/events.json"
LARGEST_BATCH = 5000
LONGEST_CURSOR = 20_000
"""Characters; CleverTap's cursors are a few thousand long, and a URL that is much longer is refused on the way."""

BatchSize = Annotated[
    int,
    Field(ge=1, le=LARGEST_BATCH, description="Page size"),
]
WithApp = Annotated[bool, Field(description="Device details")]
WithEvents = Annotated[bool, Field(description="Event totals")]
WithProfile = Annotated[bool, Field(description="Custom properties")]


class GetUserProfiles(PeopleQuery):
    """Which people, and which parts of them."""

    batch_size: BatchSize = 92
    app: WithApp = False
    events: WithEvents = False
    profile: WithProfile = True


class GetEvents(EventQuery):
    """Which occurrences, and what to tell of the people."""

    batch_size: BatchSize = 92
    app: WithApp = False
    events: WithEvents = False
    profile: WithProfile = False


class ByCursor(Arguments):
    """Where a walk goes on."""

    cursor: Annotated[
        str, Field(min_length=1, max_length=LONGEST_CURSOR, description="next_cursor of the answer before")
    ]


@action(
    title="Get user profiles",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/profiles.json", "GET /1/profiles.json", "GET /getSchema"),
)
async def get_user_profiles(client: Client, asked: GetUserProfiles) -> Page:
    """List people who did something or match filters: first page.

    Without event_name: the last 365 days. For a figure use clevertap_get_profile_count, for one person
    clevertap_get_user_profile, to go on clevertap_get_user_profiles_by_cursor.

    Example: {"event_name": "Charged", "from": "-30d", "to": "today"}

    Raises:
        InvalidArgumentsError: It asks for nothing, or its days mean nothing.

    Reference: data 7.2
    """
    if asked.is_empty:
        raise InvalidArgumentsError.of(
            "event_name",
            "Ask for something: give 'event_name' with 'from' and 'to', or 'profile_filters', 'did' or 'geo'",
        )
    return await started(client, PROFILES, asked)


@action(
    title="Get user profiles: next page",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("GET /1/profiles.json",),
)
async def get_user_profiles_by_cursor(client: Client, asked: ByCursor) -> Page:
    """Read the next page of people that clevertap_get_user_profiles started.

    Call it with next_cursor until none comes back; an empty page is not the end.

    Reference: data 7.1
    """
    return await page(client, PROFILES, asked.cursor)


@action(
    title="Get events",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/events.json", "GET /1/events.json", "GET /getSchema"),
)
async def get_events(client: Client, asked: GetEvents) -> Page:
    """List the occurrences of an event, with who did it: first page.

    For a figure use clevertap_get_event_count, to go on clevertap_get_events_by_cursor. CleverTap cannot filter on
    identity; Email works.

    Example: {"event_name": "Charged", "from": "2026-03-01", "to": "2026-03-31"}

    Raises:
        InvalidArgumentsError: Its days mean nothing.

    Reference: data 7.4
    """
    time = ProjectTime.of(client.account, client.clock())
    return with_readable_times(await started(client, EVENTS, asked), time)


@action(
    title="Get events: next page",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("GET /1/events.json",),
)
async def get_events_by_cursor(client: Client, asked: ByCursor) -> Page:
    """Read the next page of occurrences that clevertap_get_events started.

    Call it with next_cursor until none comes back; an empty page is not the end.

    Reference: data 7.1
    """
    time = ProjectTime.of(client.account, client.clock())
    return with_readable_times(await page(client, EVENTS, asked.cursor), time)


def options(asked: GetUserProfiles | GetEvents) -> dict[str, str]:
    """The parameters of a walk's first request; CleverTap's defaults are never relied on."""
    parts = {name: str(getattr(asked, name)).lower() for name in ("app", "events", "profile")}
    return {"batch_size": str(asked_size(asked.batch_size)), **parts}


async def started(client: Client, path: str, asked: GetUserProfiles | GetEvents) -> Page:
    """The first page with how many records were wanted, if CleverTap cannot be asked for so few, and a word if none.

    Raises:
        InvalidArgumentsError: Its days mean nothing.
        InvalidRequestError: CleverTap refused; names the nearest event where it does not know one.
    """
    query = asked.cql(ProjectTime.of(client.account, client.clock()))
    try:
        first = await first_page(client, path, query, options(asked))
    except InvalidRequestError as error:
        raise await with_nearest_event(client, error, asked.event_name) from None
    nothing = not first.records and first.next_cursor is None
    warning = first.warning or await to_mind(client, asked, nothing=nothing)
    wanted = asked.batch_size if asked.batch_size < NO_LIMIT_BELOW else None
    return first.model_copy(update={"wanted": wanted, "warning": warning})


def with_readable_times(read: Page, time: ProjectTime) -> Page:
    """The page with each `ts` as ISO 8601; a `ts` that is no time stays as it came."""
    return read.model_copy(update={"records": [with_readable_time(record, time) for record in read.records]})


def with_readable_time(record: JsonObject, time: ProjectTime) -> JsonObject:
    """The record with its `ts` as ISO 8601."""
    return record | {"ts": time.exported(record["ts"])} if "ts" in record else record
