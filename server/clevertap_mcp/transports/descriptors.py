"""Bytes over a file descriptor, where reading and writing can be given up at any moment.

Of pipes and sockets the event loop tells when they are ready; they stay as they are, for others may have them open too.
Of anything else, such as a terminal or a file, it does not tell: there a thread waits. It cannot be cancelled, and the
interpreter waits for its threads when it ends, so it is a daemon thread, on a bare descriptor that nobody else locks.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from select import PIPE_BUF, POLLOUT, poll
from threading import Thread
from typing import Protocol, TypeVar

import anyio

T = TypeVar("T")

CHUNK = 65_536


class Reader(Protocol):
    """Where bytes come from."""

    async def read(self) -> bytes:
        """What has come; nothing at the end.

        Raises:
            OSError: The descriptor cannot be read.
        """


class Writer(Protocol):
    """Where bytes go to."""

    async def write(self, data: bytes) -> None:
        """Write all of it. What has begun to go goes on, also without whoever waits for it.

        Raises:
            OSError: The descriptor takes nothing.
        """


def reader(descriptor: int) -> Reader:
    """The way to read from a descriptor."""
    return ReadyReader(descriptor) if tells_when_ready(descriptor) else WaitingReader(descriptor)


def writer(descriptor: int) -> Writer:
    """The way to write to a descriptor."""
    return ReadyWriter(descriptor) if tells_when_ready(descriptor) else WaitingWriter(descriptor)


def tells_when_ready(descriptor: int) -> bool:
    """Whether the event loop knows when something can be read or written without waiting."""
    mode = os.fstat(descriptor).st_mode
    return sys.platform != "win32" and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))


class ReadyReader:
    """See `Reader`; of what tells when it is ready.

    Args:
        descriptor: The file descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def read(self) -> bytes:
        """See `Reader`."""
        loop, ready = asyncio.get_running_loop(), anyio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
        return os.read(self._descriptor, CHUNK)


class ReadyWriter:
    """See `Writer`; of what tells when it is ready.

    Args:
        descriptor: The file descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = bytearray()
        self._emptied: anyio.Event | None = None
        self._failure: OSError | None = None

    async def write(self, data: bytes) -> None:
        """See `Writer`."""
        self._left += data
        if self._emptied is None:
            self._push()
        if self._left:
            await self._until_empty()
        if self._failure is not None:
            raise self._failure

    async def _until_empty(self) -> None:
        if self._emptied is None:
            self._emptied = anyio.Event()
            asyncio.get_running_loop().add_writer(self._descriptor, self._push)
        await self._emptied.wait()

    def _push(self) -> None:
        """Write what can be written without waiting."""
        try:
            while self._left and takes_some(self._descriptor):
                del self._left[: os.write(self._descriptor, self._left[:PIPE_BUF])]
        except OSError as error:
            self._failure = error
            self._left.clear()
        if self._emptied is not None and not self._left:
            asyncio.get_running_loop().remove_writer(self._descriptor)
            self._emptied.set()
            self._emptied = None


def takes_some(descriptor: int) -> bool:
    """Whether a descriptor takes `PIPE_BUF` bytes, or fails, without waiting."""
    ready = poll()
    ready.register(descriptor, POLLOUT)
    return bool(ready.poll(0))


class WaitingReader:
    """See `Reader`; of what has to be waited for.

    Args:
        descriptor: The file descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._thread = DaemonThread()

    async def read(self) -> bytes:
        """See `Reader`."""
        return await self._thread.do(lambda: os.read(self._descriptor, CHUNK))


class WaitingWriter:
    """See `Writer`; of what has to be waited for.

    Args:
        descriptor: The file descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._thread = DaemonThread()

    async def write(self, data: bytes) -> None:
        """See `Writer`."""
        await self._thread.do(lambda: write_all(self._descriptor, data))


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
