"""A store of one process, gone with it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from clevertap_mcp.store.store import MOST_VALUES, kind


@dataclass(slots=True)
class Until:
    """Something that is kept until a moment on the store's clock."""

    value: bytes
    until: float


@dataclass(slots=True)
class Figure:
    """An amount that was spent, and the moment at which it is forgotten."""

    amount: int
    until: float


class MemoryStore:
    """See `Store`; nothing in here waits, so every operation is atomic.

    Args:
        clock: Seconds that only go forward.
        most: How many values a kind of key has at most.
    """

    shared = False
    gone = False

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_VALUES) -> None:
        self._clock = clock
        self._most = most
        self._kinds: dict[str, OrderedDict[str, Until]] = {}
        self._leases: dict[str, dict[str, float]] = {}
        self._figures: dict[str, Figure] = {}

    async def get(self, key: str) -> bytes | None:
        """See `Store`."""
        return self._value(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        self._set(key, value, seconds)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        if self._value(key) is not None:
            return False
        self._set(key, value, seconds)
        return True

    async def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """See `Store`."""
        if self._value(key) != old:
            return False
        self._set(key, new, seconds)
        return True

    async def drop(self, key: str) -> None:
        """See `Store`."""
        self._forget(key)

    async def lease(self, key: str, holder: str, places: int, seconds: float) -> bool:
        """See `Store`."""
        now = self._clock()
        held = {who: until for who, until in self._leases.get(key, {}).items() if until > now}
        has_one = holder in held or len(held) < places
        if has_one:
            held[holder] = now + seconds
        self._leases[key] = held
        return has_one

    async def release(self, key: str, holder: str) -> None:
        """See `Store`."""
        held = self._leases.get(key, {})
        held.pop(holder, None)
        if not held:
            self._leases.pop(key, None)

    async def spend(self, key: str, amount: int, most: int, seconds: float) -> int | None:
        """See `Store`."""
        now = self._clock()
        for old in [name for name, figure in self._figures.items() if figure.until <= now]:
            del self._figures[old]
        figure = self._figures.get(key, Figure(0, now + seconds))
        if amount >= 0 and figure.amount + amount > most:
            return None
        figure.amount = max(figure.amount + amount, 0)
        self._figures[key] = figure
        return figure.amount

    async def check(self) -> None:
        """See `Store`."""

    async def close(self) -> None:
        """See `Store`."""

    def _value(self, key: str) -> bytes | None:
        same = self._kinds.get(kind(key))
        entry = same.get(key) if same else None
        return entry.value if entry and entry.until > self._clock() else None

    def _set(self, key: str, value: bytes, seconds: float) -> None:
        self._forget(key)
        if seconds <= 0:
            return
        now = self._clock()
        same = self._kinds.setdefault(kind(key), OrderedDict())
        same[key] = Until(value, now + seconds)
        while len(same) > self._most or next(iter(same.values())).until <= now:
            same.popitem(last=False)

    def _forget(self, key: str) -> None:
        same = self._kinds.get(kind(key), OrderedDict())
        same.pop(key, None)
        if not same:
            self._kinds.pop(kind(key), None)
