"""The campaigns that CleverTap lists by the day of their start (reference: engagement 7)."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.query import as_number
from clevertap_tools.wire import JsonObject

LIST = "/1/targets/list.json"
FURTHER_DAYS = timedelta(days=30)
"""With the first one as many as a list is best asked for."""


async def listed(client: Client, days: JsonObject) -> list[JsonObject]:
    """The campaigns whose start falls on the days `from` to `to`, as CleverTap tells them.

    Raises:
        CleverTapError: There is no list.
    """
    body = await client.send(wire.post(LIST, days, Effect.READ, wire.read_envelope))
    return [each for each in wire.listed(body, "targets") if isinstance(each, dict)]


async def found(client: Client, number: int) -> JsonObject:
    """The campaign of an id, if it starts between yesterday and a month from now; empty if it cannot be found."""
    # Whichever zone it is, a start that lies ahead is not before yesterday.
    yesterday = ProjectTime(client.account.zone or ZoneInfo("UTC"), client.clock()).day("-1d", "from")
    days = {"from": as_number(yesterday), "to": as_number(yesterday + FURTHER_DAYS)}
    try:
        targets = await listed(client, days)
    except CleverTapError:
        return {}  # what it is called is good to know, but no reason not to stop it
    return next((each for each in targets if wire.natural(each.get("id")) == number), {})
