"""Somebody whose token opens one account gets nowhere near another, whichever way they try."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError

from calls import further_calls
from canaries import found
from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.elicitation import ByReturn, QuestionAskedError
from clevertap_mcp.environment import variable
from clevertap_mcp.guard.access import Caller
from clevertap_mcp.guard.host import Answered, Requester
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM
from clevertap_mcp.refusals import PlanRefusedError
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.settings import OF_ONE_ACCOUNT
from clevertap_tools.actions import CATALOGUE
from two_projects import (
    EU,
    PASSCODES,
    PERSONS,
    US,
    Bearer,
    Projects,
    complaint,
    host_of,
    served,
    told,
    two_projects,
    wording,
)

pytestmark = pytest.mark.anyio

DAYS = {"from": "2026-01-01", "to": "2026-01-31"}
OTHER = PERSONS[US]
EVENTS: dict[str, Any] = {"event_name": "Charged", **DAYS}
CAMPAIGN: dict[str, Any] = {
    "name": "Win-back",
    "target_mode": "email",
    "where": EVENTS,
    "content": {"subject": "Hi", "body": "Back soon?", "sender_name": "Shop"},
    "when": "now",
}
CORE: list[tuple[str, dict[str, Any]]] = [
    ("upload_user_profiles", {"profiles": [{"identity": OTHER["identity"], "profileData": {"Seen": "yes"}}]}),
    ("upload_events", {"events": [{"identity": OTHER["identity"], "evtName": "Seen"}]}),
    ("get_user_profile", {"identity": OTHER["identity"]}),
    ("get_user_profiles", EVENTS),
    ("get_events", EVENTS),
    ("get_profile_count", EVENTS),
    ("get_event_count", EVENTS),
    ("create_campaign", CAMPAIGN),
    ("get_campaigns", DAYS),
    ("delete_user_profile", {"identity": [OTHER["identity"]]}),
    ("request", {"method": "POST", "path": "/1/now.json", "body": {}}),
]
CALLS = CORE + further_calls(OTHER)
CALLED = {name.replace("_", "-") for name, _ in CALLS}
UNUSED: list[tuple[str, dict[str, Any]]] = [
    (key.replace("-", "_"), {"cursor": "c_23456789"}) for key in CATALOGUE if key not in CALLED
]
"""The others need no arguments of their own: they are refused before those are looked at."""
MISSPELT = "shop-xx"


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with two_projects(tmp_path) as projects:
        yield projects


@pytest.fixture
async def both(projects: Projects) -> AsyncIterator[tuple[Accounts, CleverTapServer]]:
    async with served(projects) as both:
        yield both


def of_us(text: str) -> set[str]:
    """What of the other project's stands in a text."""
    return found([text], {**OTHER, "account": "ACC-shop-us", "passcode": PASSCODES[US], "zone": "America/New_York"})


async def test_no_tool_reads_or_writes_the_account_of_another(
    projects: Projects, both: tuple[Accounts, CleverTapServer]
) -> None:
    async with host_of(both[1], EU) as host:
        for tool, arguments in CALLS + UNUSED:
            theirs = await host.call(tool, account=US, **arguments)
            nobodys = await host.call(tool, account=MISSPELT, **arguments)
            assert wording(theirs) == wording(nobodys), tool
            error = complaint(theirs)
            assert (error["code"], error["field"], US in wording(theirs)) == ("invalid_arguments", "account", False)
            assert not of_us(wording(theirs)), tool
    assert not projects.sandboxes[US].requests


async def test_what_somebody_may_see_names_no_account_of_another(both: tuple[Accounts, CleverTapServer]) -> None:
    async with host_of(both[1], EU) as host:
        listed = str(await host.tools()) + str(host.host.instructions)
        assert EU in listed
        assert US not in listed
        assert not of_us(listed)
    async with host_of(both[1]) as stranger:
        assert not await stranger.tools()
        with pytest.raises(MCPError, match="Unknown tool"):
            await stranger.call("get_events", account=EU, **EVENTS)


async def test_every_tool_works_where_it_may_and_touches_nothing_else(
    projects: Projects, both: tuple[Accounts, CleverTapServer]
) -> None:
    async with host_of(both[1], EU) as host:
        for tool, arguments in CALLS:
            answer = await host.call(tool, account=EU, **arguments)
            assert told(answer)["account"] == EU, (tool, answer)
            assert next(iter(told(answer))) == "account"
            assert answer.content[0].model_dump()["text"].startswith(f"account: {EU}\n"), tool
    assert projects.sandboxes[EU].requests
    assert not projects.sandboxes[US].requests


async def test_what_is_wrong_with_an_account_is_told_by_its_table_in_the_file(projects: Projects) -> None:
    projects.write(shop_eu={"passcode": "wrong", "account_token": None, "timezone": None})
    async with served(projects) as (_, server), host_of(server, EU) as host:
        answers = [wording(await host.call(tool, account=EU, **arguments)) for tool, arguments in CALLS]
        relative = {"event_name": "Charged", "from": "-7d", "to": "today"}
        answers.append(wording(await host.call("get_event_count", account=EU, **relative)))
    for key in ("account_id", "passcode", "base_url", "account_token", "timezone"):
        assert [each for each in answers if f"accounts.{EU}.{key}" in each], key
    assert not [each for each in answers if any(variable(name) in each for name in OF_ONE_ACCOUNT)]


async def first_of(host: Bearer, account: str) -> dict[str, Any]:
    """The first event of a walk that goes on."""
    answer = await host.call("get_events", account=account, batch_size=1, **EVENTS)
    assert not answer.is_error, answer
    return told(answer)


async def test_a_cursor_leads_nowhere_at_another_account(
    projects: Projects, both: tuple[Accounts, CleverTapServer]
) -> None:
    async with host_of(both[1], EU) as host, host_of(both[1], US) as other, host_of(both[1], EU, US) as operator:
        theirs = (await first_of(other, US))["next_cursor"]
        own = (await first_of(operator, US))["next_cursor"]
        projects.sandboxes[US].requests.clear()
        for cursor in (theirs, "c_23456789"):
            answer = await host.call("get_events_by_cursor", account=EU, cursor=cursor)
            assert "'cursor' is not known here" in complaint(answer)["message"]
            assert not of_us(wording(answer))
        in_place = await operator.call("get_events_by_cursor", account=EU, cursor=own)
        assert "'cursor' is not known here" in complaint(in_place)["message"]
    assert not projects.sandboxes[US].requests


async def test_a_plan_is_good_for_nothing_at_another_account(projects: Projects) -> None:
    async with (
        served(projects, CLEVERTAP_CONFIRM="plan") as (_, server),
        host_of(server, EU) as host,
        host_of(server, US) as other,
    ):
        planned = told(await other.call("create_campaign", account=US, **CAMPAIGN))
        assert (planned["account"], planned["done"]) == (US, False)
        projects.sandboxes[US].requests.clear()
        refusals = [
            await host.call("create_campaign", account=EU, **CAMPAIGN, plan=plan)
            for plan in (planned["plan"], "plan_2345678923456789")
        ]
        assert [complaint(each)["code"] for each in refusals] == ["plan_refused"] * 2
        assert wording(refusals[0]) == wording(refusals[1])
        assert not projects.sandboxes[US].requests
        done = await other.call("create_campaign", account=US, **CAMPAIGN, plan=planned["plan"])
        assert not done.is_error, done


async def test_the_answer_to_a_question_of_another_account_is_no_answer(projects: Projects) -> None:
    erase, same = CATALOGUE["delete-user-profile"], {"identity": ["nobody-1"]}
    anybody = Caller("one and the same")
    async with served(projects, CLEVERTAP_CONFIRM="ask") as (accounts, _):
        with pytest.raises(QuestionAskedError) as asked:
            await accounts.apps[US].perform(erase, same, Requester(anybody, ByReturn))
        assert asked.value.question.startswith(f"CleverTap project {US} (ACC-{US}):")
        yes = Requester(anybody, lambda: ByReturn(Answered(asked.value.plan, yes=True)))
        with pytest.raises(PlanRefusedError, match="not known here"):
            await accounts.apps[EU].perform(erase, same, yes)
        assert not [each for each in projects.sandboxes[EU].requests if "delete" in each.path]
        await accounts.apps[US].perform(erase, same, yes)


async def test_a_pseudonym_of_another_account_names_nobody(both: tuple[Accounts, CleverTapServer]) -> None:
    _, server = both
    async with host_of(server, EU) as host, host_of(server, US) as other:
        profile = await other.call("get_user_profile", account=US, identity=OTHER["identity"])
        found_names = PSEUDONYM.findall(wording(profile))
        assert found_names
        for name in found_names:
            answer = await host.call("get_user_profile", account=EU, identity=name)
            assert "of another project" in complaint(answer)["message"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_search_finds_and_runs_nothing_at_the_account_of_another(projects: Projects, mode: str) -> None:
    async with (
        served(projects, CLEVERTAP_TOOLSETS="search") as (_, server),
        host_of(server, EU, mode=mode) as host,
    ):
        sought = await host.call("find_actions", intent="who bought something", limit=10)
        assert US not in wording(sought)
        for action in told(sought)["actions"]:
            assert action["input_schema"]["properties"]["account"]["enum"] == [EU]
        for tool, arguments in CORE:
            run = {"key": tool, "arguments": {**arguments, "account": US}}
            misspelt = {"key": tool, "arguments": {**arguments, "account": MISSPELT}}
            theirs = await host.call("run_action", **run)
            assert wording(theirs) == wording(await host.call("run_action", **misspelt))
            assert complaint(theirs)["field"] == "account"
            assert US not in wording(theirs)
    assert not projects.sandboxes[US].requests


@pytest.mark.parametrize("address", [f"clevertap://{US}/profiles", "file:///etc/passwd", f"account:{US}"])
async def test_there_are_no_resources_of_any_account(both: tuple[Accounts, CleverTapServer], address: str) -> None:
    async with host_of(both[1], EU) as host:
        assert not (await host.host.list_resources()).resources
        with pytest.raises(MCPError) as refused:
            await host.host.read_resource(address)
        assert not of_us(str(refused.value))


async def test_passcodes_that_differ_in_case_alone_go_each_to_its_own_project(
    projects: Projects, both: tuple[Accounts, CleverTapServer]
) -> None:
    async with host_of(both[1], EU, US) as host:
        for name in (EU, US):
            answer = await host.call("get_event_count", account=name, **EVENTS)
            assert told(answer)["count"] == 3, answer
    for name in (EU, US):
        sent = {each.headers["x-clevertap-passcode"] for each in projects.sandboxes[name].requests}
        assert sent == {PASSCODES[name]}


async def test_an_account_in_the_rights_of_a_caller_is_not_widened_by_taking_others_out(projects: Projects) -> None:
    text = projects.file.read_text()
    projects.file.write_text(text[: text.index(f"[accounts.{US}]")])
    async with served(projects) as (_, server):
        async with host_of(server, US) as stranger:
            assert not await stranger.tools()
        async with host_of(server, EU) as host:
            answer = await host.call("get_event_count", **EVENTS)
            assert "account" not in told(answer)
