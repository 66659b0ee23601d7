"""The commands `export events` and `export people`: much data out of CleverTap into files, as a job."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_bulk.job import Kind
from clevertap_mcp.commands.data_folder import Folder, data_folder, opened_room
from clevertap_mcp.commands.doing import carried_out, done
from clevertap_tools.checking import checked
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime, checked_day
from clevertap_tools.query import PeopleQuery

if TYPE_CHECKING:
    from clevertap_mcp.cli import Start

Plan = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed.

    Args:
        names: The events.
        first: The first day.
        last: The last day.
        folder: Where the files go, in the data folder.
        format: parquet, jsonl or csv.
        profile: Whether people's custom properties come along.
        events: Whether people's event totals do.
        query: Which people, beside the events that they did.
    """

    names: Sequence[str]
    first: str | None
    last: str | None
    folder: str
    format: str
    profile: bool
    events: bool = False
    query: Plan | None = None


def export_events(start: Start, asked: Asked, data_dir: str | None, *, compact: bool) -> int:
    """Export all occurrences of events, print the account at the end, and tell the exit status."""
    return exported(start, Kind.EXPORT_EVENTS, lambda at: event_plan(asked, at), data_dir, compact=compact)


def export_people(start: Start, asked: Asked, data_dir: str | None, *, compact: bool) -> int:
    """Export people, each once, print the account at the end, and tell the exit status."""
    return exported(start, Kind.EXPORT_PROFILES, lambda at: people_plan(asked, at), data_dir, compact=compact)


def exported(
    start: Start, kind: Kind, plan: Callable[[ProjectTime], Plan], data_dir: str | None, *, compact: bool
) -> int:
    """Do an export.

    Raises:
        ConfigurationError: The settings cannot be used, or what an export takes is not installed.
    """
    return carried_out(export, start, kind, plan, data_folder(start, data_dir, os.environ), compact)


async def export(start: Start, kind: Kind, plan: Callable[[ProjectTime], Plan], folder: Folder, compact: bool) -> int:
    """Plan an export and do it."""
    async with opened_room(start, folder) as room:
        account = room.app.settings.account
        frozen = plan(ProjectTime.of(account, room.app.client.clock()))
        job = room.data.workshop.create(kind, await room.data.export_plan(kind, frozen))
        return await done(start, folder, room, job, compact=compact)


def event_plan(asked: Asked, at: ProjectTime) -> Plan:
    """The plan of an export of events.

    Raises:
        InvalidArgumentsError: A day means nothing.
    """
    return {
        "event_names": list(asked.names),
        **days(asked, at),
        "folder": asked.folder,
        "format": asked.format,
        "profile": asked.profile,
    }


def people_plan(asked: Asked, at: ProjectTime) -> Plan:
    """The plan of an export of people.

    Raises:
        InvalidArgumentsError: It asks for nothing, or for something that means nothing.
    """
    query = checked(PeopleQuery, asked.query or {})
    if not asked.names and query.is_empty:
        raise InvalidArgumentsError.of("--event", "Ask for something: --event with --from and --to, or --query")
    if asked.names and query.event_name:
        raise InvalidArgumentsError.of("--query", "'event_name' belongs into --event, once")
    filters = {} if query.is_empty else query.cql(at)
    return {**event_plan(asked, at), "events": asked.events, "query": filters}


def days(asked: Asked, at: ProjectTime) -> Plan:
    """The days of an export, fixed now: an export that is resumed tomorrow is of the same ones.

    Raises:
        InvalidArgumentsError: One means nothing, or one is there without the other.
    """
    if bool(asked.first) != bool(asked.last):
        raise InvalidArgumentsError.of("--from", "--from and --to go together")
    typed = {"from": asked.first, "to": asked.last}
    return {name: day(text, name, at) for name, text in typed.items() if text}


def day(text: str, name: str, at: ProjectTime) -> str:
    """A day as it was typed, as a date.

    Raises:
        InvalidArgumentsError: It is none.
    """
    try:
        return at.day(checked_day(text), name).isoformat()
    except ValueError as error:
        raise InvalidArgumentsError.of(name, f"--{name} {error}") from None
