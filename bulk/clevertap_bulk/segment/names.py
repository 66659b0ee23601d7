"""Names of traits, properties and events as CleverTap keeps them (reference: data 4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from clevertap_bulk.mapping.mapping import FORBIDDEN
from clevertap_tools.records import LONGEST_KEY, checked_event_name

OF_PEOPLE = FORBIDDEN | {"#"}
"""Characters that a person's properties must not have in their names."""
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
GAP = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Names:
    """What becomes of the names of properties.

    Args:
        keep: Whether they stay as they are.
        forbidden: Characters that CleverTap would drop a property for.
    """

    keep: bool
    forbidden: frozenset[str] = FORBIDDEN

    def of(self, name: str) -> str:
        """A name as CleverTap gets it.

        Raises:
            ValueError: CleverTap would not keep it.
        """
        if len(name) > LONGEST_KEY:
            raise ValueError(f"has a name longer than {LONGEST_KEY} characters")
        made = name if self.keep else snake(name)
        if not made.strip():
            raise ValueError(f"{name!r} is no name")
        if self.keep and not self.forbidden.isdisjoint(made):
            raise ValueError(f"{name!r} has a character that CleverTap does not keep: {listed(self.forbidden)}")
        return made


def snake(name: str) -> str:
    """A name in small letters, with `_` between its words and for all that is neither letter nor digit."""
    return _remembered(name) if len(name) <= LONGEST_KEY else _snake(name)


def _snake(name: str) -> str:
    return GAP.sub("_", HUMP.sub("_", name)).strip("_").lower()


_remembered = lru_cache(16_384)(_snake)


def checked_event(name: str) -> str:
    """The name of an event that CleverTap takes and keeps.

    Raises:
        ValueError: Only CleverTap raises it, or it has a character that CleverTap drops events for.
    """
    return checked_event_name(kept_event(name))


def kept_event(name: str) -> str:
    """The name of an event that CleverTap keeps, if it takes it.

    Raises:
        ValueError: It has a character that CleverTap drops events for.
    """
    if not FORBIDDEN.isdisjoint(name):
        raise ValueError(f"has a character that CleverTap does not take in names of events: {listed(FORBIDDEN)}")
    return name


def listed(characters: frozenset[str]) -> str:
    """Characters, to be read."""
    return " ".join(sorted(characters))
