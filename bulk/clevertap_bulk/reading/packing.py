"""Unpacking while reading, within bounds: a small file that unpacks without end is a trap (a "zip bomb")."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, cast

from clevertap_bulk.reading.opening import opened_file
from clevertap_bulk.reading.row import unreadable

if TYPE_CHECKING:
    from zstandard import ZstdDecompressor

Packing = Literal["none", "gzip", "zstd"]
BUFFER = 1 << 18
FREE = 16 << 20
"""Unpacked bytes up to which nobody minds the ratio."""
MOST_RATIO = 250
"""Unpacked bytes for each byte of the file: text of tables reaches 50."""
BITE = 512
"""Bytes that are unpacked at once: no more than 16 MiB can come out of them, for a block of 128 KiB takes 4."""
LARGEST_WINDOW = 32 << 20
"""Bytes that zstd may want to look back at, which is memory."""
BOMB = f"unpacks to more than {MOST_RATIO} times its size, which no table does"
BROKEN = "cannot be unpacked to its end: it is cut off or damaged"
WIDE = (
    f"is cut off, damaged, or packed with a window over {LARGEST_WINDOW >> 20} MiB: pack it without --long and --ultra"
)


class Source(Protocol):
    """What unpacks."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""


class Unpacked(io.RawIOBase):
    """What a packed file holds, for as long as it stays within the ratio.

    Args:
        source: What unpacks it.
        size: The bytes of the file as it is.
        failures: What the unpacker raises, and what to say then.
    """

    def __init__(self, source: Source, size: int, failures: tuple[type[Exception], ...], why: str) -> None:
        self._source = source
        self._most = max(FREE, size * MOST_RATIO)
        self._failures = failures
        self._why = why

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer has no len
        """See `io.RawIOBase`.

        Raises:
            InvalidArgumentsError: It is damaged, or a trap.
        """
        try:
            some = self._source.read(len(buffer))
        except self._failures:
            raise unreadable(self._why) from None
        self._most -= len(some)
        if self._most < 0:
            raise unreadable(BOMB)
        buffer[: len(some)] = some
        return len(some)


@contextmanager
def unpacked(path: Path, packing: Packing) -> Iterator[io.BufferedReader]:
    """A file, open to read what it holds.

    Raises:
        OSError: It cannot be opened.
        InvalidArgumentsError: It is no file. While it is read: it is damaged, or unpacks to more than any table does.
    """
    with io.BufferedReader(opened_file(path), BUFFER) as file:
        if packing == "none":
            yield cast("io.BufferedReader", file)
            return
        with io.BufferedReader(OPENERS[packing](file, os.fstat(file.fileno()).st_size), BUFFER) as whole:
            yield cast("io.BufferedReader", whole)


def from_gzip(file: BinaryIO, size: int) -> Unpacked:
    """What a gzip file holds, however many members it has."""
    return Unpacked(gzip.GzipFile(fileobj=file), size, (OSError, EOFError, zlib.error), BROKEN)


def from_zstd(file: BinaryIO, size: int) -> Unpacked:
    """What a zstd file holds, however many frames it has."""
    import zstandard  # noqa: PLC0415 - only who needs it waits for it

    unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    return Unpacked(Frames(file, unpacker), size, (zstandard.ZstdError, EOFError), WIDE)


class Frames:
    """What the frames of a zstd file hold; unlike the library's own reader it notices when the last one is cut off.

    Args:
        file: The file.
        unpacker: What unpacks.
    """

    def __init__(self, file: BinaryIO, unpacker: ZstdDecompressor) -> None:
        self._file = file
        self._unpacker = unpacker
        self._frame = unpacker.decompressobj()
        self._begun = False
        self._some = memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end.

        Raises:
            EOFError: The end comes before that of a frame.
            ZstdError: It is damaged.
        """
        while not self._some and (packed := self._file.read(BITE)):
            self._some = memoryview(b"".join(self._unpacked(packed)))
        if not self._some and self._begun:
            raise EOFError
        taken, self._some = self._some[:size], self._some[size:]
        return bytes(taken)

    def _unpacked(self, packed: bytes) -> Iterator[bytes]:
        while packed:
            self._begun = True
            yield self._frame.decompress(packed)
            if not self._frame.eof:
                return
            packed = self._frame.unused_data
            self._frame, self._begun = self._unpacker.decompressobj(), False


OPENERS: dict[Packing, Callable[[BinaryIO, int], Unpacked]] = {"gzip": from_gzip, "zstd": from_zstd}
