"""Callers over Streamable HTTP and SSE, each on kept connections of its own, by bare sockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from itertools import count

from benchmarks.calling import Caller, Work, written
from benchmarks.processes import HELLO, HOST

NEW = "2026-07-28"
OLD = HELLO["protocolVersion"]
META = "io.modelcontextprotocol"
ENVELOPE = {
    f"{META}/protocolVersion": NEW,
    f"{META}/clientInfo": HELLO["clientInfo"],
    f"{META}/clientCapabilities": HELLO["capabilities"],
}
"""What every request of the newer generation says of its client."""
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
SESSION = re.compile(rb"mcp-session-id: (\S+)", re.IGNORECASE)
EVENT = re.compile(rb"data: (.+?)\r?\n\r?\n")
HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One HTTP connection."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.lost = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport), "TCP"
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing will come any more."""
        del error
        self.lost = True

    def write(self, data: bytes) -> None:
        """Send."""
        assert self._transport is not None, "connected"
        self._transport.write(data)

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None, "connected"
        self._transport.close()


class Answers(Connection):
    """One answer at a time, each of them whole."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self.received += data
        if not self.answer.done() and whole(self.received):
            self.answer.set_result(bytes(self.received))
            self.received.clear()

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody will answer any more."""
        super().connection_lost(error)
        if not self.answer.done():
            self.answer.set_exception(RuntimeError("the connection was lost"))


class Events(Connection):
    """The events of one stream."""

    def __init__(self) -> None:
        super().__init__()
        self.told: asyncio.Queue[bytes] = asyncio.Queue()
        """The data of each."""

    def data_received(self, data: bytes) -> None:
        """Take a part of the stream."""
        self.received += data
        while found := EVENT.search(self.received):
            self.told.put_nowait(found[1])
            del self.received[: found.end()]


class Exchange:
    """Requests to one server, one at a time, on a connection that is kept for as long as the server keeps it.

    Args:
        port: The server's.
    """

    def __init__(self, port: int) -> None:
        self.host = f"{HOST}:{port}"
        self._port = port
        self._connection: Answers | None = None

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """The whole answer to a POST; see `ask`."""
        return await self.ask("POST", path, headers, body)

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        """The whole answer to a request, head and body.

        Raises:
            RuntimeError: The connection was lost on the way.
        """
        own = {"Host": self.host, "Content-Length": str(len(body))}
        message = head(method, path, headers | own) + body
        try:
            return await self._sent(message)
        except RuntimeError:  # hung up on while it was idle
            return await self._sent(message)

    async def events(self, path: str) -> Events:
        """A stream of events, on a connection of its own."""
        _, made = await asyncio.get_running_loop().create_connection(Events, HOST, self._port)
        made.write(head("GET", path, {"Host": self.host, "Accept": "text/event-stream"}))
        return made

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.answer.cancel()
            self._connection.close()

    async def _sent(self, message: bytes) -> bytes:
        connection = await self._connected()
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        connection.answer = answer
        connection.write(message)
        return await answer

    async def _connected(self) -> Answers:
        if self._connection is None or self._connection.lost:
            _, self._connection = await asyncio.get_running_loop().create_connection(Answers, HOST, self._port)
        return self._connection


def whole(received: bytearray) -> bool:
    """Whether an answer is complete."""
    end = received.find(HEAD_END)
    if end < 0:
        return False
    found = LENGTH.search(received, 0, end)
    if found is None:
        return received.endswith(LAST_CHUNK)
    return len(received) >= end + len(HEAD_END) + int(found[1])


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of an HTTP request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


class OverHttp:
    """A caller over Streamable HTTP, of the newer generation unless it shakes hands.

    Args:
        exchange: Its connection.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._session: dict[str, str] = {}
        self._numbers = count(1)

    async def call(self, work: Work) -> bytes:
        """Call once."""
        own = self._session or {"MCP-Protocol-Version": NEW, "Mcp-Method": "tools/call", "Mcp-Name": work.tool}
        envelope = {} if self._session else {"_meta": ENVELOPE}
        answer = await self._exchange.post("/mcp", JSON | own, work.message(next(self._numbers), **envelope))
        work.check(answer)
        return answer

    async def shake_hands(self) -> None:
        """Begin a session of the older generation."""
        found = SESSION.search(await self._exchange.post("/mcp", JSON, written("initialize", HELLO, 0)))
        assert found, "a session has an id"
        self._session = {"MCP-Protocol-Version": OLD, "Mcp-Session-Id": found[1].decode()}
        await self._exchange.post("/mcp", JSON | self._session, written("notifications/initialized", {}))

    async def take_leave(self) -> None:
        """End the session."""
        await self._exchange.ask("DELETE", "/mcp", JSON | self._session)


class OverSse:
    """A caller over SSE: asks on one connection, and is answered on another.

    Args:
        exchange: Where it asks.
        events: Where it is answered.
    """

    def __init__(self, exchange: Exchange, events: Events) -> None:
        self._exchange = exchange
        self._events = events
        self._path = ""
        self._numbers = count(1)

    async def call(self, work: Work) -> bytes:
        """Call once."""
        await self._exchange.post(self._path, JSON, work.message(next(self._numbers)))
        answer = await self._events.told.get()
        work.check(answer)
        return answer

    async def shake_hands(self) -> None:
        """Learn where to post, and begin the session."""
        self._path = (await self._events.told.get()).decode()
        await self._exchange.post(self._path, JSON, written("initialize", HELLO, 0))
        await self._events.told.get()
        await self._exchange.post(self._path, JSON, written("notifications/initialized", {}))


@asynccontextmanager
async def over_http(port: int, callers: int, *, newer: bool = True) -> AsyncIterator[list[Caller]]:
    """Some callers over Streamable HTTP, of one generation of the protocol."""
    with ExitStack() as stack:
        made = [OverHttp(stack.enter_context(closing(Exchange(port)))) for _ in range(callers)]
        sessions = made if not newer else []
        for caller in sessions:
            await caller.shake_hands()
        yield [*made]
        for caller in sessions:
            await caller.take_leave()


@asynccontextmanager
async def over_sse(port: int, callers: int) -> AsyncIterator[list[Caller]]:
    """Some callers over SSE."""
    with ExitStack() as stack:
        made: list[Caller] = []
        for _ in range(callers):
            exchange = stack.enter_context(closing(Exchange(port)))
            caller = OverSse(exchange, stack.enter_context(closing(await exchange.events("/sse"))))
            await caller.shake_hands()
            made.append(caller)
        yield made
