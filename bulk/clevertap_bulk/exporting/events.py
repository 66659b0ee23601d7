"""Events out of CleverTap: a walk for each event and day, a file for each of them (reference: data 7.4)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread

from clevertap_bulk.exporting import files
from clevertap_bulk.exporting.columns import joined
from clevertap_bulk.exporting.days import days
from clevertap_bulk.exporting.names import folder_name
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.parts import filed, half_done, spooled, together
from clevertap_bulk.exporting.plan import ExportPlan
from clevertap_bulk.exporting.spool import COLUMNS, UNTIMED, batches, spool_path
from clevertap_bulk.exporting.walking import Sleep, Walk
from clevertap_bulk.job import Job, Part, State, Tally
from clevertap_bulk.work import Bench
from clevertap_tools.client import Client
from clevertap_tools.errors import InvalidArgumentsError, NotAllowedError
from clevertap_tools.limits import CONCURRENCY
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import JsonObject

PATH = "/1/events.json"
FOLDER = "events"
MOST_PARTS = 50_000


class UnknownZoneError(NotAllowedError):
    """Moments cannot be told without the project's zone."""

    code = "unknown_zone"


class EventExport:
    """Exports of events.

    Args:
        sleep: Waits for some seconds.
    """

    def __init__(self, sleep: Sleep = anyio.sleep) -> None:
        self._sleep = sleep

    async def divide(self, job: Job, bench: Bench) -> None:
        """A part for each event and day. See `Work`.

        Raises:
            UnknownZoneError: The project's zone is not set.
            InvalidArgumentsError: The plan means nothing.
        """
        known_zone(bench.client)
        plan = read_plan(job, bench.client)
        bench.workspace.folder_for(plan.folder, "folder")
        if not bench.journal.parts(job.id):
            bench.journal.add_parts(job.id, list(cut(plan)))

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """Walk over one event's day, from its beginning. See `Work`."""
        plan, day = read_plan(job, bench.client), date.fromisoformat(part.plan["day"])
        name = part.plan["event"]
        walk = Walk(PATH, plan.query_of(name, day, day), plan.options, f"Event {name!r} on {day}")
        return await spooled(part, walk, Pages.of_events(known_zone(bench.client)), bench, self._sleep)

    async def end(self, job: Job, bench: Bench) -> str:
        """Write the files, with the same columns for all days of an event. See `Work`."""
        zone = known_zone(bench.client)
        kinds = found_by_event(bench.journal.parts(job.id), bench.journal.found(job.id))
        columns = {name: files.schema(joined(seen), zone) for name, seen in kinds.items()}

        async def write(part: Part) -> None:
            await write_day(job, part, bench, columns[part.plan["event"]], zone)

        await together(bench.journal.parts(job.id), write, bench)
        shutil.rmtree(half_done(bench.workspace, job.id))
        return told(job, bench)

    def at_once(self, _job: Job) -> int:
        """As many walks as CleverTap lets one account do (reference: data 2.1)."""
        return CONCURRENCY


def read_plan(job: Job, client: Client) -> ExportPlan:
    """What a job was asked for.

    Raises:
        InvalidArgumentsError: It means nothing.
    """
    plan = ExportPlan.read(job.plan, ProjectTime.of(client.account, client.clock()))
    if not plan.event_names:
        raise InvalidArgumentsError.of("event_names", "'event_names' must name at least one event")
    return plan


def known_zone(client: Client) -> ZoneInfo:
    """The project's time zone.

    Raises:
        UnknownZoneError: It is not set.
    """
    zone = client.account.zone
    if zone is None:
        raise UnknownZoneError(
            "CleverTap tells the moments of events without a zone, and the project's time zone is not set.",
            next_step=f"Have the operator set {client.account.setting('timezone')}, as CleverTap's dashboard has it.",
        )
    return zone


def cut(plan: ExportPlan) -> Iterator[JsonObject]:
    """The parts of a plan.

    Raises:
        InvalidArgumentsError: There are too many.
    """
    assert plan.first is not None, "checked with the event names"
    assert plan.last is not None, "checked with the event names"
    number = len(plan.event_names) * ((plan.last - plan.first).days + 1)
    if number > MOST_PARTS:
        raise InvalidArgumentsError.of(
            "from", f"'from' to 'to' makes {number:,} files; export at most {MOST_PARTS:,} at once"
        )
    for name in plan.event_names:
        for day in days(plan.first, plan.last):
            yield {"event": name, "day": day.isoformat()}


def found_by_event(parts: Iterable[Part], found: Iterable[JsonObject]) -> Mapping[str, list[JsonObject]]:
    """What was seen in the columns of each event."""
    kinds: dict[str, list[JsonObject]] = {}
    for part, seen in zip(parts, found, strict=True):
        kinds.setdefault(part.plan["event"], []).append(seen.get(COLUMNS, {}))
    return kinds


async def write_day(job: Job, part: Part, bench: Bench, columns: Any, zone: ZoneInfo) -> None:
    """Write the file of a part and let its spool go; where only the file is left, that has been done."""
    path, target = spool_path(half_done(bench.workspace, job.id), part.number), day_path(job, part, bench)
    if not path.exists() and target.exists():
        return
    content = files.Content(columns, batches(path), zone)
    written = await anyio.to_thread.run_sync(filed, bench.workspace, job, part.number, target, content)
    bench.journal.write_part(part, State.DONE, Tally(rows=part.tally.rows, bytes=written.bytes))
    path.unlink()


def day_path(job: Job, part: Part, bench: Bench) -> Path:
    """Where the file of a part goes.

    Raises:
        InvalidArgumentsError: That is outside of the data folder.
    """
    plan = read_plan(job, bench.client)
    folder = bench.workspace.folder_for(f"{plan.folder}/{FOLDER}/{folder_name(part.plan['event'])}", "folder")
    return folder / f"{part.plan['day']}.{plan.format}"


def told(job: Job, bench: Bench) -> str:
    """What came of it, in a sentence."""
    parts = bench.journal.parts(job.id)
    rows = sum(part.tally.rows for part in parts)
    untimed = sum(found.get(UNTIMED, 0) for found in bench.journal.found(job.id))
    odd = f" {untimed:,} of them have no 'ts': what CleverTap sent is no time." if untimed else ""
    folder = read_plan(job, bench.client).folder
    return f"{rows:,} events in {len(parts):,} files, one per event and day, in {folder}/{FOLDER}.{odd}"
