"""What a crash may not undo, and who may work at what."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clevertap_bulk.job import Job, Kind, Part, Refused, State, Tally
from clevertap_bulk.journal import Journal


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


def begun(journal: Journal, parts: int = 1) -> tuple[Job, list[Part]]:
    job = journal.create(Kind.IMPORT, {"file": "a.csv"})
    journal.add_parts(job.id, [{"first": number} for number in range(parts)])
    return job, journal.parts(job.id)


def state(journal: Journal, job: Job) -> State:
    found = journal.job(job.id)
    assert found is not None
    return found.state


def test_only_its_owner_may_read_it(journal: Journal, tmp_path: Path) -> None:
    begun(journal)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}


def test_all_of_it_is_there_again_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    job, (part,) = begun(journal)
    journal.leaves(part, "0-0", 10)
    journal.answered(part, "0-1", Tally(10, 8, 2), [Refused(3, 513, "reserved"), Refused(1, None, "no identity")])
    journal.write_part(part, State.RUNNING, Tally(10, 8, 2), {"columns": ["a"]})
    again = Journal(tmp_path / "jobs.sqlite")
    assert again.job(job.id) == journal.job(job.id)
    assert again.batches(part) == {"0-0": (False, Tally(10, unaccounted=10)), "0-1": (True, Tally(10, 8, 2))}
    assert list(again.refusals(job.id)) == [Refused(1, None, "no identity"), Refused(3, 513, "reserved")]
    assert again.found(job.id) == [{"columns": ["a"]}]
    again.close()


def test_a_batch_that_never_left_leaves_no_trace(journal: Journal) -> None:
    _, (part,) = begun(journal)
    journal.leaves(part, "0-0", 10)
    journal.never_left(part, "0-0")
    assert journal.batches(part) == {}


def test_a_batch_that_leaves_again_is_unaccounted_until_it_is_answered(journal: Journal) -> None:
    _, (part,) = begun(journal)
    journal.leaves(part, "0-0", 10)
    journal.leaves(part, "0-0", 10)
    assert journal.batches(part) == {"0-0": (False, Tally(10, unaccounted=10))}
    journal.answered(part, "0-0", Tally(10, 10))
    assert journal.batches(part) == {"0-0": (True, Tally(10, 10))}


def test_the_account_of_a_job_is_that_of_its_parts(journal: Journal) -> None:
    job, parts = begun(journal, parts=3)
    journal.write_part(parts[0], State.DONE, Tally(10, 8, 1, 1))
    journal.write_part(parts[2], State.RUNNING, Tally(5, 5))
    found = journal.job(job.id)
    assert found is not None
    assert found.tally == Tally(15, 13, 1, 1)
    assert found.tally.balanced
    assert found.parts == {State.DONE: 1, State.RUNNING: 1, State.WAITING: 1}


def test_parts_are_added_all_or_none(journal: Journal) -> None:
    job = journal.create(Kind.EXPORT_EVENTS, {})
    with pytest.raises(TypeError):
        journal.add_parts(job.id, [{"day": 1}, {"day": object()}])
    assert journal.parts(job.id) == []
    journal.add_parts(job.id, [{"day": 1}])
    journal.add_parts(job.id, [{"day": 2}])
    assert [(part.number, part.plan) for part in journal.parts(job.id)] == [(0, {"day": 1}), (1, {"day": 2})]


def test_one_holds_a_job_and_keeps_it_others_wait_until_the_lease_has_lapsed(journal: Journal, clock: Clock) -> None:
    job, _ = begun(journal)
    assert journal.hold(job.id, "a", 20)
    assert not journal.hold(job.id, "b", 20)
    clock.now += 15
    assert journal.hold(job.id, "a", 20)
    clock.now += 15
    assert not journal.hold(job.id, "b", 20)
    clock.now += 6
    assert journal.hold(job.id, "b", 20)
    assert (journal.holds(job.id, "a"), journal.holds(job.id, "b")) == (False, True)
    journal.end(job.id, "a", State.DONE)
    assert state(journal, job) is State.RUNNING


def test_what_is_done_is_never_held_again(journal: Journal) -> None:
    job, _ = begun(journal)
    journal.hold(job.id, "a", 20)
    journal.end(job.id, "a", State.DONE, "all of it")
    assert not journal.hold(job.id, "a", 20)
    found = journal.job(job.id)
    assert found is not None
    assert (found.state, found.note, found.ended) == (State.DONE, "all of it", 1_000.0)


@pytest.mark.parametrize("how", [State.FAILED, State.CANCELLED])
def test_what_failed_or_was_stopped_can_be_taken_up_again(journal: Journal, how: State) -> None:
    job, _ = begun(journal)
    journal.hold(job.id, "a", 20)
    journal.end(job.id, "a", how, "why")
    assert journal.hold(job.id, "b", 20)
    found = journal.job(job.id)
    assert found is not None
    assert (found.state, found.note, found.ended) == (State.RUNNING, "", None)


def test_whoever_holds_a_job_hears_that_it_is_to_stop_and_goes_on_holding_it(journal: Journal) -> None:
    job, _ = begun(journal)
    journal.hold(job.id, "a", 20)
    journal.cancel(job.id)
    assert state(journal, job) is State.CANCELLING
    assert journal.hold(job.id, "a", 20)
    assert state(journal, job) is State.CANCELLING


def test_a_job_that_nobody_works_at_is_cancelled_at_once(journal: Journal, clock: Clock) -> None:
    waiting, _ = begun(journal)
    orphan, _ = begun(journal)
    journal.hold(orphan.id, "a", 20)
    clock.now += 21
    for job in (waiting, orphan):
        journal.cancel(job.id)
        assert state(journal, job) is State.CANCELLED


def test_the_newest_jobs_come_first(journal: Journal) -> None:
    made = [begun(journal)[0].id for _ in range(5)]
    assert [job.id for job in journal.jobs(most=3)] == made[:1:-1]


KILLED = """
import os, signal, sys
from pathlib import Path
from clevertap_bulk.job import Tally
from clevertap_bulk.journal import Journal
journal = Journal(Path(sys.argv[1]))
part = journal.parts(sys.argv[2])[0]
for number in range(100):
    journal.leaves(part, f"0-{number}", 1)
    if number == 42:
        os.kill(os.getpid(), signal.SIGKILL)
    journal.answered(part, f"0-{number}", Tally(1, 1))
"""


def test_what_was_written_before_a_kill_is_there_after_it(journal: Journal, tmp_path: Path) -> None:
    job, (part,) = begun(journal)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "jobs.sqlite"), job.id], check=False, timeout=60)
    batches = journal.batches(part)
    assert sum(answered for answered, _ in batches.values()) == 42
    assert batches["0-42"] == (False, Tally(1, unaccounted=1))
    assert len(batches) == 43
