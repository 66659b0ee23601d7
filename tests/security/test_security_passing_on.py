"""Tokens stay at the door of the shipped server: none reaches CleverTap, the log or the audit log."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from clevertap_mcp.cli import status_of
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from entering import bearing
from hosts import COMMAND, GENERATIONS, account_variables
from issuing import AUDIENCE, AuthorizationServer, issuing

pytestmark = pytest.mark.anyio

COUNT = ("clevertap_get_event_count", {"event_name": "Charged", "from": "1997-03-01", "to": "1997-05-31"})
WRITE = ("clevertap_upload_events", {"events": [{"identity": "1", "evtName": "Seen"}]})
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=/mcp)")


@dataclass(frozen=True)
class Team:
    """A server for a team, and all that it writes.

    Args:
        base: Its address.
        sandbox: The account that it works.
        issuer: Whose tokens it takes beside its own.
        tokens: Its own tokens, by name.
        log: What it has written to stderr, line by line.
        trail: Its audit log.
    """

    base: str
    sandbox: Sandbox
    issuer: AuthorizationServer
    tokens: dict[str, str]
    log: list[str]
    trail: Path


@contextmanager
def started(env: dict[str, str], log: list[str]) -> Iterator[str]:
    """A server process; yields its address, and keeps every line of its stderr."""
    start = [COMMAND, "serve", "--transport", "http", "--port", "0"]
    base: Future[str] = Future()

    def keep() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            log.append(line)
            found = ADDRESS.search(line)
            if found and not base.done():
                base.set_result(found[0])

    with (
        ThreadPoolExecutor(1) as threads,
        subprocess.Popen(start, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process,
    ):
        threads.submit(keep)
        try:
            yield base.result(30)
        finally:
            process.terminate()


@pytest.fixture
def team(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Team]:
    file, trail = tmp_path / "tokens.toml", tmp_path / "audit.jsonl"
    tokens = {}
    for name, access in (("ana", "read"), ("ben", "full")):
        assert status_of(["tokens", "add", name, "--access", access, "--file", str(file)]) == 0
        tokens[name] = capsys.readouterr().out.strip()
    log: list[str] = []
    with Sandbox() as sandbox, serving(sandbox) as url, issuing() as issuer:
        env = account_variables(
            url,
            CLEVERTAP_LOG_LEVEL="debug",
            CLEVERTAP_LOG_FORMAT=request.param,
            CLEVERTAP_AUDIT_LOG=str(trail),
            CLEVERTAP_MCP_TOKENS_FILE=str(file),
            CLEVERTAP_MCP_URL=AUDIENCE,
            CLEVERTAP_MCP_OAUTH_ISSUER=issuer.url,
        )
        with started(env, log) as base:
            yield Team(base, sandbox, issuer, tokens, log, trail)


@asynccontextmanager
async def host(base: str, token: str, generation: str) -> AsyncIterator[Client]:
    """A host with a token, over Streamable HTTP or over SSE."""
    headers = bearing(token)
    if generation == "sse":
        async with Client(sse_client(f"{base}/sse", headers), mode="legacy", cache=None) as attached:
            yield attached
        return
    async with httpx2.AsyncClient(headers=headers) as http:
        way = streamable_http_client(f"{base}/mcp", http_client=http)
        async with Client(way, mode=GENERATIONS[generation], cache=None) as attached:
            yield attached


def pieces(token: str) -> list[str]:
    """What gives a token away: all of it, and of one with parts its body and its signature."""
    return [token, *token.split(".")[1:]]


@pytest.mark.parametrize("team", ["json"], indirect=True)
async def test_tokens_are_passed_on_to_nobody_and_written_down_nowhere(team: Team) -> None:
    issued = team.issuer.token(scope="clevertap:full")
    refused = [team.issuer.token(aud="https://other.example.com"), f"ctmcp_{'x' * 43}"]
    used = [*team.tokens.values(), issued]
    for generation in (*GENERATIONS, "sse"):
        for token in used:
            async with host(team.base, token, generation) as attached:
                assert not (await attached.call_tool(*COUNT)).is_error
                names = {tool.name for tool in (await attached.list_tools()).tools}
                assert (WRITE[0] in names) is (token != team.tokens["ana"])
                if WRITE[0] in names:
                    assert not (await attached.call_tool(*WRITE)).is_error
    async with httpx2.AsyncClient() as http:
        for token in refused:
            assert (await http.post(f"{team.base}/mcp", headers=bearing(token), json={})).status_code == 401
    arrived = "\n".join(f"{each.path} {each.query} {each.headers} {each.body!r}" for each in team.sandbox.requests)
    trail = team.trail.read_text()
    assert arrived.count("/1/upload") == 6
    assert "token/ben" in trail
    assert f"{team.issuer.url}/desk/ana" in trail
    assert "authorization" not in arrived
    for piece in (piece for token in [*used, *refused] for piece in pieces(token)):
        for place in (arrived, "".join(team.log), trail):
            assert piece not in place
    assert "is for another audience" in "".join(team.log)


@pytest.mark.parametrize("team", ["text"], indirect=True)
async def test_an_sse_connection_is_there_for_nobody_else(team: Team) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with (
        httpx2.AsyncClient(base_url=team.base) as http,
        http.stream("GET", "/sse", headers=bearing(team.tokens["ana"])) as events,
    ):
        lines = events.aiter_lines()
        while not (line := await anext(lines)).startswith("data: "):
            pass
        address = line.removeprefix("data: ")

        async def status(token: str | None) -> int:
            return (await http.post(address, headers=bearing(token), json=ping)).status_code

        assert await status(None) == 401
        assert await status(team.tokens["ben"]) == 404
        assert await status(team.issuer.token(sub="ana", client_id="ana")) == 404
        assert await status(team.tokens["ana"]) == 202
        assert (await http.get("/sse")).status_code == 401
    assert not any(token in line for token in team.tokens.values() for line in team.log)
