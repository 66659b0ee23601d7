"""How much goes on at once: calls, and apart from them what stays open for long; nothing new once the server stops.

Strangers take nobody's place, and are not told whether there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers

from clevertap_mcp.transports.refusing import CLOSE, LATER, SOON, refusal

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clevertap_mcp.network import Network

ENDPOINT = "/mcp"
EVENTS = "/sse"
MESSAGES = "/messages/"
LISTEN = "subscriptions/listen"
STOPPING = "This server is stopping; ask another one, or this one again in a moment."
TOO_MANY_CALLS = "Too many calls are going on at once; try again in a moment."
TOO_MANY_SESSIONS = "Too many sessions and streams are open; end one, or try again in a minute."


class Kind(Enum):
    """What a request is to this server, as far as its head tells."""

    CALL = auto()
    """A message to answer."""
    OPENING = auto()
    """A message that begins a session."""
    STREAM = auto()
    """Stays open for as long as its client likes."""
    OTHER = auto()
    """Is answered at once, or is refused."""


class Places:
    """Counts what goes on, and has room for so much.

    Args:
        network: How much.
        sessions: How many sessions of the older generations there are.
        running: How many calls go on, however they came in: over SSE a request is answered before its call is done.
    """

    def __init__(self, network: Network, sessions: Callable[[], int], running: Callable[[], int]) -> None:
        self.guarded = network.authenticated
        """Whether callers have to say who they are."""
        self._most_calls = network.max_calls
        self._most_sessions = network.max_sessions
        self._sessions = sessions
        self._running = running
        self._taken: Counter[Kind] = Counter()
        self.closed = False
        """Whether the server is stopping and takes nothing new."""

    def refusal(self, kind: Kind) -> Response | None:
        """What is said to a request for which there is no room."""
        if kind is Kind.OTHER:
            return None
        if self.closed:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING, SOON | CLOSE)
        if kind is not Kind.CALL and self.open >= self._most_sessions:
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_SESSIONS, LATER)
        if kind is not Kind.STREAM and self.calls >= self._most_calls:
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_CALLS, SOON)
        return None

    @property
    def calls(self) -> int:
        """How many calls go on."""
        return max(self._taken[Kind.CALL] + self._taken[Kind.OPENING], self._running())

    @property
    def open(self) -> int:
        """How many sessions and streams there are, sessions that are being opened among them."""
        return self._sessions() + self._taken[Kind.OPENING] + self._taken[Kind.STREAM]

    @contextmanager
    def taken(self, kind: Kind) -> Iterator[None]:
        """A place of a kind, for as long as it is held."""
        self._taken[kind] += 1
        try:
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
        if refused is not None:
            await refused(scope, receive, send)
            return
        with self._places.taken(kind):
            await self._application(scope, receive, send)

    def _from_stranger(self, scope: Scope) -> bool:
        """Whether a request is about to be turned away because nobody knows who sends it."""
        return self._places.guarded and not isinstance(scope.get("user"), AuthenticatedUser)


def kind_of(scope: Scope) -> Kind:
    """What a request is."""
    method, path = scope["method"], scope["path"]
    if method == "GET" and path in {ENDPOINT, EVENTS}:
        return Kind.STREAM
    if method != "POST" or not path.startswith((ENDPOINT, MESSAGES)):
        return Kind.OTHER
    return Kind.CALL if path.startswith(MESSAGES) else posted(Headers(scope=scope))


def posted(headers: Headers) -> Kind:
    """What a message to the MCP endpoint is; the SDK refuses one that is something else than its headers say."""
    if headers.get("mcp-protocol-version") not in {None, *HANDSHAKE_PROTOCOL_VERSIONS}:
        return Kind.STREAM if headers.get("mcp-method") == LISTEN else Kind.CALL
    return Kind.CALL if "mcp-session-id" in headers else Kind.OPENING
