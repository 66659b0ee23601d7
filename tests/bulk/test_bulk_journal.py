"""What a crash may not undo, and who may work at what."""

from __future__ import annotations

import stat
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from clevertap_bulk.entries import Held
from clevertap_bulk.job import Job, Kind, LostError, Part, Refused, State, Tally
from clevertap_bulk.journal import Journal

pytestmark = pytest.mark.anyio
HOLDER = "whoever works at it"


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    made = Journal(tmp_path / "jobs.sqlite", clock)
    yield made
    made.close()


async def begun(journal: Journal, parts: int = 1) -> tuple[Job, list[Part], Held]:
    """A job with some parts, and its entries for whoever has just taken it."""
    job = journal.create(Kind.IMPORT, {"file": "a.csv"})
    assert journal.hold(job.id, HOLDER, 20)
    held = journal.held(job.id, HOLDER)
    await held.add_parts(job.id, [{"first": number} for number in range(parts)])
    return job, journal.parts(job.id), held


def state(journal: Journal, job: Job) -> State:
    found = journal.job(job.id)
    assert found is not None
    return found.state


def test_only_its_owner_may_read_it(journal: Journal, tmp_path: Path) -> None:
    journal.create(Kind.IMPORT, {})
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}


async def test_all_of_it_is_there_again_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    job, (part,), held = await begun(journal)
    await held.leaves(part, "0-0", 10)
    await held.answered(part, "0-1", Tally(10, 8, 2), [Refused(3, 513, "reserved"), Refused(1, None, "no identity")])
    await held.write_part(part, State.RUNNING, Tally(10, 8, 2), {"columns": ["a"]})
    again = Journal(tmp_path / "jobs.sqlite")
    assert again.job(job.id) == journal.job(job.id)
    assert again.batches(part) == {"0-0": (False, Tally(10, unaccounted=10)), "0-1": (True, Tally(10, 8, 2))}
    assert list(again.refusals(job.id)) == [Refused(1, None, "no identity"), Refused(3, 513, "reserved")]
    assert again.found(job.id) == [{"columns": ["a"]}]
    again.close()


async def test_a_batch_that_never_left_leaves_no_trace(journal: Journal) -> None:
    _, (part,), held = await begun(journal)
    await held.leaves(part, "0-0", 10)
    await held.never_left(part, "0-0")
    assert journal.batches(part) == {}


async def test_a_batch_that_leaves_again_is_unaccounted_until_it_is_answered(journal: Journal) -> None:
    _, (part,), held = await begun(journal)
    await held.leaves(part, "0-0", 10)
    await held.leaves(part, "0-0", 10)
    assert journal.batches(part) == {"0-0": (False, Tally(10, unaccounted=10))}
    await held.answered(part, "0-0", Tally(10, 10))
    assert journal.batches(part) == {"0-0": (True, Tally(10, 10))}


async def test_the_account_of_a_job_is_that_of_its_parts(journal: Journal) -> None:
    job, parts, held = await begun(journal, parts=3)
    await held.write_part(parts[0], State.DONE, Tally(10, 8, 1, 1))
    held.tell(parts[2], Tally(5, 5))
    found = journal.job(job.id)
    assert found is not None
    assert found.tally == Tally(15, 13, 1, 1)
    assert found.tally.balanced
    assert found.parts == {State.DONE: 1, State.RUNNING: 1, State.WAITING: 1}


async def test_parts_are_added_all_or_none(journal: Journal) -> None:
    job, _, held = await begun(journal, parts=0)
    with pytest.raises(TypeError):
        await held.add_parts(job.id, [{"day": 1}, {"day": object()}])
    assert journal.parts(job.id) == []
    await held.add_parts(job.id, [{"day": 1}])
    await held.add_parts(job.id, [{"day": 2}])
    assert [(part.number, part.plan) for part in journal.parts(job.id)] == [(0, {"day": 1}), (1, {"day": 2})]


async def test_one_holds_a_job_and_keeps_it_others_wait_until_the_lease_has_lapsed(
    journal: Journal, clock: Clock
) -> None:
    job, _, held = await begun(journal)
    assert not journal.hold(job.id, "b", 20)
    clock.now += 15
    await held.keep(20)
    clock.now += 15
    assert not journal.hold(job.id, "b", 20)
    clock.now += 6
    assert journal.hold(job.id, "b", 20)
    assert (journal.holds(job.id, HOLDER), journal.holds(job.id, "b")) == (False, True)
    with pytest.raises(LostError):
        await held.end(State.DONE)
    assert state(journal, job) is State.RUNNING


async def test_a_lapsed_lease_is_kept_as_long_as_nobody_else_has_taken_the_job(journal: Journal, clock: Clock) -> None:
    job, _, held = await begun(journal)
    clock.now += 60
    await held.keep(20)
    assert held.goes_on()
    assert not journal.hold(job.id, "b", 20)


Lose = Callable[[Journal, Job], object]
LOSSES: dict[str, Lose] = {
    "taken by another": lambda journal, job: journal.hold(job.id, "another", 20),
    "cancelled": lambda journal, job: journal.cancel(job.id),
    "taken again by the same process": lambda journal, job: journal.hold(job.id, HOLDER + "'s next attempt", 20),
}
WRITES: dict[str, Callable[[Held, Part], Awaitable[None]]] = {
    "keep": lambda held, _: held.keep(20),
    "end": lambda held, _: held.end(State.DONE),
    "leaves": lambda held, part: held.leaves(part, "0-1", 10),
    "answered": lambda held, part: held.answered(part, "0-0", Tally(10, 9, 1), [Refused(1, None, "why")]),
    "never_left": lambda held, part: held.never_left(part, "0-0"),
    "write_part": lambda held, part: held.write_part(part, State.DONE, Tally(10, 10), {"columns": []}),
    "add_parts": lambda held, part: held.add_parts(part.job, [{"first": 10}]),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_who_slept_longer_than_the_lease_and_lost_the_job_changes_nothing(
    journal: Journal, clock: Clock, lose: Lose, write: Callable[[Held, Part], Awaitable[None]]
) -> None:
    job, (part,), held = await begun(journal)
    await held.leaves(part, "0-0", 10)
    clock.now += 21
    lose(journal, job)

    def all_of_it() -> tuple[object, ...]:
        entries = journal.batches(part), journal.parts(job.id), journal.found(job.id), list(journal.refusals(job.id))
        return journal.job(job.id), *entries

    before = all_of_it()
    with pytest.raises(LostError):
        await write(held, part)
    with pytest.raises(LostError):
        held.tell(part, Tally(10, 10))
    assert not held.goes_on()
    assert all_of_it() == before


async def test_what_is_done_is_never_held_again(journal: Journal) -> None:
    job, _, held = await begun(journal)
    await held.end(State.DONE, "all of it")
    assert not journal.hold(job.id, "a", 20)
    found = journal.job(job.id)
    assert found is not None
    assert (found.state, found.note, found.ended) == (State.DONE, "all of it", 1_000.0)


@pytest.mark.parametrize("how", [State.FAILED, State.CANCELLED])
async def test_what_failed_or_was_stopped_can_be_taken_up_again(journal: Journal, how: State) -> None:
    job, _, held = await begun(journal)
    await held.end(how, "why")
    assert journal.hold(job.id, "b", 20)
    found = journal.job(job.id)
    assert found is not None
    assert (found.state, found.note, found.ended) == (State.RUNNING, "", None)


async def test_whoever_holds_a_job_hears_that_it_is_to_stop_and_goes_on_holding_it(journal: Journal) -> None:
    job, _, held = await begun(journal)
    assert held.goes_on()
    journal.cancel(job.id)
    assert state(journal, job) is State.CANCELLING
    await held.keep(20)
    assert state(journal, job) is State.CANCELLING
    assert not held.goes_on()
    assert journal.holds(job.id, HOLDER)


async def test_a_job_that_nobody_works_at_is_cancelled_at_once(journal: Journal, clock: Clock) -> None:
    waiting = journal.create(Kind.IMPORT, {})
    orphan, _, _ = await begun(journal)
    clock.now += 21
    for job in (waiting, orphan):
        journal.cancel(job.id)
        assert state(journal, job) is State.CANCELLED


async def test_what_has_no_answer_is_left_to_do_again_once_its_job_is_reopened(journal: Journal, clock: Clock) -> None:
    job, parts, held = await begun(journal, parts=2)
    await held.answered(parts[0], "0-0", Tally(10, 10))
    await held.answered(parts[1], "0-0", Tally(10, 9, 1))
    await held.answered(parts[1], "0-1", Tally(10, 4, 1, 5))
    for part, tally in zip(parts, (Tally(10, 10), Tally(20, 13, 2, 5)), strict=True):
        await held.write_part(part, State.DONE, tally)
    assert journal.reopen(job.id) == 0, "somebody holds it"
    await held.end(State.DONE)
    clock.now += 21
    assert journal.reopen(job.id) == 1
    assert [part.state for part in journal.parts(job.id)] == [State.DONE, State.WAITING]
    assert journal.batches(parts[1]) == {"0-0": (True, Tally(10, 9, 1)), "0-1": (False, Tally(10, unaccounted=10))}
    assert journal.hold(job.id, "b", 20)


async def test_a_job_without_anything_unaccounted_stays_done(journal: Journal) -> None:
    job, (part,), held = await begun(journal)
    await held.answered(part, "0-0", Tally(10, 9, 1))
    await held.end(State.DONE)
    assert journal.reopen(job.id) == 0
    assert state(journal, job) is State.DONE


def test_the_newest_jobs_come_first(journal: Journal) -> None:
    made = [journal.create(Kind.IMPORT, {}).id for _ in range(5)]
    assert [job.id for job in journal.jobs(most=3)] == made[:1:-1]


KILLED = """
import anyio, os, signal, sys
from pathlib import Path
from clevertap_bulk.job import Tally
from clevertap_bulk.journal import Journal

async def main():
    journal = Journal(Path(sys.argv[1]))
    held, part = journal.held(sys.argv[2], sys.argv[3]), journal.parts(sys.argv[2])[0]
    for number in range(100):
        await held.leaves(part, f"0-{number}", 1)
        if number == 42:
            os.kill(os.getpid(), signal.SIGKILL)
        await held.answered(part, f"0-{number}", Tally(1, 1))

anyio.run(main)
"""


async def test_what_was_written_before_a_kill_is_there_after_it(journal: Journal, tmp_path: Path) -> None:
    job, (part,), _ = await begun(journal)
    given = [str(tmp_path / "jobs.sqlite"), job.id, HOLDER]
    with anyio.fail_after(60):
        await anyio.run_process([sys.executable, "-c", KILLED, *given], check=False)
    batches = journal.batches(part)
    assert sum(answered for answered, _ in batches.values()) == 42
    assert batches["0-42"] == (False, Tally(1, unaccounted=1))
    assert len(batches) == 43
