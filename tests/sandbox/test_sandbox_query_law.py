"""Random queries about random people and events: SQL and plain Python must count the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Sandbox
from sandbox.query_askings import queries
from sandbox.query_oracle import RefusedQuery
from sandbox.query_worlds import NOW, Told, worlds

HEADERS = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
QUERIES = 12
"""Asked about each world, which costs more to make than a query to answer."""

Counted = int | Literal["refused"]


async def ask(told: Told, asked: list[dict[str, Any]]) -> list[tuple[Counted, Counted]]:
    """Tell a sandbox of a world and let it count the events and the people of each query."""
    world = told.world
    with Sandbox(seed=None, zone=world.zone, clock=lambda: float(NOW), behaviours=world.behaviours) as sandbox:
        transport = httpx2.ASGITransport(app=sandbox.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox", headers=HEADERS) as client:
            for path, body in told.requests:
                stored = await client.post(path, content=json.dumps(body))
                assert stored.status_code in (200, 201), stored.text
                assert stored.json().get("unprocessed", []) == []

            async def count(what: str, query: dict[str, Any]) -> Counted:
                answer = (await client.post(f"/1/counts/{what}.json", content=json.dumps(query))).json()
                return "refused" if answer["status"] == "fail" else int(answer["count"])

            return [(await count("events", query), await count("profiles", query)) for query in asked]


def count_plainly(count: Callable[[dict[str, Any]], int], query: dict[str, Any]) -> Counted:
    try:
        return count(query)
    except RefusedQuery:
        return "refused"


def check(data: st.DataObject) -> None:
    told = data.draw(worlds())
    asked = [data.draw(queries(told.world)) for _ in range(QUERIES)]
    for query, counted in zip(asked, asyncio.run(ask(told, asked)), strict=True):
        expected = tuple(count_plainly(count, query) for count in (told.world.count_events, told.world.count_people))
        assert counted == expected, query


LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(LAW, max_examples=50)
@given(data=st.data())
def test_sql_counts_what_plain_python_counts(data: st.DataObject) -> None:
    check(data)


@pytest.mark.slow
@settings(LAW, max_examples=2000)
@given(data=st.data())
def test_sql_counts_what_plain_python_counts_in_thousands_of_worlds(data: st.DataObject) -> None:
    check(data)
