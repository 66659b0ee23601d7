"""Times as files write them: ISO 8601 in all its forms, or epoch seconds, milliseconds, microseconds, nanoseconds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from clevertap_tools.moments import MILLISECONDS_FROM, ProjectTime

Unit = Literal["auto", "iso", "seconds", "milliseconds", "microseconds", "nanoseconds"]
PER_SECOND: dict[Unit, int] = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
UNITS = tuple(PER_SECOND)
BELOW = tuple(MILLISECONDS_FROM * parts for parts in PER_SECOND.values())
"""What numbers of each unit stay below."""
NUMBER = re.compile(r"-?\d+(?:\.\d*)?", re.ASCII)
COMPACT_DAY = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
COMPACT = re.compile(COMPACT_DAY.pattern + r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII)
"""`20260331183000`: as CleverTap's exports write it."""
ORDINAL = re.compile(r"(\d{4})-?(\d{3})(?!\d)", re.ASCII)
REMEMBERED = 4_096
USUAL = 19
"""Digits of nanoseconds; numbers of no more are read in the quick way."""
SECONDS_FROM = 10**8
"""Below this a number is rather a year or a month than seconds, which would lie before March 1973."""
NO_UNIT = "is a small number, which may be a year as well as seconds: write ISO 8601, or name its unit"
NO_TIME = "is no time: write ISO 8601 like 2026-03-31T18:30:00+02:00, or epoch seconds"


def seconds_of(number: float | Decimal, unit: Unit) -> int:
    """Epoch seconds of a number, in its unit or, where that is not known, in the only one that makes a year of ours.

    Raises:
        ValueError: It is none, or too small or too large for that.
    """
    size = size_of(number)
    likely = bisect_right(BELOW, size)
    if unit == "iso" or likely == len(BELOW):
        raise ValueError(NO_TIME)
    if unit == "auto" and size < SECONDS_FROM:
        raise ValueError(NO_UNIT)
    return int(number // PER_SECOND[UNITS[likely] if unit == "auto" else unit])


def size_of(number: float | Decimal) -> float:
    """How large a number is.

    Raises:
        ValueError: Larger than any time.
    """
    try:
        return abs(float(number))
    except OverflowError:
        raise ValueError(NO_TIME) from None


def clock(unit: Unit, time: ProjectTime, field: str) -> Callable[[Any], int]:
    """What reads the times of one column as epoch seconds.

    Args:
        unit: What its numbers count.
        time: The zone of times without an offset.
        field: The column.

    Returns:
        A function that raises ValueError where there is no time, and InvalidArgumentsError where the zone is needed and
        not known.
    """

    @lru_cache(REMEMBERED)
    def of_text(text: str) -> int:
        written = text.strip()
        if NUMBER.fullmatch(written) and not is_compact(written, unit):
            usual = len(written) <= USUAL and written.isdecimal()
            return seconds_of(int(written) if usual else Decimal(written), unit)
        return of_iso(written, time, field)

    def read(value: Any) -> int:
        if isinstance(value, str):
            return of_text(value)
        if isinstance(value, date):
            return of_date(value, time, field)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return seconds_of(value, unit)
        raise ValueError(NO_TIME)

    return read


def is_compact(digits: str, unit: Unit) -> bool:
    """Whether digits are a day or a moment in ISO 8601's short form."""
    pattern = COMPACT_DAY if len(digits) == len("20260331") else COMPACT
    return unit in {"auto", "iso"} and pattern.fullmatch(digits) is not None


def of_iso(text: str, time: ProjectTime, field: str) -> int:
    """Epoch seconds of ISO 8601.

    Raises:
        ValueError: It is none.
        InvalidArgumentsError: It has no offset while the zone is not known.
    """
    if COMPACT.fullmatch(text):
        text = f"{text[:8]}T{text[8:]}"
    elif text.isdecimal() and not COMPACT_DAY.fullmatch(text):
        raise ValueError(NO_TIME)
    try:
        return time.epoch(text, field)
    except (ValueError, OverflowError):
        return of_rare(text, time, field)


def of_rare(text: str, time: ProjectTime, field: str) -> int:
    """Epoch seconds of ISO 8601 in forms that Python does not read: lower case, a day of the year, "UTC" for Z."""
    plain = text.upper().replace(" UTC", "Z").replace(" Z", "Z").replace("UTC", "Z")
    ordinal = ORDINAL.match(plain)
    try:
        if ordinal:
            day = datetime.strptime("".join(ordinal.groups()), "%Y%j").date()  # noqa: DTZ007 - only the day
            plain = day.isoformat() + plain[ordinal.end() :]
        return time.epoch(plain, field)
    except (ValueError, OverflowError):
        raise ValueError(NO_TIME) from None


def of_date(value: date, time: ProjectTime, field: str) -> int:
    """Epoch seconds of a time or a day of Parquet.

    Raises:
        ValueError: It lies beyond the calendar.
        InvalidArgumentsError: It has no offset while the zone is not known.
    """
    try:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return int(value.timestamp())
        return time.epoch(value.isoformat(), field)
    except OverflowError:
        raise ValueError(NO_TIME) from None
