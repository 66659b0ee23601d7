"""What replicas know of each other through a store, and what they let be without it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as Host
from mcp import MCPError
from mcp.client import ClientRequestContext
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)
from redis.asyncio import Redis

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.errors import ConfigurationError
from hosts import account_variables
from stores import free_port, redis_server

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
MAIL: dict[str, Any] = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"},
    "content": {"subject": "We miss you", "body": "Come back soon", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
"""To fewer than the hundred people for whom a plan is enough."""
EVERYBODY = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
KEY = {"CLEVERTAP_PSEUDONYM_KEY": "k" * 32}


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


@asynccontextmanager
async def replica(url: str, store: str, log: Path, person: Any = None, **more: str) -> AsyncIterator[Host]:
    """A host of a server that has its own process but in name: its own app, client and audit log."""
    own = {"CLEVERTAP_STORE_URL": store, "CLEVERTAP_AUDIT_LOG": str(log), **KEY, **more}
    async with (
        opened(read_settings(account_variables(url, **own))) as app,
        Host(build_server(Accounts.only(app)), cache=None, elicitation_callback=person) as host,
    ):
        yield host


async def walked(host: Host, pages: int | None, walk: dict[str, Any] | None = None) -> AsyncIterator[dict[str, Any]]:
    """The people on some pages of a walk, or on the first few; `walk` is where it stands."""
    walk = {} if walk is None else walk
    for _ in range(pages or 12):
        tool = "clevertap_get_user_profiles_by_cursor" if walk else "clevertap_get_user_profiles"
        page = told(await host.call_tool(tool, walk or {**EVERYBODY, "batch_size": 20}))
        walk["cursor"] = page["next_cursor"]
        for person in page["records"]:
            yield person


async def unasked(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    raise AssertionError("the question is carried by hand")


async def asked(host: Host) -> str | None:
    """The state that travels with the question which a launch puts."""
    question = await host.session.call_tool("clevertap_create_campaign", MAIL, allow_input_required=True)
    assert isinstance(question, InputRequiredResult)
    return question.request_state


async def agreed(host: Host, state: str | None) -> CallToolResult:
    """What comes of a yes to such a question."""
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    return await host.session.call_tool("clevertap_create_campaign", MAIL, input_responses=yes, request_state=state)


def told(answer: CallToolResult) -> dict[str, Any]:
    return dict(answer.structured_content or {})


def launched(sandbox: Sandbox) -> int:
    """How many campaigns there are."""
    return sum(b'"estimate_only"' not in each.body for each in sandbox.requests if each.path == CREATE)


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite://{tmp_path}/store.db"
        return
    with redis_server() as url:
        yield url


async def test_a_plan_of_one_replica_is_good_at_another_and_once(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    sandbox, url = account
    async with replica(url, address, tmp_path / "1") as one, replica(url, address, tmp_path / "2") as other:
        planned = {**MAIL, "plan": told(await one.call_tool("clevertap_create_campaign", MAIL))["plan"]}
        made = told(await other.call_tool("clevertap_create_campaign", planned))
        assert made["status"]
        again = told(await one.call_tool("clevertap_create_campaign", planned))
        assert again["error"]["code"] == "plan_refused"
        assert "used already" in again["error"]["message"]
        same = told(await one.call_tool("clevertap_create_campaign", MAIL))
        assert same["id"] == made["id"]
        assert "Nothing was done now" in same["warning"]
        once_more = told(await one.call_tool("clevertap_create_campaign", {**MAIL, "again": True}))
        assert "plan" in once_more
    assert launched(sandbox) == 1


async def test_a_question_of_one_replica_is_answered_at_another(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    sandbox, url = account
    async with (
        replica(url, address, tmp_path / "1", unasked) as one,
        replica(url, address, tmp_path / "2", unasked) as other,
    ):
        state = await asked(one)
        for host in (other, one):
            answered = await agreed(host, state)
            assert launched(sandbox) == 1
        assert "Nothing was done now" in told(answered)["warning"]


async def test_replicas_understand_each_others_questions_also_when_the_store_has_lost_everything(
    account: tuple[Sandbox, str], tmp_path: Path
) -> None:
    sandbox, url = account
    with redis_server() as address:
        async with replica(url, address, tmp_path / "1", unasked) as one:
            lost = await asked(one)
            async with Redis.from_url(address) as redis:
                await redis.flushall()
            async with replica(url, address, tmp_path / "2", unasked) as other:
                refused = told(await agreed(other, lost))["error"]
                assert (refused["code"], refused["changed"]) == ("plan_refused", "no")
                assert not (await agreed(other, await asked(one))).is_error
    assert launched(sandbox) == 1


async def test_a_question_that_was_sealed_with_another_key_is_refused(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    sandbox, url = account
    other_key = {"CLEVERTAP_PSEUDONYM_KEY": "q" * 32}
    async with (
        replica(url, address, tmp_path / "1", unasked) as one,
        replica(url, address, tmp_path / "2", unasked, **other_key) as other,
    ):
        with pytest.raises(MCPError) as refused:
            await agreed(other, await asked(one))
    assert refused.value.error.code == INVALID_PARAMS
    assert launched(sandbox) == 0


async def test_a_walk_goes_over_replicas_and_survives_their_restart(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    _, url = account
    async with replica(url, "memory:", tmp_path / "alone") as host:
        expected = [str(each) async for each in walked(host, None)]
    walk: dict[str, Any] = {}
    seen: list[str] = []
    for turn in range(4):
        async with replica(url, address, tmp_path / str(turn)) as host:
            seen += [str(each) async for each in walked(host, 2, walk)]
    assert seen == expected[: len(seen)]
    assert len(set(seen)) == len(seen) > 50


async def test_the_cap_on_sends_holds_for_all_replicas_together(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    sandbox, url = account
    caps = {"CLEVERTAP_MAX_SENDS_PER_DAY": "2", "CLEVERTAP_CONFIRM": "off"}
    codes = []
    for number in range(3):
        async with replica(url, address, tmp_path / str(number), **caps) as host:
            answer = told(await host.call_tool("clevertap_create_campaign", {**MAIL, "name": f"Mail {number}"}))
            codes.append(answer.get("error", {}).get("code"))
    assert codes == [None, None, "sends_spent"]
    assert launched(sandbox) == 2


async def test_a_send_that_was_refused_is_given_back(
    account: tuple[Sandbox, str], address: str, tmp_path: Path
) -> None:
    _, url = account
    caps = {"CLEVERTAP_MAX_SENDS_PER_DAY": "1", "CLEVERTAP_CONFIRM": "off"}
    async with replica(url, address, tmp_path / "1", **caps, CLEVERTAP_PASSCODE="wrong") as host:
        refused = told(await host.call_tool("clevertap_create_campaign", MAIL))
        assert refused["error"]["code"] == "credentials"
    async with replica(url, address, tmp_path / "2", **caps) as host:
        assert not (await host.call_tool("clevertap_create_campaign", MAIL)).is_error


@pytest.mark.parametrize("confirm", ["off", "plan"])
async def test_without_the_store_reads_go_on_with_a_warning_and_nothing_is_sent(
    account: tuple[Sandbox, str], tmp_path: Path, confirm: str
) -> None:
    sandbox, url = account
    log = tmp_path / "log"
    gone = f"redis://127.0.0.1:{free_port()}/0"
    async with replica(url, gone, log, CLEVERTAP_CONFIRM=confirm) as host:
        count = told(await host.call_tool("clevertap_get_profile_count", EVERYBODY))
        assert count["count"] == 2357
        assert "store cannot be reached" in count["warning"]
        page = told(await host.call_tool("clevertap_get_user_profiles", {**EVERYBODY, "batch_size": 5}))
        assert "store cannot be reached" in page["warning"]
        rest = told(await host.call_tool("clevertap_get_user_profiles_by_cursor", {"cursor": page["next_cursor"]}))
        assert rest["records"] != page["records"]
        refused = told(await host.call_tool("clevertap_create_campaign", MAIL))["error"]
        assert (refused["code"], refused["changed"]) == ("store_gone", "no")
        stop = told(await host.call_tool("clevertap_stop_campaign", {"id": 1}))["error"]
        assert stop["code"] == "store_gone"
    assert launched(sandbox) == 0
    assert log.read_text().count('"reason":"store_gone"') == 2


async def test_the_server_heals_when_the_store_is_back(account: tuple[Sandbox, str], tmp_path: Path) -> None:
    _, url = account
    port = free_port()
    async with replica(url, f"redis://127.0.0.1:{port}/0", tmp_path / "log", CLEVERTAP_CONFIRM="off") as host:
        assert "warning" in told(await host.call_tool("clevertap_get_profile_count", EVERYBODY))
        with redis_server(port):
            while (answer := await host.call_tool("clevertap_create_campaign", MAIL)).is_error:
                assert told(answer)["error"]["code"] == "store_gone"
            assert "warning" not in told(await host.call_tool("clevertap_get_profile_count", EVERYBODY))


@pytest.mark.parametrize("pii", ["mask", "show"])
async def test_replicas_need_a_key_in_common(account: tuple[Sandbox, str], pii: str) -> None:
    _, url = account
    given = account_variables(url, CLEVERTAP_STORE_URL="redis://127.0.0.1/0", CLEVERTAP_PII=pii)
    with pytest.raises(ConfigurationError, match="CLEVERTAP_PSEUDONYM_KEY is not set; replicas"):
        async with opened(read_settings(given)):
            raise AssertionError("it was opened")
