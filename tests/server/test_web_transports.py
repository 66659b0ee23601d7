"""The server as a process on loopback: Streamable HTTP and SSE, for hosts of both generations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client as Host
from mcp.client.sse import sse_client

from web import ANSWER, COUNT, MODERN, SPRING, TOOL, silent_account

pytestmark = pytest.mark.anyio

LONGEST = 60
LOOPBACK = "127.0.0.1"
NOBODY = {"CLEVERTAP_ACCOUNT_ID": "A", "CLEVERTAP_PASSCODE": "P"}
Serve = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def run(transport: str, **variables: str) -> tuple[str, subprocess.Popen[str]]:
        where = [] if variables else ["--sandbox"]
        process = subprocess.Popen(
            [sys.executable, "-m", "clevertap_mcp", *where, "serve", "--transport", transport, "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
        )
        started.append(process)
        assert process.stderr
        url = next(line.split()[-1] for line in process.stderr if "http://" in line)
        return url, process

    yield run
    for process in started:
        with process:
            process.terminate()


def reached(url: str, mode: Any) -> Host:
    return Host(sse_client(url) if url.endswith("/sse") else url, mode=mode, cache=None)


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_hosts_of_both_generations_are_served_at_once(serve: Serve, transport: str) -> None:
    url, _ = serve(transport)
    async with reached(url, "auto") as new, reached(url, "legacy") as old:
        for host in (new, old, new):
            result = await host.call_tool(TOOL, SPRING)
            assert result.structured_content == {"count": 1_857}


@pytest.mark.parametrize("asked_for", ["http", "sse"])
async def test_one_process_serves_both_transports_and_tells_the_one_asked_for_first(
    serve: Serve, asked_for: str
) -> None:
    first, process = serve(asked_for)
    assert process.stderr
    second = process.stderr.readline().strip()
    paths = {"http": ["/mcp", "/sse"], "sse": ["/sse", "/mcp"]}[asked_for]
    assert [first[-4:], second[-4:]] == paths
    for url in (first, second):
        async with reached(url, "auto") as host:
            assert (await host.call_tool(TOOL, SPRING)).structured_content == {"count": 1_857}


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_only_this_machine_is_served(serve: Serve, transport: str) -> None:
    url, _ = serve(transport)
    assert url.startswith("http://127.0.0.1:")
    async with httpx2.AsyncClient() as client:
        answer = await client.post(url, headers={"Host": "evil.example"}, json={})
        messages = url.replace("/sse", "/messages/")
        posted = await client.post(messages, headers={"Host": "evil.example"}, json={})
    assert posted.status_code == 421
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("transport", "mode"), [("http", "auto"), ("http", "legacy"), ("sse", "auto"), ("sse", "legacy")]
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_server_whose_hosts_are_still_there(
    serve: Serve, transport: str, mode: str, number: int
) -> None:
    url, process = serve(transport)
    with anyio.fail_after(LONGEST):
        async with anyio.create_task_group() as tasks:
            connected = anyio.Event()

            async def stay() -> None:
                try:
                    async with reached(url, mode) as host:
                        await host.list_tools()
                        connected.set()
                        await anyio.sleep_forever()
                except* (httpx2.HTTPError, anyio.ClosedResourceError):
                    pass  # the server is gone; that is what this is about

            tasks.start_soon(stay)
            await connected.wait()
            process.send_signal(number)
            assert await anyio.to_thread.run_sync(process.wait) == 0
            tasks.cancel_scope.cancel()
    stray, told = process.communicate(timeout=LONGEST)
    assert stray == ""
    assert "Traceback" not in told


async def test_a_call_in_flight_is_answered_before_a_signal_ends_the_server(serve: Serve) -> None:
    with silent_account() as listener:
        url, process = serve("http", CLEVERTAP_BASE_URL=f"http://{LOOPBACK}:{listener.getsockname()[1]}", **NOBODY)
        with anyio.fail_after(LONGEST):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(answered_call, url)
                connection, _ = await anyio.to_thread.run_sync(listener.accept)
                with connection:
                    process.send_signal(signal.SIGTERM)
                    connection.recv(65536)
                    connection.sendall(ANSWER)
                    assert await anyio.to_thread.run_sync(process.wait) == 0
    stray, told = process.communicate(timeout=LONGEST)
    assert stray == ""
    assert "Traceback" not in told


async def answered_call(url: str) -> None:
    """A call that the server lets end."""
    async with httpx2.AsyncClient() as client:
        answer = await client.post(url, headers=MODERN, json=COUNT, timeout=LONGEST)
    assert answer.json()["result"]["structuredContent"] == {"count": 3}


async def test_a_signal_ends_a_server_with_an_open_subscription_and_the_host_is_told(serve: Serve) -> None:
    url, process = serve("http")
    with anyio.fail_after(LONGEST):
        async with Host(url, cache=None) as host, host.listen(tools_list_changed=True) as changes:
            process.send_signal(signal.SIGTERM)
            assert [change async for change in changes] == []
            assert await anyio.to_thread.run_sync(process.wait) == 0


async def test_a_message_that_cannot_be_read_is_not_quoted_in_the_log(serve: Serve) -> None:
    url, process = serve("sse")
    person = "secret.person@example.org"
    async with httpx2.AsyncClient(timeout=LONGEST) as client, client.stream("GET", url) as events:
        path = await anext(line.removeprefix("data:").strip() async for line in events.aiter_lines() if "data:" in line)
        answer = await client.post(url.replace("/sse", path), json={**COUNT, "params": person})
    assert answer.status_code == 400
    process.terminate()
    _, told = await anyio.to_thread.run_sync(lambda: process.communicate(timeout=LONGEST))
    assert "ERROR mcp.server.sse: reported at sse.py:" in told
    assert person not in told
    assert "Traceback" not in told
