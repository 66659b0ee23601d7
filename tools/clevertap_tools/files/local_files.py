"""The files of this machine that a call may read: regular ones, inside the operator's folder if there is one.

Whatever lies outside of that folder is refused in the same words, whether it is there or not. A file is opened once
and kept open until it is done with: what was checked is what leaves, whoever moves files about meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import BufferedReader
from pathlib import Path

import anyio

from clevertap_tools.errors import InvalidArgumentsError

FIELD = "file"
LARGEST = 5 << 30
"""Bytes that CleverTap takes (reference: data 10.1, 10.3)."""
BITE = 1 << 22
# A pipe would keep us waiting for ever, and a link may have been laid since its target was looked at.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
BY_STEPS = os.open in os.supports_dir_fd
"""Whether a file can be opened from its folder's descriptor, which nobody can exchange; on Windows it cannot."""


@dataclass(frozen=True, slots=True)
class Files:
    """What may be read.

    Args:
        folder: The only folder whose files may be read, and the one that relative names start from; None for any.
        approved: The SHA-256 of files that somebody has said yes to; with any other content they are refused.
    """

    folder: Path | None = None
    approved: Mapping[str, str] = field(default_factory=dict)

    def opened(self, name: str) -> BufferedReader:
        """A file, open for reading.

        Raises:
            InvalidArgumentsError: It lies outside of the folder, is not there, is no regular file, has other names
                (which may lie outside), or is larger than CleverTap takes.
        """
        root, path = self._place(name)
        try:
            with lying(root, path) as (at, last), ExitStack() as unless_good:
                descriptor = os.open(last, FLAGS, dir_fd=at)
                unless_good.callback(os.close, descriptor)
                check(os.fstat(descriptor))
                if root is not None:
                    # Asked by name: the count of names goes back as soon as one is taken away.
                    check_only_name(os.stat(last, dir_fd=at, follow_symlinks=False), os.fstat(descriptor))
                    self._check_unmoved(name, path)
                unless_good.pop_all()
        except OSError as error:
            raise unreadable(f"cannot be read: {error.strerror}") from None
        return os.fdopen(descriptor, "rb")

    def _place(self, name: str) -> tuple[Path | None, Path]:
        """The real paths of the folder and of a file in it, with all links followed."""
        try:
            root = self.folder.resolve() if self.folder else None
            path = Path(root or "", Path(name).expanduser()).resolve()
            inside = root is None or path.is_relative_to(root)
        except (OSError, RuntimeError, ValueError):  # links in a circle, a home that nobody has, a name that is none
            root, path, inside = None, Path(), False
        if inside:
            return root, path
        raise unreadable(
            "names no file inside the operator's folder (CLEVERTAP_DATA_DIR)" if self.folder else "is no path"
        )

    def _check_unmoved(self, name: str, path: Path) -> None:
        """Where a file cannot be opened by steps, look at least whether it still lies where it lay."""
        if not BY_STEPS and self._place(name)[1] != path:
            raise changed()

    async def digests(self, names: Iterable[str]) -> dict[str, str]:
        """The SHA-256 of some files, by name; read bite by bite, so that whoever gives up need not wait.

        Raises:
            InvalidArgumentsError: One of them cannot be read.
        """
        return {name: await self._digest(name) for name in names}

    async def _digest(self, name: str) -> str:
        found = sha256()
        with self.opened(name) as file:
            while bite := await anyio.to_thread.run_sync(file.read, BITE):
                await anyio.to_thread.run_sync(found.update, bite)
        return found.hexdigest()

    def approving(self, digests: Mapping[str, str]) -> Files:
        """The same, with these files only as they are now."""
        return replace(self, approved=digests)

    def check_approved(self, name: str, digest: str) -> None:
        """Refuse a file with another content than somebody has said yes to.

        Raises:
            InvalidArgumentsError: It has.
        """
        if self.approved.get(name, digest) != digest:
            raise changed()


@contextmanager
def lying(root: Path | None, path: Path) -> Iterator[tuple[int | None, str]]:
    """The descriptor of the folder that a file lies in, and the file's name there.

    The way there leads from the root step by step and over no link, so it ends inside even if somebody exchanges a
    folder on it for a link. Without a root, or where that cannot be done: no descriptor, and the whole path.
    """
    if root is None or not BY_STEPS:
        yield None, str(path)
        return
    *folders, last = path.relative_to(root).parts or (".",)
    with ExitStack() as open_folders:
        at = None
        for folder in (str(root), *folders):
            at = os.open(folder, FOLDER, dir_fd=at)
            open_folders.callback(os.close, at)
        yield at, last


def check(found: os.stat_result) -> None:
    """Refuse what cannot be uploaded at all.

    Raises:
        InvalidArgumentsError: It is no regular file, or too large.
    """
    if not stat.S_ISREG(found.st_mode):
        raise unreadable("is no regular file")
    if found.st_size > LARGEST:
        raise InvalidArgumentsError.of(FIELD, f"{FIELD!r} has {found.st_size:,} bytes; CleverTap takes {LARGEST:,}")


def check_only_name(named: os.stat_result, found: os.stat_result) -> None:
    """Refuse a file that may lie outside of its folder too.

    Args:
        named: What lies under its name now.
        found: What was opened.

    Raises:
        InvalidArgumentsError: It has another name, or its name means another file by now.
    """
    if BY_STEPS and not os.path.samestat(named, found):
        raise changed()
    if named.st_nlink > 1:
        raise unreadable("has several names (hard links)")


def unreadable(why: str) -> InvalidArgumentsError:
    """A file that is not read, and why."""
    return InvalidArgumentsError.of(FIELD, f"{FIELD!r} {why}; give the path of a CSV file that this server can read")


def changed() -> InvalidArgumentsError:
    """A file that is no longer what it was."""
    return InvalidArgumentsError.of(
        FIELD, f"{FIELD!r} has changed since it was checked; call again when it is finished"
    )
