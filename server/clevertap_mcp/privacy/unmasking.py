"""The persons that arguments name by pseudonyms.

A pseudonym stands for its person only where CleverTap takes an identity, e-mail, phone, objectId, name or token.
Anywhere else it is refused: what it stands for could be copied into an ordinary property and read back from there, or
go out in a message.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Container, Mapping
from itertools import chain
from typing import Any, Final

from clevertap_mcp.privacy.kinds import Kind, is_personal, kind_in, kind_of_named, still_people
from clevertap_mcp.privacy.pseudonyms import PREFIX, PSEUDONYM, ForeignPseudonymError, Pseudonyms
from clevertap_mcp.privacy.vocabulary import MESSAGES, words_of
from clevertap_tools.checking import HOLDERS, place
from clevertap_tools.errors import InvalidArgumentsError

RAW_BODY: Final = "raw_body"
MISPLACED: Final = (
    "holds a pseudonym (person_…) where it would be stored or sent as text; it can stand only by itself, as an "
    "identity, email, phone, objectId, name or token, or as the value of a filter on one of these"
)
IN_RAW_BODY: Final = (
    "holds a pseudonym (person_…), which is not looked for in raw text; send the same as JSON in 'body'"
)
FOREIGN: Final = (
    "is a pseudonym (person_…) of another project or of another key, or garbled; look the person up again. "
    "Without CLEVERTAP_PSEUDONYM_KEY pseudonyms hold only until the server restarts"
)

STORED: Final = frozenset({"profileData", "evtData"})
"""Keys of properties, which stay on CleverTap and can be changed one by one."""

MAY_NAME: Final = (str, *HOLDERS)
"""Only these can hold a pseudonym."""
Steps = tuple[str | int, ...]


def has_pseudonym(text: str) -> bool:
    """Whether a pseudonym stands in a text."""
    return PREFIX in text and bool(PSEUDONYM.search(text))


def holding_pseudonyms(given: Mapping[str, Any]) -> set[int]:
    """The identities of all objects and lists that hold a pseudonym, in their keys too."""
    holding: set[int] = set()

    def holds(value: Any) -> bool:
        if isinstance(value, str):
            return has_pseudonym(value)
        if isinstance(value, HOLDERS):
            inner = chain(value, value.values()) if isinstance(value, dict) else value
            if any([holds(each) for each in inner]):  # noqa: C419 - each is looked at, so that all holders are found
                holding.add(id(value))
        return id(value) in holding

    holds(given)
    return holding


class Named(dict[str, Any]):
    """Arguments with persons named.

    Args:
        given: The arguments.
        persons: Those of their values that stood as pseudonyms.
    """

    def __init__(self, given: Mapping[str, Any], persons: Collection[str] = ()) -> None:
        super().__init__(given)
        self.persons = frozenset(persons)


class Naming:
    """Puts persons in the place of their pseudonyms.

    Args:
        pseudonyms: Those of this project.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def named(self, given: Mapping[str, Any]) -> Named:
        """Arguments with each pseudonym replaced by whom it stands for.

        Raises:
            InvalidArgumentsError: A pseudonym stands where none may, or is not of this project and key.
        """
        # Written out the arguments are searched in a fraction of the time that it takes to walk through them.
        if PREFIX not in json.dumps(given):
            return Named(given)
        reading = Reading(self._pseudonyms, holding_pseudonyms(given))
        return Named(reading.named(given), reading.persons)


class Reading:
    """One reading of arguments, which remembers whom it met.

    Args:
        pseudonyms: Those of this project.
        holding: See `holding_pseudonyms`.
    """

    def __init__(self, pseudonyms: Pseudonyms, holding: Container[int]) -> None:
        self._value_of = pseudonyms.value_of
        self._holding = holding
        self.persons: set[str] = set()

    def named(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments with each pseudonym replaced.

        Raises:
            InvalidArgumentsError: A pseudonym stands where none may, or is not of this project and key.
        """
        return {key: self._inner(given, key, value, None, False, ()) for key, value in given.items()}

    def _inner(
        self, holder: Mapping[str, Any], key: str, value: Any, above: Kind | None, people: bool, steps: Steps
    ) -> Any:
        here = (*steps, key)
        if not (has_pseudonym(value) if isinstance(value, str) else id(value) in self._holding):
            if has_pseudonym(key):
                raise InvalidArgumentsError.of(place(steps), f"{place(steps)!r} {MISPLACED}")
            return value
        if "".join(words_of(key)) in MESSAGES:
            raise misplaced(here)
        # What is stored under `value` can be read back once another word stands under `name`.
        named = None if STORED.intersection(steps) else kind_of_named(holder)
        kind = kind_in(key, above, named)
        return self._value(value, kind, named is not None or still_people(key, people=people), here)

    def _value(self, value: Any, kind: Kind | None, people: bool, steps: Steps) -> Any:
        if isinstance(value, str):
            return self._text(value, kind, people, steps)
        if isinstance(value, list):
            return [
                self._value(each, kind, people, (*steps, index)) if isinstance(each, MAY_NAME) else each
                for index, each in enumerate(value)
            ]
        if isinstance(value, Mapping):
            return {key: self._inner(value, key, inner, kind, people, steps) for key, inner in value.items()}
        return value

    def _text(self, text: str, kind: Kind | None, people: bool, steps: Steps) -> str:
        if not has_pseudonym(text):
            return text
        if kind in {None, Kind.PLACE} or not is_personal(kind, text, people=people) or not PSEUDONYM.fullmatch(text):
            raise misplaced(steps)
        try:
            person = self._value_of(text)
        except ForeignPseudonymError:
            raise InvalidArgumentsError.of(place(steps), f"{place(steps)!r} {FOREIGN}") from None
        self.persons.add(person)
        return person


def misplaced(steps: Steps) -> InvalidArgumentsError:
    """The refusal of a pseudonym at that place."""
    reason = IN_RAW_BODY if steps[-1] == RAW_BODY else MISPLACED
    return InvalidArgumentsError.of(place(steps), f"{place(steps)!r} {reason}")
