"""How many requests may be in flight: CleverTap counts them per account and path (reference: data 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio

CONCURRENCY = 3
UPLOAD_PATH = "/1/upload"
MOST_UPLOADS = 15
"""Simultaneous requests that CleverTap allows on /1/upload; 3 on every other path (reference: data 2.1)."""


class Limits(Protocol):
    """Whoever counts the requests in flight."""

    def place(self, family: str) -> AbstractAsyncContextManager[None]:
        """A place among the requests in flight on one path; waits until there is one."""


class Families:
    """Places per path: CleverTap counts simultaneous requests per account and API.

    Args:
        uploads: Simultaneous uploads, 1 to 15.
    """

    def __init__(self, uploads: int) -> None:
        self._uploads = uploads
        self._limits: dict[str, anyio.Semaphore] = {}

    def size(self, family: str) -> int:
        """How many requests may be in flight on one path."""
        return self._uploads if family == UPLOAD_PATH else CONCURRENCY

    @asynccontextmanager
    async def place(self, family: str) -> AsyncIterator[None]:
        """A place among the requests in flight on one path; waits until there is one."""
        size = self.size(family)
        limit = self._limits.get(family)
        if limit is None:
            limit = self._limits[family] = anyio.Semaphore(size, fast_acquire=True)
        try:
            async with limit:
                yield
        finally:
            # Paths of the proxy tool are without number: forget those that nobody uses.
            if limit.value == size:
                self._limits.pop(family, None)
