"""The ways in: stdio, Streamable HTTP and SSE, each for both generations of the protocol, on this machine only.

SIGTERM and SIGINT end each of them cleanly: calls in flight are cancelled, open streams are ended, and the caller's
own clean-up runs.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import uvicorn
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.transports.answers import Answering
from clevertap_mcp.transports.messages import messages
from clevertap_mcp.transports.standard_streams import STDIN, Lines, protected_stdout

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Heard = SessionMessage | Exception
OnReady = Callable[[str], object]

LOOPBACK = "127.0.0.1"
GRACE = 3
"""Seconds that calls over HTTP get to end after a signal."""
PENDING_CONNECTIONS = 128


class ListenError(Exception):
    """A port cannot be had.

    Args:
        port: The port.
        reason: What the operating system says.
    """

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on port {port}: {reason}.")


async def run_stdio(server: CleverTapServer) -> None:
    """Serve one host over stdin and stdout until it closes stdin or a signal comes.

    Raises:
        OSError: stdin cannot be read, or stdout not be written to.
    """
    with protected_stdout() as stdout:
        lines = Lines(STDIN, stdout)
        async with until_signal(), messages(lines) as (read, write):
            await serve(server, read, write)
    if lines.failure is not None:
        raise lines.failure


async def serve(server: CleverTapServer, read: Any, write: Any) -> None:
    """Serve one connection.

    The SDK takes the first request for a decision about the generation of the protocol. Some hosts only probe with
    `server/discover` and then shake hands on the same pipe, so probes are answered before that decision.
    """
    send, receive = anyio.create_memory_object_stream[Heard](0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(relay, server, read, write, send)
        await run_connection(server, receive, write)
        tasks.cancel_scope.cancel()


async def relay(server: CleverTapServer, read: Any, write: Any, send: MemoryObjectSendStream[Heard]) -> None:
    """Pass on what the host says, but answer its probes before its first other request on the side."""
    probing = True
    async with send, read:
        async for message in read:
            request = message.message if isinstance(message, SessionMessage) else None
            if isinstance(request, JSONRPCRequest):
                probing = probing and request.method == "server/discover"
                if probing:
                    await write.send(await answered(server, message))
                    continue
            await send.send(message)


async def answered(server: CleverTapServer, request: SessionMessage) -> SessionMessage:
    """The answer to a single request, on a connection of its own."""
    into, inlet = anyio.create_memory_object_stream[Heard](1)
    outlet, out = anyio.create_memory_object_stream[SessionMessage](1)
    async with anyio.create_task_group() as tasks, into, out:
        tasks.start_soon(run_connection, server, inlet, outlet)
        await into.send(request)
        answer = await out.receive()
        tasks.cancel_scope.cancel()
    return answer


async def run_connection(server: CleverTapServer, read: MemoryObjectReceiveStream[Heard], write: Any) -> None:
    """Let the SDK serve a connection until its host is gone."""
    connections = server.connections
    await connections.run(read, write, connections.create_initialization_options())


@asynccontextmanager
async def until_signal() -> AsyncIterator[None]:
    """Leaves its body, by cancelling what it waits for, when this process is asked to end."""
    async with anyio.create_task_group() as tasks:
        if in_main_thread():
            tasks.start_soon(cancelled_by_signal, tasks.cancel_scope)
        yield
        tasks.cancel_scope.cancel()


async def cancelled_by_signal(scope: anyio.CancelScope) -> None:
    """Cancel when SIGTERM or SIGINT comes; a second one ends the process the hard way."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()
            return


def in_main_thread() -> bool:
    """Whether signals can be heard here."""
    return threading.current_thread() is threading.main_thread()


async def run_http(server: CleverTapServer, *, port: int, on_ready: OnReady) -> None:
    """Serve Streamable HTTP at `/mcp` on loopback until a signal comes.

    Args:
        server: What is served.
        port: The port; 0 picks a free one.
        on_ready: Told the URL as soon as connections are taken.

    Raises:
        ListenError: The port is taken.
    """
    await run_web(server, server.streamable_http_app(host=LOOPBACK), port, lambda base: on_ready(f"{base}/mcp"))


async def run_sse(server: CleverTapServer, *, port: int, on_ready: OnReady) -> None:
    """Serve the older SSE transport at `/sse` and `/messages` on loopback until a signal comes.

    Args:
        server: What is served.
        port: The port; 0 picks a free one.
        on_ready: Told the URL as soon as connections are taken.

    Raises:
        ListenError: The port is taken.
    """
    await run_web(server, server.sse_app(host=LOOPBACK), port, lambda base: on_ready(f"{base}/sse"))


async def run_web(server: CleverTapServer, application: ASGIApp, port: int, on_ready: OnReady) -> None:
    """Serve a web application on loopback until a signal comes."""
    with listening(port) as taken:
        url = f"http://{LOOPBACK}:{taken.getsockname()[1]}"
        await WebServer(server, Answering(application), lambda: on_ready(url)).serve([taken])


class WebServer(uvicorn.Server):
    """uvicorn, ended by signals without being killed by them, and not kept alive by subscriptions.

    Args:
        server: What is served.
        answering: The web application that it is served by.
        on_ready: Called when requests are answered and signals are heard.
    """

    def __init__(self, server: CleverTapServer, answering: Answering, on_ready: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(answering, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=2 * GRACE)
        )
        self._served = server
        self._answering = answering
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT; uvicorn would raise them anew when it is done, and clean-up would not run."""
        heard = (signal.SIGTERM, signal.SIGINT) if in_main_thread() else ()
        before = {number: signal.signal(number, self.handle_exit) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and only then say so: whoever hears it may already send a signal."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End subscriptions at once, and calls in flight after a while."""
        self._served.end_subscriptions()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cancelled_after_grace, self._answering)
            await super().shutdown(sockets)
            tasks.cancel_scope.cancel()


async def cancelled_after_grace(answering: Answering) -> None:
    """Give up the calls that are still in flight after a while."""
    await anyio.sleep(GRACE)
    answering.cancel()


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket on loopback that takes connections already.

    Raises:
        ListenError: The port is taken.
    """
    with socket.socket() as taken:
        try:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((LOOPBACK, port))
            taken.listen(PENDING_CONNECTIONS)
        except OSError as error:
            raise ListenError(port, str(error.strerror)) from None
        yield taken
