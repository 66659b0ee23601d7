"""Files that grow within the room there is: measured now and then, because measuring looks at every file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from clevertap_bulk.workspace import NoRoomError, Workspace, owned
from clevertap_tools.errors import NotAllowedError

STEP = 8 << 20
"""Bytes that are asked for at once; so many may files that grow together pass the quota by, each."""


class DiskError(NotAllowedError):
    """The disk does not let us read or write."""

    code = "disk"


class Room:
    """A running figure of how much may still be written.

    Args:
        workspace: The data folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._left = 0

    def take(self, more: int) -> None:
        """Use so many bytes.

        Raises:
            NoRoomError: There are not so many.
        """
        if more > self._left:
            self._left = self._granted(more)
        self._left -= more

    def _granted(self, more: int) -> int:
        try:
            self._workspace.check_room(more + STEP)
        except NoRoomError:
            self._workspace.check_room(more)
            return more
        return more + STEP


class Sink:
    """A new file that only its owner may read and that knows its size, for whoever writes to files.

    Args:
        path: Where it is.
        room: What it takes its bytes from.
    """

    def __init__(self, path: Path, room: Room) -> None:
        self._file = owned(path)
        self._room = room
        self.size = 0
        """Bytes written so far."""

    def write(self, data: bytes) -> int:
        """Write on.

        Raises:
            NoRoomError: There is no room for it.
        """
        size = memoryview(data).nbytes
        self._room.take(size)
        self._file.write(data)
        self.size += size
        return size

    def tell(self) -> int:
        """Where the next byte goes."""
        return self.size

    def flush(self) -> None:
        """Hand everything to the disk."""
        self._file.flush()

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed

    def close(self) -> None:
        """Nothing more will be written."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def on_disk() -> Iterator[None]:
    """What the disk refuses is told as what can be done about it.

    Raises:
        DiskError: It did refuse.
    """
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"The data folder cannot be worked with: {error.strerror or type(error).__name__}.",
            next_step="See that there is room and that the server may read and write there; then resume the job.",
        ) from error
