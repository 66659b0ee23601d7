"""The sandbox on a real socket of this machine.

uvicorn's protocol without uvicorn's server loop: that one looks only every tenth of a second whether to stop,
waits for idle clients, and takes over signals; tests start and stop hundreds of these.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import struct
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clevertap_sandbox.sandbox import Sandbox

HOST = "127.0.0.1"
# On, for zero seconds: closing discards what is unsent and the peer sees a reset.
NO_LINGER = struct.pack("ii", 1, 0)


@contextmanager
def serving(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; yields "http://127.0.0.1:PORT".

    Raises:
        OSError: the port is taken.
    """
    ready: Future[tuple[str, Callable[[], None]]] = Future()
    thread = threading.Thread(target=_run_in_thread, args=(sandbox, port, ready), name="clevertap-sandbox", daemon=True)
    thread.start()
    url, stop = ready.result()
    try:
        yield url
    finally:
        stop()
        thread.join()


def serve(sandbox: Sandbox, port: int, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then return.

    Args:
        sandbox: What to serve.
        port: Port on 127.0.0.1; 0 takes any free one.
        on_ready: Called with the url once connections are accepted.

    Raises:
        OSError: the port is taken.
    """
    stops: list[Callable[[], None]] = []
    early = threading.Event()

    def interrupt() -> None:
        early.set()
        for stop in stops:
            stop()

    def ready(url: str, stop: Callable[[], None]) -> None:
        stops.append(stop)
        if on_ready is not None:
            on_ready(url)
        if early.is_set():
            stop()

    with _signals(interrupt):
        asyncio.run(_serve(sandbox, port, ready))


@contextmanager
def _signals(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop what runs in the block."""
    previous: dict[signal.Signals, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            # Outside the main thread signals belong to somebody else.
            with suppress(ValueError):
                previous[number] = signal.signal(number, lambda *_: interrupt())
        yield
    finally:
        for restored, handler in previous.items():
            signal.signal(restored, handler)


def _run_in_thread(sandbox: Sandbox, port: int, ready: Future[tuple[str, Callable[[], None]]]) -> None:
    try:
        asyncio.run(_serve(sandbox, port, lambda url, stop: ready.set_result((url, stop))))
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


async def _serve(sandbox: Sandbox, port: int, ready: Callable[[str, Callable[[], None]], None]) -> None:
    # Imported here because using the application inside another server must not need uvicorn.
    from uvicorn import Config  # noqa: PLC0415
    from uvicorn.server import ServerState  # noqa: PLC0415

    config = Config(sandbox.app, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=60)
    config.load()
    state = ServerState()
    protocol = _protocol()
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        loop.call_soon_threadsafe(stopped.set)

    server = await loop.create_server(lambda: protocol(config, state, {}), HOST, port)
    try:
        number = server.sockets[0].getsockname()[1]
        ready(f"http://{HOST}:{number}", stop)
        await stopped.wait()
    finally:
        await _shut(server, state)


async def _shut(server: asyncio.Server, state: Any) -> None:
    """Stop at once: nobody is waited for, neither clients nor answers that a fault slows down."""
    server.close()
    await asyncio.sleep(0)  # in which a client that was just taken becomes a connection
    for connection in list(state.connections):
        connection.transport.abort()
    tasks = list(state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.wait_closed()


def _protocol() -> Any:
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415

    class Protocol(H11Protocol):
        """HTTP that lets the application abort its own connection, through the state of its scope."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.app_state = {"abort_connection": lambda: _reset(transport)}

    return Protocol


def _reset(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
