"""The blocks of `common_profile_properties`: what people are. Reference: data 6.2, engagement 2.3."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.language.clauses import Clause, every, some
from clevertap_sandbox.language.filters import (
    EXISTENCE,
    Filter,
    holds,
    read_filters,
    refuse_unknown_keys,
    refused_query,
)
from clevertap_sandbox.language.geography import in_circles, in_places
from clevertap_sandbox.language.places import (
    DEMOGRAPHICS,
    DEVICE_COLUMNS,
    REACHABILITY,
    TECHNOGRAPHICS,
    in_devices,
    in_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from clevertap_sandbox.behaviours import Behaviours

GENDERS = {"Male": "M", "Female": "F"}
EQUALITY = EXISTENCE | {"equals", "not_equals"}
UNFILTERABLE = frozenset({"identity", "objectid"})
SAMPLED = frozenset({"Gender", "Education", "Device", "Platform", "Make", "has_token", "first_time", "time_of_day"})
"""The names that samples show; the others are inferred."""


def people_are(common: dict[str, Any], behaviours: Behaviours) -> list[Clause]:
    """Compile `common_profile_properties` to conditions on `p`, one for each block that asks for something.

    Raises:
        RefusedError: a block is unknown, or asks for what cannot be asked.
    """
    refuse_unknown_keys(common, frozenset(BLOCKS), "common_profile_properties", behaviours)
    return [
        BLOCKS[block](raw, behaviours) for block, raw in common.items() if block in BLOCKS and raw not in (None, [])
    ]


def refuse_unknown_names(wanted: Filter, known: Collection[str], block: str, behaviours: Behaviours) -> None:
    """Refuse a filter on what a block does not have."""
    if wanted.name not in known or (behaviours.only_sampled_names and wanted.name not in SAMPLED):
        raise refused_query(f"Unknown name in {block} : {wanted.name}")


def _profile_field(wanted: Filter, behaviours: Behaviours) -> Clause:
    """A profile key, custom or system. A phone is compared as the digits it is stored as."""
    if wanted.name.casefold() in UNFILTERABLE:
        raise refused_query(f"Filtering is not possible on {wanted.name}")
    if wanted.name == "Phone":
        wanted = replace(wanted, values=tuple(str(value).removeprefix("+") for value in wanted.values))
    return holds(wanted, in_json("p.profile", wanted.name), behaviours)


def _demographic(wanted: Filter, behaviours: Behaviours) -> Clause:
    """A demographic; stored gender is M or F, asked for is Male or Female."""
    refuse_unknown_names(wanted, DEMOGRAPHICS, "demographics", behaviours)
    if wanted.name == "Gender":
        wanted = _stored_gender(wanted)
    key = "Employed" if wanted.name == "Employment" else wanted.name
    return holds(wanted, in_json("p.profile", key), behaviours)


def _stored_gender(wanted: Filter) -> Filter:
    if wanted.operator not in EQUALITY:
        raise refused_query(f"Invalid operator : {wanted.operator}")
    unknown = [value for value in wanted.values if value not in GENDERS]
    if unknown:
        raise refused_query(f"Unknown gender : {unknown[0]}")
    return replace(wanted, values=tuple(GENDERS[str(value)] for value in wanted.values))


def _technographic(wanted: Filter, behaviours: Behaviours) -> Clause:
    """What somebody's devices are."""
    refuse_unknown_names(wanted, TECHNOGRAPHICS, "technographics", behaviours)
    return holds(wanted, in_devices(TECHNOGRAPHICS[wanted.name]), behaviours)


def _app_field(wanted: Filter, behaviours: Behaviours) -> Clause:
    """What somebody's devices say about themselves."""
    refuse_unknown_names(wanted, DEVICE_COLUMNS, "app_fields", behaviours)
    return holds(wanted, in_devices(f"device.{DEVICE_COLUMNS[wanted.name]}"), behaviours)


def _reachability(wanted: Filter, behaviours: Behaviours) -> Clause:
    """Whether somebody has a push token, an address, a phone: "True" or "False"."""
    refuse_unknown_names(wanted, REACHABILITY, "reachability", behaviours)
    if wanted.operator != "equals" or not set(wanted.values) <= {"True", "False"}:
        raise refused_query(f'{wanted.name} takes "True" or "False"')
    reached = Clause(REACHABILITY[wanted.name])
    return some(reached if value == "True" else reached.negated() for value in wanted.values)


def _filters(block: str, compiled: Callable[[Filter, Behaviours], Clause]) -> Callable[[object, Behaviours], Clause]:
    """A block that is a list of filters, all of which must hold."""
    return lambda raw, behaviours: every(compiled(each, behaviours) for each in read_filters(raw, block, behaviours))


BLOCKS: dict[str, Callable[[object, Behaviours], Clause]] = {
    "profile_fields": _filters("profile_fields", _profile_field),
    "demographics": _filters("demographics", _demographic),
    "technographics": _filters("technographics", _technographic),
    "app_fields": _filters("app_fields", _app_field),
    "reachability": _filters("reachability", _reachability),
    "geo_fields": in_places,
    "geo_radius": in_circles,
}
