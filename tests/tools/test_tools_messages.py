"""Messages to people by name: what arrives, what never leaves, and what became of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

SEND = "send-message"
PATH = "/1/send/push.json"
SMS = "/1/send/sms.json"
EXAMPLE: dict[str, Any] = {
    "to": {"Identity": ["u-1001", "u-1002"], "objectId": ["_ab12cd"]},
    "tag_group": "otp",
    "respect_frequency_caps": False,
    "content": {
        "title": "Code 4411",
        "body": "Valid 5 min",
        "platform_specific": {"android": {"wzrk_cid": "otp"}, "ios": {"mutable-content": "true"}},
    },
}
CONTENT: dict[str, dict[str, Any]] = {
    "push": {"title": "Hi", "body": "Back soon?"},
    "email": {"subject": "Hi", "body": "<p>Back soon?</p>", "sender_name": "Acme"},
    "sms": {"body": "Back soon?"},
    "webpush": {"title": "Hi", "body": "Back soon?"},
    "whatsapp": {"whatsapp": {"message_type": "template", "template_name": "ship_v2", "locale": "en"}},
}
MAIL = CONTENT["email"]
WHATSAPP = {"provider_nick_name": "wa-in-1", "options": {"message_id": "m-1"}}


def names(count: int, prefix: str = "c") -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def message(channel: str = "sms", **more: Any) -> dict[str, Any]:
    settled = WHATSAPP if channel == "whatsapp" else {}
    return {"channel": channel, "to": {"identity": ["c-1"]}, "content": CONTENT[channel], **settled, **more}


async def preview(site: Site, given: dict[str, Any], told: dict[str, Any] | None = None) -> Preview:
    action = CATALOGUE[SEND]
    assert action.preview
    async with site.client() as client:
        asked = action.parse(given)
        return await action.preview(client.for_call(), asked, action.parse(told) if told else asked)


@pytest.mark.parametrize("identity", ["identity", "Identity"])
async def test_the_references_message_arrives_as_it_stands(site: Site, perform: Perform, identity: str) -> None:
    to = {identity: EXAMPLE["to"]["Identity"], "objectId": EXAMPLE["to"]["objectId"]}
    result = await perform(site, SEND, {**EXAMPLE, "to": to, "channel": "push"})
    assert site.bodies(PATH) == [EXAMPLE]
    assert (result.sent, result.accepted, result.refusals, result.failure) == (3, 3, [], None)
    assert "drops whoever it does not know" in result.warning


@pytest.mark.parametrize("channel", CONTENT)
async def test_every_channel_has_one_shape(site: Site, perform: Perform, channel: str) -> None:
    result = await perform(site, SEND, message(channel))
    (body,) = site.bodies(f"/1/send/{channel}.json")
    assert body["to"] == {"Identity": ["c-1"]}
    assert body["content"] == CONTENT[channel].get("whatsapp", CONTENT[channel])
    assert not {"channel", "options"} & set(body)
    assert result.complete
    assert [sent.channel for sent in site.sandbox.sent] == [channel]


async def test_settings_and_options_go_out_under_their_own_names(site: Site, perform: Perform) -> None:
    settings = {"provider_nick_name": "twilio", "respect_frequency_caps": True, "tag_group": "otp"}
    options = {"notification_sent": True, "respect_communication_preference": True, "badge_id": 3, "badge_icon": "i"}
    options |= {"wzrk_cid": "offers", "mutable-content": "true"}
    await perform(site, SEND, message("push", **settings, options=options))
    assert site.bodies(PATH) == [
        {"to": {"Identity": ["c-1"]}, "content": CONTENT["push"], **settings, **options},
    ]


async def test_people_go_out_a_thousand_at_a_time_one_request_after_the_other(site: Site, perform: Perform) -> None:
    to = {"identity": names(1500), "email": ["a@example.org"], "objectId": names(700, "__d")}
    result = await perform(site, SEND, message(to=to))
    assert [body["to"] for body in site.bodies(SMS)] == [
        {"Identity": names(1500)[:1000]},
        {"Identity": names(1500)[1000:], "Email": ["a@example.org"], "objectId": names(700, "__d")[:499]},
        {"objectId": names(700, "__d")[499:]},
    ]
    assert site.sandbox.peak(SMS) == 1
    assert (result.sent, result.accepted, result.unsent) == (2201, 2201, 0)


async def test_only_known_people_get_it_though_all_are_accepted(site: Site, perform: Perform) -> None:
    await perform(site, "upload-user-profiles", {"profiles": [{"identity": "c-1", "profileData": {"Plan": "Gold"}}]})
    result = await perform(site, SEND, message(to={"identity": ["c-1", "nobody"]}))
    assert result.accepted == 2
    assert [sent.people for sent in site.sandbox.sent] == [("c-1",)]


@pytest.mark.parametrize(
    ("kind", "how", "refused", "unaccounted", "requests"),
    [
        (Kind.STATUS, {"status": 400}, 1000, 0, 2),
        (Kind.STATUS, {"status": 401}, 1000, 0, 2),
        (Kind.STATUS, {"status": 429, "times": 4}, 1000, 0, 5),
        (Kind.STATUS, {"status": 500}, 0, 1000, 2),
        (Kind.STATUS, {"status": 503, "handled": True}, 0, 1000, 2),
        (Kind.FAIL, {}, 1000, 0, 2),
        (Kind.ERROR_ONLY, {}, 1000, 0, 2),
        (Kind.HTML, {}, 0, 1000, 2),
        (Kind.EMPTY, {}, 0, 1000, 2),
        (Kind.TRUNCATED, {}, 0, 1000, 2),
        (Kind.GZIP, {}, 0, 1000, 2),
        (Kind.RESET_BEFORE, {}, 0, 1000, 2),
        (Kind.RESET_AFTER, {}, 0, 1000, 2),
        (Kind.RESET_MIDWAY, {}, 0, 1000, 2),
    ],
)
async def test_sending_stops_at_the_first_failure_and_accounts_for_everybody(
    site: Site, perform: Perform, kind: Kind, how: dict[str, Any], refused: int, unaccounted: int, requests: int
) -> None:
    site.breaks(kind, SMS, skip=1, **how)
    result = await perform(site, SEND, message(to={"identity": names(2500)}))
    assert (result.accepted, result.refused, result.unaccounted, result.unsent) == (1000, refused, unaccounted, 500)
    assert result.accepted + result.refused + result.unaccounted == result.sent
    assert [each.index for each in result.refusals] == list(range(1000, 1000 + refused))
    assert result.first_unsent == 2000
    assert len(site.asked(SMS)) == requests
    assert result.failure.changed == ("unknown" if unaccounted else "partly")


async def test_a_lost_answer_says_how_to_look_before_sending_again(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, SMS)
    result = await perform(site, SEND, message())
    assert "look first whether they arrived" in result.failure.next
    assert "come twice" in result.failure.next
    assert len(site.asked(SMS)) == 1


async def test_a_message_that_clevertap_refuses_changes_nothing(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(whatsapp_needs_message_id=True)
    result = await perform(site, SEND, message("whatsapp", options={}))
    assert result.failure.changed == "no"
    assert "message_id" in result.failure.message


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"channel": "inapp"}, "channel", "must be one of"),
        ({"to": {}}, "to", "names nobody; give lists of identity, email, objectId, FBID, GPID"),
        ({"to": {"identity": []}}, "to.identity", "needs at least 1 entries"),
        ({"to": {"identity": "c-1"}}, "to.identity", "must be a list"),
        ({"to": {"identity": ["null"]}}, "to.identity[0]", "refuses as an identity"),
        ({"to": {"ID": ["c-1"]}}, "to.ID", "is not an argument here"),
        ({"to": {"identity": ["c-1"], "Identity": ["c-2"]}}, "to", "has both Identity and identity"),
        ({"to": {"identity": ["c-1", "c-2", "c-1"]}}, "to", "names somebody twice (identity[2])"),
        ({"to": {"Identity": ["7"], "FBID": ["7"], "identity": None, "email": ["A@b.co", "a@B.co"]}}, "to", "email[1]"),
        ({"to": {"identity": names(10_001)}}, "to.identity", "takes at most 10000 entries; split the call"),
        ({"to": {"identity": names(9_999), "email": ["a@b.co", "b@b.co"]}}, "to", "10,001 people; at most 10,000"),
        ({"content": {"title": "Hi"}}, "content", "needs body for channel=sms"),
        ({"channel": "push", "content": {"body": "Hi"}}, "content", "needs title for channel=push"),
        ({"content": {"body": "Hi", "cards": [{}]}}, "content.cards", "channel=notificationinbox only"),
        ({"content": {"body": "Hi", "whatsapp": {"msg": "x"}}}, "content.whatsapp", "channel=whatsapp only"),
        ({"content": {"body": "Hi", "colour": "red"}}, "content.colour", "is not an argument here"),
        ({"to": {"identity": ["1", "1 "]}}, "to", "names somebody twice (identity[1])"),
        ({"channel": "email", "content": MAIL | {"cc": "a@b.co,c@d.co"}}, "content.cc", "takes one e-mail address"),
        ({"channel": "email", "content": MAIL | {"bcc": "{{Profile.x}}"}}, "content.bcc", "among the recipients ('to'"),
        ({"channel": "email", "content": MAIL | {"bcc": ["a@b.co"]}}, "content.bcc", "must be text"),
        ({"content": {"body": "Hi", "bcc": "a@b.co"}}, "content.bcc", "channel=email only"),
        (
            {"channel": "whatsapp", "content": CONTENT["whatsapp"]},
            "provider_nick_name",
            "required for channel=whatsapp",
        ),
        ({"campaign_id": "1761000042"}, "campaign_id", "whole number, without quotes"),
        ({"options": {"message_id": "m-1234567"}}, "options.message_id", "longer than 8 characters"),
        ({"options": {"mutable_contents": "true"}}, "options.mutable_contents", "is not an argument here"),
        ({"respect_frequency_caps": "no"}, "respect_frequency_caps", "true or false"),
        ({"when": "now"}, "when", "is not an argument here"),
    ],
)
async def test_a_bad_message_is_refused_before_anything_leaves(
    site: Site, perform: Perform, given: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        await perform(site, SEND, {**message(), **given})
    assert told in str(refused.value)
    assert refused.value.problems[0].field == field
    assert site.sandbox.requests == []


async def test_a_refusal_repeats_no_name(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        await perform(site, SEND, message(to={"identity": ["mira-4711", "mira-4711"]}))
    assert "mira" not in str(refused.value)


@pytest.mark.parametrize(
    "to", [{"identity": ["c-1"], "Email": ["a@example.org"]}, {"Identity": ["c-1", 7]}, {"FBID": ["1"], "GPID": ["2"]}]
)
async def test_everybody_counts_however_the_lists_are_spelt(site: Site, to: dict[str, Any]) -> None:
    action = CATALOGUE[SEND]
    asked = action.parse(message(to=to))
    assert asked.record_count == 2
    assert asked.countable
    assert action.effect_of(asked) is Effect.SEND
    assert (await preview(site, message(to=to))).reach == 2


async def test_a_preview_tells_the_channel_the_people_and_the_content_and_asks_nothing(site: Site) -> None:
    options = {"respect_communication_preference": False}
    content = {"subject": "Sale", "body": "<p>Now <a href='https://shop.example/x'>here</a></p>", "sender_name": "Acme"}
    given = message("email", to={"identity": names(1200), "email": ["a@example.org"]}, content=content)
    told = await preview(site, {**given, "options": options, "respect_frequency_caps": False, "tag_group": "sale"})
    text = "\n".join(told.details)
    assert told.deed == "Send a message by email to 1,201 people now."
    assert told.reach == 1201
    assert 'Who: identity "c-0"; identity "c-1"' in text
    assert "and 1,191 more" in text
    assert "An e-mail address that several profiles have may reach each of them" in text
    assert "frequency caps are ignored" in text
    assert "opt-outs are ignored" in text
    assert 'Subject: "Sale"' in text
    assert 'Text, without the tags of its HTML: "Now here"' in text
    assert 'from "Acme"' in text
    assert '"tag_group"="sale"' in text
    assert "Links: https://shop.example/x" in text
    assert all(len(line) <= 400 for line in told.details)
    assert site.sandbox.requests == []


async def test_copies_count_as_people_and_are_told(site: Site) -> None:
    content = MAIL | {"cc": "one@example.org", "bcc": "two@example.org"}
    given = message("email", content=content)
    told = await preview(site, given)
    assert told.deed == "Send a message by email to 1 person, with copies to 2 people, now."
    assert told.reach == CATALOGUE[SEND].parse(given).record_count == 3
    assert 'Hidden copies to: "two@example.org"' in told.details
    assert 'Copies to: "one@example.org"' in told.details


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Field body is empty (inside content)", "content.body"),
        ("Field message_id is not valid", "message_id"),
        ("No", None),
    ],
)
async def test_a_refusal_names_the_field_that_clevertap_names(
    site: Site, perform: Perform, words: str, field: str | None
) -> None:
    site.breaks(Kind.STATUS, SMS, status=400, error=words)
    assert (await perform(site, SEND, message())).failure.field == field


async def test_a_preview_names_people_as_the_call_was_written(site: Site) -> None:
    told = await preview(site, message(), message(to={"identity": ["person_abc"]}))
    assert told.details[0] == 'Who: identity "person_abc"'


async def test_progress_is_told_while_people_are_messaged(site: Site, perform: Perform) -> None:
    told = []

    async def listen(done: float, total: float | None, words: str) -> None:
        told.append((done, total, words))

    await perform(site, SEND, message(to={"identity": names(1500)}), progress=listen)
    assert told == [(1000, 1500, "1000 queued"), (1500, 1500, "1500 queued")]


@pytest.mark.parametrize("tells", [True, False])
async def test_an_answer_with_more_in_it_is_as_good(make_site: MakeSite, perform: Perform, tells: bool) -> None:
    site = make_site(send_tells_campaign=tells)
    assert (await perform(site, SEND, message())).complete
