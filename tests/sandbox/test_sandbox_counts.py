"""Counts, real-time counts and deletion, as sections 8 and 9 describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Behaviours, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

PURCHASES = {"event_name": "Charged", "from": 19970101, "to": 19980630}
EVENTS, PEOPLE = "/1/counts/events.json", "/1/counts/profiles.json"


def test_the_shops_figures_are_those_of_the_data(shop: httpx2.Client) -> None:
    assert shop.post(EVENTS, json=PURCHASES).json() == {"status": "success", "count": 6919}
    assert shop.post(PEOPLE, json=PURCHASES).json() == {"status": "success", "count": 2357}
    assert shop.post(EVENTS, json={**PURCHASES, "to": 19970131}).json()["count"] == 885


def test_event_names_compare_without_case_and_spaces(shop: httpx2.Client) -> None:
    assert shop.post(EVENTS, json={**PURCHASES, "event_name": " chAR ged"}).json()["count"] == 6919


@pytest.mark.parametrize("path", [EVENTS, PEOPLE])
def test_an_unknown_event_is_refused_with_a_list_in_a_string(shop: httpx2.Client, path: str) -> None:
    answer = shop.post(path, json={**PURCHASES, "event_name": "Chargd"})
    expected = {"status": "fail", "error": '["Invalid event : Chargd"]', "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


@pytest.mark.parametrize("name", ["App Launched", "App Uninstalled", "Notification Sent", "Session Concluded"])
def test_system_events_exist_though_they_never_happened(shop: httpx2.Client, name: str) -> None:
    assert shop.post(EVENTS, json={**PURCHASES, "event_name": name}).json() == {"status": "success", "count": 0}


@pytest.mark.parametrize("req_id", ["412000000000999", "x", "", "9" * 5000])
def test_an_unknown_req_id_is_refused(shop: httpx2.Client, req_id: str) -> None:
    answer = shop.get(EVENTS, params={"req_id": req_id})
    expected = {"status": "fail", "error": "Invalid request id", "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


def test_every_count_can_be_partial_first_with_a_req_id_in_text(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(behaviours=Behaviours(partial_polls=1, req_id_as_text=True)))
    first = client.post(PEOPLE, json=PURCHASES).json()
    assert first == {"req_id": "412000000000001", "status": "partial"}
    assert client.get(EVENTS, params=first).json()["error"] == "Invalid request id", "a path has its own"
    assert client.get(PEOPLE, params={"req_id": first["req_id"]}).json() == first
    assert client.get(PEOPLE, params={"req_id": first["req_id"]}).json() == {"status": "success", "count": 2357}


def _event(identity: str, name: str, ts: float, **handle: str) -> dict[str, Any]:
    return {"type": "event", "evtName": name, "ts": int(ts), **(handle or {"identity": identity})}


def test_people_of_the_last_five_minutes_are_counted_in_blocks(client: httpx2.Client, clock: list[float]) -> None:
    now = clock[0]
    records = [
        _event("new", "Seen", now),
        _event("old", "Seen", now - 9999),
        _event("old", "Seen", now - 300),
        _event("gone", "Seen", now - 301),
        _event("buyer", "Charged", now - 1),
        _event("", "Seen", now, objectId="__android"),
        {"type": "token", "objectId": "__android", "tokenData": {"id": "t", "type": "fcm"}},
    ]
    client.post("/1/upload", json={"d": records})
    flags = {"user_type": True, "session_source": True, "browser": True, "os": True, "device": True, "new": True}
    body = client.post("/1/now.json", json=flags).json()
    assert (body["status"], body["count"], body["last_processed_ts"]) == ("success", 4, int(now))
    assert body["user_type"] == {"new": 1, "repeat": 1, "addressable": 1, "customer": 1}
    assert body["session_source"]["unavailable"] == 4
    assert body["browser"] == {"others": 3, "firefox": 0, "chrome": 0, "ie": 0, "mobileapp": 1}
    assert body["os"] == {"others": 3, "android": 1, "ios": 0, "windows": 0, "mac": 0, "linux": 0}
    assert body["device"] == {"desktop": 3, "mobile": 1, "tablet": 0}
    assert body["new"].keys() == {"session_source", "browser", "os", "device"}
    assert body["new"]["device"] == {"desktop": 2, "mobile": 1, "tablet": 0}


def test_blocks_come_only_when_asked_for(client: httpx2.Client, clock: list[float]) -> None:
    assert client.post("/1/now.json", json={"os": False}).json() == {
        "status": "success",
        "count": 0,
        "last_processed_ts": int(clock[0]),
    }


def _people(client: httpx2.Client) -> None:
    records = [_event("a", "Seen", 1767225600), _event("b", "Seen", 1767225600), _event("", "Seen", 1, objectId="__d")]
    client.post("/1/upload", json={"d": records})


def _exists(client: httpx2.Client, **by: str) -> bool:
    return client.get("/1/profile.json", params=by).json()["record"] is not None


@pytest.mark.parametrize("body", [{"identity": "a"}, {"identity": ["a", "nobody"]}])
def test_a_deletion_succeeds_at_once_and_takes_effect_a_day_later(
    client: httpx2.Client, clock: list[float], body: dict[str, Any]
) -> None:
    _people(client)
    assert client.post("/1/delete/profiles.json", json=body).json() == {"status": "success"}
    clock[0] += 86_399
    assert _exists(client, identity="a")
    clock[0] += 1
    assert not _exists(client, identity="a")
    assert _exists(client, identity="b")
    count = client.post(EVENTS, json={"event_name": "Seen", "from": 20260101, "to": 20260101}).json()
    assert count["count"] == 1


def test_a_deletion_can_take_effect_at_once_and_by_device(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(deletion_delay=0)))
    _people(client)
    assert client.post("/1/delete/profiles.json", json={"guid": "__d"}).json() == {"status": "success"}
    assert not _exists(client, objectId="__d")
    _people(client)
    assert _exists(client, objectId="__d"), "new data make a fresh person"


@pytest.mark.parametrize(
    "body", [{}, {"identity": "a", "guid": "b"}, {"identity": []}, {"identity": 5}, {"guid": ["x"] * 101}]
)
def test_a_deletion_names_either_identities_or_guids(client: httpx2.Client, body: dict[str, Any]) -> None:
    answer = client.post("/1/delete/profiles.json", json=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")
