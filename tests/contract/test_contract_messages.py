"""Message reports as the reference has them: data 8.6, engagement 9."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

PATH = "/1/message/report.json"
CREATE = "/1/targets/create.json"
BEGAN = datetime(2026, 1, 2, 18, 30, tzinfo=UTC).timestamp()
ASKED = {"from": "20260101", "to": "20260107", "channel": ["push", "email"], "status": ["completed"], "daily": False}
WEEK = {"from": "20260101", "to": "20260107"}
PUSH = {
    "name": "New year nudge",
    "target_mode": "push",
    "where": {},
    "when": "now",
    "devices": ["android", "ios"],
    "wzrk_cid": "offers",
    "content": {"title": "Hi", "body": "Back soon?"},
    "labels": ["new-year"],
    "conversion_goal": {"event_name": "Charged", "filter_type": {}, "conversion_time": "1D"},
}
TOLD = {
    "message_name": "New year nudge",
    "channel": "Push",
    "delivery": "One time",
    "message_type": "Single",
    "start_date": "02 Jan, 2026 18:30:00",
    "status": "Completed",
    "conversion_event": "Charged",
    "labels": ["new-year"],
    "device": ["Android", "iOS"],
}
COUNTERS = {"sent": 100, "viewed": 40, "clicked": 3}
EMAIL = {
    "name": "News",
    "target_mode": "email",
    "where": {},
    "when": "20260103 09:00",
    "content": {"subject": "Hi", "body": "Hi", "sender_name": "x"},
}


@pytest.fixture
def launched(make_door: MakeDoor) -> Any:
    """A project in which the reference's message was just sent to a hundred devices; takes switches."""

    def make(**behaviours: Any) -> Door:
        door = make_door(clock=lambda: BEGAN, **behaviours)
        tokens = [
            {"objectId": f"__d{n}", "type": "token", "tokenData": {"id": f"t-{n}", "type": "fcm"}} for n in range(100)
        ]
        door.upload(*tokens)
        door.gets("POST", CREATE, PUSH)
        return door

    return make


def names(door: Door, **filters: Any) -> list[str]:
    answer = door.gets("POST", PATH, {**WEEK, **filters})
    assert answer["total_results"] == len(answer["messages"])
    return [each["message_name"] for each in answer["messages"]]


def test_the_example_is_answered_with_its_keys_and_types(launched: Any) -> None:
    answer = launched().gets("POST", PATH, ASKED)
    (message,) = answer["messages"]
    assert answer == {"status": "success", "total_results": 1, "messages": [message]}
    assert message == {"message id": message["message id"], **TOLD, **COUNTERS}
    assert isinstance(message["message id"], int)
    assert list(message) == [
        *("message id", "message_name", "channel", "delivery", "message_type", "start_date", "status"),
        *("sent", "viewed", "clicked", "conversion_event", "labels", "device"),
    ]


def test_the_other_half_of_the_reference_writes_some_values_otherwise(launched: Any) -> None:
    door = launched(report_day_padded=False, report_device_listed=False, api_campaigns_are_api=True)
    (message,) = door.gets("POST", PATH, ASKED)["messages"]
    other = {"start_date": "2 Jan, 2026 18:30:00", "device": "Android,iOS", "delivery": "API"}
    assert message == {"message id": message["message id"], **TOLD, **COUNTERS, **other}


@pytest.mark.parametrize(
    ("form", "keys"),
    [
        ("id_spaced", {"message id", "message_name", "start_date"}),
        ("spaced", {"message id", "message name", "start date"}),
        ("underscored", {"message_id", "message_name", "start_date"}),
    ],
)
def test_keys_have_spaces_or_underscores(launched: Any, form: str, keys: set[str]) -> None:
    (message,) = launched(report_keys=form).gets("POST", PATH, WEEK)["messages"]
    assert message.keys() >= keys


@pytest.mark.parametrize(("form", "text", "number"), [("any", 200, 200), ("text", 200, 400), ("number", 400, 200)])
def test_days_are_taken_as_text_or_as_numbers(launched: Any, form: str, text: int, number: int) -> None:
    door = launched(report_days=form)
    assert door.ask("POST", PATH, WEEK)[0] == text
    assert door.ask("POST", PATH, {key: int(day) for key, day in WEEK.items()})[0] == number


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("by_counter", {name: {"20260102": count} for name, count in COUNTERS.items()}),
        ("by_day", {"20260102": COUNTERS}),
    ],
)
def test_daily_splits_the_counters_by_day(launched: Any, form: str, told: dict[str, Any]) -> None:
    (message,) = launched(report_daily=form).gets("POST", PATH, {**WEEK, "daily": True})["messages"]
    assert message == {"message id": message["message id"], **TOLD, **told}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["New year nudge", "News"]),
        ({"channel": ["push"]}, ["New year nudge"]),
        ({"channel": "push, email"}, ["New year nudge", "News"]),
        ({"channel": ["whatsapp"]}, []),
        ({"status": ["scheduled"]}, ["News"]),
        ({"status": []}, ["New year nudge", "News"]),
        ({"delivery": ["one_time"]}, ["New year nudge", "News"]),
        ({"delivery": ["recurring", "api"]}, []),
        ({"message_type": ["ab"]}, []),
        ({"label": ["new-year", "sale"]}, ["New year nudge"]),
        ({"label": ["sale"]}, []),
        ({"from": "20260103"}, ["News"]),
        ({"to": "20260102"}, ["New year nudge"]),
    ],
)
def test_filters_and_the_day_it_began_decide_which_messages_are_told(
    launched: Any, filters: dict[str, Any], found: list[str]
) -> None:
    door = launched()
    door.gets("POST", CREATE, EMAIL)
    assert names(door, **filters) == found


def test_a_message_that_is_still_running_is_absent_if_it_began_earlier(launched: Any) -> None:
    door = launched(campaign_run=10 * 86_400.0)
    assert names(door, status=["running"]) == ["New year nudge"]
    assert names(door, **{"from": "20260103"}) == []


@pytest.mark.parametrize(
    ("when", "delivery"),
    [
        ({"type": "later", "delivery_date_time": ["20260103 09:00"]}, "One time"),
        ({"type": "later", "delivery_date_time": ["20260103 09:00", "20260105 09:00"]}, "Multiple dates"),
        (
            {"type": "recurring", "start_time": "20260103 09:00", "repeats_every": 1, "repeat_type": "day"}
            | {"end_by_occurrences": 3},
            "Recurring",
        ),
    ],
)
def test_the_delivery_follows_from_the_schedule(make_door: MakeDoor, when: dict[str, Any], delivery: str) -> None:
    door = make_door(clock=lambda: BEGAN)
    door.gets("POST", CREATE, {**PUSH, "when": when})
    (message,) = door.gets("POST", PATH, WEEK)["messages"]
    assert message["delivery"] == delivery
    assert message["status"] == "Scheduled"
    assert (message["sent"], message["viewed"], message["clicked"]) == (0, 0, 0)


def test_messages_made_in_the_dashboard_are_told_too(make_door: MakeDoor) -> None:
    door = make_door(clock=lambda: BEGAN, api_campaigns_are_api=True)
    made = {"name": "Made by hand", "channel": "inapp", "estimates": {"android": 1200}}
    assert door.ask("POST", "/_sandbox/campaigns", [made])[0] == 201
    (message,) = door.gets("POST", PATH, {**WEEK, "channel": ["inapp"], "delivery": ["one_time"]})["messages"]
    assert (message["message_name"], message["sent"]) == ("Made by hand", 1200)


def test_a_draft_is_no_message(make_door: MakeDoor) -> None:
    door = make_door(clock=lambda: BEGAN)
    door.gets("POST", CREATE, {**PUSH, "draft": True})
    assert names(door) == []


@pytest.mark.parametrize("wrong", [{"from": "2026-01-01"}, {"from": None}, {"to": "20260231"}, {"to": 1.5}, {"to": []}])
def test_days_that_are_none_are_refused(door: Door, wrong: dict[str, Any]) -> None:
    refusal = {"status": "fail", "error": "Invalid date format", "code": 400}
    assert door.ask("POST", PATH, {**WEEK, **wrong}) == (400, refusal)


@pytest.mark.parametrize(
    "wrong", [{"from": "20260108"}, {"channel": ["pigeon"]}, {"status": "done"}, {"label": 3}, {"daily": "yes"}]
)
def test_filters_that_mean_nothing_are_refused(door: Door, wrong: dict[str, Any]) -> None:
    assert door.ask("POST", PATH, {**WEEK, **wrong})[0] == 400


def test_too_many_at_once_are_refused(make_door: MakeDoor) -> None:
    refusal = {"status": "fail", "error": "Too many concurrent requests", "code": 429}
    assert make_door(other_limit=0).ask("POST", PATH, WEEK) == (429, refusal)


def test_get_is_no_method_here(door: Door) -> None:
    assert door.ask("GET", PATH) == (405, {"status": "fail", "error": "Method Not Allowed", "code": 405})
