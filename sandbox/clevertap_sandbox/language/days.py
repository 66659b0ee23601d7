"""Time in the project's zone: the stamps of exports and the days of queries. Reference: data 4.2 and 7.5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

FAR_FUTURE = 99991231235959
DAY_FACTOR = 1_000_000
"""A day as YYYYMMDD times this is its midnight as yyyyMMddHHmmss."""
LAST_SECOND = 235959
LOOKBACK = timedelta(days=365)


def local_stamp(ts: float, zone: tzinfo) -> int:
    """Write epoch seconds as yyyyMMddHHmmss in `zone`.

    CleverTap does not notice milliseconds sent as seconds; what lies beyond the calendar is its last second.
    """
    try:
        moment = datetime.fromtimestamp(ts, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return FAR_FUTURE
    return day_number(moment) * DAY_FACTOR + moment.hour * 10000 + moment.minute * 100 + moment.second


def day_number(day: date) -> int:
    """Write a day as YYYYMMDD."""
    return day.year * 10000 + day.month * 100 + day.day


def read_day(value: object) -> date | None:
    """Read an int YYYYMMDD; None if it is no day of the calendar."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return date(value // 10000, value // 100 % 100, value % 100)
    except (ValueError, OverflowError):
        return None


def read_minute(value: object, zone: tzinfo) -> datetime | None:
    """Read "YYYYMMDD HH:MM" in `zone`; None if it is no such text. Reference: engagement 1.5."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value, "%Y%m%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        return None
