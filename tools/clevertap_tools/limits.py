"""How many requests may be in flight: CleverTap counts them per account and path (reference: data 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

CONCURRENCY = 3
UPLOAD_PATH = "/1/upload"
MOST_UPLOADS = 15
"""Simultaneous requests that CleverTap allows on /1/upload; 3 on every other path (reference: data 2.1)."""


class Families:
    """Places per path: CleverTap counts simultaneous requests per account and API."""

    def __init__(self, uploads: int) -> None:
        self._uploads = uploads
        self._limits: dict[str, anyio.CapacityLimiter] = {}

    @asynccontextmanager
    async def place(self, family: str) -> AsyncIterator[None]:
        """A place among the requests in flight on one path; waits until there is one."""
        size = self._uploads if family == UPLOAD_PATH else CONCURRENCY
        limit = self._limits.setdefault(family, anyio.CapacityLimiter(size))
        try:
            async with limit:
                yield
        finally:
            # Paths of the proxy tool are without number: forget those that nobody uses.
            used = limit.statistics()
            if not used.borrowed_tokens and not used.tasks_waiting:
                self._limits.pop(family, None)
