"""What is lost with a replica comes back, and what goes on without the store is said."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest
from mcp import Client

from replicas.asking import COUNT, EVENT_COUNTS, IN_SPRING, SPRING, LostError, asked, asked_at_most_twice
from replicas.running import account, replica, variables
from replicas.teams import Team
from replicas.test_replicas_share import CREATE, FIRST_DAYS, MAIL, launched, told

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PLACES = 3
HELD = 1.0
"""Seconds that the account takes for an answer: so long are the places of a lost replica taken there as well."""
AT_MOST = 15.0
READERS = 12


def caller() -> httpx2.AsyncClient:
    """Connections of a client that waits for as long as the test lets it."""
    return httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=None), trust_env=False)


async def until_reached(team: Team, requests: int) -> None:
    """Wait until the account was asked so often."""
    with anyio.fail_after(30):
        while sum(each["path"] == EVENT_COUNTS for each in team.account.requests()) < requests:
            await anyio.lowlevel.checkpoint()


async def until_healed(http: httpx2.AsyncClient, url: str) -> None:
    """Wait until a replica reads without a warning."""
    with anyio.fail_after(30):
        while await asked(http, url, COUNT, SPRING) != IN_SPRING:
            await anyio.lowlevel.checkpoint()


async def test_the_places_of_a_killed_replica_come_back(own_team: Team) -> None:
    lost, living, _ = own_team.replicas
    own_team.account.plan(kind="slow", path=EVENT_COUNTS, seconds=HELD, times=PLACES)

    async def ask_the_lost(http: httpx2.AsyncClient) -> None:
        with pytest.raises(LostError):
            await asked(http, lost.url, COUNT, SPRING)

    async with caller() as http, anyio.create_task_group() as tasks:
        for _ in range(PLACES):
            tasks.start_soon(ask_the_lost, http)
        await until_reached(own_team, PLACES)
        lost.kill()
        with anyio.fail_after(AT_MOST):
            assert await asked(http, living.url, COUNT, SPRING) == IN_SPRING
    assert own_team.account.peak(EVENT_COUNTS) == PLACES


async def test_every_read_is_answered_after_at_most_one_retry_when_a_replica_is_killed(own_team: Team) -> None:
    own_team.account.plan(kind="slow", path=EVENT_COUNTS, seconds=0.05, times=None)
    answers = count()
    async with caller() as http, anyio.create_task_group() as tasks:

        async def keep_reading() -> None:
            for _ in range(READERS):
                assert await asked_at_most_twice(http, own_team.url, COUNT, SPRING) == IN_SPRING
                next(answers)

        for _ in range(READERS):
            tasks.start_soon(keep_reading)
        await until_reached(own_team, READERS)
        own_team.replicas[0].kill()
    assert next(answers) == READERS * READERS


async def test_without_the_store_reads_go_on_with_a_warning_and_sends_are_refused(own_team: Team) -> None:
    async with caller() as http, Client(own_team.url, cache=None) as host:
        plan = await host.call_tool(CREATE, MAIL | {"name": "Before"})
        first = await asked(http, own_team.url, "clevertap_get_events", FIRST_DAYS)
        own_team.store.kill()
        for _ in own_team.replicas:
            answer = await asked(http, own_team.url, COUNT, SPRING)
            assert answer["count"] == IN_SPRING["count"]
            assert "store cannot be reached" in answer["warning"]
        for arguments in (MAIL | {"name": "Meanwhile"}, MAIL | {"name": "Before", "plan": told(plan)["plan"]}):
            for _ in own_team.replicas:
                refused = told(await host.call_tool(CREATE, arguments))["error"]
                assert (refused["code"], refused["changed"]) == ("store_gone", "no")
        assert launched(own_team, "Meanwhile") == launched(own_team, "Before") == 0
        own_team.store.start()
        for each in own_team.replicas:
            await until_healed(http, each.url)
        planned = told(await host.call_tool(CREATE, MAIL | {"name": "Afterwards"}))["plan"]
        made = await host.call_tool(CREATE, MAIL | {"name": "Afterwards", "plan": planned})
        assert not made.is_error, told(made)
    assert launched(own_team, "Afterwards") == 1
    assert first["next_cursor"]


async def test_a_file_keeps_plans_and_cursors_for_the_next_start(tmp_path: Path) -> None:
    with account() as works:
        environment = variables(works, f"sqlite://{tmp_path}/store.db", tmp_path)
        mail = MAIL | {"name": "Over a restart"}
        async with caller() as http:
            with replica(environment) as first:
                whole = await walked_from(
                    http, first.url, await asked(http, first.url, "clevertap_get_events", FIRST_DAYS)
                )
                page = await asked(http, first.url, "clevertap_get_events", FIRST_DAYS)
                async with Client(first.url, cache=None) as host:
                    plan = told(await host.call_tool(CREATE, mail))["plan"]
                first.kill()
            with replica(environment) as second:
                assert await walked_from(http, second.url, page) == whole
                async with Client(second.url, cache=None) as host:
                    assert not (await host.call_tool(CREATE, mail | {"plan": plan})).is_error
            with replica(environment) as third:
                async with Client(third.url, cache=None) as host:
                    again = told(await host.call_tool(CREATE, mail | {"plan": plan}))["error"]
    assert "used already" in again["message"]


async def walked_from(http: httpx2.AsyncClient, url: str, page: dict[str, Any]) -> list[Any]:
    """The records of a page and of all that follow."""
    records = list(page["records"])
    while "next_cursor" in page:
        page = await asked(http, url, "clevertap_get_events_by_cursor", {"cursor": page["next_cursor"]})
        records += page["records"]
    return records
