"""What every endpoint has in common, as data 1 to 3 and engagement 1 describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from clevertap_sandbox import ACCOUNT_ID, Fault, Kind
from contract.conftest import CREDENTIALS

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

NOW = "/1/now.json"
UPLOAD = "/1/upload"
BUSY = (429, {"status": "fail", "error": "Too many concurrent requests", "code": 429})
SEEN = {"type": "event", "identity": "a", "evtName": "Seen"}


def fail(error: str, code: int) -> tuple[int, dict[str, Any]]:
    """An answer whose code repeats its HTTP status."""
    return code, {"status": "fail", "error": error, "code": code}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"X-CleverTap-Account-Id": ""}, "12 digit account ID mandatory"),
        ({"X-CleverTap-Account-Id": "AAA-BBB-CCCZ"}, "Account ID is not valid"),
        ({"X-CleverTap-Account-Id": "AAA-BBB-CCCZ", "X-CleverTap-Passcode": "wrong"}, "Account ID is not valid"),
        ({"X-CleverTap-Passcode": "wrong"}, "Invalid Credentials"),
        ({"X-CleverTap-Passcode": ""}, "Invalid Credentials"),
    ],
)
def test_bad_credentials(door: Door, headers: dict[str, str], error: str) -> None:
    assert door.ask("POST", NOW, {}, headers) == fail(error, 401)


def test_a_wrong_passcode_has_been_answered_in_other_words_too(make_door: MakeDoor) -> None:
    door = make_door(wrong_passcode="Passcode Invalid")
    assert door.ask("POST", NOW, {}, {"X-CleverTap-Passcode": "wrong"}) == fail("Passcode Invalid", 401)


def test_names_of_headers_have_no_case(door: Door) -> None:
    headers = {name.upper(): value for name, value in CREDENTIALS.items()}
    assert httpx2.post(f"{door.url}{NOW}", json={}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", NOW), ("GET", UPLOAD), ("DELETE", "/1/delete/profiles.json"), ("PUT", "/1/events.json")],
)
def test_a_wrong_method(door: Door, method: str, path: str) -> None:
    assert door.ask(method, path) == fail("Method Not Allowed", 405)


@pytest.mark.parametrize("empty", [True, False])
def test_an_unknown_path(make_door: MakeDoor, empty: bool) -> None:
    door = make_door(unknown_get_is_empty=empty)
    assert door.ask("GET", "/1/nothing.json") == ((200, None) if empty else fail("Not Found", 404))
    assert door.ask("POST", "/1/nothing.json", {}) == fail("Not Found", 404)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{} // no", b"/* no */ {}", b"[]", b"\xff", b'{"a": "\\ud800"}', b'{"a": 1e999}']
)
def test_what_is_no_json_object(door: Door, body: bytes) -> None:
    assert door.ask("POST", NOW, body) == fail("Malformed JSON", 400)


@pytest.mark.parametrize(
    ("status", "error"), [(429, "Too many concurrent requests"), (500, "An unknown error occurred")]
)
def test_failures_on_demand(door: Door, status: int, error: str) -> None:
    door.sandbox.faults.add(Fault(kind=Kind.STATUS, status=status))
    assert door.ask("POST", NOW, {}) == fail(error, status)


def test_an_answer_is_json_of_the_recorded_content_type_and_has_a_date(door: Door) -> None:
    answer = httpx2.post(f"{door.url}{UPLOAD}", json={"d": []}, headers=CREDENTIALS)
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert answer.headers["date"] == "Thu, 28 May 2026 20:26:40 GMT"
    assert answer.content == b'{"status":"success","processed":0,"unprocessed":[]}'


def test_json_was_printed_with_spaces_once(make_door: MakeDoor) -> None:
    door = make_door(spaced_json=True)
    url = f"{door.url}{UPLOAD}"
    records = [{"type": "profile", "identity": "a", "profileData": {}}]
    printed = httpx2.post(url, json={"d": records}, headers=CREDENTIALS).content
    assert printed == b'{ "status" : "success" , "processed" : 1 , "unprocessed" : [ ]}'
    refused = httpx2.post(url, json={"d": records}, headers={"X-CleverTap-Account-Id": ACCOUNT_ID}).content
    assert refused == b'{ "status" : "fail" , "error" : "Invalid Credentials" , "code" : 401}'


def test_places_are_counted_per_path(make_door: MakeDoor) -> None:
    door = make_door(other_limit=0, upload_limit=1)
    assert door.ask("POST", NOW, {}) == BUSY
    assert door.ask("POST", UPLOAD, {"d": [SEEN]})[0] == 200


def test_a_limit_for_all_counts_uploads_too(make_door: MakeDoor) -> None:
    door = make_door(limit_is_for_all=True, other_limit=0)
    assert [door.ask("POST", path, {"d": []}) for path in (UPLOAD, NOW)] == [BUSY, BUSY]


def test_credentials_come_before_places_and_places_before_methods(make_door: MakeDoor) -> None:
    door = make_door(other_limit=0)
    assert door.ask("POST", NOW, {}, {"X-CleverTap-Passcode": "wrong"})[0] == 401
    assert door.ask("GET", NOW) == BUSY
