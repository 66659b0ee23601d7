"""Where the values stand that are counted by their frequency: a row for each in an occurrence. Reference: data 8.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.endpoints.grouped import INVALID_GROUP, Group
from clevertap_sandbox.language.clauses import Clause
from clevertap_sandbox.language.places import DEMOGRAPHICS, DEVICE_COLUMNS, REACHABILITY, TECHNOGRAPHICS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# `m` is an occurrence, `p` its person, `device` a device of theirs. Each source gives event, type, value.
IN_JSON = """
    SELECT m.id AS event, leaf.type AS type, leaf.atom AS value
    FROM matched AS m {person}, json_each({document}) AS leaf WHERE leaf.key = ?
    UNION ALL
    SELECT m.id, leaf.type, leaf.atom
    FROM matched AS m {person}, json_each({document}) AS top,
        json_each(CASE top.type WHEN 'array' THEN top.value ELSE '[]' END) AS leaf
    WHERE top.key = ?
"""
IN_ITEMS = """
    UNION ALL
    SELECT m.id, leaf.type, leaf.atom
    FROM matched AS m, json_each(m.props, '$.Items') AS item,
        json_each(CASE item.type WHEN 'object' THEN item.value ELSE '{}' END) AS leaf
    WHERE m.key = 'charged' AND leaf.key = ?
"""
OF_DEVICES = """
    SELECT m.id AS event, CASE WHEN {value} IS NULL THEN 'null' ELSE 'text' END AS type, {value} AS value
    FROM matched AS m JOIN devices AS device ON device.person = m.person
"""
OF_PEOPLE = (
    "SELECT m.id AS event, 'text' AS type, {value} AS value FROM matched AS m JOIN people AS p ON p.id = m.person"
)
JOINED = "JOIN people AS p ON p.id = m.person"
GEO_COLUMNS = {"Country": "device.country", "Region": "device.region", "City": "device.city"}
"""Names made up, after those of a place's parts (data 6.2)."""


def values(group: Group) -> Clause:
    """The values of a group's property, as SQL over `matched` occurrences.

    Raises:
        RefusedError: 400 `Invalid group`: no such type of property, or no such name in a type that has a fixed few.
    """
    kind, name = group.get("property_type"), group.get("name")
    if not isinstance(kind, str) or kind not in SOURCES or not isinstance(name, str):
        raise RefusedError(INVALID_GROUP)
    return SOURCES[kind](name)


def is_open(group: Group) -> bool:
    """Whether the project decides which names there are."""
    return group["property_type"] in ("event_properties", "session_properties", "profile_fields")


def _in_events(name: str) -> Clause:
    return Clause(IN_JSON.format(document="m.props", person="") + IN_ITEMS, (name,) * 3)


def _in_sessions(name: str) -> Clause:
    return Clause(IN_JSON.format(document="m.session", person=""), (name,) * 2)


def _in_profiles(name: str) -> Clause:
    return Clause(IN_JSON.format(document="p.profile", person=JOINED), (name,) * 2)


def _demographic(name: str) -> Clause:
    if name not in DEMOGRAPHICS:
        raise RefusedError(INVALID_GROUP)
    return _in_profiles("Employed" if name == "Employment" else name)


def _reachability(name: str) -> Clause:
    return Clause(OF_PEOPLE.format(value=f"CASE WHEN {_known(name, REACHABILITY)} THEN 'True' ELSE 'False' END"))


def _technographic(name: str) -> Clause:
    return Clause(OF_DEVICES.format(value=_known(name, TECHNOGRAPHICS)))


def _app_field(name: str) -> Clause:
    return Clause(OF_DEVICES.format(value=f"device.{_known(name, DEVICE_COLUMNS)}"))


def _place(name: str) -> Clause:
    return Clause(OF_DEVICES.format(value=_known(name, GEO_COLUMNS)))


def _known(name: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise RefusedError(INVALID_GROUP)
    return names[name]


SOURCES: Mapping[str, Callable[[str], Clause]] = {
    "event_properties": _in_events,
    "session_properties": _in_sessions,
    "profile_fields": _in_profiles,
    "app_fields": _app_field,
    "demographics": _demographic,
    "technographics": _technographic,
    "reachability": _reachability,
    "geo_fields": _place,
}
