"""The folder that data lies in: nothing is read or written outside of it, nor more than there is room for.

Files are written under a temporary name and get their own once they are complete, and only their owner may read them.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clevertap_tools.errors import InvalidArgumentsError, NotAllowedError

QUOTA = 50 << 30
"""Bytes that all files together may have unless the operator says otherwise."""
SPARE = 1 << 30
"""Bytes of the disk that are left to others."""
OWN = ".clevertap"
"""The folder inside the folder for what is ours: the journal, and what is half-done."""
PARTIAL = ".part"
NO_ROOM = "The data folder has no room for that"


class NoRoomError(NotAllowedError):
    """Writing on would pass the quota or fill the disk."""

    code = "no_room"


class Workspace:
    """One data folder.

    Args:
        folder: Where it is; made when there is none.
        quota: Bytes that all its files together may have.
    """

    def __init__(self, folder: Path, quota: int = QUOTA) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.quota = quota
        self.own.mkdir(mode=0o700, exist_ok=True)

    @property
    def own(self) -> Path:
        """The folder for what is ours."""
        return self.folder / OWN

    def inside(self, name: str, field: str) -> Path:
        """The path that a name stands for, all links followed.

        Raises:
            InvalidArgumentsError: It leads out of the folder, or to what is ours.
        """
        try:
            path = Path(self.folder, name).resolve()
        except (OSError, RuntimeError, ValueError):  # links in a circle, a name that is none
            path = Path("/")
        if not path.is_relative_to(self.folder) or path.is_relative_to(self.own):
            raise InvalidArgumentsError.of(
                field, f"{field!r} names nothing inside the data folder (CLEVERTAP_DATA_DIR)"
            )
        return path

    def folder_for(self, name: str, field: str) -> Path:
        """The folder of that name, made when there is none.

        Raises:
            InvalidArgumentsError: It leads out of the data folder, or is a file.
        """
        path = self.inside(name, field)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidArgumentsError.of(field, f"{field!r} cannot be made: {error.strerror}") from None
        return path

    def used(self) -> int:
        """Bytes that all its files together have."""
        return sum(map(size_of, self.folder.rglob("*")))

    def left(self) -> int:
        """Bytes that may still be written."""
        free = shutil.disk_usage(self.folder).free - SPARE
        return max(0, min(free, self.quota - self.used()))

    def check_room(self, more: int) -> None:
        """Refuse to write more bytes than there is room for.

        Raises:
            NoRoomError: The quota or the disk would be full.
        """
        left = self.left()
        if more > left:
            raise NoRoomError(
                f"{NO_ROOM}: {more:,} bytes are wanted, {left:,} are left.",
                next_step="Remove files there, or have the operator raise CLEVERTAP_DATA_QUOTA.",
            )

    @contextmanager
    def written(self, path: Path) -> Iterator[Path]:
        """A temporary path beside a path; what lies there at the end takes the path's place, whole or not at all."""
        temporary = path.with_name(f".{path.name}{PARTIAL}")
        temporary.unlink(missing_ok=True)
        try:
            yield temporary
            temporary.chmod(0o600)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def owned(path: Path) -> IO[bytes]:
    """A new file that only its owner may read, open for writing."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def size_of(path: Path) -> int:
    """Bytes of a file; nothing for what is none, or is gone by now."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
