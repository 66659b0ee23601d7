"""The events and user properties that a project has, remembered for some minutes (reference: data 10.4)."""

from __future__ import annotations

from typing import Literal, cast

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.wire import JsonObject

SCHEMA = "/getSchema"
LIFE = 300.0
"""Seconds for which an answer stays good."""

Kind = Literal["events", "userProperties"]
KINDS: tuple[Kind, ...] = ("events", "userProperties")


async def entries(client: Client, kind: Kind) -> list[JsonObject]:
    """All events, or all user properties, each with its `name` and whatever else CleverTap says of it.

    Raises:
        CleverTapError: See `Client.send`.
    """
    kept = client.memory.recall(f"{SCHEMA} {kind}")
    if kept is None:
        body = await client.send(wire.get(SCHEMA, wire.read_envelope, wire.query_string({"type": kind})))
        kept = [entry for each in wire.listed(body, kind) if (entry := read_entry(each))]
        client.memory.keep(f"{SCHEMA} {kind}", kept, LIFE)
    return cast("list[JsonObject]", kept)


def read_entry(said: object) -> JsonObject | None:
    """One entry with its name first; None where there is no name. A bare text is a name."""
    entry = {"name": said} if isinstance(said, str) else said
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        return None
    return {"name": entry["name"]} | entry
