"""Random and mutated requests: none is answered with a fault of ours, none leaves a trace of one, and work goes on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from fuzzed import PAGE, Fuzz
from hosts import COMMAND
from issuing import AUDIENCE, issuing
from web import COUNT, LONGEST, MODERN, accounts_file, token_of, tokens_file, until

AT_ONCE = 8
SILENCE = 0.3
"""Seconds after which a request is taken for one that the server still waits for the rest of."""
NAME = "fuzz"
FAULTS = ("Traceback", "mistake of its own", "ERROR clevertap", "ERROR uvicorn", "ERROR asyncio", "CRITICAL")


@dataclass(frozen=True)
class Kind:
    """A kind of server.

    Args:
        variables: Its environment.
        options: What stands on its command line.
        tokens: The tokens that are good there.
        account: What a call has to name.
    """

    variables: Mapping[str, str]
    options: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    account: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def on_a_laptop(_folder: Path) -> Iterator[Kind]:
    """A server that asks nobody who they are."""
    yield Kind({}, ("--sandbox",))


@contextmanager
def for_a_team(folder: Path) -> Iterator[Kind]:
    """A server with tokens of its own, an authorization server, two accounts, a page that may call, and figures."""
    with Sandbox(account_id="EU", passcode="P") as sandbox, serving(sandbox) as url, issuing() as issuer:
        yield Kind(
            {
                "CLEVERTAP_ACCOUNTS_FILE": str(accounts_file(folder, eu=url, us="http://127.0.0.1:9")),
                "CLEVERTAP_MCP_TOKENS_FILE": str(tokens_file(folder, NAME)),
                "CLEVERTAP_MCP_OAUTH_ISSUER": issuer.url,
                "CLEVERTAP_MCP_URL": AUDIENCE,
                "CLEVERTAP_MCP_ALLOWED_ORIGINS": PAGE,
                "CLEVERTAP_MCP_METRICS": "on",
            },
            tokens=(token_of(NAME), issuer.token()),
            account={"account": "eu"},
        )


@contextmanager
def listening(folder: Path, kind: Kind) -> Iterator[tuple[str, Path]]:
    """A server as operators start it: its address, and what it says on stderr."""
    said = folder / "stderr"
    env = {**os.environ, "CLEVERTAP_MCP_MAX_SESSIONS": "50", **kind.variables}
    start = [COMMAND, *kind.options, "serve", "--transport", "http", "--port", "0"]
    with said.open("w") as stderr, subprocess.Popen(start, env=env, stderr=stderr) as process:
        try:
            yield address(said, process), said
        finally:
            process.terminate()


def address(said: Path, process: subprocess.Popen[bytes]) -> str:
    """Where a server listens, as soon as it says so."""
    until(lambda: told(said) or process.poll() is not None)
    return told(said)[0]


def told(said: Path) -> list[str]:
    """The addresses that a server has said."""
    return [line.strip() for line in said.read_text().splitlines(keepends=True) if re.fullmatch(r"http://.*\n", line)]


def status(url: str, request: bytes) -> int | None:
    """How a request is answered; None if it is not, because it is not all there or the connection was cut."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LONGEST) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(SILENCE)
            heard = connection.recv(4096)
        except (ConnectionError, TimeoutError):
            return None
    return int(heard.split(maxsplit=2)[1]) if heard else None


@pytest.mark.parametrize("server", [on_a_laptop, for_a_team])
@pytest.mark.parametrize("many", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_no_request_brings_the_server_down(
    tmp_path: Path, server: Callable[[Path], AbstractContextManager[Kind]], many: int
) -> None:
    with server(tmp_path) as kind:
        fuzz = Fuzz(many, *kind.tokens)
        requests = [fuzz.request() for _ in range(many)]
        with listening(tmp_path, kind) as (url, said), ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(lambda request: status(url, request), requests))
            faults = [(code, sent) for code, sent in zip(statuses, requests, strict=True) if (code or 0) >= 500]
            assert not faults
            assert {200, 202, 400, 403, 404, 405, 406, 413, 421} <= set(statuses)
            assert (401 in statuses) is bool(kind.tokens)
            for token in kind.tokens or ("",):
                assert counted(url, kind, token) == 1_857
    log = said.read_text()
    assert not [fault for fault in FAULTS if fault in log]


def counted(url: str, kind: Kind, token: str) -> int:
    """What the server still counts."""
    call = deepcopy(COUNT)
    call["params"]["arguments"] |= kind.account
    headers = MODERN | {"Authorization": f"Bearer {token}"} if token else MODERN
    count: int = httpx2.post(url, json=call, headers=headers).json()["result"]["structuredContent"]["count"]
    return count
