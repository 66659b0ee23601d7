"""Jobs of processes that are killed again and again, under faults: nothing is missing from the account."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bulk.exporting_site import PATH, rows_of
from bulk.importing_site import CHARGED, UPLOAD, Purchase, held, purchases, purchases_in, write_csv
from clevertap_bulk.importing.source import plan_of
from clevertap_bulk.job import Job, Kind, Plan, State, Tally
from clevertap_bulk.journal import Journal
from clevertap_bulk.workspace import Workspace
from clevertap_sandbox import SHOP

TESTS = Path(__file__).parents[1]
ALL_PURCHASES: Plan = {"folder": "out", "event_names": ["Charged"], "from": "1997-01-01", "to": "1998-06-30"}
LEASE = 60
"""Seconds by which each life's clock is ahead of the one before: whoever was killed holds the job no more."""
SANDBOX = str(Path(sys.executable).with_name("clevertap-mcp"))
SHARES = {"429": 0.05, "503": 0.02, "reset_after": 0.02}
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429},
    "503": {"kind": "status", "status": 503},
    "reset_after": {"kind": "reset_after"},
}


@contextmanager
def sandbox() -> Iterator[str]:
    """A sandbox process, empty; its address."""
    start = [SANDBOX, "sandbox", "--port", "0", "--seed", "none"]
    with subprocess.Popen(start, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(line.strip().partition("=")[2] for line in process.stdout if "BASE_URL" in line)
        finally:
            process.terminate()


def plan_faults(url: str, path: str, chance: random.Random, requests: int) -> None:
    """Plan which of the coming requests to a path go wrong, each at random."""
    kinds = [*SHARES, None]
    weights = [*SHARES.values(), 1 - sum(SHARES.values())]
    drawn = chance.choices(kinds, weights, k=requests)
    hits = [(at, kind) for at, kind in enumerate(drawn) if kind]
    # A request that one fault hits is not counted by those after it.
    plan = [{**FAULTS[kind], "path": path, "skip": at - before} for before, (at, kind) in enumerate(hits)]
    assert httpx2.post(f"{url}/_sandbox/faults", json=plan).json() == {"planned": len(hits)}


@dataclass
class Course:
    """A job that is killed now and then until it is done."""

    folder: Path
    url: str
    job: Job
    chance: random.Random
    lives: int = 0
    killed: int = 0

    def live(self, lines: int | None = None, until: Callable[[], bool] | None = None) -> str:
        """One life: until the end, or until after so many lines and a moment more; its last line.

        With `until` the moment is the one at which that holds.
        """
        command = [sys.executable, "-m", "bulk.working_process", str(self.folder), self.url, self.job.id]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)])}
        with subprocess.Popen(
            [*command, str(self.lives * LEASE)], stdout=subprocess.PIPE, text=True, env=environment, cwd=TESTS
        ) as process:
            self.lives += 1
            assert process.stdout is not None
            told = deque(islice(process.stdout, lines), maxlen=1)
            if lines is not None:
                for _ in range(100_000 if until else self.chance.randrange(40_000)):
                    if until and until():
                        break  # else somewhere between this line and the next
                process.kill()
                self.killed += process.wait(timeout=60) == -9
        return told.pop() if told else ""

    def run(self, path: str, kills: int, lines: int) -> Course:
        """All lives: killed after some lines each time, while requests to a path go wrong."""
        plan_faults(self.url, path, self.chance, 3_000)
        for _ in range(kills):
            self.live(self.chance.randint(1, lines))
        while not self.live().startswith("done"):
            assert self.lives < 2 * kills + 5, "it never ends"
        assert self.killed == kills
        return self


def begun(tmp_path: Path, url: str, kind: Kind, seed: int, plan: Plan) -> Course:
    """A job that nobody has lived for yet."""
    journal = Journal(Workspace(tmp_path).own / "jobs.sqlite")
    job = journal.create(kind, plan)
    journal.close()
    return Course(tmp_path, url, job, random.Random(seed))


def coming_in(tmp_path: Path, url: str, file: Path, seed: int, **plan: Any) -> Course:
    """An import that nobody has lived for yet."""
    form = {"format": "csv", "packing": "none", "resend_unaccounted": False}
    return begun(tmp_path, url, Kind.IMPORT, seed, plan_of(file, file.name, **(form | CHARGED | plan)))


def course(tmp_path: Path, url: str, file: Path, seed: int, kills: int, lines: int, **plan: Any) -> Course:
    """Import a file, killed after some lines each time."""
    return coming_in(tmp_path, url, file, seed, **plan).run(UPLOAD, kills, lines)


def ended(tmp_path: Path, job: Job) -> Job:
    journal = Journal(tmp_path / ".clevertap" / "jobs.sqlite")
    found = journal.job(job.id)
    journal.close()
    assert found is not None
    assert found.state is State.DONE
    assert found.tally.balanced or found.kind is not Kind.IMPORT
    return found


def unaccounted(tmp_path: Path, job: Job) -> Counter[Purchase]:
    """The rows that are reported as unaccounted, one by one."""
    files = list(tmp_path.glob(f"*.unaccounted.{job.id}.csv"))
    return sum((purchases_in(file) for file in files), Counter())


def check_nothing_is_missing_from_the_account(tmp_path: Path, url: str, file: Path, job: Job) -> None:
    done, given, there = ended(tmp_path, job), purchases_in(file), held(url)
    reported = unaccounted(tmp_path, job)
    assert done.tally.rows == given.total()
    assert done.tally.unaccounted == reported.total() > 0
    assert there - given == Counter(), "something is there twice"
    assert given - there <= reported, "something is missing that was not reported"
    assert given - reported <= there
    assert there.total() >= done.tally.accepted == given.total() - reported.total()


def test_a_small_file_by_a_process_that_is_killed_three_times(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    write_csv(file, purchases(900))
    with sandbox() as url:
        made = course(tmp_path, url, file, seed=7, kills=3, lines=30, batch=10)
        check_nothing_is_missing_from_the_account(tmp_path, url, file, made.job)


def test_what_was_taken_when_the_process_was_killed_is_unaccounted_and_not_sent_again(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    write_csv(file, purchases(300, people=50))
    with sandbox() as url:
        made = coming_in(tmp_path, url, file, seed=1, batch=10)
        slow = {"kind": "slow", "seconds": 600, "path": UPLOAD, "skip": 6, "times": 3}
        httpx2.post(f"{url}/_sandbox/faults", json=[slow])
        made.live(lines=15, until=lambda: held(url).total() == 90)  # nine have left, six were answered
        assert made.killed == 1
        assert made.live().startswith("done")
        done, there = ended(tmp_path, made.job), held(url)
    assert there == purchases_in(file)
    assert done.tally == Tally(300, 270, 0, 30)
    assert unaccounted(tmp_path, made.job).total() == 30


def purchase_of(row: dict[str, Any]) -> Purchase:
    """What an exported row says of a purchase that was imported."""
    return row["identity"], f"{row['ts']:%Y-%m-%d}", int(row["props.quantity"]), row["props.amount"]


@pytest.mark.slow
def test_cdnow_goes_in_and_comes_out_by_processes_that_are_killed_fifty_times_each(tmp_path: Path) -> None:
    file = tmp_path / "cdnow.csv"
    file.write_bytes(gzip.decompress(SHOP.read_bytes()))
    with sandbox() as url:
        came_in = course(tmp_path, url, file, seed=11, kills=50, lines=26, batch=10)
        check_nothing_is_missing_from_the_account(tmp_path, url, file, came_in.job)
        came_out = begun(tmp_path, url, Kind.EXPORT_EVENTS, 12, ALL_PURCHASES).run(PATH, kills=50, lines=60)
        assert ended(tmp_path, came_out.job).tally.rows == held(url).total()
    given, reported = purchases_in(file), unaccounted(tmp_path, came_in.job)
    out = Counter(purchase_of(row) for path in tmp_path.glob("out/**/*.parquet") for row in rows_of(path))
    assert out - given == Counter(), "something came out twice"
    assert given - out <= reported, "something is missing that was not reported"


def test_who_prefers_twice_to_never_misses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    write_csv(file, purchases(300))
    with sandbox() as url:
        made = course(tmp_path, url, file, seed=3, kills=1, lines=40, batch=10, resend_unaccounted=True)
        done, given, there = ended(tmp_path, made.job), purchases_in(file), held(url)
    assert done.tally.unaccounted == 0
    assert done.tally.accepted == given.total()
    assert given <= there
