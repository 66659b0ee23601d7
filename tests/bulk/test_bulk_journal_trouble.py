"""A journal that is locked, full, damaged or somebody else's by now: nothing is sent because of it, nothing hangs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from bulk.importing_site import Site, account, held, importing, purchases, purchases_in, read_csv, write_csv
from clevertap_bulk import database
from clevertap_bulk.data_room import DataRoom
from clevertap_bulk.database import PAUSE, BusyError, JournalError
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Job, Kind, Part, State, Tally
from clevertap_bulk.journal import Journal
from clevertap_bulk.work import Bench
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import NoRoomError
from clevertap_mcp.cli import status_of
from clevertap_tools.client import Client
from clevertap_tools.errors import InvalidArgumentsError

pytestmark = pytest.mark.anyio
ROWS = 1_000
BATCH = 100


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with importing(tmp_path / "data") as made:
        write_csv(made.folder / "sales.csv", purchases(ROWS, people=500))
        yield made


@pytest.fixture
def later(site: Site) -> Iterator[Journal]:
    """The journal as a process sees it that looks a minute later: every lease has lapsed."""
    with closing(Journal(site.workspace.own / "jobs.sqlite", lambda: time.time() + 60)) as made:
        yield made


@pytest.fixture
def other(site: Site) -> Iterator[sqlite3.Connection]:
    """Another process that has the journal open."""
    with closing(sqlite3.connect(site.workspace.own / "jobs.sqlite", isolation_level=None)) as made:
        yield made


def connection(journal: Journal) -> sqlite3.Connection:
    return journal._db._db


class Meanwhile(Import):
    """An import during which something happens, once, when some batches have been answered."""

    def __init__(self, batches: int, happens: Callable[[], object]) -> None:
        super().__init__()
        self._left, self._happens = batches, happens

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        def progress(part: Part, tally: Tally) -> None:
            bench.progress(part, tally)
            self._left -= 1
            if not self._left:
                self._happens()

        heard = Bench(bench.client, bench.workspace, bench.journal, bench.stopping, progress)
        return await super().do(job, part, heard)


async def test_who_lost_a_job_while_a_request_waited_does_not_take_it_back_and_sends_nothing_more(
    site: Site, later: Journal
) -> None:
    job = site.job("sales.csv", batch=BATCH)
    site.breaks("status", status=429, skip=2, times=1)
    lost, kept = anyio.Event(), anyio.Event()

    async def between_attempts(_seconds: float) -> None:
        later.cancel(job.id)  # by somebody to whom it looked as if this process were gone
        lost.set()
        await kept.wait()

    async def between_renewals(_seconds: float) -> None:
        if lost.is_set():
            kept.set()
        await lost.wait()
        await anyio.lowlevel.checkpoint()

    async with Client(account(site.url), sleep=between_attempts, upload_concurrency=1) as client:
        shop = Workshop(client, site.workspace, site.journal, {Kind.IMPORT: Import()}, between_renewals)
        with anyio.fail_after(30):
            done = await shop.do(job.id)
    assert (done.state, done.tally.accepted) == (State.CANCELLED, 2 * BATCH)
    assert held(site.url).total() == 2 * BATCH


async def test_a_job_that_another_one_took_meanwhile_is_theirs_and_nothing_is_sent_twice(
    site: Site, later: Journal
) -> None:
    job = site.job("sales.csv", batch=BATCH)

    def done_elsewhere() -> None:
        assert later.hold(job.id, "another", 20)

    slept = await site.done(job, Meanwhile(4, done_elsewhere))
    assert slept.state is State.RUNNING
    assert "took this job over" in slept.note
    await later.held(job.id, "another").end(State.FAILED, "why")
    done = await site.done(job)
    assert (done.state, done.tally.balanced) == (State.DONE, True)
    assert held(site.url) == purchases_in(site.folder / "sales.csv")


async def test_one_process_does_not_do_a_job_twice_at_the_same_time(site: Site) -> None:
    job = site.job("sales.csv", batch=BATCH)
    async with site.client() as client:
        shop = Workshop(client, site.workspace, site.journal, {Kind.IMPORT: Import()})
        refused: list[Exception] = []

        async def do() -> None:
            try:
                await shop.do(job.id)
            except InvalidArgumentsError as error:
                refused.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(do)
            group.start_soon(do)
    assert len(refused) == 1
    assert held(site.url) == purchases_in(site.folder / "sales.csv")


def test_a_full_disk_is_no_room_and_when_there_is_room_again_all_goes_on(site: Site) -> None:
    journal = site.journal
    (pages,) = connection(journal).execute("PRAGMA page_count").fetchone()
    connection(journal).execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoRoomError, match="disk is full"):
        journal.create(Kind.IMPORT, {"file": "x" * 100_000})
    before = len(journal.jobs())
    connection(journal).execute("PRAGMA max_page_count = 100000")
    journal.create(Kind.IMPORT, {"file": "x" * 100_000})
    assert len(journal.jobs()) == before + 1


async def test_a_disk_that_is_full_before_a_batch_leaves_keeps_it_here(site: Site, later: Journal) -> None:
    job = site.job("sales.csv", batch=BATCH)
    work = Meanwhile(4, lambda: connection(site.journal).execute("PRAGMA query_only = ON"))
    left = await site.done(job, work)
    assert left.state is State.FAILED
    assert "cannot be used (SQLITE_READONLY)" in left.note, "though that could not be written"
    arrived = held(site.url).total()
    assert 4 * BATCH <= arrived <= 6 * BATCH
    found = later.job(job.id)
    assert found is not None
    assert found.interrupted(time.time() + 60), "the lease frees it"
    connection(site.journal).execute("PRAGMA query_only = OFF")
    later.cancel(job.id)
    done = await site.done(job)
    assert (done.state, done.tally.balanced) == (State.DONE, True)
    assert done.tally.unaccounted == arrived - 4 * BATCH, "they left, and their answers could not be written"
    assert held(site.url) == purchases_in(site.folder / "sales.csv")


async def test_a_job_that_fails_in_a_way_nobody_thought_of_does_not_end_the_server(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with Client(account(site.url)) as client, anyio.create_task_group() as tasks:
        room = DataRoom(client, site.folder, tasks)
        job = room.workshop.create(Kind.IMPORT, site.plan("sales.csv"))

        async def close(*_told: object) -> None:
            room.close()  # from now on nothing can be written, nor read
            await anyio.lowlevel.checkpoint()

        with pytest.raises(sqlite3.ProgrammingError), anyio.fail_after(30):
            await room.resume(job.id, close)
    assert f"Job {job.id} ended with ProgrammingError" in caplog.text


def test_a_journal_that_is_locked_can_be_read_and_who_would_write_is_told_so(
    site: Site, other: sqlite3.Connection
) -> None:
    job = site.job("sales.csv")
    other.execute("BEGIN IMMEDIATE")
    assert site.journal.jobs() == [job]
    assert site.journal.job(job.id) == job
    for write in (lambda: site.journal.cancel(job.id), lambda: site.job("sales.csv"), lambda: later_than(site, job)):
        with pytest.raises(BusyError, match="held by another process"):
            write()
    other.execute("COMMIT")
    site.journal.cancel(job.id)
    found = site.journal.job(job.id)
    assert found is not None
    assert found.state is State.CANCELLED


def later_than(site: Site, job: Job) -> None:
    """Take a job up."""
    site.journal.hold(job.id, "somebody", 20)


async def test_a_job_waits_for_a_journal_that_is_locked_and_others_go_on_meanwhile(
    site: Site, other: sqlite3.Connection
) -> None:
    job = site.job("sales.csv", batch=BATCH)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds != PAUSE:
            await anyio.sleep_forever()  # until the lease is renewed
        waits.append(seconds)
        if len(waits) == 3 and other.in_transaction:
            other.execute("COMMIT")
        await anyio.lowlevel.checkpoint()

    async with site.client() as client:
        work = Meanwhile(4, lambda: other.execute("BEGIN IMMEDIATE"))
        done = await Workshop(client, site.workspace, site.journal, {Kind.IMPORT: work}, sleep).do(job.id)
    assert (done.state, done.tally) == (State.DONE, Tally(ROWS, ROWS))
    assert len(waits) >= 3
    assert held(site.url) == purchases_in(site.folder / "sales.csv")


async def test_a_job_whose_journal_stays_locked_ends_without_sending_anything_twice(
    site: Site, later: Journal, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ATTEMPTS", 2)
    job = site.job("sales.csv", batch=BATCH)

    async def unlock(_seconds: float) -> None:
        if other.in_transaction:
            other.execute("COMMIT")
        await anyio.lowlevel.checkpoint()

    async with Client(account(site.url), sleep=unlock) as client:
        work = Meanwhile(4, lambda: other.execute("BEGIN IMMEDIATE"))
        left = await Workshop(client, site.workspace, site.journal, {Kind.IMPORT: work}).do(job.id)
    assert (left.state, "held by another process" in left.note) == (State.FAILED, True)
    assert 4 <= len(site.bodies()) <= 6
    other.execute("COMMIT")
    later.cancel(job.id)
    done = await site.done(job)
    assert (done.state, done.tally.balanced) == (State.DONE, True)
    assert held(site.url) == purchases_in(site.folder / "sales.csv")


async def test_a_process_that_takes_a_job_up_again_ends_what_it_began_before_it_slept(site: Site) -> None:
    ahead = [0.0]
    site.breaks("status", status=429, skip=2, times=1)
    with closing(Journal(site.workspace.own / "jobs.sqlite", lambda: time.time() + ahead[0])) as journal:
        job = site.job("sales.csv", batch=BATCH)
        slept, again = anyio.Event(), anyio.Event()

        async def between_attempts(_seconds: float) -> None:
            ahead[0] = 60.0
            slept.set()
            await anyio.sleep_forever()

        async def between_renewals(_seconds: float) -> None:
            if slept.is_set():  # whoever has taken it by now
                again.set()
                await anyio.sleep_forever()
            await again.wait()

        async with (
            Client(account(site.url), sleep=between_attempts, upload_concurrency=1) as client,
            anyio.create_task_group() as group,
        ):
            shop = Workshop(client, site.workspace, journal, {Kind.IMPORT: Import()}, between_renewals)
            group.start_soon(shop.do, job.id)
            with anyio.fail_after(30):
                await slept.wait()
                done = await shop.do(job.id)
    assert (done.state, done.tally) == (State.DONE, Tally(ROWS, ROWS - BATCH, 0, BATCH))
    assert held(site.url).total() == ROWS - BATCH


@pytest.mark.parametrize("content", [b"no database at all " * 300, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_damaged_journal_is_told_with_what_helps(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".clevertap" / "jobs.sqlite"
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(JournalError, match=r"jobs\.sqlite, is damaged"):
        Journal(file)
    assert status_of(["jobs", "list", "--data-dir", str(tmp_path)]) == 1
    assert "is damaged. Put a copy of it back" in capsys.readouterr().err
    assert file.read_bytes() == content


async def test_what_has_no_answer_is_sent_again_when_that_is_wanted_though_the_job_is_done(site: Site) -> None:
    job = site.job("sales.csv", batch=BATCH)
    site.breaks("html", status=200, skip=2, times=2)
    done = await site.done(job)
    assert (done.state, done.tally) == (State.DONE, Tally(ROWS, ROWS - 2 * BATCH, 0, 2 * BATCH))
    listed = site.folder / f"sales.unaccounted.{job.id}.csv"
    lost = {row["amount"] for row in read_csv(listed)}
    before = len(site.bodies())
    async with site.client() as client:
        shop = Workshop(client, site.workspace, site.journal, {Kind.IMPORT: Import()})
        assert shop.resend(job.id).state is State.CANCELLED
        again = await shop.do(job.id)
    assert (again.state, again.tally) == (State.DONE, Tally(ROWS, ROWS))
    sent = site.bodies()[before:]
    assert {str(record["evtData"]["amount"]) for body in sent for record in body} == lost
    assert len(sent) == 2
    assert not listed.exists()


async def test_what_has_no_answer_is_sent_again_by_a_job_that_was_stopped(site: Site) -> None:
    job = site.job("sales.csv", batch=BATCH)
    site.breaks("html", status=200, times=2)
    await site.done(job, Meanwhile(4, lambda: site.journal.cancel(job.id)))
    async with site.client() as client:
        shop = Workshop(client, site.workspace, site.journal, {Kind.IMPORT: Import()})
        assert shop.resend(job.id).tally.unaccounted == 2 * BATCH
        again = await shop.do(job.id)
    assert (again.state, again.tally) == (State.DONE, Tally(ROWS, ROWS))


async def test_without_a_word_nothing_that_has_no_answer_is_sent_again(site: Site) -> None:
    job = site.job("sales.csv", batch=BATCH)
    site.breaks("html", status=200, times=2)
    await site.done(job, Meanwhile(4, lambda: site.journal.cancel(job.id)))
    assert (await site.done(job)).tally == Tally(ROWS, ROWS - 2 * BATCH, 0, 2 * BATCH)
    assert sum(map(len, site.bodies())) == ROWS
