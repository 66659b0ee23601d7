"""What the guard says when it lets something not happen.

NotAllowedError (the operator's access excludes it)
├── NotConfirmedError   nobody said yes, or nobody can be asked
├── PlanRefusedError    the plan does not fit what it is used for
├── OverCapError        more than the operator's caps let through
└── RepeatedError       the same was done, or begun, within the hour
"""

from __future__ import annotations

from clevertap_tools.errors import NotAllowedError


class NotConfirmedError(NotAllowedError):
    """Nobody said yes, or nobody can be asked."""

    code = "not_confirmed"


class PlanRefusedError(NotAllowedError):
    """The plan is unknown, used, too old, or was made for something else."""

    code = "plan_refused"
    next_step = "Call again without 'plan' to get a new one, and show it to the person before you use it."

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message, field="plan", next_step=next_step)


class OverCapError(NotAllowedError):
    """More than the operator's caps let through; the message has the figures."""

    code = "over_cap"


class RepeatedError(NotAllowedError):
    """The same was begun within the hour, and nobody knows how it ended."""

    code = "repeated"
