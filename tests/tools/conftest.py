"""A sandbox on a port of this machine, and clients of it that never really wait between attempts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import anyio.lowlevel
import pytest
from pydantic import SecretStr

import clevertap_tools.actions  # noqa: F401 - fills the catalogue
from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Behaviours, Fault, Kind, Recorded, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE
from clevertap_tools.client import Client, Progress

NOW = 1_780_000_000
"""28 May 2026, 20:26:40 UTC: what the clocks of client and sandbox show."""
UTC = ZoneInfo("UTC")


@dataclass
class Site:
    """A sandbox that is served, and the way to it."""

    sandbox: Sandbox
    url: str
    waits: list[float] = field(default_factory=list)
    """Seconds that clients of this site meant to wait, in order."""

    def account(self, *, passcode: str = PASSCODE, zone: ZoneInfo | None = UTC) -> Account:
        return Account(ACCOUNT_ID, SecretStr(passcode), self.url, SecretStr(ACCOUNT_TOKEN), zone)

    def client(self, account: Account | None = None, *, random: float = 1.0, **options: Any) -> Client:
        """A client whose waits are only written down; `options` are those of `Client`."""
        settled = {"clock": lambda: float(NOW), "random": lambda: random, "sleep": self._wait, **options}
        return Client(account or self.account(), **settled)

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    def breaks(self, kind: Kind, path: str | None = None, **how: Any) -> None:
        """Plan a fault."""
        self.sandbox.faults.add(Fault(kind=kind, path=path, **how))

    def asked(self, path: str, method: str | None = None) -> list[Recorded]:
        """The requests for a path, in order of arrival."""
        return [each for each in self.sandbox.requests if each.path == path and method in (None, each.method)]

    def bodies(self, path: str) -> list[Any]:
        """The JSON bodies of the requests for a path."""
        return [json.loads(each.body) for each in self.asked(path) if each.body]

    def forget(self) -> None:
        """Start over with faults and records, not with data."""
        self.sandbox.faults.clear()
        self.sandbox.requests.clear()
        self.waits.clear()


MakeSite = Callable[..., Site]
"""Serves a sandbox without data; takes the keyword arguments of `Sandbox` and of `Behaviours`."""


@pytest.fixture
def make_site() -> Iterator[MakeSite]:
    with ExitStack() as stack:

        def make(*, seed: Any = None, zone: Any = None, region: str | None = None, **behaviours: Any) -> Site:
            sandbox = Sandbox(
                seed=seed,
                clock=lambda: float(NOW),
                behaviours=Behaviours(**behaviours),
                region=region,
                **({"zone": zone} if zone else {}),
            )
            stack.callback(sandbox.close)
            return Site(sandbox, stack.enter_context(serving(sandbox)))

        yield make


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A project with nothing in it."""
    return make_site()


@pytest.fixture(scope="session")
def _shop() -> Iterator[Site]:
    with Sandbox(clock=lambda: float(NOW)) as sandbox, serving(sandbox) as url:
        yield Site(sandbox, url)


@pytest.fixture
def shop(_shop: Site) -> Site:
    """The sample shop, shared by all tests that only read."""
    _shop.forget()
    return _shop


Perform = Callable[..., Any]
"""Does an action by its key on a site; `given` are its arguments, `options` those of `Client`."""


@pytest.fixture
def perform() -> Perform:
    async def done(
        where: Site,
        key: str,
        given: dict[str, Any] | None = None,
        /,
        progress: Progress | None = None,
        account: Account | None = None,
        **options: Any,
    ) -> Any:
        action = CATALOGUE[key]
        asked = action.parse(given or {})
        async with where.client(account, **options) as client:
            return await action(client.for_call(progress), asked)

    return done


def events(count: int, **more: Any) -> list[dict[str, Any]]:
    """Events of different people, long ago."""
    return [
        {"type": "event", "identity": f"c-{number}", "ts": 1_700_000_000 + number, "evtName": "Tasted", **more}
        for number in range(count)
    ]


@pytest.fixture
def make_events() -> Callable[..., list[dict[str, Any]]]:
    return events


@pytest.fixture
def make_profiles() -> Callable[[int], list[dict[str, Any]]]:
    def profiles(count: int) -> list[dict[str, Any]]:
        return [
            {"type": "profile", "identity": f"c-{number}", "profileData": {"Plan": "Gold"}} for number in range(count)
        ]

    return profiles
