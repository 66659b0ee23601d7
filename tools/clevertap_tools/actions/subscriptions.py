"""Who may be written to: opt-outs of addresses, freed phone numbers, e-mail groups (reference: data 9.3, 9.4, 10.4)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Listing, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.in_turn import in_turn
from clevertap_tools.preview import Preview
from clevertap_tools.recipients import ManyNames, check_once
from clevertap_tools.records import Identity
from clevertap_tools.upload import RECORDS_PER_CALL, Batch, BatchOutcome, read_upload
from clevertap_tools.upload_result import MOST_RECORDS, UploadResult, result_of
from clevertap_tools.wire import Answer, Call
from clevertap_tools.words.lines import counted, who

SUBSCRIBE = "/1/subscribe"
DISASSOCIATE = "/1/disassociate"
GROUPS = "/category-groups"
HARMLESS = "sending them again is harmless."


class Subscription(Arguments):
    """What becomes of one address."""

    type: Literal["email", "phone", "whatsapp"]
    value: Identity
    status: Literal["Unsubscribe", "Resubscribe"]

    @property
    def lifts(self) -> bool:
        """Whether messages get through to it afterwards."""
        return self.status == "Resubscribe"


class Subscriptions(Arguments):
    """Addresses to silence or to open again."""

    subscriptions: Annotated[
        list[Subscription],
        Field(min_length=1, max_length=MOST_RECORDS, description="Phones with + and country code"),
    ]

    @model_validator(mode="after")
    def _each_once(self) -> Subscriptions:
        check_once(((each.type, each.value) for each in self.subscriptions), "subscriptions")
        return self

    @property
    def record_count(self) -> int:
        """How many addresses."""
        return len(self.subscriptions)


class DisassociatePhone(Arguments):
    """Numbers to free."""

    phones: Annotated[ManyNames, Field(description="With + and country code")]

    @model_validator(mode="after")
    def _each_once(self) -> DisassociatePhone:
        check_once((("phone", phone) for phone in self.phones), "phones")
        return self

    @property
    def record_count(self) -> int:
        """How many numbers."""
        return len(self.phones)


class NoArguments(Arguments):
    """Nothing."""


class SubscriptionGroup(Result):
    """One group that people can be subscribed to."""

    key: int | None = None
    name: str


class SubscriptionGroups(Listing):
    """All groups of the project."""

    rows: ClassVar[str] = "groups"

    groups: list[SubscriptionGroup]
    returned: int
    truncated: bool = False

    @property
    def theirs(self) -> frozenset[str]:
        """The groups: names are written by whoever made them."""
        return frozenset({"groups"})


def effect_of_subscriptions(asked: Subscriptions) -> Effect:
    """Lifting an opt-out lets messages through to everybody on the address."""
    return Effect.SEND if any(each.lifts for each in asked.subscriptions) else Effect.UPSERT


async def preview_subscriptions(_: Client, asked: Subscriptions, told: Subscriptions) -> Preview:
    """Whose opt-outs it would lift; how many profiles share an address is not known."""
    lifted = [(each.type, each.value) for each in told.subscriptions if each.lifts]
    silenced = len(asked.subscriptions) - len(lifted)
    addresses = counted(len(lifted), "address", "addresses")
    also = (f"Also silenced: {counted(silenced, 'address', 'addresses')}",) if silenced else ()
    return Preview(f"Lift the opt-out of {addresses}, with every profile on the same one.", (*who(lifted), *also))


async def preview_disassociation(_: Client, asked: DisassociatePhone, told: DisassociatePhone) -> Preview:
    """Which numbers it would take from their profiles."""
    count = len(asked.phones)
    numbers = counted(count, "phone number", "phone numbers")
    return Preview(
        f"Take {numbers} from whoever they identify, for good.",
        tuple(who(("phone", each) for each in told.phones)),
        count,
    )


@action(
    title="Set subscription",
    effect=effect_of_subscriptions,
    effects=frozenset({Effect.UPSERT, Effect.SEND}),
    toolset=Toolset.PEOPLE,
    calls=(f"POST {SUBSCRIBE}",),
    default=False,
    preview=preview_subscriptions,
)
async def set_subscription(client: Client, asked: Subscriptions) -> UploadResult:
    """Silence addresses (Unsubscribe), or undo opt-outs (Resubscribe), for every profile that has them.

    For one profile use clevertap_upload_user_profiles with MSG-email. Undo only when the person asked for it.

    Reference: data 9.3
    """
    records = [each.model_dump() for each in asked.subscriptions]
    effect = effect_of_subscriptions(asked)
    ledger = await in_turn(
        client, records, RECORDS_PER_CALL, lambda batch: records_call(SUBSCRIBE, batch, effect), "accepted"
    )
    return result_of(ledger, HARMLESS)


@action(
    title="Disassociate phone",
    effect=Effect.DESTROY,
    toolset=Toolset.PEOPLE,
    calls=(f"POST {DISASSOCIATE}",),
    default=False,
    preview=preview_disassociation,
)
async def disassociate_phone(client: Client, asked: DisassociatePhone) -> UploadResult:
    """Take phone numbers from the profiles they identify.

    For numbers with a new owner; to erase people use clevertap_delete_user_profile.

    Reference: data 9.4
    """
    records = [{"type": "phone", "value": phone} for phone in asked.phones]
    ledger = await in_turn(
        client, records, RECORDS_PER_CALL, lambda batch: records_call(DISASSOCIATE, batch, Effect.DESTROY), "accepted"
    )
    return result_of(ledger, HARMLESS)


@action(
    title="Get subscription groups",
    effect=Effect.READ,
    toolset=Toolset.MESSAGING,
    calls=(f"GET {GROUPS}",),
    default=False,
)
async def get_subscription_groups(client: Client, _: NoArguments) -> SubscriptionGroups:
    """List the e-mail subscription groups, for subscription_groups of clevertap_create_campaign.

    Raises:
        UnreadableAnswerError: There is no list of groups in the answer.

    Reference: engagement 15.2, data 10.4
    """
    groups = await client.send(wire.get(GROUPS, read_groups))
    return SubscriptionGroups(groups=groups, returned=len(groups))


def read_groups(answer: Answer) -> list[SubscriptionGroup]:
    """The groups in either of the shapes that were seen: a `list` of objects, or `category_groups` of names.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    body = wire.read_envelope(answer)
    found = next((body[name] for name in ("list", "category_groups") if isinstance(body.get(name), list)), None)
    if found is None:
        raise UnreadableAnswerError("CleverTap's answer holds no list of subscription groups.")
    return [group(each) for each in found]


def group(entry: Any) -> SubscriptionGroup:
    """One entry, an object or only a name."""
    if not isinstance(entry, dict):
        return SubscriptionGroup(name=str(entry))
    return SubscriptionGroup(key=wire.natural(entry.get("key")), name=str(entry.get("name", "")))


def records_call(path: str, batch: Batch, effect: Effect) -> Call[BatchOutcome]:
    """The request that sends one batch of addresses; it is answered as an upload is."""
    return wire.post(path, {"d": batch.records}, effect, lambda answer: read_upload(batch, answer))
