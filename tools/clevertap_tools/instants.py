"""Bounds in time as ISO 8601 with milliseconds and Z, which is how newer services want them (engagement 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import PLAIN_DAY, RELATIVE_DAY, ProjectTime, checked_day

MILLISECOND = timedelta(milliseconds=1)
A_DAY = timedelta(days=1)


def checked_bound(text: str) -> str:
    """A day or a moment, as it came.

    Raises:
        ValueError: It is neither.
    """
    if is_day(text):
        return checked_day(text)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day like 2026-03-31, today or -7d, or a moment like 2026-03-31T18:30Z") from None
    return text


Bound = Annotated[str, AfterValidator(checked_bound), WithJsonSchema({"type": "string"})]
"""`YYYY-MM-DD`, `YYYYMMDD`, `today`, `-7d`, or ISO 8601."""


def is_day(text: str) -> bool:
    """Whether a bound is a whole day."""
    return bool(PLAIN_DAY.fullmatch(text) or RELATIVE_DAY.fullmatch(text))


def earliest(text: str, time: ProjectTime, field: str) -> str:
    """A lower bound; a day begins with its first millisecond in project time.

    Raises:
        InvalidArgumentsError: It depends on the project's zone, which is not known.
    """
    return written(begun(text, time, field))


def latest(text: str, time: ProjectTime, field: str) -> str:
    """An upper bound; a day ends with its last millisecond in project time.

    Raises:
        InvalidArgumentsError: It depends on the project's zone, which is not known.
    """
    start = begun(text, time, field)
    if not is_day(text):
        return written(start)
    # The next day begins an hour early or late where the clocks are changed.
    following = time.day(text, field) + A_DAY
    return written(begun(following.isoformat(), time, field) - MILLISECOND)


def begun(text: str, time: ProjectTime, field: str) -> datetime:
    """The moment that a bound names, or with which its day begins."""
    moment = f"{time.day(text, field)}T00:00:00" if is_day(text) else text
    when = datetime.fromisoformat(moment)
    if when.tzinfo is None:
        return datetime.fromtimestamp(time.epoch(moment, field), UTC) + timedelta(microseconds=when.microsecond)
    return when.astimezone(UTC)


def written(when: datetime) -> str:
    """`2026-03-31T18:30:00.000Z`."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def check_order(low: str | None, high: str | None, names: tuple[str, str]) -> None:
    """Refuse bounds between which there is nothing.

    Raises:
        InvalidArgumentsError: The lower one is the later one.
    """
    if low is not None and high is not None and low > high:
        raise InvalidArgumentsError.of(names[0], f"{names[0]!r} is after {names[1]!r} ({low} > {high}). Swap them")
