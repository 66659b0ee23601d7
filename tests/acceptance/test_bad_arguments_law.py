"""Whatever an agent sends in place of arguments, it gets an answer; what is refused as malformed has not left."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.types import CallToolResult

from acceptance.test_nothing_unasked import DESTRUCTIONS, SENDS
from calls import further_calls
from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import opened
from clevertap_mcp.schema import input_schema
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.action import tool_name
from clevertap_tools.actions import CATALOGUE
from hosts import account_variables, attached

pytestmark = pytest.mark.slow

Call = tuple[str, dict[str, Any]]
"""A tool without its prefix, and its arguments."""

SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}
PERSON = {"identity": "0003", "Email": "ann@example.org", "Phone": "+447700900123", "Name": "Ann Archer"}
GOOD: list[Call] = [
    *SENDS,
    *DESTRUCTIONS,
    *further_calls(PERSON),
    ("upload_user_profiles", {"profiles": [{"identity": "n-1", "profileData": {"Age": 30}}]}),
    ("upload_events", {"events": [{"identity": "n-1", "evtName": "Seen", "ts": 1700000000, "evtData": {"n": 1}}]}),
    ("upload_device_tokens", {"tokens": [{"objectId": "__n1", "tokenData": {"id": "t-1", "type": "fcm"}}]}),
    ("get_user_profiles", {**SHOP, "batch_size": 46}),
    ("get_user_profiles_by_cursor", {"cursor": "abc"}),
    ("get_events", {**SHOP, "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 5}]}),
    ("get_events_by_cursor", {"cursor": "abc"}),
    ("get_profile_count", {**SHOP, "did": [{"which": "did_all", "event_name": "Charged", "from": "-30d"}]}),
    ("get_event_count", {**SHOP, "geo": [{"country": "India"}]}),
    ("real_time_user_count", {"user_type": True, "os": True}),
    ("get_campaigns", {"from": "2030-01-01", "to": "2030-01-01"}),
    ("get_campaign_report", {"id": 1}),
    ("get_user_profile", {"identity": "0003"}),
]
TOOLS = [tool_name(key).removeprefix("clevertap_") for key in CATALOGUE]
DEEP_ENOUGH = 8
CHANGED = {"no", "yes", "unknown"}


@cache
def words_of(schema: str) -> tuple[Any, ...]:
    """Every value that a schema names."""
    node = json.loads(schema)
    inner = [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]
    return (*node.get("enum", ()), *(word for each in inner for word in words_of(json.dumps(each))))


WORDS = sorted(
    {str(word) for action in CATALOGUE.values() for word in words_of(json.dumps(input_schema(action.arguments)))}
)
NAMES = sorted({name for action in CATALOGUE.values() for name in input_schema(action.arguments)["properties"]})
ODD_TEXTS = ("", " ", "\x00", "\ud83d", "\u202e", "\u200b", "person_", "person_aaaaaaaa", "null", "-1", "../../etc/passwd",
             "[", '{"a":', '[["x"]]', "1997-02-31", "-99999999999d", "today", "plan_aaaaaaaaaaaaaaaa", "٣", "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT THREE}", "é" * 600, "x" * 5_000)  # fmt: skip
ODD_NUMBERS = (0, -1, 2**31, 2**63, 10**400, -(10**400), 1e308, 0.1, float("inf"), float("-inf"), float("nan"), True)


def nested(levels: int) -> Any:
    """Lists inside each other."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def deep(levels: int) -> st.SearchStrategy[Any]:
    """A value of that depth, made only when it is drawn."""
    return st.builds(nested, st.just(levels))


texts = st.sampled_from(ODD_TEXTS) | st.sampled_from(WORDS) | st.text(max_size=20)
scalars = st.none() | st.sampled_from(ODD_NUMBERS) | st.integers() | st.floats() | st.booleans() | texts
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
) | st.one_of(*map(deep, (40, 300, 3_000, 20_000)))


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield (*here, step)
        if len(here) < DEEP_ENOUGH:
            yield from places(each, (*here, step))


def at(value: Any, way: tuple[Any, ...]) -> Any:
    """What stands at the end of a way."""
    for step in way:
        value = value[step]
    return value


@st.composite
def mutated(draw: st.DrawFn) -> Call:
    """A good call with some of its arguments replaced, added, taken away, wrapped or written as text."""
    tool, good = draw(st.sampled_from(GOOD))
    arguments = deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        ways = list(places(arguments))
        way = draw(st.sampled_from(ways)) if ways else ("no_such_argument",)
        holder, step = at(arguments, way[:-1]), way[-1]
        kind = draw(st.sampled_from(("replace", "add", "remove", "wrap", "as text", "swap")))
        if kind == "remove" and ways:
            del holder[step]
        elif kind == "wrap" and ways:
            holder[step] = [holder[step]]
        elif kind == "as text" and ways:
            holder[step] = json.dumps(good)
        elif kind == "swap" and ways:
            holder[step] = deepcopy(draw(st.sampled_from(GOOD))[1])
        elif kind == "add":
            arguments[draw(st.sampled_from(NAMES) | texts)] = draw(garbage)
        else:
            holder[step] = draw(garbage)
    return tool, arguments


made_up = st.tuples(st.sampled_from(TOOLS), st.dictionaries(st.sampled_from(NAMES) | texts, garbage, max_size=4))
calls = mutated() | made_up


@dataclass(frozen=True)
class Desk:
    """The account, two servers in front of it, and the way to them from a test without an event loop."""

    portal: BlockingPortal
    account: Sandbox
    direct: CleverTapServer
    by_key: CleverTapServer

    def call(self, tool: str, arguments: dict[str, Any], *, by_key: bool) -> CallToolResult:
        """Call a tool, directly or by the key of its action."""
        self.account.requests.clear()
        if by_key:
            answer = self.portal.call(
                self.by_key.call_tool, "clevertap_run_action", {"key": tool, "arguments": arguments}
            )
        else:
            answer = self.portal.call(self.direct.call_tool, f"clevertap_{tool}", arguments)
        assert isinstance(answer, CallToolResult)
        return answer


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    log = str(tmp_path_factory.mktemp("log") / "audit.jsonl")
    with Sandbox() as account, serving(account) as url, start_blocking_portal() as portal:
        env = {"CLEVERTAP_AUDIT_LOG": log, "CLEVERTAP_CONFIRM": "plan", "CLEVERTAP_DEADLINE": "20"}
        direct, by_key = (
            read_settings(account_variables(url, CLEVERTAP_TOOLSETS=toolsets, **env)) for toolsets in ("all", "search")
        )
        with (
            portal.wrap_async_context_manager(opened(direct)) as one,
            portal.wrap_async_context_manager(opened(by_key)) as other,
        ):
            yield Desk(portal, account, CleverTapServer(Accounts.only(one)), CleverTapServer(Accounts.only(other)))


def check(answer: CallToolResult, requests: list[Any]) -> None:
    """Every answer is one; a refusal has its shape, and what was malformed has not left."""
    told = answer.structured_content
    assert isinstance(told, dict)
    assert answer.content
    if not answer.is_error:
        assert "error" not in told
        return
    error = told["error"]
    assert error["code"] != "internal"
    assert error["message"]
    assert error["changed"] in CHANGED
    if error["code"] == "invalid_arguments":
        assert error["changed"] == "no"
        assert not requests


@settings(max_examples=2_500, suppress_health_check=list(HealthCheck))
@given(call=calls, by_key=st.booleans())
def test_random_arguments_never_crash_and_never_leave_when_refused(desk: Desk, call: Call, by_key: bool) -> None:
    tool, arguments = call
    check(desk.call(tool, arguments, by_key=by_key), desk.account.requests)


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(arguments=st.dictionaries(st.sampled_from(("intent", "limit", "key", "arguments")) | texts, garbage, max_size=4))
def test_the_tools_of_search_answer_whatever_they_are_given(desk: Desk, arguments: dict[str, Any]) -> None:
    desk.account.requests.clear()
    for tool in ("clevertap_find_actions", "clevertap_run_action"):
        answer = desk.portal.call(desk.by_key.call_tool, tool, arguments)
        assert isinstance(answer, CallToolResult)
        check(answer, desk.account.requests)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BlockingPortal, Client, Sandbox]]:
    log = str(tmp_path_factory.mktemp("log") / "audit.jsonl")
    with Sandbox() as account, serving(account) as url, start_blocking_portal() as portal:
        env = account_variables(
            url, CLEVERTAP_AUDIT_LOG=log, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM="plan", CLEVERTAP_DEADLINE="20"
        )
        with portal.wrap_async_context_manager(attached("stdio", "2025-11-25", env=env)) as client:
            yield portal, client, account


def travels(arguments: dict[str, Any]) -> bool:
    """Whether a host can send them at all."""
    try:
        text = json.dumps(arguments, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return b"[" * 200 not in text


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(call=calls)
def test_random_arguments_over_stdio_never_end_in_a_protocol_error(
    host: tuple[BlockingPortal, Client, Sandbox], call: Call
) -> None:
    portal, client, account = host
    tool, arguments = call
    assume(travels(arguments))
    account.requests.clear()
    check(portal.call(client.call_tool, f"clevertap_{tool}", arguments), account.requests)


def test_no_mistake_of_our_own_was_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        for tool, arguments in GOOD:
            check(desk.call(tool, arguments, by_key=False), [])
    assert not [record for record in caplog.records if "failed with" in record.getMessage()]
