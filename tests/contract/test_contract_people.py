"""Get a single profile, Delete User Profile and the credential check as data 7.3, 9.1 and 10.6 describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

NOW = 1_780_000_000
ONE = "/1/profile.json"
DELETE = "/1/delete/profiles.json"
SUCCESS = {"status": "success"}


def fill(door: Door) -> None:
    """Mira of the sample."""
    told = {"os_version": "18.1", "app_version": "4.1", "make": "Apple", "model": "iPhone17,1"}
    door.ask("POST", "/_sandbox/devices", [{"objectId": "-1a2b3c", "identity": "cust-9001", **told}])
    data = {"Name": "Mira Solano", "Email": "mira+tag@example.org", "Plan": "Gold", "Visits": 12}
    door.upload(
        {"type": "profile", "identity": "cust-9001", "profileData": data},
        *(
            {"type": "event", "identity": "cust-9001", "evtName": "Charged", "ts": ts}
            for ts in (1765000000, 1767225720)
        ),
    )


def add(door: Door, *identities: str) -> None:
    door.upload(*({"type": "profile", "identity": each, "profileData": {"Plan": "Gold"}} for each in identities))


def exists(door: Door, identity: str) -> bool:
    return door.gets("GET", f"{ONE}?identity={identity}")["record"] is not None


@pytest.mark.parametrize("by", ["email=mira%2Btag@example.org", "identity=cust-9001", "objectId=-1a2b3c"])
def test_the_sample_profile_is_found_by_each_of_its_names(door: Door, by: str) -> None:
    fill(door)
    device = {"platform": "iOS", "os_version": "18.1", "app_version": "4.1", "make": "Apple", "model": "iPhone17,1"}
    assert door.gets("GET", f"{ONE}?{by}") == {
        "status": "success",
        "record": {
            "identity": "cust-9001",
            "email": "mira+tag@example.org",
            "name": "Mira Solano",
            "profileData": {"Plan": "Gold", "Visits": 12},
            "events": {"Charged": {"count": 2, "first_seen": 1765000000, "last_seen": 1767225720}},
            "platformInfo": [{**device, "objectId": "-1a2b3c"}],
        },
    }


def test_a_bare_plus_is_a_space_so_nobody_is_found(door: Door) -> None:
    fill(door)
    assert door.gets("GET", f"{ONE}?email=mira+tag@example.org")["record"] is None


@pytest.mark.parametrize(
    ("reading", "status", "body"),
    [
        ("null_record", 200, {"status": "success", "record": None}),
        ("no_record", 200, {"status": "success"}),
        ("fail_200", 200, {"status": "fail", "error": "Profile not found", "code": 404}),
        ("fail_404", 404, {"status": "fail", "error": "Profile not found", "code": 404}),
    ],
)
def test_nobody_is_told_in_each_of_the_ways(make_door: MakeDoor, reading: str, status: int, body: Any) -> None:
    assert make_door(profile_not_found=reading).ask("GET", f"{ONE}?identity=nobody") == (status, body)


@pytest.mark.parametrize("by", ["", "?identity=", "?identity=a&email=b@example.org", "?phone=%2B34911222333"])
def test_exactly_one_name_is_needed(door: Door, by: str) -> None:
    assert door.ask("GET", f"{ONE}{by}") == (400, {"status": "fail", "error": "Invalid parameters", "code": 400})


@pytest.mark.parametrize("body", [{"identity": ["cust-9001", "cust-9002"]}, {"identity": "cust-9001"}])
def test_the_sample_delete_is_queued_and_takes_effect_a_day_later(make_door: MakeDoor, body: Any) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0])
    add(door, "cust-9001", "cust-9002", "cust-9003")
    assert door.ask("POST", DELETE, body) == (200, SUCCESS)
    now[0] += 86399
    assert exists(door, "cust-9001")
    now[0] += 1
    gone = [not exists(door, each) for each in ("cust-9001", "cust-9002", "cust-9003")]
    assert gone == [True, isinstance(body["identity"], list), False]


@pytest.mark.parametrize("guid", ["__f00dbabe", ["__f00dbabe"]])
def test_a_guid_is_an_object_id(make_door: MakeDoor, guid: Any) -> None:
    door = make_door(deletion_delay=0)
    door.upload({"type": "profile", "objectId": "__f00dbabe", "profileData": {"identity": "cust-9001"}})
    assert door.ask("POST", DELETE, {"guid": guid}) == (200, SUCCESS)
    assert not exists(door, "cust-9001")


def test_who_still_sends_data_gets_a_fresh_profile(make_door: MakeDoor) -> None:
    door = make_door(deletion_delay=0)
    fill(door)
    door.ask("POST", DELETE, {"identity": "cust-9001"})
    door.upload({"type": "event", "identity": "cust-9001", "evtName": "Seen", "ts": NOW})
    record = door.gets("GET", f"{ONE}?identity=cust-9001")["record"]
    assert (list(record["events"]), record["profileData"], record["platformInfo"]) == (["Seen"], {}, [])


@pytest.mark.parametrize(
    "body",
    [{"identity": ["a"], "guid": ["b"]}, {}, {"identity": []}, {"identity": [7]}, {"identity": ""}, {"guid": None}],
)
def test_both_kinds_none_and_no_text_are_refused(door: Door, body: Any) -> None:
    fail = {"status": "fail", "error": "Either identity or guid should be specified", "code": 400}
    assert door.ask("POST", DELETE, body) == (400, fail)


def test_more_than_a_hundred_are_refused_and_nobody_goes(make_door: MakeDoor) -> None:
    door = make_door(deletion_delay=0)
    names = [f"c-{number}" for number in range(101)]
    add(door, *names)
    assert door.ask("POST", DELETE, {"identity": names})[0] == 400
    assert exists(door, "c-0")
    assert door.ask("POST", DELETE, {"identity": names[:100]}) == (200, SUCCESS)
    assert [exists(door, each) for each in ("c-0", "c-99", "c-100")] == [False, False, True]


def test_an_unknown_name_does_not_show_up_or_is_refused(make_door: MakeDoor) -> None:
    assert make_door().ask("POST", DELETE, {"identity": "nobody"}) == (200, SUCCESS)
    door = make_door(unknown_deletion_fails=True, deletion_delay=0)
    add(door, "a")
    assert door.ask("POST", DELETE, {"identity": "nobody"})[0] == 400
    assert door.ask("POST", DELETE, {"identity": ["nobody", "a"]}) == (200, SUCCESS)


def test_the_credential_check(door: Door) -> None:
    assert door.ask("GET", "/v1/connect?partner=example") == (200, SUCCESS)
    fail = {"status": "fail", "error": "Invalid Credentials", "code": 401}
    assert door.ask("GET", "/v1/connect", headers={"X-CleverTap-Passcode": "wrong"}) == (401, fail)
