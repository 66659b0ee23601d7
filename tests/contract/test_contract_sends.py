"""Messages to named users. Reference: engagement 4, 3.5 and 3.7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

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
QUEUED = {"status": "success", "message": "Added to queue for processing"}
PUSH = {"title": "Hi", "body": "There"}
TEMPLATE = {"message_type": "template", "template_name": "ship_v2", "locale": "en"}
CONTENT: dict[str, dict[str, Any]] = {
    "push": PUSH,
    "email": {"subject": "Your October", "body": "<p>Hi</p>", "sender_name": "Acme"},
    "sms": {"body": "Your slot opens at 6pm"},
    "webpush": PUSH,
    "whatsapp": TEMPLATE,
}
MORE = {"whatsapp": {"provider_nick_name": "wa-in-1", "message_id": "m-1"}}
CHANNELS = pytest.mark.parametrize("channel", CONTENT)


def message(channel: str, **more: Any) -> dict[str, Any]:
    return {"to": {"Identity": ["u-1001"]}, "content": CONTENT[channel], **MORE.get(channel, {}), **more}


def failure(error: str) -> tuple[int, dict[str, Any]]:
    return 400, {"status": "fail", "error": error, "code": 400}


def profile(identity: str, **data: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": identity, "profileData": data}


def test_the_references_message_is_queued_for_whoever_is_known(door: Door) -> None:
    door.upload(profile("u-1001", Plan="Gold"))
    door.upload({"type": "profile", "objectId": "_ab12cd", "profileData": {}})
    assert door.gets("POST", "/1/send/push.json", EXAMPLE) == QUEUED
    (sent,) = door.sandbox.sent
    assert (sent.channel, sent.body, sorted(sent.people)) == ("push", EXAMPLE, ["_ab12cd", "u-1001"])


@CHANNELS
def test_every_channel_takes_its_content_and_no_other_form_of_it(door: Door, channel: str) -> None:
    assert door.gets("POST", f"/1/send/{channel}.json", message(channel)) == QUEUED
    assert [sent.channel for sent in door.sandbox.sent] == [channel]


@CHANNELS
def test_unknown_users_are_dropped_without_a_word(door: Door, channel: str) -> None:
    assert (
        door.gets("POST", f"/1/send/{channel}.json", message(channel, to={"Email": ["nobody@example.org"]})) == QUEUED
    )
    assert door.sandbox.sent[0].people == ()


@pytest.mark.parametrize(
    ("channel", "content", "error"),
    [
        ("push", {"body": "b"}, "Field title is empty (inside content)"),
        ("push", {"title": "t"}, "Field body is empty (inside content)"),
        ("email", {"body": "b", "sender_name": "s"}, "Field subject is empty (inside content)"),
        ("sms", {}, "Field body is empty (inside content)"),
        ("sms", None, "Field body is empty (inside content)"),
        ("webpush", {}, "Field title is empty (inside content)"),
        ("whatsapp", {"message_type": "template", "locale": "en"}, "Field template_name is empty (inside content)"),
    ],
)
def test_what_a_channel_cannot_do_without_is_missed_as_in_a_campaign(
    door: Door, channel: str, content: Any, error: str
) -> None:
    assert door.ask("POST", f"/1/send/{channel}.json", message(channel, content=content)) == failure(error)
    assert door.sandbox.sent == []


@pytest.mark.parametrize(
    "to", [None, {}, [], {"Identity": []}, {"Identity": "u-1001"}, {"identity": ["u-1001"]}, {"email": ["a@b.co"]}]
)
def test_lists_are_read_to_the_letter_and_somebody_must_be_named(door: Door, to: Any) -> None:
    body = message("sms", to=to)
    assert door.ask("POST", "/1/send/sms.json", body) == failure("Invalid payload: no users in to")


def test_a_thousand_users_over_all_lists_go_in_one_call_and_no_more(door: Door) -> None:
    names = [f"u-{number}" for number in range(999)]
    body = message("sms", to={"Identity": names, "Email": ["a@example.org"]})
    assert door.gets("POST", "/1/send/sms.json", body) == QUEUED
    body["to"]["FBID"] = ["1"]
    status, answer = door.ask("POST", "/1/send/sms.json", body)
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)
    assert len(door.sandbox.sent) == 1


def test_an_address_reaches_everybody_who_has_it_and_a_person_named_twice_once(door: Door) -> None:
    door.upload(profile("u-1", Email="a@example.org"), profile("u-2", Email="a@example.org"))
    door.gets("POST", "/1/send/sms.json", message("sms", to={"Identity": ["u-1"], "Email": ["a@example.org"]}))
    assert sorted(door.sandbox.sent[0].people) == ["u-1", "u-2"]


def test_a_tag_group_bundles_the_sends_of_a_channel(make_door: MakeDoor) -> None:
    door = make_door(send_tells_campaign=True)

    def campaign(channel: str, **more: Any) -> int:
        return int(door.gets("POST", f"/1/send/{channel}.json", message(channel, **more))["campaign_id"])

    first = campaign("sms", tag_group="otp")
    assert campaign("sms", tag_group="otp") == first
    assert len({first, campaign("sms", tag_group="sale"), campaign("push", tag_group="otp"), campaign("sms")}) == 4
    assert campaign("sms", campaign_id=first) == first


@pytest.mark.parametrize("number", [1, "1761000042", True, None])
def test_a_campaign_to_count_under_must_exist(door: Door, number: Any) -> None:
    body = message("sms", campaign_id=number)
    assert door.ask("POST", "/1/send/sms.json", body) == failure("Invalid campaign id")


@pytest.mark.parametrize("group", [{}, ["otp"], 1, True])
def test_a_tag_group_is_a_text(door: Door, group: Any) -> None:
    body = message("sms", tag_group=group)
    assert door.ask("POST", "/1/send/sms.json", body) == failure("Field tag_group is not valid")
    assert door.gets("POST", "/1/send/sms.json", {**body, "tag_group": None}) == QUEUED


@pytest.mark.parametrize("needed", [True, False])
def test_whatsapp_may_want_a_message_id(make_door: MakeDoor, needed: bool) -> None:
    door = make_door(whatsapp_needs_message_id=needed)
    body = message("whatsapp")
    assert door.gets("POST", "/1/send/whatsapp.json", body) == QUEUED
    assert door.ask("POST", "/1/send/whatsapp.json", {**body, "message_id": "m-1234567"})[0] == 400
    del body["message_id"]
    assert door.ask("POST", "/1/send/whatsapp.json", body)[0] == (400 if needed else 200)


@pytest.mark.parametrize("needed", [True, False])
def test_a_push_to_an_android_device_may_want_a_channel(make_door: MakeDoor, needed: bool) -> None:
    door = make_door(sends_need_android_channel=needed)
    door.upload({"type": "profile", "objectId": "_droid", "profileData": {}})
    body = message("push", to={"objectId": ["_droid"]})
    status, answer = door.ask("POST", "/1/send/push.json", body)
    assert status == (400 if needed else 200)
    if needed:
        assert answer["error"] == "Notification channel is required for devices having Android 8.0 or above"
    assert door.gets("POST", "/1/send/push.json", {**body, "wzrk_cid": "offers"}) == QUEUED
    assert door.gets("POST", "/1/send/push.json", message("push")) == QUEUED


@CHANNELS
def test_a_send_needs_credentials_json_and_post(door: Door, channel: str) -> None:
    path = f"/1/send/{channel}.json"
    assert door.ask("POST", path, message(channel), {"X-CleverTap-Passcode": "wrong"})[0] == 401
    assert door.ask("POST", path, b"{") == failure("Malformed JSON")
    assert door.ask("GET", path)[0] == 405
    assert door.ask("POST", "/1/send/webhook.json", message(channel))[0] == 404
    assert door.sandbox.sent == []
