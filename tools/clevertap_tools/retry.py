"""When a failed request is sent again, and after how long; no I/O here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState

from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnavailableError

ATTEMPTS = 4
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
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

    def worth_repeating(self, effect: Effect) -> Callable[[BaseException], bool]:
        """Which failures of a request with this effect allow another attempt."""

        def judge(error: BaseException) -> bool:
            if not isinstance(error, UnavailableError) or error.lasting:
                return False
            return effect.repeatable or not error.taken

        return judge

    def stop(self, time_left: Callable[[], float]) -> Callable[[RetryCallState], bool]:
        """Whether to give up: enough attempts, asked to wait longer than there is time, or the purse is empty."""

        def judge(state: RetryCallState) -> bool:
            asked = retry_after(state)
            too_long = asked is not None and asked > min(LONGEST_RETRY_AFTER, time_left())
            return state.attempt_number >= ATTEMPTS or too_long or not self.budget.take()

        return judge

    def wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what CleverTap asked for, else anything up to a doubling bound."""
        asked = retry_after(state)
        if asked is not None:
            return asked
        return self.random() * min(LONGEST_WAIT, FIRST_WAIT * 2.0**state.attempt_number)


def retry_after(state: RetryCallState) -> float | None:
    """How long the failure that just happened asks us to wait."""
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, UnavailableError) else None
