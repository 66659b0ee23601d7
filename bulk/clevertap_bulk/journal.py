"""The journal of all jobs: SQLite beside the data, written before and after each step that a crash may not undo.

It is the only thing that the parts of a job share, so whoever can reach it can take a part. What it says of parts and
batches is read and written in `entries`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from clevertap_bulk.database import Database, Sleep
from clevertap_bulk.entries import TALLY, Entries, Held
from clevertap_bulk.job import Job, Kind, Plan, State, Tally

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL, ended REAL, holder TEXT NOT NULL DEFAULT '', until REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
    job TEXT NOT NULL, number INTEGER NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL,
    rows INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
    unaccounted INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, found TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (job, number)
) STRICT;
CREATE TABLE IF NOT EXISTS batches (
    job TEXT NOT NULL, part INTEGER NOT NULL, key TEXT NOT NULL, rows INTEGER NOT NULL, answered INTEGER NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, unaccounted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, part, key)
) STRICT;
CREATE TABLE IF NOT EXISTS refusals (
    job TEXT NOT NULL, row INTEGER NOT NULL, code INTEGER, reason TEXT NOT NULL, PRIMARY KEY (job, row)
) STRICT;
"""
SUMS = ", ".join(f"COALESCE(SUM({name}), 0)" for name in TALLY)
JOB = "SELECT id, kind, plan, state, note, created, ended, until FROM jobs"
GIVEN_UP = "It failed and was given up; what was half-done of it is removed."
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 8


class Journal(Entries):
    """All jobs of one data folder.

    Args:
        file: Where it is kept; made when there is none, readable by its owner only.
        clock: The time of day in epoch seconds.

    Raises:
        OSError: It cannot be made.
        CleverTapError: It cannot be used; this and every step tell of it as `database.told` does.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(Database(file, SCHEMA))
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def create(self, kind: Kind, plan: Plan) -> Job:
        """A new job, waiting."""
        name = "job_" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self._db.write(
            "INSERT INTO jobs (id, kind, plan, state, created) VALUES (?, ?, ?, ?, ?)",
            *(name, kind, json.dumps(plan), State.WAITING, self._clock()),
        )
        return self._known(name)

    def job(self, name: str) -> Job | None:
        """The job of that id, None if there is none."""
        row = self._db.row(f"{JOB} WHERE id = ?", name)
        return None if row is None else self._read(row)

    def jobs(self, most: int = 100) -> list[Job]:
        """The latest jobs, the newest first."""
        rows = list(self._db.rows(f"{JOB} ORDER BY created DESC, rowid DESC LIMIT ?", most))
        return [self._read(row) for row in rows]

    def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take a job for some seconds; false if it is done or somebody holds it. `Held.keep` keeps it for longer."""
        now = self._clock()
        changed = self._db.write(
            "UPDATE jobs SET holder = ?, until = ?, state = 'running', note = '', ended = NULL "
            "WHERE id = ? AND state != 'done' AND (state NOT IN ('running', 'cancelling') OR until < ?)",
            *(holder, now + seconds, name, now),
        )
        return changed == 1

    def holds(self, name: str, holder: str) -> bool:
        """Whether a job is still somebody's: who slept longer than the lease may have lost it."""
        return self._db.row("SELECT 1 FROM jobs WHERE id = ? AND holder = ?", name, holder) is not None

    def cancel(self, name: str) -> None:
        """Ask whoever holds a job to stop; one that nobody holds is cancelled at once."""
        now = self._clock()
        with self._db.writing():
            self._db.write(
                "UPDATE jobs SET state = 'cancelling' WHERE id = ? AND state = 'running' AND until >= ?", name, now
            )
            self._db.write(
                "UPDATE jobs SET state = 'cancelled', ended = ?, holder = '', until = 0 WHERE id = ? AND "
                "(state = 'waiting' OR (state IN ('running', 'cancelling') AND until < ?))",
                *(now, name, now),
            )

    def give_up(self, name: str, remove: Callable[[], object]) -> bool:
        """Cancel a job that failed; false if it did not.

        Args:
            name: The job.
            remove: Takes away what is half-done of it, while nobody can take the job.
        """
        with self._db.writing():
            changed = self._db.write(
                "UPDATE jobs SET state = 'cancelled', note = ? WHERE id = ? AND state = 'failed'", GIVEN_UP, name
            )
            if changed:
                remove()
        return changed == 1

    def replan(self, name: str, plan: Plan) -> None:
        """Another plan for a job that nobody works at."""
        self._db.write("UPDATE jobs SET plan = ? WHERE id = ?", json.dumps(plan), name)

    def reopen(self, name: str) -> int:
        """Let whatever of a job has no answer be sent again by whoever takes it next, if it is done too.

        Returns:
            How many batches that are; 0 also where somebody holds the job.
        """
        with self._db.writing():
            if self._db.row("SELECT 1 FROM jobs WHERE id = ? AND holder != '' AND until >= ?", name, self._clock()):
                return 0
            self._db.write(
                "UPDATE parts SET state = 'waiting' WHERE job = ? AND number IN "
                "(SELECT part FROM batches WHERE job = ? AND unaccounted > 0)",
                *(name, name),
            )
            batches = self._db.write(
                "UPDATE batches SET answered = 0, accepted = 0, refused = 0, unaccounted = rows "
                "WHERE job = ? AND unaccounted > 0",
                name,
            )
            if batches:
                self._db.write("UPDATE jobs SET state = 'cancelled' WHERE id = ? AND state = 'done'", name)
        return batches

    def held(self, name: str, holder: str, sleep: Sleep = anyio.sleep) -> Held:
        """The entries of a job for whoever has taken it.

        Args:
            name: The job.
            holder: Who has taken it.
            sleep: Waits for some seconds.
        """
        return Held(self._db, self._clock, name, holder, sleep)

    def _known(self, name: str) -> Job:
        found = self.job(name)
        assert found is not None, "it was written just now"
        return found

    def _read(self, row: tuple[Any, ...]) -> Job:
        name, kind, plan, state, note, created, ended, until = row
        tally = self._db.row(f"SELECT {SUMS} FROM parts WHERE job = ?", name)  # noqa: S608 - ours
        assert tally is not None, "sums are one row, of nothing too"
        states = self._db.rows("SELECT state, COUNT(*) FROM parts WHERE job = ? GROUP BY state", name)
        parts = {State(state): count for state, count in states}
        return Job(name, Kind(kind), json.loads(plan), State(state), note, created, ended, until, parts, Tally(*tally))
