"""Which keys hold personal data, of which kind, and which of their values are it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, auto
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from clevertap_mcp.privacy import vocabulary as words
from clevertap_mcp.privacy.vocabulary import words_of
from clevertap_tools.checking import HOLDERS, MOST_KEYS


class Kind(IntEnum):
    """A kind of personal data."""

    EMAIL = auto()
    PHONE = auto()
    IDENTITY = auto()
    TOKEN = auto()
    PLACE = auto()
    NAME = auto()
    BARE_NAME = auto()
    """`name` and its translations: a person's only where the data is about people."""


NUMERIC: Final = frozenset({Kind.PHONE, Kind.IDENTITY, Kind.TOKEN, Kind.PLACE})
"""Kinds whose numbers are personal, not only their texts."""
ADDRESSES: Final = frozenset({Kind.EMAIL, Kind.PHONE, Kind.TOKEN})
TELLING: Final = {
    begin: tuple(word for word in words.TELLING if word.startswith(begin))
    for begin in {word[:2] for word in words.TELLING}
}
"""The words by which keys tell personal data, by how they begin."""
NO_COUNT: Final = 1_000_000
"""Smaller numbers outside of people's data are counts, such as those of `mobile` visitors."""
LONGEST_KEY: Final = 200
"""Characters; what is longer is no key that anybody chose, but data in a key's place."""
REMEMBERED: Final = 2 * MOST_KEYS
"""Keys for which is kept at hand what they hold: as many as a call may have, and those of answers."""
LONG_ENOUGH: Final = 5
"""Letters of a word that is recognised at the end of another."""
ABOUT_ENDINGS: Final = tuple(word for word in words.ABOUT if len(word) >= LONG_ENOUGH)
IDENTITY_ENDINGS: Final = tuple(words.IDENTITY)
THING_ENDINGS: Final = tuple(words.THINGS)
CONTAINERS: Final = words.CARTS | (words.THINGS - words.GENERIC)


VALUE: Final = frozenset({"value", "Value", "values", "val", "v"})
"""In an object that names a value, the keys that may hold it."""
NAMING: Final = ("name", "type", "property", "key", "field", "attribute", "attr", "label", "k", "Name", "Key")
"""In an object with a `VALUE`, the keys that may tell what it is a value of."""
TOTALS: Final = frozenset({"count", "first_seen", "last_seen"})
"""What exports tell of each event (reference: data 7.2)."""


def kind_of(key: str) -> Kind | None:
    """The kind of personal data that a key holds, None for none."""
    return _kind_of(key) if len(key) <= LONGEST_KEY else None


@lru_cache(REMEMBERED)
def _kind_of(key: str) -> Kind | None:
    parts = words_of(key)
    joined = "".join(parts)
    if not _may_tell(joined):
        return None
    return _address(joined, parts) or _id_or_place(joined, parts) or _name(joined, parts)


def _may_tell(joined: str) -> bool:
    """Whether any word stands in a key by which it could hold personal data; a first look that costs little."""
    return any(joined.startswith(TELLING.get(joined[place : place + 2], ()), place) for place in range(len(joined)))


def _address(joined: str, parts: list[str]) -> Kind | None:
    if _tells_about_one(joined, parts):
        return None
    if _holds(joined, words.EMAIL) or joined in words.EMAIL_WHOLE or not words.EMAIL_WHOLE.isdisjoint(parts):
        return Kind.EMAIL
    if _holds(joined, words.PHONE) or joined in words.PHONE_WHOLE or "tel" in parts:
        return Kind.PHONE
    return None


def _id_or_place(joined: str, parts: list[str]) -> Kind | None:
    if joined.endswith(IDENTITY_ENDINGS) or joined in words.IDENTITY_WHOLE:
        return Kind.IDENTITY
    if parts[0] in words.WHETHER:
        return None
    if _holds(joined, words.TOKEN) or joined in words.TOKEN_WHOLE or parts[-1] in words.TOKEN_WHOLE:
        return Kind.TOKEN
    if _holds(joined, words.PLACE) or joined in words.PLACE_WHOLE or parts[-1] in {"lat", "lng", "lon"}:
        return Kind.PLACE
    return None


def _name(joined: str, parts: list[str]) -> Kind | None:
    if joined in words.BARE_NAME:
        return Kind.BARE_NAME
    if _holds(joined, words.NAME):
        return Kind.NAME
    if parts[-1] in words.BARE_NAME:
        whose = parts[-2]
    elif parts[0] in words.BARE_NAME:
        whose = parts[-1]
    elif joined.endswith("name"):
        return None if joined.removesuffix("name").endswith(THING_ENDINGS) else Kind.NAME
    else:
        return None
    return None if whose in words.THINGS else Kind.NAME


def _tells_about_one(joined: str, parts: list[str]) -> bool:
    """Whether a key such as `email_status` or `phone_model` is about an address, not the address."""
    if joined in words.OPT_OUTS:
        return True
    if len(parts) == 1:
        return joined.endswith(ABOUT_ENDINGS)
    return parts[0] in words.WHETHER or parts[-1] in words.ABOUT


def _holds(joined: str, stems: frozenset[str]) -> bool:
    return any(stem in joined for stem in stems)


def is_personal(kind: Kind, value: Any, *, people: bool) -> bool:
    """Whether a text or number under a key of this kind is personal.

    Args:
        kind: See `kind_of`.
        value: A text, a number, true, false or None.
        people: Whether the data around it is about people.
    """
    if kind is Kind.BARE_NAME and not people:
        return False
    if isinstance(value, str):
        if kind in ADDRESSES and value.casefold() in words.NOBODY:
            return False
        return bool(value) and not value.isspace() and (kind is not Kind.PLACE or any(map(str.isdigit, value)))
    if isinstance(value, bool) or not isinstance(value, int | float) or kind not in NUMERIC:
        return False
    return people or kind is Kind.PLACE or abs(value) >= NO_COUNT


def still_people(key: str, *, people: bool) -> bool:
    """Whether what a key holds is about people, given whether the data around it is: `Items` and `product` are not."""
    return _still_people(key, people) if len(key) <= LONGEST_KEY else people


@lru_cache(REMEMBERED)
def _still_people(key: str, people: bool) -> bool:
    parts = words_of(key)
    if not parts:
        return people
    last = parts[-1]
    if last in words.PEOPLE or "".join(parts) in words.PEOPLE:
        return True
    return people and not CONTAINERS.intersection((last, last.removesuffix("s")))


def kind_in(key: str, above: Kind | None, named: Kind | None) -> Kind | None:
    """The kind of what an object holds under a key.

    Args:
        key: The key.
        above: The kind that the whole object is.
        named: The kind that it says its value is, see `kind_of_named`.
    """
    if named and key in VALUE:
        return named
    return above if named and key in NAMING else kind_of(key) or above


def kind_of_named(holder: Mapping[str, Any]) -> Kind | None:
    """The kind of the `value` of an object that names it: `{"name": "Email", "value": ...}`."""
    if VALUE.isdisjoint(holder):
        return None
    named = (holder.get(naming) for naming in NAMING)
    return next((kind for name in named if isinstance(name, str) and (kind := kind_of(name))), None)


def only_totals(holder: Mapping[str, Any]) -> bool:
    """Whether an object is what exports tell of an event, so that the key above it is the event's name."""
    return bool(holder) and holder.keys() <= TOTALS and all(isinstance(each, int) for each in holder.values())


def personal_values(value: Any, *, people: bool, deepest: int = 64) -> set[tuple[str, Kind]]:
    """Every personal value in a JSON value, as text, with its kind; what goes out as a message names nobody.

    Args:
        value: Any JSON value.
        people: Whether it is about people.
        deepest: Levels that are looked into.
    """
    met: set[tuple[str, Kind]] = set()
    _gather(value, None, people, deepest, met)
    return met


def _gather(value: Any, kind: Kind | None, people: bool, deepest: int, met: set[tuple[str, Kind]]) -> None:
    if isinstance(value, Mapping):
        if deepest:
            _gather_fields(value, kind, people, deepest - 1, met)
    elif isinstance(value, list):
        # The same entry is looked at once; true and false, which are equal to numbers, mean nobody.
        alike = [{each for each in value if type(each) is one} for one in (str, int, float)] if kind and deepest else []
        for inner in chain((each for each in value if deepest and isinstance(each, HOLDERS)), *alike):
            _gather(inner, kind, people, deepest - 1, met)
    elif kind and is_personal(kind, value, people=people):
        met.add((str(value), kind))


def _gather_fields(
    value: Mapping[str, Any], kind: Kind | None, people: bool, deepest: int, met: set[tuple[str, Kind]]
) -> None:
    named = kind_of_named(value)
    for key, inner in value.items():
        below = kind_in(key, kind, named)
        if (below or isinstance(inner, HOLDERS)) and not is_message(key):
            _gather(inner, below, still_people(key, people=people), deepest, met)


def is_message(key: str) -> bool:
    """Whether a key holds what is sent to people, or that from which it is made."""
    return len(key) <= LONGEST_KEY and _is_message(key)


@lru_cache(REMEMBERED)
def _is_message(key: str) -> bool:
    return "".join(words_of(key)) in words.MESSAGES
