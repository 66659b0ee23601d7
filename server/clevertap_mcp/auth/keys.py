"""The keys of an authorization server: fetched when they are needed, kept for a while, renewed when it changes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import anyio

from clevertap_mcp.auth.issuer import IssuerError, KeySource
from clevertap_mcp.auth.key import Key

log = logging.getLogger(__name__)

FRESH = 600.0
"""Seconds for which keys are taken as they are."""
USABLE = 3600.0
"""Seconds for which keys are used while no newer ones can be had."""
PAUSE = 30.0
"""Seconds between two fetches, whatever keys are asked for: strangers can make up as many as they like."""
NEVER = float("-inf")

Clock = Callable[[], float]


class Keys:
    """The keys that tokens of an issuer may be signed with.

    Args:
        source: Where they are fetched.
        clock: Seconds that never run backwards.
    """

    def __init__(self, source: KeySource, clock: Clock = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._fetched = self._tried = NEVER
        self._one_at_a_time = anyio.Lock()

    async def key(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names, if it fits the algorithm; a token that names none has the only one that fits.

        Keys that are merely old are used while somebody else fetches newer ones.
        """
        if self._due(kid) and not (self._one_at_a_time.locked() and self._knows(kid)):
            async with self._one_at_a_time:
                if self._due(kid):
                    await self._renew()
        fitting = [key for key in self._usable() if key.fits(algorithm) and kid in (None, key.kid)]
        return fitting[0] if len(fitting) == 1 else None

    def _due(self, kid: str | None) -> bool:
        """Whether the keys should be fetched for a token that names this one."""
        now = self._clock()
        return now - self._tried >= PAUSE and (now - self._fetched >= FRESH or not self._knows(kid))

    def _knows(self, kid: str | None) -> bool:
        return any(kid in (None, key.kid) for key in self._usable())

    def _usable(self) -> Sequence[Key]:
        return self._keys if self._clock() - self._fetched < USABLE else ()

    async def _renew(self) -> None:
        """Fetch the keys; those that we have stay if that fails."""
        try:
            self._keys = await self._source()
        except IssuerError as error:
            kept = "those fetched before are used for now" if self._usable() else "nobody with its tokens gets in"
            log.warning("The keys of the authorization server cannot be had: %s; %s.", error, kept)
        else:
            self._fetched = self._clock()
        # Not where the fetch was cancelled: whoever hangs up would keep everybody else waiting.
        self._tried = self._clock()
