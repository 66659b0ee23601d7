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
        if scope["type"] != "http" or not has_body(scope):
            await self._application(scope, receive, send)
            return
        body = Body(receive, send, self._longest)
        if announced(scope) > self._longest:
            await refusal(TOO_LONG, words(self._longest))(scope, receive, body.send)
        else:
            reading = body.receive if scope["method"] == "POST" else body.listen
            await self._application(scope, reading, body.send)
        await body.end()


class Body:
    """A body that comes in, and the answer to it, which ends only when the body does.

    A client that is still sending when its connection is closed is told by its system that it was cut, and never sees
    the answer.

    Args:
        receive: Gives the parts of the body.
        send: Takes the parts of the answer.
        longest: The bytes of the body at most; as many are taken in beyond them, and forgotten.
    """

    def __init__(self, receive: Receive, send: Send, longest: int) -> None:
        self._receive = receive
        self._send = send
        self._longest = longest
        self._size = 0
        self._whole = False
        self._withheld = False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            HTTPException: It makes the body too long.
            ClientDisconnect: There is none, the client has gone in the middle.
        """
        whole_before = self._whole
        message = await self.listen()
        if not whole_before:
            if message["type"] != "http.request":
                raise ClientDisconnect
            if self._size > self._longest:
                raise HTTPException(TOO_LONG, words(self._longest))
        return message

    async def listen(self) -> Message:
        """The next part, whatever it is, for those who read no body and only hear whether the client goes."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Answer, but keep the end to ourselves as long as the client is sending."""
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._withheld = not self._whole
            message = {**message, "more_body": self._withheld}
        await self._send(message)

    async def end(self) -> None:
        """Take in what the client still sends, within bounds, and end the answer."""
        if not self._withheld:
            return
        while not self._whole and self._size <= 2 * self._longest:
            if (await self.listen())["type"] != "http.request":
                return
        await self._send({"type": "http.response.body", "body": b""})


def read_already(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read before once more."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


TOO_LONG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def has_body(scope: Scope) -> bool:
    """Whether a request has a body by its head."""
    return announced(scope) > 0 or "transfer-encoding" in Headers(scope=scope)


def announced(scope: Scope) -> int:
    """How long a body is by its head; 0 if that does not say."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def words(longest: int) -> str:
    """What is said about a body that is too long."""
    return f"A request's body may have {longest} bytes; send less at once."
