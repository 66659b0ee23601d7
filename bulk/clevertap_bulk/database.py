"""The file that the journal is kept in: SQLite, whose troubles are told as our own errors.

Nobody waits here for long, for whoever waits keeps everybody else waiting who works in the same process. Who can wait
does so by the event loop: see `patiently`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from clevertap_bulk.workspace import NO_ROOM, NoRoomError
from clevertap_tools.errors import CleverTapError, ConfigurationError, UnavailableError

T = TypeVar("T")

BUSY = 0.2
"""Seconds that a step waits for another process, and everybody in this one with it."""
PAUSE = 0.5
"""Seconds between two attempts at a step."""
ATTEMPTS = 40
"""After these, some 30 seconds, somebody has to look."""
PRIMARY = 0xFF
"""The bits of SQLite's codes that tell kinds apart."""
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

Sleep = Callable[[float], Awaitable[None]]


class BusyError(UnavailableError):
    """Another process holds the journal."""

    code = "journal_busy"
    quotes = False
    taken = False
    lasting = True  # it was waited for already, and what waits for CleverTap must not send again because of it
    next_step = "Try again; if it lasts, end the program that has .clevertap/jobs.sqlite open."


class JournalError(ConfigurationError):
    """The journal cannot be read or written."""

    code = "journal"


class Database:
    """One file.

    Args:
        file: Where it is; made when there is none, readable by its owner only.
        schema: What makes its tables.

    Raises:
        OSError: It cannot be made.
        CleverTapError: It cannot be used: see `told`.
    """

    def __init__(self, file: Path, schema: str) -> None:
        file.touch(mode=0o600)
        with told():
            self._db = sqlite3.connect(file, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(schema)
        except BaseException:
            self.close()
            raise

    def _prepare(self, schema: str) -> None:
        with told():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # what was sent must be known, whatever happens next
            self._db.executescript(schema)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """What a question finds, one row after the other."""
        with told():
            for row in self._db.execute(sql, values):  # noqa: UP028 - which would close what is closed already
                yield row

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row that a question finds."""
        with told():
            found: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        return found

    def write(self, sql: str, *values: Any) -> int:
        """Change rows; how many were."""
        with told():
            return self._db.execute(sql, values).rowcount

    def write_each(self, sql: str, many: Iterable[tuple[Any, ...]]) -> None:
        """Change rows for each of some values."""
        with told():
            self._db.executemany(sql, many)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is written within, or none of it."""
        self.write("BEGIN IMMEDIATE")
        try:
            yield
            self.write("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already
                self.write("ROLLBACK")
            raise


@contextmanager
def told() -> Iterator[None]:
    """Tell the troubles of SQLite.

    Raises:
        NoRoomError: The disk is full.
        BusyError: Another process holds the file.
        JournalError: It is damaged, or cannot be read or written.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # a mistake of ours, such as a closed file
            raise
        raise trouble(code & PRIMARY, error.sqlite_errorname) from error


def trouble(code: int, name: str) -> CleverTapError:
    """The error that one of SQLite's codes stands for."""
    if code == sqlite3.SQLITE_FULL:
        return NoRoomError(
            f"{NO_ROOM}: its disk is full.", next_step="Make room there, then resume the job; nothing is lost."
        )
    if code in LOCKED:
        return BusyError("The journal of the data folder is held by another process.")
    if code in DAMAGED:
        return JournalError(
            "The journal of the data folder, .clevertap/jobs.sqlite, is damaged.",
            next_step="Put a copy of it back, or move it and the files beside it that begin with its name away: data "
            "files stay, but jobs begun before are no longer known and cannot be resumed.",
        )
    return JournalError(
        f"The journal of the data folder, .clevertap/jobs.sqlite, cannot be used ({name}).",
        next_step="See that its disk works and that it may be written, then resume the job.",
    )


async def patiently(step: Callable[[], T], sleep: Sleep) -> T:
    """Do a step that another process may be in the way of.

    Args:
        step: What is to be done, at once or not at all.
        sleep: Waits for some seconds.

    Raises:
        BusyError: The other one did not go out of the way for half a minute.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return step()
        except BusyError:
            await sleep(PAUSE)
    return step()
