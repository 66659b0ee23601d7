"""A session belongs to whoever began it: nobody else gets into it, listens in on it or ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from web import COUNT, INITIALIZE, LEGACY, Served, bearer, served, tokens_file

READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
CALL = COUNT | {"params": {key: value for key, value in COUNT["params"].items() if key != "_meta"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tokens_file=tokens_file(tmp_path_factory.mktemp("tokens"), "ana", "ben")) as server:
        yield server


def session_of(server: Served, name: str) -> dict[str, str]:
    opened = httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY | bearer(name))
    return LEGACY | {"Mcp-Session-Id": opened.headers["mcp-session-id"]}


def test_a_session_is_nobody_else_s(server: Served) -> None:
    session = session_of(server, "ana")
    for method in ("POST", "GET", "DELETE"):
        for name, status in (("ben", 404), ("mallory", 401)):
            answer = httpx2.request(method, server.mcp, json=CALL, headers=session | bearer(name))
            assert answer.status_code == status
        assert httpx2.request(method, server.mcp, json=CALL, headers=session).status_code == 401
    assert httpx2.post(server.mcp, json=READY, headers=session | bearer("ana")).status_code == 202
    answer = httpx2.post(server.mcp, json=CALL, headers=session | bearer("ana"))
    assert '"count":1857' in answer.text


def test_a_stream_of_events_is_nobody_else_s(server: Served) -> None:
    with httpx2.stream("GET", f"{server.url}/sse", headers=bearer("ana")) as stream:
        lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line.startswith("data: "))
        path = server.url + next(lines)
        for name, status in (("ben", 404), ("mallory", 401)):
            assert httpx2.post(path, json=INITIALIZE, headers=bearer(name)).status_code == status
        assert httpx2.post(path, json=INITIALIZE).status_code == 401
        assert httpx2.post(path, json=INITIALIZE, headers=bearer("ana")).status_code == 202
        assert json.loads(next(lines))["result"]["serverInfo"]["name"] == "clevertap-mcp"


def test_a_token_in_the_address_lets_nobody_in(server: Served) -> None:
    token = bearer("ana")["Authorization"].removeprefix("Bearer ")
    for name in ("token", "access_token", "authorization"):
        assert httpx2.get(f"{server.url}/sse?{name}={token}").status_code == 401


def test_figures_are_told_only_where_they_are_wanted_and_only_to_those_who_say_who_they_are(tmp_path: Path) -> None:
    with served(tokens_file=tokens_file(tmp_path, "ana")) as server:
        assert httpx2.get(f"{server.url}/metrics", headers=bearer("ana")).status_code == 404
    with served(tokens_file=tokens_file(tmp_path, "ana"), metrics=True) as server:
        assert httpx2.get(f"{server.url}/metrics").status_code == 401
        assert httpx2.get(f"{server.url}/metrics", headers=bearer("ben")).status_code == 401
        assert httpx2.get(f"{server.url}/metrics", headers=bearer("ana")).status_code == 200
        assert httpx2.post(f"{server.url}/metrics", headers=bearer("ana")).status_code == 405


def test_health_is_told_to_anybody_and_also_that_nobody_can_be_let_in(tmp_path: Path) -> None:
    tokens = tokens_file(tmp_path, "ana")
    with served(tokens_file=tokens) as server:
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
        assert httpx2.get(f"{server.url}/readyz").status_code == 200
        tokens.write_text("[[token]\n")
        assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY | bearer("ana")).status_code == 401
        ready = httpx2.get(f"{server.url}/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "unready", "reasons": ["tokens"]})


def test_strangers_take_nobody_s_place(tmp_path: Path) -> None:
    with served(tokens_file=tokens_file(tmp_path, "ana"), max_sessions=1, max_calls=1) as server:
        for _ in range(3):
            assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY).status_code == 401
            assert httpx2.get(f"{server.url}/sse").status_code == 401
        assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY | bearer("ana")).status_code == 200
        assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY | bearer("ana")).status_code == 429
        assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY).status_code == 401
