"""Only so many calls and so many sessions at once: one more is told to come again, and never takes another's place."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import anyio
import httpx2
import pytest

from clevertap_mcp.transports.patience import PATIENCE
from clevertap_mcp.transports.web_server import most_connections
from web import (
    ANSWER,
    COUNT,
    INITIALIZE,
    LEGACY,
    LISTEN,
    LISTENING,
    LONGEST,
    MODERN,
    Served,
    connected,
    heard_until_closed,
    on,
    served,
    silent_account,
    status_of,
    until,
)


@contextmanager
def hanging_calls(server: Served, listener: socket.socket, many: int) -> Iterator[None]:
    """Calls that wait for CleverTap for as long as this lasts, and are answered then."""
    with ThreadPoolExecutor(many) as pool, ExitStack() as stack:
        asked = []
        waiting = []
        for _ in range(many):
            asked.append(pool.submit(httpx2.post, server.mcp, json=COUNT, headers=MODERN, timeout=LONGEST))
            waiting.append(stack.enter_context(listener.accept()[0]))
        yield
        for connection in waiting:
            connection.recv(65536)
            connection.sendall(ANSWER)
        assert [answer.result().status_code for answer in asked] == [200] * many


def opened_session(server: Served) -> httpx2.Response:
    return httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY)


def test_one_call_too_many_is_told_to_come_again() -> None:
    with silent_account() as listener, served(on(listener), max_calls=2) as server:
        with hanging_calls(server, listener, 2):
            for headers in (MODERN, LEGACY):
                answer = httpx2.post(server.mcp, json=COUNT, headers=headers)
                assert answer.status_code == 429
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["error"] == "too_many_requests"
            assert httpx2.get(f"{server.url}/healthz").status_code == 200
        assert httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY).status_code == 200


def test_streams_take_no_call_s_place() -> None:
    with served(max_calls=1) as server, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(httpx2.stream("GET", f"{server.url}/sse"))
            listening = httpx2.stream("POST", server.mcp, json=LISTEN, headers=LISTENING)
            assert next(stack.enter_context(listening).iter_lines())
        session = LEGACY | {"Mcp-Session-Id": opened_session(server).headers["mcp-session-id"]}
        stack.enter_context(httpx2.stream("GET", server.mcp, headers=session))
        answer = httpx2.post(server.mcp, json=COUNT, headers=MODERN)
        assert answer.json()["result"]["structuredContent"] == {"count": 1_857}


def test_calls_that_came_over_a_stream_of_events_count_too() -> None:
    with (
        silent_account() as listener,
        served(on(listener), max_calls=1) as server,
        httpx2.stream("GET", f"{server.url}/sse") as stream,
    ):
        lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line.startswith("data: "))
        path = next(lines)
        assert httpx2.post(server.url + path, json=COUNT).status_code == 202
        connection, _ = listener.accept()
        with connection:
            assert httpx2.post(server.url + path, json=COUNT | {"id": 2}).status_code == 429
            assert httpx2.post(server.mcp, json=COUNT, headers=MODERN).status_code == 429
            connection.recv(65536)
            connection.sendall(ANSWER)
            assert '"count":3' in next(lines)


@pytest.mark.anyio
async def test_a_burst_over_a_stream_of_events_never_runs_more_than_there_is_room_for() -> None:
    with silent_account() as listener, served(on(listener), max_calls=2) as server, ExitStack() as stack:
        stream = stack.enter_context(httpx2.stream("GET", f"{server.url}/sse"))
        lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line.startswith("data: "))
        path = server.url + next(lines)
        statuses: list[int] = []

        async def ask(http: httpx2.AsyncClient, number: int) -> None:
            statuses.append((await http.post(path, json=COUNT | {"id": number})).status_code)

        for first in (0, 100):
            statuses.clear()
            async with httpx2.AsyncClient(timeout=LONGEST) as http, anyio.create_task_group() as tasks:
                for number in range(first, first + 30):
                    tasks.start_soon(ask, http, number)
            assert (statuses.count(202), statuses.count(429)) == (2, 28)
            for _ in range(2):
                with listener.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(ANSWER)
                assert '"count":3' in next(lines)


@pytest.mark.parametrize("kind", ["session", "events", "subscription"])
def test_one_session_or_stream_too_many_is_told_to_come_again(kind: str) -> None:
    with served(max_sessions=2) as server, ExitStack() as stack:
        assert opened_session(server).status_code == 200
        first: dict[str, tuple[str, str, dict[str, Any]]] = {
            "session": ("POST", "/mcp", {"json": INITIALIZE, "headers": LEGACY}),
            "events": ("GET", "/sse", {}),
            "subscription": ("POST", "/mcp", {"json": LISTEN, "headers": LISTENING}),
        }
        method, path, request = first[kind]
        assert stack.enter_context(httpx2.stream(method, server.url + path, **request)).status_code == 200
        for method, path, request in first.values():
            answer = httpx2.request(method, server.url + path, **request)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
        assert httpx2.post(server.mcp, json=COUNT, headers=MODERN).status_code == 200


def test_a_session_that_is_ended_leaves_its_place() -> None:
    with served(max_sessions=1) as server:
        session = {"Mcp-Session-Id": opened_session(server).headers["mcp-session-id"]}
        assert opened_session(server).status_code == 429
        assert httpx2.delete(server.mcp, headers=LEGACY | session).status_code == 200
        assert opened_session(server).status_code == 200


def test_whoever_says_nothing_makes_room_for_whoever_asks() -> None:
    with served(patience=replace(PATIENCE, head=600), max_sessions=1, max_calls=1) as server, ExitStack() as stack:
        most = most_connections(server.network)
        first, *others = (stack.enter_context(connected(server.url)) for _ in range(most + 20))
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
        told = heard_until_closed(first)
        assert status_of(told) == 503
        assert b"Retry-After: 1" in told
        others[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            others[-1].recv(1)


def test_whoever_is_one_too_many_is_told_to_come_again_and_that_the_server_lives() -> None:
    with (
        silent_account() as listener,
        served(
            on(listener), replace(PATIENCE, probe=LONGEST, grace=0.1, farewell=0.1), max_sessions=1, max_calls=1
        ) as server,
        ExitStack() as stack,
    ):
        for _ in range(most_connections(server.network)):
            connection = stack.enter_context(connected(server.url))
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: httpx2.get(f"{server.url}/nothing").status_code == 503)
        refused = httpx2.post(server.mcp, json=COUNT, headers=MODERN)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["connection"] == "close"
        assert httpx2.get(f"{server.url}/healthz").status_code == 200


def test_what_cannot_open_a_session_leaves_none_behind() -> None:
    with served(max_sessions=1) as server:
        bodies: tuple[Any, ...] = (COUNT, {"jsonrpc": "2.0", "method": "notifications/initialized"}, [], "x")
        for body in bodies:
            answer = httpx2.post(
                server.mcp, content=json.dumps(body), headers=LEGACY | {"Content-Type": "application/json"}
            )
            assert 400 <= answer.status_code < 500
        assert opened_session(server).status_code == 200
