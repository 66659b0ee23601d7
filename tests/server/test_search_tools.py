"""The two tools of search as hosts see them, and what the one that runs actions makes of a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clevertap_mcp.accounts.choice import Offer
from clevertap_mcp.environment import Confirm
from clevertap_mcp.expose import listed
from clevertap_mcp.guard.access import Access
from clevertap_mcp.rendering.render import size
from clevertap_mcp.rendering.table import compact
from clevertap_mcp.search.finding import ROOM_FOR_OUTPUTS, find, find_tool
from clevertap_mcp.search.ranking import deeds, known_meanings, rank, sayings
from clevertap_mcp.search.running import Outcome, meant, run_tool
from clevertap_mcp.server import SEARCHED, instructions
from clevertap_mcp.settings import read_settings
from clevertap_mcp.toolsets import choose
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError

MOST_TOKENS = 1_200


def offered(access: Access) -> dict[str, Offer]:
    return {key: Offer(action, access) for key, action in choose("all", CATALOGUE, access).items()}


EVERYTHING = offered(Access.FULL)


def told(tool: Any) -> dict[str, Any]:
    return dict(tool.model_dump(by_alias=True, exclude_none=True))


def test_both_tools_together_cost_little() -> None:
    text = "".join(compact(told(tool)) for tool in (find_tool(), run_tool(EVERYTHING)))
    assert len(text) // 4 <= MOST_TOKENS


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access.READ, (True, False, True)),
        (Access.WRITE, (False, False, False)),
        (Access.SEND, (False, True, False)),
        (Access.FULL, (False, True, False)),
    ],
)
def test_running_has_the_hints_of_the_worst_that_it_may_do(access: Access, expected: tuple[bool, ...]) -> None:
    hints = run_tool(offered(access)).annotations
    assert hints
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == expected


def test_finding_only_reads_and_stays_here() -> None:
    hints = find_tool().annotations
    assert hints
    assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False)


def test_what_running_says_of_its_answers_holds_for_every_action() -> None:
    common = told(run_tool(EVERYTHING))["outputSchema"]
    assert "additionalProperties" not in common
    assert "required" not in common
    for action in CATALOGUE.values():
        own = (listed(action).output_schema or {})["properties"]
        for name in own.keys() & common["properties"].keys():
            assert own[name]["type"] == common["properties"][name]["type"], (action.key, name)
    assert Outcome.model_fields.keys() == common["properties"].keys()


def test_actions_are_told_with_their_results_while_there_is_room() -> None:
    found = find({"intent": "list users", "limit": 10}, EVERYTHING, Confirm.AUTO)
    told_of = ["output_schema" in action for action in found.actions]
    assert told_of == sorted(told_of, reverse=True)
    assert told_of[0]
    assert size(compact(found.actions[0])) < ROOM_FOR_OUTPUTS
    assert all("input_schema" in action for action in found.actions)


def test_what_is_found_is_told_for_the_access() -> None:
    campaign = {"intent": "create-campaign", "limit": 1}
    (at_read,) = find(campaign, offered(Access.READ), Confirm.AUTO).actions
    (in_full,) = find(campaign, EVERYTHING, Confirm.AUTO).actions
    assert (at_read["effects"], in_full["effects"]) == (["read"], ["read", "send"])
    assert "plan" not in at_read["input_schema"]["properties"]
    assert "plan" in in_full["input_schema"]["properties"]


@pytest.mark.parametrize("key", ["get-events", "get_events", "clevertap_get_events", " Get-Events "])
def test_a_key_is_taken_however_it_is_written(key: str) -> None:
    offer, arguments = meant({"key": key, "arguments": json.dumps({"event_name": "Charged"})}, EVERYTHING)
    assert (offer.action.key, arguments) == ("get-events", {"event_name": "Charged"})


def test_arguments_may_be_left_out() -> None:
    assert meant({"key": "get-schema"}, EVERYTHING) == (EVERYTHING["get-schema"], {})
    assert meant({"key": "get-schema", "arguments": None}, EVERYTHING)[1] == {}


@pytest.mark.parametrize("key", ["stop-campaign", "nobody-knows", "find-actions"])
def test_what_is_not_offered_is_refused_like_what_does_not_exist(key: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="'key' names no action here") as caught:
        meant({"key": key}, offered(Access.READ))
    assert key not in str(caught.value)


def test_agents_are_told_how_actions_are_reached() -> None:
    assert SEARCHED in instructions(read_settings({}, sandbox=True, toolsets="search"))
    assert SEARCHED not in instructions(read_settings({}, sandbox=True))


HARMLESS = (
    "AB test",
    "test users",
    "clean data",
    "dashboards",
    "old campaigns",
    "stopped campaigns",
    "deleted accounts",
    "removed from cart",
    "end of campaign report",
    "unsubscribe rate",
    "how many unsubscribed last month",
    "product recommendations",
    "churn rate",
    "pull the numbers of the campaign",
)
"""Wishes to see something, with words that also stand in wishes to delete, stop or send."""


@pytest.mark.parametrize("wish", HARMLESS)
def test_a_harmless_wish_does_not_find_first_what_only_sends_or_destroys(wish: str) -> None:
    assert all(not action.effects <= {Effect.SEND, Effect.DESTROY} for action in rank(wish, CATALOGUE)[:1])


@pytest.mark.parametrize(
    ("wish", "key", "most"),
    [
        ("remove someone from mailing list", "set-subscription", 1),
        ("turn off a product catalogue", "update-catalog", 1),
        ("deactivate a catalog", "update-catalog", 1),
        ("test mail", "send-message", 1),
        ("WhatsApp template message", "send-message", 1),
        ("merge duplicates", "upload-user-profiles", 1),
        ("how much money did we make in 1997", "get-event-trends", 1),
        ("monthly revenue", "get-event-trends", 1),
        ("average order value", "get-event-trends", 1),
        ("preview campaign audience size", "create-campaign", 1),
        ("how many people would this reach", "create-campaign", 2),
        ("resend the campaign", "create-campaign", 3),
        ("import contacts from csv", "upload-user-profiles", 1),
        ("count how many customers purchased", "get-profile-count", 1),
    ],
)
def test_what_was_once_mistaken_is_found(wish: str, key: str, most: int) -> None:
    assert key in [action.key for action in rank(wish, CATALOGUE)[:most]]


@pytest.mark.parametrize("wish", ["zzz", "hello", "of the"])
def test_what_says_too_little_finds_nothing(wish: str) -> None:
    assert rank(wish, CATALOGUE) == []


def test_every_action_that_may_do_harm_has_to_be_asked_for_by_its_deed() -> None:
    harmful = {
        key
        for key, action in CATALOGUE.items()
        if Effect.READ not in action.effects and any(effect.guarded for effect in action.effects)
    }
    assert deeds().keys() == harmful
    assert {meaning for meant in deeds().values() for meaning in meant} <= known_meanings()["meanings"].keys()


def test_sayings_are_those_of_actions_that_exist() -> None:
    assert sayings().keys() == CATALOGUE.keys()
