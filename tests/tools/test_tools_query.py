"""Queries as people write them become exactly the JSON of CleverTap's reference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.filters import OPERATORS
from clevertap_tools.moments import ProjectTime

TIME = ProjectTime(ZoneInfo("UTC"), datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
NOWHERE = ProjectTime(None, TIME.now)
COUNT = CATALOGUE["get-profile-count"]
BASE = {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-31"}
SENT = {"event_name": "Charged", "from": 20260101, "to": 20260131}


def compiled(given: dict[str, Any], time: ProjectTime = TIME) -> Any:
    return COUNT.parse(given).cql(time)


def refused(given: dict[str, Any], time: ProjectTime = TIME) -> str:
    with pytest.raises(InvalidArgumentsError) as caught:
        compiled(given, time)
    return caught.value.message


DATA_6_3 = (
    {
        "event_name": "Course Started",
        "from": "2026-01-01",
        "to": "2026-01-31",
        "event_properties": [{"name": "Price", "operator": "greater_than_equals", "value": 40}],
        "profile_filters": [
            {"kind": "session_properties", "name": "first_time", "value": "True"},
            {"kind": "profile_fields", "name": "Plan", "operator": "equals", "value": ["Gold", "Silver"]},
            {"kind": "demographics", "name": "Gender", "value": "Female"},
        ],
        "geo": [{"country": "Spain", "region": "Madrid", "city": "Madrid"}],
        "did": [
            {"which": "did_all", "event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31",
             "times_operator": "greater_than", "times": 3},
            {"which": "did_any", "event_name": "Course Shared", "from": "2026-01-01", "to": "2026-01-31",
             "times_operator": "equals", "times": 1},
            {"which": "did_none", "event_name": "App Uninstalled", "from": "2026-01-01", "to": "2026-01-31"},
        ],
    },
    {
        "event_name": "Course Started",
        "from": 20260101,
        "to": 20260131,
        "event_properties": [{"name": "Price", "operator": "greater_than_equals", "value": 40}],
        "session_properties": [{"name": "first_time", "value": "True"}],
        "common_profile_properties": {
            "profile_fields": [{"name": "Plan", "operator": "equals", "value": ["Gold", "Silver"]}],
            "demographics": [{"name": "Gender", "value": "Female"}],
            "geo_fields": [["Spain", "Madrid", "Madrid"]],
        },
        "advanced_query": {
            "did_all": [{"event_name": "App Launched", "from": 20260101, "to": 20260131, "operator": "greater_than", "value": 3}],
            "did_any": {
                "any_events": [{"event_name": "Course Shared", "from": 20260101, "to": 20260131}],
                "operator": "equals",
                "value": 1,
            },
            "did_none": [{"event_name": "App Uninstalled", "from": 20260101, "to": 20260131}],
        },
    },
)  # fmt: skip
ENGAGEMENT_2_6 = (
    {
        "event_name": "Charged",
        "from": "2026-08-01",
        "to": "2026-08-31",
        "event_properties": [{"name": "Amount", "operator": "greater_than_equals", "value": 2500}],
        "profile_filters": [
            {"kind": "profile_fields", "name": "Tier", "operator": "equals", "value": ["Gold", "Black"]},
            {"kind": "technographics", "name": "Device", "operator": "equals", "value": ["Mobile"]},
            {"kind": "reachability", "name": "has_token", "value": True},
        ],
        "did": [
            {"which": "did_all", "event_name": "App Launched", "from": "2026-08-25", "to": "2026-08-31",
             "times_operator": "greater_than_equals", "times": 3},
            {"which": "did_none", "event_name": "App Uninstalled", "from": "2026-07-01", "to": "2026-08-31"},
            {"which": "did_any", "event_name": "Wishlist Add", "times_operator": "greater_than_equals", "times": 1},
            {"which": "did_any", "event_name": "Price Viewed"},
        ],
    },
    {
        "event_name": "Charged",
        "from": 20260801,
        "to": 20260831,
        "event_properties": [{"name": "Amount", "operator": "greater_than_equals", "value": 2500}],
        "common_profile_properties": {
            "profile_fields": [{"name": "Tier", "operator": "equals", "value": ["Gold", "Black"]}],
            "technographics": [{"name": "Device", "operator": "equals", "value": ["Mobile"]}],
            "reachability": [{"name": "has_token", "value": "True"}],
        },
        "advanced_query": {
            "did_all": [{"event_name": "App Launched", "from": 20260825, "to": 20260831, "operator": "greater_than_equals", "value": 3}],
            "did_none": [{"event_name": "App Uninstalled", "from": 20260701, "to": 20260831}],
            "did_any": {"any_events": [{"event_name": "Wishlist Add"}, {"event_name": "Price Viewed"}],
                        "operator": "greater_than_equals", "value": 1},
        },
    },
)  # fmt: skip
PLAIN = [
    ({"event_name": "App Launched", "from": "2026-01-10", "to": "2026-01-16"},
     {"event_name": "App Launched", "from": 20260110, "to": 20260116}),
    ({"event_name": "Course Started", "from": "20260101", "to": "20260102",
      "event_properties": [{"name": "Course", "operator": "contains", "value": "Pottery"}]},
     {"event_name": "Course Started", "from": 20260101, "to": 20260102,
      "event_properties": [{"name": "Course", "operator": "contains", "value": "Pottery"}]}),
    ({"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-07",
      "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 10}]},
     {"event_name": "Charged", "from": 20260101, "to": 20260107,
      "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 10}]}),
    ({"event_name": "Product Viewed", "from": "2026-10-01", "to": "2026-10-07",
      "event_properties": [{"name": "Category", "operator": "equals", "value": "Sneakers"}]},
     {"event_name": "Product Viewed", "from": 20261001, "to": 20261007,
      "event_properties": [{"name": "Category", "operator": "equals", "value": "Sneakers"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "sent"), [DATA_6_3, ENGAGEMENT_2_6, *PLAIN])
def test_each_example_of_the_reference_is_made_to_the_letter(given_: dict[str, Any], sent: dict[str, Any]) -> None:
    assert compiled(given_) == sent


def test_nothing_is_sent_for_what_was_left_out() -> None:
    assert compiled(BASE) == SENT
    assert compiled({**BASE, "event_properties": [], "profile_filters": [], "did": [], "geo": None}) == SENT


def test_an_operator_that_was_left_out_stays_left_out() -> None:
    sent = compiled({"profile_filters": [{"kind": "demographics", "name": "Gender", "value": "Female"}]})
    assert sent == {"common_profile_properties": {"demographics": [{"name": "Gender", "value": "Female"}]}}


def test_booleans_travel_as_the_texts_true_and_false_even_in_lists() -> None:
    filters = [{"name": "Gift", "value": False}, {"name": "Kind", "value": [True, "x", 1]}]
    assert compiled({**BASE, "event_properties": filters})["event_properties"] == [
        {"name": "Gift", "value": "False"},
        {"name": "Kind", "value": ["True", "x", 1]},
    ]


@pytest.mark.parametrize("operator", ["exists", "does_not_exist"])
def test_existence_takes_no_value(operator: str) -> None:
    filters = [{"name": "Coupon", "operator": operator}]
    assert compiled({**BASE, "event_properties": filters})["event_properties"] == filters
    assert "takes no value" in refused({**BASE, "event_properties": [{**filters[0], "value": 1}]})


@pytest.mark.parametrize("operator", sorted(set(OPERATORS) - {"exists", "does_not_exist"}))
def test_every_other_operator_needs_a_value(operator: str) -> None:
    assert "needs a value" in refused({**BASE, "event_properties": [{"name": "Amount", "operator": operator}]})


@pytest.mark.parametrize("operator", ["greater_than", "greater_than_equals", "less_than", "less_than_equals"])
@pytest.mark.parametrize("value", ["10", True, [10], [1, 2]])
def test_comparisons_take_one_number(operator: str, value: object) -> None:
    told = refused({**BASE, "event_properties": [{"name": "Amount", "operator": operator, "value": value}]})
    assert "'event_properties[0]' needs a single number" in told
    assert "two filters" in told


@pytest.mark.parametrize("operator", ["contains", "does_not_contain"])
@pytest.mark.parametrize("value", [10, 1.5, True, ["a", 1]])
def test_containing_takes_text(operator: str, value: object) -> None:
    told = refused({**BASE, "event_properties": [{"name": "Course", "operator": operator, "value": value}]})
    assert f"needs text with operator {operator}" in told


@pytest.mark.parametrize("operator", ["between", "gt", "not_contains", "in", "EQUALS", "", 1, ["equals"], {}])
def test_an_operator_that_is_not_in_the_reference_is_refused_with_those_that_are(operator: object) -> None:
    told = refused({**BASE, "event_properties": [{"name": "Amount", "operator": operator, "value": 1}]})
    assert "'event_properties[0].operator' must be one of equals, not_equals, contains" in told


@pytest.mark.parametrize("value", [{}, [], [[1]], [None], {"$gt": 1}, "x" * 513, ["x" * 513]])
def test_a_value_is_a_primitive_or_a_list_of_them_within_the_limit(value: object) -> None:
    told = refused({**BASE, "event_properties": [{"name": "Amount", "value": value}]})
    assert told.startswith("'event_properties[0].value' ")


@given(
    operator=st.sampled_from(OPERATORS) | st.none(),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.lists(st.integers() | st.text(max_size=4), max_size=3),
)
def test_a_filter_that_is_let_through_is_one_that_the_reference_knows(operator: str | None, value: Any) -> None:
    try:
        (sent,) = compiled({**BASE, "event_properties": [{"name": "A", "operator": operator, "value": value}]})[
            "event_properties"
        ]
    except InvalidArgumentsError:
        return
    assert set(sent) <= {"name", "operator", "value"}
    assert ("value" in sent) is (operator not in ("exists", "does_not_exist"))
    assert not isinstance(sent.get("value"), bool)
    if operator in ("greater_than", "greater_than_equals", "less_than", "less_than_equals"):
        assert isinstance(sent["value"], int | float)


@pytest.mark.parametrize("key", ["event_properties", "profile_filters", "did", "geo"])
def test_a_key_that_clevertap_would_ignore_is_refused(key: str) -> None:
    entries: dict[str, dict[str, Any]] = {
        "event_properties": {"name": "A", "value": 1},
        "profile_filters": {"kind": "profile_fields", "name": "A", "value": 1},
        "did": {"which": "did_all", "event_name": "A"},
        "geo": {"country": "Spain"},
    }
    entry = entries[key]
    assert f"'{key}[0].did_not' is not an argument" in refused({**BASE, key: [{**entry, "did_not": 1}]})


def test_filters_of_one_kind_go_into_one_block_in_their_order() -> None:
    kinds = ["app_fields", "profile_fields", "app_fields"]
    filters = [{"kind": kind, "name": f"n{place}", "value": place} for place, kind in enumerate(kinds)]
    assert compiled({"profile_filters": filters}) == {
        "common_profile_properties": {
            "app_fields": [{"name": "n0", "value": 0}, {"name": "n2", "value": 2}],
            "profile_fields": [{"name": "n1", "value": 1}],
        }
    }


def test_other_events_are_filtered_and_dated_like_the_base() -> None:
    did = {
        "which": "did_none",
        "event_name": "Charged",
        "from": "-7d",
        "to": "today",
        "event_properties": [{"name": "Amount", "operator": "less_than", "value": 5}],
    }
    assert compiled({"did": [did]}) == {
        "advanced_query": {
            "did_none": [
                {
                    "event_name": "Charged",
                    "from": 20260222,
                    "to": 20260301,
                    "event_properties": [{"name": "Amount", "operator": "less_than", "value": 5}],
                }
            ]
        }
    }


def test_the_count_of_did_any_is_the_groups_wherever_it_stands() -> None:
    did = [
        {"which": "did_any", "event_name": "A"},
        {"which": "did_any", "event_name": "B", "times_operator": "less_than", "times": 2},
    ]
    assert compiled({"did": did}) == {
        "advanced_query": {
            "did_any": {"any_events": [{"event_name": "A"}, {"event_name": "B"}], "operator": "less_than", "value": 2}
        }
    }


def test_the_count_of_did_any_stands_once() -> None:
    entry = {"which": "did_any", "event_name": "A", "times_operator": "equals", "times": 1}
    assert "one group: give times_operator and times once" in refused({"did": [entry, entry]})


def test_did_none_takes_no_count() -> None:
    entry = {"which": "did_none", "event_name": "A", "times_operator": "equals", "times": 1}
    assert "'did[0]' takes no times_operator" in refused({"did": [entry]})


@pytest.mark.parametrize("half", [{"times": 2}, {"times_operator": "equals"}])
def test_half_a_count_is_refused(half: dict[str, Any]) -> None:
    assert "needs both times_operator and times" in refused({"did": [{"which": "did_all", "event_name": "A", **half}]})


@pytest.mark.parametrize("operator", ["contains", "does_not_contain", "exists", "does_not_exist"])
def test_a_number_of_times_is_compared_as_a_number(operator: str) -> None:
    entry = {"which": "did_all", "event_name": "A", "times_operator": operator, "times": 2}
    assert "must be one of equals" in refused({"did": [entry]})


@pytest.mark.parametrize("times", [-1, 1.5, "2", True])
def test_a_number_of_times_is_a_whole_number_from_zero(times: object) -> None:
    entry = {"which": "did_all", "event_name": "A", "times_operator": "equals", "times": times}
    assert refused({"did": [entry]}).startswith("'did[0].times' must be ")


@pytest.mark.parametrize(
    ("place", "block", "sent"),
    [
        ({"country": "India"}, "geo_fields", ["India"]),
        ({"country": "India", "region": "Karnataka"}, "geo_fields", ["India", "Karnataka"]),
        (
            {"country": "India", "region": "Karnataka", "city": "Bengaluru"},
            "geo_fields",
            ["India", "Karnataka", "Bengaluru"],
        ),
        ({"latitude": 12.97, "longitude": 77.59, "radius": 8}, "geo_radius", [12.97, 77.59, 8]),
        ({"latitude": 0, "longitude": 0, "radius": 0.5}, "geo_radius", [0, 0, 0.5]),
    ],
)
def test_a_place_is_a_name_or_a_circle(place: dict[str, Any], block: str, sent: list[Any]) -> None:
    assert compiled({"geo": [place]}) == {"common_profile_properties": {block: [sent]}}


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({}, "either country, region, city or latitude"),
        ({"country": "India", "radius": 8}, "either country, region, city or latitude"),
        ({"region": "Karnataka"}, "country before a region"),
        ({"country": "India", "city": "Bengaluru"}, "region before a city"),
        ({"latitude": 12.97, "longitude": 77.59}, "together"),
        ({"radius": 8}, "together"),
        ({"latitude": 91, "longitude": 0, "radius": 8}, "'geo[0].latitude' must be at most 90"),
        ({"latitude": 0, "longitude": -181, "radius": 8}, "'geo[0].longitude' must be at least -180"),
        ({"latitude": 0, "longitude": 0, "radius": 0}, "'geo[0].radius' must be greater than 0"),
    ],
)
def test_half_a_place_is_refused(place: dict[str, Any], told: str) -> None:
    assert told in refused({"geo": [place]})


def test_relative_days_are_days_of_the_project() -> None:
    assert compiled({**BASE, "from": "-30d", "to": "today"}) == {**SENT, "from": 20260130, "to": 20260301}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({**BASE, "from": "-30d"}, "from"),
        ({**BASE, "to": "today"}, "to"),
        ({"did": [{"which": "did_all", "event_name": "A", "from": "-30d", "to": "2026-01-31"}]}, "did[0].from"),
    ],
)
def test_relative_days_without_a_zone_are_refused_with_field_and_variable(query: dict[str, Any], field: str) -> None:
    told = refused(query, NOWHERE)
    assert f"'{field}'" in told
    assert "CLEVERTAP_TIMEZONE" in told


def test_from_after_to_is_refused_with_both_days_and_a_remedy() -> None:
    told = refused({**BASE, "from": "2026-03-02", "to": "2026-02-01"})
    assert told == "'from' is after 'to' (2026-03-02 > 2026-02-01). Swap them, or pass from='-30d'."
    inside = refused({"did": [{"which": "did_all", "event_name": "A", "from": "2026-03-02", "to": "2026-02-01"}]})
    assert inside.startswith("'did[0].from' is after 'did[0].to'")


def test_one_day_is_a_range() -> None:
    assert compiled({**BASE, "from": "today", "to": "today"}) == {**SENT, "from": 20260301, "to": 20260301}


@pytest.mark.parametrize("missing", ["from", "to"])
def test_an_event_needs_its_days(missing: str) -> None:
    query = {key: value for key, value in BASE.items() if key != missing}
    assert "'event_name' needs 'from' and 'to'" in refused(query)


@pytest.mark.parametrize(
    "stray", [{"from": "2026-01-01"}, {"to": "2026-01-01"}, {"event_properties": [{"name": "A", "value": 1}]}]
)
def test_days_and_properties_need_their_event(stray: dict[str, Any]) -> None:
    assert "belong to 'event_name', which is missing" in refused({**stray, "geo": [{"country": "Spain"}]})


def test_a_count_asks_for_something() -> None:
    assert "Ask for something" in refused({})


def test_a_req_id_goes_alone() -> None:
    assert "'req_id' goes alone" in refused({**BASE, "req_id": "412000000000123"})


@pytest.mark.parametrize("req_id", ["", "abc", "1 ", "1\n", "-1", "1" * 21, 412000000000123])
def test_a_req_id_is_a_row_of_digits(req_id: object) -> None:
    assert refused({"req_id": req_id}).startswith("'req_id' ")


@pytest.mark.parametrize("name", ["identity", "Identity", "objectId"])
def test_what_clevertap_does_not_filter_on_is_refused_with_what_to_use_instead(name: str) -> None:
    told = refused({"profile_filters": [{"kind": "profile_fields", "name": name, "value": "c-1"}]})
    assert "Email" in told


def test_a_field_that_exports_spell_otherwise_is_refused_with_its_spelling() -> None:
    told = refused({"profile_filters": [{"kind": "profile_fields", "name": "email", "operator": "exists"}]})
    assert "'Email'" in told
