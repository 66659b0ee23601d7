"""An app on a sandbox inside this process, and MCP clients of both generations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as Host

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.app import App
from clevertap_mcp.environment import Confirm
from clevertap_mcp.opening import guard_of, privacy_of
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.settings import Settings, read_settings
from clevertap_mcp.store.store import Store
from clevertap_sandbox import Sandbox
from clevertap_tools.action import CATALOGUE, Action
from clevertap_tools.client import Client
from clevertap_tools.ways import in_process
from stores import KINDS, REDIS, empty_store, redis_server

Actions = dict[str, Action[Any, Any]]
OpenApp = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Nobody is asked and nothing is masked, where a test is about something else."""
    return replace(read_settings({}, sandbox=True), confirm=Confirm.OFF, masked=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def open_app(settings: Settings, sandbox: Sandbox) -> OpenApp:
    """Opens an app on the sandbox, or on any other ASGI application, with the actions that are on."""

    @asynccontextmanager
    async def opened(application: Any = None, actions: Actions = CATALOGUE) -> AsyncIterator[App]:
        async with Client(settings.account, transport=in_process(application or sandbox.app)) as client:
            yield App(settings, client, guard_of(settings), privacy_of(settings), actions)

    return opened


@pytest.fixture
async def app(open_app: OpenApp) -> AsyncIterator[App]:
    async with open_app() as app:
        yield app


@pytest.fixture(params=["auto", "legacy"])
async def host(request: pytest.FixtureRequest, app: App) -> AsyncIterator[Host]:
    """A host of the 2026 generation, then one of the generations that shake hands."""
    async with Host(CleverTapServer(Accounts.only(app)), mode=request.param, cache=None) as host:
        yield host


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str | None]:
    """A Redis server for all tests of a process; None where none is installed."""
    if REDIS is None:
        yield None
        return
    with redis_server() as url:
        yield url


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str | None) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    async with empty_store(request.param, tmp_path, redis_url) as store:
        yield store
