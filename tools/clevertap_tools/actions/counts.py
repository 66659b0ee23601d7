"""How many people, how many times, who is here now (reference: data 8)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, UnreadableAnswerError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.nearest import to_mind, with_nearest_event
from clevertap_tools.polling import settled
from clevertap_tools.query import OUR_WARNINGS, PeopleQuery
from clevertap_tools.wire import JsonObject

PROFILE_COUNT = "/1/counts/profiles.json"
EVENT_COUNT = "/1/counts/events.json"
NOW = "/1/now.json"
BLOCKS = ("user_type", "session_source", "browser", "os", "device", "new")

ReqId = Annotated[str | None, Field(pattern=r"^\d{1,20}$", description="Asks again for a count that was not ready")]


class Counting(PeopleQuery):
    """What to count, or the id of a count that was not ready."""

    req_id: ReqId = None

    @model_validator(mode="after")
    def _query_or_id(self) -> Counting:
        if self.req_id is None and self.is_empty:
            raise ValueError("Ask for something: give 'event_name' with 'from' and 'to', or filters")
        if self.req_id is not None and not self.is_empty:
            raise ValueError("'req_id' goes alone: it already stands for a query")
        return self


class Count(Result):
    """One figure."""

    count: int
    warning: str | None = None

    @property
    def theirs(self) -> frozenset[str]:
        """The warning, where it names properties of the project."""
        return frozenset({"warning"} if self.warning not in OUR_WARNINGS else ())


class RealTimeUserCount(Arguments):
    """Which breakdowns to add."""

    user_type: Annotated[bool, Field(description="By new, repeat, addressable, customer")] = False
    session_source: Annotated[bool, Field(description="By how they came")] = False
    browser: Annotated[bool, Field(description="By browser")] = False
    os: Annotated[bool, Field(description="By operating system")] = False
    device: Annotated[bool, Field(description="By desktop, mobile, tablet")] = False
    new: Annotated[bool, Field(description="The other breakdowns for new users only")] = False


class ActiveUsers(Result):
    """Who was active in the last five minutes."""

    count: int
    last_processed: str | None = Field(default=None, description="ISO 8601")
    user_type: dict[str, int] | None = None
    session_source: dict[str, int] | None = None
    browser: dict[str, int] | None = None
    os: dict[str, int] | None = None
    device: dict[str, int] | None = None
    new: dict[str, dict[str, int]] | None = None


@action(
    title="Count people",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/counts/profiles.json", "GET /1/counts/profiles.json", "GET /getSchema"),
)
async def get_profile_count(client: Client, asked: Counting) -> Count:
    """Count the people who did something or match filters.

    Use it for "how many users"; for "how many times" use clevertap_get_event_count, for who they are
    clevertap_get_user_profiles. Without event_name the last 365 days are searched.

    Example, bought at least twice in March: {"did": [{"which": "did_all", "event_name": "Charged", "from":
    "2026-03-01", "to": "2026-03-31", "times_operator": "greater_than_equals", "times": 2}]}

    Raises:
        NotReadyError: CleverTap needs longer than this call may take; carries the `req_id`.

    Reference: data 8.1
    """
    return await counted(client, PROFILE_COUNT, asked)


@action(
    title="Count events",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/counts/events.json", "GET /1/counts/events.json", "GET /getSchema"),
)
async def get_event_count(client: Client, asked: Counting) -> Count:
    """Count how many times an event happened.

    Give event_name, from and to; filters narrow it. For "how many users" use clevertap_get_profile_count, for the
    occurrences clevertap_get_events.

    Example: {"event_name": "Charged", "from": "2026-03-01", "to": "2026-03-31"}

    Raises:
        NotReadyError: CleverTap needs longer than this call may take; carries the `req_id`.

    Reference: data 8.2
    """
    if asked.req_id is None and asked.event_name is None:
        raise InvalidArgumentsError.of(
            "event_name", "'event_name' is missing; to count people use clevertap_get_profile_count"
        )
    return await counted(client, EVENT_COUNT, asked)


@action(
    title="Count active users",
    effect=Effect.READ,
    toolset=Toolset.CORE,
    calls=("POST /1/now.json",),
)
async def real_time_user_count(client: Client, asked: RealTimeUserCount) -> ActiveUsers:
    """Count the users active in the last five minutes, in all and by breakdown.

    For longer periods use clevertap_get_profile_count with App Launched.

    Reference: data 8.3
    """
    flags = {name: True for name in BLOCKS if getattr(asked, name)}
    body = await client.send(wire.post(NOW, flags, Effect.READ, wire.read_envelope))
    return active_users(body, ProjectTime.of(client.account, client.clock()))


def active_users(body: JsonObject, time: ProjectTime) -> ActiveUsers:
    """The figures of an answer, with every breakdown that it has.

    Raises:
        UnreadableAnswerError: Some of it is no figure.
    """
    blocks = {name: body[name] for name in BLOCKS if isinstance(body.get(name), dict)}
    processed = time.seen(body.get("last_processed_ts"))
    try:
        return ActiveUsers(count=whole(body, "count"), last_processed=processed, **blocks)
    except ValidationError:
        raise UnreadableAnswerError("CleverTap's answer holds a breakdown that is not made of figures.") from None


async def counted(client: Client, path: str, asked: Counting) -> Count:
    """The figure of a count, however long CleverTap computes within the deadline."""
    time = ProjectTime.of(client.account, client.clock())
    try:
        body = await settled(client, path, lambda: asked.cql(time), asked.req_id)
    except InvalidRequestError as error:
        raise await with_nearest_event(client, error, asked.event_name) from None
    count = whole(body, "count")
    return Count(count=count, warning=await to_mind(client, asked, nothing=not count))


def whole(body: JsonObject, name: str) -> int:
    """A figure of an answer.

    Raises:
        UnreadableAnswerError: The answer does not have it.
    """
    figure = wire.natural(body.get(name))
    if figure is None:
        raise UnreadableAnswerError(f"CleverTap's answer holds no {name}.")
    return figure
