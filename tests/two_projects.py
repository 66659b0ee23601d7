"""Two CleverTap projects behind one server, each with a person of its own, and callers who may use one or both."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.types import CallToolResult, Tool

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.server import CleverTapServer, build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving

EU, US = "shop-eu", "shop-us"
PASSCODES = {EU: "Wagtail-Finch-9a", US: "wAGTAIL-fINCH-9A"}
"""They differ in nothing but the case of their letters."""
PERSONS = {
    EU: {"identity": "eu-wren-4711", "Email": "wren@eu-birds.example", "Phone": "+493012345678", "Name": "Wrenhilde"},
    US: {"identity": "us-robin-4712", "Email": "robin@us-birds.example", "Phone": "+12025550147", "Name": "Robinetta"},
}
ZONES = {EU: "Europe/Berlin", US: "America/New_York"}
KEY = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Projects:
    """Two sandboxes and the file that leads to them.

    Args:
        sandboxes: The projects by the names of their accounts.
        urls: Where they are.
        file: The accounts file.
    """

    sandboxes: Mapping[str, Sandbox]
    urls: Mapping[str, str]
    file: Path

    def write(self, **more: Mapping[str, object]) -> None:
        """Write the accounts file in one step; `more` adds to an account or changes it, and None takes away."""
        folder = self.file.with_suffix(".new")
        folder.write_text("".join(self._table(name, more.get(name.replace("-", "_"), {})) for name in self.urls))
        folder.chmod(0o600)
        folder.replace(self.file)

    def _table(self, name: str, more: Mapping[str, object]) -> str:
        entry = {
            "account_id": self.sandboxes[name].account_id,
            "passcode": PASSCODES[name],
            "account_token": self.sandboxes[name].account_token,
            "base_url": self.urls[name],
            "timezone": ZONES[name],
            **more,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items() if value is not None]
        return "\n".join((f"[accounts.{name}]", *lines, "", ""))


@contextmanager
def two_projects(folder: Path) -> Iterator[Projects]:
    """Two projects with different people, one clock and nothing else in common."""
    eu, us = (
        Sandbox(seed=None, account_id=f"ACC-{name}", passcode=PASSCODES[name], account_token=f"TOKEN-{name}")
        for name in (EU, US)
    )
    with eu, us, serving(eu) as eu_url, serving(us) as us_url:
        projects = Projects({EU: eu, US: us}, {EU: eu_url, US: us_url}, folder / "accounts.toml")
        projects.write()
        for name in (EU, US):
            settle(projects, name)
        yield projects


def settle(projects: Projects, name: str) -> None:
    """Put a project's person into it, with three purchases."""
    person = PERSONS[name]
    profile = {"type": "profile", "identity": person["identity"], "profileData": person}
    bought = {
        "type": "event",
        "identity": person["identity"],
        "evtName": "Charged",
        "evtData": {"Note": person["Name"]},
    }
    events = [{**bought, "ts": 1_767_700_000 + hour * 3600} for hour in range(3)]
    request = urllib.request.Request(
        f"{projects.urls[name]}/1/upload",
        data=json.dumps({"d": [profile, *events]}).encode(),
        headers={
            "X-CleverTap-Account-Id": projects.sandboxes[name].account_id,
            "X-CleverTap-Passcode": PASSCODES[name],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["processed"] == 4
    projects.sandboxes[name].requests.clear()


@asynccontextmanager
async def served(projects: Projects, **variables: str | None) -> AsyncIterator[tuple[Accounts, CleverTapServer]]:
    """A server of both, whose callers come over a network; None unsets a variable."""
    more = {"CLEVERTAP_PSEUDONYM_KEY": KEY, "CLEVERTAP_TOOLSETS": "all", "CLEVERTAP_CONFIRM": "off", **variables}
    given = {name: value for name, value in more.items() if value is not None}
    settings = read_settings({"CLEVERTAP_ACCOUNTS_FILE": str(projects.file), **given})
    async with opened_accounts(settings) as accounts:
        yield accounts, build_server(accounts)


@contextmanager
def token_of(*accounts: str, level: str = "full") -> Iterator[None]:
    """What is called within comes with a token for these accounts."""
    scopes = [f"clevertap:{level}", *(f"clevertap:account:{name}" for name in accounts)]
    token = AccessToken(token="t", client_id="-".join(("of", *accounts)), scopes=scopes)
    before = auth_context_var.set(AuthenticatedUser(token))
    try:
        yield
    finally:
        auth_context_var.reset(before)


class Bearer:
    """A host that shows its token with every request, wherever it stands in the test.

    Args:
        host: The host.
        rights: What the token allows.
    """

    def __init__(self, host: Client, rights: Callable[[], AbstractContextManager[None]]) -> None:
        self.host = host
        self._rights = rights

    async def call(self, tool: str, /, **arguments: object) -> CallToolResult:
        """Call a tool by its name without the prefix."""
        with self._rights():
            return await self.host.call_tool(f"clevertap_{tool}", arguments)

    async def tools(self) -> list[Tool]:
        """The tools that it sees."""
        with self._rights():
            return (await self.host.list_tools()).tools


@asynccontextmanager
async def host_of(
    server: CleverTapServer, *accounts: str, level: str = "full", mode: str = "auto"
) -> AsyncIterator[Bearer]:
    """A host whose token opens these accounts."""
    rights = partial(token_of, *accounts, level=level)
    with rights():
        async with Client(server, mode=mode, cache=None) as host:
            yield Bearer(host, rights)


def told(answer: CallToolResult) -> dict[str, Any]:
    """What an answer says to programs."""
    return dict(answer.structured_content or {})


def wording(answer: CallToolResult) -> str:
    """All of an answer."""
    return answer.model_dump_json(by_alias=True)


def complaint(answer: CallToolResult) -> dict[str, Any]:
    """What an answer that is an error says went wrong."""
    assert answer.is_error, answer
    return dict(told(answer)["error"])
