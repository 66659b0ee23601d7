"""Why somebody was not let in, for the operator's log; callers are told less."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

SPAN = 60.0
"""Seconds over which lines are counted."""
MOST = 20
"""Lines in that time: strangers can be refused as often as they like."""


class UnfitTokenError(Exception):
    """A token cannot be taken. The message says why in words of our own, and nothing that stands in the token."""


class Refusals:
    """Tells the operator of refusals, each in a line, until there are too many.

    Args:
        clock: Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._count = 0

    def tell(self, message: str) -> None:
        """Tell of one; or later, of how many nothing was told."""
        if self._clock() - self._begun >= SPAN:
            self._begin_anew()
        self._count += 1
        if self._count <= MOST:
            log.info("%s", message)

    def _begin_anew(self) -> None:
        if self._count > MOST:
            log.info("%d more were refused before.", self._count - MOST)
        self._begun, self._count = self._clock(), 0
