"""The limit on requests in flight, counted among all processes that work the same project.

A place is a lease: whoever has it renews it while its request is in flight, and the place of one that was killed comes
back by itself. Places of this process come first, so at most as many of its requests stand before the store as could
ever have a place.
"""

from __future__ import annotations

import random as chance
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import Any, NoReturn

import anyio

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.store import Store
from clevertap_tools.limits import Families

LEASE = 10.0
"""Seconds after which the place of a process that was killed comes back."""
RENEWAL = 3.0
"""Seconds between two renewals."""
SHORTEST_WAIT = 0.005
LONGEST_WAIT = 0.1
"""Seconds between two attempts to get a place."""


class SharedPlaces:
    """See `clevertap_tools.limits.Limits`. With the store gone there are as many places as this process has alone.

    Args:
        families: The places of this process.
        store: Where the places of all are.
        project: What the keys of the project begin with.
        sleep: Waits for some seconds.
        random: A number from 0 to 1.
    """

    def __init__(
        self,
        families: Families,
        store: Store,
        project: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._families = families
        self._store = store
        self._project = project
        self._sleep = sleep
        self._random = random

    @asynccontextmanager
    async def place(self, family: str) -> AsyncIterator[None]:
        """A place among the requests in flight on one path; waits until there is one."""
        # A path of the proxy tool can hold anything, so it stands in no key.
        key = f"{self._project}:place:{sha256(family.encode()).hexdigest()}"
        holder, places = secrets.token_hex(8), self._families.size(family)
        async with self._families.place(family):
            try:
                await self._take(key, holder, places)
                async with beside(lambda: self._keep(key, holder, places)):
                    yield
            finally:  # also of one whose answer was lost
                with anyio.CancelScope(shield=True), suppress(StoreGoneError):
                    await self._store.release(key, holder)

    async def _take(self, key: str, holder: str, places: int) -> None:
        """Wait for a place, in steps that grow and are never quite the same for two who wait."""
        wait = SHORTEST_WAIT
        with suppress(StoreGoneError):
            while not await self._store.lease(key, holder, places, LEASE):
                await self._sleep(wait * (0.5 + self._random()))
                wait = min(2 * wait, LONGEST_WAIT)

    async def _keep(self, key: str, holder: str, places: int) -> NoReturn:
        """Keep a place for as long as it is needed."""
        while True:
            await self._sleep(RENEWAL)
            with suppress(StoreGoneError):
                await self._store.lease(key, holder, places, LEASE)


@asynccontextmanager
async def beside(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Let some work go on beside what is done within, and end with it."""
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(work)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised below, outside of the group, which would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
