"""What the journal says of one job's parts: anybody may read it, only whoever holds the job may write it.

That a job is still theirs is looked at in the same transaction as what they write, so that who slept while another
took the job over sends and spoils nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import anyio

from clevertap_bulk.database import Database, Sleep, patiently
from clevertap_bulk.job import LostError, Part, Plan, Refused, State, Tally

TALLY = ("rows", "accepted", "refused", "unaccounted", "bytes")
COLUMNS = ", ".join(TALLY)


class Entries:
    """The entries of all jobs, to be read.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def parts(self, name: str) -> list[Part]:
        """The parts of a job, in order."""
        rows = self._db.rows(
            f"SELECT job, number, plan, state, {COLUMNS} FROM parts WHERE job = ? ORDER BY number",  # noqa: S608 - ours
            name,
        )
        return [
            Part(job, number, json.loads(plan), State(state), Tally(*tally))
            for job, number, plan, state, *tally in rows
        ]

    def found(self, name: str) -> list[dict[str, Any]]:
        """What was found out in each part of a job, in order."""
        return [
            json.loads(row[0]) for row in self._db.rows("SELECT found FROM parts WHERE job = ? ORDER BY number", name)
        ]

    def batches(self, part: Part) -> dict[str, tuple[bool, Tally]]:
        """The batches of a part that have left, by their key: whether each was answered, and its account."""
        rows = self._db.rows(
            "SELECT key, answered, rows, accepted, refused, unaccounted FROM batches WHERE job = ? AND part = ?",
            part.job,
            part.number,
        )
        return {key: (bool(answered), Tally(*tally)) for key, answered, *tally in rows}

    def refusals(self, name: str) -> Iterator[Refused]:
        """The refused rows of a job, in the order of the file."""
        for row in self._db.rows("SELECT row, code, reason FROM refusals WHERE job = ? ORDER BY row", name):
            yield Refused(*row)


class Held(Entries):
    """The entries of a job for whoever has taken it.

    All that writes waits for others who write, and raises `LostError` where the job is somebody else's by now, or
    `CleverTapError` where the journal cannot be written: see `database.told`.

    Args:
        database: Where they are.
        clock: The time of day in epoch seconds.
        name: The job.
        holder: Who has taken it.
        sleep: Waits for some seconds.
    """

    def __init__(
        self, database: Database, clock: Callable[[], float], name: str, holder: str, sleep: Sleep = anyio.sleep
    ) -> None:
        super().__init__(database)
        self._clock, self._name, self._holder, self._sleep = clock, name, holder, sleep

    def goes_on(self) -> bool:
        """Whether the job is still theirs, and nobody has asked for its end."""
        asked = "SELECT 1 FROM jobs WHERE id = ? AND holder = ? AND state = 'running'"
        return self._db.row(asked, self._name, self._holder) is not None

    async def keep(self, seconds: float) -> None:
        """Hold the job for some seconds more; what was lost is not taken back."""
        await self._written(
            lambda: self._db.write("UPDATE jobs SET until = ? WHERE id = ?", self._clock() + seconds, self._name)
        )

    async def end(self, state: State, note: str = "") -> None:
        """Let the job go in a state."""
        await self._written(
            lambda: self._db.write(
                "UPDATE jobs SET state = ?, note = ?, ended = ?, holder = '', until = 0 WHERE id = ?",
                state,
                note,
                self._clock(),
                self._name,
            )
        )

    async def add_parts(self, name: str, plans: Iterable[Plan]) -> None:
        """More parts of the job, after those that it has; all or none."""
        texts = [json.dumps(plan) for plan in plans]

        def add() -> None:
            first = len(self.parts(name))
            self._db.write_each(
                "INSERT INTO parts (job, number, plan, state) VALUES (?, ?, ?, 'waiting')",
                ((name, number, text) for number, text in enumerate(texts, first)),
            )

        await self._written(add)

    async def write_part(self, part: Part, state: State, tally: Tally, found: Mapping[str, Any] | None = None) -> None:
        """How far a part is.

        Args:
            part: The part.
            state: Its state from now on.
            tally: Its account.
            found: What was found out on the way that the end of the job needs, such as columns; None leaves it.
        """
        await self._written(lambda: self._write_part(part, state, tally, found))

    def tell(self, part: Part, tally: Tally) -> None:
        """How far a part is, which is told again soon: who is in the way is not waited for.

        Raises:
            BusyError: Somebody is.
        """
        with self._mine():
            self._write_part(part, State.RUNNING, tally)

    async def leaves(self, part: Part, key: str, rows: int) -> None:
        """A batch is about to leave; from now on its records count as unaccounted until it is answered."""
        await self._written(
            lambda: self._db.write(
                "INSERT INTO batches (job, part, key, rows, answered, unaccounted) VALUES (?, ?, ?, ?, 0, ?) "
                "ON CONFLICT DO UPDATE SET answered = 0, accepted = 0, refused = 0, unaccounted = excluded.rows",
                part.job,
                part.number,
                key,
                rows,
                rows,
            )
        )

    async def answered(self, part: Part, key: str, tally: Tally, refused: Iterable[Refused] = ()) -> None:
        """What became of a batch, refused rows and all, in one step."""
        each_refused = [(part.job, each.row, each.code, each.reason) for each in refused]

        def enter() -> None:
            self._db.write(
                "INSERT INTO batches (job, part, key, rows, answered, accepted, refused, unaccounted) "
                "VALUES (?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET answered = 1, accepted = excluded.accepted, "
                "refused = excluded.refused, unaccounted = excluded.unaccounted",
                *(part.job, part.number, key, tally.rows, tally.accepted, tally.refused, tally.unaccounted),
            )
            self._db.write_each(
                "INSERT OR REPLACE INTO refusals (job, row, code, reason) VALUES (?, ?, ?, ?)", each_refused
            )

        await self._written(enter)

    async def never_left(self, part: Part, key: str) -> None:
        """A batch that was about to leave did not."""
        gone = "DELETE FROM batches WHERE job = ? AND part = ? AND key = ?"
        await self._written(lambda: self._db.write(gone, part.job, part.number, key))

    def _write_part(self, part: Part, state: State, tally: Tally, found: Mapping[str, Any] | None = None) -> None:
        self._db.write(
            f"UPDATE parts SET state = ?, ({COLUMNS}) = (?, ?, ?, ?, ?), found = COALESCE(?, found) "  # noqa: S608 - ours
            "WHERE job = ? AND number = ?",
            state,
            *(getattr(tally, name) for name in TALLY),
            None if found is None else json.dumps(found),
            part.job,
            part.number,
        )

    async def _written(self, write: Callable[[], object]) -> None:
        def at_once() -> None:
            with self._mine():
                write()

        await patiently(at_once, self._sleep)

    @contextmanager
    def _mine(self) -> Iterator[None]:
        """All that is written within or none of it, as long as the job is theirs."""
        with self._db.writing():
            if self._db.row("SELECT 1 FROM jobs WHERE id = ? AND holder = ?", self._name, self._holder) is None:
                raise LostError
            yield
