"""The tool calls that are going on, so that a server that stops can end each of them with an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from clevertap_mcp.room import kept
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError

T = TypeVar("T")


class StoppingError(CleverTapError):
    """This server was told to stop, and the call was not done in time.

    Args:
        harmless: Whether the call could only read.
    """

    code = "stopping"
    quotes = False

    def __init__(self, *, harmless: bool) -> None:
        super().__init__(
            "This server is stopping and has given this call up.",
            next_step="Try again in a minute."
            if harmless
            else "Do not repeat it blindly: look first whether it took effect.",
        )
        self.changed = "no" if harmless else "unknown"


class RunningCalls:
    """What is going on, whichever way it came in."""

    def __init__(self) -> None:
        self._scopes: set[anyio.CancelScope] = set()

    def __len__(self) -> int:
        return len(self._scopes)

    async def until_given_up(self, work: Callable[[], Awaitable[T]], effects: Callable[[], frozenset[Effect]]) -> T:
        """What comes of some work.

        Args:
            work: The work.
            effects: What it may do, asked if it is given up.

        Raises:
            StoppingError: It was given up.
        """
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                async with kept():
                    return await work()
            finally:
                self._scopes.discard(scope)
        raise StoppingError(harmless=effects() == {Effect.READ})

    def give_up(self) -> None:
        """End what is going on; whoever waits for it is told."""
        for scope in tuple(self._scopes):
            scope.cancel()
