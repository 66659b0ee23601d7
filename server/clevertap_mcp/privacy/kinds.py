"""Which keys hold personal data, of which kind, and which of their values are it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum, auto
from functools import lru_cache
from typing import Any, Final

from clevertap_mcp.privacy import vocabulary as words
from clevertap_mcp.privacy.vocabulary import words_of


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
NO_COUNT: Final = 1_000_000
"""Smaller numbers outside of people's data are counts, such as those of `mobile` visitors."""
LONGEST_KEY: Final = 200
"""Characters; what is longer is no key that anybody chose, but data in a key's place."""
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


@lru_cache(4096)
def kind_of(key: str) -> Kind | None:
    """The kind of personal data that a key holds, None for none."""
    parts = words_of(key) if len(key) <= LONGEST_KEY else []
    joined = "".join(parts)
    return (_address(joined, parts) or _id_or_place(joined, parts) or _name(joined, parts)) if parts else None


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


@lru_cache(4096)
def still_people(key: str, *, people: bool) -> bool:
    """Whether what a key holds is about people, given whether the data around it is: `Items` and `product` are not."""
    parts = words_of(key) if len(key) <= LONGEST_KEY else []
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


def personal_values(
    value: Any, *, people: bool, kind: Kind | None = None, deepest: int = 64
) -> Iterator[tuple[str, Kind]]:
    """Every personal value in a JSON value, as text, with its kind; what goes out as a message names nobody.

    Args:
        value: Any JSON value.
        people: Whether it is about people.
        kind: What it is itself, by its key.
        deepest: Levels that are looked into.
    """
    if isinstance(value, Mapping) and deepest:
        named = kind_of_named(value)
        for key, inner in value.items():
            if "".join(words_of(key)) in words.MESSAGES:
                continue
            below = kind_in(key, kind, named)
            if below or isinstance(inner, Mapping | list):
                about = still_people(key, people=people)
                yield from personal_values(inner, people=about, kind=below, deepest=deepest - 1)
    elif isinstance(value, list) and deepest:
        for inner in value:
            yield from personal_values(inner, people=people, kind=kind, deepest=deepest - 1)
    elif kind and is_personal(kind, value, people=people):
        yield str(value), kind
