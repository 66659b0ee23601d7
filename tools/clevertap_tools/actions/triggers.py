"""Campaigns of the dashboard that a call sets off: external triggers, bulletins (reference: engagement 5 and 15.1)."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Result, Toolset, action
from clevertap_tools.addressed import SEVERAL
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CredentialsError, OutcomeUnknownError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.preview import Preview
from clevertap_tools.trigger import Bulletin, Triggers
from clevertap_tools.wire import Call, JsonObject
from clevertap_tools.words.trigger import bulletin_deed, bulletin_details, triggers_deed, triggers_details

ONE = "/1/send/externaltrigger.json"
BULLETIN = "/1/targets/trigger.json"
LOOK_FIRST = "Look first whether its messages went out (message reports); once more may message people twice."


class Triggered(Result):
    """What CleverTap took in."""

    campaigns: int = Field(description="Campaigns set off")
    people: int = Field(description="People named; unknown ones are dropped without a word")
    message: str | None = None
    warning: str | None = None

    @property
    def theirs(self) -> frozenset[str]:
        """CleverTap's own word."""
        return frozenset({"message"})


class Announced(Result):
    """A bulletin that CleverTap took in."""

    name: str
    starts: str = Field(description="now, or ISO 8601")
    warning: str | None = None


async def preview_triggers(_: Client, asked: Triggers, told: Triggers) -> Preview:
    """Which campaigns go to whom; what the campaign itself says is in the dashboard."""
    return Preview(triggers_deed(told), triggers_details(told), asked.record_count)


async def preview_bulletin(client: Client, asked: Bulletin, told: Bulletin) -> Preview:
    """What is announced; nobody can tell how many are interested.

    Raises:
        InvalidArgumentsError: Its moment is past, or means nothing.
    """
    time = ProjectTime.of(client.account, client.clock())
    asked.start(time)
    return Preview(bulletin_deed(told, time), bulletin_details(told))


@action(
    title="Trigger campaign",
    effect=Effect.SEND,
    toolset=Toolset.MESSAGING,
    calls=(f"POST {ONE}", f"POST {SEVERAL}"),
    default=False,
    preview=preview_triggers,
    once=True,
)
async def trigger_campaign(client: Client, asked: Triggers) -> Triggered:
    """Send published External Trigger campaigns of the dashboard to people you name.

    To write the message yourself use clevertap_send_message. Filters and caps of the campaign still hold.

    Example: {"triggers": [{"campaign_id": "1761000042", "to": {"identity": ["c-1"]}, "ExternalTrigger": {"points":
    "100"}}]}

    Raises:
        OutcomeUnknownError: The answer was lost; people may have been messaged.

    Reference: engagement 5
    """
    try:
        body = await client.send(call_of(asked))
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(error.message, next_step=LOOK_FIRST) from None
    except CredentialsError as error:
        if len(asked.triggers) == 1 or client.account.token is not None:
            raise
        setting = client.account.setting("account_token")
        raise CredentialsError(
            error.message,
            next_step=f"Several campaigns at once want the account token: have the operator set {setting}, or trigger "
            "one campaign a call.",
        ) from None
    message = body.get("message")
    return Triggered(
        campaigns=len({each.campaign_id for each in asked.triggers}),
        people=asked.record_count,
        message=None if message is None else wire.clipped(str(message)),
    )


@action(
    title="Trigger bulletin",
    effect=Effect.SEND,
    toolset=Toolset.MESSAGING,
    calls=(f"POST {BULLETIN}",),
    default=False,
    preview=preview_bulletin,
    once=True,
)
async def trigger_bulletin(client: Client, asked: Bulletin) -> Announced:
    """Announce a business event to everybody whose interest it matches.

    The bulletin must be published in the dashboard; nobody can tell beforehand how many it reaches. For people you
    name use clevertap_trigger_campaign.

    Example: {"business_event": "Episode Released", "name": "Ep 7", "c-by": "mira@example.net"}

    Raises:
        InvalidArgumentsError: Its moment is past, or means nothing.
        OutcomeUnknownError: The answer was lost; people may have been messaged.

    Reference: engagement 15.1
    """
    time = ProjectTime.of(client.account, client.clock())
    body = asked.sent(time)
    try:
        await client.send(wire.post(BULLETIN, body, Effect.SEND, wire.read_envelope))
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(error.message, next_step=LOOK_FIRST) from None
    start = body["when"]
    return Announced(name=asked.name, starts=start if isinstance(start, str) else str(time.seen(start)))


def call_of(asked: Triggers) -> Call[JsonObject]:
    """One campaign goes by the first version of the path, which wants no token; several go by the second."""
    entries = [each.sent() for each in asked.triggers]
    if len(entries) == 1:
        return wire.post(ONE, entries[0], Effect.SEND, wire.read_envelope)
    return replace(wire.post(SEVERAL, {"d": entries}, Effect.SEND, wire.read_envelope), with_token=True)
