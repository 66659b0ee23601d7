"""An import as work: a file in slices, one after the other, each sent by several lanes at once."""

from __future__ import annotations

from collections.abc import Iterable

import anyio
import anyio.lowlevel
from anyio import to_thread
from anyio.streams.memory import MemoryObjectSendStream

from clevertap_bulk.importing.batches import Batch
from clevertap_bulk.importing.lanes import Dealer
from clevertap_bulk.importing.refused_file import write_rows
from clevertap_bulk.importing.sending import Losses, Sender
from clevertap_bulk.importing.source import dealer, put_away, rows_of, taken_up, undated
from clevertap_bulk.importing.unaccounted import lost_rows
from clevertap_bulk.job import Job, Part, Plan, Tally
from clevertap_bulk.pace import Pace, Places
from clevertap_bulk.reading import Row, slices
from clevertap_bulk.work import Bench
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError

ROWS_PER_SLICE = 100_000
"""Rows of a part: between two of them all lanes wait for the slowest, and whoever resumes one reads it again."""
WAITING = 1
"""Batches that wait for their lane: one is made while the one before is on its way."""
DATED_NOW = " No time: all events are dated now."
TURN = 50
"""Rows that are read before others may go on."""


class Import:
    """Sends the rows of a file, and accounts for each.

    Args:
        rows_per_slice: How many rows a part of the job has.
    """

    def __init__(self, rows_per_slice: int = ROWS_PER_SLICE) -> None:
        self._rows_per_slice = rows_per_slice
        self._places: Places | None = None
        self._losses = Losses()

    @property
    def pace(self) -> Pace | None:
        """How many requests may be in flight, once something was sent."""
        return None if self._places is None else self._places.pace

    async def divide(self, job: Job, bench: Bench) -> None:
        """See `Work`: slices of the file, with the number of lanes, which decides how batches are cut.

        Raises:
            InvalidArgumentsError: The file is not there, cannot be read, or is not the one that the import began with.
        """
        path = await to_thread.run_sync(taken_up, job, bench)
        if bench.journal.parts(job.id):
            return
        parts: list[Plan] = []
        cut = slices(path, job.plan["format"], job.plan["packing"], self._rows_per_slice)
        while (each := await to_thread.run_sync(next, cut, None)) is not None:  # reading to its end may take a while
            bench.check_on()
            parts.append({**each, "lanes": bench.client.upload_concurrency})
        await bench.journal.add_parts(job.id, parts)

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        """See `Work`."""
        sender = Sender(bench, part, effect(job.plan), self._known_places(bench), self._losses)
        async with anyio.create_task_group() as group:
            lanes = []
            for _ in range(part.plan["lanes"]):
                into, out = anyio.create_memory_object_stream[Batch](WAITING)
                group.start_soon(sender.lane, out)
                lanes.append(into)
            try:
                await deal(dealer(job, part, bench), rows_of(job, part, bench), lanes)
            except CleverTapError as error:  # the file itself; what is on its way shall be answered all the same
                sender.failures.append(error)
        if sender.failures:
            raise sender.failures[0]
        return sender.tally

    async def end(self, job: Job, bench: Bench) -> str:
        """See `Work`: what was not taken lies in files of the input's format."""
        account = await to_thread.run_sync(told, job, bench)
        await to_thread.run_sync(put_away, job, bench)
        return account

    def at_once(self, job: Job) -> int:
        """See `Work`: one, or the order of a person's records would be lost."""
        del job
        return 1

    def _known_places(self, bench: Bench) -> Places:
        if self._places is None:
            self._places = Places(Pace(bench.client.upload_concurrency))
        return self._places


async def deal(dealing: Dealer, read: Iterable[Row], lanes: list[MemoryObjectSendStream[Batch]]) -> None:
    """Read rows only as fast as the lanes take them, until the end or until a lane has given up."""
    try:
        for row in read:
            if dealt := dealing.deal(row):
                await lanes[dealt[0]].send(dealt[1])
            if row.number % TURN == 0:
                await anyio.lowlevel.checkpoint()
        for lane, batch in dealing.rest():
            await lanes[lane].send(batch)
    except anyio.BrokenResourceError:
        return  # the sender says why
    finally:
        for each in lanes:
            each.close()


def effect(plan: Plan) -> Effect:
    """What sending a record again would do, as far as whoever planned the import minds."""
    return Effect.UPSERT if plan.get("resend_unaccounted") else Effect(plan["effect"])


def told(job: Job, bench: Bench) -> str:
    """The account of a job in words, and where the rows lie that were not taken."""
    parts = bench.journal.parts(job.id)
    tally = sum((part.tally for part in parts), Tally())
    refusing, losing = ([part for part in parts if getattr(part.tally, name)] for name in ("refused", "unaccounted"))
    refused = write_rows(job, bench, "refused", bench.journal.refusals(job.id), refusing)
    lost = write_rows(job, bench, "unaccounted", lost_rows(job, bench, losing), losing)
    balance = "every row is accounted for" if tally.balanced else "the account does not balance"
    return (
        f"{tally.rows:,} rows: {tally.accepted:,} accepted, {tally.refused:,} refused{listed(refused)}, "
        f"{tally.unaccounted:,} unaccounted{listed(lost)}; {balance}."
        f"{DATED_NOW if undated(job.plan) else ''}"
    )


def listed(name: str | None) -> str:
    """Where some rows lie."""
    return f" (listed in {name})" if name else ""
