"""One connection over HTTP/1.1: uvicorn's, with an end to waiting for its client, and one of so many.

uvicorn waits for ever for the rest of a request that has begun and for a client that does not read its answer. When it
has too many connections it refuses everybody alike; here whoever says nothing makes room for whoever comes.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from clevertap_mcp.transports.patience import PATIENCE, Patience
from clevertap_mcp.transports.refusing import SOON, alive_only, refusal_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SILENT = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)
TOO_SLOW = "The request did not come in time."
MALFORMED = "This is no HTTP request."
CROWDED = "Too many connections are open; this one said nothing for longest. Try again in a moment."


class Connection(H11Protocol):
    """A connection whose client has to keep up.

    Args:
        patience: How long it is waited for.
        most: How many connections there are at once.
        given: What uvicorn gives every connection.
    """

    def __init__(self, *given: Any, most: int, patience: Patience = PATIENCE, **named: Any) -> None:
        super().__init__(*given, **named)
        self._patience = patience
        self._most = most
        self.spoken = self.loop.time()
        """When we had said all that we had to say."""
        self._awaited: type | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        # So that uvicorn hears of every byte that is not taken in, not only of the first 64 KiB.
        transport.set_write_buffer_limits(high=0)
        self._await_rest(h11.IDLE)
        if len(self.connections) > self._most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._await_rest(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        super().data_received(data)
        self._attend(begun=bool(data))

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of one that was answered early."""
        self.spoken = self.loop.time()
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
        self.refuse(HTTPStatus.BAD_REQUEST, MALFORMED)

    @property
    def waits(self) -> bool:
        """Whether it is its client's turn."""
        working = self.cycle is not None and not self.cycle.response_complete
        return not self.transport.is_closing() and (self._rest is not None or not working)

    def _make_room(self) -> None:
        """Hang up on whoever has said nothing for longest; if all are being answered, answer this one shortly."""
        others = (each for each in self.connections if isinstance(each, Connection) and each is not self)
        silent = min((each for each in others if each.waits), key=lambda each: each.spoken, default=None)
        if silent is None:
            self.app = alive_only(self.app)
        else:
            silent.refuse(HTTPStatus.SERVICE_UNAVAILABLE, CROWDED, SOON)

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
        too_late: Callable[[], None] = partial(self.refuse, HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)
        self._rest = None if state is None else self.loop.call_later(seconds, too_late)

    def refuse(self, status: HTTPStatus, message: str, more: Mapping[str, str] | None = None) -> None:
        """Say why, if an answer has not begun yet, and hang up."""
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(status, refusal_body(status, message), more or {})
        if self.cycle is not None:
            # Before the loop comes to telling it: what is answering would write on.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _say(self, status: HTTPStatus, body: bytes, more: Mapping[str, str]) -> None:
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *more.items(),
        ]
        head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        bare = self.conn.our_state is h11.SEND_RESPONSE and self.scope["method"] == "HEAD"
        for event in (head, h11.Data(data=b"" if bare else body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
