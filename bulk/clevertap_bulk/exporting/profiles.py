"""People out of CleverTap: a walk for each event that they did, one file without doubles (reference: data 7.2)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence

import anyio
import anyio.to_thread

from clevertap_bulk.exporting import files
from clevertap_bulk.exporting.columns import joined
from clevertap_bulk.exporting.latest import latest
from clevertap_bulk.exporting.ledger import Ledger
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.parts import begun_anew, filed, half_done, spooled
from clevertap_bulk.exporting.plan import ExportPlan
from clevertap_bulk.exporting.refusals import Refusals, check_none_refused, refused_events
from clevertap_bulk.exporting.spool import COLUMNS, spool_path
from clevertap_bulk.exporting.walking import Sleep, Walk
from clevertap_bulk.job import Job, Part, Plan, Tally
from clevertap_bulk.work import Bench
from clevertap_bulk.workspace import Workspace
from clevertap_tools.client import Client
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.limits import CONCURRENCY
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import JsonObject

PATH = "/1/profiles.json"
FILE = "people"


class ProfileExport:
    """Exports of people.

    Args:
        sleep: Waits for some seconds.
    """

    def __init__(self, sleep: Sleep = anyio.sleep) -> None:
        self._sleep = sleep
        self._refusals = Refusals()

    async def divide(self, job: Job, bench: Bench) -> None:
        """A part for each event, or one for whoever the query finds. See `Work`.

        Raises:
            InvalidArgumentsError: The plan means nothing, asks for everybody, or would replace somebody's own file.
        """
        if bench.journal.parts(job.id):
            await begun_anew(job, bench)
            return
        plan = await anyio.to_thread.run_sync(checked_plan, job.plan, bench.client, bench.workspace)
        await bench.journal.add_parts(job.id, list(cut(plan)))

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """Walk over the people of one part, from the beginning. See `Work`."""
        name = part.plan["event"]
        about = "People" if name is None else f"People who did {name!r}"
        walk = Walk(PATH, part.plan["query"], read_plan(job.plan, bench.client).options, about)
        pages = Pages.of_people()
        return await self._refusals.or_none(part, bench, lambda: spooled(part, walk, pages, bench, self._sleep))

    async def end(self, job: Job, bench: Bench) -> str:
        """Write the file, each person once. See `Work`.

        Raises:
            RefusedEventError: CleverTap does not know some of the events; who did the others is written.
        """
        parts, found = bench.journal.parts(job.id), bench.journal.found(job.id)
        refused = refused_events(parts, found)
        exported = [part for part in parts if part.plan["event"] not in refused]
        note = await self._written(job, exported, found, bench) if exported else ""
        shutil.rmtree(half_done(bench.workspace, job.id))
        check_none_refused(refused, note)
        return note

    async def _written(self, job: Job, parts: Sequence[Part], found: Iterable[JsonObject], bench: Bench) -> str:
        """Write the file of some parts, and say so."""
        plan, folder = read_plan(job.plan, bench.client), half_done(bench.workspace, job.id)
        target = bench.workspace.folder_for(plan.folder, "folder") / file_name(plan)
        columns = files.schema(joined(each.get(COLUMNS, {}) for each in found))
        spools = [spool_path(folder, part.number) for part in parts]
        content = files.Content(columns, latest(spools, folder))
        written = await anyio.to_thread.run_sync(filed, bench.workspace, job, 0, target, content)
        read = sum(part.tally.rows for part in parts)
        return f"{written.rows:,} people out of {read:,} records, in {plan.folder}/{target.name}."

    def at_once(self, _job: Job) -> int:
        """As many walks as CleverTap lets one account do (reference: data 2.1)."""
        return CONCURRENCY


def cut(plan: ExportPlan) -> Iterator[JsonObject]:
    """The parts of a plan, with the days as they are now: a part that is resumed tomorrow is still the same."""
    for name in plan.event_names or (None,):
        yield {"event": name, "query": plan.query_of(name, plan.first, plan.last)}


def file_name(plan: ExportPlan) -> str:
    """What the file is called."""
    return f"{FILE}.{plan.format}"


def checked_plan(asked: Plan, client: Client, workspace: Workspace) -> ExportPlan:
    """What was asked for, if it can be done.

    Raises:
        InvalidArgumentsError: It means nothing, asks for everybody, or would replace somebody's own file.
    """
    plan = read_plan(asked, client)
    target = workspace.folder_for(plan.folder, "folder") / file_name(plan)
    Ledger(workspace).check_free([target])
    return plan


def read_plan(asked: Plan, client: Client) -> ExportPlan:
    """What was asked for.

    Raises:
        InvalidArgumentsError: It means nothing, or asks for everybody.
    """
    plan = ExportPlan.read({"profile": True, **asked}, ProjectTime.of(client.account, client.clock()))
    if not plan.event_names and not plan.query:
        raise InvalidArgumentsError.of(
            "event_names", "Ask for something: 'event_names' with 'from' and 'to', or filters in 'query'"
        )
    return plan
