"""Top property counts as the reference has them: data 8.0 and 8.4, engagement 10.3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

PATH = "/1/counts/top.json"
TS = 1_767_614_400
"""5 January 2026."""
GROUPS = {
    "price_bands": {"property_type": "event_properties", "name": "Price", "top_n": 5},
    "plans": {"property_type": "profile_fields", "name": "Plan", "order": "asc"},
}
ASKED = {"event_name": "Course Started", "from": 20260101, "to": 20260131, "groups": GROUPS}
TOLD = {
    "status": "success",
    "price_bands": {"NUMBER": {"0-50": 310, "50-100": 120}},
    "plans": {"STR": {"Silver": 18, "Gold": 44}},
}
INVALID_GROUP = (400, {"status": "fail", "error": "Invalid group", "code": 400})


def event(who: str, name: str = "Course Started", **data: Any) -> dict[str, Any]:
    return {"type": "event", "identity": who, "ts": TS, "evtName": name, "evtData": data}


def profile(who: str, **data: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": who, "profileData": data}


def filled(door: Door) -> Door:
    """The project of the reference's example."""
    who = ["silver"] * 18 + ["gold"] * 44 + ["nobody"] * 368
    door.upload(profile("silver", Plan="Silver"), profile("gold", Plan="Gold"))
    door.upload(*(event(each, Price=10 + n % 30 if n < 310 else 60 + n % 30) for n, each in enumerate(who)))
    return door


def one(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {**ASKED, "groups": {"x": {"property_type": kind, "name": name, **more}}}


def test_the_example_is_answered_as_it_stands(make_door: MakeDoor) -> None:
    answer = filled(make_door(number_band=50)).gets("POST", PATH, ASKED)
    assert answer == TOLD
    assert json.dumps(answer) == json.dumps(TOLD), "rarest first where that was asked for"


def test_the_example_of_the_engagement_half_is_answered_as_it_stands(make_door: MakeDoor) -> None:
    door = make_door(number_band=100)
    door.upload(profile("a", Tier="Gold"), profile("b", Tier="Black"))
    charges = [event("a", "Charged", Amount=20)] * 4 + [event("b", "Charged", Amount=30)] * 8
    door.upload(*charges, event("b", "Charged", Amount=150), *[event("c", "Charged", Amount=180)] * 6)
    groups = {
        "g1": {"property_type": "event_properties", "name": "Amount"},
        "g2": {"property_type": "profile_fields", "name": "Tier", "top_n": 3, "order": "asc"},
    }
    answer = door.gets("POST", PATH, {"event_name": "Charged", "from": 20260101, "to": 20260131, "groups": groups})
    told = {"status": "success", "g1": {"NUMBER": {"0-100": 12, "100-200": 7}}, "g2": {"STR": {"Gold": 4, "Black": 9}}}
    assert json.dumps(answer) == json.dumps(told)


def test_without_a_set_width_numbers_fall_into_a_few_round_bands(door: Door) -> None:
    door.upload(*(event("a", Price=n) for n in range(0, 1000, 7)), event("a", Price=-3))
    bands = door.gets("POST", PATH, one("event_properties", "Price", top_n=20))["x"]["NUMBER"]
    assert bands["-100-0"] == 1
    assert bands["0-100"] == 15
    assert sum(bands.values()) == 144


def test_fractions_get_bands_of_their_size(door: Door) -> None:
    door.upload(*(event("a", Share=n / 100) for n in range(1, 100)))
    bands = door.gets("POST", PATH, one("event_properties", "Share"))["x"]["NUMBER"]
    assert set(bands) == {f"{n / 10:g}-{(n + 1) / 10:g}" for n in range(10)}


@pytest.mark.parametrize(("more", "told"), [({}, 10), ({"top_n": 3}, 3), ({"top_n": 100}, 40)])
def test_so_many_values_as_asked_for_are_told_ten_by_default(door: Door, more: dict[str, Any], told: int) -> None:
    door.upload(*(event("a", Word=f"w{n}") for n in range(40) for _ in range(n % 7 + 1)))
    counts = door.gets("POST", PATH, one("event_properties", "Word", **more))["x"]["STR"]
    assert len(counts) == told
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert next(iter(counts.values())) == 7


@pytest.mark.parametrize("apart", [False, True])
def test_truths_and_dates_count_as_text_or_have_buckets_of_their_own(make_door: MakeDoor, apart: bool) -> None:
    door = make_door(other_top_types=apart)
    door.upload(event("a", Mix=True), event("a", Mix="$D_1767225600"), event("a", Mix="word"), event("a", Mix=3))
    buckets = door.gets("POST", PATH, one("event_properties", "Mix"))["x"]
    assert set(buckets) == ({"BOOLEAN", "DATE", "NUMBER", "STR"} if apart else {"NUMBER", "STR"})


def test_the_items_of_a_purchase_count_each_value_once_per_purchase(door: Door) -> None:
    items = [{"Category": "Books"}, {"Category": "Books"}, {"Category": "Toys"}]
    door.upload(event("a", "Charged", Items=items), event("b", "Charged", Items=items[:1]))
    asked = {**one("event_properties", "Category"), "event_name": "Charged"}
    assert door.gets("POST", PATH, asked)["x"] == {"STR": {"Books": 2, "Toys": 1}}


def test_each_entry_of_a_list_counts(door: Door) -> None:
    door.upload(profile("a", Teams=["red", "blue"]), profile("b", Teams=["red"]), event("a"), event("b"))
    assert door.gets("POST", PATH, one("profile_fields", "Teams"))["x"] == {"STR": {"red": 2, "blue": 1}}


def test_every_type_of_property_is_counted(door: Door) -> None:
    door.upload(profile("a", Email="a@example.org", Gender="F"), event("a"), event("b"))
    door.upload({"type": "token", "objectId": "__d", "tokenData": {"id": "t", "type": "fcm"}})
    groups = {
        "r": {"property_type": "reachability", "name": "has_email"},
        "d": {"property_type": "demographics", "name": "Gender"},
        "t": {"property_type": "technographics", "name": "Platform"},
        "a": {"property_type": "app_fields", "name": "Make"},
        "g": {"property_type": "geo_fields", "name": "City"},
    }
    told = door.gets("POST", PATH, {**ASKED, "groups": groups})
    assert told["r"] == {"STR": {"False": 1, "True": 1}}
    assert told["d"] == {"STR": {"F": 1}}
    assert told["t"] == told["a"] == told["g"] == {}


def test_what_sdks_tell_of_devices_and_sessions_is_counted(door: Door) -> None:
    seen = {"evtName": "App Launched", "ts": TS}
    phone = {"identity": "a", "platform": "Android", "make": "Example", "city": "Pune"}
    assert door.ask("POST", "/_sandbox/devices", [phone, {"identity": "b", "platform": "iOS"}])[0] == 201
    sessions = [{"identity": "a", **seen, "session": {"utm_source": "ads"}}, {"identity": "b", **seen}]
    assert door.ask("POST", "/_sandbox/events", sessions)[0] == 201
    groups = {
        "s": {"property_type": "session_properties", "name": "utm_source"},
        "t": {"property_type": "technographics", "name": "Platform"},
        "a": {"property_type": "app_fields", "name": "Make"},
        "g": {"property_type": "geo_fields", "name": "City"},
    }
    told = door.gets("POST", PATH, {**ASKED, "event_name": "App Launched", "groups": groups})
    assert told == {
        "status": "success",
        "s": {"STR": {"ads": 1}},
        "t": {"STR": {"AndroidApp": 1, "iOSApp": 1}},
        "a": {"STR": {"Example": 1}},
        "g": {"STR": {"Pune": 1}},
    }


@pytest.mark.parametrize(
    "group",
    [
        {"property_type": "event_properties", "name": "Prise"},
        {"property_type": "profile_fields", "name": "Plann"},
        {"property_type": "session_properties", "name": "nothing"},
        {"property_type": "app_fields", "name": "Maker"},
        {"property_type": "demographics", "name": "Hair"},
        {"property_type": "technographics", "name": "Wheels"},
        {"property_type": "reachability", "name": "has_car"},
        {"property_type": "geo_fields", "name": "Planet"},
        {"property_type": "properties", "name": "Price"},
        {"property_type": "event_properties"},
        {"property_type": "event_properties", "name": "Price", "top_n": 0},
        {"property_type": "event_properties", "name": "Price", "top_n": 101},
        {"property_type": "event_properties", "name": "Price", "order": "up"},
        {"property_type": "event_properties", "name": "Price", "order": []},
    ],
)
def test_a_group_that_means_nothing_is_refused(door: Door, group: dict[str, Any]) -> None:
    assert filled(door).ask("POST", PATH, {**ASKED, "groups": {"x": group}}) == INVALID_GROUP


def test_a_property_that_nobody_had_in_these_days_is_no_mistake(door: Door) -> None:
    asked = {**one("event_properties", "Price"), "from": 20260201, "to": 20260228}
    assert filled(door).gets("POST", PATH, asked) == {"status": "success", "x": {}}


def test_an_unknown_event_is_refused_with_a_text_that_holds_a_list(door: Door) -> None:
    refusal = {"status": "fail", "error": '["Invalid event : Coarse Started"]', "code": 400}
    assert door.ask("POST", PATH, {**ASKED, "event_name": "Coarse Started"}) == (400, refusal)


@pytest.mark.parametrize(("as_text", "kind"), [(False, int), (True, str)])
def test_counts_that_take_a_while_are_asked_for_by_their_req_id(make_door: MakeDoor, as_text: bool, kind: type) -> None:
    door = filled(make_door(partial_polls=0, req_id_as_text=as_text, number_band=50))
    partial = door.gets("POST", PATH, ASKED)
    assert partial.keys() == {"req_id", "status"}
    assert isinstance(partial["req_id"], kind)
    assert door.gets("GET", f"{PATH}?req_id={partial['req_id']}") == TOLD
    assert door.ask("GET", f"/1/counts/trends.json?req_id={partial['req_id']}")[1]["error"] == "Invalid request id"
