"""People out of CleverTap: a walk for each event that they did, one file without doubles (reference: data 7.2)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import anyio
import anyio.to_thread

from clevertap_bulk.exporting import files
from clevertap_bulk.exporting.columns import joined
from clevertap_bulk.exporting.latest import latest
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.parts import filed, half_done, spooled
from clevertap_bulk.exporting.plan import ExportPlan
from clevertap_bulk.exporting.spool import COLUMNS, spool_path
from clevertap_bulk.exporting.walking import Sleep, Walk
from clevertap_bulk.job import Job, Part, Tally
from clevertap_bulk.work import Bench
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

    async def divide(self, job: Job, bench: Bench) -> None:
        """A part for each event, or one for whoever the query finds. See `Work`.

        Raises:
            InvalidArgumentsError: The plan means nothing, or asks for everybody.
        """
        plan = read_plan(job, bench.client)
        bench.workspace.folder_for(plan.folder, "folder")
        if not bench.journal.parts(job.id):
            bench.journal.add_parts(job.id, list(cut(plan)))

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """Walk over the people of one part, from the beginning. See `Work`."""
        name = part.plan["event"]
        about = "People" if name is None else f"People who did {name!r}"
        walk = Walk(PATH, part.plan["query"], read_plan(job, bench.client).options, about)
        return await spooled(part, walk, Pages.of_people(), bench, self._sleep)

    async def end(self, job: Job, bench: Bench) -> str:
        """Write the file, each person once. See `Work`."""
        plan, folder = read_plan(job, bench.client), half_done(bench.workspace, job.id)
        target = bench.workspace.folder_for(plan.folder, "folder") / f"{FILE}.{plan.format}"
        columns = files.schema(joined(each.get(COLUMNS, {}) for each in bench.journal.found(job.id)))
        parts = bench.journal.parts(job.id)
        spools = [spool_path(folder, part.number) for part in parts]
        read = sum(part.tally.rows for part in parts)
        content = files.Content(columns, latest(spools, folder))
        written = await anyio.to_thread.run_sync(filed, bench.workspace, job, 0, target, content)
        shutil.rmtree(folder)
        return f"{written.rows:,} people out of {read:,} records, in {plan.folder}/{target.name}."

    def at_once(self, _job: Job) -> int:
        """As many walks as CleverTap lets one account do (reference: data 2.1)."""
        return CONCURRENCY


def cut(plan: ExportPlan) -> Iterator[JsonObject]:
    """The parts of a plan, with the days as they are now: a part that is resumed tomorrow is still the same."""
    for name in plan.event_names or (None,):
        yield {"event": name, "query": plan.query_of(name, plan.first, plan.last)}


def read_plan(job: Job, client: Client) -> ExportPlan:
    """What a job was asked for.

    Raises:
        InvalidArgumentsError: It means nothing, or asks for everybody.
    """
    plan = ExportPlan.read({"profile": True, **job.plan}, ProjectTime.of(client.account, client.clock()))
    if not plan.event_names and not plan.query:
        raise InvalidArgumentsError.of(
            "event_names", "Ask for something: 'event_names' with 'from' and 'to', or filters in 'query'"
        )
    return plan
