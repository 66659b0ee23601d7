"""What the guard says when it lets something not happen.

RejectedError
├── TrailError              it cannot be written down, so it is not done
├── StoreGoneError          what this server remembers cannot be reached, so nothing is sent
└── NotAllowedError         the operator's access excludes it
    ├── NotConfirmedError   nobody said yes, or nobody can be asked
    ├── PlanRefusedError    the plan does not fit what it is used for
    ├── OverCapError        more than the operator's caps let through
    ├── SpentError          as many sends as a day may have were made
    └── RepeatedError       the same was begun within the hour, and nobody knows how it ended
"""

from __future__ import annotations

from clevertap_tools.errors import NotAllowedError, RejectedError


class TrailError(RejectedError):
    """The audit log cannot be written, so nothing is done."""

    code = "audit"
    quotes = False

    @classmethod
    def unwritable(cls, reason: str) -> TrailError:
        """The system does not let us write."""
        return cls(
            f"The audit log (CLEVERTAP_AUDIT_LOG) cannot be written: {reason}.",
            next_step="Nothing was done. The operator of this server must see to it that the log can be written.",
        )

    @classmethod
    def damaged(cls, reason: str) -> TrailError:
        """The log is not as it was written."""
        return cls(
            f"The audit log (CLEVERTAP_AUDIT_LOG) is damaged: {reason}",
            next_step="Nothing was done. The operator of this server should run `clevertap-mcp audit verify`; to begin "
            "a new log, move the log and its .head file away and restart the server.",
        )


class StoreGoneError(RejectedError):
    """What replicas and restarts share cannot be reached."""

    code = "store_gone"
    quotes = False

    def __init__(self) -> None:
        super().__init__(
            "The store (CLEVERTAP_STORE_URL) cannot be reached, so nobody can tell what was confirmed or done already.",
            next_step="Nothing was done. Reading still works; the operator of this server must bring the store back.",
        )


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


class SpentError(NotAllowedError):
    """As many sends as the operator allows have been made.

    Args:
        used: How many.
        most: How many are allowed.
        since: From when on they are counted.
        wanted: How many this call would make.
    """

    code = "sends_spent"

    def __init__(self, used: int, most: int, since: str, wanted: int = 1) -> None:
        call = f", and this call makes {wanted}" if wanted > 1 else ""
        super().__init__(
            f"{used} of {most} sends of this account are used since {since}{call}; nothing was sent.",
            next_step="Wait until the count begins anew, or ask the operator to raise max_sends_per_day "
            "(CLEVERTAP_MAX_SENDS_PER_DAY).",
        )


class RepeatedError(NotAllowedError):
    """The same was begun within the hour, and nobody knows how it ended."""

    code = "repeated"
