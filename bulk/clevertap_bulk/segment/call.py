"""One call as Segment's libraries make it: what kind it is, whom it is about, when, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clevertap_bulk.mapping.making import as_name
from clevertap_tools.wire import JsonObject

Field = Literal["traits", "properties"]
SAID_IN: dict[str, Field | None] = {
    "identify": "traits",
    "track": "properties",
    "page": "properties",
    "screen": "properties",
    "group": "traits",
    "alias": None,
    "delete": None,
}
"""Where each kind of call says what it has to say."""
FIELDS: tuple[Field, ...] = ("traits", "properties")
ERASES = "delete"
"""The one kind whose further words do not matter."""
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
"""When it happened, the best first: Segment corrects `timestamp` by how wrong the clock of the device was."""
OURS = ("CleverTap", "CleverTap (Actions)")
NO_CALL = f"'type' is none of Segment's calls: {', '.join(SAID_IN)}"
NO_OBJECT = "is no object"
NOBODY = "names nobody: both 'userId' and 'anonymousId' are empty"
KEPT_AWAY = "is not meant for CleverTap: its 'integrations' say so"
Clocks = Mapping[str, Callable[[Any], int]]
"""What reads each of the times."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Args:
        kind: identify, track, page, screen, alias, group or delete.
        user: The `userId`, "" for none.
        device: The `anonymousId`, "" for none.
        said: Its traits or properties.
        context: What is known about where it was made.
        values: All of it.
    """

    kind: str
    user: str
    device: str
    said: JsonObject
    context: JsonObject
    values: JsonObject

    @property
    def who(self) -> JsonObject:
        """Whom it is about: the user, or as long as nobody knows them, their device.

        Raises:
            ValueError: Nobody.
        """
        if not self.user and not self.device:
            raise ValueError(NOBODY)
        return {"identity": self.user} if self.user else {"objectId": self.device}

    def text(self, name: str) -> str:
        """One of its own values as text, "" for none.

        Raises:
            ValueError: It has no text.
        """
        return text(self.values, name)

    def at(self, clocks: Clocks) -> JsonObject:
        """When it happened, as `ts`; nothing if it does not say.

        Raises:
            ValueError: What it says is no time.
        """
        name = next((each for each in TIMES if self.values.get(each) not in (None, "")), None)
        if name is None:
            return {}
        try:
            return {"ts": clocks[name](self.values[name])}
        except ValueError as error:
            raise ValueError(f"{name!r} {error}") from None


def read(values: JsonObject) -> Call:
    """The call that a line holds.

    Raises:
        ValueError: None, or one that is not for CleverTap.
    """
    kind = text(values, "type").lower()
    if kind not in SAID_IN:
        raise ValueError(NO_CALL)
    check_meant_for_us(section(values, "integrations"))
    said_in = SAID_IN[kind]
    for name in FIELDS:
        if name != said_in and kind != ERASES and section(values, name):
            raise ValueError(f"has {name!r}, which {kind!r} calls do not have")
    said = section(values, said_in) if said_in else {}
    return Call(kind, text(values, "userId"), text(values, "anonymousId"), said, section(values, "context"), values)


def section(values: JsonObject, name: str) -> JsonObject:
    """One of its objects, empty if it is not there.

    Raises:
        ValueError: There is something else.
    """
    found = values.get(name)
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"{name!r} {NO_OBJECT}")
    return found or {}


def text(values: JsonObject, name: str) -> str:
    """A value as text, "" for none.

    Raises:
        ValueError: It has no text.
    """
    found = values.get(name)
    try:
        return "" if found is None else as_name(found)
    except ValueError as error:
        raise ValueError(f"{name!r} {error}") from None


def check_meant_for_us(integrations: JsonObject) -> None:
    """Refuse a call that was kept from CleverTap, or that its own SDK has already sent there.

    Raises:
        ValueError: It is one.
    """
    told = [integrations[name] for name in OURS if name in integrations]
    if False in told if told else integrations.get("All") is False:
        raise ValueError(KEPT_AWAY)
