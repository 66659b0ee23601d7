"""A project of its own for each exchange of the reference, and a way to have them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Behaviours, Sandbox
from clevertap_sandbox.serve import serving

NOW = 1_780_000_000
"""28 May 2026, 20:26:40 UTC: what the sandbox's clock shows."""
# Everything is plain HTTP; reading the certificates of the world for each request takes longer than most tests.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CREDENTIALS = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}


@dataclass
class Door:
    """One served project, and requests to it as any client of CleverTap makes them."""

    sandbox: Sandbox
    url: str

    def ask(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """The HTTP status and the JSON of one request; bytes go out as they are, anything else as JSON."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        told = {**CREDENTIALS, "Content-Type": "application/json", **(headers or {})}
        answer = httpx2.request(method, f"{self.url}{target}", content=content, headers=told, verify=PLAIN)
        return answer.status_code, answer.json() if answer.content else None

    def gets(self, method: str, target: str, body: Any = None) -> Any:
        """The JSON of a request that must be answered with HTTP 200."""
        status, answer = self.ask(method, target, body)
        assert status == 200, answer
        return answer

    def upload(self, *records: dict[str, Any]) -> None:
        """Put people and events into the project; all must be accepted."""
        assert self.gets("POST", "/1/upload", {"d": list(records)})["status"] == "success"


MakeDoor = Callable[..., Door]
"""Serves an empty project; takes the keyword arguments of `Sandbox` and of `Behaviours`."""


@pytest.fixture
def make_door() -> Iterator[MakeDoor]:
    with ExitStack() as stack:

        def make(*, seed: Any = None, clock: Callable[[], float] = lambda: float(NOW), **behaviours: Any) -> Door:
            sandbox = stack.enter_context(Sandbox(seed=seed, clock=clock, behaviours=Behaviours(**behaviours)))
            return Door(sandbox, stack.enter_context(serving(sandbox)))

        yield make


@pytest.fixture
def door(make_door: MakeDoor) -> Door:
    return make_door()
