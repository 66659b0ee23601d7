"""When a failed request is sent again, and after how long; no I/O here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnavailableError

ATTEMPTS = 4
FIRST_WAIT = 1.0
LONGEST_RETRY_AFTER = 30.0
"""Seconds; whoever asks us to wait longer gets no further attempt within this call."""


class RetryBudget:
    """A purse for retries, shared by all calls to one account, so that an outage does not multiply the load.

    Every request pays a little in, every retry takes one out: in the long run retries stay below `share` of the
    requests, with a `reserve` for a burst.
    """

    def __init__(self, *, share: float = 0.2, reserve: float = 10.0) -> None:
        self._share = share
        self._reserve = reserve
        self._left = reserve

    def pay_in(self) -> None:
        """A request goes out for the first time."""
        self._left = min(self._reserve, self._left + self._share)

    def take(self) -> bool:
        """Whether one more retry can be afforded; if so it is taken."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retry by effect, with full jitter.

    Args:
        budget: The account's purse.
        random: A number from 0 to 1, drawn anew for each wait.
    """

    budget: RetryBudget
    random: Callable[[], float]

    def wait(self, effect: Effect, attempt: int, error: UnavailableError, time_left: float) -> float | None:
        """Seconds until the next attempt: what CleverTap asked for, else anything up to a doubling bound.

        Args:
            effect: What the request does.
            attempt: How many were made, 1 or more.
            error: Why the last one failed.
            time_left: Seconds until the call has to end.

        Returns:
            None if there shall be no other attempt: it could do harm, there were enough of them, CleverTap asked to
            wait longer than there is time, or the purse is empty.
        """
        asked = error.retry_after
        too_long = asked is not None and asked > min(LONGEST_RETRY_AFTER, time_left)
        if not may_repeat(effect, error) or attempt >= ATTEMPTS or too_long or not self.budget.take():
            return None
        return self.random() * FIRST_WAIT * 2.0 ** (attempt - 1) if asked is None else asked


def may_repeat(effect: Effect, error: UnavailableError) -> bool:
    """Whether another attempt may help, and does no harm if this one was taken in."""
    return not error.lasting and (effect.repeatable or not error.taken)
