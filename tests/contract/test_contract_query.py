"""The query language's own examples and every refusal of it. Reference: data 6, engagement 2."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from contract.conftest import Door, MakeDoor

COMMON, ADVANCED = "common_profile_properties", "advanced_query"
EVENTS, PEOPLE = "/1/counts/events.json", "/1/counts/profiles.json"
REFUSED = {"status": "fail", "code": 400}

# Reference: data 6.3, to the letter.
COURSES: dict[str, Any] = {
    "event_name": "Course Started",
    "from": 20260101,
    "to": 20260131,
    "event_properties": [{"name": "Price", "operator": "greater_than_equals", "value": 40}],
    "session_properties": [{"name": "first_time", "value": "True"}],
    COMMON: {
        "profile_fields": [{"name": "Plan", "operator": "equals", "value": ["Gold", "Silver"]}],
        "demographics": [{"name": "Gender", "value": "Female"}],
        "geo_fields": [["Spain", "Madrid", "Madrid"]],
    },
    ADVANCED: {
        "did_all": [
            {"event_name": "App Launched", "from": 20260101, "to": 20260131, "operator": "greater_than", "value": 3}
        ],
        "did_any": {
            "any_events": [{"event_name": "Course Shared", "from": 20260101, "to": 20260131}],
            "operator": "equals",
            "value": 1,
        },
        "did_none": [{"event_name": "App Uninstalled", "from": 20260101, "to": 20260131}],
    },
}
# Reference: engagement 2.6, to the letter.
PURCHASES: dict[str, Any] = {
    "event_name": "Charged",
    "from": 20260801,
    "to": 20260831,
    "event_properties": [{"name": "Amount", "operator": "greater_than_equals", "value": 2500}],
    COMMON: {
        "profile_fields": [{"name": "Tier", "operator": "equals", "value": ["Gold", "Black"]}],
        "technographics": [{"name": "Device", "operator": "equals", "value": ["Mobile"]}],
        "reachability": [{"name": "has_token", "value": "True"}],
    },
    ADVANCED: {
        "did_all": [
            {
                "event_name": "App Launched",
                "from": 20260825,
                "to": 20260831,
                "operator": "greater_than_equals",
                "value": 3,
            }
        ],
        "did_none": [{"event_name": "App Uninstalled", "from": 20260701, "to": 20260831}],
        "did_any": {
            "any_events": [{"event_name": "Wishlist Add"}, {"event_name": "Price Viewed"}],
            "operator": "greater_than_equals",
            "value": 1,
        },
    },
}
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC).timestamp()


def at(day: str) -> int:
    """Noon of a day."""
    return int(datetime.strptime(f"{day} 12", "%Y%m%d %H").replace(tzinfo=UTC).timestamp())


def told(door: Door, what: str, *entries: dict[str, Any]) -> None:
    """What SDKs would tell CleverTap."""
    status, answer = door.ask("POST", f"/_sandbox/{what}", list(entries))
    assert status == 201, answer


def estimated(door: Door, where: dict[str, Any]) -> tuple[int, Any]:
    """The answer to a campaign's estimate, by SMS: whoever is meant needs a telephone."""
    campaign = {"name": "Sale", "when": "now", "target_mode": "sms", "content": {"body": "Hello"}, "where": where}
    return door.ask("POST", "/1/targets/create.json", {**campaign, "estimate_only": True})


class Learner:
    """Somebody whom the example of data 6.3 means, unless something about them is changed."""

    def __init__(self, identity: str, **changes: Any) -> None:
        self.identity = identity
        self.facts: dict[str, Any] = {
            "day": "20260131",
            "price": 40,
            "plan": "Silver",
            "gender": "F",
            "city": "Madrid",
            "before": 0,
            "launches": 4,
            "shares": 1,
            "uninstalled": "20260201",
        } | changes

    def enter(self, door: Door) -> None:
        facts, who = self.facts, {"identity": self.identity}
        profile = {"Plan": facts["plan"], "Gender": facts["gender"]}
        started: dict[str, Any] = {**who, "evtName": "Course Started", "evtData": {"Price": facts["price"]}}
        door.upload(
            {"type": "profile", **who, "profileData": profile},
            {"type": "event", **started, "ts": at(facts["day"])},
            *[{"type": "event", **started, "ts": at("20251231")}] * facts["before"],
            *[{"type": "event", **who, "evtName": "Course Shared", "ts": at("20260110")}] * facts["shares"],
        )
        told(door, "devices", {**who, "platform": "iOS", "country": "Spain", "region": "Madrid", "city": facts["city"]})
        launches = [{**who, "evtName": "App Launched", "ts": at("20260115")}] * facts["launches"]
        told(door, "events", *launches, {**who, "evtName": "App Uninstalled", "ts": at(facts["uninstalled"])})


def test_the_sample_of_the_query_language_means_whom_it_says(door: Door) -> None:
    Learner("mira").enter(door)
    Learner("late", day="20260201").enter(door)
    Learner("cheap", price=39.9).enter(door)
    Learner("bronze", plan="Bronze").enter(door)
    Learner("he", gender="M").enter(door)
    Learner("elsewhere", city="Getafe").enter(door)
    Learner("again", before=1).enter(door)
    Learner("seldom", launches=3).enter(door)
    Learner("quiet", shares=0).enter(door)
    Learner("loud", shares=2).enter(door)
    Learner("gone", uninstalled="20260131").enter(door)
    assert door.gets("POST", PEOPLE, COURSES) == {"status": "success", "count": 1}
    assert door.gets("POST", EVENTS, COURSES) == {"status": "success", "count": 1}
    cursor = door.gets("POST", "/1/profiles.json", COURSES)["cursor"]
    assert [who["identity"] for who in door.gets("GET", f"/1/profiles.json?cursor={cursor}")["records"]] == ["mira"]
    cursor = door.gets("POST", "/1/events.json", COURSES)["cursor"]
    records = door.gets("GET", f"/1/events.json?cursor={cursor}")["records"]
    assert [(each["profile"]["identity"], each["ts"]) for each in records] == [("mira", 20260131120000)]


def buyer(door: Door, identity: str, **changes: Any) -> None:
    """Somebody whom the example of engagement 2.6 means, unless something about them is changed."""
    facts: dict[str, Any] = {
        "amount": 2500,
        "tier": "Black",
        "device": "Mobile",
        "token": True,
        "launches": 3,
        "gone": 0,
        "wishes": 1,
    }
    facts |= changes
    who, device = {"identity": identity}, f"__{identity}"
    charged = {
        "type": "event",
        **who,
        "evtName": "Charged",
        "ts": at("20260801"),
        "evtData": {"Amount": facts["amount"]},
    }
    wish: dict[str, Any] = {"type": "event", **who, "evtName": "Price Viewed", "ts": at("20260601")}
    told(door, "devices", {**who, "objectId": device, "device": facts["device"]})
    token = {"type": "token", "objectId": device, "tokenData": {"id": f"fcm-{identity}", "type": "fcm"}}
    profile = {"Tier": facts["tier"], "Phone": "+34911222333"}
    door.upload({"type": "profile", **who, "profileData": profile}, charged, *[wish] * facts["wishes"])
    if facts["token"]:
        door.upload(token)
    launch, leave = (
        {**who, "evtName": name, "ts": at(day)}
        for name, day in (("App Launched", "20260831"), ("App Uninstalled", "20260701"))
    )
    told(door, "events", *[launch] * facts["launches"], *[leave] * facts["gone"])


def test_the_example_of_the_grammar_means_whom_it_says_in_counts_and_campaigns(make_door: MakeDoor) -> None:
    door = make_door(clock=lambda: OCTOBER)
    told(door, "events", {"identity": "other", "evtName": "Wishlist Add"})
    buyer(door, "meant")
    buyer(door, "thrifty", amount=2499.99)
    buyer(door, "silver", tier="Silver")
    buyer(door, "sitting", device="Tablet")
    buyer(door, "silent", token=False)
    buyer(door, "seldom", launches=2)
    buyer(door, "gone", gone=1)
    buyer(door, "wishless", wishes=0)
    assert door.gets("POST", PEOPLE, PURCHASES)["count"] == 1
    assert door.gets("POST", EVENTS, PURCHASES)["count"] == 1
    status, answer = estimated(door, PURCHASES)
    assert (status, sum(answer["estimates"].values())) == (200, 1)


# ---------------------------------------------------------------------------------------------------------------
# Refusals.

SEEN: dict[str, Any] = {"event_name": "Seen", "from": 20260101, "to": 20260131}


@pytest.fixture
def seen(door: Door) -> Door:
    see(door)
    return door


def see(door: Door) -> None:
    """Ann was seen, and can be telephoned; Bob is only known."""
    ann: dict[str, Any] = {"identity": "ann", "ts": at("20260115")}
    door.upload({"type": "profile", **ann, "profileData": {"Phone": "+34911222333", "Plan": "Gold", "Age": 30}})
    door.upload({"type": "event", **ann, "evtName": "Seen", "evtData": {"Price": 40}})
    door.upload({"type": "profile", "identity": "bob", "profileData": {"Phone": "+34911222334"}})


def test_an_unknown_event_is_refused_with_a_text_that_holds_a_list(seen: Door) -> None:
    query = {**SEEN, "event_name": "Foo"}
    for path in (EVENTS, PEOPLE):
        assert seen.ask("POST", path, query) == (400, {**REFUSED, "error": '["Invalid event : Foo"]'})


@pytest.mark.parametrize("name", ["Foo", "", None])
def test_an_unknown_event_of_a_campaign_is_refused(seen: Door, name: str | None) -> None:
    status, answer = estimated(seen, {**SEEN, "event_name": name})
    assert (status, answer["status"]) == (400, "fail")


def test_from_after_to_is_refused_in_the_words_of_each_half(seen: Door) -> None:
    swapped = {**SEEN, "from": 20260201}
    told_by_counts = {"status": "fail", "error": "from date should not be greater than to date", "code": 4002}
    assert seen.ask("POST", EVENTS, swapped) == (400, told_by_counts)
    error = "Query parse failure - The from date cannot be after the to date"
    assert estimated(seen, swapped) == (400, {**REFUSED, "error": error})


def test_the_future_is_refused_to_campaigns_alone(seen: Door) -> None:
    ahead = {**SEEN, "to": 20991231}
    status, answer = estimated(seen, ahead)
    assert (status, answer["status"]) == (400, "fail")
    assert seen.gets("POST", PEOPLE, ahead)["count"] == 1


@pytest.mark.parametrize("day", [20260230, 20261301, 0, 2026, 20260101.5, True, None, "20260101", "1 Jan"])
def test_what_is_no_day_of_the_calendar_is_refused(seen: Door, day: Any) -> None:
    status, answer = seen.ask("POST", EVENTS, {**SEEN, "from": day})
    assert (status, answer["status"], answer["code"]) == (400, "fail", 4002)


def test_a_day_may_be_text_in_the_other_reading(make_door: MakeDoor) -> None:
    door = make_door(text_days=True)
    see(door)
    assert door.gets("POST", EVENTS, {**SEEN, "from": "20260101", "to": "20260115"})["count"] == 1
    assert door.ask("POST", EVENTS, {**SEEN, "from": "20260230"})[1]["code"] == 4002


def test_events_always_need_a_base_event_people_do_not(seen: Door) -> None:
    plan = {COMMON: {"profile_fields": [{"name": "Plan", "value": "Gold"}]}}
    assert seen.ask("POST", EVENTS, plan)[0] == 400
    assert seen.ask("POST", "/1/events.json", plan)[0] == 400
    assert seen.gets("POST", PEOPLE, plan)["count"] == 1
    status, answer = estimated(seen, plan)
    assert (status, sum(answer["estimates"].values())) == (200, 1)


def test_a_campaign_for_the_empty_query_is_for_everybody(seen: Door) -> None:
    status, answer = estimated(seen, {})
    assert (status, sum(answer["estimates"].values())) == (200, 2)
    assert seen.ask("POST", PEOPLE, {})[0] == 400


@pytest.mark.parametrize(
    "operator",
    ["gt", "gte", "in", "not_in", "not_contains", "greater_than_or_equal", "between", "Equals", "", None, ["equals"]],
)
def test_operators_of_other_notes_are_refused(seen: Door, operator: Any) -> None:
    query = {**SEEN, "event_properties": [{"name": "Price", "operator": operator, "value": [1, 2]}]}
    status, answer = seen.ask("POST", EVENTS, query)
    assert (status, answer) == (400, {**REFUSED, "error": f"Query parse failure - Invalid operator : {operator}"})


@pytest.mark.parametrize(("ends", "count"), [([40, 50], 1), ([30, 40.0], 1), ([41, 50], 0), ([50, 30], 0)])
def test_between_takes_two_numbers_in_the_other_reading(make_door: MakeDoor, ends: list[float], count: int) -> None:
    door = make_door(between=True)
    see(door)
    wanted = {"name": "Price", "operator": "between", "value": ends}
    assert door.gets("POST", EVENTS, {**SEEN, "event_properties": [wanted]})["count"] == count
    for bad in ([40], [1, 2, 3], 40, ["a", "b"]):
        status, _ = door.ask("POST", EVENTS, {**SEEN, "event_properties": [{**wanted, "value": bad}]})
        assert status == 400


@pytest.mark.parametrize("name", ["identity", "Identity", "objectId"])
def test_people_cannot_be_filtered_by_their_ids(seen: Door, name: str) -> None:
    status, answer = seen.ask("POST", PEOPLE, {COMMON: {"profile_fields": [{"name": name, "value": "ann"}]}})
    assert (status, answer["status"]) == (400, "fail")


@pytest.mark.parametrize("value", [True, None, [], {}, [["a"]], [None]])
def test_values_are_primitives_and_booleans_are_texts(seen: Door, value: Any) -> None:
    query = {**SEEN, "event_properties": [{"name": "Price", "value": value}]}
    assert seen.ask("POST", EVENTS, query)[0] == 400


IGNORED: list[dict[str, Any]] = [
    {**SEEN, "props": [{"name": "Price", "value": 1}]},
    {**SEEN, COMMON: {"segments": [1]}},
    {**SEEN, ADVANCED: {"did_not": [{"event_name": "Seen"}]}},
    {**SEEN, ADVANCED: {"did_all": [{"event_name": "Seen", "session_properties": []}]}},
    {**SEEN, ADVANCED: {"did_any": {"any_events": [{"event_name": "Seen"}], "times": 9}}},
    {**SEEN, "event_properties": [{"name": "Price", "value": 40, "op": "less_than"}]},
]


@pytest.mark.parametrize("query", IGNORED)
def test_a_key_that_is_not_known_is_refused_or_ignored_which_widens(make_door: MakeDoor, query: dict[str, Any]) -> None:
    careful, careless = make_door(), make_door(ignores_unknown_keys=True)
    see(careful)
    see(careless)
    status, answer = careful.ask("POST", PEOPLE, query)
    assert (status, answer["error"][:20]) == (400, "Query parse failure ")
    assert careless.gets("POST", PEOPLE, query)["count"] == 1


def test_did_not_makes_a_campaign_for_everybody_where_it_is_ignored(make_door: MakeDoor) -> None:
    door = make_door(ignores_unknown_keys=True)
    see(door)
    status, answer = estimated(door, {ADVANCED: {"did_not": [{"event_name": "Seen"}]}})
    assert (status, sum(answer["estimates"].values())) == (200, 2)


@pytest.mark.parametrize(
    ("part", "sampled"),
    [
        ({COMMON: {"demographics": [{"name": "Education", "operator": "exists"}]}}, True),
        ({COMMON: {"demographics": [{"name": "Age", "value": 30}]}}, False),
        ({COMMON: {"technographics": [{"name": "Platform", "value": "AndroidApp"}]}}, True),
        ({COMMON: {"technographics": [{"name": "Browser", "value": "Chrome"}]}}, False),
        ({COMMON: {"app_fields": [{"name": "Make", "value": "Acme"}]}}, True),
        ({COMMON: {"app_fields": [{"name": "Carrier", "value": "Acme"}]}}, False),
        ({COMMON: {"reachability": [{"name": "has_token", "value": "True"}]}}, True),
        ({COMMON: {"reachability": [{"name": "has_email", "value": "True"}]}}, False),
        ({"session_properties": [{"name": "time_of_day", "value": ["09:00", "12:00"]}]}, True),
        ({"session_properties": [{"name": "utm_source", "value": "a"}]}, False),
    ],
)
def test_names_beyond_the_samples_are_taken_or_refused(
    make_door: MakeDoor, part: dict[str, Any], *, sampled: bool
) -> None:
    for only_sampled_names in (False, True):
        door = make_door(only_sampled_names=only_sampled_names)
        see(door)
        status, _ = door.ask("POST", PEOPLE, {**SEEN, **part})
        assert (status == 200) is (sampled or not only_sampled_names)


def test_minus_one_is_an_unknown_event_or_any(make_door: MakeDoor) -> None:
    query = {**SEEN, "event_name": "-1"}
    strict, lenient = make_door(), make_door(any_event_name=True)
    for door in (strict, lenient):
        see(door)
        door.upload({"type": "event", "identity": "bob", "evtName": "Heard", "ts": at("20260116")})
    assert strict.ask("POST", EVENTS, query) == (400, {**REFUSED, "error": '["Invalid event : -1"]'})
    assert lenient.gets("POST", EVENTS, query)["count"] == 2


# ---------------------------------------------------------------------------------------------------------------
# Reference: engagement 2.5.


def test_a_prompt_is_refused_where_there_is_none(seen: Door) -> None:
    status, answer = estimated(seen, {"prompt": "people who were seen"})
    assert (status, answer) == (400, {**REFUSED, "error": "Query parse failure - Unknown key in query : prompt"})


def test_a_prompt_means_the_query_that_the_switch_says(make_door: MakeDoor) -> None:
    door = make_door(prompt_means=SEEN)
    see(door)
    status, answer = estimated(door, {"prompt": "people who were seen"})
    assert (status, sum(answer["estimates"].values()), answer["cql"]) == (200, 1, SEEN)


@pytest.mark.parametrize("where", [{"prompt": "seen", **SEEN}, {"prompt": ""}, {"prompt": 5}])
def test_a_prompt_is_a_text_and_stands_alone(make_door: MakeDoor, where: dict[str, Any]) -> None:
    door = make_door(prompt_means=SEEN)
    see(door)
    assert estimated(door, where)[0] == 400


def test_a_prompt_is_for_campaigns_alone(make_door: MakeDoor) -> None:
    door = make_door(prompt_means=SEEN)
    see(door)
    assert door.ask("POST", PEOPLE, {"prompt": "people who were seen"})[0] == 400


# ---------------------------------------------------------------------------------------------------------------
# Readings of what the table leaves open.


@pytest.mark.parametrize(("ignores_case", "count"), [(True, 1), (False, 0)])
def test_contains_compares_with_or_without_case(make_door: MakeDoor, *, ignores_case: bool, count: int) -> None:
    door = make_door(contains_ignores_case=ignores_case)
    see(door)
    wanted = {"name": "Plan", "operator": "contains", "value": "gol"}
    assert door.gets("POST", PEOPLE, {COMMON: {"profile_fields": [wanted]}})["count"] == count


@pytest.mark.parametrize(("missing", "count"), [(True, 1), (False, 0)])
def test_a_negation_holds_or_not_where_there_is_no_value(make_door: MakeDoor, *, missing: bool, count: int) -> None:
    door = make_door(negation_matches_missing=missing)
    see(door)
    wanted = {"name": "Plan", "operator": "not_equals", "value": "Gold"}
    assert door.gets("POST", PEOPLE, {COMMON: {"profile_fields": [wanted]}})["count"] == count


@pytest.mark.parametrize(("needs_event", "count"), [(False, 2), (True, 1)])
def test_without_base_event_everybody_is_looked_at_or_who_did_something_lately(
    make_door: MakeDoor, *, needs_event: bool, count: int
) -> None:
    door = make_door(lookback_needs_event=needs_event)
    see(door)
    wanted = {"name": "Phone", "operator": "exists"}
    assert door.gets("POST", PEOPLE, {COMMON: {"profile_fields": [wanted]}})["count"] == count


def test_the_examples_are_not_changed_by_being_asked(seen: Door) -> None:
    before = deepcopy(COURSES)
    seen.ask("POST", PEOPLE, COURSES)
    assert before == COURSES
