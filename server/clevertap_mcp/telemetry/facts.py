"""What is known of the call at hand, written down by whoever learns it and read by logs, spans and metrics alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter

from clevertap_mcp.trail.quota import Outcome
from clevertap_tools.errors import CleverTapError

OTHER = "other"
"""What stands for a name that somebody else has made up."""
PLANNED, ASKED = "planned", "asked"
"""What a call can end with beside the outcomes that the audit log knows."""


@dataclass(slots=True)
class Facts:
    """One tool call as far as it has come.

    Args:
        request: What the call is known by in the log and in its span; made here, it says nothing of the client's.
        caller: Who calls, by the name that the audit log uses.
        tool: The tool that does it; `other` until it is known to be one of ours.
        trace: The trace that the call belongs to, empty without one.
        account: The account by its name here, empty until it is known or where there is only one.
        effect: What it does, empty until that is known.
        outcome: What came of it.
        code: The code of the error, empty without one.
        attempts: How often CleverTap was asked something for it.
        thinking: Seconds that a person was asked for.
        clock: Tells seconds.
    """

    request: str = ""
    caller: str = ""
    tool: str = OTHER
    trace: str = ""
    account: str = ""
    effect: str = ""
    outcome: str = Outcome.DONE
    code: str = ""
    attempts: int = 0
    thinking: float = 0.0
    clock: Callable[[], float] = perf_counter

    def meant(self, tool: str, account: str) -> None:
        """Note which tool of ours does it, also where another one was asked to run it, and at which account."""
        self.tool, self.account = tool, account

    def ended(self, outcome: str, code: str = "") -> None:
        """Note what came of it."""
        self.outcome, self.code = outcome, code

    def stopped_by(self, error: CleverTapError) -> None:
        """Note what stood in the way."""
        self.ended(Outcome.of(error), error.code)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Count the time within as a person's, not as ours."""
        began = self.clock()
        try:
            yield
        finally:
            self.thinking += self.clock() - began


AT_HAND: ContextVar[Facts | None] = ContextVar("call", default=None)


def known() -> Facts | None:
    """What is known of the call at hand; None outside of one."""
    return AT_HAND.get()


def facts() -> Facts:
    """The same to write to; outside of a call it is a sheet that nobody reads."""
    return AT_HAND.get() or Facts()
