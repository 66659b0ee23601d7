"""The official conformance suite in two versions: what it is told to run, and what it found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodejs import MODULES, node

SUITES = {version: MODULES / f"conformance-{version}" / "dist" / "index.js" for version in ("0.1", "0.2")}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        scenario: What it is a part of.
        name: Its identifier.
        status: SUCCESS, FAILURE, WARNING, SKIPPED or INFO.
        reason: Why it is not a success.
    """

    scenario: str
    name: str
    status: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """What one run of the suite found.

    Args:
        status: The exit status; 0 if all that is required passed.
        summary: What it printed at the end.
        scenarios: What was run.
        checks: All that was looked at.
    """

    status: int
    summary: str
    scenarios: tuple[str, ...]
    checks: tuple[Check, ...]

    def having(self, status: str) -> tuple[Check, ...]:
        """The checks with a status."""
        return tuple(check for check in self.checks if check.status == status)


def examined(version: str, address: str, into: Path, *choice: str) -> Findings:
    """Let a version of the suite examine the server at an address.

    Args:
        version: 0.1 or 0.2.
        address: Where the server is.
        into: An empty folder for its findings.
        choice: What it is to run.
    """
    done = node(SUITES[version], "server", "--url", address, *choice, "--output-dir", str(into))
    found = {scenario(file): json.loads(file.read_text()) for file in sorted(into.glob("*/checks.json"))}
    return Findings(done.returncode, summary(done.stdout), tuple(found), tuple(checks(found)))


def scenario(file: Path) -> str:
    """The scenario of a file of findings; its folder is called `server-SCENARIO-2026-11-22T03-16-02-345Z`."""
    return file.parent.name.removeprefix("server-").rsplit("-", 6)[0]


def summary(printed: str) -> str:
    """The end of what was printed."""
    return printed[max(0, printed.rfind("=== SUMMARY ===")) :]


def checks(found: dict[str, list[dict[str, Any]]]) -> Iterator[Check]:
    """Every check of every scenario."""
    for name, results in found.items():
        for result in results:
            yield Check(name, result["id"], result["status"], result.get("errorMessage") or "")
