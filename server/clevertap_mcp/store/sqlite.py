"""A store in a file of this machine: it outlives restarts, and several processes may share it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.store import MOST_VALUES, kind

T = TypeVar("T")

LONGEST_WAIT = 2.0
"""Seconds to wait for another process that writes."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, value BLOB NOT NULL, until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_kind ON entry (kind, number);
CREATE INDEX IF NOT EXISTS entry_until ON entry (until);
CREATE TABLE IF NOT EXISTS place (
    key TEXT NOT NULL, holder TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (key, holder)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS figure (key TEXT PRIMARY KEY, amount INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
"""
TABLES = ("entry", "place", "figure")
PRIVATE, FOR_OTHERS = 0o600, 0o077
BESIDE = ("-wal", "-shm")
"""What follows the name of the file in those that belong to it."""


class ReplacedFileError(OSError):
    """Another file has the name now, or none: what others write is not seen here any more."""


class SQLiteStore:
    """See `Store`. One connection, used by one thread at a time.

    Args:
        file: Where it is; made on first use for this user alone, with its folder.
        clock: The time of day in epoch seconds, which all processes of a machine share.
        most: How many values a kind of key has at most.
    """

    shared = True
    gone = False

    def __init__(self, file: Path, clock: Callable[[], float] = time.time, most: int = MOST_VALUES) -> None:
        self._file = file
        self._clock = clock
        self._most = most
        self._opened: sqlite3.Connection | None = None
        self._which: tuple[int, int] | None = None
        self._turn = anyio.CapacityLimiter(1)

    async def get(self, key: str) -> bytes | None:
        """See `Store`."""
        return await self._done(partial(self._value, key))

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        await self._done(partial(self._set, key, value, seconds))

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        return await self._done(partial(self._set_if, key, None, value, seconds))

    async def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """See `Store`."""
        return await self._done(partial(self._set_if, key, old, new, seconds))

    async def drop(self, key: str) -> None:
        """See `Store`."""
        await self._done(partial(self._set, key, b"", 0))

    async def lease(self, key: str, holder: str, places: int, seconds: float) -> bool:
        """See `Store`."""
        return await self._done(partial(self._lease, key, holder, places, seconds))

    async def release(self, key: str, holder: str) -> None:
        """See `Store`."""
        await self._done(lambda db: db.execute("DELETE FROM place WHERE key = ? AND holder = ?", (key, holder)))

    async def spend(self, key: str, amount: int, most: int, seconds: float) -> int | None:
        """See `Store`."""
        return await self._done(partial(self._spend, key, amount, most, seconds))

    async def check(self) -> None:
        """See `Store`: whether it can be written, for nothing is known of a deed that cannot be."""
        await self._in_turn(lambda _: None)

    async def close(self) -> None:
        """See `Store`."""
        if self._opened is not None:
            await anyio.to_thread.run_sync(self._opened.close, limiter=self._turn)
            self._opened = None

    async def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What comes of some work in one transaction, without what has expired."""

        def among_what_lasts(db: sqlite3.Connection) -> T:
            for table in TABLES:
                db.execute(f"DELETE FROM {table} WHERE until <= ?", (self._clock(),))  # noqa: S608 - our own names
            return work(db)

        return await self._in_turn(among_what_lasts)

    async def _in_turn(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(self._transacted, work, limiter=self._turn)

    def _transacted(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with transaction(self._connection()) as db:
                return work(db)
        except (sqlite3.Error, OSError) as error:
            raise StoreGoneError from error

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connected(self._file)
            self._which = identity(self._file)
        if self._which != identity(self._file):
            raise ReplacedFileError
        return self._opened

    @staticmethod
    def _value(key: str, db: sqlite3.Connection) -> bytes | None:
        found = db.execute("SELECT CAST(value AS BLOB) FROM entry WHERE key = ?", (key,)).fetchone()
        return bytes(found[0]) if found else None

    def _set(self, key: str, value: bytes, seconds: float, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM entry WHERE key = ?", (key,))
        if seconds <= 0:
            return
        entry = (key, kind(key), value, self._clock() + seconds)
        db.execute("INSERT INTO entry (key, kind, value, until) VALUES (?, ?, ?, ?)", entry)
        oldest = "SELECT number FROM entry WHERE kind = ? ORDER BY number DESC LIMIT -1 OFFSET ?"
        db.execute(f"DELETE FROM entry WHERE number IN ({oldest})", (kind(key), self._most))  # noqa: S608 - our own words

    def _set_if(self, key: str, old: bytes | None, new: bytes, seconds: float, db: sqlite3.Connection) -> bool:
        if self._value(key, db) != old:
            return False
        self._set(key, new, seconds, db)
        return True

    def _lease(self, key: str, holder: str, places: int, seconds: float, db: sqlite3.Connection) -> bool:
        others = "SELECT count(*) FROM place WHERE key = ? AND holder != ?"
        taken = db.execute("SELECT 1 FROM place WHERE key = ? AND holder = ?", (key, holder)).fetchone()
        if not taken and db.execute(others, (key, holder)).fetchone()[0] >= places:
            return False
        db.execute("REPLACE INTO place VALUES (?, ?, ?)", (key, holder, self._clock() + seconds))
        return True

    def _spend(self, key: str, amount: int, most: int, seconds: float, db: sqlite3.Connection) -> int | None:
        found = "SELECT CAST(amount AS INTEGER), until FROM figure WHERE key = ?"
        figure, until = db.execute(found, (key,)).fetchone() or (0, self._clock() + seconds)
        if amount >= 0 and figure + amount > most:
            return None
        spent = max(figure + amount, 0)
        db.execute("REPLACE INTO figure VALUES (?, ?, ?)", (key, spent, until))
        return spent


def connected(file: Path) -> sqlite3.Connection:
    """A connection to a file that nobody else on this machine may read, also if they could until now.

    The answers of one who was killed are there for the next: a commit is on the disk when it returns.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE))
    for each in (file, *(file.with_name(file.name + beside) for beside in BESIDE)):
        with suppress(FileNotFoundError):
            if each.stat().st_mode & FOR_OTHERS:
                each.chmod(PRIVATE)
    db = sqlite3.connect(file, timeout=LONGEST_WAIT, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def identity(file: Path) -> tuple[int, int] | None:
    """Which file has a name; None while none has it."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of what is done within, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
