"""The files of this machine that a call may read: regular ones, inside the operator's folder if there is one.

Whatever lies outside of that folder is refused in the same words, whether it is there or not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path

from clevertap_tools.errors import InvalidArgumentsError

FIELD = "file"
NO_PATH = "is no path of a file"
# A pipe would keep us waiting for ever, and a link may have been laid since its target was looked at.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


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
            InvalidArgumentsError: It lies outside of the folder, is not there, or is no regular file.
        """
        path = self._path(name)
        try:
            descriptor = os.open(path, FLAGS)
        except OSError as error:
            raise unreadable(f"cannot be read: {error.strerror}") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode) or self._path(name) != path:
                raise unreadable("is no regular file")
        except InvalidArgumentsError:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")

    def _path(self, name: str) -> Path:
        """The real path of a file, with all links followed."""
        try:
            path = Path(self.folder or "", Path(name).expanduser()).resolve()
            inside = self.folder is None or path.is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError, ValueError):  # links in a circle, a home that nobody has, a name that is none
            path, inside = Path(), False
        if inside:
            return path
        raise unreadable(
            "names no file inside the operator's folder (CLEVERTAP_DATA_DIR)" if self.folder else "is no path"
        )

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        """The SHA-256 of some files, by name.

        Raises:
            InvalidArgumentsError: One of them cannot be read.
        """
        found = {}
        for name in names:
            with self.opened(name) as file:
                found[name] = file_digest(file, "sha256").hexdigest()
        return found

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


def unreadable(why: str) -> InvalidArgumentsError:
    """A file that is not read, and why."""
    return InvalidArgumentsError.of(FIELD, f"{FIELD!r} {why}; give the path of a CSV file that this server can read")


def changed() -> InvalidArgumentsError:
    """A file that is no longer what it was."""
    return InvalidArgumentsError.of(
        FIELD, f"{FIELD!r} has changed since it was checked; call again when it is finished"
    )
