"""The way in for one host that started this process: stdin and stdout, for both generations of the protocol.

SIGTERM and SIGINT end it cleanly: calls in flight are cancelled, and the caller's own clean-up runs.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.transports.messages import Heard, Said, messages
from clevertap_mcp.transports.standard_streams import STDIN, Lines, protected_stdout


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


async def serve(server: CleverTapServer, heard: Heard, said: Said) -> None:
    """Serve one connection.

    The SDK takes the first request for a decision about the generation of the protocol. Some hosts only probe with
    `server/discover` and then shake hands on the same pipe, so probes are answered before that decision.
    """
    await run_connection(server, Heard(after_probes(server, heard, said)), said)


async def after_probes(server: CleverTapServer, heard: Heard, said: Said) -> AsyncIterator[SessionMessage]:
    """What the host says, but for its probes before its first other request, which are answered on the side."""
    probing = True
    async for message in heard:
        if isinstance(request := message.message, JSONRPCRequest):
            probing = probing and request.method == "server/discover"
            if probing:
                await said.send(await answered(server, message))
                continue
        yield message


async def answered(server: CleverTapServer, request: SessionMessage) -> SessionMessage:
    """The answer to a single request, on a connection of its own."""
    into, inlet = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    outlet, out = anyio.create_memory_object_stream[SessionMessage](1)
    async with anyio.create_task_group() as tasks, into, out:
        tasks.start_soon(run_connection, server, inlet, outlet)
        await into.send(request)
        answer = await out.receive()
        tasks.cancel_scope.cancel()
    return answer


async def run_connection(server: CleverTapServer, read: Any, write: Any) -> None:
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
