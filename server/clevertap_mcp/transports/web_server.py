"""uvicorn, as this server runs it: clients have to keep up, and a signal ends it without cutting calls off.

From a signal on nothing new is taken, and streams end. Calls get some time to be done, then they are given up and
their callers are told so. Meanwhile health is still told, so that a balancer sees what is going on. A second signal
ends the process the hard way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
import uvicorn

from clevertap_mcp.logs import announce
from clevertap_mcp.transports.connection import Connection
from clevertap_mcp.transports.kinds import ENDPOINT, EVENTS
from clevertap_mcp.transports.listening import allow_files, base_url, listening
from clevertap_mcp.transports.patience import PATIENCE, Patience
from clevertap_mcp.transports.web import WebApplication

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from clevertap_mcp.network import Network
    from clevertap_mcp.server import CleverTapServer

OnReady = Callable[[str], object]

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SPARE_CONNECTIONS = 100
"""Connections for those who are asked who they are, who ask about health, or who say nothing yet."""
LAST_SECONDS = 3
"""For connections to close when all is said."""


async def run_web(
    server: CleverTapServer,
    network: Network,
    *,
    port: int,
    on_ready: OnReady,
    first: str = ENDPOINT,
    patience: Patience = PATIENCE,
) -> None:
    """Serve Streamable HTTP at `/mcp` and SSE at `/sse` until a signal comes.

    Args:
        server: What is served.
        network: Where, to whom and to how many.
        port: The port; 0 picks a free one.
        on_ready: Told the URLs, one after the other, as soon as connections are taken.
        first: The path of the URL that is told first.
        patience: How long it is waited for whom.

    Raises:
        ListenError: The port is taken.
    """
    allow_files(most_connections(network))
    with listening(network.host, port) as taken:
        base = base_url(network.host, taken[0].getsockname()[1])

        def ready() -> None:
            for path in sorted((ENDPOINT, EVENTS), key=first.__ne__):
                on_ready(base + path)

        await WebServer(server, network, patience, ready).serve(taken)


class WebServer(uvicorn.Server):
    """uvicorn, ended by signals without being killed by them.

    Args:
        server: What is served.
        network: To whom and to how many.
        patience: How long it is waited for whom.
        on_ready: Called when requests are answered and signals are heard.
    """

    def __init__(
        self,
        server: CleverTapServer,
        network: Network,
        patience: Patience,
        on_ready: Callable[[], object],
    ) -> None:
        self._application = WebApplication(server, network, patience)
        super().__init__(
            uvicorn.Config(
                self._application,
                http=partial(Connection, most=most_connections(network), patience=patience),  # type: ignore[arg-type]  # it is called like the class
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=LAST_SECONDS,
            )
        )
        self._calls = server.running
        self._patience = patience
        self._pause: float = 0
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the first signal only; uvicorn would raise it anew when it is done, and clean-up would not run."""
        heard = SIGNALS if threading.current_thread() is threading.main_thread() else ()

        def stop(number: int, frame: FrameType | None) -> None:
            # A plain function: the SSE library looks for a method of uvicorn's here, to end every stream at once.
            self.handle_exit(number, frame)
            for other in heard:
                signal.signal(other, signal.SIG_DFL)

        before = {number: signal.signal(number, stop) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take nothing new from this moment on."""
        del sig, frame
        self.should_exit = True
        self._application.places.closed = True
        self._pause = self._patience.afterwards if self._calls else 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and only then say so: whoever hears it may already send a signal."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is going on, and then the connections."""
        announce(f"Stopping; calls that are running: {len(self._calls)}.")
        self._application.close(self._pause)
        answering = self._application.answering
        with anyio.move_on_after(self._patience.grace):
            await answering.quiet(self._pause)
        self._calls.give_up()
        with anyio.move_on_after(self._patience.farewell):
            await answering.quiet()
        answering.cancel()
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()  # its client does not read what we said last


def most_connections(network: Network) -> int:
    """How many clients may be connected at once: for each session a person may be asked on a connection of its own."""
    return 2 * network.max_sessions + network.max_calls + SPARE_CONNECTIONS
