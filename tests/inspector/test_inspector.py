"""The MCP Inspector's command line, a client nobody here wrote, against the shipped server. Run with `make clients`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from guarded import Guarded, guarded
from hosts import listening
from nodejs import MODULES, node

pytestmark = pytest.mark.clients

INSPECTOR = MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
FROM_MCP_JSON = ["--config", "mcp.json", "--server", "clevertap-sandbox"]
SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
UPLOAD = {"events": [{"identity": "n-1", "evtName": "Seen", "ts": 1700000000}]}
CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "clevertap_get_event_count": (SHOP, {"count": 6919}),
    "clevertap_get_profile_count": (SHOP, {"count": 2357}),
    "clevertap_get_user_profile": ({"identity": "nobody"}, {"found": False}),
    "clevertap_upload_events": (UPLOAD, {"sent": 1, "accepted": 1, "refused": 0, "unaccounted": 0, "unsent": 0}),
}
"""Four tools: what they are given, and what must be in their answers."""
NEEDS_A_TOKEN = 3
IS_A_TOOL_ERROR = 5
GENERATIONS = ("legacy", "modern")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("tokens")) as started:
        yield started


def inspected(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the Inspector."""
    return node(INSPECTOR, "--cli", *arguments, "--format", "json", "-q")


def result(*arguments: str) -> dict[str, Any]:
    """What the Inspector prints when all is well."""
    done = inspected(*arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)["result"])


def listed(*target: str) -> set[str]:
    """The names of the tools, in whose schemas the Inspector finds no fault."""
    done = inspected(*target, "--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "Error" not in done.stderr
    return {tool["name"] for tool in json.loads(done.stdout)["result"]["tools"]}


def calling(tool: str, given: dict[str, Any]) -> tuple[str, ...]:
    """What makes the Inspector call a tool."""
    return ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(given))


def lists_and_calls(*target: str) -> None:
    """List the tools, then call four of them."""
    assert listed(*target) >= CALLS.keys()
    for tool, (given, expected) in CALLS.items():
        answer = result(*target, *calling(tool, given))
        assert not answer["isError"]
        assert expected.items() <= answer["structuredContent"].items()


def over_http(team: Guarded, generation: str, level: str | None) -> tuple[str, ...]:
    """A target: the server over HTTP in a generation of the protocol, with the token of a level."""
    headers = team.headers(level) if level else {}
    shown = (part for name, value in headers.items() for part in ("--header", f"{name}: {value}"))
    return (team.http, "--transport", "http", "--protocol-era", generation, *shown)


def test_the_inspector_lists_and_calls_over_stdio_from_mcp_json() -> None:
    lists_and_calls(*FROM_MCP_JSON)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_inspector_lists_and_calls_over_http_in_both_generations(generation: str) -> None:
    with listening("http") as address:
        lists_and_calls(address, "--transport", "http", "--protocol-era", generation)


def test_the_inspector_lists_and_calls_over_sse() -> None:
    with listening("sse") as address:
        lists_and_calls(address, "--transport", "sse")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_inspector_lists_and_calls_with_a_token_that_may_write(team: Guarded, generation: str) -> None:
    lists_and_calls(*over_http(team, generation, "write"))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_inspector_sees_and_reaches_only_what_its_token_may_read(team: Guarded, generation: str) -> None:
    target = over_http(team, generation, "read")
    names = listed(*target)
    assert names < listed(*over_http(team, generation, "full"))
    assert "clevertap_get_event_count" in names
    assert "clevertap_upload_events" not in names
    done = inspected(*target, *calling("clevertap_upload_events", UPLOAD))
    assert done.returncode not in {0, NEEDS_A_TOKEN}
    assert "clevertap_upload_events" in done.stderr


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_inspector_says_that_it_needs_a_token(team: Guarded, generation: str) -> None:
    done = inspected(*over_http(team, generation, None), "--method", "tools/list")
    assert done.returncode == NEEDS_A_TOKEN, done.stderr
    assert not done.stdout


def test_a_refused_argument_reaches_the_inspector_as_a_tool_error() -> None:
    done = inspected(*FROM_MCP_JSON, *calling("clevertap_get_event_count", {"evnt": 1}))
    assert done.returncode == IS_A_TOOL_ERROR, done.stdout
    assert "evnt" in done.stderr + done.stdout
