"""Many events or people out of CleverTap, into files (reference: data 7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.actions.exports import WithProfile
from clevertap_tools.bulk import ExportResult, bulk_of
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.filters import ProfileFilter
from clevertap_tools.moments import Day, ProjectTime
from clevertap_tools.query import EventName, PeopleQuery
from clevertap_tools.wire import JsonObject

Folder = Annotated[str, Field(description="In the data folder")]
Format = Annotated[Literal["parquet", "jsonl", "csv"], Field(description="File format")]


class ExportEvents(Arguments):
    """Which events, of which days, into which files."""

    event_names: Annotated[list[EventName], Field(min_length=1, description="Events")]
    from_: Annotated[Day, Field(alias="from", description="First day")]
    to: Annotated[Day, Field(description="Last day, inclusive")]
    profile: WithProfile = False
    folder: Folder = "exports"
    format: Format = "parquet"


class ExportProfiles(Arguments):
    """Which people, into which file."""

    event_name: Annotated[EventName, Field(description="Event they did")]
    from_: Annotated[Day, Field(alias="from", description="First day")]
    to: Annotated[Day, Field(description="Last day, inclusive")]
    profile_filters: Annotated[
        list[ProfileFilter],
        WithJsonSchema({"type": "array", "items": {"type": "object"}}),
        Field(description="As in clevertap_get_profile_count"),
    ] = []
    folder: Folder = "exports"
    format: Format = "parquet"


@action(
    title="Export events",
    effect=Effect.READ,
    toolset=Toolset.DATA,
    default=False,
    calls=("POST /1/events.json", "GET /1/events.json"),
)
async def export_events(client: Client, asked: ExportEvents) -> ExportResult:
    """Write all occurrences of events into files, one a day, as a job.

    For a few use clevertap_get_events.

    Example: {"event_names": ["Charged"], "from": "-30d", "to": "today"}

    Reference: data 7.4
    """
    plan = asked.model_dump(by_alias=True)
    time = ProjectTime.of(client.account, client.clock())
    plan |= {"from": time.day(asked.from_, "from").isoformat(), "to": time.day(asked.to, "to").isoformat()}
    return await exported(client, "export-events", plan)


@action(
    title="Export profiles",
    effect=Effect.READ,
    toolset=Toolset.DATA,
    default=False,
    calls=("POST /1/profiles.json", "GET /1/profiles.json"),
)
async def export_profiles(client: Client, asked: ExportProfiles) -> ExportResult:
    """Write people who did an event into a file, each once, as a job.

    For a few use clevertap_get_user_profiles.

    Raises:
        InvalidArgumentsError: Its days mean nothing.

    Reference: data 7.2
    """
    query = PeopleQuery(
        event_name=asked.event_name, from_=asked.from_, to=asked.to, profile_filters=asked.profile_filters
    ).cql(ProjectTime.of(client.account, client.clock()))
    kept = asked.model_dump(include={"folder", "format"})
    return await exported(client, "export-profiles", kept | {"profile": True, "query": query})


async def exported(client: Client, kind: str, plan: JsonObject) -> ExportResult:
    """Begin an export."""
    job = await bulk_of(client).start(kind, plan, client.report)
    return ExportResult(id=job.id, state=job.state, rows=job.rows, note=job.note)
