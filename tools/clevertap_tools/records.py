"""Records to upload, written as in CleverTap's documentation (reference: data 4 and 5).

Only the structure is checked here: who it is about, when, which event, CleverTap's published sizes. Whether an e-mail
or a gender is acceptable (codes 514 to 520) is CleverTap's to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from clevertap_tools.action import Arguments
from clevertap_tools.errors import InvalidArgumentsError, Problem
from clevertap_tools.moments import Moment, ProjectTime
from clevertap_tools.wire import JsonObject

LONGEST_IDENTITY = 1024
LONGEST_KEY = 120
LONGEST_VALUE = 512
MOST_PROPERTIES = 256
MOST_ITEMS = 256
MOST_VALUES = 100
MOST_PROBLEMS = 20
REFUSED_IDENTITIES = frozenset(
    {
        "undefined",
        "null",
        "na",
        "n/a",
        "0",
        "nil",
        "-1",
        "infinity",
        "-infinity",
        "inf",
        "-inf",
        "nan",
        "-nan",
        "empty",
        "xxxxxx",
        "none",
    }
)
RESERVED_EVENTS = (
    "Notification Sent",
    "Notification Viewed",
    "Notification Clicked",
    "Notification Delivered",
    "Notification Replied",
    "UTM Visited",
    "App Launched",
    "App Uninstalled",
    "App Version Changed",
    "Stayed",
    "Reply Sent",
    "Experiment Rendered",
    "Reachable By",
    "Identity Reset",
    "Identity Set",
    "Identity Error",
)
"""Events that only CleverTap raises (code 513). The live list may be longer; then CleverTap says so."""


def same_event(name: str) -> str:
    """A name by which CleverTap takes two events for one: without case and spaces."""
    return "".join(name.split()).casefold()


RESERVED = frozenset(map(same_event, RESERVED_EVENTS))


def checked_identity(value: str) -> str:
    """An identity that CleverTap can take.

    Raises:
        ValueError: CleverTap refuses it, or it is too long.
    """
    if value.strip().casefold() in REFUSED_IDENTITIES or not value.strip():
        raise ValueError("is a value that CleverTap refuses as an identity, such as null, none, 0 or -1")
    if len(value) > LONGEST_IDENTITY:
        raise ValueError(f"is longer than {LONGEST_IDENTITY} characters")
    return value


def as_text(value: object) -> object:
    """A whole number as text: CleverTap takes customer numbers and turns them into text itself."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def checked_event_name(name: str) -> str:
    """An event that may be uploaded.

    Raises:
        ValueError: Only CleverTap raises it.
    """
    if same_event(name) in RESERVED:
        raise ValueError("is a system event that only CleverTap raises; use a name of your own")
    return name


def checked_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties within CleverTap's published sizes; what is over them it would drop later without a word.

    Raises:
        ValueError: Too many, or a key or value too long.
    """
    if len(properties) > MOST_PROPERTIES:
        raise ValueError(f"has {len(properties)} properties; CleverTap keeps {MOST_PROPERTIES}")
    for place, (key, value) in enumerate(properties.items(), 1):
        if len(key) > LONGEST_KEY:
            raise ValueError(f"has a key longer than {LONGEST_KEY} characters (property {place})")
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise ValueError(f"has a text longer than {LONGEST_VALUE} characters (property {place})")
        if isinstance(value, list) and len(value) > (MOST_ITEMS if key == "Items" else MOST_VALUES):
            raise ValueError(f"has a list longer than CleverTap keeps (property {place})")
    return properties


Identity = Annotated[
    StrictStr, BeforeValidator(as_text), AfterValidator(checked_identity), WithJsonSchema({"type": "string"})
]
Properties = Annotated[dict[str, Any], AfterValidator(checked_properties), WithJsonSchema({"type": "object"})]
NAMES = ("identity", "objectId", "FBID", "GPID")


class Person(Arguments):
    """Names its user in exactly one way."""

    identity: Identity | None = None
    objectId: Identity | None = None  # noqa: N815 - CleverTap's spelling
    FBID: Identity | None = None
    GPID: Identity | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Person:
        named = [name for name in NAMES if getattr(self, name) is not None]
        if not named:
            raise ValueError("names nobody; give exactly one of identity, objectId, FBID or GPID")
        if len(named) > 1:
            raise ValueError(f"has both {named[0]} and {named[1]}; give exactly one")
        return self

    def wire(self, kind: str) -> JsonObject:
        """The record's type and user as CleverTap reads them."""
        name = next(name for name in NAMES if getattr(self, name) is not None)
        return {"type": kind, name: getattr(self, name)}


class ProfileRecord(Person):
    """One profile to create or update."""

    type: Literal["profile"] | None = None
    ts: Moment | None = None
    profileData: Properties  # noqa: N815
    source: str | None = None

    def record(self, time: ProjectTime, field: str) -> JsonObject:
        """The record as CleverTap reads it."""
        return {
            **self.wire("profile"),
            **timed(self.ts, time, field),
            **sourced(self.source),
            "profileData": self.profileData,
        }


class EventRecord(Person):
    """One thing that somebody did."""

    type: Literal["event"] | None = None
    ts: Moment | None = None
    evtName: Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE), AfterValidator(checked_event_name)]  # noqa: N815
    evtData: Properties | None = None  # noqa: N815
    source: str | None = None

    def record(self, time: ProjectTime, field: str) -> JsonObject:
        """The record as CleverTap reads it."""
        made = {
            **self.wire("event"),
            **timed(self.ts, time, field),
            **sourced(self.source),
            "evtName": self.evtName,
        }
        return made if self.evtData is None else made | {"evtData": self.evtData}


class TokenKeys(Arguments):
    """The keys of a browser's push subscription."""

    p256dh: str
    auth: str


class TokenData(Arguments):
    """One push token."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["fcm", "gcm", "apns", "wns", "mpns", "chrome"]
    keys: TokenKeys | None = None


class TokenRecord(Arguments):
    """A push token of one device."""

    type: Literal["token"] | None = None
    objectId: Identity  # noqa: N815
    tokenData: TokenData  # noqa: N815

    def record(self) -> JsonObject:
        """The record as CleverTap reads it."""
        data = self.tokenData.model_dump(exclude_none=True)
        return {"type": "token", "objectId": self.objectId, "tokenData": data}


def timed(moment: int | str | None, time: ProjectTime, field: str) -> JsonObject:
    """The `ts` of a record, if it has one."""
    return {} if moment is None else {"ts": time.epoch(moment, field)}


def sourced(source: str | None) -> JsonObject:
    """The `source` of a record, if it has one."""
    return {} if source is None else {"source": source}


def records(given: Sequence[ProfileRecord | EventRecord], time: ProjectTime, field: str) -> list[JsonObject]:
    """All records as CleverTap reads them.

    Raises:
        InvalidArgumentsError: The `ts` of some of them mean nothing; names up to 20 of them.
    """
    made: list[JsonObject] = []
    faults: list[Problem] = []
    for index, each in enumerate(given):
        try:
            made.append(each.record(time, f"{field}[{index}].ts"))
        except InvalidArgumentsError as error:
            faults.extend(error.problems)
    if faults:
        raise InvalidArgumentsError(shortened(faults))
    return made


def shortened(faults: list[Problem]) -> list[Problem]:
    """The first faults, and how many more there are."""
    more = len(faults) - MOST_PROBLEMS
    return faults if more <= 0 else [*faults[:MOST_PROBLEMS], Problem("", f"and {more} more")]


def counts_up(profile: Mapping[str, Any]) -> bool:
    """Whether repeating this profile would change it again: it increments or decrements."""
    return any(
        isinstance(value, dict) and not value.keys().isdisjoint(("$incr", "$decr")) for value in profile.values()
    )


def moments(given: list[JsonObject]) -> Iterator[int | None]:
    """The `ts` of records, None where CleverTap will take its own time."""
    for record in given:
        yield record.get("ts")
