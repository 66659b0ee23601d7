"""The day's sends, counted in a store that replicas share: each has a trail of its own and knows only its own sends."""

from __future__ import annotations

import logging

import anyio

from clevertap_mcp.refusals import SpentError, StoreGoneError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.trail.quota import Quota, stamp

log = logging.getLogger(__name__)

TWO_DAYS = 172_800.0
UNBOUNDED = 1 << 50


class Allowance:
    """What all replicas together may still send.

    Args:
        store: Where it is counted; one that nobody shares counts nothing, for the trail does.
        project: What the keys of the project begin with.
    """

    def __init__(self, store: Store | None = None, project: str = "") -> None:
        self._store = store or MemoryStore()
        self._project = project

    async def check(self) -> None:
        """Make sure that what was confirmed and done can be known.

        Raises:
            StoreGoneError: It cannot.
        """
        await self._store.check()

    async def take(self, quota: Quota | None) -> None:
        """Count sends that are about to be made.

        Raises:
            SpentError: There is no room for them.
            StoreGoneError: They cannot be counted.
        """
        if quota is None or not self._store.shared:
            return
        if await self._store.spend(self._key(quota), quota.wanted, quota.most, TWO_DAYS) is None:
            used = await self._store.spend(self._key(quota), 0, UNBOUNDED, TWO_DAYS)
            raise SpentError(used or 0, quota.most, stamp(quota.since), quota.wanted)

    async def give_back(self, quota: Quota | None) -> None:
        """Take back what turned out to have sent nothing; with the store gone it stays counted."""
        if quota is None or not self._store.shared:
            return
        try:
            with anyio.CancelScope(shield=True):
                await self._store.spend(self._key(quota), -quota.wanted, quota.most, TWO_DAYS)
        except StoreGoneError:
            log.error("The store counts a send that was none.")  # noqa: TRY400 - nothing else is known of it

    def _key(self, quota: Quota) -> str:
        return f"{self._project}:sends:{int(quota.since)}"
