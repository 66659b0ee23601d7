"""Room for so many calls at once; while a person is asked, a call leaves its place to others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar

import anyio


class Room:
    """Room for calls.

    Args:
        calls: How many go on at once.
        asking: How many may wait for a person beside them; those beyond keep their places.
    """

    def __init__(self, calls: int, asking: int) -> None:
        self.calls = anyio.CapacityLimiter(calls)
        self.asking = anyio.CapacityLimiter(asking)

    @property
    def full(self) -> bool:
        """Whether there is no place left."""
        return self.calls.available_tokens <= 0

    @contextmanager
    def entered(self) -> Iterator[None]:
        """A place for what is done within, and for whatever of it goes on after.

        Raises:
            WouldBlock: There is none.
        """
        place = Place(self)
        place.keep()
        before = AT_HAND.set(place)
        try:
            yield
        finally:
            AT_HAND.reset(before)
            place.leave()


class Place:
    """A place that is taken as long as anybody keeps it: a request, and the call that may go on when it is answered.

    Args:
        room: What it is in.

    Raises:
        WouldBlock: There is none.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._room.calls.acquire_on_behalf_of_nowait(self)
        self._taken = True
        self._keepers = 0

    def keep(self) -> None:
        """Have it taken until it is left again."""
        self._keepers += 1

    def leave(self) -> None:
        """Have it taken no longer, unless others keep it."""
        self._keepers -= 1
        if not self._keepers:
            self._give_back()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Have it taken meanwhile; if it was left before this began, wait for one first."""
        self.keep()
        try:
            if not self._taken:
                await self._take()
            yield
        finally:
            self.leave()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Leave it to others meanwhile, and wait for one after; nobody who comes anew gets in before."""
        try:
            self._room.asking.acquire_on_behalf_of_nowait(self)
        except anyio.WouldBlock:
            yield
            return
        self._give_back()
        try:
            yield
        finally:
            self._room.asking.release_on_behalf_of(self)
            await self._take()

    async def _take(self) -> None:
        await self._room.calls.acquire_on_behalf_of(self)
        self._taken = True

    def _give_back(self) -> None:
        if self._taken:
            self._taken = False
            self._room.calls.release_on_behalf_of(self)


AT_HAND: ContextVar[Place | None] = ContextVar("place", default=None)


def kept() -> AbstractAsyncContextManager[None]:
    """Have the place at hand taken meanwhile."""
    place = AT_HAND.get()
    return place.kept() if place else nullcontext()


def lent() -> AbstractAsyncContextManager[None]:
    """Leave the place at hand to others meanwhile."""
    place = AT_HAND.get()
    return place.lent() if place else nullcontext()
