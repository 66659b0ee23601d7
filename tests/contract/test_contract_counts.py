"""Event counts and profile counts as data 8.0 to 8.2 describe them, with every reading of `partial`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

NOW = 1_780_000_000
EVENTS, PEOPLE = "/1/counts/events.json", "/1/counts/profiles.json"
LEARNERS = {"event_name": "Course Started", "from": 20260101, "to": 20260131}
PURCHASES = {
    "event_name": "Charged",
    "from": 20260101,
    "to": 20260107,
    "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 10}],
}
JANUARY_3 = 1_767_441_600
INVALID_ID = (400, {"status": "fail", "error": "Invalid request id", "code": 400})


def fill(door: Door) -> None:
    """Three courses of two learners, and two purchases over 10."""
    door.upload(
        *({"type": "event", "identity": who, "evtName": "Course Started", "ts": JANUARY_3} for who in ("a", "a", "b")),
        *(
            {"type": "event", "identity": "a", "evtName": "Charged", "ts": JANUARY_3, "evtData": {"Amount": amount}}
            for amount in (10, 11, 12.5)
        ),
    )


def test_a_count_answers_at_once(door: Door) -> None:
    fill(door)
    assert door.gets("POST", PEOPLE, LEARNERS) == {"status": "success", "count": 2}
    assert door.gets("POST", EVENTS, LEARNERS) == {"status": "success", "count": 3}
    assert door.gets("POST", EVENTS, PURCHASES) == {"status": "success", "count": 2}


@pytest.mark.parametrize("path", [EVENTS, PEOPLE])
def test_an_unknown_event_is_refused_with_a_list_in_a_string(door: Door, path: str) -> None:
    fill(door)
    refused = {"status": "fail", "error": '["Invalid event : Chargd"]', "code": 400}
    assert door.ask("POST", path, {**PURCHASES, "event_name": "Chargd"}) == (400, refused)
    uninstalled = {**PURCHASES, "event_name": "Uninstalled"}
    assert door.ask("POST", path, uninstalled)[1]["error"] == '["Invalid event : Uninstalled"]'
    assert door.ask("POST", path, {**PURCHASES, "event_name": "App Uninstalled"})[0] == 200


@pytest.mark.parametrize("as_text", [False, True])
def test_a_partial_count_is_polled_by_its_id_as_number_or_text(make_door: MakeDoor, as_text: bool) -> None:
    door = make_door(partial_polls=1, req_id_as_text=as_text)
    fill(door)
    partial = door.gets("POST", PEOPLE, LEARNERS)
    assert list(partial) == ["req_id", "status"]
    assert partial["status"] == "partial"
    assert type(partial["req_id"]) is (str if as_text else int)
    assert len(str(partial["req_id"])) == 15
    again = f"{PEOPLE}?req_id={partial['req_id']}"
    assert door.gets("GET", again) == partial
    assert door.gets("GET", again) == {"status": "success", "count": 2}
    assert door.gets("GET", again) == {"status": "success", "count": 2}, "it may be fetched again"


def test_an_unknown_or_expired_id_is_refused(make_door: MakeDoor) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0], partial_polls=0, req_id_life=60)
    fill(door)
    again = f"{PEOPLE}?req_id={door.gets('POST', PEOPLE, LEARNERS)['req_id']}"
    assert door.ask("GET", again.replace(PEOPLE, EVENTS)) == INVALID_ID, "each path has ids of its own"
    now[0] += 59
    assert door.gets("GET", again)["count"] == 2
    now[0] += 1
    assert door.ask("GET", again) == INVALID_ID
    assert door.ask("GET", f"{PEOPLE}?req_id=412000000000999") == INVALID_ID


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (EVENTS, {}),
        (EVENTS, {"common_profile_properties": {"profile_fields": [{"name": "Plan", "value": "Gold"}]}}),
        (PEOPLE, {}),
        (PEOPLE, {"event_name": "Charged"}),
        (EVENTS, {**PURCHASES, "from": 20260230}),
        (EVENTS, {**PURCHASES, "from": "20260101"}),
    ],
)
def test_a_query_without_its_base_or_with_days_that_are_none_is_refused(
    door: Door, path: str, query: dict[str, Any]
) -> None:
    fill(door)
    status, answer = door.ask("POST", path, query)
    assert (status, answer["status"]) == (400, "fail")


def test_a_first_day_after_the_last_has_a_code_of_its_own(door: Door) -> None:
    fill(door)
    refused = {"status": "fail", "error": "from date should not be greater than to date", "code": 4002}
    assert door.ask("POST", EVENTS, {**PURCHASES, "from": 20260108}) == (400, refused)


def test_people_are_counted_by_filters_alone(door: Door) -> None:
    fill(door)
    door.upload({"type": "profile", "identity": "a", "profileData": {"Plan": "Gold"}})
    query = {"common_profile_properties": {"profile_fields": [{"name": "Plan", "value": "Gold"}]}}
    assert door.gets("POST", PEOPLE, query) == {"status": "success", "count": 1}
