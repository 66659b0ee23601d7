"""Filters on the session of the base event. Reference: data 6.1 and 7.4.

`first_time` is whether the person had never done the event before, `time_of_day` a range of the project's day; the
others are what exports show of a session, compared like any property.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clevertap_sandbox.language.clauses import Clause, every, some
from clevertap_sandbox.language.filters import Filter, holds, read_filters, refused_query
from clevertap_sandbox.language.people import refuse_unknown_names
from clevertap_sandbox.language.places import in_json

if TYPE_CHECKING:
    from clevertap_sandbox.behaviours import Behaviours

BLOCK = "session_properties"
FIRST_TIME = "first_time"
TIME_OF_DAY = "time_of_day"
STORED = ("session_source", "session_referrer", "utm_source", "utm_medium", "utm_campaign")
"""What is known of a session besides its events; the keys of `session_props` in exports."""
NEVER_BEFORE = Clause(
    "NOT EXISTS (SELECT 1 FROM events AS earlier WHERE earlier.person = e.person AND earlier.key = e.key "
    "AND (earlier.ts, earlier.id) < (e.ts, e.id))"
)
HOUR_AND_MINUTE = "e.local % 1000000 / 100"


def in_sessions(raw: object, behaviours: Behaviours) -> Clause:
    """Compile `session_properties` to a condition on `e`.

    Raises:
        RefusedError: a filter asks for what is not known of a session.
    """
    return every(_in_session(each, behaviours) for each in read_filters(raw, BLOCK, behaviours))


def _in_session(wanted: Filter, behaviours: Behaviours) -> Clause:
    refuse_unknown_names(wanted, (FIRST_TIME, TIME_OF_DAY, *STORED), BLOCK, behaviours)
    if wanted.name in STORED:
        return holds(wanted, in_json("e.session", wanted.name), behaviours)
    if wanted.operator != "equals":
        raise refused_query(f"Invalid operator : {wanted.operator}")
    return _first_time(wanted) if wanted.name == FIRST_TIME else _time_of_day(wanted)


def _first_time(wanted: Filter) -> Clause:
    if not set(wanted.values) <= {"True", "False"}:
        raise refused_query(f'{FIRST_TIME} takes "True" or "False"')
    return some(NEVER_BEFORE if value == "True" else NEVER_BEFORE.negated() for value in wanted.values)


def _time_of_day(wanted: Filter) -> Clause:
    """From one minute of the day to another, both included, past midnight if the second is the earlier."""
    bounds = [re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(value)) for value in wanted.values]
    numbers = tuple(int(bound[1] + bound[2]) for bound in bounds if bound)
    if len(numbers) != len(bounds) or len(numbers) != 2:  # noqa: PLR2004 (a range has two ends)
        raise refused_query(f"{TIME_OF_DAY} needs two HH:MM")
    word = "AND" if numbers[0] <= numbers[1] else "OR"
    return Clause(f"({HOUR_AND_MINUTE} >= ? {word} {HOUR_AND_MINUTE} <= ?)", numbers)
