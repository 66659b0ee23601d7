"""Two tools in front of all actions: what they find fits, and what they run is what a direct call does."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, TextContent

from calls import further_calls
from clevertap_mcp.rendering.render import MOST_BYTES, size
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.actions import CATALOGUE
from hosts import GENERATIONS, account_variables, attached, says_yes, working

pytestmark = pytest.mark.anyio

NOW = 1_780_000_000.0
KEY = "k" * 32
SPRING = {"event_name": "Charged", "from": "1997-03-01", "to": "1997-05-31"}
PERSON = {"identity": "0003", "Email": "ann@example.org", "Phone": "+447700900123", "Name": "Ann Archer"}
CAMPAIGN = {
    "name": "Win-back",
    "target_mode": "email",
    "where": SPRING,
    "content": {"subject": "Hi", "body": "Back soon?", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
SAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("upload_user_profiles", {"profiles": [{"identity": "n-1", "profileData": {"Email": "no address"}}]}),
    ("upload_events", {"events": [{"identity": "n-1", "evtName": "Seen", "ts": 1700000000}]}),
    ("get_user_profiles", SPRING),
    ("get_events", {**SPRING, "batch_size": 46}),
    ("get_event_count", SPRING),
    ("get_event_count", {**SPRING, "evnt_name": "x"}),
    ("get_event_count", {**SPRING, "to": "1997-02-31"}),
    ("get_event_count", {**SPRING, "plan": "plan_aaaaaaaaaaaaaaaa"}),
    ("get_events_by_cursor", {"cursor": "unknown"}),
    ("create_campaign", CAMPAIGN),
    ("create_campaign", CAMPAIGN),
    ("create_campaign", {**CAMPAIGN, "again": True}),
    ("create_campaign", {**CAMPAIGN, "again": "yes"}),
    ("create_campaign", {**CAMPAIGN, "plan": "plan_aaaaaaaaaaaaaaaa"}),
    ("stop_campaign", {"id": 1}),
    ("request", {"method": "GET", "path": "/1/profile.json", "query": [{"name": "identity", "value": "0002"}]}),
    ("request", {"method": "GET", "path": "/1/nobody/knows.json"}),
    ("delete_user_profile", {"identity": ["0003"]}),
    ("delete_user_profile", {}),
]
"""Good and bad calls, reads and deeds, among them the same deed twice."""


@asynccontextmanager
async def account(toolsets: str, log: Path, **more: str) -> AsyncIterator[tuple[Sandbox, Client]]:
    """An account whose clock stands still, and a host attached to it."""
    variables: dict[str, Any] = {
        "CLEVERTAP_PSEUDONYM_KEY": KEY,
        "CLEVERTAP_AUDIT_LOG": str(log),
        "CLEVERTAP_TOOLSETS": toolsets,
    } | more
    with Sandbox(clock=lambda: NOW) as sandbox, serving(sandbox) as url:
        async with working(url, **variables) as host:
            yield sandbox, host


async def run(host: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call a tool through the one that runs actions."""
    return await host.call_tool("clevertap_run_action", {"key": tool.replace("_", "-"), "arguments": arguments})


def told(answer: CallToolResult) -> dict[str, Any]:
    assert not answer.is_error, answer
    return dict(answer.structured_content or {})


def comparable(answer: CallToolResult) -> str:
    """An answer without what is drawn anew for each: marks and handles."""
    text = answer.model_dump_json()
    text = re.sub(r"untrusted-[a-z]{12}", "untrusted-…", text)
    return re.sub(r"(plan_|next_cursor\W+)[a-z0-9_]+", r"\1…", text)


def paths(sandbox: Sandbox) -> list[str]:
    """What an account was asked for, without the names that it gives to files."""
    return [re.sub(r"/[0-9a-f]{32}", "/…", f"{each.method} {each.path}") for each in sandbox.requests]


def entries(log: Path) -> list[dict[str, Any]]:
    """The lines of an audit log without what differs from run to run."""
    if not log.exists():
        return []
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return [
        {
            name: value
            for name, value in line.items()
            if name in ("event", "action", "effect", "outcome", "code", "reach")
        }
        for line in lines
    ]


@pytest.mark.parametrize("confirm", ["off", "plan", "ask"])
async def test_running_an_action_is_calling_its_tool(tmp_path: Path, confirm: str) -> None:
    direct, by_key = tmp_path / "direct.jsonl", tmp_path / "by_key.jsonl"
    async with (
        account("all", direct, CLEVERTAP_CONFIRM=confirm) as (one, host),
        account("search", by_key, CLEVERTAP_CONFIRM=confirm) as (other, searching),
    ):
        for tool, arguments in SAMPLES + further_calls(PERSON):
            expected = await host.call_tool(f"clevertap_{tool}", arguments)
            assert comparable(await run(searching, tool, arguments)) == comparable(expected), (tool, arguments)
        assert paths(one) == paths(other) != []
    assert entries(direct) == entries(by_key) != []


async def test_handles_lead_on_from_run_to_run(tmp_path: Path) -> None:
    async with account("search", tmp_path / "log") as (_, host):
        first = told(await run(host, "get_events", {**SPRING, "batch_size": 46}))
        second = told(await run(host, "get_events_by_cursor", {"cursor": first["next_cursor"]}))
    assert first["returned"] == 46
    assert second["returned"] > 0
    assert first["records"][0] != second["records"][0]


async def test_a_plan_comes_back_inside_the_arguments(tmp_path: Path) -> None:
    async with account("search", tmp_path / "log", CLEVERTAP_CONFIRM="plan") as (_, host):
        plan = told(await run(host, "create_campaign", CAMPAIGN))
        assert plan["done"] is False
        beside = {"key": "create-campaign", "arguments": CAMPAIGN, "plan": plan["plan"]}
        assert (await host.call_tool("clevertap_run_action", beside)).is_error
        made = told(await run(host, "create_campaign", {**CAMPAIGN, "plan": plan["plan"]}))
        assert made["reach"] == plan["reach"]


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_person_is_asked_as_for_a_direct_call(generation: str) -> None:
    with Sandbox() as sandbox, serving(sandbox) as url:
        env = account_variables(url, CLEVERTAP_TOOLSETS="search")
        async with attached("stdio", generation, env=env, person=says_yes) as host:
            assert [tool.name for tool in (await host.list_tools()).tools] == [
                "clevertap_find_actions",
                "clevertap_run_action",
            ]
            found = told(await host.call_tool("clevertap_find_actions", {"intent": "she wants to be forgotten"}))
            assert found["actions"][0]["key"] == "delete-user-profile"
            assert told(await run(host, "delete_user_profile", {"identity": ["0003"]}))["accepted"] == 1


async def test_progress_reaches_the_host(tmp_path: Path) -> None:
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    events = [{"identity": f"p{n}", "evtName": "Seen", "ts": 883612800} for n in range(2_500)]
    async with account("search", tmp_path / "log") as (_, host):
        call = {"key": "upload-events", "arguments": {"events": events}}
        await host.call_tool("clevertap_run_action", call, progress_callback=hear)
    assert heard


@pytest.mark.parametrize(
    ("toolsets", "key", "reached"),
    [
        ("search,core", "get-events", True),
        ("search,core", "get-user-profile", False),
        ("search,core,people", "get-user-profile", True),
        ("+search", "get-user-profile", True),
        ("+search", "send-message", False),
        ("search", "list-content-blocks", True),
        ("search,-get-events", "get-events", False),
    ],
)
async def test_only_what_is_chosen_is_reached(tmp_path: Path, toolsets: str, key: str, reached: bool) -> None:
    async with account(toolsets, tmp_path / "log") as (sandbox, host):
        listed = [tool.name for tool in (await host.list_tools()).tools]
        answer = await run(host, key, {"no_such_argument": 1})
        error = dict((answer.structured_content or {})["error"])
        found = told(await host.call_tool("clevertap_find_actions", {"intent": key, "limit": 10}))
        with pytest.raises(MCPError, match="Unknown tool"):
            await host.call_tool(f"clevertap_{key.replace('-', '_')}", {})
        assert sandbox.requests == []
    assert len(listed) == 2
    assert ("'no_such_argument' is not an argument" in error["message"]) is reached
    assert (key in [each["key"] for each in found["actions"]]) is reached


async def test_without_search_its_tools_are_unknown(tmp_path: Path) -> None:
    async with account("all", tmp_path / "log") as (_, host):
        for tool in ("clevertap_find_actions", "clevertap_run_action"):
            assert tool not in [each.name for each in (await host.list_tools()).tools]
            with pytest.raises(MCPError, match="Unknown tool"):
                await host.call_tool(tool, {"intent": "x", "key": "get-events"})


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("find_actions", {}, "'intent' is missing"),
    ("find_actions", {"intent": 7}, "'intent' must be text"),
    ("find_actions", {"intent": ""}, "'intent' is shorter"),
    ("find_actions", {"intent": "x" * 1_001}, "'intent' is longer"),
    ("find_actions", {"intent": "x", "limit": 0}, "'limit' must be at least 1"),
    ("find_actions", {"intent": "x", "limit": 11}, "'limit' must be at most 10"),
    ("find_actions", {"intents": "x"}, "nearest: 'intent'"),
    ("find_actions", {"intent": "\ud83d"}, "half a character"),
    ("run_action", {}, "'key' is missing"),
    ("run_action", {"key": "get-event"}, "nearest: 'get-events'"),
    ("run_action", {"key": "zzz"}, "clevertap_find_actions"),
    ("run_action", {"key": "run-action"}, "names no action here"),
    ("run_action", {"key": "get-events", "arguments": []}, "'arguments' must be an object"),
    ("run_action", {"key": "get-events", "arguments": "{"}, "'arguments' must be an object"),
    ("run_action", {"key": "get-events", "argument": {}}, "nearest: 'arguments'"),
    ("run_action", {"key": "get-events", "ann@example.org": 1}, "person_"),
    ("run_action", {"key": "get-events", "arguments": json.loads('{"x": ' * 150 + "1" + "}" * 150)}, "too deep"),
]


async def test_bad_arguments_are_refused_plainly(tmp_path: Path) -> None:
    async with account("search", tmp_path / "log") as (sandbox, host):
        for tool, arguments, message in BAD:
            answer = await host.call_tool(f"clevertap_{tool}", arguments)
            error = dict((answer.structured_content or {})["error"])
            assert answer.is_error
            assert error["code"] == "invalid_arguments"
            assert message in error["message"]
            assert "ann@example.org" not in answer.model_dump_json()
        assert sandbox.requests == []


async def test_arguments_may_come_as_json_text_and_keys_as_names_of_tools(tmp_path: Path) -> None:
    async with account("search", tmp_path / "log") as (_, host):
        call = {"key": "clevertap_get_event_count", "arguments": json.dumps(SPRING)}
        assert told(await host.call_tool("clevertap_run_action", call))["count"] > 0


async def test_whatever_is_found_fits_in_the_bound(tmp_path: Path) -> None:
    intents = [*CATALOGUE, "people", "list delete create update all users events campaigns", "POST /1/upload", "zzz"]
    async with account("search", tmp_path / "log") as (sandbox, host):
        for intent in intents:
            answer = await host.call_tool("clevertap_find_actions", {"intent": intent, "limit": 10})
            (block,) = answer.content
            assert isinstance(block, TextContent)
            assert size(block.text) <= MOST_BYTES
            assert size(json.dumps(answer.structured_content)) <= MOST_BYTES * 1.1
            assert told(answer)["returned"] == len(told(answer)["actions"])
        assert sandbox.requests == []
    assert "get-events" in told(answer)["known"]


async def test_what_is_found_can_be_run_as_it_says(tmp_path: Path) -> None:
    async with (
        account("all", tmp_path / "log") as (_, host),
        account("search", tmp_path / "other") as (_, searching),
    ):
        tools = {tool.name: tool for tool in (await host.list_tools()).tools}
        for key in CATALOGUE:
            (found,) = told(await searching.call_tool("clevertap_find_actions", {"intent": key, "limit": 1}))["actions"]
            tool = tools[f"clevertap_{key.replace('-', '_')}"]
            assert (found["key"], found["title"], found["description"]) == (key, tool.title, tool.description)
            assert (found["input_schema"], found["output_schema"]) == (tool.input_schema, tool.output_schema)
            assert found["effects"] == sorted(CATALOGUE[key].effects)
