"""Credentials, methods, JSON, unknown paths, limits and the request log, as sections 1 to 3 describe them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx2
import pytest

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Behaviours, Fault, Kind, Sandbox
from clevertap_sandbox.door.log import MOST_BYTES, MOST_RECORDED, Recorded, RequestLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

NOW = "/1/now.json"


def _headers(account: str | None, passcode: str | None = PASSCODE) -> dict[str, str]:
    named = {"X-CleverTap-Account-Id": account, "X-CleverTap-Passcode": passcode}
    return {name: value for name, value in named.items() if value is not None}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        (_headers(None), "12 digit account ID mandatory"),
        (_headers(""), "12 digit account ID mandatory"),
        (_headers("AAA-BBB-CCCZ"), "Account ID is not valid"),
        (_headers(ACCOUNT_ID, "wrong"), "Invalid Credentials"),
        (_headers(ACCOUNT_ID, None), "Invalid Credentials"),
    ],
)
def test_bad_credentials_are_answered_401_with_the_text_of_what_is_wrong(
    client: httpx2.Client, headers: dict[str, str], error: str
) -> None:
    answer = httpx2.post(client.base_url.join(NOW), json={}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"status": "fail", "error": error, "code": 401})


def test_an_answer_is_json_in_the_content_type_clevertap_prints(client: httpx2.Client) -> None:
    assert client.post(NOW, json={}).headers["content-type"] == "application/json;charset=utf-8"
    assert client.post(NOW, content=b"{").headers["content-type"] == "application/json;charset=utf-8"


def test_a_wrong_method_is_answered_405(client: httpx2.Client) -> None:
    answer = client.get(NOW)
    assert (answer.status_code, answer.json()) == (405, {"status": "fail", "error": "Method Not Allowed", "code": 405})


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"// no\n{}", b'"text"', b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"\xff"]
)
def test_a_body_that_is_no_json_object_is_answered_400(client: httpx2.Client, body: bytes) -> None:
    answer = client.post(NOW, content=body)
    assert (answer.status_code, answer.json()) == (400, {"status": "fail", "error": "Malformed JSON", "code": 400})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/1/counts/events.json", {"event_name": "App Launched", "from": 10**30, "to": 10**31}),
        ("/1/counts/events.json", {"event_name": ["App Launched"], "from": 1, "to": 2}),
        (
            "/1/counts/profiles.json",
            {"advanced_query": {"did_all": [{"event_name": "App Launched", "value": 10**30}]}},
        ),
        ("/1/targets/create.json", {"name": "a", "when": "now", "where": [], "target_mode": "webpush", "content": 5}),
        ("/1/targets/create.json", {"name": ["a"], "when": {"type": []}}),
        ("/1/targets/list.json", {"from": -(10**30), "to": True}),
        ("/1/delete/profiles.json", {"identity": [{}]}),
        ("/1/upload", {"d": {}}),
    ],
)
def test_nonsense_is_refused_not_a_breakdown(client: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")


def test_records_of_nonsense_are_refused_one_by_one(client: httpx2.Client) -> None:
    nonsense: list[Any] = [None, [], {"type": []}, {"type": "event", "identity": []}, {"type": "token", "objectId": {}}]
    profile = {"type": "profile", "identity": "a", "ts": 10**30}
    answer = client.post("/1/upload", json={"d": [*nonsense, profile]}).json()
    assert [refused["code"] for refused in answer["unprocessed"]] == [555, 555, 524, 523, 530, 525]


def test_an_unknown_path_is_an_empty_200_for_get_and_404_for_the_others(client: httpx2.Client) -> None:
    answer = client.get("/1/campaigns.json")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.post("/1/campaigns.json", json={}).status_code == 404


def test_an_unknown_path_is_404_for_get_too_in_the_other_reading(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(unknown_get_is_empty=False)))
    assert client.get("/1/campaigns.json").status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("in1.api.clevertap.com", 200),
        ("localhost:1234", 200),
        ("us1.api.clevertap.com", 401),
        ("api.clevertap.com", 401),
    ],
)
def test_an_account_is_unknown_at_another_regions_host(
    opened: Callable[[Sandbox], httpx2.Client], host: str, status: int
) -> None:
    client = opened(Sandbox(seed=None, region="in1"))
    answer = client.post(NOW, json={}, headers={"Host": host})
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"] == "Account ID is not valid"


def test_the_bare_host_is_europe(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, region="eu1"))
    assert client.post(NOW, json={}, headers={"Host": "api.clevertap.com"}).status_code == 200


@asynccontextmanager
async def _in_flight(
    sandbox: Sandbox, path: str, number: int, records: Sequence[Any] = ()
) -> AsyncIterator[httpx2.AsyncClient]:
    """Keep some requests in flight; gives a client to send more."""
    sandbox.faults.add(Fault(kind=Kind.SLOW, path=path, seconds=3600, times=number))
    sandbox.requests.clear()
    transport = httpx2.ASGITransport(sandbox.app)
    headers = _headers(ACCOUNT_ID)
    async with (
        httpx2.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(number):
            tasks.start_soon(partial(client.post, path, json={"d": list(records)}))
        with anyio.fail_after(10):
            while len(sandbox.requests) < number:
                await anyio.lowlevel.checkpoint()
            yield client
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize(("path", "limit"), [("/1/upload", 15), ("/1/now.json", 3), ("/1/targets/list.json", 3)])
async def test_more_requests_in_flight_than_allowed_are_answered_429(
    sandbox: Sandbox, anyio_backend: str, path: str, limit: int
) -> None:
    with sandbox:
        async with _in_flight(sandbox, path, limit) as client:
            refused = await client.post(path, json={"d": []})
            other = await client.get("/v1/connect")
        async with _in_flight(sandbox, path, limit - 1) as client:
            later = await client.post(path, json={"from": 20260101, "to": 20260101, "d": []})
    assert refused.status_code == 429
    assert refused.json() == {"status": "fail", "error": "Too many concurrent requests", "code": 429}
    assert "retry-after" not in refused.headers
    assert other.status_code == 200, "each path has places of its own"
    assert later.status_code in (200, 400), "requests given up give their places back"
    assert sandbox.peak(path) == limit + 1
    assert sandbox.peak("/1/events.json") == 0


def test_requests_are_logged_as_they_arrived_refused_ones_too(client: httpx2.Client, sandbox: Sandbox) -> None:
    client.post("/1/upload?dryRun=1", content=b'{"d":[]}')
    client.get("/1/profile.json", params={"email": "a+b@example.org"}, headers={"X-CleverTap-Passcode": "wrong"})
    first, second = sandbox.requests
    assert (first.method, first.path, first.query, first.body) == ("POST", "/1/upload", {"dryRun": "1"}, b'{"d":[]}')
    assert (second.method, second.query) == ("GET", {"email": "a+b@example.org"})
    assert second.headers["x-clevertap-passcode"] == "wrong"
    sandbox.requests.clear()
    assert sandbox.requests == []


def test_the_control_path_plans_faults_and_shows_what_came_without_being_in_it(client: httpx2.Client) -> None:
    stranger = httpx2.Client(base_url=client.base_url)
    with stranger:
        planned: list[dict[str, Any]] = [{"kind": "status", "status": 503, "path": NOW}]
        assert stranger.post("/_sandbox/faults", json=planned).status_code == 201
        assert client.post(NOW, json={}).status_code == 503
        assert stranger.get("/_sandbox/peaks").json() == {NOW: 1}
        assert [entry["path"] for entry in stranger.get("/_sandbox/requests").json()] == [NOW]
        assert stranger.delete("/_sandbox/requests").status_code == 204
        assert stranger.get("/_sandbox/requests").json() == []
        stranger.post("/_sandbox/faults", json=planned)
        assert stranger.delete("/_sandbox/faults").status_code == 204
    assert client.post(NOW, json={}).status_code == 200


@pytest.mark.parametrize("fault", [{"kind": "nonsense"}, {"path": NOW}, {"kind": "slow", "speed": 1}])
def test_the_control_path_refuses_a_fault_it_does_not_know(client: httpx2.Client, fault: dict[str, Any]) -> None:
    assert client.post("/_sandbox/faults", json=[fault]).status_code == 400


@pytest.mark.anyio
async def test_the_control_path_does_not_exist_for_other_machines(sandbox: Sandbox, anyio_backend: str) -> None:
    transport = httpx2.ASGITransport(sandbox.app, client=("192.0.2.7", 1))
    with sandbox:
        async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            assert (await client.post("/_sandbox/faults", json=[])).status_code == 404
            answer = await client.get("/_sandbox/requests")
            assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.anyio
async def test_a_sandbox_works_inside_another_program_without_a_socket(sandbox: Sandbox, anyio_backend: str) -> None:
    transport = httpx2.ASGITransport(sandbox.app)
    with sandbox:
        async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            answer = await client.get("/v1/connect", headers=_headers(ACCOUNT_ID))
            assert answer.json() == {"status": "success"}
            sandbox.faults.add(Fault(kind=Kind.RESET_BEFORE))
            with pytest.raises(ConnectionResetError):
                await client.get("/v1/connect", headers=_headers(ACCOUNT_ID))


def test_connect_says_whether_the_credentials_are_good(client: httpx2.Client) -> None:
    assert client.get("/v1/connect", params={"partner": "test"}).json() == {"status": "success"}
    refused = client.get("/v1/connect", headers={"X-CleverTap-Passcode": "wrong"})
    assert (refused.status_code, refused.json()["error"]) == (401, "Invalid Credentials")


def test_the_request_log_keeps_the_last_thousand_requests(sandbox: Sandbox, client: httpx2.Client) -> None:
    for number in range(MOST_RECORDED + 1):
        client.get("/1/profile.json", params={"identity": str(number)})
    assert len(sandbox.requests) == MOST_RECORDED
    assert sandbox.requests[0].query == {"identity": "1"}


def test_the_request_log_keeps_sixteen_megabytes_of_bodies() -> None:
    log = RequestLog()
    for number in range(20):
        log.record(Recorded("POST", str(number), {}, bytes(1_000_000), {}))
    assert [each.path for each in log] == [str(number) for number in range(4, 20)]
    log.clear()
    log.record(Recorded("POST", "large", {}, bytes(MOST_BYTES + 1), {}))
    assert [each.path for each in log] == ["large"], "the last one stays, whatever its size"


@pytest.mark.anyio
@pytest.mark.parametrize(("shared", "status"), [(True, 429), (False, 200)])
async def test_types_of_uploads_share_places_or_have_their_own(anyio_backend: str, shared: bool, status: int) -> None:
    behaviours = Behaviours(upload_limit=1, upload_types_share_places=shared)
    event = {"type": "event", "identity": "a", "evtName": "Seen"}
    profile: dict[str, Any] = {"type": "profile", "identity": "a", "profileData": {}}
    with Sandbox(seed=None, behaviours=behaviours) as sandbox:
        async with _in_flight(sandbox, "/1/upload", 1, [event]) as client:
            assert (await client.post("/1/upload", json={"d": [event]})).status_code == 429
            assert (await client.post("/1/upload", json={"d": [profile]})).status_code == status
