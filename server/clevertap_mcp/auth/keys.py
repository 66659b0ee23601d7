"""The keys of an authorization server: fetched when they are needed, kept for a while, renewed when it changes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio

from clevertap_mcp.auth.issuer import IssuerError, KeySource
from clevertap_mcp.auth.key import Key

log = logging.getLogger(__name__)

FRESH = 600.0
"""Seconds for which keys are taken as they are."""
USABLE = 3600.0
"""Seconds for which keys are used while no newer ones can be had."""
PAUSE = 30.0
"""Seconds between two fetches, whatever tokens come: strangers can make up as many as they like."""
NEVER = float("-inf")

Clock = Callable[[], float]
T = TypeVar("T")


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

    async def tried(self, attempt: Callable[[Key], T | None]) -> T | None:
        """What comes of an attempt with the first key that it succeeds with; None if there is no such key.

        Before that the keys are fetched anew: an issuer can change one and leave its name, or give it none. Keys that
        are merely old are used while somebody else fetches newer ones.

        Args:
            attempt: What is tried; it fails with None.
        """
        made = self._made(attempt)
        if self._due(made) and not (self._one_at_a_time.locked() and made is not None):
            async with self._one_at_a_time:
                made = self._made(attempt)  # with what somebody else may have fetched meanwhile
                if self._due(made):
                    await self._renew()
                    made = self._made(attempt)
        return made

    def _made(self, attempt: Callable[[Key], T | None]) -> T | None:
        return next((made for key in self._usable() if (made := attempt(key)) is not None), None)

    def _due(self, made: object) -> bool:
        """Whether the keys should be fetched, by what those that we have made of a token."""
        now = self._clock()
        return now - self._tried >= PAUSE and (now - self._fetched >= FRESH or made is None)

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
