"""CleverTap's records as columns: of the person, of the event and of the session (reference: data 7.2 and 7.4)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from clevertap_bulk.exporting.columns import Arrays, array, spread, texts
from clevertap_bulk.exporting.days import Stamps
from clevertap_tools.wire import JsonObject, listed

MOMENT = "ts"
WHO = ("identity", "object_id", "email", "phone", "name", "platform")
"""Columns about the person that every file has."""
FIXED = frozenset({MOMENT, *WHO})
"""Columns whose kind is known from the start."""
THEIR_NAMES = {"object_id": "objectId"}
"""What CleverTap calls a column that we call otherwise."""
PARTS = {"event_props": "props", "session_props": "session"}
"""The objects of an event, and what their columns are called."""
LATEST = 10**14
"""What is more is no moment in fourteen digits."""
PROFILE, PROFILE_DATA = "profile", "profileData"
SUMMARY = "events"


def event_columns(records: list[JsonObject], stamps: Stamps) -> Arrays:
    """Events as columns."""
    profiles = [inner(each, PROFILE) for each in records]
    columns = {MOMENT: stamps.moments(pa.array([stamp(each.get(MOMENT)) for each in records], pa.int64()))}
    columns |= who(profiles)
    for key, prefix in PARTS.items():
        columns |= spread(prefix, [inner(each, key) for each in records])
    return columns | spread(PROFILE, [inner(each, PROFILE_DATA) for each in profiles])


def people_columns(records: list[JsonObject]) -> Arrays:
    """People as columns; of several devices the first one names them."""
    columns = who([{**first_device(each), **each} for each in records])
    columns |= spread("props", [inner(each, PROFILE_DATA) for each in records])
    if any(SUMMARY in each for each in records):
        columns[SUMMARY] = array([each.get(SUMMARY) for each in records])
    return columns


def first_device(person: JsonObject) -> JsonObject:
    """A person's first device, empty if there is none."""
    return next((each for each in listed(person, "platformInfo") if isinstance(each, dict)), {})


def inner(record: JsonObject, key: str) -> JsonObject:
    """The object inside a record, an empty one where there is none."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def stamp(value: Any) -> int | None:
    """A `ts` as a number, None for what cannot be one."""
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    return number if isinstance(number, int) and 0 < number < LATEST else None


def who(profiles: list[JsonObject]) -> Arrays:
    """The columns that say who it was; an empty identity is nobody's."""
    said = {name: [each.get(THEIR_NAMES.get(name, name)) or None for each in profiles] for name in WHO}
    return {name: texts(values) for name, values in said.items()}
