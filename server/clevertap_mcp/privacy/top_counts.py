"""Counts by the values of a property: when the property is personal, its values stand where keys do.

Asked for the top values of `Phone`, CleverTap answers with an object whose keys are numbers (reference: data 8.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from clevertap_mcp.privacy.free_text import Hide
from clevertap_mcp.privacy.kinds import Kind, kind_of
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM

OF_PEOPLE: Final = "profile_fields"
"""The type of properties among which a `Name` is a person's."""


def personal_groups(given: Mapping[str, Any]) -> frozenset[str]:
    """The labels of the groups that ask for the values of a personal property."""
    body = given.get("body")
    groups = body.get("groups") if isinstance(body, Mapping) else None
    if not isinstance(groups, Mapping):
        return frozenset()
    return frozenset(label for label, group in groups.items() if isinstance(group, Mapping) and _is_personal(group))


def _is_personal(group: Mapping[str, Any]) -> bool:
    kind = kind_of(str(group.get("name")))
    return kind is not None and (kind is not Kind.BARE_NAME or group.get("property_type") == OF_PEOPLE)


def values_hidden(answer: Any, labels: frozenset[str], hide: Hide) -> Any:
    """An answer with the values that were counted hidden in the groups of these labels."""
    if not isinstance(answer, dict) or labels.isdisjoint(answer):
        return answer
    return {label: _keys_hidden(each, hide) if label in labels else each for label, each in answer.items()}


def _keys_hidden(counts: Any, hide: Hide) -> Any:
    """Keys of figures are values; keys of objects are CleverTap's own, such as `STR`."""
    if not isinstance(counts, dict):
        return counts
    return {
        key if isinstance(each, dict) or PSEUDONYM.fullmatch(key) else hide(key): _keys_hidden(each, hide)
        for key, each in counts.items()
    }
