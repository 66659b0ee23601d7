"""Which keys of a profile undo an opt-out, often for everybody on the same address (reference: data 4.4 and 9.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clevertap_tools.spelling import loosely

OF_ADDRESS = "msgdnd"
UNSUBSCRIBED, RESUBSCRIBED = "categoryunsubscribe", "categoryresubscribe"


def lifted(body: object) -> list[str]:
    """The keys that lift an opt-out, as they are spelt, at any depth of a profile or of a whole upload.

    Anything but an opt-out in so many words counts as lifting it. What a profile consents to for itself alone
    (`MSG-email: true`) is one of its properties and lifts nothing.
    """
    return [key for each in objects(body) for key, value in each.items() if lifts(loosely(key), value)]


def lifts(key: str, value: object) -> bool:
    """Whether one key, written plainly, lifts an opt-out by its value."""
    if key.startswith(OF_ADDRESS):
        return value is not True
    if key == UNSUBSCRIBED:
        return not isinstance(value, Mapping) or any(str(name).startswith("$") for name in value)
    return key == RESUBSCRIBED


def is_of_address(key: str) -> bool:
    """Whether a key speaks for an address or number, with every profile that has it."""
    return loosely(key).startswith(OF_ADDRESS)


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """Every object of a body, from the outside in."""
    level = [value]
    while level:
        found = level.pop()
        if isinstance(found, Mapping):
            yield found
            level.extend(found.values())
        elif isinstance(found, list):
            level.extend(found)
