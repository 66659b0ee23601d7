"""The query language, against what section 6 says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from clevertap_sandbox import Behaviours, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS, PEOPLE = "/1/counts/events.json", "/1/counts/profiles.json"
DAYS = {"from": 20260101, "to": 20260131}
NEW_YEAR = 1_767_225_600


def _event(identity: str, name: str, ts: int = NEW_YEAR, **data: Any) -> dict[str, Any]:
    return {"type": "event", "identity": identity, "evtName": name, "ts": ts, "evtData": data}


def _profile(identity: str, **data: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": identity, "profileData": data}


def _upload(client: httpx2.Client, *records: dict[str, Any]) -> None:
    assert client.post("/1/upload", json={"d": records}).json()["status"] == "success"


def _count(client: httpx2.Client, path: str, query: dict[str, Any]) -> int:
    answer = client.post(path, json=query)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["count"])


PROPERTIES: list[dict[str, Any]] = [
    {"Course": "Pottery 101", "Price": 49.5, "Gift": False, "Starts": "$D_1768000000"},
    {"Course": "Painting", "Price": 40, "Gift": True, "Starts": "$D_1769000000"},
    {"Course": "pottery 201", "Price": 10},
    {"Price": "40"},
]


@pytest.fixture
def courses(client: httpx2.Client) -> httpx2.Client:
    """Four events whose properties differ in value, type and presence."""
    _upload(client, *(_event(f"u{n}", "Course Started", **data) for n, data in enumerate(PROPERTIES)))
    return client


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"name": "Course", "value": "Painting"}, 1),
        ({"name": "Course", "operator": "equals", "value": ["Painting", "Pottery 101"]}, 2),
        ({"name": "Course", "operator": "equals", "value": "painting"}, 0),
        ({"name": "Course", "operator": "not_equals", "value": "Painting"}, 3),
        ({"name": "Course", "operator": "not_equals", "value": ["Painting", "Pottery 101"]}, 2),
        ({"name": "Course", "operator": "contains", "value": "POTTERY"}, 2),
        ({"name": "Course", "operator": "contains", "value": ["101", "201"]}, 2),
        ({"name": "Course", "operator": "does_not_contain", "value": "pottery"}, 2),
        ({"name": "Course", "operator": "exists"}, 3),
        ({"name": "Course", "operator": "does_not_exist"}, 1),
        ({"name": "Price", "value": 40}, 1),
        ({"name": "Price", "value": 40.0}, 1),
        ({"name": "Price", "value": "40"}, 1),
        ({"name": "Price", "value": [10, 49.5]}, 2),
        ({"name": "Price", "operator": "greater_than", "value": 40}, 1),
        ({"name": "Price", "operator": "greater_than_equals", "value": 40}, 2),
        ({"name": "Price", "operator": "less_than", "value": 40}, 1),
        ({"name": "Price", "operator": "less_than_equals", "value": 40}, 2),
        ({"name": "Price", "operator": "not_equals", "value": 40}, 3),
        ({"name": "Gift", "value": "True"}, 1),
        ({"name": "Gift", "value": "False"}, 1),
        ({"name": "Gift", "value": 1}, 0),
        ({"name": "Starts", "value": "$D_1768000000"}, 1),
        ({"name": "Starts", "operator": "greater_than", "value": 1768000000}, 1),
        ({"name": "Starts", "operator": "less_than_equals", "value": "$D_1769000000"}, 2),
        ({"name": "Price", "operator": "greater_than", "value": "$D_1"}, 0),
        ({"name": 'odd"name', "operator": "exists"}, 0),
        ({"name": "Course", "value": [*map(str, range(3000)), "Painting"]}, 1),
        ({"name": "Course", "operator": "contains", "value": [*map(str, range(3000))]}, 2),
        ({"name": "Price", "value": [*range(3000)]}, 2),
        ({"name": "Price", "operator": "less_than", "value": 10**400}, 3),
    ],
)
def test_each_operator_follows_the_table(courses: httpx2.Client, wanted: dict[str, Any], count: int) -> None:
    query = {"event_name": "Course Started", **DAYS, "event_properties": [wanted]}
    assert _count(courses, EVENTS, query) == count


def test_filters_of_a_list_are_all_needed(courses: httpx2.Client) -> None:
    both = [{"name": "Course", "operator": "contains", "value": "pottery"}, {"name": "Price", "value": 10}]
    assert _count(courses, EVENTS, {"event_name": "Course Started", **DAYS, "event_properties": both}) == 1


def test_many_filters_and_many_entries_are_no_trouble(courses: httpx2.Client) -> None:
    wanted = [{"name": "Course", "operator": "exists"}] * 1000
    entries = [{"event_name": "Course Started", **DAYS}] * 1000
    query = {"event_name": "Course Started", **DAYS, "event_properties": wanted}
    assert _count(courses, PEOPLE, query | {"advanced_query": {"did_any": {"any_events": entries}}}) == 3


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "Price", "operator": "gt", "value": 1},
        {"name": "Price", "operator": "between", "value": [1, 2]},
        {"name": "Price", "operator": "greater_than", "value": [1]},
        {"name": "Price", "operator": "greater_than", "value": "ten"},
        {"name": "Price", "operator": "greater_than"},
        {"name": "Price"},
        {"name": "Price", "value": []},
        {"name": "Price", "value": {"a": 1}},
        {"name": "Gift", "value": True},
        {"name": "Course", "operator": "contains", "value": 1},
        {"name": "Course", "op": "equals", "value": 1},
        {"value": 1},
        "Price",
    ],
)
def test_a_filter_that_cannot_be_evaluated_is_refused(courses: httpx2.Client, wanted: Any) -> None:
    answer = courses.post(EVENTS, json={"event_name": "Course Started", **DAYS, "event_properties": [wanted]})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Query parse failure - ")


COMMON = "common_profile_properties"


@pytest.mark.parametrize(
    "part",
    [
        {"where": {}},
        {"filters": []},
        {COMMON: {"geo_fields": {}}},
        {COMMON: {"geo_fields": ["Spain"]}},
        {COMMON: {"geo_fields": [[]]}},
        {COMMON: {"geo_fields": [["Spain", "Madrid", "Madrid", "Centro"]]}},
        {COMMON: {"geo_fields": [["Spain", None, "Madrid"]]}},
        {COMMON: {"geo_radius": [[1, 2]]}},
        {COMMON: {"geo_radius": [[1, 2, "3"]]}},
        {COMMON: {"geo_radius": [[91, 2, 3]]}},
        {COMMON: {"geo_radius": [[1, 181, 3]]}},
        {COMMON: {"geo_radius": [[1, 2, 0]]}},
        {COMMON: {"geo_radius": [[1, True, 3]]}},
        {COMMON: {"segments": []}},
        {COMMON: {"profile_fields": [{"name": "identity", "value": "a"}]}},
        {COMMON: {"profile_fields": [{"name": "objectId", "value": "a"}]}},
        {COMMON: {"profile_fields": {}}},
        {COMMON: {"demographics": [{"name": "Shoe Size", "value": "a"}]}},
        {COMMON: {"demographics": [{"name": "Gender", "value": "M"}]}},
        {COMMON: {"demographics": [{"name": "Gender", "operator": "contains", "value": "Male"}]}},
        {COMMON: {"technographics": [{"name": "Make", "value": "Chrome"}]}},
        {COMMON: {"app_fields": [{"name": "Browser", "value": "a"}]}},
        {COMMON: {"reachability": [{"name": "has_fax", "value": "True"}]}},
        {COMMON: {"reachability": [{"name": "has_token", "value": "Yes"}]}},
        {COMMON: []},
        {"session_properties": [{"name": "utm_term", "value": "a"}]},
        {"session_properties": [{"name": "first_time", "operator": "exists"}]},
        {"session_properties": [{"name": "time_of_day", "value": ["18:00"]}]},
        {"session_properties": [{"name": "first_time", "value": "maybe"}]},
        {"advanced_query": {"did_not": [{"event_name": "Course Started"}]}},
        {"advanced_query": {"did_all": [{"event_name": "Course Started", "session_properties": []}]}},
        {"advanced_query": {"did_none": [{"event_name": "Course Started", "operator": "equals", "value": 1}]}},
        {"advanced_query": {"did_all": [{"event_name": "Course Started", "operator": "contains", "value": 1}]}},
        {"advanced_query": {"did_all": [{"event_name": "Course Started", "operator": "equals", "value": "1"}]}},
        {"advanced_query": {"did_all": {"event_name": "Course Started"}}},
        {"advanced_query": {"did_any": {"operator": "equals", "value": 1}}},
    ],
)
def test_a_part_that_cannot_be_evaluated_is_refused_never_ignored(courses: httpx2.Client, part: dict[str, Any]) -> None:
    answer = courses.post(PEOPLE, json={"event_name": "Course Started", **DAYS, **part})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith("Query parse failure - ")


@pytest.mark.parametrize(
    "days", [{}, {"from": 20260101}, {"from": 20260230, "to": 20260301}, {"from": "20260101", "to": 20260102}]
)
def test_days_must_be_two_real_days_as_numbers(courses: httpx2.Client, days: dict[str, Any]) -> None:
    answer = courses.post(EVENTS, json={"event_name": "Course Started", **days})
    assert (answer.status_code, answer.json()["code"]) == (400, 4002)


def test_from_after_to_is_refused(courses: httpx2.Client) -> None:
    answer = courses.post(EVENTS, json={"event_name": "Course Started", "from": 20260102, "to": 20260101})
    expected = {"status": "fail", "error": "from date should not be greater than to date", "code": 4002}
    assert (answer.status_code, answer.json()) == (400, expected)


def test_days_are_whole_days_of_the_projects_zone_both_included(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, zone=ZoneInfo("Asia/Kolkata")))
    start, end = (
        int(datetime(2026, 1, 5, hour, minute, second, tzinfo=ZoneInfo("Asia/Kolkata")).timestamp())
        for hour, minute, second in ((0, 0, 0), (23, 59, 59))
    )
    _upload(client, *(_event("a", "Seen", ts) for ts in (start - 1, start, end, end + 1)))
    assert _count(client, EVENTS, {"event_name": "Seen", "from": 20260105, "to": 20260105}) == 2


def test_charged_items_are_filtered_by_their_plain_names(client: httpx2.Client) -> None:
    items = [{"Title": "Clay", "Quantity": 2}, {"Title": "Glaze", "Quantity": 1}]
    _upload(client, _event("a", "Charged", Amount=62, Items=items), _event("b", "Charged", Amount=5))
    _upload(client, _event("c", "Other", Items=items))
    query: dict[str, Any] = {"event_name": "Charged", **DAYS, "event_properties": [{"name": "Title", "value": "Glaze"}]}
    assert _count(client, EVENTS, query) == 1
    query["event_properties"] = [{"name": "Quantity", "operator": "greater_than", "value": 1}]
    assert _count(client, PEOPLE, query) == 1


def test_session_filters_tell_the_first_time_and_the_time_of_day(client: httpx2.Client) -> None:
    _upload(client, *(_event("a", "Seen", NEW_YEAR + 3600 * hour) for hour in (9, 18, 23)), _event("b", "Seen"))
    base = {"event_name": "Seen", **DAYS}

    def count(name: str, value: Any) -> int:
        return _count(client, EVENTS, {**base, "session_properties": [{"name": name, "value": value}]})

    assert (count("first_time", "True"), count("first_time", "False")) == (2, 2)
    assert count("time_of_day", ["18:00", "23:00"]) == 2
    assert count("time_of_day", ["22:00", "02:00"]) == 2


@pytest.fixture
def people(client: httpx2.Client) -> httpx2.Client:
    """Three people: Ann with everything, Bob with a phone, Cat with nothing."""
    ann = {"Name": "Ann", "Email": "ann@example.org", "Phone": "+34911222333", "Gender": "F", "Education": "School"}
    _upload(
        client,
        _profile("ann", **ann, Age=30, Employed="Y", Married="N", Tags=["red", "teal"], VIP=True),
        _profile("bob", Phone="+34911222334", Gender="M", DOB="$D_631152000"),
        _profile("cat"),
        {"type": "profile", "objectId": "__1", "profileData": {"identity": "ann"}},
        {"type": "token", "objectId": "__1", "tokenData": {"id": "t", "type": "fcm"}},
        {"type": "profile", "objectId": "web1", "profileData": {"identity": "bob"}},
    )
    return client


@pytest.mark.parametrize(
    ("block", "wanted", "count"),
    [
        ("profile_fields", {"name": "Email", "value": "ann@example.org"}, 1),
        ("profile_fields", {"name": "Phone", "value": "+34911222333"}, 1),
        ("profile_fields", {"name": "Name", "operator": "contains", "value": "an"}, 1),
        ("profile_fields", {"name": "Tags", "value": "teal"}, 1),
        ("profile_fields", {"name": "Tags", "operator": "not_equals", "value": "teal"}, 2),
        ("profile_fields", {"name": "Tags", "operator": "exists"}, 1),
        ("profile_fields", {"name": "VIP", "value": "True"}, 1),
        ("profile_fields", {"name": "Nothing", "operator": "does_not_exist"}, 3),
        ("demographics", {"name": "Gender", "value": "Female"}, 1),
        ("demographics", {"name": "Gender", "value": ["Female", "Male"]}, 2),
        ("demographics", {"name": "Education", "operator": "equals", "value": ["School", "College"]}, 1),
        ("demographics", {"name": "Age", "operator": "greater_than", "value": 33}, 1),
        ("demographics", {"name": "Employment", "value": "Y"}, 1),
        ("demographics", {"name": "Married", "value": "N"}, 1),
        ("technographics", {"name": "Device", "value": "Mobile"}, 1),
        ("technographics", {"name": "Device", "value": ["Mobile", "Desktop"]}, 2),
        ("technographics", {"name": "Platform", "value": "AndroidApp"}, 1),
        ("technographics", {"name": "Platform", "value": "Web"}, 1),
        ("app_fields", {"name": "Make", "operator": "does_not_exist"}, 3),
        ("reachability", {"name": "has_token", "value": "True"}, 1),
        ("reachability", {"name": "has_email", "value": "False"}, 2),
        ("reachability", {"name": "has_phone", "value": "True"}, 2),
    ],
)
def test_people_are_found_by_what_they_are(
    people: httpx2.Client, block: str, wanted: dict[str, Any], count: int
) -> None:
    assert _count(people, PEOPLE, {COMMON: {block: [wanted]}}) == count


def test_the_shops_devices_have_app_fields(shop: httpx2.Client) -> None:
    wanted = {COMMON: {"app_fields": [{"name": "Make", "value": "Example"}]}}
    assert _count(shop, PEOPLE, wanted) == 785


def test_a_people_query_without_any_condition_is_refused(people: httpx2.Client) -> None:
    queries: list[dict[str, Any]] = [{}, {COMMON: {}}, {"advanced_query": {}}]
    for query in queries:
        assert people.post(PEOPLE, json=query).status_code == 400


def test_without_base_event_only_recent_people_are_found_in_the_other_reading(
    opened: Callable[[Sandbox], httpx2.Client], clock: list[float]
) -> None:
    client = opened(Sandbox(seed=None, clock=lambda: clock[0], behaviours=Behaviours(lookback_needs_event=True)))
    _upload(client, _event("a", "Seen"), _event("b", "Seen", NEW_YEAR - 400 * 86400), _profile("c"))
    query = {COMMON: {"profile_fields": [{"name": "Plan", "operator": "does_not_exist"}]}}
    assert _count(client, PEOPLE, query) == 1


def test_negation_needs_the_property_in_the_other_reading(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    behaviours = Behaviours(negation_matches_missing=False, contains_ignores_case=False)
    client = opened(Sandbox(seed=None, behaviours=behaviours))
    _upload(client, _profile("a", Plan="Gold"), _profile("b", Plan="Silver"), _profile("c"))

    def count(operator: str, value: str) -> int:
        wanted = {"name": "Plan", "operator": operator, "value": value}
        return _count(client, PEOPLE, {COMMON: {"profile_fields": [wanted]}})

    assert (count("not_equals", "Gold"), count("does_not_contain", "ol")) == (1, 1)
    assert (count("contains", "gold"), count("contains", "Gold")) == (0, 1)


@pytest.mark.parametrize(
    ("advanced", "found"),
    [
        ({"did_all": [{"event_name": "Seen", **DAYS}]}, 3),
        ({"did_all": [{"event_name": "Seen", **DAYS, "operator": "greater_than", "value": 1}]}, 2),
        ({"did_all": [{"event_name": "Seen", **DAYS, "value": 1}]}, 1),
        ({"did_all": [{"event_name": "Seen", **DAYS, "operator": "less_than", "value": 3}]}, 2),
        ({"did_all": [{"event_name": "Seen"}, {"event_name": "Shared"}]}, 1),
        ({"did_all": [{"event_name": "Seen", "event_properties": [{"name": "n", "value": 2}]}]}, 1),
        ({"did_any": {"any_events": [{"event_name": "Seen"}, {"event_name": "Shared"}]}}, 4),
        (
            {
                "did_any": {
                    "any_events": [{"event_name": "Seen"}, {"event_name": "Shared"}],
                    "operator": "greater_than_equals",
                    "value": 3,
                }
            },
            2,
        ),
        ({"did_none": [{"event_name": "Seen", **DAYS}]}, 2),
        ({"did_none": [{"event_name": "Seen"}, {"event_name": "Shared"}]}, 1),
        ({"did_all": [{"event_name": "Shared"}], "did_none": [{"event_name": "Seen"}]}, 1),
    ],
)
def test_advanced_queries_find_people_by_other_events(
    client: httpx2.Client, advanced: dict[str, Any], found: int
) -> None:
    seen = [_event(who, "Seen", n=n) for who, times in (("a", 1), ("b", 2), ("c", 3)) for n in range(times)]
    _upload(client, *seen, _event("b", "Shared"), _event("d", "Shared"), _profile("e"))
    assert _count(client, PEOPLE, {"advanced_query": advanced}) == found


def test_entries_without_days_look_back_365_days(client: httpx2.Client) -> None:
    _upload(client, _event("a", "Seen", NEW_YEAR - 300 * 86400), _event("b", "Seen", NEW_YEAR - 400 * 86400))
    assert _count(client, PEOPLE, {"advanced_query": {"did_all": [{"event_name": "Seen"}]}}) == 1
