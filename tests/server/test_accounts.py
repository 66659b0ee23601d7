"""Several accounts behind one server: how they are named, offered and answered for, and what they share."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from mcp.types import Tool

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.guard.access import OPERATOR, Access, Caller
from clevertap_mcp.opening import privacy_of
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM
from clevertap_mcp.rendering.table import compact
from clevertap_mcp.server import CleverTapServer, instructions
from clevertap_mcp.settings import read_settings
from two_projects import (
    EU,
    KEY,
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
ROBIN = PERSONS[US]["identity"]
EVENTS: dict[str, Any] = {"event_name": "Charged", **DAYS}
CAMPAIGN: dict[str, Any] = {
    "name": "Win-back",
    "target_mode": "email",
    "where": EVENTS,
    "content": {"subject": "Hi", "body": "Back soon?", "sender_name": "Shop"},
    "when": "now",
}
CREATE = "/1/targets/create.json"
MOST_DEARER = 0.12
"""How much more the default tools of two accounts may cost than those of one."""


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with two_projects(tmp_path) as projects:
        yield projects


@pytest.fixture
async def both(projects: Projects) -> AsyncIterator[tuple[Accounts, CleverTapServer]]:
    async with served(projects) as both:
        yield both


def tool(tools: list[Tool], name: str) -> Tool:
    return next(each for each in tools if each.name == f"clevertap_{name}")


def account_in(tools: list[Tool], name: str) -> tuple[list[str], bool]:
    """Which accounts a tool takes, and whether one has to be named."""
    schema = tool(tools, name).input_schema
    return schema["properties"]["account"]["enum"], "account" in schema.get("required", [])


# What is listed.


async def test_every_tool_takes_one_of_the_callers_accounts(both: tuple[Accounts, CleverTapServer]) -> None:
    async with host_of(both[1], EU, US) as host:
        for each in await host.tools():
            account = each.input_schema["properties"]["account"]
            assert account["enum"] == [EU, US]
            assert account["description"] == f"Project ({EU}: Europe/Berlin; {US}: America/New_York)"
            assert "account" in each.input_schema["required"]
            assert (each.output_schema or {})["properties"]["account"] == {"type": "string"}


async def test_with_one_account_only_what_may_write_has_to_name_it(both: tuple[Accounts, CleverTapServer]) -> None:
    async with host_of(both[1], EU) as host:
        tools = await host.tools()
        assert account_in(tools, "get_events") == ([EU], False)
        assert account_in(tools, "upload_events") == ([EU], True)
        assert account_in(tools, "request") == ([EU], True)
    async with host_of(both[1], EU, level="read") as reader:
        assert account_in(await reader.tools(), "request") == ([EU], False)


async def test_a_tool_names_the_accounts_at_which_it_is_of_use(projects: Projects) -> None:
    projects.write(shop_us={"access": "read"})
    async with served(projects) as (_, server), host_of(server, EU, US) as host:
        tools = await host.tools()
        assert account_in(tools, "get_events") == ([EU, US], True)
        assert account_in(tools, "upload_events") == ([EU], True)
        refused = await host.call("upload_events", account=US, events=[{"identity": "1", "evtName": "x"}])
        assert complaint(refused)["message"] == f"'account' must be one of {EU}"
        read = await host.call("request", account=US, method="POST", path="/1/now.json", body={})
        assert told(read)["account"] == US
        guarded = await host.call("request", account=US, method="POST", path="/1/upload", body={"d": []})
        assert complaint(guarded)["code"] == "not_allowed"
    assert not [each for each in projects.sandboxes[US].requests if each.path == "/1/upload"]


async def test_what_is_told_to_everybody_names_no_account(both: tuple[Accounts, CleverTapServer]) -> None:
    words = instructions(both[0].settings)
    assert "`account`" in words
    for name in (EU, US, "Berlin", "New_York", "127.0.0.1"):
        assert name not in words


async def test_the_default_tools_of_two_accounts_cost_little_more(projects: Projects) -> None:
    async with served(projects, CLEVERTAP_TOOLSETS=None) as (accounts, server):
        several = await CleverTapServer(accounts).list_tools()
        alone = await CleverTapServer(Accounts.only(accounts.apps[EU])).list_tools()
        assert server.apps == tuple(accounts.apps.values())
    assert cost(several) <= math.floor(cost(alone) * (1 + MOST_DEARER))


def cost(tools: list[Tool]) -> int:
    return sum(len(compact(each.model_dump(by_alias=True, exclude_none=True))) for each in tools)


# Which account a call means.


async def test_a_read_of_a_caller_with_one_account_need_not_name_it(
    projects: Projects, both: tuple[Accounts, CleverTapServer]
) -> None:
    async with host_of(both[1], US) as host:
        answer = await host.call("get_event_count", **EVENTS)
        assert told(answer) | {"account": US, "count": 3} == told(answer)
        refused = await host.call("upload_events", events=[{"identity": "1", "evtName": "x"}])
        assert complaint(refused)["message"] == f"'account' is missing; it must be one of {US}"
    assert not projects.sandboxes[EU].requests


@pytest.mark.parametrize("given", [{}, {"account": None}, {"account": ""}, {"account": [EU]}, {"account": EU.upper()}])
async def test_whoever_has_two_accounts_has_to_name_one(
    projects: Projects, both: tuple[Accounts, CleverTapServer], given: dict[str, Any]
) -> None:
    async with host_of(both[1], EU, US) as host:
        error = complaint(await host.call("get_event_count", **EVENTS, **given))
        assert (error["code"], error["field"]) == ("invalid_arguments", "account")
        assert error["message"].endswith(f"one of {EU}, {US}")
    assert not any(sandbox.requests for sandbox in projects.sandboxes.values())


async def test_the_operator_has_all_accounts(both: tuple[Accounts, CleverTapServer]) -> None:
    assert [name for name, _ in both[0].levels(OPERATOR)] == [EU, US]
    assert both[0].levels(Caller("ana", Access.SEND, frozenset({US, "gone"}))) == ((US, Access.SEND),)
    assert both[0].levels(Caller("ana", Access.SEND, frozenset())) == ()


async def test_refusals_plans_and_rows_name_their_account_first(projects: Projects) -> None:
    async with (
        served(projects, CLEVERTAP_CONFIRM="plan") as (_, server),
        host_of(server, EU, US) as host,
    ):
        tools = {each.name: each for each in await host.tools()}
        for name, arguments in (
            ("get_events", EVENTS),
            ("get_event_count", {"event_name": "Charged", "from": "x", "to": "y"}),
            ("delete_user_profile", {"identity": ["nobody"]}),
            ("get_user_profile", {"identity": PERSONS[US]["identity"]}),
        ):
            answer = await host.call(name, account=US, **arguments)
            assert next(iter(told(answer).items())) == ("account", US), (name, answer)
            assert answer.content[0].model_dump()["text"].startswith(f"account: {US}\n")
            jsonschema.validate(told(answer), tools[f"clevertap_{name}"].output_schema or {})


async def test_search_offers_what_can_be_done_at_any_account(projects: Projects) -> None:
    projects.write(shop_us={"access": "read"})
    async with served(projects, CLEVERTAP_TOOLSETS="search") as (_, server), host_of(server, EU, US) as host:
        run = tool(await host.tools(), "run_action")
        assert "`account`" in (run.description or "")
        sought = told(await host.call("find_actions", intent="upload events", limit=10))["actions"]
        offered = {each["key"]: each["input_schema"]["properties"]["account"]["enum"] for each in sought}
        assert offered["upload-events"] == [EU]
        counted = await host.call("run_action", key="get-event-count", arguments={**EVENTS, "account": US})
        assert told(counted) | {"account": US, "count": 3} == told(counted)
        assert complaint(await host.call("run_action", key="get-event-count", arguments=EVENTS))["field"] == "account"


async def test_a_file_with_one_account_asks_for_no_account(projects: Projects) -> None:
    text = projects.file.read_text()
    projects.file.write_text(text[: text.index(f"[accounts.{US}]")])
    async with served(projects) as (accounts, server), host_of(server, EU) as host:
        assert (await CleverTapServer(Accounts.only(accounts.apps[EU])).list_tools()) == await host.tools()
        assert "account" not in tool(await host.tools(), "get_events").input_schema["properties"]
        assert told(await host.call("get_event_count", **EVENTS))["count"] == 3


# What is shared.


def other_entry(projects: Projects, name: str) -> str:
    """A second entry that leads to a project of the file."""
    text = projects.file.read_text()
    entry = text[text.index(f"[accounts.{name}]") :].split("\n\n")[0]
    return f"{entry}\n\n".replace(f"[accounts.{name}]", "[accounts.again]")


async def test_two_entries_of_one_project_know_each_others_people_and_share_its_places(projects: Projects) -> None:
    projects.file.write_text(projects.file.read_text() + other_entry(projects, US))
    async with served(projects) as (accounts, server), host_of(server, "*") as host:
        named = PSEUDONYM.findall(wording(await host.call("get_user_profile", account=US, identity=ROBIN)))
        again = await host.call("get_user_profile", account="again", identity=named[0])
        assert not again.is_error
        assert PSEUDONYM.findall(wording(again)) == named
        assert accounts.apps[US].privacy.text("a@b.example") == accounts.apps["again"].privacy.text("a@b.example")
        assert accounts.apps[US].privacy.text("a@b.example") != accounts.apps[EU].privacy.text("a@b.example")
        assert len({app.namespace for app in accounts.apps.values()}) == 3
        assert len({id(app.client) for app in accounts.apps.values()}) == 3
        await together(host, US, "again")
    assert 0 < projects.sandboxes[US].peak("/1/counts/events.json") <= 3


def test_one_id_in_two_regions_is_two_projects(tmp_path: Path) -> None:
    same = 'account_id = "ACC"\npasscode = "P"\n'
    (tmp_path / "two.toml").write_text(f'[accounts.eu]\n{same}region = "eu1"\n[accounts.in]\n{same}region = "in1"\n')
    settings = read_settings({"CLEVERTAP_ACCOUNTS_FILE": str(tmp_path / "two.toml"), "CLEVERTAP_PSEUDONYM_KEY": KEY})
    europe, india = (privacy_of(each) for each in settings.each)
    assert europe.text("a@b.example") == privacy_of(settings.each[0]).text("a@b.example")
    assert europe.text("a@b.example") != india.text("a@b.example")


async def test_a_send_by_one_entry_of_a_project_is_a_repetition_by_the_other(projects: Projects) -> None:
    projects.file.write_text(projects.file.read_text() + other_entry(projects, US))
    async with served(projects) as (_, server), host_of(server, "*") as host:
        first = told(await host.call("create_campaign", account=US, **CAMPAIGN))
        again = told(await host.call("create_campaign", account="again", **CAMPAIGN))
        assert again["id"] == first["id"]
        assert "Nothing was done now" in again["warning"]
        other = told(await host.call("create_campaign", account=EU, **CAMPAIGN))
        assert "Nothing was done now" not in str(other.get("warning"))
    launches = [[each.path for each in projects.sandboxes[name].requests].count(CREATE) for name in (US, EU)]
    assert launches == [1, 1]


async def together(host: Bearer, *accounts: str) -> None:
    """Ask each account a dozen things at once."""
    async with anyio.create_task_group() as tasks:
        for name in accounts * 12:
            tasks.start_soon(count, host, name)


async def test_what_an_account_is_called_does_not_hang_on_its_passcode(projects: Projects) -> None:
    async with served(projects) as (accounts, _):
        before = [app.namespace for app in accounts.apps.values()]
    projects.write(shop_eu={"passcode": "another"})
    async with served(projects) as (accounts, _):
        assert [app.namespace for app in accounts.apps.values()] == before


# Credentials that change.


async def count(host: Bearer, account: str) -> object:
    """The count that an account tells, or the code of its refusal."""
    answer = told(await host.call("get_event_count", account=account, **EVENTS))
    return answer.get("count") or answer["error"]["code"]


async def test_new_credentials_count_from_the_next_call_on(
    projects: Projects, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "clevertap_mcp")
    projects.write(shop_eu={"passcode": PASSCODES[US]})
    async with served(projects) as (accounts, server), host_of(server, EU, US) as host:
        old = accounts.apps[EU].client.memory
        assert (await count(host, EU), await count(host, US)) == ("credentials", 3)
        projects.write()
        assert (await count(host, EU), await count(host, US)) == (3, 3)
        assert accounts.apps[EU].client.memory is not old
        projects.write(shop_us={"passcode": PASSCODES[EU]})
        assert (await count(host, EU), await count(host, US)) == (3, "credentials")
    renewed = [each for each in caplog.messages if "credentials of the account" in each]
    assert [EU in each for each in renewed] == [True, False]
    assert [US in each for each in renewed] == [False, True]


async def test_a_passcode_in_a_file_of_its_own_may_change(projects: Projects, tmp_path: Path) -> None:
    passcode, new = tmp_path / "passcode", tmp_path / "new"
    passcode.write_text("wrong")
    projects.write(shop_eu={"passcode": None, "passcode_file": str(passcode)})
    async with served(projects) as (_, server), host_of(server, EU) as host:
        assert await count(host, EU) == "credentials"
        new.write_text(PASSCODES[EU] + "\n")
        new.replace(passcode)
        assert await count(host, EU) == 3


async def test_a_file_with_a_passcode_may_come_after_the_entry_that_names_it(
    projects: Projects, tmp_path: Path
) -> None:
    projects.write(shop_eu={"passcode": "wrong"})
    async with served(projects) as (_, server), host_of(server, EU) as host:
        projects.write(shop_eu={"passcode": None, "passcode_file": str(tmp_path / "passcode")})
        assert await count(host, EU) == "credentials"
        (tmp_path / "passcode").write_text(PASSCODES[EU])
        assert await count(host, EU) == 3


async def test_a_file_that_is_broken_changes_nothing_and_is_told_once(
    projects: Projects, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(projects) as (_, server), host_of(server, EU) as host:
        projects.write(shop_eu={"passcode": "has a blank"})
        assert [await count(host, EU) for _ in range(3)] == [3, 3, 3]
        told_of = [each for each in caplog.messages if "stay as they were" in each]
        assert len(told_of) == 1
        assert "accounts.shop-eu: passcode holds white space" in told_of[0]
        projects.file.unlink()
        assert await count(host, EU) == 3
        projects.write()
        assert await count(host, EU) == 3


async def test_what_else_changes_waits_for_the_next_start(projects: Projects, caplog: pytest.LogCaptureFixture) -> None:
    async with served(projects) as (accounts, server), host_of(server, EU) as host:
        projects.write(shop_eu={"access": "read", "passcode": "another"})
        await count(host, EU)
        assert "takes effect at the next start" in caplog.text
        assert "upload_events" in str(await host.tools())
        assert accounts.apps[EU].client.account.secrets[0] == "another"


async def test_a_passcode_of_another_project_never_reaches_the_one_before(projects: Projects) -> None:
    async with served(projects) as (accounts, server), host_of(server, EU) as host:
        projects.write(shop_eu={"account_id": "ACC-OTHER", "passcode": "of-another"})
        assert await count(host, EU) == 3
        projects.write(shop_eu={"base_url": projects.urls[US], "passcode": "of-another"})
        assert await count(host, EU) == 3
        assert accounts.apps[EU].client.account.secrets[0] == PASSCODES[EU]


async def test_without_a_change_nothing_is_read_again(projects: Projects, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with served(projects) as (accounts, _):
            accounts.renew()
            projects.write()
            accounts.renew()
    assert not [each for each in caplog.messages if "credentials" in each.lower()]


def test_the_sandbox_has_no_file_to_watch() -> None:
    assert read_settings({"CLEVERTAP_ACCOUNTS_FILE": "/not/there"}, sandbox=True).secret_files == ()
