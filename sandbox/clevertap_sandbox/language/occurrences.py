"""Which occurrences of an event are meant: its name, its days, its property filters. Reference: data 6, 6.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.clauses import TRUE, Clause, every
from clevertap_sandbox.language.days import DAY_FACTOR, LAST_SECOND, LOOKBACK, day_number, read_day
from clevertap_sandbox.language.filters import holds, read_filters, refused_query
from clevertap_sandbox.language.places import in_json
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    from datetime import date

    from clevertap_sandbox.language.query import Setting

ANY_EVENT = "-1"
CHARGED = "charged"
BAD_DATE = 4002


def occurred(entry: dict[str, Any], setting: Setting, *, dated: bool) -> Clause:
    """Compile an event with its days and property filters to a condition on `e`.

    Args:
        entry: The base event, or an entry of `advanced_query`.
        setting: What it is read against.
        dated: It needs its days; otherwise the last 365 days will do.

    Raises:
        RefusedError: the event is unknown, the days are none, or a filter cannot be evaluated.
    """
    key = _key(entry.get("event_name"), setting)
    days = _days(entry, setting, dated=dated)
    filters = read_filters(entry.get("event_properties"), "event_properties", setting.behaviours)
    items = key in (CHARGED, ANY_EVENT)
    named = TRUE if key == ANY_EVENT else Clause("e.key = ?", (key,))
    values = (holds(each, in_json("e.props", each.name, items=items), setting.behaviours) for each in filters)
    return every([named, days, *values])


def people_of(events: Clause) -> Clause:
    """The people with such an occurrence, a condition on `p`."""
    return events.inside("p.id IN (SELECT e.person FROM events AS e WHERE ")


def lately(setting: Setting) -> Clause:
    """Occurrences of the last 365 days."""
    return _between(setting.today - LOOKBACK, setting.today)


def _key(name: object, setting: Setting) -> str:
    if setting.behaviours.any_event_name and name == ANY_EVENT:
        return ANY_EVENT
    if not isinstance(name, str) or not setting.knows(event_key(name)):
        raise setting.unknown_event("" if name is None else name)
    return event_key(name)


def _days(entry: dict[str, Any], setting: Setting, *, dated: bool) -> Clause:
    """Whole project-local days, both ends included."""
    if not dated and "from" not in entry and "to" not in entry:
        return lately(setting)
    start, end = (_day(entry, key, setting) for key in ("from", "to"))
    if start > end and setting.campaign:
        raise refused_query("The from date cannot be after the to date")
    if start > end:
        raise RefusedError("from date should not be greater than to date", code=BAD_DATE)
    if setting.campaign and end > setting.today:
        raise refused_query("The to date cannot be in the future")
    return _between(start, end)


def _day(entry: dict[str, Any], key: str, setting: Setting) -> date:
    value = entry.get(key)
    if setting.behaviours.text_days and isinstance(value, str) and re.fullmatch("[0-9]{8}", value):
        value = int(value)
    day = read_day(value)
    if day is None:
        raise RefusedError(f"Query parse failure - {key} is not a valid date in YYYYMMDD", code=BAD_DATE)
    return day


def _between(start: date, end: date) -> Clause:
    bounds = (day_number(start) * DAY_FACTOR, day_number(end) * DAY_FACTOR + LAST_SECOND)
    return Clause("e.local BETWEEN ? AND ?", bounds)
