"""A count through our server, against the same HTTP call made directly plus a call of a tool that does nothing.

Both servers are spoken to over stdio; one sandbox process, filled with its sample shop, answers everybody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial

import httpx2

from benchmarks.finding import Finding, medians, milliseconds
from benchmarks.processes import BARE_SERVER, SCRIPT, Message, Pipe, connected, sandbox, started

AT_MOST = 1.3
REPETITIONS = 300
PATH = "/1/counts/events.json"
QUERY = {"event_name": "Charged", "from": 19970101, "to": 19980630}
ARGUMENTS = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
PURCHASES = 6919
"""What the sample shop answers; anything else would be no measurement."""


def findings() -> Iterator[Finding]:
    """Medians of single calls, each made when the one before is answered."""
    with (
        sandbox() as variables,
        started([SCRIPT], variables) as ours,
        started(BARE_SERVER) as bare,
        connected(variables) as http,
    ):
        for server in (ours, bare):
            server.shake_hands()
            server.notify("notifications/initialized")
        call, direct, nothing = medians(
            partial(count, ours), partial(post, http), partial(do_nothing, bare), repetitions=REPETITIONS, warm_up=20
        )
    reference = f"{direct * 1000:.2f} + {milliseconds(nothing)}"
    yield Finding("tool call : HTTP + no-op tool", milliseconds(call), reference, call / (direct + nothing), AT_MOST)


def count(server: Pipe) -> float:
    """Seconds of a count through MCP."""
    seconds, result = called(server, "clevertap_get_event_count", ARGUMENTS)
    assert result["structuredContent"] == {"count": PURCHASES}, result
    return seconds


def do_nothing(server: Pipe) -> float:
    """Seconds of a call that is nothing but protocol."""
    return called(server, "nothing", {})[0]


def called(server: Pipe, tool: str, arguments: Message) -> tuple[float, Message]:
    """Seconds of a tool call, and its result."""
    began = time.perf_counter()
    result = server.request("tools/call", {"name": tool, "arguments": arguments})
    return time.perf_counter() - began, result


def post(http: httpx2.Client) -> float:
    """Seconds of the same count asked over HTTP, from question to parsed answer."""
    began = time.perf_counter()
    answer = http.post(PATH, content=json.dumps(QUERY, separators=(",", ":"))).json()
    seconds = time.perf_counter() - began
    assert answer["count"] == PURCHASES, answer
    return seconds
