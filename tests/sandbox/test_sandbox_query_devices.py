"""What only SDKs know: told to the sandbox over its control path, asked for in queries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from clevertap_sandbox import Behaviours, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICES, EVENTS = "/_sandbox/devices", "/_sandbox/events"
NEW_YEAR = 1_767_225_600
DAYS = {"from": 20260101, "to": 20260101}
MADRID, GETAFE = {"latitude": 40.4168, "longitude": -3.7038}, {"latitude": 40.3083, "longitude": -3.7327}
"""12.3 km apart."""


def _count(client: httpx2.Client, **query: Any) -> int:
    answer = client.post("/1/counts/profiles.json", json=query)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["count"])


def _fitting(client: httpx2.Client, block: str, *entries: Any) -> int:
    return _count(client, common_profile_properties={block: list(entries)})


@pytest.fixture
def people(client: httpx2.Client) -> httpx2.Client:
    """Ann with a phone and a tablet, Bob with a browser, and a telephone whose owner is not known."""
    spain, india = {"country": "Spain", "region": "Madrid"}, {"country": "India", "region": "Goa", "city": "Goa"}
    phone = {
        "make": "Acme",
        "model": "P9",
        "os_version": "15",
        "app_version": "4.2",
        "sdk_version": "7",
        "carrier": "Tel",
    }
    told = [
        {"objectId": "__ann", "identity": "ann", "platform": "Android", **phone, **spain, "city": "Madrid", **MADRID},
        {"identity": "ann", "platform": "iOS", "device": "Tablet", **india},
        {
            "identity": "bob",
            "platform": "Web",
            "browser": "Firefox",
            "os": "Linux",
            **spain,
            "city": "Getafe",
            **GETAFE,
        },
        {"objectId": "-nobody", "country": "Spain", "latitude": -17.7, "longitude": 179.9},
    ]
    answer = client.post(DEVICES, json=told)
    assert (answer.status_code, answer.json()) == (201, {"stored": 4})
    return client


@pytest.mark.parametrize(
    ("block", "name", "value", "count"),
    [
        ("app_fields", "Make", "Acme", 1),
        ("app_fields", "Model", "P9", 1),
        ("app_fields", "OS Version", "15", 1),
        ("app_fields", "App Version", "4.2", 1),
        ("app_fields", "SDK Version", "7", 1),
        ("app_fields", "Carrier", ["Tel", "Other"], 1),
        ("technographics", "Platform", "AndroidApp", 1),
        ("technographics", "Platform", "iOSApp", 2),
        ("technographics", "Platform", "Web", 1),
        ("technographics", "Device", "Mobile", 2),
        ("technographics", "Device", "Tablet", 1),
        ("technographics", "Device", "Desktop", 1),
        ("technographics", "OS", "iOS", 2),
        ("technographics", "OS", "Linux", 1),
        ("technographics", "Browser", "Firefox", 1),
    ],
)
def test_people_are_found_by_their_devices(
    people: httpx2.Client, block: str, name: str, value: Any, count: int
) -> None:
    assert _fitting(people, block, {"name": name, "value": value}) == count


@pytest.mark.parametrize(
    ("places", "count"),
    [
        ([["Spain"]], 3),
        ([["Spain", "Madrid"]], 2),
        ([["Spain", "Madrid", "Getafe"]], 1),
        ([["Spain", "Madrid", "Getafe"], ["India", "Goa"]], 2),
        ([["spain"]], 0),
        ([["India", "Madrid"]], 0),
    ],
)
def test_a_place_has_one_to_three_levels_and_any_place_will_do(
    people: httpx2.Client, places: list[list[str]], count: int
) -> None:
    assert _fitting(people, "geo_fields", *places) == count


@pytest.mark.parametrize(
    ("circles", "count"),
    [
        ([[40.4168, -3.7038, 1]], 1),
        ([[40.4168, -3.7038, 12]], 1),
        ([[40.4168, -3.7038, 13]], 2),
        ([[40.4168, -3.7038, 1], [40.3083, -3.7327, 1]], 2),
        ([[-17.7, -179.9, 22]], 1),
        ([[0, 0, 20016]], 3),
    ],
)
def test_a_circle_is_measured_in_kilometres_across_the_date_line_too(
    people: httpx2.Client, circles: list[list[float]], count: int
) -> None:
    assert _fitting(people, "geo_radius", *circles) == count


def test_a_radius_is_in_miles_in_the_other_reading(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(kilometres_per_radius=1.609344)))
    client.post(DEVICES, json=[{"identity": "bob", "platform": "Web", **GETAFE}])
    circles: list[list[float]] = [[40.4168, -3.7038, 7], [40.4168, -3.7038, 8]]
    assert [_fitting(client, "geo_radius", circle) for circle in circles] == [0, 1]


def test_a_device_told_of_again_keeps_what_is_not_told(people: httpx2.Client) -> None:
    people.post(DEVICES, json=[{"objectId": "__ann", "model": "P10"}])
    found = [{"name": name, "value": value} for name, value in (("Make", "Acme"), ("Model", "P10"))]
    assert _fitting(people, "app_fields", *found) == 1


def test_devices_and_sessions_are_exported(people: httpx2.Client) -> None:
    device = people.get("/1/profile.json", params={"objectId": "__ann"}).json()["record"]["platformInfo"][0]
    told = {"platform": "Android", "os_version": "15", "app_version": "4.2", "make": "Acme", "model": "P9"}
    assert told.items() <= device.items()


def test_system_events_come_over_the_control_path_alone(people: httpx2.Client) -> None:
    launch = {"identity": "ann", "evtName": "App Launched", "ts": NEW_YEAR}
    refused = people.post("/1/upload", json={"d": [{"type": "event", **launch}]}).json()
    assert (refused["status"], refused["unprocessed"][0]["code"]) == ("fail", 513)
    answer = people.post(EVENTS, json=[launch, {**launch, "evtData": {"CT Source": "Mobile"}}])
    assert (answer.status_code, answer.json()) == (201, {"stored": 2})
    assert people.post("/1/counts/events.json", json={"event_name": "app launched", **DAYS}).json()["count"] == 2


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"name": "utm_source", "value": "newsletter"}, 1),
        ({"name": "utm_campaign", "operator": "contains", "value": "JAN"}, 1),
        ({"name": "utm_medium", "operator": "exists"}, 1),
        ({"name": "session_source", "value": ["Direct", "Others"]}, 2),
        ({"name": "session_referrer", "operator": "does_not_exist"}, 3),
    ],
)
def test_occurrences_are_found_by_their_sessions(client: httpx2.Client, wanted: dict[str, Any], count: int) -> None:
    letter = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "jan", "session_source": "Others"}
    seen = {"identity": "ann", "evtName": "Seen", "ts": NEW_YEAR}
    client.post(EVENTS, json=[{**seen, "session": letter}, {**seen, "session": {"session_source": "Direct"}}, seen])
    query = {"event_name": "Seen", **DAYS, "session_properties": [wanted]}
    assert client.post("/1/counts/events.json", json=query).json()["count"] == count


@pytest.mark.parametrize(
    "told",
    [
        {},
        ["a"],
        [{"platform": "Web"}],
        [{"identity": "ann"}],
        [{"identity": "none", "platform": "Web"}],
        [{"identity": 7, "platform": "Web"}],
        [{"identity": "ann", "platform": "Symbian"}],
        [{"objectId": "__1", "platform": "iOS"}],
        [{"objectId": "__1", "device": "Watch"}],
        [{"objectId": "__1", "make": 5}],
        [{"objectId": "__1", "shoe": "a"}],
        [{"objectId": "__1", "latitude": 1}],
        [{"objectId": "__1", "latitude": 91, "longitude": 1}],
        [{"objectId": "__1", "latitude": "1", "longitude": 1}],
    ],
)
def test_what_is_no_device_is_refused_and_nothing_of_its_list_is_stored(client: httpx2.Client, told: Any) -> None:
    listed = [{"objectId": "__good"}, *told] if isinstance(told, list) else told
    answer = client.post(DEVICES, json=listed)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert client.get("/1/profile.json", params={"objectId": "__good"}).json()["record"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"evtName": " "},
        {"evtName": None},
        {"ts": 0},
        {"ts": "1"},
        {"ts": True},
        {"evtData": []},
        {"evtData": {"Items": []}},
        {"evtData": {"a": float("nan")}},
        {"session": []},
        {"session": {"utm_term": "a"}},
        {"session": {"utm_source": 1}},
        {"identity": ""},
        {"colour": "red"},
    ],
)
def test_what_is_no_event_is_refused(client: httpx2.Client, change: dict[str, Any]) -> None:
    event = {"identity": "ann", "evtName": "Seen", "ts": NEW_YEAR} | change
    answer = client.post(EVENTS, content=json.dumps([event]))
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
