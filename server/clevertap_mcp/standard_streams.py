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
from typing import TypeVar

import anyio

T = TypeVar("T")

STDIN, STDOUT, STDERR = 0, 1, 2
CHUNK = 65_536


class Lines:
    """What the SDK's stdio transport takes for stdin and stdout: lines of UTF-8.

    Args:
        reading: The file descriptor that lines come from.
        writing: The file descriptor that lines go to.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._reader = DaemonThread()
        self._writer = DaemonThread()

    async def __aiter__(self) -> AsyncIterator[str]:
        rest = b""
        while chunk := await self._reader.do(lambda: os.read(self._reading, CHUNK)):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")

    async def write(self, text: str) -> None:
        """Write all of a text.

        Raises:
            ClosedResourceError: Nobody reads any more; the SDK takes that for the end.
        """
        try:
            await self._writer.do(lambda: write_all(self._writing, text.encode()))
        except BrokenPipeError:
            raise anyio.ClosedResourceError from None

    async def flush(self) -> None:
        """Nothing is held back."""


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
