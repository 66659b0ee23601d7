"""The reference's own examples pass through the tools, over MCP, and arrive as the reference writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx2
import pytest
from mcp.types import CallToolResult

from acceptance.reference_examples import EXAMPLES, Example
from called import called, promised
from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Recorded, Sandbox
from clevertap_sandbox.serve import serving
from hosts import working

Exchanges = dict[str, tuple[CallToolResult, list[Recorded]]]
TODAY = datetime(2026, 10, 20, 12, tzinfo=UTC).timestamp()
"""After the last day that an example asks about, before the first moment that one plans for."""
THEN = int(datetime(2025, 12, 31, 12, tzinfo=UTC).timestamp())
KNOWN_EVENTS = ("Course Started", "Course Shared", "Charged", "Wishlist Add", "Price Viewed", "Product Viewed")
CREDENTIALS = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
OPEN: dict[str, Any] = {
    "CLEVERTAP_CONFIRM": "off",
    "CLEVERTAP_PII": "show",
    "CLEVERTAP_TOOLSETS": "all",
    "CLEVERTAP_ACCOUNT_TOKEN": ACCOUNT_TOKEN,
}


def known_world() -> list[dict[str, Any]]:
    """Records that make the events and properties of the examples exist."""
    seen = {"Price": 5, "Course": "Pottery", "Amount": 5, "Category": "Sneakers"}
    somebody: dict[str, Any] = {"identity": "u-1001"}
    events = [{**somebody, "type": "event", "evtName": name, "ts": THEN, "evtData": seen} for name in KNOWN_EVENTS]
    return [*events, {**somebody, "type": "profile", "profileData": {"Plan": "Gold", "Tier": "Gold"}}]


async def carried_out(sandbox: Sandbox, url: str) -> Exchanges:
    """What each call answered, and the requests it made."""
    made: Exchanges = {}
    async with working(url, **OPEN) as host:
        for each in EXAMPLES:
            sandbox.requests.clear()
            answer = await host.call_tool(f"clevertap_{each.tool}", each.arguments)
            made[each.place] = answer, list(sandbox.requests)
    return made


@pytest.fixture(scope="module")
def exchanges() -> Exchanges:
    """All calls, one after the other on one host."""
    with Sandbox(seed=None, clock=lambda: TODAY) as sandbox, serving(sandbox) as url:
        httpx2.post(f"{url}/1/upload", json={"d": known_world()}, headers=CREDENTIALS).raise_for_status()
        return anyio.run(carried_out, sandbox, url)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.place} ({each.tool})" for each in EXAMPLES])
def test_an_example_of_the_reference_arrives_as_it_is_written(exchanges: Exchanges, example: Example) -> None:
    answer, requests = exchanges[example.place]
    assert not answer.is_error, answer.content
    (arrived,) = [each for each in requests if each.path == example.path and each.body]
    assert json.loads(arrived.body) == example.body
    assert example.query.items() <= arrived.query.items()


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.place for each in EXAMPLES])
def test_a_tool_calls_only_what_it_says_it_may_call(exchanges: Exchanges, example: Example) -> None:
    _, requests = exchanges[example.place]
    assert called(requests) <= promised(example.tool.replace("_", "-"))


def test_every_example_has_a_place_of_its_own() -> None:
    assert len({each.place for each in EXAMPLES}) == len(EXAMPLES)


def test_there_is_an_example_of_everything_that_was_promised() -> None:
    paths = {each.path for each in EXAMPLES}
    assert {
        "/1/upload",
        "/1/profiles.json",
        "/1/events.json",
        "/1/counts/profiles.json",
        "/1/counts/events.json",
        "/1/counts/top.json",
        "/1/counts/trends.json",
        "/1/now.json",
        "/1/targets/create.json",
        "/1/send/push.json",
    } <= paths
    assert {each.body["target_mode"] for each in EXAMPLES if each.tool == "create_campaign"} == {  # type: ignore[call-overload] # an object
        "push",
        "email",
        "sms",
        "webpush",
        "whatsapp",
        "notificationinbox",
        "webhook",
    }
