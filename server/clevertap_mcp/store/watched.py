"""A store as the rest of the server has it: whether it is gone is known, and nobody waits for it twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.store import Store

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

REST = 1.0
"""Seconds for which a store that has failed is not asked again, so that calls do not queue up before it."""
SILENCE = 60.0
"""Seconds between two lines of the log that say the same."""


class WatchedStore:
    """See `Store`. Once a store has failed, one operation a second finds out whether it is back; no other waits for it.

    Args:
        store: The store.
        clock: Seconds that only go forward.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._failed = float("-inf")
        self._told = float("-inf")
        self._gone = False
        self._probing = False

    @property
    def shared(self) -> bool:
        """See `Store`."""
        return self._store.shared

    @property
    def gone(self) -> bool:
        """See `Store`."""
        return self._gone

    async def get(self, key: str) -> bytes | None:
        """See `Store`."""
        return await self._asked(self._store.get, key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        await self._asked(self._store.put, key, value, seconds)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        return await self._asked(self._store.add, key, value, seconds)

    async def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """See `Store`."""
        return await self._asked(self._store.swap, key, old, new, seconds)

    async def drop(self, key: str) -> None:
        """See `Store`."""
        await self._asked(self._store.drop, key)

    async def lease(self, key: str, holder: str, places: int, seconds: float) -> bool:
        """See `Store`."""
        return await self._asked(self._store.lease, key, holder, places, seconds)

    async def release(self, key: str, holder: str) -> None:
        """See `Store`."""
        await self._asked(self._store.release, key, holder)

    async def spend(self, key: str, amount: int, most: int, seconds: float) -> int | None:
        """See `Store`."""
        return await self._asked(self._store.spend, key, amount, most, seconds)

    async def check(self) -> None:
        """See `Store`."""
        await self._asked(self._store.check)

    async def close(self) -> None:
        """See `Store`."""
        await self._store.close()

    async def _asked(self, operation: Callable[P, Awaitable[T]], *given: P.args, **named: P.kwargs) -> T:
        if not self._gone:
            return await self._attempted(operation, *given, **named)
        if self._probing or self._clock() - self._failed < REST:
            raise StoreGoneError
        self._probing = True
        try:
            answer = await self._attempted(operation, *given, **named)
        finally:
            self._probing = False
        self._gone = False
        log.warning("The store (CLEVERTAP_STORE_URL) answers again.")
        return answer

    async def _attempted(self, operation: Callable[P, Awaitable[T]], *given: P.args, **named: P.kwargs) -> T:
        try:
            return await operation(*given, **named)
        except StoreGoneError as error:
            self._failed, self._gone = self._clock(), True
            self._tell(error.__cause__)
            raise

    def _tell(self, cause: BaseException | None) -> None:
        """Say it in the log, but not with every call; what the failure says itself could hold a password."""
        if self._clock() - self._told < SILENCE:
            return
        self._told = self._clock()
        log.warning(
            "The store (CLEVERTAP_STORE_URL) cannot be reached (%s): limits are counted by this process alone, walks "
            "go on from what it remembers itself, and nothing is sent.",
            type(cause).__name__,
        )
