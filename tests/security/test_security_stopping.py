"""A server that is told to stop takes nothing new, lets calls end, and tells those that do not end in time."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from clevertap_mcp.transports.patience import PATIENCE
from hosts import COMMAND, account_variables
from web import (
    ANSWER,
    COUNT,
    INITIALIZE,
    LEGACY,
    LISTEN,
    LISTENING,
    LONGEST,
    MODERN,
    SPRING,
    TOOL,
    Served,
    on,
    served,
    silent_account,
    until,
)

HASTY = replace(PATIENCE, grace=0.2)
UPLOAD = {"events": [{"identity": "jane", "evtName": "Seen", "evtData": {}}]}


@contextmanager
def hanging(server: Served, listener: socket.socket, call: dict[str, Any], **headers: str) -> Iterator[Any]:
    """A call that waits for CleverTap: what becomes of it, and the connection that it waits on."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx2.post, server.mcp, json=call, headers=MODERN | headers, timeout=LONGEST)
        connection, _ = listener.accept()
        with connection:
            yield asked, connection


def outcome(asked: Future[httpx2.Response]) -> dict[str, Any]:
    """The result of a call."""
    answer = asked.result(LONGEST)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_nothing_new_is_taken_and_health_is_told_while_calls_end() -> None:
    with silent_account() as listener, served(on(listener)) as server:
        with hanging(server, listener, COUNT) as (asked, connection):
            server.stop()
            for headers, body in ((MODERN, COUNT), (LEGACY, INITIALIZE), (LISTENING, LISTEN)):
                refused = httpx2.post(server.mcp, json=body, headers=headers)
                assert refused.status_code == 503
                assert int(refused.headers["retry-after"]) > 0
                assert refused.headers["connection"] == "close"
            assert httpx2.get(f"{server.url}/sse").status_code == 503
            assert httpx2.get(f"{server.url}/healthz").status_code == 200
            ready = httpx2.get(f"{server.url}/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "unready", "reasons": ["stopping"]})
            connection.recv(65536)
            connection.sendall(ANSWER)
            assert outcome(asked)["structuredContent"] == {"count": 3}
        assert server.ended.wait(LONGEST)


def test_a_reading_call_that_does_not_end_in_time_is_told_that_nothing_changed() -> None:
    with silent_account() as listener, served(on(listener), HASTY) as server:
        with hanging(server, listener, COUNT) as (asked, _):
            server.stop()
            result = outcome(asked)
        assert result["isError"]
        error = result["structuredContent"]["error"]
        assert (error["code"], error["changed"]) == ("stopping", "no")
        assert "again" in error["next"]
        assert server.ended.wait(LONGEST)


def test_a_writing_call_that_does_not_end_in_time_is_told_that_nobody_knows() -> None:
    name = "clevertap_upload_events"
    call = COUNT | {"params": COUNT["params"] | {"name": name, "arguments": UPLOAD}}
    with silent_account() as listener, served(on(listener), HASTY) as server:
        with hanging(server, listener, call, **{"Mcp-Name": name}) as (asked, _):
            server.stop()
            error = outcome(asked)["structuredContent"]["error"]
        assert (error["code"], error["changed"]) == ("stopping", "unknown")
        assert "Do not repeat" in error["next"]


@pytest.mark.anyio
@pytest.mark.parametrize(("transport", "mode"), [("http", "auto"), ("http", "legacy"), ("sse", "legacy")])
async def test_a_host_whose_call_ends_meanwhile_can_still_ask_for_the_tools(transport: str, mode: str) -> None:
    with silent_account() as listener, served(on(listener)) as server:
        way = server.mcp if transport == "http" else sse_client(f"{server.url}/sse")
        async with Client(way, mode=mode, cache=None) as host, anyio.create_task_group() as tasks:

            async def answered() -> None:
                connection, _ = await anyio.to_thread.run_sync(listener.accept)
                with connection:
                    server.stop()
                    connection.recv(65536)
                    connection.sendall(ANSWER)

            tasks.start_soon(answered)
            with anyio.fail_after(LONGEST):
                answer = await host.call_tool(TOOL, SPRING)
                assert answer.structured_content == {"count": 3}
                tools = await host.list_tools()
        assert TOOL in {tool.name for tool in tools.tools}
        assert server.ended.wait(LONGEST)


@pytest.mark.parametrize("patience", [PATIENCE, HASTY])
def test_a_call_over_a_stream_of_events_is_answered_before_the_stream_ends(patience: Any) -> None:
    with silent_account() as listener, served(on(listener), patience) as server:
        with httpx2.stream("GET", f"{server.url}/sse", timeout=LONGEST) as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("data: "))
            path = next(lines).removeprefix("data: ")
            httpx2.post(server.url + path, json=COUNT)
            connection, _ = listener.accept()
            with connection:
                server.stop()
                if patience is PATIENCE:
                    connection.recv(65536)
                    connection.sendall(ANSWER)
                result = json.loads(next(lines).removeprefix("data: "))["result"]
            assert result.get("isError", False) is (patience is HASTY)
            assert list(lines) == []
        assert server.ended.wait(LONGEST)


def test_streams_end_at_once_and_properly() -> None:
    with served(patience=replace(PATIENCE, grace=600)) as server:
        session = LEGACY | {
            "Mcp-Session-Id": httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY).headers["mcp-session-id"]
        }
        with (
            httpx2.stream("GET", f"{server.url}/sse", timeout=LONGEST) as events,
            httpx2.stream("GET", server.mcp, headers=session, timeout=LONGEST) as legacy,
            httpx2.stream("POST", server.mcp, json=LISTEN, headers=LISTENING, timeout=LONGEST) as subscription,
        ):
            lines = subscription.iter_lines()
            next(lines)
            server.stop()
            for stream in (events, legacy):
                assert b"Traceback" not in stream.read()
            assert '"result"' in "".join(lines)
        assert server.ended.wait(LONGEST)


def test_a_second_signal_ends_it_the_hard_way() -> None:
    with silent_account() as listener:
        port = listener.getsockname()[1]
        start = [COMMAND, "serve", "--transport", "http", "--port", "0"]
        process = subprocess.Popen(
            start, env=account_variables(f"http://127.0.0.1:{port}"), stderr=subprocess.PIPE, text=True
        )
        assert process.stderr
        with process, ThreadPoolExecutor(1) as pool:
            url = next(line.strip() for line in process.stderr if line.startswith("http"))
            pool.submit(httpx2.post, url, json=COUNT, headers=MODERN, timeout=LONGEST)
            connection, _ = listener.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                until(lambda: httpx2.post(url, json=COUNT, headers=MODERN).status_code == 503)
                process.send_signal(signal.SIGTERM)
                assert process.wait(LONGEST) == -signal.SIGTERM
