"""The official TypeScript SDK, a client nobody here wrote, against the shipped server. Run with `make clients`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from guarded import LEVELS, Guarded, guarded
from hosts import COMMAND
from nodejs import node

pytestmark = pytest.mark.clients

SCRIPT = Path(__file__).with_name("seen.mjs")
INVALID_PARAMS = -32602
UNAUTHORIZED = 401
SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
COUNT = {"name": "clevertap_get_event_count", "arguments": SHOP}
UPLOAD = {
    "name": "clevertap_upload_events",
    "arguments": {"events": [{"identity": "n-1", "evtName": "Seen", "ts": 1700000000}]},
}
STOP = {"name": "clevertap_stop_campaign", "arguments": {"id": 1}}
UNKNOWN = {"name": "clevertap_nothing", "arguments": {}}
MISSPELLED = {"name": COUNT["name"], "arguments": {"evnt": 1}}
CALLS = (COUNT, UPLOAD, STOP, UNKNOWN, MISSPELLED)


@dataclass(frozen=True)
class Way:
    """One way in.

    Args:
        client: A client of the script.
        transport: A transport of the script.
        revision: The revision of the protocol that the two sides settle on; None where the SDK does not tell.
    """

    client: str
    transport: str
    revision: str | None


Visit = Callable[[Way, str], dict[str, Any]]

WAYS = (
    pytest.param(Way("modern", "http", "2026-07-28"), id="2.4.0-http-2026"),
    pytest.param(Way("auto", "http", "2026-07-28"), id="2.4.0-http-whatever-is-newest"),
    pytest.param(Way("legacy", "http", "2025-11-25"), id="2.4.0-http-2025"),
    pytest.param(Way("older", "older-http", "2025-11-25"), id="1.32.2-http"),
    pytest.param(Way("older", "older-sse", None), id="1.32.2-sse"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("tokens")) as started:
        yield started


@pytest.fixture(scope="module")
def visit(server: Guarded) -> Visit:
    """What the SDK sees with the token of a level of access; the visit is made once."""

    @cache
    def made(way: Way, level: str) -> dict[str, Any]:
        return seen(server, way, server.headers(level), *CALLS)

    return made


def seen(server: Guarded, way: Way, headers: dict[str, str], *calls: dict[str, Any]) -> dict[str, Any]:
    """What the SDK sees on a way in."""
    address = server.sse if way.transport.endswith("sse") else server.http
    told = {"client": way.client, "transport": way.transport, "address": address, "headers": headers, "calls": calls}
    done = node(SCRIPT, json.dumps(told))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@cache
def tools_at(level: str) -> list[str]:
    """The tools that are of use at a level of access, in their order, as the command line tells them."""
    told = subprocess.run(
        [COMMAND, "--access", level, "actions", "--json"], capture_output=True, check=True, timeout=60
    )
    return [action["tool"] for action in json.loads(told.stdout) if action["default"]]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("way", WAYS)
def test_it_lists_exactly_the_tools_that_the_token_allows(visit: Visit, way: Way, level: str) -> None:
    found = visit(way, level)
    assert found["revision"] == way.revision
    assert found["tools"] == tools_at(level)


@pytest.mark.parametrize("way", WAYS)
def test_it_calls_what_the_token_allows(visit: Visit, way: Way) -> None:
    counted, uploaded, *_ = visit(way, "write")["answers"]
    assert counted["result"]["structuredContent"] == {"count": 6919}
    assert uploaded["result"]["structuredContent"]["accepted"] == 1


@pytest.mark.parametrize("way", WAYS)
def test_what_the_token_does_not_allow_is_no_tool_at_all(visit: Visit, way: Way) -> None:
    counted, *others, unknown, _ = visit(way, "read")["answers"]
    assert counted["result"]["structuredContent"] == {"count": 6919}
    for call, answer in zip((UPLOAD, STOP, UNKNOWN), (*others, unknown), strict=True):
        assert answer["error"]["code"] == INVALID_PARAMS
        assert answer["error"]["message"].endswith(f"Unknown tool: {call['name']}")


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_of_the_server_reaches_it_as_the_result_of_a_tool(visit: Visit, way: Way) -> None:
    refused = visit(way, "read")["answers"][-1]["result"]
    assert refused["isError"]
    assert refused["structuredContent"]["error"]["code"] == "invalid_arguments"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer ctmcp_" + "x" * 43}], ids=["no-token", "wrong-token"]
)
def test_it_does_not_come_in_without_a_good_token(server: Guarded, way: Way, headers: dict[str, str]) -> None:
    found = seen(server, way, headers)
    assert found.keys() == {"refused"}
    assert UNAUTHORIZED in {found["refused"].get("status"), found["refused"]["code"]}
