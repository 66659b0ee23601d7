"""Trends as the reference has them: data 8.0 and 8.5, engagement 10.4."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

PATH = "/1/counts/trends.json"
GROUPS = {"d": {"trend_type": "daily"}, "w": {"trend_type": "weekly"}, "m": {"trend_type": "monthly"}}
ASKED = {"event_name": "Course Started", "from": 20251230, "to": 20260102, "unique": False, "groups": GROUPS}
TOLD = {
    "status": "success",
    "d": {"20251230": 14, "20251231": 9, "20260101": 11, "20260102": 12},
    "w": {"202601": 46},
    "m": {"202512": 23, "202601": 23},
}
INVALID_GROUP = (400, {"status": "fail", "error": "Invalid group", "code": 400})


def started(day: str, times: int, *, people: int = 1000, name: str = "Course Started", **data: Any) -> list[Any]:
    """An event so many times at noon of a day, by people in turns."""
    ts = int(datetime.strptime(f"{day} 12", "%Y%m%d %H").replace(tzinfo=UTC).timestamp())
    return [
        {"type": "event", "identity": f"c-{n % people}", "ts": ts, "evtName": name, "evtData": {"Hours": n + 1, **data}}
        for n in range(times)
    ]


def filled(door: Door) -> Door:
    """The project of the reference's example."""
    door.upload(*(event for day, times in TOLD["d"].items() for event in started(day, times)))  # type: ignore[attr-defined]
    return door


def weekly(first: int, last: int, **more: Any) -> dict[str, Any]:
    return {
        "event_name": "Course Started",
        "from": first,
        "to": last,
        "groups": {"w": {"trend_type": "weekly"}},
        **more,
    }


def test_the_example_is_answered_as_it_stands(door: Door) -> None:
    answer = filled(door).gets("POST", PATH, ASKED)
    assert answer == TOLD
    assert list(answer) == list(TOLD)


def test_users_are_counted_once_in_each_period(door: Door) -> None:
    door.upload(*started("20251230", 4, people=2), *started("20251231", 3, people=3))
    answer = door.gets("POST", PATH, {**ASKED, "unique": True, "to": 20251231})
    assert answer == {
        "status": "success",
        "d": {"20251230": 2, "20251231": 3},
        "w": {"202601": 3},
        "m": {"202512": 3},
    }


def test_a_property_is_summed_where_it_is_a_number(door: Door) -> None:
    door.upload(*started("20260101", 3), *started("20260102", 1, Hours="many"), *started("20260102", 1, Hours=0.5))
    asked = {**ASKED, "from": 20260101, "sum_event_prop": "Hours", "groups": {"d": {"trend_type": "daily"}}}
    assert door.gets("POST", PATH, asked)["d"] == {"20260101": 6, "20260102": 0.5}


def test_filters_of_the_query_language_narrow_a_trend(door: Door) -> None:
    filters = [{"name": "Hours", "operator": "greater_than", "value": 10}]
    answer = filled(door).gets("POST", PATH, {**ASKED, "event_properties": filters})
    assert answer["d"] == {"20251230": 4, "20251231": 0, "20260101": 1, "20260102": 2}


@pytest.mark.parametrize("listed", [True, False])
def test_days_on_which_nothing_happened_are_listed_or_not(make_door: MakeDoor, listed: bool) -> None:
    door = make_door(zero_periods_listed=listed)
    door.upload(*started("20251231", 1))
    answer = door.gets("POST", PATH, ASKED)
    nothing = dict.fromkeys(("20251230", "20260101", "20260102"), 0)
    assert answer["d"] == {"20251231": 1} | (nothing if listed else {})
    assert answer["m"] == {"202512": 1} | ({"202601": 0} if listed else {})


@pytest.mark.parametrize(
    ("weeks", "told"),
    [("iso", {"201651": 20, "201652": 70, "201701": 20}), ("calendar_year", {"201652": 80, "201701": 30})],
)
def test_weeks_are_iso_weeks_or_cut_at_the_year_as_in_the_vendors_sample(
    make_door: MakeDoor, weeks: str, told: dict[str, int]
) -> None:
    door = make_door(weeks=weeks)
    days = [*(f"201612{day}" for day in range(24, 32)), "20170101", "20170102", "20170103"]
    door.upload(*(event for day in days for event in started(day, 10)))
    assert door.gets("POST", PATH, weekly(20161224, 20170103))["w"] == told


def test_the_iso_week_of_a_day_early_in_september_is_the_36th(door: Door) -> None:
    door.upload(*started("20250903", 1))
    assert door.gets("POST", PATH, weekly(20250903, 20250903))["w"] == {"202536": 1}


@pytest.mark.parametrize(("as_text", "kind"), [(False, int), (True, str)])
def test_a_trend_that_takes_a_while_is_asked_for_by_its_req_id(make_door: MakeDoor, as_text: bool, kind: type) -> None:
    door = filled(make_door(partial_polls=1, req_id_as_text=as_text))
    partial = door.gets("POST", PATH, ASKED)
    assert partial.keys() == {"req_id", "status"}
    assert partial["status"] == "partial"
    assert isinstance(partial["req_id"], kind)
    assert len(str(partial["req_id"])) == 15
    assert door.gets("GET", f"{PATH}?req_id={partial['req_id']}") == partial
    assert door.gets("GET", f"{PATH}?req_id={partial['req_id']}") == TOLD


def test_an_unknown_req_id_is_refused(door: Door) -> None:
    refusal = {"status": "fail", "error": "Invalid request id", "code": 400}
    assert door.ask("GET", f"{PATH}?req_id=412000000000790") == (400, refusal)


def test_an_unknown_event_is_refused_with_a_text_that_holds_a_list(door: Door) -> None:
    refusal = {"status": "fail", "error": '["Invalid event : Coarse Started"]', "code": 400}
    assert filled(door).ask("POST", PATH, {**ASKED, "event_name": "Coarse Started"}) == (400, refusal)


@pytest.mark.parametrize(
    "groups",
    [
        *(None, {}, [], {"d": "daily"}, {"d": {}}, {"d": {"trend_type": "hourly"}}, {"d": {"trend_type": []}}),
        {str(n): {"trend_type": "daily"} for n in range(6)},
    ],
)
def test_groups_that_mean_nothing_are_refused(door: Door, groups: Any) -> None:
    assert filled(door).ask("POST", PATH, {**ASKED, "groups": groups}) == INVALID_GROUP


@pytest.mark.parametrize(("last", "status"), [(20251229, 200), (20251230, 200), (20251231, 400)])
def test_a_trend_spans_a_year_at_most(door: Door, last: int, status: int) -> None:
    asked = {**ASKED, "from": 20241230, "to": last}
    assert filled(door).ask("POST", PATH, asked)[0] == status


@pytest.mark.parametrize(
    "wrong", [{"unique": "yes"}, {"sum_event_prop": 3}, {"trend_type": "daily"}, {"from": 20260103}]
)
def test_what_means_nothing_is_refused(door: Door, wrong: dict[str, Any]) -> None:
    assert filled(door).ask("POST", PATH, {**ASKED, **wrong})[0] == 400


def test_a_group_labelled_status_is_lost_behind_clevertaps_own_word(door: Door) -> None:
    answer = filled(door).gets("POST", PATH, {**ASKED, "groups": {"status": {"trend_type": "daily"}}})
    assert answer == {"status": "success"}
