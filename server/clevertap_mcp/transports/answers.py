"""Every HTTP request gets one whole answer, also the requests that are in flight when the server ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
from starlette.requests import ClientDisconnect

from clevertap_mcp.transports.refusing import SOON
from clevertap_tools.traces import traces

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

UNAVAILABLE = 503
AGAIN = [(name.lower().encode(), value.encode()) for name, value in SOON.items()]


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
        await self.send({"type": "http.response.start", "status": UNAVAILABLE, "headers": AGAIN})
        await self.send({"type": "http.response.body", "body": b""})


class Answering:
    """An ASGI application around another one that completes what the other leaves open.

    Args:
        application: What answers.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._running: dict[anyio.CancelScope, Scope] = {}
        self._ended = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        answer = Answer(send)
        with anyio.CancelScope() as running:
            self._running[running] = scope
            try:
                await self._application(scope, receive, answer.send)
            except ClientDisconnect:
                answer.ended = True  # nobody is there
            except Exception as error:  # noqa: BLE001 - a client must get an answer; the trace is for the operator
                log.error("%s failed with %s", scope["method"], "".join(traces(error)))  # noqa: TRY400 - see traces
            finally:
                del self._running[running]
                self._ended.set()
        await answer.complete()

    async def quiet(self, pause: float = 0) -> None:
        """Wait until nothing is in flight, nor came within some seconds of the last answer."""
        await anyio.sleep(pause)
        while self._running:
            self._ended = anyio.Event()
            await self._ended.wait()
            if not self._running:
                await anyio.sleep(pause)

    def cancel(self, method: str | None = None, path: str | None = None) -> None:
        """Give up what is in flight, or only the requests of one kind."""
        for running, scope in tuple(self._running.items()):
            if method in {None, scope["method"]} and path in {None, scope["path"]}:
                running.cancel()
