"""What is told of this server's health: to anybody, without a token, and nothing that is not theirs to know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clevertap_mcp.settings import read_settings
from clevertap_mcp.transports.patience import PATIENCE
from clevertap_mcp.transports.readiness import BETWEEN_PROBES, FRESH, Reach
from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.account import Account
from clevertap_tools.client import Client
from clevertap_tools.ways import in_process
from web import Served, accounts_file, bearer, on, served, silent_account, tokens_file

SECRETS = (ACCOUNT_ID, PASSCODE)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


def test_a_server_that_lives_and_works_says_so(server: Served) -> None:
    for path in ("/healthz", "/readyz"):
        answer = httpx2.get(server.url + path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"
        assert httpx2.head(server.url + path).status_code == 200
        assert httpx2.post(server.url + path).status_code == 405


def test_a_server_that_does_not_reach_clevertap_lives_but_is_not_ready() -> None:
    with silent_account() as listener:
        settings = on(listener)
    with served(settings, replace(PATIENCE, probe=0.2)) as server:  # nobody listens there any more
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
        answer = httpx2.get(f"{server.url}/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "unready", "reasons": ["clevertap"]})


def test_clevertap_is_asked_once_however_many_ask_whether_the_server_is_ready() -> None:
    with silent_account() as listener, served(on(listener)) as server, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(httpx2.get, f"{server.url}/readyz", timeout=30) for _ in range(4)]
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        assert {answer.result().status_code for answer in asked} == {200}  # whatever it said, it was reached
        assert httpx2.get(f"{server.url}/readyz").status_code == 200
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.anyio
async def test_an_account_that_is_not_reached_is_asked_again_only_after_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [100.0]
    asked: list[float] = []

    async def hangs_up(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(now[0])
        raise ConnectionResetError

    async def at_once(seconds: float) -> None: ...

    account = Account("A", SecretStr("P"), "http://localhost")
    async with Client(account, transport=in_process(hangs_up), sleep=at_once) as client:
        reach = Reach(client, clock=lambda: now[0])
        for now[0] in (100.0, 101.0, 100.0 + BETWEEN_PROBES - 1, 100.0 + BETWEEN_PROBES):
            assert not await reach.good()
        client.contact.made()
        assert await reach.good()
    assert set(asked) == {100.0, 100.0 + BETWEEN_PROBES}
    assert lost(caplog) == ["CleverTap is out of reach.", "CleverTap is reached again."]


@pytest.mark.anyio
async def test_an_answer_counts_for_a_minute() -> None:
    now = [100.0]

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"", 500)(scope, receive, send)

    async def at_once(seconds: float) -> None: ...

    account = Account("A", SecretStr("P"), "http://localhost")
    async with Client(account, transport=in_process(answers), sleep=at_once, clock=lambda: now[0]) as client:
        assert client.contact.age == math.inf
        assert await Reach(client).good()
        now[0] += FRESH
        assert client.contact.age == FRESH
        assert await Reach(client).good()
        assert client.contact.age == FRESH, "nobody was asked"
        now[0] += 1
        assert await Reach(client).good()
        assert client.contact.age == 0


def test_one_account_that_is_reached_is_enough_and_only_the_log_names_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = "http://127.0.0.1:9"
    with Sandbox() as sandbox, serving(sandbox) as url:
        some, none = tmp_path / "some", tmp_path / "none"
        for folder, urls, status in ((some, {"eu": url, "us": nowhere}, 200), (none, {"us": nowhere}, 503)):
            folder.mkdir()
            settings = read_settings({"CLEVERTAP_ACCOUNTS_FILE": str(accounts_file(folder, **urls))})
            caplog.clear()
            with served(settings, replace(PATIENCE, probe=0.2)) as server:
                answers = [httpx2.get(f"{server.url}/readyz") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [status] * 3
            assert not any("us" in answer.json().get("reasons", ()) for answer in answers)
            assert lost(caplog) == ["CleverTap is out of reach at account us."]


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of being reached."""
    return [record.getMessage() for record in caplog.records if "reach" in record.getMessage()]


def test_figures_of_all_accounts_are_told_only_to_those_to_whom_all_are_open(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    settings = read_settings({"CLEVERTAP_ACCOUNTS_FILE": str(accounts_file(tmp_path, eu=nowhere, us=nowhere))})
    readers: dict[str, list[str]] = {"all": ["*"], "each": ["eu", "us"], "one": ["eu"], "another": ["in"]}
    with served(settings, tokens_file=tokens_file(tmp_path, **readers), metrics=True) as server:
        answers = {name: httpx2.get(f"{server.url}/metrics", headers=bearer(name)) for name in readers}
        stranger = httpx2.get(f"{server.url}/metrics")
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "all": 200,
        "each": 200,
        "one": 403,
        "another": 403,
    }
    assert "clevertap" not in answers["one"].text
    assert stranger.status_code == 401


@pytest.mark.parametrize("path", ["/nothing", "/", "/healthz/", "/mcp/", "/mcp/../metrics", "//mcp", "/metrics"])
def test_what_is_not_there_is_told_in_a_few_words(server: Served, path: str) -> None:
    answer = httpx2.get(server.url + path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/mcp"), ("POST", "/sse"), ("HEAD", "/sse"), ("GET", "/messages/"), ("DELETE", "/readyz")],
)
def test_a_method_that_does_not_fit_is_refused(server: Served, method: str, path: str) -> None:
    answer = httpx2.request(method, server.url + path, headers={"Accept": "application/json, text/event-stream"})
    assert answer.status_code == 405


def test_no_answer_tells_what_the_server_is_made_of(server: Served) -> None:
    for path in ("/healthz", "/readyz", "/mcp", "/nothing"):
        answer = httpx2.get(server.url + path)
        assert "server" not in answer.headers
        assert not any(secret in answer.text for secret in SECRETS)
