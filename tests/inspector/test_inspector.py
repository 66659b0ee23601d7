"""The MCP Inspector's command line, a client nobody here wrote, against the shipped server. Run with `make inspect`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hosts import listening

pytestmark = pytest.mark.inspector

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
MODULES = HERE / "node_modules"
INSPECTOR = [
    str(MODULES / ".bin/node"),
    str(MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
    "--cli",
]
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


def inspected(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the Inspector."""
    command = [*INSPECTOR, *arguments, "--format", "json", "-q"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)


def result(*arguments: str) -> dict[str, Any]:
    """What the Inspector prints when all is well."""
    done = inspected(*arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)["result"])


def lists_and_calls(*target: str) -> None:
    """List the tools without a fault, then call four of them."""
    listed = inspected(*target, "--method", "tools/list", "--strict")
    assert listed.returncode == 0, listed.stderr
    assert "Warning" not in listed.stderr
    assert "Error" not in listed.stderr
    assert CALLS.keys() <= {tool["name"] for tool in json.loads(listed.stdout)["result"]["tools"]}
    for tool, (given, expected) in CALLS.items():
        arguments = ("--tool-name", tool, "--tool-args-json", json.dumps(given))
        answer = result(*target, "--method", "tools/call", *arguments)
        assert not answer["isError"]
        assert expected.items() <= answer["structuredContent"].items()


def test_the_inspector_lists_and_calls_over_stdio_from_mcp_json() -> None:
    lists_and_calls(*FROM_MCP_JSON)


@pytest.mark.parametrize("generation", ["legacy", "modern"])
def test_the_inspector_lists_and_calls_over_http_in_both_generations(generation: str) -> None:
    with listening("http") as address:
        lists_and_calls(address, "--transport", "http", "--protocol-era", generation)


def test_the_inspector_lists_and_calls_over_sse() -> None:
    with listening("sse") as address:
        lists_and_calls(address, "--transport", "sse")


def test_a_refused_argument_reaches_the_inspector_as_a_tool_error() -> None:
    call = ("--method", "tools/call", "--tool-name", "clevertap_get_event_count", "--tool-args-json", '{"evnt": 1}')
    done = inspected(*FROM_MCP_JSON, *call)
    assert done.returncode == 5, done.stdout
    assert "evnt" in done.stderr + done.stdout
