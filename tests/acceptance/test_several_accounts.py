"""Several accounts behind the shipped server and at the command line, as a team uses them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clevertap_mcp.cli import Start
from clevertap_mcp.commands.actions import offered
from hosts import COMMAND, GENERATIONS, account_variables, listening
from two_projects import EU, PASSCODES, PERSONS, US, Projects, complaint, told, two_projects

pytestmark = pytest.mark.anyio

EVENTS: dict[str, Any] = {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-31"}
OF_ONE = ("ACCOUNT_ID", "PASSCODE", "ACCOUNT_TOKEN", "BASE_URL", "TIMEZONE")


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with two_projects(tmp_path) as projects:
        yield projects


def environment(projects: Projects, **more: str) -> dict[str, str]:
    """The variables of a server of both projects."""
    single = dict.fromkeys((f"CLEVERTAP_{name}" for name in OF_ONE), None)
    return account_variables("", **single, CLEVERTAP_ACCOUNTS_FILE=str(projects.file), **more)


def typed(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What comes of a command."""
    return subprocess.run([COMMAND, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False)


def token(env: Mapping[str, str], name: str, account: str) -> str:
    """A new token for an account, as the command makes it."""
    made = typed(env, "tokens", "add", name, "--access", "full", "--account", account)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@asynccontextmanager
async def bearing(url: str, shown: str, mode: str) -> AsyncIterator[Client]:
    """A host that comes with a token."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {shown}"}, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode, cache=None) as host,
    ):
        yield host


async def test_a_team_works_two_projects_by_one_server(projects: Projects, tmp_path: Path) -> None:
    env = environment(projects, CLEVERTAP_MCP_TOKENS_FILE=str(tmp_path / "tokens.toml"))
    tokens = {name: token(env, f"agent-of-{name}", name) for name in (EU, US)}
    with listening("http", env) as url:
        for mode in GENERATIONS.values():
            async with bearing(url, tokens[EU], mode) as europe, bearing(url, tokens[US], mode) as america:
                assert US not in (await europe.list_tools()).model_dump_json()
                for host, name in ((europe, EU), (america, US)):
                    counted = await host.call_tool("clevertap_get_event_count", EVENTS)
                    assert told(counted)["account"] == name
                    assert told(counted)["count"] == 3
                before = len(projects.sandboxes[US].requests)
                theirs = await europe.call_tool("clevertap_get_event_count", {"account": US, **EVENTS})
                assert complaint(theirs)["message"] == f"'account' must be one of {EU}"
                assert len(projects.sandboxes[US].requests) == before
    for name in (EU, US):
        headers = str([each.headers for each in projects.sandboxes[name].requests])
        assert not any(shown in headers for shown in tokens.values())


async def test_a_passcode_is_replaced_under_a_running_server(projects: Projects, tmp_path: Path) -> None:
    env = environment(projects, CLEVERTAP_MCP_TOKENS_FILE=str(tmp_path / "tokens.toml"))
    shown = token(env, "agent", EU)
    projects.write(shop_eu={"passcode": PASSCODES[US]})
    with listening("http", env) as url:
        async with bearing(url, shown, GENERATIONS["2025-11-25"]) as host:
            refused = await host.call_tool("clevertap_get_event_count", EVENTS)
            assert complaint(refused)["code"] == "credentials"
            projects.write()
            assert told(await host.call_tool("clevertap_get_event_count", EVENTS))["count"] == 3


def test_at_the_command_line_the_account_is_named(projects: Projects) -> None:
    env = environment(projects)
    wanted = json.dumps({"identity": PERSONS[US]["identity"]})
    unnamed = typed(env, "run", "get-user-profile", "--input", wanted)
    assert (unnamed.returncode, unnamed.stdout) == (2, "")
    assert unnamed.stderr == f"Error: Name one of the accounts of CLEVERTAP_ACCOUNTS_FILE with --account: {EU}, {US}.\n"
    assert typed(env, "run", "get-user-profile", "--account", "shop", "--input", wanted).stderr == unnamed.stderr
    found = typed(env | {"CLEVERTAP_PII": "show"}, "run", "get-user-profile", "--account", US, "--input", wanted)
    assert PERSONS[US]["Email"] in found.stdout, found.stderr
    assert not projects.sandboxes[EU].requests


def test_requests_and_connections_are_of_the_account_that_is_named(projects: Projects) -> None:
    env = environment(projects)
    assert typed(env, "request", "/1/now.json", "-X", "POST", "-d", "{}", "--account", US).returncode == 0
    assert (len(projects.sandboxes[EU].requests), len(projects.sandboxes[US].requests)) == (0, 1)
    assert typed(env, "connection", "--account", EU).stdout.startswith("READY")
    unnamed = typed(env, "connection")
    assert (unnamed.returncode, unnamed.stdout[:36]) == (2, "CONFIGURATION_ERROR: Name one of the")


def test_actions_are_those_of_the_account_that_is_named(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.write(shop_us={"access": "read"})
    monkeypatch.setenv("CLEVERTAP_ACCOUNTS_FILE", str(projects.file))
    for name, writes in ((None, True), (EU, True), (US, False)):
        known = offered(Start(account=name))
        assert "get-events" in known
        assert ("upload-events" in known) is writes


def test_an_account_without_a_file_is_wrong_usage() -> None:
    refused = typed(account_variables("http://127.0.0.1:9"), "connection", "--account", EU)
    assert refused.returncode == 2
    assert "CLEVERTAP_ACCOUNTS_FILE, which is not in use here" in refused.stdout


def test_a_broken_file_stops_the_start_without_showing_what_is_in_it(projects: Projects) -> None:
    projects.write(shop_eu={"region": PASSCODES[EU]})
    stopped = typed(environment(projects), "serve", "--transport", "http", "--port", "0")
    assert stopped.returncode == 2
    assert "accounts.shop-eu: region is not a CleverTap region" in stopped.stderr
    assert PASSCODES[EU] not in stopped.stderr + stopped.stdout
