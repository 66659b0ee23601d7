"""While a person is asked a call takes nobody's place, and what the person says is heard however full it is."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, cast

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult
from starlette.types import Receive, Scope, Send

from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from hosts import account_variables, says_yes
from web import COUNT, LONGEST, MODERN, Served, served

pytestmark = pytest.mark.anyio

COUNTS = "/1/counts/events.json"
CREATE = "/1/targets/create.json"
MAIL = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"},
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}


class Gate:
    """A sandbox that answers counts only once it is opened."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._app = sandbox.app
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.order: list[str] = []

    @property
    def app(self) -> Gate:
        """What answers."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"] == COUNTS:
            self.reached.set()
            assert await anyio.to_thread.run_sync(self.opened.wait, LONGEST)
        self.order.append(scope.get("path", ""))
        await self._app(scope, receive, send)


@contextmanager
def gated(**network: Any) -> Iterator[tuple[Gate, Served]]:
    """A server whose account is behind such a gate."""
    with Sandbox() as sandbox:
        gate = Gate(sandbox)
        answering = cast("Sandbox", gate)  # all that it needs is an application
        with serving(answering) as url, served(read_settings(account_variables(url)), **network) as server:
            yield gate, server


async def counted(server: Served) -> httpx2.Response:
    """Somebody else's read."""
    return await anyio.to_thread.run_sync(partial(httpx2.post, server.mcp, json=COUNT, headers=MODERN, timeout=LONGEST))


@asynccontextmanager
async def asking(server: Served, transport: str, person: ElicitationFnT, answered: Any = None) -> AsyncIterator[Client]:
    """A host that can ask a person; whoever wants to is told of each answer on the way."""
    hooks = {"response": [answered]} if answered else {}
    async with httpx2.AsyncClient(event_hooks=hooks, timeout=LONGEST) as http:
        streamed = streamable_http_client(server.mcp, http_client=http)
        way = streamed if transport == "http" else sse_client(f"{server.url}/sse")
        async with Client(way, mode="legacy", cache=None, elicitation_callback=person) as host:
            yield host


async def mailed(host: Client, **changes: str) -> CallToolResult:
    """What comes of a campaign that a person is asked about."""
    return await host.call_tool("clevertap_create_campaign", MAIL | changes)


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_others_are_answered_while_a_person_is_asked(transport: str) -> None:
    statuses: list[int] = []

    async def meanwhile(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        statuses.append((await counted(server)).status_code)
        return await says_yes(context, params)

    with gated(max_calls=1) as (gate, server):
        gate.opened.set()
        async with asking(server, transport, meanwhile) as host:
            said = await mailed(host)
    assert statuses == [200]
    assert not said.is_error


async def test_only_so_many_people_are_asked_beside_the_calls() -> None:
    statuses: list[int] = []
    first, second = anyio.Event(), anyio.Event()

    async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if first.is_set():
            statuses.append((await counted(server)).status_code)
            second.set()
        first.set()
        await second.wait()
        return await says_yes(context, params)

    with gated(max_calls=1, max_sessions=1) as (gate, server):
        gate.opened.set()
        async with asking(server, "sse", person) as host, anyio.create_task_group() as tasks:
            tasks.start_soon(mailed, host)
            await first.wait()
            await mailed(host, name="Another")
    assert statuses == [429]


async def test_a_yes_is_heard_while_all_places_are_taken_and_its_call_waits_for_one() -> None:
    answers: list[int] = []

    async def heard(response: httpx2.Response) -> None:
        if gate.reached.is_set() and response.request.method == "POST":
            answers.append(response.status_code)
            gate.opened.set()

    with gated(max_calls=1) as (gate, server):
        async with anyio.create_task_group() as tasks:

            async def meanwhile(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
                tasks.start_soon(counted, server)
                assert await anyio.to_thread.run_sync(gate.reached.wait, LONGEST)
                assert (await counted(server)).status_code == 429
                return await says_yes(context, params)

            async with asking(server, "http", meanwhile, heard) as host:
                with anyio.fail_after(LONGEST):
                    said = await mailed(host)
    assert answers[0] == 202
    assert not said.is_error
    estimated, launched = CREATE, CREATE
    assert gate.order == [estimated, COUNTS, estimated, launched]
