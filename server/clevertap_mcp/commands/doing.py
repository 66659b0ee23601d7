"""A job done at the command line: shown while it goes on, stopped by Ctrl-C, its account printed at the end.

The first Ctrl-C lets what is on its way be answered and stops there; a second one stops at once.
"""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio
import click

from clevertap_bulk.deed import effect_of
from clevertap_bulk.job import Job, Kind, State
from clevertap_bulk.workshop import Workshop
from clevertap_mcp.commands.data_folder import Folder, Room, command_line
from clevertap_mcp.commands.exits import DONE, FAILED, INTERRUPTED, complain, say
from clevertap_mcp.commands.printing import show, spoken
from clevertap_mcp.commands.progress import Tell, shown
from clevertap_mcp.commands.recording import on_record
from clevertap_mcp.logs import note
from clevertap_tools.bulk import ANEW
from clevertap_tools.errors import CleverTapError, ConfigurationError

if TYPE_CHECKING:
    from clevertap_mcp.cli import Start

LOOK = 0.2
"""Seconds between two looks at how far a job is."""
TITLES = {Kind.IMPORT: "Importing", Kind.EXPORT_EVENTS: "Exporting", Kind.EXPORT_PROFILES: "Exporting"}
STOPPING = "Stopping: what is on its way is still answered. Ctrl-C again stops at once."
INTERRUPTED_JOB = "interrupted"


def carried_out(work: Callable[..., Awaitable[int]], *given: Any) -> int:
    """Do what takes connections, and tell its exit status; what stands in the way is said on stderr.

    Raises:
        ConfigurationError: The settings cannot be used.
    """
    try:
        return anyio.run(work, *given)
    except ConfigurationError:
        raise
    except CleverTapError as error:
        complain(spoken(error))
        return FAILED


def agreed(question: str) -> bool:
    """Whether somebody says yes; Ctrl-C ends the command here, where nothing goes on that would have to be stopped."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question, default=False, err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def declined() -> int:
    """The exit status of what nobody said yes to."""
    complain("Nothing was done: you did not say yes.")
    return FAILED


async def done(start: Start, folder: Folder, room: Room, job: Job, *, compact: bool) -> int:
    """Do a job to its end, or until somebody stops it; print its account and tell the exit status.

    Raises:
        CleverTapError: It cannot be done.
    """
    stops: list[int] = []

    async def work() -> Job:
        with shown(TITLES[job.kind]) as tell:
            return await watched(room.data.workshop, job.id, tell, stops)

    job = await on_record(room.app, effect_of(job), job, work)
    return conclude(job, resuming(start, job, folder), stopped=bool(stops), compact=compact)


async def watched(shop: Workshop, name: str, tell: Tell, stops: list[int]) -> Job:
    """Do a job while it is shown how far it is and signals are heeded; those that came are added to `stops`.

    Raises:
        InvalidArgumentsError: It is done, or somebody else works at it.
    """
    failure: CleverTapError | None = None
    ended: Job | None = None
    async with beside_signals(shop, name, stops) as group:
        group.start_soon(watch, shop, name, tell)
        try:
            ended = await shop.do(name)
        except CleverTapError as error:
            failure = error
        group.cancel_scope.cancel()
    if failure:
        raise failure
    ended = ended or shop.known(name)
    tell(ended)
    return ended


async def watch(shop: Workshop, name: str, tell: Tell) -> None:
    """Tell how far a job is, for ever."""
    while True:
        await anyio.sleep(LOOK)
        tell(shop.known(name))


@asynccontextmanager
async def beside_signals(shop: Workshop, name: str, stops: list[int]) -> AsyncIterator[Any]:
    """A group of tasks in which the first signal asks the job to stop and the second ends it."""
    async with anyio.create_task_group() as group:

        async def heed() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                ready.set()
                async for each in signals:
                    stops.append(each)
                    if len(stops) > 1:
                        group.cancel_scope.cancel()
                    else:
                        note(f"\n{STOPPING}")  # on a line of its own, below the bar
                        try:
                            shop.cancel(name)
                        except CleverTapError as error:  # the journal cannot be written; the next Ctrl-C needs none
                            note(spoken(error))

        ready = anyio.Event()
        group.start_soon(heed)
        await ready.wait()
        yield group


def conclude(job: Job, resume: str, *, stopped: bool, compact: bool) -> int:
    """Print the account of a job and tell the exit status.

    Args:
        job: The job.
        resume: What has to be typed to go on with it.
        stopped: Whether a signal asked for its end.
        compact: As JSON in one line.
    """
    if compact:
        show(told(job, time.time()), compact=True)
    else:
        say(f"{job.id} is {job.state}: {account(job)}")
    if job.state is not State.DONE:
        complain(job.note if job.note.endswith(ANEW) else f"{job.note} Go on with: {resume}")
        return INTERRUPTED if stopped else FAILED
    if job.kind is Kind.IMPORT and job.tally.accepted < job.tally.rows:
        complain("Not every row was accepted; the files that are named list the others.")
        return FAILED
    return DONE


def resuming(start: Start, job: Job, folder: Folder) -> str:
    """What has to be typed to go on with a job."""
    return command_line(start, "jobs", "resume", job.id, folder=folder)


def account(job: Job) -> str:
    """What became of a job's rows so far."""
    if job.state is State.DONE:
        return job.note
    tally = job.tally
    if job.kind is not Kind.IMPORT:
        return f"{tally.rows:,} rows read so far."
    return (
        f"{tally.rows:,} rows so far, {tally.accepted:,} accepted, {tally.refused:,} refused, "
        f"{tally.unaccounted:,} unaccounted."
    )


def told(job: Job, now: float) -> dict[str, Any]:
    """A job as programs read it."""
    tally = job.tally
    return {
        "id": job.id,
        "kind": job.kind,
        "state": INTERRUPTED_JOB if job.interrupted(now) else job.state,
        "rows": tally.rows,
        "accepted": tally.accepted,
        "refused": tally.refused,
        "unaccounted": tally.unaccounted,
        "parts": f"{job.parts.get(State.DONE, 0)} of {sum(job.parts.values())}",
        "created": datetime.fromtimestamp(job.created).astimezone().isoformat(timespec="seconds"),
        "about": about(job),
        "note": job.note,
    }


def about(job: Job) -> str:
    """What a job is about: its file, or where its files go."""
    return str(job.plan.get("file") or job.plan.get("folder", ""))
