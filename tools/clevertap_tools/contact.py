"""When CleverTap was last heard of."""

from __future__ import annotations

import math
from collections.abc import Callable


class Contact:
    """Remembers the last answer, whatever it said.

    Args:
        clock: The time of day in epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = -math.inf

    def made(self) -> None:
        """Note that an answer came."""
        self._last = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last answer; without end if there was none."""
        return self._clock() - self._last
