"""Where the values of a property stand in the database. Reference: data 6.1 to 6.2, engagement 2.3."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clevertap_sandbox.language.clauses import Clause, every, some
from clevertap_sandbox.language.filters import Filter, Leaf, holds, refused_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.language.filters import Places

SCALAR = "NOT IN ('array', 'object', 'null')"
DEVICE_COLUMNS = {"Make": "make", "Model": "model", "App Version": "app_version", "OS Version": "os_version"}
PLATFORM = (
    "CASE device.platform WHEN 'Android' THEN 'AndroidApp' WHEN 'iOS' THEN 'iOSApp' "
    "WHEN 'Windows' THEN 'WindowsApp' ELSE device.platform END"
)
FORM_FACTOR = "CASE WHEN device.platform IN ('Android', 'iOS') THEN 'Mobile' ELSE 'Desktop' END"
TECHNOGRAPHICS = {"Platform": PLATFORM, "Device": FORM_FACTOR}
DEMOGRAPHICS = {"Gender", "Education", "Age", "Employed", "Employment", "Married"}
GENDERS = {"Male": "M", "Female": "F"}
HAS_DEVICE = "EXISTS (SELECT 1 FROM devices WHERE person = p.id AND push_token IS NOT NULL)"
REACHABILITY = {
    "has_token": HAS_DEVICE,
    "has_email": "p.email IS NOT NULL",
    "has_phone": "p.phone IS NOT NULL",
}
UNFILTERABLE = frozenset({"identity", "objectid"})


def in_json(document: str, name: str, *, items: bool = False) -> Places:
    """Look for a property in a JSON column: its value, the entries of its list, the fields of `Items`."""

    def found(test: Callable[[Leaf], Clause]) -> Clause:
        top, part = test(Leaf("top.type", "top.atom")), test(Leaf("part.type", "part.atom"))
        ways = [
            Clause(
                f"EXISTS (SELECT 1 FROM json_each({document}) AS top "  # noqa: S608 (columns of this package)
                f"WHERE top.key = ? AND top.type {SCALAR} AND {top.sql})",
                (name, *top.parameters),
            ),
            Clause(
                f"EXISTS (SELECT 1 FROM json_each({document}) AS top, "  # noqa: S608 (same)
                "json_each(CASE top.type WHEN 'array' THEN top.value ELSE '[]' END) AS part "
                f"WHERE top.key = ? AND part.type {SCALAR} AND {part.sql})",
                (name, *part.parameters),
            ),
        ]
        return some([*ways, _in_items(document, name, test)] if items else ways)

    return found


def _in_items(document: str, name: str, test: Callable[[Leaf], Clause]) -> Clause:
    field = test(Leaf("field.type", "field.atom"))
    return Clause(
        f"EXISTS (SELECT 1 FROM json_each({document}, '$.Items') AS item, "  # noqa: S608 (same)
        "json_each(CASE item.type WHEN 'object' THEN item.value ELSE '{}' END) AS field "
        f"WHERE field.key = ? AND field.type {SCALAR} AND {field.sql})",
        (name, *field.parameters),
    )


def in_devices(column: str) -> Places:
    """Look at one column of a person's devices."""

    def found(test: Callable[[Leaf], Clause]) -> Clause:
        kind = f"CASE WHEN {column} IS NULL THEN 'null' ELSE 'text' END"
        before = "EXISTS (SELECT 1 FROM devices AS device WHERE device.person = p.id AND "
        return test(Leaf(kind, column)).inside(before)

    return found


def profile_field(wanted: Filter, behaviours: Behaviours) -> Clause:
    """A profile key, custom or system. A phone is compared as the digits it is stored as."""
    if wanted.name.casefold() in UNFILTERABLE:
        raise refused_query(f"Filtering is not possible on {wanted.name}")
    if wanted.name == "Phone":
        wanted = replace(wanted, values=tuple(str(value).removeprefix("+") for value in wanted.values))
    return holds(wanted, in_json("p.profile", wanted.name), behaviours)


def demographic(wanted: Filter, behaviours: Behaviours) -> Clause:
    """A demographic; stored gender is M or F, asked for is Male or Female."""
    if wanted.name not in DEMOGRAPHICS:
        raise refused_query(f"Unknown demographic : {wanted.name}")
    if wanted.name == "Gender":
        unknown = [value for value in wanted.values if value not in GENDERS]
        if unknown:
            raise refused_query(f"Unknown gender : {unknown[0]}")
        wanted = replace(wanted, values=tuple(GENDERS[str(value)] for value in wanted.values))
    key = "Employed" if wanted.name == "Employment" else wanted.name
    return holds(wanted, in_json("p.profile", key), behaviours)


def technographic(wanted: Filter, behaviours: Behaviours) -> Clause:
    """What somebody's devices are."""
    if wanted.name not in TECHNOGRAPHICS:
        raise refused_query(f"Unknown technographic : {wanted.name}")
    return holds(wanted, in_devices(TECHNOGRAPHICS[wanted.name]), behaviours)


def app_field(wanted: Filter, behaviours: Behaviours) -> Clause:
    """What somebody's devices say about themselves."""
    if wanted.name not in DEVICE_COLUMNS:
        raise refused_query(f"Unknown app field : {wanted.name}")
    return holds(wanted, in_devices(f"device.{DEVICE_COLUMNS[wanted.name]}"), behaviours)


def reachability(wanted: Filter, _behaviours: Behaviours) -> Clause:
    """Whether somebody has a push token, an address, a phone: "True" or "False"."""
    if wanted.name not in REACHABILITY:
        raise refused_query(f"Unknown reachability : {wanted.name}")
    if wanted.operator != "equals" or not set(wanted.values) <= {"True", "False"}:
        raise refused_query(f'{wanted.name} takes "True" or "False"')
    reached = Clause(REACHABILITY[wanted.name])
    return some(reached if value == "True" else reached.negated() for value in wanted.values)


PROFILE_BLOCKS: dict[str, Callable[[Filter, Behaviours], Clause]] = {
    "profile_fields": profile_field,
    "demographics": demographic,
    "technographics": technographic,
    "app_fields": app_field,
    "reachability": reachability,
}


def all_hold(filters: tuple[Filter, ...], block: str, behaviours: Behaviours) -> Clause:
    """Every filter of one block of `common_profile_properties`."""
    return every(PROFILE_BLOCKS[block](wanted, behaviours) for wanted in filters)
