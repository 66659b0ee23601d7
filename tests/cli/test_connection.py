from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import httpx2
import pytest
from pydantic import SecretStr

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Fault, Kind, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.account import HOSTS, Account, region_url
from clevertap_tools.client import Client
from clevertap_tools.connection import Connect, Connection, State, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.anyio


class Rerouted(httpx2.AsyncHTTPTransport):
    """Every host is a sandbox on this machine; the `Host` header stays as it was, `unplugged` hosts do not answer."""

    def __init__(self, url: str, unplugged: Sequence[str] = ()) -> None:
        super().__init__()
        self._url = httpx2.URL(url)
        self._unplugged = unplugged

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host in self._unplugged:
            raise httpx2.ConnectError("unplugged")
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return await super().handle_async_request(request)


async def no_wait(_seconds: float) -> None:
    """Retry at once."""


def account(region: str = "eu1", passcode: str = PASSCODE) -> Account:
    return Account(ACCOUNT_ID, SecretStr(passcode), region_url(region))


@pytest.fixture
def indian() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox(seed=None, region="in1") as sandbox, serving(sandbox) as url:
        yield sandbox, url


def connecting(url: str, *, unplugged: Sequence[str] = ()) -> Connect:
    def connect(account: Account) -> Client:
        return Client(account, transport=Rerouted(url, unplugged), sleep=no_wait)

    return connect


def asked_hosts(sandbox: Sandbox) -> list[str]:
    return [request.headers["host"] for request in sandbox.requests]


async def test_an_account_in_its_region_is_ready_after_one_harmless_read(indian: tuple[Sandbox, str]) -> None:
    sandbox, url = indian
    found = await check(account("in1"), search_regions=True, connect=connecting(url))
    assert found.state is State.READY
    assert found.region == "in1"
    assert [(request.method, request.path) for request in sandbox.requests] == [("POST", "/1/now.json")]


async def test_an_account_in_another_region_is_found_there(indian: tuple[Sandbox, str]) -> None:
    sandbox, url = indian
    found = await check(account("us1"), search_regions=True, connect=connecting(url))
    assert found == Connection(
        State.CLIENT_ACTION_REQUIRED, "The account lives in another region; set CLEVERTAP_REGION=in1.", "in1"
    )
    assert asked_hosts(sandbox)[0] == HOSTS["us1"]
    assert {(request.method, request.path) for request in sandbox.requests} == {("POST", "/1/now.json")}


async def test_a_wrong_passcode_is_refused_by_every_region_once(indian: tuple[Sandbox, str]) -> None:
    sandbox, url = indian
    found = await check(account("eu1", "wrong"), search_regions=True, connect=connecting(url))
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "CLEVERTAP_ACCOUNT_ID and CLEVERTAP_PASSCODE" in found.message
    assert sorted(asked_hosts(sandbox)) == sorted(HOSTS.values())


async def test_regions_that_cannot_be_asked_are_named(indian: tuple[Sandbox, str]) -> None:
    _, url = indian
    connect = connecting(url, unplugged=[HOSTS["in1"], HOSTS["sg1"]])
    found = await check(account(), search_regions=True, connect=connect)
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "in1, sg1 did not" in found.message


async def test_with_a_base_url_of_ones_own_no_other_host_gets_the_passcode(indian: tuple[Sandbox, str]) -> None:
    sandbox, url = indian
    own = replace(account(), base_url=url, passcode=SecretStr("wrong"))
    found = await check(own, search_regions=False)
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "CLEVERTAP_BASE_URL" in found.message
    assert len(sandbox.requests) == 1


async def test_a_machine_that_does_not_answer_is_for_the_operator(indian: tuple[Sandbox, str]) -> None:
    _, url = indian
    found = await check(account(), search_regions=True, connect=connecting(url, unplugged=[HOSTS["eu1"]]))
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "No connection to CleverTap" in found.message


async def test_a_web_page_in_place_of_clevertap_is_told(indian: tuple[Sandbox, str]) -> None:
    sandbox, url = indian
    sandbox.faults.add(Fault(kind=Kind.HTML, times=None))
    own = replace(account(), base_url=url)
    found = await check(own, search_regions=True, connect=partial(Client, sleep=no_wait))
    assert found.state is State.CLIENT_ACTION_REQUIRED
    assert "web page" in found.message
