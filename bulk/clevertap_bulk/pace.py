"""How many requests may be in flight at once: fewer when CleverTap says that there are too many, then slowly more.

CleverTap counts all clients of an account together, so the limit that it publishes is not always there to be had
(reference: data 2.1).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

PATIENCE = 20
"""Good answers in a row after which one more request is tried."""


class Pace:
    """How many requests are allowed: half as many after a 429, one more after some good answers; no I/O here.

    Args:
        limit: The most that are ever allowed.
        patience: Good answers in a row after which one more is allowed.
    """

    def __init__(self, limit: int, patience: int = PATIENCE) -> None:
        self.allowed = self._limit = limit
        self._patience = patience
        self._good = 0
        self._echoes = 0

    def answered(self) -> None:
        """A request was answered, whatever the answer says about its records."""
        self._echoes = max(0, self._echoes - 1)
        self._good += 1
        if self._good >= self._patience and self.allowed < self._limit:
            self.allowed += 1
            self._good = 0

    def throttled(self, flying: int) -> None:
        """A request met a 429.

        Args:
            flying: How many were in flight, this one among them. The others may meet the same 429, which is then no
                news.
        """
        self._good = 0
        if self._echoes:
            self._echoes -= 1
            return
        self.allowed = max(1, self.allowed // 2)
        self._echoes = flying - 1


class Places:
    """The places that a pace allows; whoever wants to send waits for one.

    Args:
        pace: How many there are at the moment.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.taken = 0
        self._freed = anyio.Condition()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place to send from; waits until there is one."""
        async with self._freed:
            while self.taken >= self.pace.allowed:
                await self._freed.wait()
            self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            with anyio.CancelScope(shield=True):
                async with self._freed:
                    self._freed.notify_all()

    def answered(self) -> None:
        """See `Pace`."""
        self.pace.answered()

    def throttled(self) -> None:
        """See `Pace`."""
        self.pace.throttled(self.taken)
