"""Custom lists, step by step. Reference: data 10.1, engagement 11."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from clevertap_sandbox import Kind
from clevertap_sandbox.door.faults import Fault
from contract.conftest import NOW

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

ASK, COMPLETE = "/get_custom_list_segment_url", "/upload_custom_list_segment_completed"
CSV = b"Type,Identity\ni,u-1001\ng,_ab12cd\n"
DAY = 24 * 3600


def put(url: str, content: bytes = CSV) -> httpx2.Response:
    return httpx2.put(url, content=content, headers={"Content-Type": "text/csv"})


def body(url: str, **other: Any) -> dict[str, Any]:
    """The body of engagement 11."""
    return {
        "name": "VIP Nov",
        "creator": "Mira",
        "filename": "vip.csv",
        "email": "mira@example.net",
        "url": url,
    } | other


def uploaded(door: Door, content: bytes = CSV) -> str:
    """The address of a file that lies there."""
    url = str(door.gets("POST", ASK)["presignedS3URL"])
    assert put(url, content).status_code == 200
    return url


def members(door: Door, segment: int) -> int:
    """How many people a campaign to a segment reaches."""
    campaign = {"name": "x", "target_mode": "webhook", "webhook_endpoint_name": "w", "content": {}, "when": "now"}
    estimate = door.gets("POST", "/1/targets/create.json", campaign | {"segment": segment, "estimate_only": True})
    return int(estimate["estimates"]["webhook"])


def person(identity: str, **profile: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": identity, "profileData": profile}


def test_the_first_step_gives_an_address_on_the_same_host_for_a_day(door: Door) -> None:
    answer = door.gets("POST", ASK)
    assert answer.keys() == {"presignedS3URL", "expiry", "status"}
    assert answer["presignedS3URL"].startswith(f"{door.url}/")
    assert (answer["expiry"], answer["status"]) == ("29 May, 08:26 PM", "success")


def test_the_expiry_may_come_as_in_other_ages(make_door: MakeDoor) -> None:
    answer = make_door(presigned_expiry="expiryEpoch").gets("POST", ASK)
    assert answer.keys() == {"presignedS3URL", "expiryEpoch", "status"}
    assert answer["expiryEpoch"] == {"$date": "2026-05-29T20:26:40.000Z"}


def test_the_failure_on_record_of_the_first_step_can_be_had(door: Door) -> None:
    failure = "URL not generated, Please come back later"
    door.sandbox.faults.add(Fault(kind=Kind.FAIL, path=ASK, error=failure))
    assert door.gets("POST", ASK) == {"status": "fail", "error": failure}


def test_the_store_takes_a_file_without_credentials_and_names_it(door: Door) -> None:
    answer = put(door.gets("POST", ASK)["presignedS3URL"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == f'"{md5(CSV, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("spoil", ["x", "&x=1"])
def test_the_store_refuses_an_address_that_was_not_given_out(door: Door, spoil: str) -> None:
    answer = put(door.gets("POST", ASK)["presignedS3URL"] + spoil)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert b"<Error><Code>" in answer.content


def test_the_store_refuses_an_address_that_is_a_day_old(make_door: MakeDoor) -> None:
    now = float(NOW)
    door = make_door(clock=lambda: now)
    url = door.gets("POST", ASK)["presignedS3URL"]
    now += DAY
    answer = put(url)
    assert answer.status_code == 403
    assert b"Request has expired" in answer.content


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_the_store_knows_put_only(door: Door, method: str) -> None:
    assert httpx2.request(method, uploaded(door)).status_code == 403


def test_the_store_wants_the_length_in_advance(door: Door) -> None:
    answer = httpx2.put(door.gets("POST", ASK)["presignedS3URL"], content=iter([CSV]))
    assert answer.status_code == 411


def test_the_third_step_answers_with_the_segments_id(door: Door) -> None:
    answer = door.gets("POST", COMPLETE, body(uploaded(door), replace=False))
    assert answer == {"Segment ID": NOW, "status": "success"}


def test_the_key_of_the_id_is_not_sure(make_door: MakeDoor) -> None:
    door = make_door(segment_id_key="segmentId")
    assert door.gets("POST", COMPLETE, body(uploaded(door))) == {"segmentId": NOW, "status": "success"}


@pytest.mark.parametrize("code", [400, 409])
def test_a_name_can_be_used_once_unless_replaced(make_door: MakeDoor, code: int) -> None:
    door = make_door(duplicate_name_code=code)
    first = door.gets("POST", COMPLETE, body(uploaded(door)))
    again = door.ask("POST", COMPLETE, body(uploaded(door), replace=False))
    assert again == (code, {"status": "fail", "error": "duplicate_name", "code": code})
    assert door.gets("POST", COMPLETE, body(uploaded(door), replace=True)) == first


def test_a_list_holds_known_people_by_any_of_their_names_and_creates_nobody(door: Door) -> None:
    door.upload(person("u-1", Email="m@example.net"), person("u-2", Phone="+15551234567"), person("u-3"))
    door.upload({"type": "profile", "objectId": "_ab12cd", "profileData": {}})
    content = b"Type,Identity\ni,m@example.net\ni,+15551234567\ni,u-3\ni,u-3\ng,_ab12cd\ni,nobody\n"
    segment = door.gets("POST", COMPLETE, body(uploaded(door, content)))["Segment ID"]
    assert members(door, segment) == 4
    assert door.ask("GET", "/1/profile.json?identity=nobody")[1]["record"] is None


def test_a_list_that_is_replaced_holds_only_the_new_people(door: Door) -> None:
    door.upload(person("u-1"), person("u-2"), person("u-3"))
    segment = door.gets("POST", COMPLETE, body(uploaded(door, b"type,identity\ni,u-1\ni,u-2\n")))["Segment ID"]
    door.gets("POST", COMPLETE, body(uploaded(door, b"Type,Identity\r\ni,u-3\r\n"), replace=True))
    assert members(door, segment) == 1


def test_whoever_is_deleted_is_in_no_list_any_more(make_door: MakeDoor) -> None:
    door = make_door(deletion_delay=0.0)
    door.upload(person("u-1"), person("u-2"))
    segment = door.gets("POST", COMPLETE, body(uploaded(door, b"Type,Identity\ni,u-1\ni,u-2\n")))["Segment ID"]
    door.gets("POST", "/1/delete/profiles.json", {"identity": "u-2"})
    door.upload(person("u-4"))
    assert members(door, segment) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Identity,Type\nu-1,i\n", "the header is not Type,Identity"),
        (b"", "the header is not Type,Identity"),
        (b'Type,Identity\ni,"u-1\n', "the file is no CSV in UTF-8"),
        (b"Type,Identity\ni,\xff\n", "the file is no CSV in UTF-8"),
    ],
)
def test_a_wrong_file_is_accepted_told_by_mail_and_occupies_the_name(door: Door, content: bytes, told: str) -> None:
    assert door.gets("POST", COMPLETE, body(uploaded(door, content)))["status"] == "success"
    assert door.sandbox.mails == [f"Custom list VIP Nov: {told}"]
    assert door.ask("POST", COMPLETE, body(uploaded(door)))[1]["error"] == "duplicate_name"


def test_an_address_without_a_file_is_told_by_mail(door: Door) -> None:
    door.gets("POST", COMPLETE, body(door.gets("POST", ASK)["presignedS3URL"]))
    assert httpx2.get(f"{door.url}/_sandbox/mails").json() == ["Custom list VIP Nov: no file was uploaded"]


@pytest.mark.parametrize("field", ["name", "creator", "filename", "email", "url"])
def test_the_third_step_needs_each_field(door: Door, field: str) -> None:
    status, answer = door.ask("POST", COMPLETE, {**body(uploaded(door)), field: " "})
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)


def test_the_third_step_refuses_an_address_of_another_host(door: Door) -> None:
    assert door.ask("POST", COMPLETE, body("https://bucket.example/obj?sig=abc"))[0] == 400


def test_both_steps_need_credentials(door: Door) -> None:
    for path in (ASK, COMPLETE):
        assert door.ask("POST", path, {}, {"X-CleverTap-Passcode": "x"})[0] == 401
        assert door.ask("GET", path)[0] == 405


def test_a_campaign_refuses_a_segment_that_is_not_there_if_all_of_them_are_known(make_door: MakeDoor) -> None:
    door = make_door(dashboard_segments=frozenset({7}))
    campaign = {"name": "x", "target_mode": "webhook", "webhook_endpoint_name": "w", "content": {}, "when": "now"}
    estimate = campaign | {"estimate_only": True}
    assert door.ask("POST", "/1/targets/create.json", estimate | {"segment": 7})[0] == 200
    assert door.ask("POST", "/1/targets/create.json", estimate | {"segment": 8})[0] == 400


def test_a_segment_of_the_dashboard_holds_a_tenth_of_those_with_an_address_as_of_everybody(make_door: MakeDoor) -> None:
    door = make_door()
    people = [
        {"type": "profile", "identity": f"c-{at}", "profileData": {"Email": f"c-{at}@example.org"} if at % 2 else {}}
        for at in range(1000)
    ]
    assert door.ask("POST", "/1/upload", {"d": people})[0] == 200
    campaign = {
        "name": "x",
        "target_mode": "email",
        "content": {"subject": "s", "body": "b", "sender_name": "Acme"},
        "when": "now",
    }
    for segment in (1, 2, 5, 10, 1759900001):
        told = door.ask("POST", "/1/targets/create.json", campaign | {"segment": segment, "estimate_only": True})[1]
        assert 30 <= told["estimates"]["web"] <= 70
