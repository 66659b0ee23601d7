"""The project's schema as the reference has it: data 10.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

EVENT = {"type": "event", "identity": "a", "ts": 1_767_614_400, "evtName": "Course Started"}
PLAN = {"type": "profile", "identity": "a", "profileData": {"Plan": "Gold"}}


def test_events_are_listed_with_how_often_they_happened(door: Door) -> None:
    door.upload(*[EVENT] * 123)
    answer = door.gets("GET", "/getSchema?type=events")
    assert answer["status"] == "success"
    assert answer["events"][0] == {"name": "Course Started", "eventCount": 123}


def test_events_that_every_project_has_are_listed_too(door: Door) -> None:
    names = [each["name"] for each in door.gets("GET", "/getSchema?type=events")["events"]]
    assert {"App Launched", "App Uninstalled"} <= set(names)
    assert len(names) == len(set(names))


def test_user_properties_are_listed(door: Door) -> None:
    door.upload(PLAN)
    assert door.gets("GET", "/getSchema?type=userProperties") == {
        "status": "success",
        "userProperties": [{"name": "Plan"}],
    }


def test_a_discarded_event_stays_listed_with_a_marker(make_door: MakeDoor) -> None:
    door = make_door(discarded_events=frozenset({"applaunched"}))
    events = {each["name"]: each for each in door.gets("GET", "/getSchema?type=events")["events"]}
    assert events["App Launched"]["discarded"] is True
    assert "discarded" not in events["Stayed"]


@pytest.mark.parametrize("query", ["", "?type=", "?type=sessions"])
def test_another_type_is_refused(door: Door, query: str) -> None:
    assert door.ask("GET", f"/getSchema{query}")[0] == 400
