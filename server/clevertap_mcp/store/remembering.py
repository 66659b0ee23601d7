"""A store with a memory of its own for the time in which it is gone, for what may go on with a part of the truth."""

from __future__ import annotations

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Values

MOST_REMEMBERED = 1_000
"""Values of a kind that this process remembers beside the store."""


class Remembering:
    """Values that are read from a store, and from what this process has written itself as long as that is gone.

    Args:
        store: The store.
    """

    def __init__(self, store: Values) -> None:
        self._store = store
        self._own = MemoryStore(most=MOST_REMEMBERED)

    async def get(self, key: str) -> bytes | None:
        """See `Store`."""
        try:
            return await self._store.get(key)
        except StoreGoneError:
            return await self._own.get(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        await self._own.put(key, value, seconds)
        try:
            await self._store.put(key, value, seconds)
        except StoreGoneError:
            return

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        try:
            added = await self._store.add(key, value, seconds)
        except StoreGoneError:
            return await self._own.add(key, value, seconds)
        if added:
            await self._own.put(key, value, seconds)
        return added
