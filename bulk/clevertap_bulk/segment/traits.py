"""What is known about a person: Segment's traits as CleverTap's profile (reference: data 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clevertap_bulk.mapping.values import Convert, as_text
from clevertap_bulk.segment.flat import Clock, Flat, Pair, gathered
from clevertap_bulk.segment.names import snake
from clevertap_tools.wire import JsonObject

GENDERS = {"male": "M", "m": "M", "female": "F", "f": "F"}
PARTS_OF_NAME = ("first_name", "last_name")
OF_GROUP = "group"
NAMES_ANEW = "would give the person another identity; that is what 'userId' is for"


class Traits:
    """Makes profiles of traits.

    Args:
        flat: What becomes of traits that CleverTap does not know.
        clock: What reads birthdays.
    """

    def __init__(self, flat: Flat, clock: Clock) -> None:
        self._flat = flat
        self._known: dict[str, tuple[str, Convert]] = {
            "name": ("Name", as_text),
            "birthday": ("DOB", lambda value: f"$D_{clock(value)}"),
            "avatar": ("Photo", as_text),
            "gender": ("Gender", gender),
            "phone": ("Phone", as_text),
            "email": ("Email", as_text),
        }

    def profile(self, traits: JsonObject) -> JsonObject:
        """The profile of a person with these traits.

        Raises:
            ValueError: CleverTap would not keep one of them.
        """
        return gathered(self._pairs(traits))

    def of_group(self, group: str, traits: JsonObject) -> JsonObject:
        """The profile of a member of a group, whose traits stand beside the person's own: `group_name`.

        Raises:
            ValueError: CleverTap would not keep one of them.
        """
        others = {key: value for key, value in traits.items() if not (key == "id" and str(value) == group)}
        return gathered([(f"{OF_GROUP}_id", group), *self._flat.pairs(others, OF_GROUP)])

    def _pairs(self, traits: JsonObject) -> Iterator[Pair]:
        custom: JsonObject = {}
        for key, value in traits.items():
            plain = snake(key)
            if plain == "identity":
                raise ValueError(f"{key!r} {NAMES_ANEW}")
            if plain not in self._known:
                custom[key] = value
            elif value is not None:
                yield self._converted(key, *self._known[plain], value)
        yield from whole_name(traits)
        yield from self._flat.pairs(custom)

    def _converted(self, key: str, name: str, convert: Convert, value: Any) -> Pair:
        try:
            return name, convert(value)
        except ValueError as error:
            raise ValueError(f"{key!r} {error}") from None


def gender(value: Any) -> str:
    """A gender in CleverTap's letters where it has one; what it makes of others is its own to say."""
    word = as_text(value)
    return GENDERS.get(word.strip().lower(), word)


def whole_name(traits: JsonObject) -> Iterator[Pair]:
    """The name of somebody of whom only its parts are told; they stay beside it."""
    found = {snake(key): value for key, value in traits.items() if isinstance(value, str) and value.strip()}
    parts = [found[part].strip() for part in PARTS_OF_NAME if part in found]
    if parts and not any(snake(key) == "name" and value is not None for key, value in traits.items()):
        yield "Name", " ".join(parts)
