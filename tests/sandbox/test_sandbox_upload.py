"""POST /1/upload: record checks, operators, people and devices, as sections 3.3, 4 and 5 describe them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clevertap_sandbox import Behaviours, Sandbox
from clevertap_sandbox.language.days import local_stamp
from clevertap_sandbox.state.stamps import Stamps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx2

PROFILE = "Profile data is incorrect. "
EVENT = "Event Name is incorrect. ErrorCode: "
SKIPPED = "Skipped record number : 1"


def _upload(client: httpx2.Client, *records: Any, dry_run: str | None = None) -> dict[str, Any]:
    answer = client.post("/1/upload", json={"d": records}, params={"dryRun": dry_run} if dry_run else {})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def _profile(identity: str = "cust-1", **data: Any) -> dict[str, Any]:
    return {"identity": identity, "type": "profile", "profileData": data}


def _event(name: Any = "Seen", identity: str = "cust-1", **data: Any) -> dict[str, Any]:
    return {"identity": identity, "type": "event", "evtName": name, "evtData": data}


def _record(client: httpx2.Client, **by: str) -> Any:
    return client.get("/1/profile.json", params=by or {"identity": "cust-1"}).json()["record"]


def _stored(client: httpx2.Client) -> Any:
    return _record(client)["profileData"]


REFERENCE_PROFILE = {
    "identity": "cust-9001",
    "type": "profile",
    "ts": 1767225600,
    "profileData": {
        "Name": "Mira Solano",
        "Email": "mira@example.org",
        "Phone": "+34911222333",
        "Gender": "F",
        "DOB": "$D_631152000",
        "Employed": "Y",
        "Education": "Graduate",
        "Married": "N",
        "MSG-email": True,
        "Plan": "Gold",
        "Last Visit": "$D_1767000000",
        "Favourite Teams": {"$add": ["Blue", "Green"]},
        "Old Tags": {"$remove": ["beta"]},
        "Colours": {"$set": ["red", "teal"]},
        "Visits": {"$incr": 3},
        "Credits": {"$decr": 10},
        "Legacy Key": {"$delete": 1},
    },
}


def test_the_references_profile_is_accepted_and_stored_as_described(client: httpx2.Client) -> None:
    assert _upload(client, REFERENCE_PROFILE) == {"status": "success", "processed": 1, "unprocessed": []}
    record = _record(client, identity="cust-9001")
    assert record["email"] == "mira@example.org"
    assert record["phone"] == "34911222333", "stored as digits"
    assert record["name"] == "Mira Solano"
    assert record["profileData"] == {
        "Gender": "F",
        "DOB": "$D_631152000",
        "Age": 36,
        "Employed": "Y",
        "Education": "Graduate",
        "Married": "N",
        "MSG-email": True,
        "Plan": "Gold",
        "Last Visit": "$D_1767000000",
        "Favourite Teams": ["Blue", "Green"],
        "Colours": ["red", "teal"],
        "Visits": 3,
        "Credits": -10,
    }


def test_the_references_events_are_accepted(client: httpx2.Client) -> None:
    charged = {
        "Amount": 62.0,
        "Currency": "EUR",
        "Items": [{"Category": "Craft", "Title": "Clay 2kg", "Quantity": 2}, {"Title": "Glaze"}],
    }
    answer = _upload(
        client,
        {"identity": "cust-9001", "type": "event", "ts": 1767225660, "evtName": "Course Started", "evtData": {}},
        {"objectId": "__a0b1c2d3e4f5", "type": "event", "ts": 1767225720, "evtName": "Charged", "evtData": charged},
    )
    assert answer == {"status": "success", "processed": 2, "unprocessed": []}
    events = _record(client, objectId="__a0b1c2d3e4f5")["events"]
    assert events == {"Charged": {"count": 1, "first_seen": 1767225720, "last_seen": 1767225720}}


def test_the_references_tokens_are_accepted(client: httpx2.Client) -> None:
    keys = {"p256dh": "BBpub", "auth": "aUtH=="}
    answer = _upload(
        client,
        {"type": "token", "objectId": "__f00dbabe", "tokenData": {"id": "fcmtok:AA-1", "type": "fcm"}},
        {"type": "token", "objectId": "webguid0001", "tokenData": {"id": "webtok-2", "type": "chrome", "keys": keys}},
    )
    assert answer == {"status": "success", "processed": 2, "unprocessed": []}
    assert _record(client, objectId="__f00dbabe")["platformInfo"] == [
        {"platform": "Android", "push_token": "fcmtok:AA-1", "objectId": "__f00dbabe"}
    ]


def test_a_partly_refused_batch_is_partial_and_names_the_record(client: httpx2.Client) -> None:
    bad = {"identity": "cust-9002", "type": "profile", "profileData": {"Email": "not-an-email"}}
    assert _upload(client, _profile(Plan="Gold"), bad) == {
        "status": "partial",
        "processed": 1,
        "unprocessed": [
            {
                "status": "fail",
                "code": 515,
                "error": "Profile data is incorrect. Email is not valid.Skipped record number : 2",
                "record": bad,
            }
        ],
    }


def test_a_wholly_refused_batch_is_a_fail_with_http_200(client: httpx2.Client) -> None:
    answer = _upload(client, {"identity": "cust-9003", "type": "profile", "profileData": {"Phone": "12"}})
    assert (answer["status"], answer["processed"], answer["unprocessed"][0]["code"]) == ("fail", 0, 516)


def test_an_empty_batch_is_a_success(client: httpx2.Client) -> None:
    assert _upload(client) == {"status": "success", "processed": 0, "unprocessed": []}


@pytest.mark.parametrize(
    ("record", "code", "error"),
    [
        (_event(None), 509, f"{EVENT}509 - Event name is mandatory. {SKIPPED}"),
        (_event("  "), 509, f"{EVENT}509 - Event name is mandatory. {SKIPPED}"),
        (_event("App Launched"), 513, f"{EVENT}513 - Trying to raise a restricted system event. {SKIPPED}"),
        (_event("app launched"), 513, f"{EVENT}513 - Trying to raise a restricted system event. {SKIPPED}"),
        (_event("Web Page Viewed"), 513, f"{EVENT}513 - Trying to raise a restricted system event. {SKIPPED}"),
        (_profile(Gender="X"), 514, None),
        (_profile(Email="nobody"), 515, f"{PROFILE}Email is not valid.{SKIPPED}"),
        (_profile(Phone="+44+441234"), 516, f"{PROFILE}Phone number is not valid.{SKIPPED}"),
        (_profile(Phone="223"), 516, f"{PROFILE}Phone number is not valid.{SKIPPED}"),
        (_profile(Employed="maybe"), 517, f"{PROFILE}Employed needs to be Y/N.{SKIPPED}"),
        (_profile(Education="None"), 518, f"{PROFILE}Education needs to be School/College/Graduate..{SKIPPED}"),
        (_profile(Married="223"), 519, f"{PROFILE}Married needs to be Y/N.{SKIPPED}"),
        (_profile(Age="aa"), 520, f"{PROFILE}Age is invalid.{SKIPPED}"),
        (_profile(Age=True), 520, f"{PROFILE}Age is invalid.{SKIPPED}"),
        ({**_event(), "evtData": {f"p{n}": n for n in range(257)}}, 522, None),
        ({"type": "profile", "profileData": {}}, 523, None),
        (_profile("none"), 523, None),
        (_profile("N/A"), 523, None),
        (_profile(""), 523, None),
        (_profile("x" * 1025), 523, None),
        ({"type": "Profile", "identity": "a"}, 524, None),
        ({"identity": "a", "profileData": {}}, 524, None),
        (
            {**_profile(), "ts": 0},
            525,
            f"Timestamp should be present in the Unix Epoch format. {SKIPPED}",
        ),
        ({**_profile(), "ts": "2026-01-01T00:00:00Z"}, 525, None),
        ({**_profile(), "ts": None}, 525, None),
        ({"type": "event", "objectId": 7, "evtName": "Seen"}, 526, None),
        ({**_event(), "evtData": []}, 512, None),
        ({"type": "token", "tokenData": {"id": "a", "type": "fcm"}}, 530, None),
        ({"type": "token", "objectId": "__a"}, 531, None),
        (
            {"type": "token", "objectId": "__f00dbabe", "tokenData": {"type": "fcm"}},
            532,
            f"Token id is missing. {SKIPPED}",
        ),
        ({"type": "token", "objectId": "__a", "tokenData": {"id": "x"}}, 533, f"Token type is missing. {SKIPPED}"),
        (
            {"type": "token", "objectId": "-ios0001", "tokenData": {"id": "x", "type": "fcm"}},
            534,
            f"Token type not valid for objectId. {SKIPPED}",
        ),
        ({"type": "token", "objectId": "web", "tokenData": {"id": "x", "type": "chrome"}}, 535, None),
        ({"type": "profile", "identity": "a"}, 555, None),
        (7, 555, None),
    ],
)
def test_a_flawed_record_is_refused_with_its_code_and_text(
    client: httpx2.Client, record: Any, code: int, error: str | None
) -> None:
    (refused,) = _upload(client, record)["unprocessed"]
    assert (refused["status"], refused["code"]) == ("fail", code)
    assert refused["error"] == error or (error is None and refused["error"].endswith(SKIPPED))


def test_only_the_first_failing_check_counts_and_ts_comes_before_the_profile(client: httpx2.Client) -> None:
    everything: dict[str, Any] = {"Gender": "X", "Email": "no", "Phone": "1", "Employed": "?", "Age": "?"}
    codes = []
    for corrected in ("Gender", "Email", "Phone", "Employed", "Age"):
        codes.append(_upload(client, _profile(**everything))["unprocessed"][0]["code"])
        del everything[corrected]
    assert codes == [514, 515, 516, 517, 520]
    assert _upload(client, {**_profile(Email="no"), "ts": 0})["unprocessed"][0]["code"] == 525


def test_the_echo_shows_what_had_been_normalised_when_the_check_failed(client: httpx2.Client) -> None:
    data: dict[str, Any] = {"identity": 77, "Phone": "+35922333232"}
    early = {**_profile(), "ts": 0, "profileData": data}
    late = {**_profile(), "profileData": {**data, "Age": "aa"}}
    refused = _upload(client, early, late)["unprocessed"]
    assert refused[0]["record"]["profileData"] == {"identity": 77, "Phone": "+35922333232"}
    assert refused[1]["record"]["profileData"] == {"identity": "77", "Phone": 35922333232, "Age": "aa"}


def test_a_numeric_text_is_a_good_age(client: httpx2.Client) -> None:
    assert _upload(client, _profile(Age="18"))["status"] == "success"


def test_a_dry_run_checks_everything_and_stores_nothing(client: httpx2.Client) -> None:
    answer = _upload(client, _profile(Plan="Gold"), _profile(Email="no"), dry_run="1")
    assert (answer["status"], answer["processed"]) == ("partial", 1)
    assert _record(client) is None
    _upload(client, _profile(Plan="Gold"), dry_run="0")
    assert _stored(client) == {"Plan": "Gold"}


def test_more_than_a_thousand_records_are_refused_whole(client: httpx2.Client) -> None:
    answer = client.post("/1/upload", json={"d": [_event()] * 1001})
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")
    assert _record(client) is None


def test_keys_not_sent_are_left_untouched(client: httpx2.Client) -> None:
    _upload(client, _profile(Plan="Gold", City="Pune"))
    _upload(client, _profile(Plan="Silver", City=None))
    assert _stored(client) == {"Plan": "Silver", "City": "Pune"}


@pytest.mark.parametrize(
    ("before", "operator", "after"),
    [
        (None, {"$set": ["a", "b", "a"]}, ["a", "b"]),
        ("x", {"$set": ["a"]}, ["a"]),
        (["x"], ["a", 5, True], ["a", "5", "true"]),
        (None, {"$add": ["a"]}, ["a"]),
        (7, {"$add": ["a"]}, ["7", "a"]),
        (["a", "b"], {"$add": ["b", "c"]}, ["a", "b", "c"]),
        (None, {"$remove": ["a"]}, None),
        ("a", {"$remove": ["b"]}, ["a"]),
        (["a", "b"], {"$remove": ["a"]}, ["b"]),
        (["a"], {"$remove": ["a"]}, None),
        ("a", {"$delete": 1}, None),
        (["a"], {"$delete": 1}, None),
        (None, {"$delete": 1}, None),
        (None, {"$incr": 2}, 2),
        (3, {"$incr": 1.5}, 4.5),
        (3, {"$decr": 5}, -2),
        (["a"], {"$incr": 1}, ["a"]),
        (3, {"$incr": -1}, 3),
        (3, {"nested": 1}, 3),
        (3, {}, 3),
    ],
)
def test_profile_operators_do_what_the_table_says(
    client: httpx2.Client, before: Any, operator: Any, after: Any
) -> None:
    _upload(client, _profile(Key=before), _profile(Key=operator))
    assert _stored(client).get("Key") == after


def test_a_list_over_a_hundred_loses_its_oldest_entries(client: httpx2.Client) -> None:
    _upload(client, _profile(Key=[str(n) for n in range(100)]), _profile(Key={"$add": ["new"]}))
    assert _stored(client)["Key"] == [*(str(n) for n in range(1, 100)), "new"]


def test_increments_can_be_switched_off(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(increments=False)))
    _upload(client, _profile(Visits=1), _profile(Visits={"$incr": 1}))
    assert _stored(client) == {"Visits": 1}


def test_events_of_somebody_unknown_create_the_person(client: httpx2.Client, clock: list[float]) -> None:
    _upload(client, _event("Sign Up"), _event("signup"))
    record = _record(client)
    now = int(clock[0])
    assert record["events"] == {"Sign Up": {"count": 2, "first_seen": now, "last_seen": now}}
    assert record["objectId"]


def test_numbers_are_identities_too(client: httpx2.Client) -> None:
    _upload(client, {"identity": 4711, "type": "profile", "profileData": {"Plan": "Gold"}})
    assert _record(client, identity="4711")["profileData"] == {"Plan": "Gold"}


@pytest.mark.parametrize("kind", ["FBID", "GPID"])
def test_social_ids_name_people_as_well(client: httpx2.Client, kind: str) -> None:
    _upload(client, {kind: "s-1", "type": "profile", "profileData": {"Email": "s@example.org"}})
    _upload(client, {kind: "s-1", "type": "profile", "profileData": {"Plan": "Gold"}})
    record = _record(client, email="s@example.org")
    assert record["profileData"] == {"Plan": "Gold"}
    assert "identity" not in record


def _device(object_id: str, **data: Any) -> dict[str, Any]:
    return {"objectId": object_id, "type": "profile", "profileData": data}


def test_an_identity_inside_profile_data_is_attached_to_the_device(client: httpx2.Client) -> None:
    _upload(client, _device("__d1", Plan="Gold"), _device("__d1", identity="cust-1"))
    assert _record(client)["profileData"] == {"Plan": "Gold"}
    assert [device["objectId"] for device in _record(client)["platformInfo"]] == ["__d1"]


def test_an_anonymous_device_joins_the_person_who_has_the_identity(client: httpx2.Client) -> None:
    _upload(client, _profile(Plan="Gold"))
    seen = {"objectId": "-d2", "type": "event", "evtName": "Seen"}
    _upload(client, _device("-d2", Plan="Basic", City="Pune"), seen, _device("-d2", identity="cust-1"), seen)
    record = _record(client)
    assert record["profileData"] == {"Plan": "Gold", "City": "Pune"}
    assert record["events"]["Seen"]["count"] == 2
    assert record["platformInfo"] == [{"platform": "iOS", "objectId": "-d2"}]


def test_two_people_who_both_have_an_identity_stay_apart(client: httpx2.Client) -> None:
    _upload(client, _profile("cust-2"), _device("__d1", identity="cust-1"), _device("__d1", identity="cust-2"))
    assert _record(client, objectId="__d1")["identity"] == "cust-1"
    assert _record(client, identity="cust-2")["platformInfo"] == []


def test_the_fifty_first_device_stays_apart(client: httpx2.Client) -> None:
    _upload(client, *(_device(f"__d{n}", identity="cust-1") for n in range(51)))
    assert len(_record(client)["platformInfo"]) == 50
    assert "identity" not in _record(client, objectId="__d50")


def test_a_token_of_a_device_never_seen_is_refused_in_the_other_reading(
    opened: Callable[[Sandbox], httpx2.Client],
) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(tokens_need_device=True)))
    token = {"type": "token", "objectId": "__a", "tokenData": {"id": "t", "type": "fcm"}}
    assert _upload(client, token)["unprocessed"][0]["code"] == 530
    assert _upload(client, _device("__a"))["status"] == "success"
    assert _upload(client, token)["status"] == "success"


def test_discarded_events_are_refused(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(discarded_events=frozenset({"oldevent"}))))
    assert _upload(client, _event("Old Event"))["unprocessed"][0]["code"] == 528


def test_milliseconds_taken_for_seconds_are_stored_without_a_word(client: httpx2.Client) -> None:
    assert _upload(client, {**_event(), "ts": 1767225600000})["status"] == "success"
    assert _record(client)["events"]["Seen"]["last_seen"] == 1767225600000


def _unsubscribed(file: Path) -> list[tuple[str, str, str]]:
    """Who is out of which category."""
    sql = (
        "SELECT i.value, u.channel, u.category FROM unsubscribed AS u JOIN identities AS i ON i.person = u.person "
        "ORDER BY u.channel, u.category"
    )
    with closing(sqlite3.connect(file)) as db:
        return db.execute(sql).fetchall()


def test_categories_are_left_and_joined_again_and_are_no_properties(
    opened: Callable[[Sandbox], httpx2.Client], tmp_path: Path
) -> None:
    file = tmp_path / "sandbox.db"
    client = opened(Sandbox(file, seed=None))
    leaves: dict[str, Any] = {"category-unsubscribe": {"email": ["News", "Offers"], "SMS": ["News"]}}
    joins: dict[str, Any] = {"category-resubscribe": {"email": ["Offers"], "push": "all"}}
    _upload(client, _profile(**leaves), _profile(**joins))
    assert _unsubscribed(file) == [("cust-1", "email", "News"), ("cust-1", "sms", "News")]
    assert _stored(client) == {}
    _upload(
        client, _device("__d1", **{"category-unsubscribe": {"email": ["Deals"]}}), _device("__d1", identity="cust-1")
    )
    assert ("cust-1", "email", "Deals") in _unsubscribed(file), "they follow who joins another person"


def test_names_of_events_must_be_plain(client: httpx2.Client) -> None:
    assert _upload(client, _event("A.b"), _event("x" * 121), _event("Fine"))["status"] == "success"
    assert list(_record(client)["events"]) == ["Fine"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Europe/Amsterdam"])
@given(ts=st.integers(-4_000_000_000, 10**12), near=st.lists(st.integers(0, 1800), max_size=5))
@settings(max_examples=100)
def test_a_batch_stamps_its_moments_as_one_by_one(zone: str, ts: int, near: list[int]) -> None:
    stamps = Stamps(ZoneInfo(zone))
    moments = [ts, *(ts + seconds for seconds in near)]
    assert [stamps.stamp(moment) for moment in moments] == [local_stamp(moment, ZoneInfo(zone)) for moment in moments]
