"""Days and moments as people write them, in the project's time zone (reference: data 4.2 and 7.5).

CleverTap names days by the project's zone and never says which zone that is. Without it nothing here guesses: relative
days and moments without an offset are refused, and exported moments stay local times without an offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from clevertap_tools.errors import InvalidArgumentsError

if TYPE_CHECKING:
    from clevertap_tools.account import Account

PLAIN_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
RELATIVE_DAY = re.compile(r"today|-(\d{1,4})d", re.ASCII)
MILLISECONDS_FROM = 10**11
"""From here on a `ts` can only be milliseconds: in seconds it would lie after the year 5138."""


def checked_day(text: str) -> str:
    """A day in one of the accepted forms, as it came.

    Raises:
        ValueError: It has another form, or the calendar has no such day.
    """
    if not RELATIVE_DAY.fullmatch(text):
        plain_day(text)
    return text


def plain_day(text: str) -> date:
    """`YYYY-MM-DD` or CleverTap's `YYYYMMDD` as a date."""
    found = PLAIN_DAY.fullmatch(text)
    if not found:
        raise ValueError("must be a day like 2026-03-31, or 'today', or '-7d' for seven days ago")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise ValueError("is no day of the calendar; check month and day") from None


def named_day(text: str, field: str) -> date:
    """A day as `2026-03-31`.

    Raises:
        InvalidArgumentsError: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidArgumentsError.of(
            field, f"{field!r} is no day of the calendar; write it like 2026-03-31"
        ) from None


def checked_moment(moment: object) -> object:
    """A `ts` as epoch seconds or ISO 8601, as it came.

    Raises:
        ValueError: It is in milliseconds, or no time at all.
    """
    if isinstance(moment, int) and not isinstance(moment, bool):
        if moment >= MILLISECONDS_FROM:
            raise ValueError("is in milliseconds; CleverTap takes seconds: divide by 1000")
        return moment
    try:
        # A row of digits reads as a date of the years 1600 to 1799 when it is milliseconds in quotes.
        text = moment if isinstance(moment, str) and (not moment.isdecimal() or len(moment) == len("20260331")) else ""
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be epoch seconds or ISO 8601 like 2026-03-31T18:30:00+02:00") from None
    return moment


Moment = Annotated[int | str, BeforeValidator(checked_moment), WithJsonSchema({"maxLength": 40})]
"""Epoch seconds, or ISO 8601."""
Day = Annotated[str, AfterValidator(checked_day), WithJsonSchema({"type": "string"})]
"""`YYYY-MM-DD`, `YYYYMMDD`, `today` or `-7d`."""


@dataclass(frozen=True, slots=True)
class ProjectTime:
    """The project's zone, if it is known, and the time of day.

    Args:
        zone: The project's time zone; None when the operator has not named it.
        now: Epoch seconds.
        setting: Where the operator says which zone it is.
    """

    zone: ZoneInfo | None
    now: float
    setting: str = "CLEVERTAP_TIMEZONE"

    @classmethod
    def of(cls, account: Account, now: float) -> ProjectTime:
        """An account's."""
        return cls(account.zone, now, account.setting("timezone"))

    def day(self, text: str, field: str) -> date:
        """The date that a checked day means.

        Raises:
            InvalidArgumentsError: It is relative and the zone is not known.
        """
        relative = RELATIVE_DAY.fullmatch(text)
        if not relative:
            return plain_day(text)
        zone = self._known_zone(field, "a relative day", "a date like 2026-03-31")
        return datetime.fromtimestamp(self.now, zone).date() - timedelta(days=int(relative[1] or 0))

    def epoch(self, moment: int | str, field: str) -> int:
        """Epoch seconds of a checked `ts`.

        Raises:
            InvalidArgumentsError: It has no offset while the zone is not known.
        """
        if isinstance(moment, int):
            return moment
        when = datetime.fromisoformat(moment)
        if when.tzinfo is None:
            zone = self._known_zone(field, "a time without an offset", "an offset, like 2026-03-31T18:30:00+02:00")
            when = when.replace(tzinfo=zone)
        return int(when.timestamp())

    def exported(self, moment: object) -> object:
        """An exported `ts` (yyyyMMddHHmmss) as ISO 8601, with the offset if the zone is known; else as it came."""
        when = stamped(str(moment), "%Y%m%d%H%M%S", 14)
        return moment if when is None else when.replace(tzinfo=self.zone).isoformat()

    def scheduled(self, moment: object) -> object:
        """A campaign's start (`YYYYMMDD HH:MM` or yyyyMMddHHmm) as local ISO 8601; else as it came."""
        when = stamped(str(moment).replace(" ", "").replace(":", ""), "%Y%m%d%H%M", 12)
        return moment if when is None else when.replace(tzinfo=self.zone).isoformat(timespec="minutes")

    def seen(self, moment: object) -> str | None:
        """Epoch seconds as ISO 8601 in the project's zone, in UTC when that is not known; None if they are none."""
        if not isinstance(moment, int) or not 0 < moment < MILLISECONDS_FROM:
            return None
        return datetime.fromtimestamp(moment, self.zone or UTC).isoformat()

    def _known_zone(self, field: str, what: str, instead: str) -> ZoneInfo:
        if self.zone is None:
            raise InvalidArgumentsError.of(
                field,
                f"{field!r} is {what}, and the project's time zone is not set: "
                f"pass {instead}, or have the operator set {self.setting}",
            )
        return self.zone


def stamped(text: str, form: str, digits: int) -> datetime | None:
    """A moment written as nothing but so many digits; None if it is none.

    `strptime` alone takes fewer digits too, and so reads epoch seconds as a day in the year 1767.
    """
    if not re.fullmatch(rf"\d{{{digits}}}", text, re.ASCII):
        return None
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - CleverTap names no zone
    except ValueError:
        return None
