"""Membership of Segment's computed audiences, as a true or false property of the person."""

from __future__ import annotations

from typing import Any

from clevertap_bulk.mapping.values import as_boolean
from clevertap_bulk.segment.call import Call
from clevertap_tools.records import same_event
from clevertap_tools.wire import JsonObject

CHANGES = {same_event("Audience Entered"): True, same_event("Audience Exited"): False}
KEY = "audience_key"


def with_flag(call: Call) -> JsonObject:
    """The traits of an identify call; an audience's is a boolean, however it is written.

    Raises:
        ValueError: It is none.
    """
    told = computation(call)
    key = told.get("computation_key")
    if told.get("computation_class") != "audience" or call.said.get(str(key)) is None:
        return call.said
    try:
        return call.said | {str(key): as_boolean(call.said[str(key)])}
    except ValueError as error:
        raise ValueError(f"{key!r} {error}") from None


def membership(call: Call, event: str) -> JsonObject | None:
    """The traits that a track call tells, if it says that somebody came into an audience or left it; else None.

    Args:
        call: The call.
        event: Its event, as `same_event` writes it.
    """
    if event not in CHANGES:
        return None
    key = call.said.get(KEY) or computation(call).get("computation_key")
    if not isinstance(key, str):
        return None
    others = {name: value for name, value in call.said.items() if name != KEY}
    return others | {key: CHANGES[event]}


def computation(call: Call) -> dict[str, Any]:
    """What Segment says about what it computed."""
    told = call.context.get("personas")
    return told if isinstance(told, dict) else {}
