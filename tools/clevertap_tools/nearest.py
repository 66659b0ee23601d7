"""Which name of the project was probably meant by one that it does not have.

A hint is a favour: it never makes a call fail and never holds it up for long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches

import anyio

from clevertap_tools.client import Client
from clevertap_tools.errors import CleverTapError, InvalidRequestError
from clevertap_tools.query import NOBODY_EXCLUDED, NOTHING_FOUND, PeopleQuery
from clevertap_tools.records import RESERVED_EVENTS, same_event
from clevertap_tools.schema import Kind, entries
from clevertap_tools.wire import clipped

PATIENCE = 3.0
"""Seconds that a hint may take."""
LULL = 60.0
"""Seconds for which nobody asks again after the schema could not be had."""
NO_SCHEMA = "no schema for hints"
MOST_UNKNOWN = 5
"""Unknown names that one hint speaks of."""
INVALID_GROUP = "invalid group"
INVALID_EVENT = re.compile(r"invalid event ?: ?([^;]+)", re.IGNORECASE)
STANDARD_EVENTS = ("Charged", *RESERVED_EVENTS)
STANDARD_PROPERTIES = frozenset(
    {"Name", "Email", "Phone", "Identity", "identity", "Gender", "DOB", "Age", "Employed", "Education", "Married"}
    | {"Photo", "Tz", "Timezone"}
)
"""Every project has these, whatever its schema lists (reference: data 4.4)."""


async def names(client: Client, kind: Kind, patience: float = PATIENCE) -> list[str]:
    """The names of a kind as far as they can be had within some seconds; else none."""
    if client.memory.recall(NO_SCHEMA):
        return []
    with anyio.move_on_after(patience), suppress(CleverTapError):
        return [entry["name"] for entry in await entries(client, kind)]
    client.memory.keep(NO_SCHEMA, value=True, seconds=LULL)
    return []


async def with_nearest_event(
    client: Client, error: InvalidRequestError, event_name: str | None, within: str = ""
) -> InvalidRequestError:
    """The refusal with the event that was probably meant, if it is about an unknown event.

    Args:
        client: The account.
        error: What CleverTap said.
        event_name: The base event that was asked for; any other one stood in `did`.
        within: The field that the query sits in.
    """
    found = INVALID_EVENT.search(error.message)
    if found is None:
        return error
    name = found[1].strip()
    near = nearest_event(name, await names(client, "events"))
    return InvalidRequestError(
        f"{name} is not an event of this project" + (f"; nearest: {clipped(near)}." if near else "."),
        status=error.status,
        field=f"{within}event_name" if name == event_name else f"{within}did",
        next_step="Correct the name (clevertap_get_schema lists them); it is compared without case and spaces.",
    )


def nearest_event(name: str, listed: Iterable[str] = ()) -> str | None:
    """The event of the project, or of every project, whose name is closest, if any is close.

    What differs in case and spaces only is the event itself, so CleverTap refused it for another reason.
    """
    known = {same_event(each): each for each in (*STANDARD_EVENTS, *listed)}
    close = get_close_matches(same_event(name), known, n=1)
    return known[close[0]] if close and close[0] != same_event(name) else None


async def with_nearest_property(
    client: Client, error: InvalidRequestError, fields: Iterable[str]
) -> InvalidRequestError:
    """The refusal with the user properties that were probably meant, if it is about a group by an unknown one.

    Args:
        client: The account.
        error: What CleverTap said.
        fields: The profile fields among the groups; of properties of events there is no list.
    """
    if INVALID_GROUP not in error.message.lower():
        return error
    return InvalidRequestError(
        " ".join([f"{error.message}.", *await unknown_properties(client, fields)]),
        status=error.status,
        field="groups",
        next_step="Correct its name or property_type; names are compared to the letter.",
    )


async def to_mind(client: Client, asked: PeopleQuery, *, nothing: bool) -> str | None:
    """What to mind about an answer: why it may have found nothing, or whom it may not have left out.

    Args:
        client: The account.
        asked: The query.
        nothing: Whether it found nothing.
    """
    if nothing and asked.names_properties:
        fields = [each.name for each in asked.profile_filters if each.kind == "profile_fields"]
        return " ".join([NOTHING_FOUND, *await unknown_properties(client, fields)])
    return NOBODY_EXCLUDED if asked.excludes_by_property else None


async def unknown_properties(client: Client, fields: Iterable[str]) -> list[str]:
    """A sentence about each profile field that the project does not have, as far as its schema can be had."""
    own = [name for name in dict.fromkeys(fields) if name not in STANDARD_PROPERTIES]
    listed = await names(client, "userProperties") if own else []
    unknown = [name for name in own if listed and name not in listed]
    return [without_property(name, listed) for name in unknown[:MOST_UNKNOWN]]


def without_property(name: str, listed: Iterable[str]) -> str:
    """The sentence about a property that the project does not have."""
    known = {each.casefold(): each for each in listed}
    close = get_close_matches(name.casefold(), known, n=1)
    return f"{name} is no user property of this project" + (f"; nearest: {clipped(known[close[0]])}." if close else ".")
