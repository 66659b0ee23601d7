"""Lines over stdin and stdout that can be given up at any moment.

A thread that waits for a line cannot be cancelled, and the interpreter waits for its threads when it ends; so these
are daemon threads, on bare file descriptors that nobody else locks. There is one for each direction, for as long as
the lines live: to start one for every line costs more than everything else that this server adds to a call.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple, TypeVar

import anyio

T = TypeVar("T")

STDIN, STDOUT, STDERR = 0, 1, 2
CHUNK = 65_536
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
        self._reading = reading
        self._writing = writing
        self._reader = DaemonThread()
        self._writer = DaemonThread()
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
            return await self._reader.do(lambda: os.read(self._reading, CHUNK))
        except OSError as error:
            self.failure = error
            return b""

    async def write(self, text: str) -> None:
        """Write all of a text.

        Raises:
            ClosedResourceError: Nothing can be written any more.
        """
        try:
            await self._writer.do(lambda: write_all(self._writing, text.encode()))
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.failure = error
            raise anyio.ClosedResourceError from None


class DaemonThread:
    """A thread that nobody has to wait for: does what may block for ever, one thing after another."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
        Thread(target=self._run, daemon=True).start()

    async def do(self, work: Callable[[], T]) -> T:
        """What a function returns that is called in the thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(how: Callable[[], None]) -> None:
            if not done.done():
                how()

        def call() -> None:
            try:
                result = work()
            except OSError as error:
                failure = error
                told = lambda: done.set_exception(failure)  # noqa: E731
            else:
                told = lambda: done.set_result(result)  # noqa: E731
            with suppress(RuntimeError):  # the loop is gone, and with it whoever waited
                loop.call_soon_threadsafe(settle, told)

        self._waiting.put(call)
        return await done

    def _run(self) -> None:
        while True:
            self._waiting.get()()


def write_all(descriptor: int, data: bytes) -> None:
    """Write until everything is written."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


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
