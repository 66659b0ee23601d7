"""The older SSE transport: a stream of events to each host, and its messages as requests beside the stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.sse import SseServerTransport
from mcp.server.transport_security import TransportSecuritySettings

from clevertap_mcp.transports.conversation import Conversation, Heard, Told
from clevertap_mcp.transports.kinds import MESSAGES
from clevertap_mcp.transports.patience import LONGEST_BODY
from clevertap_mcp.transports.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Serve = Callable[[Any, Any], Awaitable[None]]
"""Serves one connection until its host is gone, hearing by the first stream and telling by the second."""
NAMED_ALREADY = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""The SDK's own look at Host and Origin is off: ours covers every route."""


class EventStreams:
    """Every open stream.

    Args:
        serve: What serves them.
        silence: Seconds without a message after which one is ended.
    """

    def __init__(self, serve: Serve, silence: float) -> None:
        self._serve = serve
        self._silence = silence
        self._transport = SseServerTransport(MESSAGES, NAMED_ALREADY, LONGEST_BODY)
        self._conversations: set[Conversation] = set()

    async def open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with a stream that stays open."""
        if scope["method"] != "GET":
            await refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET opens a stream.", {"Allow": "GET"})(
                scope, receive, send
            )
            return
        conversation = Conversation(self._silence)
        self._conversations.add(conversation)
        try:
            async with self._transport.connect_sse(scope, receive, send) as (heard, told):
                await self._serve(Heard(heard, conversation), Told(told, conversation))
        finally:
            self._conversations.discard(conversation)

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a message to one of the streams."""
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # it ended at the same moment
            await self._transport.handle_post_message(scope, receive, send)

    def end(self, pause: float) -> None:
        """End each stream, but not before what was asked on it is answered and some seconds are over since."""
        for conversation in self._conversations:
            conversation.end(pause)
