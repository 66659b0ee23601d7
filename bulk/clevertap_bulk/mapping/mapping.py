"""What each column of a file means: whom a row is about, when, which event, and which properties.

A mapping is one of an import's arguments and lies in its plan as JSON, so it holds nothing but texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from collections.abc import Mapping as AnyMapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PrivateAttr

from clevertap_bulk.mapping.making import Maker, maker
from clevertap_bulk.mapping.times import Unit
from clevertap_bulk.mapping.values import Type
from clevertap_bulk.mapping.words import TYPED, Words
from clevertap_bulk.reading import Row
from clevertap_bulk.reading.row import OURS
from clevertap_tools.action import Arguments
from clevertap_tools.checking import checked
from clevertap_tools.errors import InvalidArgumentsError, Problem
from clevertap_tools.moments import ProjectTime
from clevertap_tools.records import LONGEST_VALUE, NAMES, checked_event_name
from clevertap_tools.wire import JsonObject

Kind = Literal["people", "events", "tokens"]
FORBIDDEN = frozenset("%><!|&.:;$'\"\\")
"""Characters that names of events and properties must not have (reference: data 4.3)."""
MOST_PROPERTIES = 256
"""Properties of a person or an event (reference: data 2.2)."""


def checked_zone(name: str) -> str:
    """A zone that is known, or none.

    Raises:
        ValueError: It is not known.
    """
    try:
        if name:
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone; write it like Europe/Berlin") from None
    return name


def checked_name(name: str) -> str:
    """A name of a property that CleverTap keeps.

    Raises:
        ValueError: It has a character that CleverTap would drop it for.
    """
    if not FORBIDDEN.isdisjoint(name):
        raise ValueError(f"must not have any of {' '.join(sorted(FORBIDDEN))}")
    return name


def checked_event(name: str) -> str:
    """A name of an event that may be uploaded.

    Raises:
        ValueError: CleverTap does not take it.
    """
    return checked_event_name(checked_name(name))


class Property(Arguments):
    """One property."""

    column: Annotated[str, Field(min_length=1, description="Of the file; 'a.b' reaches into objects of JSON Lines")]
    name: Annotated[str, Field(description="On CleverTap; as the column if empty"), AfterValidator(checked_name)] = ""
    type: Annotated[
        Type,
        Field(
            description="auto keeps the file's own types (CSV: text); date becomes $D_ + epoch seconds; list is a JSON "
            "list or split at separator; json passes any JSON"
        ),
    ] = "auto"
    separator: Annotated[str, Field(min_length=1, description="Between the values of a list")] = ","
    unit: Annotated[Unit, Field(description="What the numbers of a date count")] = "auto"

    @property
    def key(self) -> str:
        """What it is called on CleverTap."""
        return self.name or self.column


class Mapping(Arguments):
    """What each column of a file means. Columns that are not named are left out; empty cells are no values."""

    kind: Kind
    identity: Annotated[str, Field(description="Column of your own user id; of these four each row fills one")] = ""
    objectId: Annotated[str, Field(description="Column of the CleverTap ID")] = ""  # noqa: N815 - CleverTap's spelling
    FBID: Annotated[str, Field(description="Column of the Facebook id")] = ""
    GPID: Annotated[str, Field(description="Column of the Google id")] = ""
    time: Annotated[str, Field(description="Column of when it happened; '' for events that all happen now")] = ""
    time_unit: Annotated[Unit, Field(description="What times are; auto tells ISO 8601 and epochs by their size")] = (
        "auto"
    )
    zone: Annotated[
        str,
        Field(description="IANA zone of times without an offset; empty: the project's"),
        AfterValidator(checked_zone),
    ] = ""
    event: Annotated[
        str,
        Field(max_length=LONGEST_VALUE, description="Every row's event name, such as Charged"),
        AfterValidator(checked_event),
    ] = ""
    event_column: Annotated[str, Field(description="Column of the event name, instead of event")] = ""
    properties: list[Property] = []
    spread: Annotated[str, Field(description="Column of an object, all of whose entries are properties too")] = ""
    token: Annotated[str, Field(description="Column of the push token")] = ""
    token_type: Annotated[str, Field(description="Every row's: fcm, gcm, apns, wns, mpns or chrome")] = ""
    token_type_column: Annotated[str, Field(description="Column of the type, instead of token_type")] = ""
    _made: Any = PrivateAttr(default=None)

    @classmethod
    def from_json(cls, given: AnyMapping[str, Any]) -> Mapping:
        """A mapping out of a plan.

        Raises:
            InvalidArgumentsError: It is none.
        """
        return checked(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The mapping for a plan, without what says nothing."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def names(self) -> dict[str, str]:
        """The columns that say whom a row is about, by the way in which they do."""
        return {name: column for name in NAMES if (column := getattr(self, name))}

    @property
    def columns(self) -> set[str]:
        """The columns that it names."""
        single = (self.time, self.event_column, self.spread, self.token, self.token_type_column)
        return {*self.names.values(), *filter(None, single), *(each.column for each in self.properties)}

    def check(self, columns: Collection[str] | None = None, words: Words = TYPED) -> None:
        """Refuse a mapping that no row could follow.

        Args:
            columns: All columns of the file; None where they are not known.
            words: What its parts are called where it was asked for.

        Raises:
            InvalidArgumentsError: It leaves something open, or names columns that are not there.
        """
        found = [*self._open(words), *self._doubled(words), *self._missing(words, columns)]
        if found:
            raise InvalidArgumentsError(found)

    def _open(self, words: Words) -> Iterator[Problem]:
        if not self.names:
            yield Problem(words.columns, f"no column says whom a row is about; {words.who}")
        if self.kind == "events" and bool(self.event) == bool(self.event_column):
            yield Problem(words.event, f"which event is it? {words.which}")
        if self.kind == "events" and not self.time and "time" not in self.model_fields_set:
            yield Problem(words.columns, f"no column says when the events happened; {words.when}")
        if self.kind == "tokens" and (not self.token or bool(self.token_type) == bool(self.token_type_column)):
            yield Problem(words.columns, f"which tokens? {words.tokens}")
        if self.kind == "tokens" and set(self.names) - {"objectId"}:
            yield Problem(words.columns, f"tokens belong to devices: {words.device}")

    def _doubled(self, words: Words) -> Iterator[Problem]:
        for key, count in Counter(each.key for each in self.properties).items():
            if count > 1:
                yield Problem(words.columns, f"{count} columns become the property {key!r}")
            elif not FORBIDDEN.isdisjoint(key):
                forbidden = " ".join(sorted(FORBIDDEN))
                yield Problem(words.columns, f"the column {key!r} needs a {words.name} without any of {forbidden}")
        if len(self.properties) > MOST_PROPERTIES:
            many = f"there are {len(self.properties)} properties; CleverTap keeps {MOST_PROPERTIES}"
            yield Problem(words.columns, many)

    def _missing(self, words: Words, columns: Collection[str] | None) -> Iterator[Problem]:
        for column in sorted(self.columns & OURS):
            yield Problem(words.columns, f"{column!r} says why a row was not taken, and is never sent; leave it out")
        for column in sorted(self.columns.difference(columns)) if columns is not None else ():
            yield Problem(words.columns, f"the file has no column {column!r}")

    def record(self, row: Row, time: ProjectTime) -> JsonObject:
        """The record that a row makes; for many rows see `maker`.

        Args:
            row: The row.
            time: The project's zone and the time of day.

        Raises:
            ValueError: It makes none, for a reason that its text tells without repeating what stands in the row.
            InvalidArgumentsError: The same, by one of the rules for all uploads.
        """
        if self._made is None or self._made[0] is not time:
            self._made = time, self.maker(time)
        record: JsonObject = self._made[1](row)
        return record

    def maker(self, time: ProjectTime) -> Maker:
        """What makes the records of many rows: as `record`, with all that is the same for every row done once."""
        return maker(self, time)
