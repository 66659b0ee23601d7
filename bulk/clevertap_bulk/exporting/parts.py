"""A part of an export: walked into its spool from its beginning, and from there into its file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import anyio
import anyio.to_thread

from clevertap_bulk.exporting import files
from clevertap_bulk.exporting.ledger import Ledger
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.refusals import RefusedEventError, is_about_the_event
from clevertap_bulk.exporting.room import Room, Sink, on_disk
from clevertap_bulk.exporting.spool import Spool, spool_path
from clevertap_bulk.exporting.walking import TIMES, BrokenWalkError, Sleep, UnwalkableError, Walk, Walker
from clevertap_bulk.job import Job, Part, State, Tally
from clevertap_bulk.work import Bench, StoppedError
from clevertap_bulk.workspace import Workspace
from clevertap_tools.bulk import ANEW
from clevertap_tools.errors import CleverTapError, InvalidRequestError
from clevertap_tools.wire import Answer

SELDOM = 0.5
"""Seconds between two words about how far a part is; the journal's disk takes longer for each than a page does."""
WRITERS = 2
"""Files that are written at the same time."""


async def spooled(part: Part, walk: Walk, pages: Pages, bench: Bench, sleep: Sleep) -> Tally:
    """Walk over the records of a part into its spool; a walk that breaks is begun anew, and nothing of it stays.

    Raises:
        UnwalkableError: It broke each time.
        StoppedError: The job was asked to stop.
        CleverTapError: CleverTap refused it or was away; or there is no room.
    """
    reason = ""
    for _ in range(TIMES):
        try:
            with on_disk():
                return await _spooled(part, walk, pages, bench, sleep)
        except BrokenWalkError as error:
            reason = str(error)
        except CleverTapError as error:
            raise _placed(error, walk) from error
    raise UnwalkableError(f"{walk.about}: the walk broke off {TIMES} times ({reason}).")


async def _spooled(part: Part, walk: Walk, pages: Pages, bench: Bench, sleep: Sleep) -> Tally:
    folder = half_done(bench.workspace, part.job)
    with (
        bench.workspace.written(spool_path(folder, part.number)) as temporary,
        Sink(temporary, Room(bench.workspace)) as sink,
    ):
        spool, told = Spool(sink), anyio.current_time()

        async def take(answer: Answer) -> str | None:
            nonlocal told
            page = await anyio.to_thread.run_sync(pages.read, answer)
            if page.batch is not None:
                await anyio.to_thread.run_sync(spool.add, page)
            if anyio.current_time() >= told + SELDOM:
                told = anyio.current_time()
                bench.progress(part, Tally(rows=spool.rows, bytes=sink.size))
            return page.next_cursor

        await Walker(walk, bench, sleep).go(take)
    tally = Tally(rows=spool.rows, bytes=sink.size)
    await bench.journal.write_part(part, State.RUNNING, tally, spool.found)
    return tally


def _placed(error: CleverTapError, walk: Walk) -> CleverTapError:
    """The error with what it is about."""
    message = f"{walk.about}: {error.message.removesuffix('.')}."
    if isinstance(error, InvalidRequestError):
        kind = RefusedEventError if is_about_the_event(error) else InvalidRequestError
        return kind(message, status=error.status, next_step=ANEW)
    error.message = message
    return error


async def together(parts: Iterable[Part], write: Callable[[Part], Awaitable[None]], bench: Bench) -> None:
    """Write the files of some parts, a few at once; the first failure ends them all.

    Raises:
        StoppedError: The job was asked to stop.
        CleverTapError: A file cannot be written.
    """
    left, failures = iter(parts), list[Exception]()

    async def take() -> None:
        for part in left:
            if failures:
                return
            try:
                bench.check_on()
                await write(part)
            except (StoppedError, CleverTapError) as error:
                failures.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(WRITERS):
            group.start_soon(take)
    if failures:
        raise failures[0]


async def begun_anew(job: Job, bench: Bench) -> None:
    """Where what was half-done of a job is gone, all of its parts have to be done again."""
    if (bench.workspace.own / job.id).exists():
        return
    for part in bench.journal.parts(job.id):
        if part.state is State.DONE:
            await bench.journal.write_part(part, State.WAITING, Tally(), {})


def half_done(workspace: Workspace, job: str) -> Path:
    """The folder for what is half-done of a job."""
    folder = workspace.own / job
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def filed(workspace: Workspace, job: Job, number: int, target: Path, content: files.Content) -> Tally:
    """Write a file of an export, which takes the place of an earlier export's of that name when it is complete.

    It is written among what is half-done of its job, as two jobs may write files of the same name, and called there by
    its number.

    Returns:
        Its rows and bytes.

    Raises:
        NoRoomError: There is no room for it.
        DiskError: It cannot be written.
        OccupiedError: A file that no export has written stands in its place.
    """
    form, ledger = target.suffix.removeprefix("."), Ledger(workspace)
    complete = half_done(workspace, job.id) / f"{number}.{form}"
    with on_disk():
        with workspace.written(complete) as temporary, Sink(temporary, Room(workspace)) as sink:
            rows = files.write(form, sink, content)
        ledger.check_free([target])
        ledger.enter(target, complete)
        complete.replace(target)
    return Tally(rows=rows, bytes=sink.size)
