"""The console script as a process, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE

AccountAt = Callable[[str], dict[str, str]]


@dataclass(frozen=True)
class Shell:
    """Starts processes that see no CleverTap variables but those given; nothing may take longer than `longest`."""

    script: tuple[str, ...] = (str(Path(sys.executable).with_name("clevertap-mcp")),)
    longest: float = 60

    def __call__(self, *arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            [*self.script, *arguments],
            input=given,
            capture_output=True,
            timeout=self.longest,
            check=False,
            **self._setting(variables),
        )

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command and leave it running."""
        return subprocess.Popen(
            [*self.script, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **self._setting(variables),
        )

    def _setting(self, variables: dict[str, str]) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
        return {"env": {**kept, **variables}, "text": True, "encoding": "utf-8"}


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def python() -> Shell:
    return Shell((sys.executable,))


@pytest.fixture
def account_at() -> AccountAt:
    """What leads to a sandbox at an address."""
    return lambda url: {
        "CLEVERTAP_BASE_URL": url,
        "CLEVERTAP_ACCOUNT_ID": ACCOUNT_ID,
        "CLEVERTAP_PASSCODE": PASSCODE,
        "CLEVERTAP_ACCOUNT_TOKEN": ACCOUNT_TOKEN,
        "CLEVERTAP_TIMEZONE": "UTC",
    }
