"""Every combination of toolsets, access and the caller's rights: each may only tighten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product

import pytest
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.types import CallToolResult

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.app import App
from clevertap_mcp.auth.scopes import scope_of
from clevertap_mcp.environment import Confirm
from clevertap_mcp.expose import listed
from clevertap_mcp.guard.access import Access
from clevertap_mcp.opening import chosen
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.toolsets import choose
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.effect import Effect
from clevertap_tools.errors import ConfigurationError

CHOICES = (None, "all", "core", "people", "core,people", "-core", "get-events,stop-campaign", "-request")
PERMITTED = {
    Access.READ: {Effect.READ},
    Access.WRITE: {Effect.READ, Effect.UPSERT, Effect.APPEND},
    Access.SEND: {Effect.READ, Effect.UPSERT, Effect.APPEND, Effect.SEND},
    Access.FULL: set(Effect),
}


def on(choice: str | None, access: Access) -> set[str]:
    try:
        return set(choose(choice, CATALOGUE, access))
    except ConfigurationError:
        return set()


@pytest.mark.parametrize("access", Access)
def test_each_level_permits_its_effects_and_those_before_it(access: Access) -> None:
    assert {effect for effect in Effect if access.permits(effect)} == PERMITTED[access]


@pytest.mark.parametrize(("choice", "process", "caller"), [*product(CHOICES, Access, Access)])
def test_what_is_offered_is_the_intersection(choice: str | None, process: Access, caller: Access) -> None:
    access = process.narrowed(caller)
    offered = {key for key in on(choice, process) if access.offers(CATALOGUE[key])}
    assert offered == on(choice, process) & on(choice, caller) == on(choice, access)
    assert offered <= on(choice, Access.FULL)
    for key in offered:
        assert CATALOGUE[key].effects & PERMITTED[process] & PERMITTED[caller]


@pytest.mark.parametrize(("one", "other"), [*product(Access, Access)])
def test_narrowing_never_widens_whoever_is_asked_first(one: Access, other: Access) -> None:
    assert one.narrowed(other) is other.narrowed(one)
    assert PERMITTED[one.narrowed(other)] == PERMITTED[one] & PERMITTED[other]


def test_read_access_offers_reading_only_and_says_so() -> None:
    for action in choose("all", CATALOGUE, Access.READ).values():
        hints = listed(action, Access.READ).annotations
        assert hints
        assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        assert "plan" not in listed(action, Access.READ).input_schema["properties"]
    assert "create-campaign" in on("all", Access.READ)
    assert "request" in on("all", Access.READ)
    assert not {"upload-events", "stop-campaign", "delete-user-profile"} & on("all", Access.READ)


def test_stopping_a_job_reads_only_for_whoever_may_not_stop_imports() -> None:
    cancel = CATALOGUE["cancel-job"]
    for access in Access:
        hints = listed(cancel, access).annotations
        assert hints
        assert hints.read_only_hint is (access is Access.READ)
        assert (hints.destructive_hint, hints.idempotent_hint) == (False, True)
    assert CATALOGUE["resume-job"].effects == {Effect.APPEND}


SENDING = {
    "create-campaign",
    "request",
    "upload-user-profiles",
    "send-message",
    "trigger-campaign",
    "trigger-bulletin",
    "set-subscription",
}
DESTROYING = {
    "upload-custom-list",
    "upload-catalog",
    "update-segments",
    "stop-campaign",
    "delete-user-profile",
    "demerge-user-profiles",
    "disassociate-phone",
    "update-catalog",
    "delete-catalog",
    "upsert-catalog-products",
    "delete-catalog-product",
    "delete-variables",
    "import-file",
}
WITH_A_PLAN = {
    (Confirm.AUTO, Access.SEND): SENDING,
    (Confirm.AUTO, Access.FULL): SENDING,
    (Confirm.PLAN, Access.SEND): SENDING,
    (Confirm.PLAN, Access.FULL): SENDING | DESTROYING,
}
"""The actions that take a plan; where nothing is named, none does."""


@pytest.mark.parametrize(("confirm", "access"), [*product(Confirm, Access)])
def test_a_plan_is_an_argument_exactly_where_one_can_be_redeemed(access: Access, confirm: Confirm) -> None:
    offered = choose("all", CATALOGUE, access).items()
    taking = {key for key, action in offered if "plan" in listed(action, access, confirm).input_schema["properties"]}
    assert taking == WITH_A_PLAN.get((confirm, access), set())


READING = {
    "get_user_profiles",
    "get_user_profiles_by_cursor",
    "get_events",
    "get_events_by_cursor",
    "get_profile_count",
    "get_event_count",
    "real_time_user_count",
    "get_campaigns",
    "get_campaign_report",
    "get_user_profile",
    "get_event_trends",
    "get_top_property_counts",
    "get_message_reports",
    "get_schema",
    "create_campaign",
    "request",
}
WRITING = {"upload_user_profiles", "upload_events", "upload_device_tokens"}
TOOLS = {
    Access.READ: READING,
    Access.WRITE: READING | WRITING,
    Access.SEND: READING | WRITING,
    Access.FULL: READING | WRITING | {"stop_campaign", "delete_user_profile"},
}


@contextmanager
def token_of(access: Access) -> Iterator[None]:
    """What is called within comes with a token of that access."""
    before = auth_context_var.set(AuthenticatedUser(AccessToken(token="t", client_id="ana", scopes=[scope_of(access)])))
    try:
        yield
    finally:
        auth_context_var.reset(before)


@pytest.mark.anyio
@pytest.mark.parametrize(("process", "caller"), [*product(Access, Access)])
async def test_a_host_sees_what_both_the_process_and_its_caller_may_do(
    app: App, process: Access, caller: Access
) -> None:
    settings = replace(app.settings, access=process)
    narrowed = replace(app, settings=settings, actions=chosen(settings))
    with token_of(caller):
        seen = await CleverTapServer(Accounts.only(narrowed)).list_tools()
    assert {tool.name.removeprefix("clevertap_") for tool in seen} == TOOLS[process] & TOOLS[caller]


def test_an_access_that_leaves_nothing_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="CLEVERTAP_ACCESS=read"):
        choose("stop-campaign,delete-user-profile", CATALOGUE, Access.READ)


@pytest.mark.anyio
@pytest.mark.parametrize("caller", Access)
async def test_the_tools_of_search_reach_what_the_caller_may_do_and_nothing_else(app: App, caller: Access) -> None:
    settings = replace(app.settings, toolsets="search")
    server = CleverTapServer(Accounts.only(replace(app, settings=settings, actions=chosen(settings))))
    with token_of(caller):
        for key, action in CATALOGUE.items():
            run = await server.call_tool("clevertap_run_action", {"key": key, "arguments": {"no such": 1}})
            assert isinstance(run, CallToolResult)
            message = (run.structured_content or {})["error"]["message"]
            assert ("'no such'" in message) is Access.FULL.narrowed(caller).offers(action), (key, message)
        found = await server.call_tool("clevertap_find_actions", {"intent": "erase this person for good"})
        assert isinstance(found, CallToolResult)
        assert ("delete-user-profile" in str(found.structured_content)) is (caller is Access.FULL)
