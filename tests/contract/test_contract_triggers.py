"""External triggers and bulletins. Reference: engagement 5 and 15.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import ACCOUNT_TOKEN

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

ONE, SEVERAL, BULLETIN = "/1/send/externaltrigger.json", "/2/send/externaltrigger.json", "/1/targets/trigger.json"
EXAMPLE: dict[str, Any] = {
    "to": {"identity": ["u-1001"]},
    "campaign_id": "1761000042",
    "ExternalTrigger": {"Name": "Mira", "items": [{"sku": "A1", "price": "12.50"}]},
}
BY_ENTRY: dict[str, Any] = {
    "d": [
        {"to": {"email": ["a@example.net"]}, "campaign_id": "1761000042", "ExternalTrigger": {"pts": "100"}},
        {"to": {"email": ["b@example.net"]}, "campaign_id": "1761000043", "ExternalTrigger": {}},
    ]
}
BY_LIST: dict[str, Any] = {
    "to": {"identity": ["u-1001"]},
    "campaign_id_list": [1761000042, 1761000043],
    "ExternalTrigger": {"pts": "100"},
}
QUEUED = {"status": "success", "message": "Added to queue for processing"}
UNKNOWN = (400, {"status": "fail", "error": "Invalid campaign id", "code": 400})
TOKEN = {"X-CleverTap-Token": ACCOUNT_TOKEN}
EPISODE: dict[str, Any] = {
    "business_event": "Episode Released",
    "name": "Ep 7",
    "properties": {"series_id": "88"},
    "c-by": "mira@example.net",
    "when": "now",
}


def test_the_references_trigger_starts_its_campaign_for_whoever_is_known(door: Door) -> None:
    door.upload({"type": "profile", "identity": "u-1001", "profileData": {}})
    body = {**EXAMPLE, "to": {"identity": ["u-1001", "nobody"]}}
    assert door.gets("POST", ONE, EXAMPLE) == QUEUED
    assert door.gets("POST", ONE, body) == QUEUED
    assert [(sent.body, sent.people) for sent in door.sandbox.sent] == [(EXAMPLE, ("u-1001",)), (body, ("u-1001",))]


@pytest.mark.parametrize("number", [1761000042, "x", "", None])
def test_the_id_of_a_campaign_is_text_of_digits(door: Door, number: Any) -> None:
    assert door.ask("POST", ONE, {**EXAMPLE, "campaign_id": number}) == UNKNOWN


def test_only_published_campaigns_can_be_triggered(make_door: MakeDoor) -> None:
    door = make_door(trigger_campaigns=frozenset({"1761000042"}))
    assert door.gets("POST", ONE, EXAMPLE) == QUEUED
    assert door.ask("POST", ONE, {**EXAMPLE, "campaign_id": "1761000043"}) == UNKNOWN
    assert door.ask("POST", SEVERAL, BY_ENTRY, TOKEN) == UNKNOWN
    assert len(door.sandbox.sent) == 1


@pytest.mark.parametrize("to", [{}, {"Identity": ["u-1001"]}, {"identity": []}, None])
def test_the_lists_of_a_trigger_are_spelt_small(door: Door, to: Any) -> None:
    status, answer = door.ask("POST", ONE, {**EXAMPLE, "to": to})
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)


@pytest.mark.parametrize(("form", "taken"), [("either", "both"), ("d", "d"), ("campaign_id_list", "list")])
def test_several_campaigns_go_in_either_body(make_door: MakeDoor, form: str, taken: str) -> None:
    door = make_door(trigger_form=form)
    assert door.ask("POST", SEVERAL, BY_ENTRY, TOKEN)[0] == (200 if taken in ("both", "d") else 400)
    assert door.ask("POST", SEVERAL, BY_LIST, TOKEN)[0] == (200 if taken in ("both", "list") else 400)
    assert len(door.sandbox.sent) == (4 if taken == "both" else 2)


@pytest.mark.parametrize("needed", [True, False])
def test_several_campaigns_may_want_the_account_token(make_door: MakeDoor, needed: bool) -> None:
    door = make_door(trigger_needs_token=needed)
    assert door.ask("POST", SEVERAL, BY_ENTRY)[0] == (401 if needed else 200)
    assert door.ask("POST", SEVERAL, BY_ENTRY, {"X-CleverTap-Token": "wrong"})[0] == (401 if needed else 200)
    assert door.ask("POST", SEVERAL, BY_ENTRY, TOKEN) == (200, QUEUED)


@pytest.mark.parametrize("entries", [[], None, ["x"], [EXAMPLE] * 6, [EXAMPLE, {**EXAMPLE, "campaign_id": "x"}]])
def test_one_to_five_campaigns_go_in_one_call_all_or_none(door: Door, entries: Any) -> None:
    status, answer = door.ask("POST", SEVERAL, {"d": entries}, TOKEN)
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)
    assert door.sandbox.sent == []


@pytest.mark.parametrize("when", ["now", 1_790_000_000])
def test_the_references_bulletin_is_announced(door: Door, when: Any) -> None:
    assert door.gets("POST", BULLETIN, {**EPISODE, "when": when}) == {"status": "success"}
    assert [sent.body["when"] for sent in door.sandbox.sent] == [when]


def test_a_business_event_must_exist(make_door: MakeDoor) -> None:
    door = make_door(business_events=frozenset({"Episode Released"}))
    assert door.gets("POST", BULLETIN, EPISODE) == {"status": "success"}
    unknown = door.ask("POST", BULLETIN, {**EPISODE, "business_event": "Film Released"})
    assert unknown == (400, {"status": "fail", "error": "Business event not found", "code": 400})


@pytest.mark.parametrize(
    "more",
    [
        {"business_event": ""},
        {"business_event": "x" * 121},
        {"name": None},
        {"c-by": None},
        {"properties": None},
        {"properties": {"series_id": 88}},
        {"properties": {"x" * 121: "1"}},
        {"properties": {"x": "é" * 257}},
        {"when": None},
        {"when": "20270101 10:00"},
    ],
)
def test_a_bulletin_that_lacks_something_is_refused(door: Door, more: dict[str, Any]) -> None:
    status, answer = door.ask("POST", BULLETIN, {**EPISODE, **more})
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)
    assert door.sandbox.sent == []
