"""No request's body is longer than the longest, whether its head says so or not."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from clevertap_mcp.transports.patience import LONGEST_BODY
from clevertap_mcp.transports.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Bodies:
    """An ASGI application around another one.

    Args:
        application: What reads the bodies.
        longest: Bytes of a body at most.
    """

    def __init__(self, application: ASGIApp, longest: int = LONGEST_BODY) -> None:
        self._application = application
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body that is announced as too long; watch the others come in."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif announced(scope) > self._longest:
            await refusal(TOO_LONG, words(self._longest))(scope, receive, send)
        elif scope["method"] == "POST":
            await self._application(scope, Body(receive, self._longest).receive, send)
        else:
            await self._application(scope, receive, send)  # nobody reads it


class Body:
    """A body that comes in.

    Args:
        receive: Gives its parts.
        longest: Its bytes at most.
    """

    def __init__(self, receive: Receive, longest: int) -> None:
        self._receive = receive
        self._longest = longest
        self._size = 0
        self._whole = False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            HTTPException: It makes the body too long.
            ClientDisconnect: There is none, the client has gone in the middle.
        """
        message = await self._receive()
        if self._whole:
            return message
        if message["type"] != "http.request":
            raise ClientDisconnect
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._longest:
            raise HTTPException(TOO_LONG, words(self._longest))
        return message


TOO_LONG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def announced(scope: Scope) -> int:
    """How long a body is by its head; 0 if that does not say."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def words(longest: int) -> str:
    """What is said about a body that is too long."""
    return f"A request's body may have {longest} bytes; send less at once."
