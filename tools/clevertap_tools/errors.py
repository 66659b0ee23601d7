"""Everything this package raises, as one tree.

CleverTapError
├── RejectedError               the request is wrong; sending it again cannot help
│   ├── ConfigurationError      a setting is missing or malformed
│   ├── InvalidArgumentsError   refused here, before anything left
│   ├── NotAllowedError         the operator has not allowed this effect
│   ├── InvalidRequestError     refused by CleverTap
│   └── CredentialsError        account id, passcode or region
├── IncompleteError             some of many records were not accepted; figures come with it
└── UnavailableError            the request may be right; sending it again may help
    ├── UnreachableError        it never left: no connection
    ├── RateLimitedError        too many requests at once; nothing was taken in
    ├── ServiceError            CleverTap failed (5xx)
    ├── UnreadableAnswerError   an answer that is not CleverTap's
    ├── RedirectedError         an answer that points elsewhere
    ├── LostAnswerError         the connection broke before the answer was complete
    ├── DeadlineError           the time for this call ran out
    ├── NotReadyError           CleverTap is still computing; carries the `req_id` to ask again with
    └── OutcomeUnknownError     something may have changed: the answer was lost after the request had left
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Changed = Literal["no", "unknown", "partly"]


class CleverTapError(Exception):
    """The root: what happened, whether anything changed on CleverTap, and what to try next."""

    code: ClassVar[str] = "error"
    """The machine's word for this error, the same in every release."""
    changed: Changed = "no"
    """Whether anything changed on CleverTap."""
    next_step: ClassVar[str] = ""
    """What to try next when the raiser knows nothing better."""
    quotes: ClassVar[bool] = True
    """Whether the message may repeat what CleverTap or its customers wrote; False where all of it is our own."""

    def __init__(self, message: str, *, field: str | None = None, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.next = next_step or self.next_step

    def told(self) -> dict[str, str]:
        """The error as programs and agents read it; what there is nothing to say about is absent."""
        said = {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "changed": self.changed,
            "next": self.next,
        }
        return {name: value for name, value in said.items() if value}


class RejectedError(CleverTapError):
    """The request is wrong; sending it again cannot help."""

    code = "rejected"


class ConfigurationError(RejectedError):
    """A setting is missing or malformed. The message names the variable, never its value."""

    code = "configuration"
    quotes = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the arguments: the field, what is wrong and what would be right."""

    field: str
    message: str


class InvalidArgumentsError(RejectedError):
    """Arguments refused here, before anything left; one line for each problem."""

    code = "invalid_arguments"
    quotes = False
    next_step = "Correct these arguments and call again. Nothing was sent."

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems), field=problems[0].field)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, message: str) -> InvalidArgumentsError:
        """The usual case: one problem."""
        return cls([Problem(field, message)])


class NotAllowedError(RejectedError):
    """The operator has not allowed what this call would do."""

    code = "not_allowed"
    quotes = False


class InvalidRequestError(RejectedError):
    """CleverTap refused the request; `status` is its HTTP status, 200 among them."""

    code = "refused_by_clevertap"
    next_step = "Correct the request; sending it again unchanged will be refused again."

    def __init__(self, message: str, *, status: int, field: str | None = None, next_step: str | None = None) -> None:
        super().__init__(message, field=field, next_step=next_step)
        self.status = status


class CredentialsError(RejectedError):
    """CleverTap does not know this account id and passcode in this region (HTTP 401)."""

    code = "credentials"
    status: ClassVar[int] = 401


class IncompleteError(CleverTapError):
    """Some of many records were not accepted; the result's figures say which."""

    code = "incomplete"

    def __init__(self, message: str, *, changed: Changed, next_step: str) -> None:
        super().__init__(message, next_step=next_step)
        self.changed = changed


class UnavailableError(CleverTapError):
    """The request may be right; sending it again may help."""

    code = "unavailable"
    next_step = "Try again in a minute."
    taken: bool = True
    """Whether CleverTap may have taken the request in before this happened."""
    lasting: ClassVar[bool] = False
    """Whether the same request would only meet the same again."""
    retry_after: float | None = None
    """How many seconds CleverTap asked us to wait, if it did."""


class UnreachableError(UnavailableError):
    """No connection could be made; the request never left."""

    code = "unreachable"
    quotes = False
    taken = False


class RateLimitedError(UnavailableError):
    """Too many requests at once (HTTP 429); nothing was taken in."""

    code = "rate_limited"
    taken = False
    status: ClassVar[int] = 429

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceError(UnavailableError):
    """CleverTap failed (HTTP 5xx)."""

    code = "service_error"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnreadableAnswerError(UnavailableError):
    """The answer is not CleverTap's: a web page, half a JSON text, nothing at all."""

    code = "unreadable_answer"


class RedirectedError(UnavailableError):
    """The answer points elsewhere, where passcodes do not follow; the request may have been carried out."""

    code = "redirected"
    quotes = False
    lasting = True
    next_step = "Check the base URL: CleverTap's own hosts do not redirect."


class LostAnswerError(UnavailableError):
    """The connection broke, or stayed silent too long, before the answer was complete."""

    code = "lost_answer"
    quotes = False


class DeadlineError(UnavailableError):
    """The time for this call ran out; `taken` tells whether the request had left."""

    code = "deadline"
    quotes = False
    taken = False

    def __init__(self, message: str, *, next_step: str | None = None, taken: bool = False) -> None:
        super().__init__(message, next_step=next_step)
        self.taken = taken


class NotReadyError(UnavailableError):
    """CleverTap is still computing; `req_id` asks for the same figure again without starting over."""

    code = "not_ready"
    taken = False

    def __init__(self, message: str, *, req_id: str) -> None:
        super().__init__(message, next_step=f"Call the same tool again with req_id={req_id!r} in a minute.")
        self.req_id = req_id


class OutcomeUnknownError(UnavailableError):
    """The answer was lost after the request had left; it was not sent again."""

    code = "outcome_unknown"
    changed = "unknown"
    next_step = "Do not repeat it blindly: look first whether it took effect."
