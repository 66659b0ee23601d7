"""Messages to people by name (reference: engagement 4)."""

from __future__ import annotations

from clevertap_tools import wire
from clevertap_tools.action import Toolset, action
from clevertap_tools.campaign import refused_field
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.in_turn import all_or_none, in_turn
from clevertap_tools.message import Message
from clevertap_tools.preview import Preview
from clevertap_tools.upload import Batch, BatchOutcome
from clevertap_tools.upload_result import UploadResult, result_of
from clevertap_tools.wire import Call
from clevertap_tools.words.message import message_deed, message_details

PEOPLE_PER_CALL = 1000
QUEUED = "Accepted means queued: CleverTap drops whoever it does not know, or may not write to, without a word."
LOST = "look first whether they arrived (message reports, or the people's events); sent again they may come twice."


async def preview_message(_: Client, asked: Message, told: Message) -> Preview:
    """What it says and who gets it."""
    return Preview(message_deed(told), message_details(told), len(asked.reached))


@action(
    title="Send message",
    effect=Effect.SEND,
    toolset=Toolset.MESSAGING,
    calls=tuple(f"POST /1/send/{channel}.json" for channel in ("push", "email", "sms", "webpush", "whatsapp")),
    default=False,
    preview=preview_message,
    once=True,
)
async def send_message(client: Client, asked: Message) -> UploadResult:
    """Send one message now to people you name.

    It cannot be recalled. For an audience use clevertap_create_campaign. Indexes of refusals run through the lists of
    `to` in the order identity, email, objectId, FBID, GPID.

    Example: {"channel": "push", "to": {"identity": ["c-1"]}, "content": {"title": "Hi", "body": "It is ready"}}

    Reference: engagement 4
    """

    def call(batch: Batch) -> Call[BatchOutcome]:
        names = [name for each in batch.records for name in each.items()]
        path = f"/1/send/{asked.channel}.json"
        return wire.post(path, asked.sent(names), Effect.SEND, all_or_none(batch))

    people = [{kind: name} for kind, name in asked.to.names]
    ledger = await in_turn(client, people, PEOPLE_PER_CALL, call, "queued")
    for error in ledger.errors:
        error.field = refused_field(error.message)
    return result_of(ledger, LOST, QUEUED if ledger.accepted else None)
