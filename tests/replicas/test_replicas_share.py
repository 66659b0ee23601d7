"""Three replicas behind a proxy that goes round them are one server: plans, questions, cursors and the account's places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.types import CallToolResult

from hosts import says_yes
from replicas.asking import COUNT, EVENT_COUNTS, IN_SPRING, SPRING, asked
from replicas.running import account, of_several, redis, replica
from replicas.teams import Team

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CREATE = "clevertap_create_campaign"
CREATED = "/1/targets/create.json"
MAIL = {
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"},
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
ALLOWED_AT_ONCE = 3
MANY = 200
FIRST_DAYS = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-07", "batch_size": 20}


def told(answer: CallToolResult) -> dict[str, Any]:
    return dict(answer.structured_content or {})


def launched(team: Team, name: str) -> int:
    """How many campaigns of a name there are at the account."""
    bodies = [each["body"] for each in team.account.requests() if each["path"] == CREATED]
    return sum(f'"{name}"' in body and '"estimate_only"' not in body for body in bodies)


async def test_a_plan_made_on_one_replica_is_carried_out_on_another_once(team: Team) -> None:
    mail = MAIL | {"name": "Planned"}
    async with Client(team.url, cache=None) as host:
        plan = told(await host.call_tool(CREATE, mail))["plan"]
        planned_by = team.in_turns.served[-1]
        made = await host.call_tool(CREATE, mail | {"plan": plan})
        assert team.in_turns.served[-1] != planned_by
        assert not made.is_error, told(made)
        for _ in team.replicas:
            again = await host.call_tool(CREATE, mail | {"plan": plan})
            assert "used already" in told(again)["error"]["message"]
    assert launched(team, "Planned") == 1


async def test_a_plan_that_comes_back_to_all_replicas_at_once_is_carried_out_by_one(team: Team) -> None:
    mail = MAIL | {"name": "Raced"}
    async with Client(team.url, cache=None) as host:
        plan = told(await host.call_tool(CREATE, mail))["plan"]
    answers: list[CallToolResult] = []

    async def redeem(url: str) -> None:
        async with Client(url, cache=None) as host:
            answers.append(await host.call_tool(CREATE, mail | {"plan": plan}))

    async with anyio.create_task_group() as tasks:
        for replica in team.replicas:
            tasks.start_soon(redeem, replica.url)
    refusals = [told(answer)["error"]["message"] for answer in answers if answer.is_error]
    assert len(refusals) == len(team.replicas) - 1
    assert all("used already" in message for message in refusals), refusals
    assert launched(team, "Raced") == 1


@pytest.mark.parametrize("name", ["Asked in turns", "Asked in a session"])
async def test_a_question_is_answered_wherever_the_answer_arrives(team: Team, name: str) -> None:
    newer = name == "Asked in turns"
    url, mode = (team.url, "auto") if newer else (team.sticky_url, "legacy")
    async with Client(url, mode=mode, cache=None, elicitation_callback=says_yes) as host:
        made = await host.call_tool(CREATE, MAIL | {"name": name})
    assert not made.is_error, told(made)
    assert launched(team, name) == 1
    if newer:
        asked_by, answered_at = team.in_turns.served[-2:]
        assert asked_by != answered_at


async def test_the_same_send_on_another_replica_is_known_to_be_a_repetition(team: Team) -> None:
    mail = MAIL | {"name": "Twice"}
    async with Client(team.url, cache=None, elicitation_callback=says_yes) as host:
        first = await host.call_tool(CREATE, mail)
        second = await host.call_tool(CREATE, mail)
    assert told(first)["id"] == told(second)["id"]
    assert launched(team, "Twice") == 1


async def walked(http: httpx2.AsyncClient, url: str) -> list[Mapping[str, Any]]:
    """Every record of a walk, in order."""
    page = await asked(http, url, "clevertap_get_events", FIRST_DAYS)
    records = page["records"]
    while "next_cursor" in page:
        page = await asked(http, url, "clevertap_get_events_by_cursor", {"cursor": page["next_cursor"]})
        records += page["records"]
    return list(records)


async def test_a_walk_over_all_replicas_loses_and_repeats_nothing(team: Team) -> None:
    before = len(team.in_turns.served)
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
        alone = await walked(http, team.replicas[0].url)
        together = await walked(http, team.url)
    assert together == alone
    assert len(together) > len(team.replicas) * 20, "more pages than replicas"
    assert set(team.in_turns.served[before:]) == {each.base for each in team.replicas}


async def test_two_hundred_calls_at_once_never_take_more_than_the_places_of_the_account(team: Team) -> None:
    team.account.plan(kind="slow", path=EVENT_COUNTS, seconds=0.02, times=None)
    answers = await asked_at_once([(team.url, SPRING)])
    assert answers == [IN_SPRING] * MANY
    assert 1 < team.account.peak(EVENT_COUNTS) <= ALLOWED_AT_ONCE


async def test_each_of_two_accounts_has_places_of_its_own(tmp_path: Path) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(redis(tmp_path))
        accounts = {name: stack.enter_context(account()) for name in ("eu", "us")}
        replicas = [stack.enter_context(replica(of_several(accounts, store.url, tmp_path, n))) for n in range(2)]
        for each in accounts.values():
            each.plan(kind="slow", path=EVENT_COUNTS, seconds=0.02, times=None)
        asked_for = [(each.url, {"account": name, **SPRING}) for each in replicas for name in accounts]
        answers = await asked_at_once(asked_for)
        assert sorted(answer["account"] for answer in answers) == ["eu"] * (MANY // 2) + ["us"] * (MANY // 2)
        assert all(1 < each.peak(EVENT_COUNTS) <= ALLOWED_AT_ONCE for each in accounts.values())


async def asked_at_once(wanted: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """What two hundred counts come to that are all asked for at once, of some servers in turns."""
    answers: list[Mapping[str, Any]] = []
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:

        async def ask(url: str, arguments: Mapping[str, Any]) -> None:
            answers.append(await asked(http, url, COUNT, arguments))

        async with anyio.create_task_group() as tasks:
            for url, arguments in islice(cycle(wanted), MANY):
                tasks.start_soon(ask, url, arguments)
    return answers
