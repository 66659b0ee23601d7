"""Objects and lists inside properties, made flat: `{"a": {"b": 1}}` becomes `a_b`, the entries of a list `a_0`, `a_1`.

CleverTap keeps neither in events, and shows no objects of people in its exports (reference: data 4.3). Nothing is left
out but what holds nothing: null, an empty object, an empty list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from clevertap_bulk.mapping.values import as_text
from clevertap_bulk.segment.names import Names
from clevertap_tools.records import LONGEST_KEY, LONGEST_VALUE, MOST_PROPERTIES
from clevertap_tools.wire import JsonObject

MOST_DEPTH = 10
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
"""As JavaScript and Segment's libraries write a date; a mere day stays the text that it is."""
TOO_DEEP = f"is nested deeper than {MOST_DEPTH}"
Pair = tuple[str, Any]
"""A property: its name as CleverTap gets it, and its value."""
Clock = Callable[[Any], int]


class Flat:
    """Makes properties flat.

    Args:
        names: What becomes of their names.
        clock: What reads times.
        lists: Whether a list of simple values stays one, as a person's properties may.
    """

    def __init__(self, names: Names, clock: Clock, *, lists: bool = False) -> None:
        self._names = names
        self._clock = clock
        self._lists = lists

    def pairs(self, values: JsonObject, prefix: str = "") -> Iterator[Pair]:
        """The properties that an object holds.

        Args:
            values: The object.
            prefix: What comes before their names.

        Raises:
            ValueError: CleverTap would not keep one of them.
        """
        return self._inside(values, prefix, 1)

    def _inside(self, values: JsonObject, prefix: str, depth: int) -> Iterator[Pair]:
        if depth > MOST_DEPTH:
            raise ValueError(f"{prefix!r} {TOO_DEEP}")
        for key, value in values.items():
            name = self._names.of(key)
            yield from self._one(f"{prefix}_{name}" if prefix else name, value, depth)

    def _one(self, name: str, value: Any, depth: int) -> Iterator[Pair]:
        if isinstance(value, dict):
            yield from self._inside(value, name, depth + 1)
        elif isinstance(value, list):
            yield from self._listed(name, value, depth)
        elif value is not None:
            yield name, self._simple(value)

    def _listed(self, name: str, values: list[Any], depth: int) -> Iterator[Pair]:
        if self._lists and not any(isinstance(each, dict | list) for each in values):
            if texts := [as_text(each) for each in values if each is not None]:
                yield name, checked_texts(name, texts)
            return
        yield from self._inside({str(place): each for place, each in enumerate(values)}, name, depth + 1)

    def _simple(self, value: Any) -> Any:
        """A value as it is; a time as CleverTap knows it for one."""
        if isinstance(value, str) and MOMENT.fullmatch(value):
            try:
                return f"$D_{self._clock(value)}"
            except ValueError:
                return value  # looks like a time, and the calendar has no such day
        return value


def gathered(pairs: Iterable[Pair]) -> JsonObject:
    """Properties as one object.

    Raises:
        ValueError: Two have the same name, there are too many, or a name is too long.
    """
    made: JsonObject = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"two of its values become the property {name!r}")
        if len(name) > LONGEST_KEY:
            raise ValueError(f"has a value whose name, made flat, is longer than {LONGEST_KEY} characters")
        if len(made) == MOST_PROPERTIES:
            raise ValueError(f"has more than {MOST_PROPERTIES} properties, all that CleverTap keeps")
        made[name] = value
    return made


def checked_texts(name: str, texts: list[str]) -> list[str]:
    """The values of a list.

    Raises:
        ValueError: CleverTap would cut one of them.
    """
    if any(len(each) > LONGEST_VALUE for each in texts):
        raise ValueError(f"{name!r} has a text longer than {LONGEST_VALUE} characters")
    return texts
