"""Every HTTP request gets one whole answer, also the requests that are in flight when the server ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNAVAILABLE = 503


class Answer:
    """What was sent of one answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self.ended = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer, but no second beginning and nothing after the end.

        The SDK answers an event stream that was ended once more, with an empty page. Without its beginning that is
        the proper end of the stream; with it, uvicorn breaks the stream off and logs a crash.
        """
        begins = message["type"] == "http.response.start"
        if self.ended or (begins and self.begun):
            return
        self.begun |= begins
        self.ended = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def complete(self) -> None:
        """End the answer where it is."""
        await self.send({"type": "http.response.start", "status": UNAVAILABLE, "headers": []})
        await self.send({"type": "http.response.body", "body": b""})


class Answering:
    """An ASGI application around another one that completes what the other leaves open.

    Args:
        application: What answers.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._running: set[anyio.CancelScope] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        answer = Answer(send)
        with anyio.CancelScope() as running:
            self._running.add(running)
            try:
                await self._application(scope, receive, answer.send)
            finally:
                self._running.discard(running)
        await answer.complete()

    def cancel(self) -> None:
        """Give up what is in flight."""
        for running in self._running:
            running.cancel()
