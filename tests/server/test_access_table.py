"""Every combination of toolsets, access and the caller's rights: each may only tighten."""

from __future__ import annotations

from itertools import product

import pytest

from clevertap_mcp.access import Access
from clevertap_mcp.expose import listed
from clevertap_mcp.settings import Confirm
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


@pytest.mark.parametrize("confirm", Confirm)
@pytest.mark.parametrize("access", Access)
def test_a_plan_is_an_argument_exactly_where_one_can_be_redeemed(access: Access, confirm: Confirm) -> None:
    redeemable = {Confirm.AUTO: {Effect.SEND}, Confirm.PLAN: {Effect.SEND, Effect.DESTROY}}.get(confirm, set())
    for action in choose("all", CATALOGUE, access).values():
        takes = "plan" in listed(action, access, confirm).input_schema["properties"]
        possible = action.effects & {Effect.SEND, Effect.DESTROY} or {Effect.SEND}
        redeemed = action.preview is not None and possible & PERMITTED[access] & redeemable
        assert takes == bool(redeemed), action.key


def test_an_access_that_leaves_nothing_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="CLEVERTAP_ACCESS=read"):
        choose("stop-campaign,delete-user-profile", CATALOGUE, Access.READ)
