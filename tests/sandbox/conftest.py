"""A sandbox on a real socket, and a client that talks to it."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx2
import pytest

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Sandbox
from clevertap_sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Everything is plain HTTP; reading the certificates of the world for each client takes longer than most tests.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
HEADERS = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}


@pytest.fixture
def opened() -> Iterator[Callable[[Sandbox], httpx2.Client]]:
    """Serve a sandbox until the test is over and give a client for it."""
    with ExitStack() as stack:

        def open_one(sandbox: Sandbox) -> httpx2.Client:
            url = stack.enter_context(serving(stack.enter_context(sandbox)))
            return stack.enter_context(httpx2.Client(base_url=url, headers=HEADERS, timeout=10, verify=PLAIN))

        yield open_one


@pytest.fixture
def clock() -> list[float]:
    """The time, to be changed: noon of 2026-01-09 UTC."""
    return [1_767_960_000.0]


@pytest.fixture
def sandbox(clock: list[float]) -> Sandbox:
    """An empty project."""
    return Sandbox(seed=None, clock=lambda: clock[0])


@pytest.fixture
def client(sandbox: Sandbox, opened: Callable[[Sandbox], httpx2.Client]) -> httpx2.Client:
    """A client of the empty project."""
    return opened(sandbox)


@pytest.fixture(scope="module")
def shop() -> Iterator[httpx2.Client]:
    """A client of the sample shop; for tests that only read."""
    with (
        Sandbox() as sandbox,
        serving(sandbox) as url,
        httpx2.Client(base_url=url, headers=HEADERS, timeout=10, verify=PLAIN) as client,
    ):
        yield client
