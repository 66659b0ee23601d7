"""The seal on what travels with a question to a host and back, which every replica can break that shares a store."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.request_state import AESGCMRequestStateCodec, RequestStateSecurity

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.store import Store

KEY = "questions:seal"
YEAR = 365 * 86_400.0
"""Seconds; replicas that are started later than that after the first no longer know its seal."""


class SharedSeal:
    """Seals as the SDK does, with a key that is kept in a store.

    Until the store has told the key, one of this process's own is used: without the store nobody is asked anything.

    Args:
        store: Where the key is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._codec = AESGCMRequestStateCodec([secrets.token_bytes()])
        self._known = False

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Learn the key before anything is sealed or unsealed: as a middleware of the SDK's."""
        await self.learn()
        return await call_next(ctx)

    @property
    def security(self) -> RequestStateSecurity:
        """What the SDK wants to be told."""
        return RequestStateSecurity(codec=self)

    async def learn(self) -> None:
        """Learn the key that all share, if it is not known yet and the store is there."""
        if self._known:
            return
        with suppress(StoreGoneError):
            self._codec = AESGCMRequestStateCodec([await self._key()])
            self._known = True

    async def _key(self) -> bytes:
        key = secrets.token_bytes()
        while not await self._store.add(KEY, key, YEAR):
            if (shared := await self._store.get(KEY)) is not None:
                return shared
        return key

    def seal(self, payload: bytes) -> str:
        """See the SDK's `RequestStateCodec`."""
        return self._codec.seal(payload)

    def unseal(self, token: str) -> bytes:
        """See the SDK's `RequestStateCodec`.

        Raises:
            InvalidRequestState: It was not sealed with this key.
        """
        return self._codec.unseal(token)
