"""Lines over stdin and stdout that can be given up at any moment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import anyio

from clevertap_mcp.transports.descriptors import CHUNK, reader, writer

STDIN, STDOUT, STDERR = 0, 1, 2
LONGEST_LINE = 32 << 20
"""Bytes of a line that is read; CleverTap itself takes far smaller uploads."""


class Line(NamedTuple):
    """A line of UTF-8 without its end.

    Args:
        text: What it says.
        whole: Whether that is all of it; of a line that is too long, only the beginning and the end are kept.
    """

    text: str
    whole: bool = True


class GrowingLine:
    """A line whose end has not come yet."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._whole = True

    def add(self, part: bytes) -> None:
        """Take what has come of it."""
        self._kept += part
        if not self._whole or len(self._kept) > LONGEST_LINE:
            self._whole = False
            del self._kept[CHUNK:-CHUNK]

    def ended(self) -> Line:
        """The line that is complete now; begins the next one."""
        line = Line(self._kept.decode(errors="replace"), self._whole)
        self._kept, self._whole = bytearray(), True
        return line


class Lines:
    """Lines of UTF-8 over two file descriptors.

    Args:
        reading: The file descriptor that lines come from.
        writing: The file descriptor that lines go to.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reader = reader(reading)
        self._writer = writer(writing)
        self.failure: OSError | None = None
        """What went wrong with the descriptors themselves; that the other side has gone is no failure."""

    async def __aiter__(self) -> AsyncIterator[Line]:
        growing = GrowingLine()
        while chunk := await self._read():
            *ends, rest = chunk.split(b"\n")
            for end in ends:
                growing.add(end)
                yield growing.ended()
            growing.add(rest)
        yield growing.ended()

    async def _read(self) -> bytes:
        """What has come; nothing at the end."""
        try:
            return await self._reader.read()
        except OSError as error:
            self.failure = error
            return b""

    async def write(self, text: str) -> None:
        """Write all of a text.

        Raises:
            ClosedResourceError: Nothing can be written any more.
        """
        try:
            await self._writer.write(text.encode())
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.failure = error
            raise anyio.ClosedResourceError from None


@contextmanager
def protected_stdout() -> Iterator[int]:
    """The file descriptor of stdout, while everybody else's prints go to stderr."""
    own = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    try:
        yield own
    finally:
        os.dup2(own, STDOUT)
        os.close(own)
