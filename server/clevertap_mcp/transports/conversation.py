"""One SSE connection seen from above the SDK: what is still to be answered on it, and when it is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from clevertap_mcp.transports.kinds import LISTEN

if TYPE_CHECKING:
    from contextvars import Context

    from mcp.types import RequestId


class Conversation:
    """Ends when nothing was said for long, or when it is told to, but not before what was asked is answered.

    Args:
        silence: Seconds without a word after which it is over.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._unanswered: set[RequestId] = set()
        self.waiting = anyio.CancelScope()
        """Around the wait for the next message."""

    def heard(self, said: Any) -> None:
        """Take note of what the host said."""
        match said.message if isinstance(said, SessionMessage) else None:
            case JSONRPCRequest(id=asked, method=method) if method != LISTEN:
                self._unanswered.add(asked)
            case JSONRPCNotification(method="notifications/cancelled", params={"requestId": int() | str() as asked}):
                self._unanswered.discard(asked)

    def said(self, said: SessionMessage) -> None:
        """Take note of what the host was told."""
        if isinstance(said.message, JSONRPCResponse | JSONRPCError) and said.message.id is not None:
            self._unanswered.discard(said.message.id)
        self.wait()

    def end(self, pause: float) -> None:
        """End as soon as everything is answered and nothing more is said for some seconds."""
        self._silence = pause
        self.wait()

    def wait(self) -> None:
        """Say how long to wait for the next message from now on."""
        self.waiting.deadline = math.inf if self._unanswered else anyio.current_time() + self._silence


class Heard:
    """What a host says, until the conversation is over.

    Args:
        stream: What it says.
        conversation: The conversation.
    """

    def __init__(self, stream: Any, conversation: Conversation) -> None:
        self._stream = stream
        self._conversation = conversation

    @property
    def last_context(self) -> Context | None:
        """Who said the last message, as the SDK keeps it."""
        context: Context | None = self._stream.last_context
        return context

    async def receive(self) -> Any:
        """The next message.

        Raises:
            EndOfStream: There is none any more.
        """
        with anyio.CancelScope() as self._conversation.waiting:
            self._conversation.wait()
            said = await self._stream.receive()
            self._conversation.heard(said)
            return said
        raise anyio.EndOfStream

    async def aclose(self) -> None:
        """Listen no more."""
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.aclose()


class Told:
    """What a host is told.

    Args:
        stream: Tells it.
        conversation: The conversation.
    """

    def __init__(self, stream: Any, conversation: Conversation) -> None:
        self._stream = stream
        self._conversation = conversation

    async def send(self, said: SessionMessage) -> None:
        """Tell the host something."""
        await self._stream.send(said)
        self._conversation.said(said)

    async def aclose(self) -> None:
        """Tell it nothing more."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.aclose()
