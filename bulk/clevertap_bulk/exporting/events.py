"""Events out of CleverTap: a walk for each event and day, a file for each of them (reference: data 7.4)."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread

from clevertap_bulk.exporting import files
from clevertap_bulk.exporting.columns import joined
from clevertap_bulk.exporting.ledger import Ledger
from clevertap_bulk.exporting.names import folder_name
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.parts import begun_anew, filed, half_done, spooled, together
from clevertap_bulk.exporting.plan import ExportPlan
from clevertap_bulk.exporting.refusals import Refusals, check_none_refused, refused_events
from clevertap_bulk.exporting.spool import COLUMNS, UNTIMED, batches, spool_path
from clevertap_bulk.exporting.walking import Sleep, Walk
from clevertap_bulk.job import Job, Part, Plan, State, Tally
from clevertap_bulk.work import Bench
from clevertap_bulk.workspace import Workspace
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
        self._refusals = Refusals()

    async def divide(self, job: Job, bench: Bench) -> None:
        """A part for each event and day. See `Work`.

        Raises:
            UnknownZoneError: The project's zone is not set.
            InvalidArgumentsError: The plan means nothing, or its files would replace somebody's own.
        """
        if bench.journal.parts(job.id):
            await begun_anew(job, bench)
            return
        plan = await anyio.to_thread.run_sync(checked_plan, job.plan, bench.client, bench.workspace)
        await bench.journal.add_parts(job.id, list(cut(plan)))

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """Walk over one event's day, from its beginning. See `Work`."""
        plan, day = read_plan(job.plan, bench.client), date.fromisoformat(part.plan["day"])
        name, pages = part.plan["event"], Pages.of_events(known_zone(bench.client))
        walk = Walk(PATH, plan.query_of(name, day, day), plan.options, f"Event {name!r} on {day}")
        return await self._refusals.or_none(part, bench, lambda: spooled(part, walk, pages, bench, self._sleep))

    async def end(self, job: Job, bench: Bench) -> str:
        """Write the files, with the same columns for all days of an event. See `Work`.

        Raises:
            RefusedEventError: CleverTap does not export some of the events; the others are written.
        """
        zone, parts = known_zone(bench.client), bench.journal.parts(job.id)
        found = bench.journal.found(job.id)
        kinds, refused = found_by_event(parts, found), refused_events(parts, found)
        exported = [part for part in parts if part.plan["event"] not in refused]
        columns = {name: files.schema(joined(seen), zone) for name, seen in kinds.items()}

        async def write(part: Part) -> None:
            await write_day(job, part, bench, columns[part.plan["event"]], zone)

        await together(exported, write, bench)
        shutil.rmtree(half_done(bench.workspace, job.id))
        note = told(job, exported, bench) if exported else ""
        check_none_refused(refused, note)
        return note

    def at_once(self, _job: Job) -> int:
        """As many walks as CleverTap lets one account do (reference: data 2.1)."""
        return CONCURRENCY


def read_plan(asked: Plan, client: Client) -> ExportPlan:
    """What was asked for.

    Raises:
        InvalidArgumentsError: It means nothing.
    """
    plan = ExportPlan.read(asked, ProjectTime.of(client.account, client.clock()))
    if not plan.event_names:
        raise InvalidArgumentsError.of("event_names", "'event_names' must name at least one event")
    return plan


def checked_plan(asked: Plan, client: Client, workspace: Workspace) -> ExportPlan:
    """What was asked for, if it can be done.

    Raises:
        UnknownZoneError: The project's zone is not set.
        InvalidArgumentsError: It means nothing, or its files would replace somebody's own.
    """
    known_zone(client)
    plan = read_plan(asked, client)
    check_number(plan)
    workspace.folder_for(plan.folder, "folder")
    Ledger(workspace).check_free(targets(plan, workspace))
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


def check_number(plan: ExportPlan) -> None:
    """Refuse a plan of too many parts.

    Raises:
        InvalidArgumentsError: It is one.
    """
    number = len(plan.event_names) * len(plan.days)
    if number > MOST_PARTS:
        raise InvalidArgumentsError.of(
            "from", f"'from' to 'to' makes {number:,} files; export at most {MOST_PARTS:,} at once"
        )


def cut(plan: ExportPlan) -> Iterator[JsonObject]:
    """The parts of a plan."""
    for name in plan.event_names:
        for day in plan.days:
            yield {"event": name, "day": day.isoformat()}


def targets(plan: ExportPlan, workspace: Workspace) -> Iterator[Path]:
    """Where the files of a plan go; no folder is made.

    Raises:
        InvalidArgumentsError: That is outside of the data folder.
    """
    for name in plan.event_names:
        folder = workspace.inside(event_folder(plan, name), "folder")
        for day in plan.days:
            yield folder / file_name(plan, day.isoformat())


def event_folder(plan: ExportPlan, event: str) -> str:
    """What the folder of an event is called in the data folder."""
    return f"{plan.folder}/{FOLDER}/{folder_name(event)}"


def file_name(plan: ExportPlan, day: str) -> str:
    """What the file of a day is called in the folder of its event."""
    return f"{day}.{plan.format}"


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
    await bench.journal.write_part(part, State.DONE, Tally(rows=part.tally.rows, bytes=written.bytes))
    path.unlink()


def day_path(job: Job, part: Part, bench: Bench) -> Path:
    """Where the file of a part goes.

    Raises:
        InvalidArgumentsError: That is outside of the data folder.
    """
    plan = read_plan(job.plan, bench.client)
    folder = bench.workspace.folder_for(event_folder(plan, part.plan["event"]), "folder")
    return folder / file_name(plan, part.plan["day"])


def told(job: Job, parts: Collection[Part], bench: Bench) -> str:
    """What came of some parts, in a sentence."""
    rows = sum(part.tally.rows for part in parts)
    untimed = sum(found.get(UNTIMED, 0) for found in bench.journal.found(job.id))
    odd = f" {untimed:,} of them have no 'ts': what CleverTap sent is no time." if untimed else ""
    folder = read_plan(job.plan, bench.client).folder
    return f"{rows:,} events in {len(parts):,} files, one per event and day, in {folder}/{FOLDER}.{odd}"
