"""What a person says yes to happens, once, and nothing else: by a question in the host, or by a plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.app import App
from clevertap_mcp.guard.confirmation import Confirmation
from clevertap_mcp.guard.plans import LIFETIME, Plans
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_mcp.store.memory import MemoryStore
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from hosts import account_variables, attached, each_way, says_yes, working

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
MAIL = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"},
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
FEW = {**MAIL, "where": {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"}}
"""An audience below the hundred that a plan is enough for."""


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


def told(answer: CallToolResult) -> dict[str, Any]:
    return dict(answer.structured_content or {})


def error(answer: CallToolResult) -> dict[str, Any]:
    assert answer.is_error, told(answer)
    return dict(told(answer)["error"])


def launched(sandbox: Sandbox) -> int:
    """How many campaigns there are."""
    return sum(b'"estimate_only"' not in each.body for each in sandbox.requests if each.path == CREATE)


class Person:
    """Somebody at a host who answers every question alike and remembers the questions."""

    def __init__(self, **answer: Any) -> None:
        self.answer = ElicitResult(**answer)
        self.questions: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002 - the SDK names its arguments
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        return self.answer


@each_way
async def test_an_explicit_yes_lets_it_happen_once(
    account: tuple[Sandbox, str], transport: str, generation: str
) -> None:
    sandbox, url = account
    person = Person(action="accept", content={"confirm": True})
    async with attached(transport, generation, env=account_variables(url), person=person) as host:
        made = await host.call_tool("clevertap_create_campaign", MAIL)
        stopped = await host.call_tool("clevertap_stop_campaign", {"id": told(made)["id"]})
        erased = await host.call_tool("clevertap_delete_user_profile", {"identity": ["0003"]})
    assert not made.is_error
    assert not stopped.is_error
    assert told(erased)["accepted"] == 1
    assert launched(sandbox) == 1
    launch, stop, deletion = person.questions
    for words in ("Win-back", "email", "2030", "Charged", "We miss you", "Come back soon", "people"):
        assert words in launch
    assert str(told(made)["id"]) in stop
    assert "0003" in deletion


NO: list[dict[str, Any]] = [
    {"action": "decline"},
    {"action": "cancel"},
    {"action": "accept"},
    {"action": "accept", "content": {}},
    {"action": "accept", "content": {"confirm": False}},
    {"action": "accept", "content": {"confirm": "true"}},
    {"action": "accept", "content": {"confirm": 1}},
    {"action": "decline", "content": {"confirm": True}},
]


@each_way
async def test_whatever_is_no_explicit_yes_is_a_no(
    account: tuple[Sandbox, str], transport: str, generation: str
) -> None:
    sandbox, url = account
    person = Person(action="decline")
    async with attached(transport, generation, env=account_variables(url), person=person) as host:
        for answer in NO:
            person.answer = ElicitResult(**answer)
            said = await host.call_tool("clevertap_create_campaign", MAIL)
            kept = await host.call_tool("clevertap_delete_user_profile", {"identity": ["0003"]})
            assert error(said)["code"] == error(kept)["code"] == "not_confirmed", answer
    assert len(person.questions) == 2 * len(NO)
    assert launched(sandbox) == 0
    assert {each.path for each in sandbox.requests} == {CREATE}


async def test_a_host_that_fails_to_ask_has_not_said_yes(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account

    async def broken(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        raise RuntimeError("no window to show it in")

    settings = read_settings(account_variables(url))
    async with (
        opened(settings) as app,
        Client(build_server(Accounts.only(app)), mode="legacy", cache=None, elicitation_callback=broken) as host,
    ):
        said = await host.call_tool("clevertap_create_campaign", MAIL)
    assert error(said)["code"] == "not_confirmed"
    assert launched(sandbox) == 0


async def test_a_person_who_does_not_answer_has_not_said_yes(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account

    async def away(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError("nobody ever wakes it")

    async with (
        planning(url, Plans(lifetime=0.2)) as app,
        Client(build_server(Accounts.only(app)), mode="legacy", cache=None, elicitation_callback=away) as host,
    ):
        said = await host.call_tool("clevertap_create_campaign", MAIL)
    assert error(said)["code"] == "not_confirmed"
    assert launched(sandbox) == 0


async def test_a_yes_that_answers_no_question_is_worth_nothing(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    async with working(url, says_yes) as host:
        answer = await host.session.call_tool(
            "clevertap_create_campaign", MAIL, input_responses=yes, allow_input_required=True
        )
        assert answer.result_type == "input_required"
        with pytest.raises(MCPError, match="requestState"):
            await host.session.call_tool(
                "clevertap_create_campaign", MAIL, input_responses=yes, request_state="plan_aaaaaaaaaaaaaaaa"
            )
    assert launched(sandbox) == 0


async def test_an_answer_that_comes_back_twice_counts_once(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    again = {**MAIL, "again": True}
    async with working(url, says_yes) as host:
        asked = await host.session.call_tool("clevertap_create_campaign", again, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        state = asked.request_state
        first = await host.session.call_tool(
            "clevertap_create_campaign", again, input_responses=yes, request_state=state
        )
        second = await host.session.call_tool(
            "clevertap_create_campaign", again, input_responses=yes, request_state=state
        )
    assert not first.is_error
    assert "used already" in error(second)["message"]
    assert launched(sandbox) == 1


async def test_ask_counts_only_a_persons_own_yes(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_CONFIRM="ask") as host:
        assert "CLEVERTAP_CONFIRM=ask" in error(await host.call_tool("clevertap_create_campaign", FEW))["message"]
        with_plan = await host.call_tool("clevertap_create_campaign", {**FEW, "plan": "plan_aaaaaaaaaaaaaaaa"})
        assert error(with_plan)["code"] == "plan_refused"
    async with working(url, says_yes, CLEVERTAP_CONFIRM="ask") as host:
        assert not (await host.call_tool("clevertap_create_campaign", FEW)).is_error
    assert launched(sandbox) == 1


@each_way
async def test_a_plan_changes_nothing_until_it_comes_back(
    account: tuple[Sandbox, str], transport: str, generation: str
) -> None:
    sandbox, url = account
    async with attached(transport, generation, env=account_variables(url, CLEVERTAP_CONFIRM="plan")) as host:
        plan = await host.call_tool("clevertap_create_campaign", MAIL)
        assert launched(sandbox) == 0
        assert not plan.is_error
        assert told(plan)["done"] is False
        assert "Win-back" in told(plan)["would"]
        assert told(plan)["reach"] > 100
        assert "show" in told(plan)["next"].lower()
        made = await host.call_tool("clevertap_create_campaign", {**MAIL, "plan": told(plan)["plan"]})
        assert told(made)["reach"] == told(plan)["reach"]
        plan = await host.call_tool("clevertap_stop_campaign", {"id": told(made)["id"]})
        stopped = await host.call_tool("clevertap_stop_campaign", {"id": told(made)["id"], "plan": told(plan)["plan"]})
        assert told(stopped)["status"] == "stopped"
    assert launched(sandbox) == 1


async def test_auto_takes_a_plan_for_a_small_send_only(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url) as host:
        large = error(await host.call_tool("clevertap_create_campaign", MAIL))
        assert "more than the 100" in large["message"]
        assert "CLEVERTAP_CONFIRM=plan" in large["next"]
        destruction = error(await host.call_tool("clevertap_delete_user_profile", {"identity": ["0003"]}))
        assert "needs a person's yes" in destruction["message"]
        plan = told(await host.call_tool("clevertap_create_campaign", FEW))
        assert 0 < plan["reach"] <= 100
        assert not (await host.call_tool("clevertap_create_campaign", {**FEW, "plan": plan["plan"]})).is_error
    assert launched(sandbox) == 1


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def planning(url: str, plans: Plans, **more: str) -> AsyncIterator[App]:
    """An app that takes plans from a store that others may share."""
    settings = read_settings(account_variables(url, CLEVERTAP_CONFIRM="plan", **more))
    async with opened(settings) as app:
        yield replace(app, guard=replace(app.guard, confirmation=Confirmation(settings.confirm, plans)))


@contextmanager
def token_of(name: str) -> Iterator[None]:
    """What is called within comes with the token of somebody."""
    before = auth_context_var.set(AuthenticatedUser(AccessToken(token="t", client_id=name, scopes=["clevertap:full"])))
    try:
        yield
    finally:
        auth_context_var.reset(before)


async def refused(host: Client, arguments: dict[str, Any], reason: str) -> None:
    answer = error(await host.call_tool("clevertap_create_campaign", arguments))
    assert answer["code"] == "plan_refused"
    assert reason in answer["message"]
    assert answer["changed"] == "no"


async def test_a_plan_fits_nothing_but_the_call_it_was_made_for(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    clock = Clock()
    plans = Plans(MemoryStore(clock))
    with Sandbox(account_id="OTHER-1") as other, serving(other) as elsewhere:
        async with (
            planning(url, plans) as app,
            planning(elsewhere, plans, CLEVERTAP_ACCOUNT_ID="OTHER-1") as other_app,
            Client(build_server(Accounts.only(app)), cache=None) as host,
            Client(build_server(Accounts.only(other_app)), cache=None) as other_host,
        ):
            with token_of("ana"):
                handle = told(await host.call_tool("clevertap_create_campaign", MAIL))["plan"]
                planned = {**MAIL, "plan": handle}
                content = {**MAIL["content"], "subject": "We miss yov"}  # type: ignore[dict-item]
                await refused(host, {**planned, "content": content}, "other arguments")
                await refused(host, {**planned, "again": True}, "other arguments")
                await refused(host, {**planned, "plan": handle[:-1]}, "not known")
                await refused(other_host, planned, "another account")
                stop = await host.call_tool("clevertap_stop_campaign", {"id": 1, "plan": handle})
                assert "another tool" in error(stop)["message"]
            with token_of("ben"):
                await refused(host, planned, "not known")
            await refused(host, planned, "not known")
            with token_of("ana"):
                clock.now = LIFETIME - 1
                assert not (await host.call_tool("clevertap_create_campaign", planned)).is_error
                await refused(host, planned, "used already")
                late = told(await host.call_tool("clevertap_create_campaign", {**MAIL, "again": True}))["plan"]
                clock.now += LIFETIME
                await refused(host, {**MAIL, "again": True, "plan": late}, "expired")
        assert launched(other) == 0
    assert launched(sandbox) == 1


async def upload_people(host: Client, count: int) -> None:
    people = [
        {"identity": f"g-{n}", "profileData": {"Email": f"g{n}@example.org", "Plan": "Gold"}} for n in range(count)
    ]
    assert told(await host.call_tool("clevertap_upload_user_profiles", {"profiles": people}))["accepted"] == count


@pytest.mark.parametrize(("shown", "more", "void"), [(200, 101, True), (200, 100, False), (1500, 120, False)])
async def test_a_plan_is_void_when_the_reach_has_grown_by_a_tenth_and_a_hundred(
    account: tuple[Sandbox, str], shown: int, more: int, void: bool
) -> None:
    sandbox, url = account
    gold = {"profile_filters": [{"kind": "profile_fields", "name": "Plan", "operator": "equals", "value": "Gold"}]}
    mail = {**MAIL, "where": gold}
    async with working(url, CLEVERTAP_CONFIRM="plan") as host:
        await upload_people(host, shown)
        first = told(await host.call_tool("clevertap_create_campaign", mail))
        assert first["reach"] == shown
        await upload_people(host, shown + more)
        second = await host.call_tool("clevertap_create_campaign", {**mail, "plan": first["plan"]})
        assert launched(sandbox) == (0 if void else 1)
        if void:
            assert error(second)["code"] == "plan_refused"
            assert f"from {shown:,} to {shown + more:,}" in error(second)["message"]
            assert told(second)["reach"] == shown + more
            third = await host.call_tool("clevertap_create_campaign", {**mail, "plan": told(second)["plan"]})
            assert not third.is_error
            assert launched(sandbox) == 1


async def at_once(call: Callable[[], Awaitable[CallToolResult]]) -> list[CallToolResult]:
    """What a call answers to two who make it at the same moment."""
    answers: list[CallToolResult] = []

    async def use() -> None:
        answers.append(await call())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(use)
        tasks.start_soon(use)
    return answers


async def test_of_two_uses_at_the_same_moment_exactly_one_wins(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_CONFIRM="plan", CLEVERTAP_PII="show") as host:
        for number in range(200):
            mail = {**FEW, "name": f"Race {number}"}
            plan = told(await host.call_tool("clevertap_create_campaign", mail))["plan"]
            answers = await at_once(partial(host.call_tool, "clevertap_create_campaign", {**mail, "plan": plan}))
            assert sorted(answer.is_error for answer in answers) == [False, True]
            lost = next(answer for answer in answers if answer.is_error)
            assert error(lost)["code"] == "plan_refused"
            assert launched(sandbox) == 1
            sandbox.requests.clear()


async def test_the_same_campaign_within_an_hour_is_answered_with_the_first(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url, says_yes) as host:
        first = told(await host.call_tool("clevertap_create_campaign", MAIL))
        second = await host.call_tool("clevertap_create_campaign", MAIL)
        assert not second.is_error
        assert told(second)["id"] == first["id"]
        assert "Nothing was done now" in told(second)["warning"]
        assert launched(sandbox) == 1
        third = told(await host.call_tool("clevertap_create_campaign", {**MAIL, "again": True}))
        assert third["id"] != first["id"]
        assert launched(sandbox) == 2


async def test_a_campaign_that_clevertap_refuses_may_be_tried_again(account: tuple[Sandbox, str]) -> None:
    _, url = account
    async with working(url, CLEVERTAP_CONFIRM="off") as host:
        past = {**MAIL, "when": "1997-01-01 09:00"}
        first, second = [await host.call_tool("clevertap_create_campaign", past) for _ in range(2)]
        assert error(first)["code"] == error(second)["code"] != "repeated"


@pytest.mark.parametrize(
    ("variables", "tool", "arguments", "figures"),
    [
        ({"CLEVERTAP_MAX_AUDIENCE": "50"}, "create_campaign", MAIL, ("people", "50")),
        (
            {"CLEVERTAP_MAX_RECORDS": "2"},
            "delete_user_profile",
            {"identity": ["a", "b", "c"]},
            ("3 records", "2 a call"),
        ),
        (
            {"CLEVERTAP_MAX_RECORDS": "1"},
            "upload_user_profiles",
            {"profiles": [{"identity": name, "profileData": {"Plan": "Gold"}} for name in "ab"]},
            ("2 records", "1 a call"),
        ),
        (
            {"CLEVERTAP_MAX_RECORDS": "9"},
            "request",
            {"method": "POST", "path": "/1/upload", "raw_body": "{}", "content_type": "application/json"},
            ("cannot be counted", "9 a call"),
        ),
        (
            {"CLEVERTAP_MAX_AUDIENCE": "9"},
            "request",
            {"method": "POST", "path": "/1/send/externaltrigger.json", "body": {}},
            ("nobody can tell", "9"),
        ),
        ({"CLEVERTAP_MAX_SENDS_PER_DAY": "0"}, "create_campaign", FEW, ("0 of 0",)),
    ],
)
@pytest.mark.parametrize("confirm", ["auto", "off"])
async def test_what_is_over_a_cap_is_refused_with_the_figures_even_after_a_yes(
    account: tuple[Sandbox, str],
    confirm: str,
    variables: dict[str, str],
    tool: str,
    arguments: dict[str, Any],
    figures: tuple[str, ...],
) -> None:
    sandbox, url = account
    async with working(url, says_yes, CLEVERTAP_CONFIRM=confirm, **variables) as host:
        answer = error(await host.call_tool(f"clevertap_{tool}", arguments))
    assert answer["code"] in ("over_cap", "sends_spent")
    assert next(iter(variables)) in answer["next"]
    for figure in figures:
        assert figure in answer["message"]
    assert all(b'"estimate_only"' in each.body for each in sandbox.requests)


async def test_the_sends_of_a_day_are_counted_over_restarts(account: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = account
    capped = {"CLEVERTAP_MAX_SENDS_PER_DAY": "2", "CLEVERTAP_AUDIT_LOG": str(tmp_path / "audit.jsonl")}
    for name in ("One", "Two", "Three"):
        async with working(url, None, CLEVERTAP_CONFIRM="off", **capped) as host:
            answer = await host.call_tool("clevertap_create_campaign", {**FEW, "name": name})
            assert answer.is_error == (name == "Three")
            estimate = await host.call_tool("clevertap_create_campaign", {**FEW, "estimate_only": True})
            assert not estimate.is_error
    assert "2 of 2" in error(answer)["message"]
    assert launched(sandbox) == 2
