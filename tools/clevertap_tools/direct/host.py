"""A host that is asked without a proxy in between, over connections that are kept for the next request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from ssl import SSLContext
from typing import Any

import anyio
import anyio.lowlevel
import h11
import httpx2

from clevertap_tools.direct.connection import Connection
from clevertap_tools.replies import Reply, gathered, whole_body

KEPT_FOR = 5.0
"""Seconds; hosts hang up on those who are silent for long, and whoever asks just then gets no answer."""
SECOND_ADDRESS_AFTER = 0.25
"""Seconds after which a name's next address is tried beside the first."""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
PORTS = {"http": 80, "https": 443}
ADDRESSES = 256
"""Addresses without a query that are known by heart."""


class Host:
    """Where an account lives.

    Args:
        url: Scheme and host.
        context: How it is known to be the one it says it is.
        usual: What every request says.
        connecting: Seconds for a connection.
        patience: Seconds in which something must come.
        most_kept: Connections that are kept at most.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        url: str,
        context: SSLContext,
        usual: Mapping[str, str],
        *,
        connecting: float,
        patience: float,
        most_kept: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = httpx2.URL(url)
        self._context = context
        self._connecting = connecting
        self._patience = patience
        self._usual = {**usual, "host": self._url.netloc.decode()}
        self._most_kept = most_kept
        self._clock = clock
        self._kept: list[tuple[Connection, float]] = []

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, leaves: Callable[[], None]
    ) -> Reply:
        """See `Way`."""
        target = target_of(address) if "?" in address else known_target(address)
        named = {name.lower(): value for name, value in headers.items()}
        length = {"content-length": str(len(body))} if body or method in WITH_BODY else {}
        connection = None
        try:
            connection = self._one_kept() or await self._new()
            leaves()
            connection.ask(method, target, self._usual | named | length, body)
            head = await connection.head()
            reply = await read(head, await gathered(connection.body()))
        except BaseException:
            headers = named = {}  # whoever prints this frame prints no credentials
            if connection is not None:
                connection.close()
            raise
        self._keep(connection)
        return reply

    async def close(self) -> None:
        """Hang up."""
        while self._kept:
            self._kept.pop()[0].close()
        await anyio.lowlevel.checkpoint()  # in which the loop lets go of what was closed

    def _one_kept(self) -> Connection | None:
        """A connection from before that still is one."""
        while self._kept:
            connection, since = self._kept.pop()
            if self._clock() - since < KEPT_FOR and not connection.dead:
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it is good for one and there are not too many."""
        if connection.reusable() and len(self._kept) < self._most_kept:
            self._kept.append((connection, self._clock()))
        else:
            connection.close()

    async def _new(self) -> Connection:
        secure: dict[str, Any] = {"ssl": self._context} if self._url.scheme == "https" else {}
        port = self._url.port or PORTS[self._url.scheme]
        loop, made = asyncio.get_running_loop(), partial(Connection, self._patience)
        try:
            with anyio.fail_after(self._connecting):
                _, connection = await loop.create_connection(
                    made, self._url.host, port, happy_eyeballs_delay=SECOND_ADDRESS_AFTER, **secure
                )
        except TimeoutError as error:
            raise httpx2.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        return connection


def target_of(address: str) -> bytes:
    """Path and query of an address, percent-encoded where they need it.

    Raises:
        InvalidURL: It is none.
    """
    return httpx2.URL(address).raw_path


known_target = lru_cache(ADDRESSES)(target_of)
"""The same for addresses that come again and name nobody."""


async def read(head: h11.Response, body: bytes) -> Reply:
    """An answer, unpacked by the HTTP library if it is packed."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    if "content-encoding" in headers:
        packed = httpx2.Response(head.status_code, headers=headers, stream=httpx2.ByteStream(body))
        body = await whole_body(packed)
    return Reply(head.status_code, headers, body)
