"""A plain proxy before some replicas: request by request in turns, or by session for clients of the older generation.

A replica that cannot be reached is passed over from then on, as any load balancer does; whoever was sent to it gets a 502.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

SESSION = "mcp-session-id"
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
METHODS = ["GET", "POST", "DELETE"]


class Proxy:
    """Where each request goes.

    Args:
        replicas: Their addresses, without a path.
        sticky: Whether the requests of a session all go to the replica that began it.
    """

    def __init__(self, replicas: Sequence[str], *, sticky: bool = False) -> None:
        self.served: list[str] = []
        """The replica of each request that was answered, in order."""
        self._replicas = list(replicas)
        self._sticky = sticky
        self._sessions: dict[str, str] = {}
        self._turns = count()
        self._http: httpx2.AsyncClient | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self.passed_on, methods=METHODS)], lifespan=self._connected)

    async def passed_on(self, request: Request) -> Response:
        """The answer of a replica, as it comes."""
        replica = self._chosen(request)
        try:
            answer = await self._sent(replica, request)
        except httpx2.TransportError as error:
            self._pass_over(replica)
            return PlainTextResponse(type(error).__name__, 502)
        self.served.append(replica)
        if begun := answer.headers.get(SESSION):
            self._sessions[begun] = replica
        headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return StreamingResponse(body(answer), answer.status_code, headers)

    def _chosen(self, request: Request) -> str:
        if self._sticky and (session := request.headers.get(SESSION)):
            return self._sessions[session]
        return self._replicas[next(self._turns) % len(self._replicas)]

    def _pass_over(self, replica: str) -> None:
        if replica in self._replicas and len(self._replicas) > 1:
            self._replicas.remove(replica)

    async def _sent(self, replica: str, request: Request) -> httpx2.Response:
        assert self._http is not None, "the proxy runs"
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        content = await request.body()
        url = f"{replica}{request.url.path}"
        return await self._http.send(
            self._http.build_request(request.method, url, headers=headers, content=content), stream=True
        )

    @asynccontextmanager
    async def _connected(self, _app: Starlette) -> AsyncIterator[None]:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx2.AsyncClient(timeout=None, limits=limits, trust_env=False) as http:
            self._http = http
            yield


async def body(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """An answer's body; one that breaks off breaks off for the client too."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


class Server(uvicorn.Server):
    """uvicorn in a thread, which hears no signals."""

    def __init__(self, proxy: Proxy, ready: threading.Event) -> None:
        config = uvicorn.Config(
            proxy.app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1, timeout_keep_alive=60
        )
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it runs."""
        await super().startup(sockets)
        self._ready.set()


@contextmanager
def before(proxy: Proxy) -> Iterator[str]:
    """The address of MCP behind a proxy that runs."""
    ready = threading.Event()
    server = Server(proxy, ready)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(512)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([taken])), daemon=True)
        thread.start()
        assert ready.wait(30)
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            thread.join(30)
