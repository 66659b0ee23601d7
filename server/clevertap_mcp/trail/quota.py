"""How many sends an account has made, as the lines of the trail tell it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from clevertap_tools.errors import CleverTapError, UnavailableError


class Outcome(StrEnum):
    """What came of something that was begun."""

    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, error: CleverTapError) -> Outcome:
        """What an error leaves behind."""
        harmless = cls.FAILED if isinstance(error, UnavailableError) else cls.REFUSED
        return {"no": harmless, "partly": cls.PARTLY, "unknown": cls.UNKNOWN}[error.changed]

    @property
    def sent_nothing(self) -> bool:
        """Whether nothing can have left for anybody."""
        return self in (Outcome.REFUSED, Outcome.FAILED)


NOTHING_SENT = "|".join(outcome for outcome in Outcome if outcome.sent_nothing)
OF_SENDS = re.compile(rf'"sends":(true|[1-9])|"outcome":"({NOTHING_SENT})"'.encode())
"""Other lines need not be parsed, which takes longer than to check their seals."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much an account may send.

    Args:
        account: The account.
        most: At most so many sends.
        since: From this moment on, in epoch seconds.
        wanted: How many sends the next line begins.
    """

    account: str
    most: int
    since: float
    wanted: int = 1


class Sends:
    """The sends that the log tells of, without those that are known to have sent nothing."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, str, int]] = {}

    def take(self, line: bytes) -> None:
        """Take a line of the log into account."""
        if not OF_SENDS.search(line):
            return
        match json.loads(line):
            case {"event": "started", "sends": int(sends), "call": str(call), "account": account, "time": moment}:
                self._made[call] = (account, moment, sends)
            case {"event": "done", "call": str(call), "outcome": outcome} if Outcome(outcome).sent_nothing:
                self._made.pop(call, None)

    def count(self, account: str, since: float) -> int:
        """How many an account has made since a moment in epoch seconds."""
        first = stamp(since)
        return sum(sends for sender, moment, sends in self._made.values() if account == sender and moment >= first)


def stamp(moment: float) -> str:
    """A moment as the log writes it: ISO 8601 in UTC to the millisecond, so that texts compare like moments."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
