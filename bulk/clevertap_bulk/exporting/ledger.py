"""Which files exports have written: they may be replaced by the next one. Every other file is somebody's own.

A file is known again by its size and by when it was changed, so one that somebody has edited is theirs from then on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from os.path import lexists
from pathlib import Path

from clevertap_bulk.exporting.room import DiskError
from clevertap_bulk.workspace import Workspace
from clevertap_tools.errors import InvalidArgumentsError

FILE = "exports.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (path, size, changed)
) STRICT
"""
PATIENCE = 10.0
"""Seconds that one export waits for another to enter a file."""


class OccupiedError(InvalidArgumentsError):
    """A file that no export has written stands where one has to go."""

    next_step = "Name another folder, or move that file away. Nothing was replaced."


class Ledger:
    """The files that exports have written into one data folder.

    Args:
        workspace: The data folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.folder
        self._file = workspace.own / FILE

    def check_free(self, targets: Iterable[Path]) -> None:
        """Refuse to replace what no export has written.

        Raises:
            OccupiedError: Such a file stands in the place of one of these.
            DiskError: The ledger cannot be read.
        """
        there = [target for target in targets if lexists(target)]
        if not there:
            return
        with self._open() as entries:
            for target in there:
                if not entries.execute(
                    "SELECT 1 FROM files WHERE (path, size, changed) = (?, ?, ?)", self._entry(target, target)
                ).fetchone():
                    raise OccupiedError.of("folder", f"'folder' has a file that no export wrote: {self._name(target)}")

    def enter(self, target: Path, complete: Path) -> None:
        """Enter a file that is about to get its name.

        It stands there before it is moved: who is killed in between finds nothing in its place, or what was there.

        Args:
            target: Where it will be.
            complete: Where it is.

        Raises:
            DiskError: The ledger cannot be written.
        """
        with self._open() as entries:
            entries.execute(
                "INSERT OR IGNORE INTO files (path, size, changed) VALUES (?, ?, ?)", self._entry(target, complete)
            )

    def _entry(self, target: Path, file: Path) -> tuple[str, int, int]:
        found = file.lstat()
        return self._name(target), found.st_size, found.st_mtime_ns

    def _name(self, target: Path) -> str:
        return target.relative_to(self._folder).as_posix()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._file.touch(mode=0o600)
        try:
            with closing(sqlite3.connect(self._file, timeout=PATIENCE, isolation_level=None)) as entries:
                entries.execute(SCHEMA)
                yield entries
        except sqlite3.Error as error:
            raise DiskError(
                f"The list of what exports have written cannot be used: {error}.",
                next_step="See that there is room; if it is damaged, remove exports.sqlite and export to a new folder.",
            ) from error
