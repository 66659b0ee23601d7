"""How much goes on at once: calls, and apart from them what stays open for long; nothing new once the server stops.

Strangers take nobody's place, and are not told whether there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.requests import Request

from clevertap_mcp.room import Room
from clevertap_mcp.transports.bodies import read_already
from clevertap_mcp.transports.kinds import Kind, is_call, kind_of, worth_a_look
from clevertap_mcp.transports.refusing import CLOSE, LATER, SOON, refusal

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clevertap_mcp.network import Network

STOPPING = "This server is stopping; ask another one, or this one again in a moment."
TOO_MANY_CALLS = "Too many calls are going on at once; try again in a moment."
TOO_MANY_SESSIONS = "Too many sessions and streams are open; end one, or try again in a minute."
STAYING = frozenset({Kind.OPENING, Kind.STREAM})
WORKING = frozenset({Kind.CALL, Kind.OPENING})


class Places:
    """Counts what goes on, and has room for so much.

    Args:
        network: How much.
        sessions: How many sessions of the older generations there are.
    """

    def __init__(self, network: Network, sessions: Callable[[], int]) -> None:
        self.guarded = network.authenticated
        """Whether callers have to say who they are."""
        self._room = Room(network.max_calls, asking=network.max_sessions)
        self._most_sessions = network.max_sessions
        self._sessions = sessions
        self._taken: Counter[Kind] = Counter()
        self.closed = False
        """Whether the server is stopping and takes nothing new."""

    def refusal(self, kind: Kind) -> Response | None:
        """What is said to a request for which there is no room."""
        if kind is Kind.OTHER:
            return None
        if self.closed:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING, SOON | CLOSE)
        if kind in STAYING and self.open >= self._most_sessions:
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_SESSIONS, LATER)
        if kind in WORKING and self._room.full:
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_CALLS, SOON)
        return None

    @property
    def open(self) -> int:
        """How many sessions and streams there are, sessions that are being opened among them."""
        return self._sessions() + self._taken[Kind.OPENING] + self._taken[Kind.STREAM]

    @contextmanager
    def taken(self, kind: Kind) -> Iterator[None]:
        """A place of a kind, for as long as it is held."""
        self._taken[kind] += 1
        try:
            with self._room.entered() if kind in WORKING else nullcontext():
                yield
        finally:
            self._taken[kind] -= 1


class Placed:
    """An ASGI application around another one that answers only what there is room for.

    Args:
        app: What answers.
        places: The room.
    """

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self._application = app
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request if there is room for it."""
        kind = kind_of(scope) if scope["type"] == "http" and not self._from_stranger(scope) else Kind.OTHER
        refused = self._places.refusal(kind)
        if refused and kind is Kind.CALL and worth_a_look(scope):
            message = await Request(scope, receive).body()
            if not is_call(message):
                kind, refused, receive = Kind.OTHER, None, read_already(message, receive)
        if refused:
            await refused(scope, receive, send)
            return
        with self._places.taken(kind):
            await self._application(scope, receive, send)

    def _from_stranger(self, scope: Scope) -> bool:
        """Whether a request is about to be turned away because nobody knows who sends it."""
        return self._places.guarded and not isinstance(scope.get("user"), AuthenticatedUser)
