"""What CleverTap accepts and then loses without a word. Reference: data 2.2, 3.4, 4.3.

Nothing of this shows in an answer; at CleverTap it shows in the dashboard's Error Stream.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

MOST_EVENT_TYPES = 512
MOST_PROPERTIES = 256
MOST_ITEMS = 256
MOST_PROFILE_KEYS = 256
LONGEST_KEY = 120
LONGEST_VALUE = 512
FORBIDDEN = frozenset("%><!|&.:;$'\"\\")
"""Characters that no name of an event or of a property may hold."""
FORBIDDEN_IN_PROFILES = FORBIDDEN | {"#"}
PLAIN = frozenset((bool, int, float))


@lru_cache(maxsize=4096)
def is_name(name: str) -> bool:
    """Whether an event or a property of events can be called so."""
    return len(name) <= LONGEST_KEY and FORBIDDEN.isdisjoint(name)


def is_profile_key(name: str) -> bool:
    """Whether a property of people can be called so."""
    return len(name) <= LONGEST_KEY and FORBIDDEN_IN_PROFILES.isdisjoint(name)


def kept_of_event(data: dict[str, Any], *, is_purchase: bool, lossy: bool) -> dict[str, Any]:
    """Give what stays of evtData; the `Items` of a purchase are the only list that does.

    Args:
        data: The properties as sent.
        is_purchase: The event is `Charged`.
        lossy: Bad names, long values and what is too many get lost as well.
    """
    named, longest = (is_name, LONGEST_VALUE) if lossy else (_any_name, inf)
    # A million events a minute come by here, so this does without isinstance and without functions of its own.
    kept = {
        name: value
        for name, value in data.items()
        if named(name)
        and (
            value.__class__ in PLAIN
            or (value.__class__ is str and len(value) <= longest)
            or (is_purchase and name == "Items" and value.__class__ is list)
        )
    }
    return _cut(kept) if lossy and (is_purchase or len(kept) > MOST_PROPERTIES) else kept


def kept_of_profile(data: dict[str, Any], *, lossy: bool) -> dict[str, Any]:
    """Give what stays of profileData, operators included; entries of lists are looked at one by one."""
    if not lossy:
        return data
    return {name: _kept_value(value) for name, value in data.items() if is_profile_key(name) and _may_stay(value)}


def _any_name(_name: str) -> bool:
    return True


def _may_stay(value: object) -> bool:
    return not isinstance(value, str) or len(value) <= LONGEST_VALUE


def _kept_value(value: Any) -> Any:
    if isinstance(value, list):
        return [entry for entry in value if _may_stay(entry)]
    if isinstance(value, dict):
        return {operator: _kept_value(operand) for operator, operand in value.items()}
    return value


def _cut(kept: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is too many, of properties and of things bought."""
    if isinstance(kept.get("Items"), list):
        kept["Items"] = kept["Items"][:MOST_ITEMS]
    return kept if len(kept) <= MOST_PROPERTIES else dict(list(kept.items())[:MOST_PROPERTIES])
