"""The shipped server as hosts start it: a process of its own, on each transport, for each protocol generation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import product
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.client.sse import sse_client
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE

COMMAND = str(Path(sys.executable).with_name("clevertap-mcp"))
GENERATIONS = {"2026-07-28": "auto", "2025-11-25": "legacy"}
TRANSPORTS = ("stdio", "http", "sse")
IN_THE_PLAIN_RUN = {("stdio", "2025-11-25"), ("http", "2026-07-28")}
each_way = pytest.mark.parametrize(
    ("transport", "generation"),
    [
        pytest.param(*way, marks=() if way in IN_THE_PLAIN_RUN else pytest.mark.slow)
        for way in product(TRANSPORTS, GENERATIONS)
    ],
)
"""For tests that take long on each: every transport and every generation has its turn, the others in `make slow`."""


@contextmanager
def listening(transport: str, env: dict[str, str] | None = None, *, sandbox: bool = False) -> Iterator[str]:
    """A server on a port of its own, on the sandbox unless `env` names an account; yields its address."""
    start = [COMMAND, *(["--sandbox"] if sandbox or not env else []), "serve", "--transport", transport, "--port", "0"]
    server = subprocess.Popen(start, env=env, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        yield next(line.strip() for line in server.stderr if line.startswith("http"))
    finally:
        server.terminate()
        server.communicate(timeout=20)


async def says_yes(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """A person who agrees to everything, by ticking every box of the form."""
    assert isinstance(params, ElicitRequestFormParams)
    ticked: dict[str, str | int | float | bool | list[str] | None] = dict.fromkeys(
        params.requested_schema["properties"], True
    )
    return ElicitResult(action="accept", content=ticked)


@asynccontextmanager
async def attached(
    transport: str, generation: str, env: dict[str, str] | None = None, person: ElicitationFnT | None = None
) -> AsyncIterator[Client]:
    """A host attached to a server of its own over one transport, speaking one protocol generation.

    Without `env` the server runs on a fresh sandbox, with it on the account that `env` names. Without a `person` the
    host cannot ask anybody.
    """
    mode = GENERATIONS[generation]
    if transport == "stdio":
        # All of our environment, so that coverage is measured in the server too.
        stdio = StdioServerParameters(command=COMMAND, args=[] if env else ["--sandbox"], env=env or dict(os.environ))
        async with Client(stdio, mode=mode, cache=None, elicitation_callback=person) as host:
            yield host
        return
    with listening(transport, env=env) as address:
        target = address if transport == "http" else sse_client(address)
        async with Client(target, mode=mode, cache=None, elicitation_callback=person) as host:
            yield host


def account_variables(url: str, **more: str | None) -> dict[str, str]:
    """The environment of a server that works the sandbox at `url` as if it were a real account; None unsets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
    own: dict[str, str | None] = {
        "CLEVERTAP_ACCOUNT_ID": ACCOUNT_ID,
        "CLEVERTAP_PASSCODE": PASSCODE,
        "CLEVERTAP_ACCOUNT_TOKEN": ACCOUNT_TOKEN,
        "CLEVERTAP_BASE_URL": url,
        "CLEVERTAP_TIMEZONE": "UTC",
        **more,
    }
    return kept | {name: value for name, value in own.items() if value is not None}


@asynccontextmanager
async def working(url: str, person: ElicitationFnT | None = None, **more: str | None) -> AsyncIterator[Client]:
    """A host attached in this process to a server that works the account at `url` over real HTTP."""
    settings = read_settings(account_variables(url, **more))
    async with (
        opened(settings) as app,
        Client(build_server(Accounts.only(app)), cache=None, elicitation_callback=person) as host,
    ):
        yield host
