"""People named one by one in `to`, as sends and triggers take them (reference: engagement 4 and 5).

A send spells two of its lists with a capital (`Identity`), a trigger spells all of them small; callers may use either
for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.records import Identity
from clevertap_tools.upload_result import MOST_RECORDS
from clevertap_tools.words.lines import Name

CAPITALISED = {"identity": "Identity", "email": "Email"}
"""How a send spells its lists, where it differs."""
SMALL = {capitalised: small for small, capitalised in CAPITALISED.items()}

# Published without its limits: they are the same for every list, and refusals name them.
ManyNames = Annotated[
    list[Identity],
    Field(min_length=1, max_length=MOST_RECORDS),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]


class Receivers(Arguments):
    """People by one or several kinds of names, each person once."""

    identity: ManyNames | None = None
    email: ManyNames | None = None
    objectId: ManyNames | None = None  # noqa: N815 - CleverTap's spelling

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        filled = {name: value for name, value in given.items() if value is not None}
        twice = next((name for name in SMALL if name in filled and SMALL[name] in filled), None)
        if twice:
            raise ValueError(f"has both {twice} and {SMALL[twice]}; give one list of each kind")
        return {SMALL.get(name, name): value for name, value in filled.items()}

    @model_validator(mode="after")
    def _each_once(self) -> Receivers:
        if not self.names:
            raise ValueError(f"names nobody; give lists of {', '.join(type(self).model_fields)}")
        if len(self.names) > MOST_RECORDS:
            raise ValueError(f"names {len(self.names):,} people; at most {MOST_RECORDS:,} go in one call")
        check_once(self.names)
        return self

    @property
    def names(self) -> list[Name]:
        """Everybody with the kind of name, list after list."""
        lists = ((kind, getattr(self, kind) or ()) for kind in type(self).model_fields)
        return list(chain.from_iterable(((kind, name) for name in names) for kind, names in lists))


class SendReceivers(Receivers):
    """Whom a message may be sent to."""

    FBID: ManyNames | None = None
    GPID: ManyNames | None = None


def check_once(names: Iterable[Name], field: str = "") -> None:
    """Refuse names that come twice: who gets a message twice is counted once by nobody.

    Args:
        names: Everybody with the kind of name.
        field: Where they stand, unless the refusal is told of that field anyway.

    Raises:
        ValueError: One does; the message tells the kind and the place, not the name.
    """
    seen: set[Name] = set()
    places: dict[str, int] = {}
    for each in names:
        kind = each[0]
        place = places[kind] = places.get(kind, -1) + 1
        if one(each) in seen:
            subject = f"{field!r} " if field else ""
            raise ValueError(f"{subject}names somebody twice ({kind}[{place}]); name everybody once")
        seen.add(one(each))


def one(name: Name) -> tuple[str, str]:
    """A name in the one form that all spellings of it share."""
    kind, text = name[0], str(name[1]).strip()
    return kind, text.casefold() if kind == "email" else text


def lists(names: Sequence[Name], spelling: Mapping[str, str]) -> dict[str, list[object]]:
    """Names as the lists of `to`.

    Args:
        names: Everybody with the kind of name.
        spelling: How kinds are spelt where they are spelt otherwise.
    """
    made: dict[str, list[object]] = {}
    for kind, name in names:
        made.setdefault(spelling.get(kind, kind), []).append(name)
    return made
