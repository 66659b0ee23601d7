"""When a campaign goes out: `when` in its text and object forms. Reference: engagement 3.4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Any, NoReturn

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.days import read_minute
from clevertap_sandbox.language.filters import is_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_sandbox.project import Project

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
WRAP = "user_timezone_wrap_around"
ZONES = ("user", "account")
WEEKDAYS = range(1, 8)
"""1 is Sunday."""
MOST_RUNS = 10_000
LONGEST_GAP = 366
# Times that are missing, no times, or past: the reference has a text only for the first.
INVALID = "Field when is not valid"  # made up
PAST = "Field when is in the past"  # made up


@dataclass(frozen=True, slots=True)
class Schedule:
    """The first and the last run of a campaign."""

    starts: datetime | None
    """None: now."""
    last: datetime | None
    """None: the first one is the last, or it comes again without end."""
    endless: bool = False


NOW = Schedule(None, None)


def read_schedule(body: dict[str, Any], project: Project) -> Schedule:
    """Read `when`.

    Raises:
        RefusedError: It is missing, no time, or past.
    """
    when = body.get("when")
    if not when:
        raise RefusedError("Field when is empty")
    if isinstance(when, str):
        return NOW if when == "now" else _once(when, project)
    # Of WhatsApp it was seen that objects are refused (engagement 3.4).
    if not isinstance(when, dict) or str(body.get("target_mode", "")).lower() == "whatsapp":
        _refuse()
    _check_switches(when)
    read = {"now": _now, "later": _later, "recurring": _recurring}.get(str(when.get("type")), _invalid)
    return read(when, project)


def _refuse() -> NoReturn:
    raise RefusedError(INVALID)


def _invalid(_when: dict[str, Any], _project: Project) -> Schedule:
    _refuse()


def _now(_when: dict[str, Any], _project: Project) -> Schedule:
    return NOW


def _check_switches(when: dict[str, Any]) -> None:
    cutoff, zone, wrap = (when.get(each) for each in ("campaign_cutoff", "delivery_timezone", WRAP))
    if cutoff is not None and not (isinstance(cutoff, str) and CLOCK.fullmatch(cutoff)):
        _refuse()
    if zone not in (None, *ZONES) or wrap not in (None, True, False):
        _refuse()


def _once(when: object, project: Project) -> Schedule:
    return Schedule(_future(when, project), None)


def _later(when: dict[str, Any], project: Project) -> Schedule:
    dates = when.get("delivery_date_time")
    moments = [_future(each, project) for each in (dates if isinstance(dates, list) else [dates])]
    return Schedule(min(moments), max(moments)) if moments else _refuse()


def _recurring(when: dict[str, Any], project: Project) -> Schedule:
    start = _future(when.get("start_time"), project)
    times, until = when.get("end_by_occurrences"), when.get("end_by_date")
    try:
        if times is None and until is None:
            return Schedule(next(_runs(when, start)), None, endless=True)
        runs = list(_until(until, islice(_runs(when, start), _most(times)), start))
    except OverflowError:  # beyond the calendar
        _refuse()
    return Schedule(runs[0], runs[-1]) if runs else _refuse()


def _most(times: object) -> int:
    most = MOST_RUNS if times is None else times
    return most if isinstance(most, int) and _is_whole(most) and most <= MOST_RUNS else _refuse()


def _until(day: object, runs: Iterator[datetime], start: datetime) -> Iterator[datetime]:
    """The runs of no later than a day, if there is one."""
    if day is None:
        return runs
    end = read_minute(f"{day} 23:59", start.tzinfo) if isinstance(day, str) and start.tzinfo else None
    return takewhile(lambda run: run <= end, runs) if end else _refuse()


def _runs(when: dict[str, Any], start: datetime) -> Iterator[datetime]:
    """Every run from the start on: each n-th day, or days of each n-th week."""
    every, kind = when.get("repeats_every", 1), when.get("repeat_type", "day")
    days = when.get("repeat_on_days_of_week") or [_weekday(start)]
    are_days = isinstance(days, list) and all(_is_whole(day) and day in WEEKDAYS for day in days)
    if not _is_whole(every) or every > LONGEST_GAP or kind not in ("day", "week") or not are_days:
        _refuse()
    if kind == "day":
        return (start + timedelta(days=every * number) for number in count())
    sunday = start - timedelta(days=_weekday(start) - 1)
    weeks = (sunday + timedelta(weeks=every * number) for number in count())
    runs = (week + timedelta(days=day - 1) for week in weeks for day in sorted(set(days)))
    return (run for run in runs if run >= start)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _is_whole(number: object) -> bool:
    return is_number(number) and isinstance(number, int) and number > 0


def _future(value: object, project: Project) -> datetime:
    moment = read_minute(value, project.zone)
    if moment is None:
        _refuse()
    if moment.timestamp() <= project.clock():
        raise RefusedError(PAST)
    return moment
