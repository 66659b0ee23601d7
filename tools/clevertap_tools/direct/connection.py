"""One HTTP/1.1 connection over asyncio: h11 reads and writes the protocol, here are only its bytes.

Failures are those of the HTTP library, so nobody else notices which of the two ways a request went.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Any, cast

import h11
import httpx2

UNREAD = 1 << 18
"""Bytes that may come before anybody asks for them."""
HEADERS = 64
"""Sets of headers that are known by heart: they differ in the length of the body only."""
DONE = (h11.DONE, h11.DONE)


class Connection(asyncio.Protocol):
    """One exchange after another.

    Args:
        patience: Seconds in which something must come.

    Raises:
        ReadTimeout: Nothing came for too long.
        ReadError: It broke.
        RemoteProtocolError: What came is no HTTP, or ended too early.
        LocalProtocolError: What should go is no HTTP.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._http = h11.Connection(h11.CLIENT)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._failure: httpx2.TransportError | None = None
        self._ended = False
        self._unread = 0
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # other loops have classes of their own

    def data_received(self, data: bytes) -> None:
        """Take some bytes; if nobody asks for them, no more than there is room for."""
        self._http.receive_data(data)
        self._unread += len(data)
        if self._unread > UNREAD and self._transport is not None:
            self._transport.pause_reading()
        wake(self._waiting)

    def eof_received(self) -> None:
        """Take note of the end; the transport closes what ends so."""
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        """Let nobody wait any longer."""
        if error is not None:
            self._failure = httpx2.ReadError(str(error))
        self._end()

    def ask(self, method: str, target: bytes, headers: Mapping[str, str], body: bytes) -> None:
        """Send a request."""
        try:
            head = h11.Request(method=method, target=target, headers=checked(tuple(headers.items())))
            parts = (head, h11.Data(data=body), h11.EndOfMessage()) if body else (head, h11.EndOfMessage())
            written = b"".join(self._http.send(part) for part in parts)
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error
        if self._transport is not None and not self._ended:
            self._transport.write(written)

    async def head(self) -> h11.Response:
        """The head of the answer; what comes before it is of no interest."""
        while not isinstance(event := await self._event(), h11.Response):
            pass
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the answer as it comes."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def reusable(self) -> bool:
        """Whether the exchange is over and another may begin; if so it is prepared for that."""
        if self._ended or (self._http.our_state, self._http.their_state) != DONE:
            return False
        self._http.start_next_cycle()
        return True

    @property
    def dead(self) -> bool:
        """Whether the other side has hung up, or says something nobody has asked for."""
        if self._ended or self._transport is None or self._transport.is_closing():
            return True
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    async def _event(self) -> Any:
        """What comes next."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                await self._more()
        except h11.RemoteProtocolError as error:
            raise self._failure or httpx2.RemoteProtocolError(str(error)) from error
        return event

    async def _more(self) -> None:
        """Wait for some bytes, or the end."""
        if self._failure is not None:
            raise self._failure
        if self._unread > UNREAD and self._transport is not None:
            self._transport.resume_reading()
        self._unread = 0
        self._waiting = self._loop.create_future()
        timer = self._loop.call_later(self._patience, give_up, self._waiting)
        try:
            await self._waiting
        finally:
            timer.cancel()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._http.receive_data(b"")
        wake(self._waiting)


@lru_cache(HEADERS)
def checked(headers: tuple[tuple[str, str], ...]) -> Any:
    """Headers as h11 has them once it has looked at each."""
    return h11.Request(method="GET", target=b"/", headers=list(headers)).headers


def wake(future: asyncio.Future[None] | None) -> None:
    """Let whoever waits go on."""
    if future is not None and not future.done():
        future.set_result(None)


def give_up(future: asyncio.Future[None]) -> None:
    """Let whoever waits wait no longer."""
    if not future.done():
        future.set_exception(httpx2.ReadTimeout("nothing came"))
