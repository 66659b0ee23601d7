"""Each kind of fault, seen by a client over a real connection."""

from __future__ import annotations

import inspect
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from clevertap_sandbox import Fault, Kind, Sandbox
from clevertap_sandbox.door.damage import DAMAGES

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = "/1/now.json"
SEEN = {"d": [{"type": "event", "identity": "a", "evtName": "Seen", "ts": 1767225600, "evtData": {}}]}
QUERY = {"event_name": "Seen", "from": 20260101, "to": 20260101}
COUNT = "/1/counts/events.json"
EVENTS = "/1/events.json"


def _stored(client: httpx2.Client) -> int:
    answer = client.post(COUNT, json=QUERY).json()
    return int(answer.get("count", 0))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "Invalid Credentials"),
        (405, "Method Not Allowed"),
        (429, "Too many concurrent requests"),
        (500, "An unknown error occurred"),
        (503, "Service Unavailable"),
        (400, "Invalid parameters"),
        (409, "This target hasn't been completed"),
    ],
)
def test_a_status_comes_with_the_references_body(
    client: httpx2.Client, sandbox: Sandbox, status: int, error: str
) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=status))
    answer = client.post(NOW, json={})
    assert (answer.status_code, answer.json()) == (status, {"status": "fail", "error": error, "code": status})
    assert "retry-after" not in answer.headers
    assert client.post(NOW, json={}).status_code == 200, "one request only"


def test_a_status_takes_a_text_a_code_and_a_retry_after(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=429, error="Slow down", code=7, retry_after="12"))
    answer = client.post(NOW, json={})
    assert answer.json() == {"status": "fail", "error": "Slow down", "code": 7}
    assert answer.headers["retry-after"] == "12"


@pytest.mark.parametrize(("handled", "stored"), [(False, 0), (True, 1)])
def test_a_failed_answer_leaves_nothing_stored_unless_told_so(
    client: httpx2.Client, sandbox: Sandbox, handled: bool, stored: int
) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500, path="/1/upload", handled=handled))
    assert client.post("/1/upload", json=SEEN).status_code == 500
    assert _stored(client) == stored


@pytest.mark.parametrize("status", [200, 502])
def test_html_comes_instead_of_json(client: httpx2.Client, sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add(Fault(kind=Kind.HTML, status=status))
    answer = client.post(NOW, json={})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_an_empty_body_comes_with_200(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.EMPTY))
    answer = client.post(NOW, json={})
    assert (answer.status_code, answer.content) == (200, b"")


def test_json_is_cut_off_in_a_complete_http_answer(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.TRUNCATED))
    answer = client.post(NOW, json={})
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_gzip_is_claimed_over_rubbish(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.GZIP))
    with pytest.raises(httpx2.DecodingError):
        client.post(NOW, json={})


def test_a_fail_comes_with_http_200(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.FAIL, error="No"), Fault(kind=Kind.FAIL, error="No", code=9))
    answers = [client.post(NOW, json={}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == {"status": "fail", "error": "No"}
    assert answers[1].json() == {"status": "fail", "error": "No", "code": 9}


def test_an_error_comes_with_no_status_key(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.ERROR_ONLY, error="No"))
    answer = client.post(NOW, json={})
    assert (answer.status_code, answer.json()) == (200, {"error": "No"})


def _cursor(client: httpx2.Client) -> str:
    client.post("/1/upload", json={"d": SEEN["d"] * 30})
    return str(client.post(EVENTS, json=QUERY, params={"batch_size": 23}).json()["cursor"])


@pytest.mark.parametrize("status", [None, 202])
def test_a_page_is_not_ready_some_times_and_then_is(
    client: httpx2.Client, sandbox: Sandbox, status: int | None
) -> None:
    sandbox.faults.add(Fault(kind=Kind.NOT_READY, times=2, status=status))
    cursor = _cursor(client)
    answers = [client.get(f"{EVENTS}?cursor={cursor}") for _ in range(3)]
    not_ready = {"status": "fail", "error": "Request still in progress, please retry later", "code": 2}
    assert [answer.json() for answer in answers[:2]] == [not_ready, not_ready]
    assert [answer.status_code for answer in answers] == [status or 200, status or 200, 200]
    assert len(answers[2].json()["records"]) == 23


def test_a_page_is_never_ready(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.NOT_READY, times=None))
    cursor = _cursor(client)
    assert {client.get(f"{EVENTS}?cursor={cursor}").json()["code"] for _ in range(5)} == {2}


def test_a_cursor_repeats(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.REPEAT_CURSOR))
    cursor = _cursor(client)
    page = client.get(f"{EVENTS}?cursor={cursor}").json()
    assert page["next_cursor"] == cursor
    assert len(page["records"]) == 23
    assert client.get(f"{EVENTS}?cursor={cursor}").json()["next_cursor"] != cursor


def test_a_count_stays_partial_for_some_polls(client: httpx2.Client, sandbox: Sandbox) -> None:
    client.post("/1/upload", json=SEEN)
    sandbox.faults.add(Fault(kind=Kind.PARTIAL, polls=2))
    first = client.post(COUNT, json=QUERY).json()
    assert first.keys() == {"req_id", "status"}
    assert len(str(first["req_id"])) == 15
    answers = [client.get(COUNT, params={"req_id": first["req_id"]}).json() for _ in range(4)]
    assert answers == [first, first, {"status": "success", "count": 1}, {"status": "success", "count": 1}]


def test_a_count_stays_partial_for_ever(client: httpx2.Client, sandbox: Sandbox) -> None:
    client.post("/1/upload", json=SEEN)
    sandbox.faults.add(Fault(kind=Kind.PARTIAL, polls=None))
    first = client.post(COUNT, json=QUERY).json()
    assert {client.get(COUNT, params={"req_id": first["req_id"]}).json()["status"] for _ in range(9)} == {"partial"}


def test_a_count_that_is_refused_is_not_partial(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.PARTIAL))
    assert client.post(COUNT, json=QUERY).json()["error"] == '["Invalid event : Seen"]'


def test_a_slow_answer_outlasts_the_clients_patience_but_the_request_was_handled(
    client: httpx2.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(kind=Kind.SLOW, seconds=3600, path="/1/upload"))
    with pytest.raises(httpx2.ReadTimeout):
        client.post("/1/upload", json=SEEN, timeout=0.1)
    assert _stored(client) == 1


def test_a_dripping_body_arrives_whole(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.DRIP, seconds=0.01))
    assert client.post(NOW, json={}).json()["status"] == "success"


def test_a_body_that_drips_too_slowly_times_out_after_its_head(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.DRIP, seconds=3600))
    with client.stream("POST", NOW, json={}, timeout=0.1) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx2.ReadTimeout):
            answer.read()


@pytest.mark.parametrize(("kind", "stored"), [(Kind.RESET_BEFORE, 0), (Kind.RESET_AFTER, 1)])
def test_a_reset_connection_loses_the_answer_before_or_after_the_work(
    client: httpx2.Client, sandbox: Sandbox, kind: Kind, stored: int
) -> None:
    sandbox.faults.add(Fault(kind=kind, path="/1/upload"))
    with pytest.raises(httpx2.NetworkError):
        client.post("/1/upload", json=SEEN)
    assert _stored(client) == (stored)


def test_a_reset_in_the_middle_of_the_body_comes_after_its_head(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.RESET_MIDWAY, path="/1/upload"))
    with client.stream("POST", "/1/upload", json=SEEN) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx2.TransportError):
            answer.read()
    assert _stored(client) == 1


def _statuses(client: httpx2.Client, number: int) -> list[int]:
    return [client.post(NOW, json={}).status_code for _ in range(number)]


def test_a_fault_lets_some_requests_through_and_hits_some(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500, skip=1, times=2))
    assert _statuses(client, 4) == [200, 500, 500, 200]


def test_faults_follow_each_other_and_the_last_may_be_for_ever(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=429), Fault(kind=Kind.STATUS, status=503, times=None))
    assert _statuses(client, 4) == [429, 503, 503, 503]
    sandbox.faults.clear()
    assert _statuses(client, 1) == [200]


@pytest.mark.parametrize("aim", [{"path": "/1/upload"}, {"method": "GET"}])
def test_a_fault_hits_only_the_path_and_method_it_is_aimed_at(
    client: httpx2.Client, sandbox: Sandbox, aim: dict[str, Any]
) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500, **aim))
    assert _statuses(client, 2) == [200, 200]


def test_a_request_refused_for_its_credentials_uses_up_no_fault(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.STATUS, status=500))
    assert client.post(NOW, json={}, headers={"X-CleverTap-Passcode": "wrong"}).status_code == 401
    assert _statuses(client, 2) == [500, 200]


SKEWED = {"Seen": {"count": 1, "first_seen": 1_767_963_600, "last_seen": 1_767_963_600}}


def test_a_clock_that_is_off_shows_in_the_date_and_in_what_is_stored(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.SKEW, seconds=3600))
    now = {"d": [{"type": "event", "identity": "a", "evtName": "Seen"}]}
    skewed, right = client.post("/1/upload", json=now), client.post("/1/upload", json={"d": []})
    assert skewed.json()["status"] == "success"
    assert skewed.headers["date"] == "Fri, 09 Jan 2026 13:00:00 GMT"
    assert right.headers["date"] == "Fri, 09 Jan 2026 12:00:00 GMT"
    assert client.get("/1/profile.json", params={"identity": "a"}).json()["record"]["events"] == SKEWED


def test_a_clock_that_is_far_ahead_expires_a_cursor(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.SKEW, seconds=1e6, method="GET", path=EVENTS))
    cursor = _cursor(client)
    answers = [client.get(f"{EVENTS}?cursor={cursor}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 200]
    assert answers[0].json()["error"] == "Invalid cursor"


def test_retry_after_may_be_a_date_of_a_clock_that_is_off(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.SKEW, seconds=-60, status=429, retry_after="30", path="/1/upload"))
    answer = client.post("/1/upload", json=SEEN)
    assert (answer.status_code, answer.json()["error"]) == (429, "Too many concurrent requests")
    assert answer.headers["date"] == "Fri, 09 Jan 2026 11:59:00 GMT"
    assert answer.headers["retry-after"] == "Fri, 09 Jan 2026 11:59:30 GMT"
    assert client.post(COUNT, json=QUERY).status_code == 400, "nothing is stored, so the event is unknown"


def test_in_the_wrong_region_the_account_is_unknown(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.WRONG_REGION))
    answer = client.post(NOW, json={})
    unknown = {"status": "fail", "error": "Account ID is not valid", "code": 401}
    assert (answer.status_code, answer.json()) == (401, unknown)
    assert client.post(NOW, json={}).status_code == 200


def test_a_connection_is_reset_after_a_whole_answer(client: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.RESET_LATE))
    request = client.build_request("POST", "/1/upload", json=SEEN)
    lines = [f"POST {request.url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
    address = (str(client.base_url.host), client.base_url.port or 80)
    received = b""
    with socket.create_connection(address, timeout=10) as connection, suppress(ConnectionResetError):
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + request.content)
        while part := connection.recv(65536):
            received += part
    assert received.endswith(b'{"status":"success","processed":1,"unprocessed":[]}')


def test_every_kind_of_fault_can_be_planned_over_the_control_path(
    opened: Callable[[Sandbox], httpx2.Client], sandbox: Sandbox
) -> None:
    client = opened(sandbox)
    planned = [{"kind": str(kind), "path": "/nowhere", "seconds": 0, "polls": None} for kind in Kind]
    assert client.post("/_sandbox/faults", json=planned).json() == {"planned": len(Kind)}


def test_every_kind_of_fault_is_described_and_carried_out() -> None:
    assert set(DAMAGES) == set(Kind)
    source = inspect.getsource(Kind)
    assert source.count('"""') == 2 * (len(Kind) + 1), "each kind and the class itself"
