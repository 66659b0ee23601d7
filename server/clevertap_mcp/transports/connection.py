"""One connection over HTTP/1.1: uvicorn's, with an end to waiting for its client.

uvicorn waits for ever for the rest of a request that has begun and for a client that does not read its answer.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from clevertap_mcp.transports.patience import PATIENCE, Patience
from clevertap_mcp.transports.refusing import refusal_body

if TYPE_CHECKING:
    from collections.abc import Callable

SILENT = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)
TOO_SLOW = "The request did not come in time."
MALFORMED = "This is no HTTP request."


class Connection(H11Protocol):
    """A connection whose client has to keep up.

    Args:
        patience: How long it is waited for.
        given: What uvicorn gives every connection.
    """

    def __init__(self, *given: Any, patience: Patience = PATIENCE, **named: Any) -> None:
        super().__init__(*given, **named)
        self._patience = patience
        self._awaited: type | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        # So that uvicorn hears of every byte that is not taken in, not only of the first 64 KiB.
        transport.set_write_buffer_limits(high=0)
        self._await_rest(h11.IDLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._await_rest(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; nobody reads what follows a refusal."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._attend(begun=bool(data))

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of one that was answered early."""
        super().on_response_complete()
        self._attend(begun=bool(self.conn.trailing_data[0]))

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        if self._reading is None:
            self._reading = self.loop.call_later(self._patience.answer, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, also in the middle of a body."""
        del msg
        self._refuse(HTTPStatus.BAD_REQUEST, MALFORMED)

    def _attend(self, *, begun: bool) -> None:
        """Wait for what this request lacks: its head, once that has begun, or its body."""
        state = self.conn.their_state
        lacking = None if state in SILENT or (state is h11.IDLE and not begun) else state
        if lacking is not self._awaited:
            self._await_rest(lacking)

    def _await_rest(self, state: type | None) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._awaited = state
        seconds = self._patience.head if state is h11.IDLE else self._patience.body
        too_late: Callable[[], None] = partial(self._refuse, HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)
        self._rest = None if state is None else self.loop.call_later(seconds, too_late)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Say why, if an answer has not begun yet, and hang up."""
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(status, refusal_body(status, message))
        if self.cycle is not None:
            # Before the loop comes to telling it: what is answering would write on.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _say(self, status: HTTPStatus, body: bytes) -> None:
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        bare = self.conn.our_state is h11.SEND_RESPONSE and self.scope["method"] == "HEAD"
        for event in (head, h11.Data(data=b"" if bare else body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
