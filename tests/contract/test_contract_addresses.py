"""Subscribe, disassociate, demerge. Reference: data 9.2 to 9.4, engagement 15.4 and 15.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

SUBSCRIBE, DISASSOCIATE, DEMERGE = "/1/subscribe", "/1/disassociate", "/1/demerge/profiles.json"
NOW = 1_780_000_000
DAY = 24 * 3600
EMAIL = {"type": "email", "value": "mira@example.org", "status": "Unsubscribe"}
PHONE = {"type": "phone", "value": "+34911222333", "status": "Resubscribe"}
SHORT = {"type": "phone", "value": "12", "status": "Unsubscribe"}
FAX = {"type": "fax", "value": "1", "status": "Unsubscribe"}
NUMBER = {"type": "phone", "value": "+34911222333"}
WRONG_NUMBER = {"type": "phone", "value": "99"}


def refused(code: int, error: str, record: Any) -> dict[str, Any]:
    return {"status": "fail", "code": code, "error": error, "record": record}


def profile(identity: str, **data: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": identity, "profileData": data}


def reach(door: Door, mode: str, content: dict[str, Any]) -> int:
    body = {"name": "x", "target_mode": mode, "where": {}, "when": "now", "content": content, "estimate_only": True}
    body |= {"provider_nick_name": "p"}
    return int(sum(door.gets("POST", "/1/targets/create.json", body)["estimates"].values()))


def reached_by_mail(door: Door) -> int:
    return reach(door, "email", {"subject": "s", "body": "b", "sender_name": "n"})


def reached_by_sms(door: Door) -> int:
    return reach(door, "sms", {"body": "b"})


def reached_by_whatsapp(door: Door) -> int:
    return reach(door, "whatsapp", {"message_type": "freeform", "msg": "m"})


def found(door: Door, name: str, value: str) -> dict[str, Any] | None:
    record: dict[str, Any] | None = door.gets("GET", f"/1/profile.json?{name}={value}").get("record")
    return record


def test_the_references_subscriptions_are_processed(door: Door) -> None:
    answer = door.gets("POST", SUBSCRIBE, {"d": [EMAIL, PHONE]})
    assert answer == {"status": "success", "processed": 2, "unprocessed": []}


def test_some_subscriptions_are_refused(door: Door) -> None:
    answer = door.gets("POST", SUBSCRIBE, {"d": [EMAIL, SHORT]})
    unprocessed = [refused(516, "Phone number is not valid", SHORT)]
    assert answer == {"status": "partial", "processed": 1, "unprocessed": unprocessed}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (FAX, 555),
        ({**EMAIL, "value": "mira"}, 515),
        ({**EMAIL, "value": None}, 515),
        ({**EMAIL, "status": "unsubscribe"}, 555),
        ({"type": "email", "value": "mira@example.org"}, 555),
        ("mira@example.org", 555),
    ],
)
def test_all_subscriptions_are_refused(door: Door, record: Any, code: int) -> None:
    answer = door.gets("POST", SUBSCRIBE, {"d": [record]})
    assert (answer["status"], answer["processed"]) == ("fail", 0)
    assert answer["unprocessed"] == [refused(code, answer["unprocessed"][0]["error"], record)]
    if record is FAX:
        assert answer["unprocessed"][0]["error"] == "Invalid type"


def test_an_address_is_silenced_and_opened_for_everybody_who_has_it(door: Door) -> None:
    door.upload(profile("u-1", Email=EMAIL["value"]), profile("u-2", Email=EMAIL["value"]))
    assert reached_by_mail(door) == 2
    door.gets("POST", SUBSCRIBE, {"d": [EMAIL]})
    assert reached_by_mail(door) == 0
    door.gets("POST", SUBSCRIBE, {"d": [{**EMAIL, "status": "Resubscribe"}]})
    assert reached_by_mail(door) == 2


def test_a_number_is_silenced_for_sms_and_whatsapp_and_whatsapp_alone(make_door: MakeDoor) -> None:
    door = make_door()
    door.upload(profile("u-1", Phone="+34911222333", **{"MSG-whatsapp": True}))
    assert (reached_by_sms(door), reached_by_whatsapp(door)) == (1, 1)
    door.gets("POST", SUBSCRIBE, {"d": [{**NUMBER, "type": "whatsapp", "status": "Unsubscribe"}]})
    assert (reached_by_sms(door), reached_by_whatsapp(door)) == (1, 0)
    door.gets("POST", SUBSCRIBE, {"d": [{**NUMBER, "status": "Unsubscribe"}]})
    assert (reached_by_sms(door), reached_by_whatsapp(door)) == (0, 0)


def test_whatsapp_may_be_no_type_of_address(make_door: MakeDoor) -> None:
    door = make_door(subscribe_whatsapp=False)
    record = {**NUMBER, "type": "whatsapp", "status": "Unsubscribe"}
    answer = door.gets("POST", SUBSCRIBE, {"d": [record]})
    assert answer["unprocessed"] == [refused(555, "Invalid type", record)]


def test_channel_unsubscribed_is_raised_for_each_profile_with_the_address(door: Door) -> None:
    door.upload(profile("u-1", Email=EMAIL["value"]), profile("u-2", Email=EMAIL["value"]), profile("u-3"))
    door.gets("POST", SUBSCRIBE, {"d": [EMAIL, {**PHONE, "status": "Resubscribe"}]})
    for identity, raised in (("u-1", True), ("u-2", True), ("u-3", False)):
        record = found(door, "identity", identity)
        assert record is not None
        assert ("Channel Unsubscribed" in record["events"]) is raised


@pytest.mark.parametrize("path", [SUBSCRIBE, DISASSOCIATE])
def test_a_thousand_addresses_go_in_one_call_and_no_more(door: Door, path: str) -> None:
    records = [{"type": "phone", "value": f"+34911{number:06}", "status": "Unsubscribe"} for number in range(1001)]
    assert door.gets("POST", path, {"d": records[:1000]})["processed"] == 1000
    status, answer = door.ask("POST", path, {"d": records})
    assert (status, answer["status"]) == (400, "fail")
    assert door.ask("POST", path, {"d": "x"})[0] == 400


def test_the_references_number_is_disassociated(door: Door) -> None:
    assert door.gets("POST", DISASSOCIATE, {"d": [NUMBER]}) == {"status": "success", "processed": 1, "unprocessed": []}


def test_numbers_are_refused_one_by_one(door: Door) -> None:
    unprocessed = [refused(516, "Phone number is not valid", WRONG_NUMBER)]
    answer = door.gets("POST", DISASSOCIATE, {"d": [NUMBER, WRONG_NUMBER]})
    assert answer == {"status": "partial", "processed": 1, "unprocessed": unprocessed}
    answer = door.gets("POST", DISASSOCIATE, {"d": [WRONG_NUMBER]})
    assert answer == {"status": "fail", "processed": 0, "unprocessed": unprocessed}
    email = {"type": "email", "value": "mira@example.org"}
    assert door.gets("POST", DISASSOCIATE, {"d": [email]})["unprocessed"][0]["code"] == 555


def test_a_freed_number_identifies_nobody(door: Door) -> None:
    door.upload(profile("+34911222333", Phone="+34911222333"))
    door.gets("POST", DISASSOCIATE, {"d": [NUMBER]})
    assert found(door, "identity", "%2B34911222333") is None
    assert reached_by_sms(door) == 0


def test_a_demerged_profile_loses_all_its_names_a_day_later(make_door: MakeDoor) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0])
    for device in ("_one", "-two"):
        door.upload({"type": "profile", "objectId": device, "profileData": {"identity": "cust-9001"}})
        door.upload({"type": "event", "objectId": device, "evtName": "Seen"})
    assert door.gets("POST", DEMERGE, {"identities": ["cust-9001", "cust-9010"]}) == {"status": "success"}
    assert found(door, "identity", "cust-9001") is not None
    now[0] += DAY
    assert found(door, "identity", "cust-9001") is None
    ones, twos = found(door, "objectId", "_one"), found(door, "objectId", "-two")
    assert ones is not None
    assert twos is not None
    for each, device in ((ones, "_one"), (twos, "-two")):
        assert "identity" not in each
        assert [platform["objectId"] for platform in each["platformInfo"]] == [device]
        assert each["events"]["Seen"]["count"] == 1


def test_a_demerged_profile_can_be_taken_apart_at_once(make_door: MakeDoor) -> None:
    door = make_door(demerge_delay=0)
    door.upload(profile("cust-9001"))
    door.gets("POST", DEMERGE, {"identities": ["cust-9001"]})
    assert found(door, "identity", "cust-9001") is None


@pytest.mark.parametrize(
    "body",
    [{}, {"identities": []}, {"identities": "x"}, {"identities": [1]}, {"guid": ["x"]}, {"identities": ["x"] * 101}],
)
def test_up_to_a_hundred_identities_are_demerged_and_nothing_else(door: Door, body: Any) -> None:
    status, answer = door.ask("POST", DEMERGE, body)
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)
