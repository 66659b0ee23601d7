"""Actions as MCP tools, spoken to in memory by hosts of both generations."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import anyio
import pytest
from jsonschema import Draft202012Validator
from mcp import Client as Host
from mcp import MCPError
from mcp.types import CallToolResult, TextContent
from pydantic import JsonValue, SecretStr, WithJsonSchema

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.app import App
from clevertap_mcp.cursors import Cursors
from clevertap_mcp.environment import Confirm
from clevertap_mcp.expose import LONGEST_MESSAGE, Desk, hints, unpacked
from clevertap_mcp.guard.access import Access
from clevertap_mcp.server import CONFIRMATION, PSEUDONYMS, UNTRUSTED, CleverTapServer, build_server, instructions
from clevertap_mcp.settings import Settings
from clevertap_sandbox import PASSCODE, Fault, Kind, Sandbox
from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE, Action, Arguments, Result, Toolset
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError

pytestmark = pytest.mark.anyio

SPRING = {"event_name": "Charged", "from": "1997-03-01", "to": "1997-05-31"}


class Nothing(Arguments):
    pass


class Done(Result):
    done: bool = True


def made(function: Callable[..., Any], *effects: Effect) -> Action[Any, Any]:
    """An action of our own, outside the catalogue."""
    return Action(
        key="test-action",
        title="Test",
        description="Does what the test wants.",
        toolset=Toolset.CORE,
        default=True,
        calls=(),
        effects=frozenset(effects),
        effect_of=lambda _: effects[0],
        arguments=Nothing,
        result=Done,
        function=function,
    )


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def figures(result: CallToolResult) -> dict[str, Any]:
    told: dict[str, Any] = result.structured_content
    return told


def error(result: CallToolResult) -> dict[str, Any]:
    assert result.is_error
    told: dict[str, Any] = figures(result)["error"]
    return told


async def test_every_action_that_is_on_is_a_tool_in_the_same_order(host: Host) -> None:
    tools = (await host.list_tools()).tools
    assert [tool.name for tool in tools] == [f"clevertap_{key.replace('-', '_')}" for key in CATALOGUE]
    assert tools == (await host.list_tools()).tools


async def test_a_tool_says_what_a_host_wants_to_know(host: Host) -> None:
    for tool in (await host.list_tools()).tools:
        assert tool.annotations
        assert tool.title == tool.annotations.title
        assert "\n  " not in (tool.description or "\n  ")
        assert tool.input_schema["additionalProperties"] is False
        assert (tool.output_schema or {})["properties"]


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ([Effect.READ], (True, False, True)),
        ([Effect.UPSERT], (False, False, True)),
        ([Effect.APPEND], (False, False, False)),
        ([Effect.SEND], (False, True, False)),
        ([Effect.DESTROY], (False, True, True)),
        ([Effect.READ, Effect.SEND], (False, True, False)),
        ([Effect.UPSERT, Effect.APPEND], (False, False, False)),
    ],
)
async def test_hints_follow_the_strictest_effect(effects: list[Effect], expected: tuple[bool, ...]) -> None:
    told = hints("A title", frozenset(effects))
    assert (told.read_only_hint, told.destructive_hint, told.idempotent_hint) == expected
    assert told.open_world_hint is True


async def test_a_call_answers_with_structure_and_compact_text(host: Host) -> None:
    result = await host.call_tool("clevertap_get_event_count", SPRING)
    assert not result.is_error
    assert text(result) == f"count: {figures(result)['count']}"
    assert figures(result)["count"] > 0


async def test_an_answer_follows_the_output_schema(host: Host) -> None:
    schemas = {tool.name: tool.output_schema for tool in (await host.list_tools()).tools}
    result = await host.call_tool("clevertap_get_events", SPRING)
    schema = schemas["clevertap_get_events"]
    assert schema
    Draft202012Validator(schema).validate(figures(result))
    assert figures(result)["returned"] > 0


async def test_an_unknown_tool_is_a_protocol_error(host: Host) -> None:
    with pytest.raises(MCPError, match="Unknown tool: no_such_tool") as raised:
        await host.call_tool("no_such_tool", {})
    assert raised.value.error.code == -32602


async def test_an_unknown_prompt_is_a_protocol_error(host: Host) -> None:
    with pytest.raises(MCPError, match="Unknown prompt: no_such_prompt") as raised:
        await host.get_prompt("no_such_prompt")
    assert raised.value.error.code == -32602


async def test_an_unknown_argument_is_refused_with_the_nearest_one(host: Host, sandbox: Sandbox) -> None:
    result = await host.call_tool("clevertap_get_event_count", {**SPRING, "event_nam": "Charged"})
    assert error(result) == {
        "code": "invalid_arguments",
        "message": "'event_nam' is not an argument here; nearest: 'event_name'",
        "field": "event_nam",
        "changed": "no",
        "next": "Correct these arguments and call again. Nothing was sent.",
    }
    assert text(result).splitlines() == [
        "error: invalid_arguments",
        "'event_nam' is not an argument here; nearest: 'event_name'",
        "field: event_nam",
        "changed: no",
        "next: Correct these arguments and call again. Nothing was sent.",
    ]
    assert not sandbox.requests


async def test_what_there_is_nothing_to_say_about_is_left_out_of_an_error(host: Host, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=Kind.FAIL, error="Something is wrong"))
    assert "field" not in error(await host.call_tool("clevertap_get_event_count", SPRING))


async def test_an_upload_that_failed_in_part_is_an_error_with_figures(host: Host) -> None:
    people = [{"identity": "a", "profileData": {"Age": 1}}, {"identity": "b", "profileData": {"Email": "no address"}}]
    result = await host.call_tool("clevertap_upload_user_profiles", {"profiles": people[1:]})
    assert error(result)["code"] == "incomplete"
    assert figures(result)["refused"] == 1
    assert text(result).splitlines()[0] == "error: incomplete"
    assert "refusals\n515 " in text(result)
    mixed = await host.call_tool("clevertap_upload_user_profiles", {"profiles": people})
    assert figures(mixed)["accepted"] == 1


async def test_a_list_that_came_as_json_text_is_taken(host: Host) -> None:
    profiles = json.dumps([{"identity": "a", "profileData": {"Age": 1}}])
    result = await host.call_tool("clevertap_upload_user_profiles", {"profiles": profiles})
    assert figures(result)["accepted"] == 1


async def test_a_list_that_came_as_broken_json_text_is_refused(host: Host) -> None:
    result = await host.call_tool("clevertap_upload_user_profiles", {"profiles": "[{"})
    assert error(result)["message"] == "'profiles' must be a list"


class Mixed(Arguments):
    words: str
    choice: Literal["[a]", "[b]"]
    either: Annotated[list[int] | str, WithJsonSchema({"maxLength": 9})]
    anything: Any
    json_: JsonValue
    things: list[int]
    maybe: dict[str, int] | None = None
    inner: Nothing | None = None
    number: Literal[1, 2] = 1


async def test_only_what_cannot_be_text_is_unpacked() -> None:
    names = list(Mixed.model_fields)
    kept = dict.fromkeys(("words", "choice", "either", "anything", "json_"), '["1"]')
    given = dict.fromkeys(names, '["1"]') | {"things": " [1]", "no_such_argument": "[1]"}
    unpacked_ = unpacked(given, Mixed)
    assert {name: unpacked_[name] for name in kept} == kept
    assert (unpacked_["things"], unpacked_["maybe"], unpacked_["inner"]) == ([1], ["1"], ["1"])
    assert unpacked_["no_such_argument"] == "[1]"
    assert unpacked({"things": "[" * 100_000}, Mixed) == {"things": "[" * 100_000}


async def test_a_mistake_of_ours_is_told_without_its_words(app: App, caplog: pytest.LogCaptureFixture) -> None:
    async def fails(_client: Client, _asked: Nothing) -> Done:
        raise KeyError(f"ann@example.org {PASSCODE}")

    for effect, changed in ((Effect.READ, "no"), (Effect.APPEND, "unknown")):
        with caplog.at_level(logging.ERROR):
            result = await Desk(app, Cursors()).call(made(fails, effect), {})
        assert error(result)["code"] == "internal"
        assert error(result)["changed"] == changed
    assert "test_exposed_tools.py" in caplog.text
    assert "KeyError" in caplog.text
    told = caplog.text + "".join(record.getMessage() for record in caplog.records) + text(result)
    assert "ann@example.org" not in told.replace('raise KeyError(f"ann@example.org {PASSCODE}")', "")
    assert PASSCODE not in told


@pytest.mark.parametrize(
    ("method", "changed"), [("GET", "no"), ("POST", "unknown"), (["GET"], "unknown")], ids=["read", "write", "no idea"]
)
async def test_a_mistake_in_a_call_that_only_reads_has_changed_nothing(app: App, method: Any, changed: str) -> None:
    class Asked(Arguments):
        method: Any

    def effect_of(asked: Asked) -> Effect:
        return {"GET": Effect.READ, "POST": Effect.SEND}[asked.method]

    async def fails(_client: Client, _asked: Asked) -> Done:
        raise KeyError

    action = replace(made(fails, Effect.READ, Effect.SEND), arguments=Asked, effect_of=effect_of)
    result = await Desk(app, Cursors()).call(action, {"method": method})
    assert error(result)["code"] == "internal"
    assert error(result)["changed"] == changed


@pytest.mark.parametrize("levels", [300, 3_000, 100_000])
async def test_an_answer_of_any_depth_is_shown(app: App, levels: int) -> None:
    class Deep(Result):
        answer: Any
        day: date = date(2026, 1, 1)

    async def answers(_client: Client, _asked: Nothing) -> Deep:
        return Deep.model_construct(answer=nested)

    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    result = await Desk(app, Cursors()).call(replace(made(answers, Effect.READ), result=Deep), {})
    assert not result.is_error
    assert figures(result)["day"] == "2026-01-01"
    assert json.dumps(figures(result)["answer"]).startswith("[" * 30)


async def test_a_refusal_as_long_as_a_web_page_is_cut(app: App) -> None:
    async def fails(_client: Client, _asked: Nothing) -> Done:
        raise InvalidRequestError("<html>" * 10_000, status=400)

    result = await Desk(app, Cursors()).call(made(fails, Effect.READ), {})
    assert len(error(result)["message"]) <= LONGEST_MESSAGE
    assert error(result)["message"].endswith("more characters]")


async def test_what_the_operator_has_not_allowed_is_refused_before_anything_leaves(app: App, sandbox: Sandbox) -> None:
    app = replace(app, guard=replace(app.guard, access=Access.SEND))
    result = await Desk(app, Cursors()).call(CATALOGUE["delete-user-profile"], {"identity": ["0001"]})
    assert error(result)["code"] == "not_allowed"
    assert not sandbox.requests


async def test_progress_reaches_the_host(host: Host) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    events = [{"identity": f"p{n}", "evtName": "Seen", "ts": 883612800, "evtData": {}} for n in range(2_500)]
    await host.call_tool("clevertap_upload_events", {"events": events}, progress_callback=heard)
    assert seen
    assert [done for done, _, _ in seen] == sorted({done for done, _, _ in seen})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_call_that_the_host_gives_up_stops_the_request(open_app: Callable[..., Any], mode: Any) -> None:
    arrived, stopped = anyio.Event(), anyio.Event()

    async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
        arrived.set()
        try:
            await anyio.sleep_forever()
        finally:
            stopped.set()

    async with open_app(silent) as app, Host(build_server(Accounts.only(app)), mode=mode, cache=None) as host:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.call_tool, "clevertap_get_event_count", SPRING)
                await arrived.wait()
                tasks.cancel_scope.cancel()
            await stopped.wait()


async def test_the_server_names_itself_and_where_it_works(app: App, settings: Settings) -> None:
    server = CleverTapServer(Accounts.only(app))
    async with Host(server, cache=None) as host:
        assert host.server_info
        assert (host.server_info.name, bool(host.server_info.version)) == ("clevertap-mcp", True)
        assert host.instructions == instructions(settings)
    assert "6,919 Charged purchases" in instructions(settings)


async def test_lists_and_discovery_may_be_cached_for_five_minutes(app: App) -> None:
    async with Host(CleverTapServer(Accounts.only(app)), mode="auto", cache=None) as host:
        listed = await host.list_tools()
    assert (listed.ttl_ms, listed.cache_scope) == (300_000, "private")


async def test_instructions_tell_a_live_project_its_zone_and_its_rules() -> None:
    account = Account("id", SecretStr("secret"))
    assert instructions(Settings(account)) == (
        "Live CleverTap project, region eu1. The project's time zone is not set: give days as YYYY-MM-DD and times "
        f"with an offset. {CONFIRMATION} {PSEUDONYMS} They last until this server restarts. {UNTRUSTED}"
    )
    own = replace(account, base_url="https://proxy.example", zone=ZoneInfo("Asia/Kolkata"))
    told = instructions(Settings(own, access=Access.READ, pseudonym_key=SecretStr("k" * 32)))
    assert "https://proxy.example" in told
    assert "Asia/Kolkata" in told
    assert "Access: read." in told
    assert CONFIRMATION not in told
    assert "restarts" not in told
    assert CONFIRMATION not in instructions(Settings(own, confirm=Confirm.OFF))
    assert PSEUDONYMS not in instructions(Settings(own, masked=False))
    assert "secret" not in told
