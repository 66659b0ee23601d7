"""Where the values of a property stand in the database. Reference: data 6.1 to 6.2, engagement 2.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.language.clauses import Clause, some
from clevertap_sandbox.language.filters import Leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_sandbox.language.filters import Places

DEMOGRAPHICS = ("Gender", "Education", "Age", "Employed", "Employment", "Married")
APPS = "device.platform IN ('Android', 'iOS', 'Windows')"
TECHNOGRAPHICS = {
    "Platform": f"CASE WHEN {APPS} THEN device.platform || 'App' ELSE device.platform END",
    "Device": "coalesce(device.form_factor, CASE WHEN device.platform IN ('Android', 'iOS') THEN 'Mobile' "
    "ELSE 'Desktop' END)",
    "OS": f"coalesce(device.os, CASE WHEN {APPS} THEN device.platform END)",
    "Browser": "device.browser",
}
DEVICE_COLUMNS = {
    "Make": "make",
    "Model": "model",
    "App Version": "app_version",
    "OS Version": "os_version",
    "SDK Version": "sdk_version",
    "Carrier": "carrier",
}
REACHABILITY = {
    "has_token": "EXISTS (SELECT 1 FROM devices WHERE person = p.id AND push_token IS NOT NULL)",
    "has_email": "p.email IS NOT NULL",
    "has_phone": "p.phone IS NOT NULL",
}
SCALAR = "NOT IN ('array', 'object', 'null')"


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
