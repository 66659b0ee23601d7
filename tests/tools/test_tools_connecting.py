"""Whether an account can be worked with, and where it lives if not here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Kind, Sandbox
from clevertap_tools.account import HOSTS, Account, region_url
from clevertap_tools.client import Client
from clevertap_tools.connection import State, check
from clevertap_tools.ways import in_process

if TYPE_CHECKING:
    from tools.conftest import Site

pytestmark = pytest.mark.anyio


def to(sandbox: Sandbox) -> Callable[[Account], AbstractAsyncContextManager[Client]]:
    """A way from every CleverTap host to one sandbox, which knows its own region by the host's name."""

    async def wait(_seconds: float) -> None:
        pass

    return lambda account: Client(account, transport=in_process(sandbox.app), sleep=wait)


async def test_an_account_that_answers_is_ready(site: Site) -> None:
    found = await check(site.account(), search_regions=False)
    assert found.state is State.READY
    assert found.region is None
    assert [each.path for each in site.sandbox.requests] == ["/1/now.json"]


async def test_an_account_in_its_region_is_ready_there() -> None:
    with Sandbox(seed=None, region="in1") as sandbox:
        account = Account(ACCOUNT_ID, SecretStr(PASSCODE), region_url("in1"))
        found = await check(account, search_regions=True, connect=to(sandbox))
    assert (found.state, found.region) == (State.READY, "in1")


@pytest.mark.parametrize("region", HOSTS)
async def test_an_account_in_another_region_is_found_by_harmless_reads(region: str) -> None:
    with Sandbox(seed=None, region=region) as sandbox:
        asked = "sg1" if region != "sg1" else "eu1"
        account = Account(ACCOUNT_ID, SecretStr(PASSCODE), region_url(asked))
        found = await check(account, search_regions=True, connect=to(sandbox))
        requests = [(each.method, each.path, each.body) for each in sandbox.requests]
    assert (found.state, found.region) == (State.CLIENT_ACTION_REQUIRED, region)
    assert f"CLEVERTAP_REGION={region}" in found.message
    assert set(requests) == {("POST", "/1/now.json", b"{}")}


async def test_an_account_that_no_region_knows_is_told_so() -> None:
    with Sandbox(seed=None, region="in1") as sandbox:
        account = Account(ACCOUNT_ID, SecretStr("wrong"), region_url("in1"))
        found = await check(account, search_regions=True, connect=to(sandbox))
        hosts = {each.headers["host"] for each in sandbox.requests}
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "CLEVERTAP_PASSCODE" in found.message
    assert "wrong" not in found.message
    assert hosts == set(HOSTS.values())


async def test_regions_that_could_not_be_asked_are_named() -> None:
    with Sandbox(seed=None, region="in1") as sandbox:
        account = Account(ACCOUNT_ID, SecretStr(PASSCODE), region_url("eu1"))
        down = to(sandbox)

        def connect(account: Account) -> AbstractAsyncContextManager[Client]:
            if account.region == "in1":
                return Client(Account(account.id, account.passcode, "http://127.0.0.1:1"), sleep=nothing)
            return down(account)

        found = await check(account, search_regions=True, connect=connect)
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "in1 did not" in found.message


async def nothing(_seconds: float) -> None:
    """Wait for nothing."""


async def test_a_base_url_of_ones_own_is_the_only_place_that_gets_the_passcode(site: Site) -> None:
    found = await check(site.account(passcode="wrong"), search_regions=False)
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "CLEVERTAP_PASSCODE" in found.message
    assert len(site.sandbox.requests) == 1


async def test_a_host_that_fails_is_no_matter_of_regions(site: Site) -> None:
    site.breaks(Kind.STATUS, status=503, times=None)
    found = await check(site.account(), search_regions=True, connect=site.client)
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "503" in found.message
    assert {each.path for each in site.sandbox.requests} == {"/1/now.json"}
