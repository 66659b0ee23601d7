"""The query language, compiled to SQL. Reference: data 6, engagement 2.

`events_where` gives a condition on events `e`, `people_where` one on people `p`. What cannot be evaluated
(geography, unknown blocks, keys, operators) is refused: a part ignored would silently widen the audience.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.clauses import Clause, every, some
from clevertap_sandbox.language.days import DAY_FACTOR, LAST_SECOND, LOOKBACK, day_number, read_day
from clevertap_sandbox.language.filters import (
    COMPARISONS,
    LARGEST,
    Filter,
    holds,
    read_filters,
    refuse_unknown_keys,
    refused_query,
)
from clevertap_sandbox.language.places import PROFILE_BLOCKS, all_hold, in_json
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from clevertap_sandbox.behaviours import Behaviours

BASE = frozenset({"event_name", "from", "to"})
QUERY_KEYS = BASE | {"event_properties", "session_properties", "common_profile_properties", "advanced_query"}
ENTRY_KEYS = BASE | {"event_properties"}
COUNT_SIGNS = {"equals": "=", "not_equals": "<>", **COMPARISONS}
BAD_DATE = 4002
FIRST_TIME = (
    "NOT EXISTS (SELECT 1 FROM events AS earlier WHERE earlier.person = e.person AND earlier.key = e.key "
    "AND (earlier.ts, earlier.id) < (e.ts, e.id))"
)
HOUR_AND_MINUTE = "e.local % 1000000 / 100"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a query is read against."""

    today: date
    knows: Callable[[str], bool]
    """Whether the account has an event of this key."""
    behaviours: Behaviours
    campaign: bool = False
    """It is the `where` of a campaign: other error texts, and no future (engagement 2.1, rule 7)."""

    def unknown_event(self, name: object) -> RefusedError:
        """Refuse an event name. Reference: data 3.2: a string that holds a JSON list."""
        if self.campaign:
            return refused_query(f"Invalid event : {name}")
        return RefusedError(f'["Invalid event : {name}"]')


def events_where(query: dict[str, Any], setting: Setting) -> Clause:
    """Compile a query to the occurrences of its base event, a condition on `e`."""
    refuse_unknown_keys(query, QUERY_KEYS, "query")
    base = _occurred(query, setting, dated=True)
    people = _person_clauses(query, setting)
    if not people:
        return base
    return every([base, every(people).inside("e.person IN (SELECT p.id FROM people AS p WHERE ")])


def people_where(query: dict[str, Any], setting: Setting) -> Clause:
    """Compile a query to people, a condition on `p`. With other filters it needs no base event."""
    refuse_unknown_keys(query, QUERY_KEYS, "query")
    filters = _person_clauses(query, setting)
    if BASE & query.keys() or query.get("event_properties") or query.get("session_properties"):
        return every([_people_of(_occurred(query, setting, dated=True)), *filters])
    if not filters:
        raise refused_query("event_name is mandatory")
    if setting.behaviours.lookback_needs_event:
        filters.append(_people_of(_lookback(setting)))
    return every(filters)


def _people_of(events: Clause) -> Clause:
    return events.inside("p.id IN (SELECT e.person FROM events AS e WHERE ")


def _occurred(entry: dict[str, Any], setting: Setting, *, dated: bool) -> Clause:
    """The occurrences of one event within its days, with its property filters."""
    key = _key(entry.get("event_name"), setting)
    days = _days(entry, setting, dated=dated)
    items = key == "charged"
    properties = read_filters(entry.get("event_properties"), "event_properties")
    sessions = read_filters(entry.get("session_properties"), "session_properties")
    return every(
        [
            Clause("e.key = ?", (key,)),
            days,
            *(holds(each, in_json("e.props", each.name, items=items), setting.behaviours) for each in properties),
            *(_session(each) for each in sessions),
        ]
    )


def _key(name: object, setting: Setting) -> str:
    if not isinstance(name, str) or not setting.knows(event_key(name)):
        raise setting.unknown_event("" if name is None else name)
    return event_key(name)


def _days(entry: dict[str, Any], setting: Setting, *, dated: bool) -> Clause:
    """Whole project-local days, both ends included; without dates the last 365 days. Reference: data 6."""
    if not dated and "from" not in entry and "to" not in entry:
        return _lookback(setting)
    start, end = (_day(entry, key) for key in ("from", "to"))
    if start > end and setting.campaign:
        raise refused_query("The from date cannot be after the to date")
    if start > end:
        raise RefusedError("from date should not be greater than to date", code=BAD_DATE)
    if setting.campaign and end > setting.today:
        raise refused_query("The to date cannot be in the future")
    return _between(start, end)


def _day(entry: dict[str, Any], key: str) -> date:
    day = read_day(entry.get(key))
    if day is None:
        raise RefusedError(f"Query parse failure - {key} is not a valid date in YYYYMMDD", code=BAD_DATE)
    return day


def _lookback(setting: Setting) -> Clause:
    return _between(setting.today - LOOKBACK, setting.today)


def _between(start: date, end: date) -> Clause:
    bounds = (day_number(start) * DAY_FACTOR, day_number(end) * DAY_FACTOR + LAST_SECOND)
    return Clause("e.local BETWEEN ? AND ?", bounds)


def _session(wanted: Filter) -> Clause:
    """A filter on the session of the base event: `first_time` and `time_of_day`. Reference: data 6.1."""
    if wanted.operator != "equals":
        raise refused_query(f"Invalid operator : {wanted.operator}")
    if wanted.name == "first_time" and wanted.values in (("True",), ("False",)):
        return Clause(FIRST_TIME) if wanted.values == ("True",) else Clause(FIRST_TIME).negated()
    if wanted.name == "time_of_day":
        return _time_of_day(wanted)
    raise refused_query(f"Session filter is not supported : {wanted.name}")


def _time_of_day(wanted: Filter) -> Clause:
    bounds = [re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(value)) for value in wanted.values]
    numbers = tuple(int(bound[1] + bound[2]) for bound in bounds if bound)
    if len(numbers) != len(bounds) or len(numbers) != 2:  # noqa: PLR2004 (a range has two ends)
        raise refused_query("time_of_day needs two HH:MM")
    word = "AND" if numbers[0] <= numbers[1] else "OR"
    return Clause(f"({HOUR_AND_MINUTE} >= ? {word} {HOUR_AND_MINUTE} <= ?)", numbers)


def _person_clauses(query: dict[str, Any], setting: Setting) -> list[Clause]:
    common = _object(query, "common_profile_properties")
    refuse_unknown_keys(common, set(PROFILE_BLOCKS), "common_profile_properties")
    blocks = ((block, read_filters(raw, block)) for block, raw in common.items())
    clauses = [all_hold(filters, block, setting.behaviours) for block, filters in blocks if filters]
    return clauses + _advanced(_object(query, "advanced_query"), setting)


def _object(query: dict[str, Any], key: str) -> dict[str, Any]:
    found = query.get(key, {})
    if not isinstance(found, dict):
        raise refused_query(f"{key} is not an object")
    return found


def _advanced(advanced: dict[str, Any], setting: Setting) -> list[Clause]:
    """Other events people did or did not do. Reference: data 6.3."""
    refuse_unknown_keys(advanced, {"did_all", "did_any", "did_none"}, "advanced_query")
    clauses = [_did(each, [each], setting) for each in _entries(advanced.get("did_all"), "did_all", counted=True)]
    none = _entries(advanced.get("did_none"), "did_none")
    clauses += [_people_of(_occurred(each, setting, dated=False)).negated() for each in none]
    if "did_any" in advanced:
        block = _object(advanced, "did_any")
        refuse_unknown_keys(block, {"any_events", "operator", "value"}, "did_any")
        clauses.append(_did(block, _entries(block.get("any_events"), "any_events"), setting))
    return clauses


def _entries(raw: object, block: str, *, counted: bool = False) -> list[dict[str, Any]]:
    if raw is None and block != "any_events":
        return []
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise refused_query(f"{block} is not a list of events")
    for entry in raw:
        refuse_unknown_keys(entry, ENTRY_KEYS | {"operator", "value"} if counted else ENTRY_KEYS, block)
    return raw


def _did(counted: dict[str, Any], entries: list[dict[str, Any]], setting: Setting) -> Clause:
    """People with occurrences of these events taken together, compared with a number if one is given."""
    happened = some(_occurred(entry, setting, dated=False) for entry in entries)
    people = happened.inside("p.id IN (SELECT e.person FROM events AS e WHERE ", "")
    if "value" not in counted and "operator" not in counted:
        return people.inside("")
    sign, times = COUNT_SIGNS.get(counted.get("operator", "equals")), counted.get("value")
    if sign is None or isinstance(times, bool) or not isinstance(times, int) or abs(times) >= LARGEST:
        raise refused_query("A count needs an operator and a number")
    group = f" GROUP BY e.person HAVING count(*) {sign} ?)"
    return Clause(people.sql + group, (*people.parameters, times))
