"""One tool call after another, by bare pipes and sockets: whoever calls may cost next to nothing.

Here is what is common to all transports, and the caller over stdio; `web_calling` has the others.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from benchmarks.processes import HELLO, Pipe

LONGEST_LINE = 1 << 24
LONGEST_QUOTE = 1_000
ID = re.compile(rb'"id":\s?(\d+)')


@dataclass(frozen=True, slots=True)
class Work:
    """A tool call that is made again and again.

    Args:
        tool: The tool's name.
        arguments: What it is given.
        answered: What every answer must hold; anything else would be no measurement.
    """

    tool: str
    arguments: Mapping[str, Any]
    answered: bytes

    def message(self, number: int, **more: Any) -> bytes:
        """The request with an id, and with more parameters."""
        return written("tools/call", {"name": self.tool, "arguments": self.arguments, **more}, number)

    def check(self, answer: bytes) -> None:
        """Refuse an answer that is none.

        Raises:
            RuntimeError: It does not hold what it must.
        """
        if self.answered not in answer:
            raise RuntimeError(f"{self.tool} failed: {answer[:LONGEST_QUOTE].decode(errors='replace')}")


class Caller(Protocol):
    """Whoever calls a tool and waits for the answer before calling again."""

    async def call(self, work: Work) -> bytes:
        """Call once; the answer as it came.

        Raises:
            RuntimeError: The answer is not the right one, or the server is gone.
        """
        ...


def written(method: str, parameters: Mapping[str, Any], number: int | None = None) -> bytes:
    """A request, or without an id a notification."""
    message = {"jsonrpc": "2.0", "method": method, "params": parameters}
    return json.dumps(message if number is None else message | {"id": number}).encode()


class OverStdio:
    """A caller on a pipe that many share, as the agents in one host do.

    Args:
        into: What goes to the server.
        out: What comes from it.
    """

    def __init__(self, into: asyncio.StreamWriter, out: asyncio.StreamReader) -> None:
        self._into, self._out = into, out
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = count(1)

    async def call(self, work: Work) -> bytes:
        """Call once."""
        number = next(self._numbers)
        answer = await self._answered(work.message(number), number)
        work.check(answer)
        return answer

    async def shake_hands(self) -> None:
        """Begin the session."""
        await self._answered(written("initialize", HELLO, 0), 0)
        self._into.write(written("notifications/initialized", {}) + b"\n")

    async def listen(self) -> None:
        """Hand each answer to whoever waits for it, until the server is gone."""
        async for line in self._out:
            found = ID.search(line)
            if found and (waiting := self._waiting.pop(int(found[1]), None)):
                waiting.set_result(line)

    async def _answered(self, message: bytes, number: int) -> bytes:
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._into.write(message + b"\n")
        return await self._waiting[number]


@asynccontextmanager
async def over_stdio(pipe: Pipe, callers: int) -> AsyncIterator[list[Caller]]:
    """Some callers on the pipe of a server."""
    loop = asyncio.get_running_loop()
    out = asyncio.StreamReader(LONGEST_LINE)
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(out), pipe.out)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, pipe.into)
    shared = OverStdio(asyncio.StreamWriter(transport, protocol, None, loop), out)
    listening = asyncio.create_task(shared.listen())
    await shared.shake_hands()
    try:
        yield [shared] * callers
    finally:
        listening.cancel()
        reading.close()
        transport.close()
