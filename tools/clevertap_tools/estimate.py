"""Whom a campaign would reach, asked of CleverTap without creating it (reference: engagement 3.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from clevertap_tools import wire
from clevertap_tools.body_effects import OTHER_SWITCHES
from clevertap_tools.campaign import refused_field
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError
from clevertap_tools.nearest import with_nearest_event
from clevertap_tools.spelling import loosely
from clevertap_tools.wire import JsonObject

CREATE = "/1/targets/create.json"
CHANNEL_TEXT = "notification channel"
NOT_OF_ESTIMATES = frozenset(map(loosely, (*OTHER_SWITCHES, "estimate_only")))
"""Switches that an estimate must not carry, or carries once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What CleverTap expects of a campaign.

    Args:
        parts: How many people by device or channel, as far as they can be read.
        certain: Whether these are all; a reach that leaves somebody out is worse than none.
    """

    parts: dict[str, int]
    certain: bool

    @property
    def reach(self) -> int | None:
        """How many people at most; None when it is not certain."""
        return sum(self.parts.values()) if self.certain else None


def read_estimate(body: Mapping[str, Any], devices: Collection[str] = ()) -> Estimate:
    """The estimate in CleverTap's answer.

    Args:
        body: The answer.
        devices: What the campaign goes to; each must have its figure.
    """
    said = body.get("estimates")
    told = said if isinstance(said, dict) else {}
    figures = {name: wire.natural(figure) for name, figure in told.items()}
    known = {name: figure for name, figure in figures.items() if figure is not None}
    return Estimate(known, bool(known) and len(known) == len(figures) and all(each in known for each in devices))


def only_estimated(campaign: Mapping[str, Any]) -> JsonObject:
    """The same campaign as a question; whatever else could be meant by its switches is taken off."""
    asked = {key: value for key, value in campaign.items() if loosely(key) not in NOT_OF_ESTIMATES}
    return asked | {"estimate_only": True}


async def estimated(client: Client, campaign: Mapping[str, Any]) -> Estimate:
    """Ask whom a campaign would reach; nothing is created.

    Raises:
        InvalidRequestError: CleverTap would refuse the campaign too.
        UnavailableError: There is no answer to the question.
    """
    pushed = str(campaign.get("target_mode", "push")).casefold() == "push"
    devices = wire.listed(campaign, "devices") if pushed else []
    body = await post_campaign(client, only_estimated(campaign), Effect.READ)
    return read_estimate(body, list(map(str, devices)))


async def post_campaign(client: Client, campaign: JsonObject, effect: Effect) -> JsonObject:
    """CleverTap's answer to a campaign.

    Raises:
        InvalidRequestError: CleverTap refused it; names the field where its words alone would not help.
    """
    try:
        return await client.send(wire.post(CREATE, campaign, effect, wire.read_envelope))
    except InvalidRequestError as error:
        error.field = refused_field(error.message)
        if CHANNEL_TEXT in error.message.lower():
            error.field, error.next = "wzrk_cid", "Name an Android notification channel of the app in wzrk_cid."
        where = campaign.get("where")
        base = where.get("event_name") if isinstance(where, Mapping) else None
        raise await with_nearest_event(client, error, base, "where.") from None
