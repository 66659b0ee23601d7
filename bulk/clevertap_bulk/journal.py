"""The journal of all jobs: SQLite beside the data, written before and after each step that a crash may not undo.

It is the only thing that the parts of a job share, so whoever can reach it can take a part.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clevertap_bulk.job import Job, Kind, Part, Plan, Refused, State, Tally

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
TALLY = ("rows", "accepted", "refused", "unaccounted", "bytes")
SUMS = ", ".join(f"COALESCE(SUM({name}), 0)" for name in TALLY)
COLUMNS = ", ".join(TALLY)
BUSY = 30.0
"""Seconds that a writer waits for another one."""
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 8


class Journal:
    """All jobs of one data folder.

    Args:
        file: Where it is kept; made when there is none, readable by its owner only.
        clock: The time of day in epoch seconds.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        file.touch(mode=0o600)
        self._db = sqlite3.connect(file, timeout=BUSY, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what was sent must be known, whatever happens next
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def create(self, kind: Kind, plan: Plan) -> Job:
        """A new job, waiting."""
        name = "job_" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self._db.execute(
            "INSERT INTO jobs (id, kind, plan, state, created) VALUES (?, ?, ?, ?, ?)",
            (name, kind, json.dumps(plan), State.WAITING, self._clock()),
        )
        return self._known(name)

    def job(self, name: str) -> Job | None:
        """The job of that id, None if there is none."""
        row = self._db.execute(
            "SELECT id, kind, plan, state, note, created, ended, until FROM jobs WHERE id = ?", (name,)
        ).fetchone()
        return None if row is None else self._read(row)

    def jobs(self, most: int = 100) -> list[Job]:
        """The latest jobs, the newest first."""
        rows = self._db.execute(
            "SELECT id, kind, plan, state, note, created, ended, until FROM jobs ORDER BY created DESC, rowid DESC "
            "LIMIT ?",
            (most,),
        ).fetchall()
        return [self._read(row) for row in rows]

    def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take a job, or keep it, for some seconds; false if it is done or somebody else holds it."""
        with self._writing():
            now = self._clock()
            changed = self._db.execute(
                "UPDATE jobs SET holder = ?, until = ?, state = CASE WHEN state = 'cancelling' AND holder = ? "
                "THEN state ELSE 'running' END, note = CASE WHEN holder = ? THEN note ELSE '' END, ended = NULL "
                "WHERE id = ? AND state != 'done' AND "
                "(holder = ? OR state NOT IN ('running', 'cancelling') OR until < ?)",
                (holder, now + seconds, holder, holder, name, holder, now),
            ).rowcount
        return changed == 1

    def holds(self, name: str, holder: str) -> bool:
        """Whether a job is still somebody's: who slept longer than the lease may have lost it."""
        return self._db.execute("SELECT 1 FROM jobs WHERE id = ? AND holder = ?", (name, holder)).fetchone() is not None

    def end(self, name: str, holder: str, state: State, note: str = "") -> None:
        """Whoever holds a job lets it go in a state."""
        self._db.execute(
            "UPDATE jobs SET state = ?, note = ?, ended = ?, holder = '', until = 0 WHERE id = ? AND holder = ?",
            (state, note, self._clock(), name, holder),
        )

    def cancel(self, name: str) -> None:
        """Ask whoever holds a job to stop; one that nobody holds is cancelled at once."""
        with self._writing():
            now = self._clock()
            self._db.execute(
                "UPDATE jobs SET state = 'cancelling' WHERE id = ? AND state = 'running' AND until >= ?", (name, now)
            )
            self._db.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ?, holder = '', until = 0 WHERE id = ? AND "
                "(state = 'waiting' OR (state IN ('running', 'cancelling') AND until < ?))",
                (now, name, now),
            )

    def replan(self, name: str, plan: Plan) -> None:
        """Another plan for a job that nobody works at."""
        self._db.execute("UPDATE jobs SET plan = ? WHERE id = ?", (json.dumps(plan), name))

    def add_parts(self, name: str, plans: Iterable[Plan]) -> None:
        """More parts of a job, after those that it has; all or none."""
        with self._writing():
            first = self._db.execute("SELECT COUNT(*) FROM parts WHERE job = ?", (name,)).fetchone()[0]
            self._db.executemany(
                "INSERT INTO parts (job, number, plan, state) VALUES (?, ?, ?, 'waiting')",
                ((name, number, json.dumps(plan)) for number, plan in enumerate(plans, first)),
            )

    def parts(self, name: str) -> list[Part]:
        """The parts of a job, in order."""
        rows = self._db.execute(
            f"SELECT job, number, plan, state, {COLUMNS} FROM parts WHERE job = ? ORDER BY number",  # noqa: S608 - ours
            (name,),
        ).fetchall()
        return [
            Part(job, number, json.loads(plan), State(state), Tally(*tally))
            for job, number, plan, state, *tally in rows
        ]

    def write_part(self, part: Part, state: State, tally: Tally, found: Mapping[str, Any] | None = None) -> None:
        """How far a part is.

        Args:
            part: The part.
            state: Its state from now on.
            tally: Its account.
            found: What was found out on the way that the end of the job needs, such as columns; None leaves it.
        """
        self._db.execute(
            f"UPDATE parts SET state = ?, ({COLUMNS}) = (?, ?, ?, ?, ?), found = COALESCE(?, found) "  # noqa: S608 - ours
            "WHERE job = ? AND number = ?",
            (
                state,
                *(getattr(tally, name) for name in TALLY),
                None if found is None else json.dumps(found),
                part.job,
                part.number,
            ),
        )

    def found(self, name: str) -> list[dict[str, Any]]:
        """What was found out in each part of a job, in order."""
        rows = self._db.execute("SELECT found FROM parts WHERE job = ? ORDER BY number", (name,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def leaves(self, part: Part, key: str, rows: int) -> None:
        """A batch is about to leave; from now on its records count as unaccounted until it is answered."""
        self._db.execute(
            "INSERT INTO batches (job, part, key, rows, answered, unaccounted) VALUES (?, ?, ?, ?, 0, ?) "
            "ON CONFLICT DO UPDATE SET answered = 0, accepted = 0, refused = 0, unaccounted = excluded.rows",
            (part.job, part.number, key, rows, rows),
        )

    def answered(self, part: Part, key: str, tally: Tally, refused: Iterable[Refused] = ()) -> None:
        """What became of a batch, refused rows and all, in one step."""
        with self._writing():
            self._db.execute(
                "INSERT INTO batches (job, part, key, rows, answered, accepted, refused, unaccounted) "
                "VALUES (?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET answered = 1, accepted = excluded.accepted, "
                "refused = excluded.refused, unaccounted = excluded.unaccounted",
                (part.job, part.number, key, tally.rows, tally.accepted, tally.refused, tally.unaccounted),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO refusals (job, row, code, reason) VALUES (?, ?, ?, ?)",
                ((part.job, each.row, each.code, each.reason) for each in refused),
            )

    def never_left(self, part: Part, key: str) -> None:
        """A batch that was about to leave did not."""
        self._db.execute("DELETE FROM batches WHERE job = ? AND part = ? AND key = ?", (part.job, part.number, key))

    def batches(self, part: Part) -> dict[str, tuple[bool, Tally]]:
        """The batches of a part that have left, by their key: whether each was answered, and its account."""
        rows = self._db.execute(
            "SELECT key, answered, rows, accepted, refused, unaccounted FROM batches WHERE job = ? AND part = ?",
            (part.job, part.number),
        ).fetchall()
        return {key: (bool(answered), Tally(*tally)) for key, answered, *tally in rows}

    def refusals(self, name: str) -> Iterator[Refused]:
        """The refused rows of a job, in the order of the file."""
        for row in self._db.execute("SELECT row, code, reason FROM refusals WHERE job = ? ORDER BY row", (name,)):
            yield Refused(*row)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All that is written within, or none of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _known(self, name: str) -> Job:
        found = self.job(name)
        assert found is not None, "it was written just now"
        return found

    def _read(self, row: tuple[Any, ...]) -> Job:
        name, kind, plan, state, note, created, ended, until = row
        tally = self._db.execute(f"SELECT {SUMS} FROM parts WHERE job = ?", (name,)).fetchone()  # noqa: S608 - ours
        states = self._db.execute("SELECT state, COUNT(*) FROM parts WHERE job = ? GROUP BY state", (name,)).fetchall()
        parts = {State(state): count for state, count in states}
        return Job(name, Kind(kind), json.loads(plan), State(state), note, created, ended, until, parts, Tally(*tally))
