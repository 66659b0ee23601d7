"""A session outlives the rights that it began with: a yes that comes later is worth what its giver may do by then."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitResult

from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from hosts import account_variables, says_yes
from web import bearer, served, tokens_file

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
MAIL = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"},
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
CHANGES = {"none": 'access = "full"', "lower": 'access = "read"', "other accounts": 'accounts = ["other"]'}


@pytest.mark.parametrize("transport", ["http", "sse"])
@pytest.mark.parametrize("change", CHANGES)
async def test_a_yes_counts_only_while_its_giver_may_still_do_it(tmp_path: Path, transport: str, change: str) -> None:
    file = tokens_file(tmp_path, "ana")
    before = file.read_text()
    line = CHANGES[change].partition(" =")[0]

    async def meanwhile(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        kept = [each for each in before.splitlines() if not each.startswith(line)]
        file.write_text("\n".join([*kept, CHANGES[change], ""]))
        return await says_yes(context, params)

    with Sandbox() as sandbox, serving(sandbox) as url:
        settings = read_settings(account_variables(url))
        with served(settings, tokens_file=file) as server:
            async with httpx2.AsyncClient(headers=bearer("ana")) as http:
                streamed = streamable_http_client(server.mcp, http_client=http)
                way = streamed if transport == "http" else sse_client(f"{server.url}/sse", headers=bearer("ana"))
                async with Client(way, mode="legacy", cache=None, elicitation_callback=meanwhile) as host:
                    said = await host.call_tool("clevertap_create_campaign", MAIL)
        launched = sum(b'"estimate_only"' not in each.body for each in sandbox.requests if each.path == CREATE)
    assert said.is_error == (change != "none")
    assert launched == (change == "none")
    if change != "none":
        error = (said.structured_content or {})["error"]
        assert error["changed"] == "no"
        assert "has changed since the person was asked" in error["message"]
