"""What a call would do to a catalog, in plain words, for the person who has to say yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clevertap_tools.wire import JsonObject, natural
from clevertap_tools.words.lines import counted, listed, quoted

PLAIN = {"catalogName": "Name", "description": "Description", "status": "Status"}
NOTHING = "Nothing changes: the catalog is like that already."
REST = "All else stays as it is."
MOST_TOLD = 5
"""Additions and changes of one kind that are told one by one; whatever is lost is told as far as there is room."""
LONGEST_NAME = 40


def named(number: int, catalog: JsonObject) -> str:
    """A catalog by its name and id: `catalog "shoes" (501)`."""
    return f"catalog {quoted(catalog['catalogName'])} ({number})"


def deletion(number: int, catalog: JsonObject) -> str:
    """What deleting a catalog means."""
    count = natural(catalog.get("totalProducts"))
    products = "all its products" if count is None else counted(count, "product", "products")
    return f"Delete {named(number, catalog)} with {products} for good."


def differences(current: JsonObject, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """One line for each thing of a catalog that becomes another; what is lost is called lost."""
    lines = [*plain_changes(current, changes)]
    if "catalogSchema" in changes:
        old, new = columns(current.get("catalogSchema")), columns(changes["catalogSchema"])
        lines += compared("Attributes", old, new)
    if "fieldMappings" in changes:
        lines += compared("Field mappings", texts(current.get("fieldMappings")), texts(changes["fieldMappings"]))
    return (*lines, REST) if lines else (NOTHING,)


def plain_changes(current: JsonObject, changes: Mapping[str, Any]) -> Iterator[str]:
    """The texts that change."""
    for name, label in PLAIN.items():
        if name in changes and changes[name] != current.get(name):
            yield f"{label}: {quoted(current.get(name, ''))} becomes {quoted(changes[name])}"


def columns(schema: object) -> dict[str, str]:
    """The attributes of a schema, each with what it takes."""
    known = [each for each in schema if isinstance(each, dict)] if isinstance(schema, Sequence) else []
    return {str(each.get("name")): kind(each) for each in known}


def kind(attribute: Mapping[str, Any]) -> str:
    """What an attribute takes."""
    return f"{attribute.get('type')}{', filterable' if attribute.get('filterable') else ''}"


def texts(mappings: object) -> dict[str, str]:
    """Field mappings, as far as they are any."""
    return {str(key): str(value) for key, value in mappings.items()} if isinstance(mappings, Mapping) else {}


def compared(label: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What is lost, what is added and what changes between two sets of names with a meaning each."""
    lost = [short(name) for name in old if name not in new]
    added = [f"{short(name)} ({short(new[name])})" for name in new if name not in old]
    changed = [
        f"{short(name)} from {short(old[name])} to {short(new[name])}"
        for name in new
        if name in old and new[name] != old[name]
    ]
    return [
        *listed(f"{label} lost", lost),
        *listed(f"{label} added", added, MOST_TOLD),
        *listed(f"{label} changed", changed, MOST_TOLD),
    ]


def short(text: str) -> str:
    """A name among many."""
    return quoted(text, LONGEST_NAME)
