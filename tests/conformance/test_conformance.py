"""The official MCP conformance suite, in two versions, against this server. Run with `make clients`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.suite import Check, examined
from hosts import listening
from nodejs import PROJECT

pytestmark = pytest.mark.clients

EVERYTHING = (
    pytest.param("0.1", ("--suite", "all"), 32, 44, id="0.1-all"),
    pytest.param("0.2", ("--requirements", "2025-11-25"), 33, 81, id="0.2-2025-11-25"),
    pytest.param("0.2", ("--requirements", "2026-07-28"), 50, 164, id="0.2-2026-07-28"),
)
"""A version of the suite, what it is asked for, and how many scenarios and passed checks that comes to."""

OPTIONAL = frozenset(
    {
        "tasks-capability-negotiation",
        "tasks-dispatch-and-envelope",
        "tasks-lifecycle",
        "tasks-mrtr-composition",
        "tasks-mrtr-input",
        "tasks-request-headers",
        "tasks-request-state-removal",
        "tasks-required-task-error",
        "tasks-wire-fields",
    }
)
"""Scenarios of the extension for tasks, which the suite runs without counting them and this server does not offer."""

OF_BOTH = ("tools-list", "resources-list", "prompts-list", "server-sse-multiple-streams", "dns-rebinding-protection")
OF_2025 = ("server-initialize", "ping", *OF_BOTH)
OF_2026 = (
    *OF_BOTH,
    "caching",
    "http-header-validation",
    "sep-2164-resource-not-found",
    "input-required-result-unsupported-methods",
)
WITHOUT_FIXTURES = (
    *(("0.1", None, scenario) for scenario in OF_2025),
    *(("0.2", "2025-11-25", scenario) for scenario in (*OF_2025, "server-session-lifecycle")),
    *(("0.2", "2026-07-28", scenario) for scenario in OF_2026),
)
"""What asks for no tool, resource or prompt of the suite's own: version, revision of the protocol, scenario."""

UNTESTABLE = {
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
}
"""The checks of statelessness that call tools of the suite's own."""


@pytest.fixture(scope="module")
def with_fixtures() -> Iterator[str]:
    """The address of our server's class on its shipped transport, with the suite's fixtures."""
    start = [sys.executable, "-m", "conformance.served"]
    env = os.environ | {"PYTHONPATH": str(PROJECT / "tests")}
    with subprocess.Popen(start, env=env, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            yield next(line.strip() for line in server.stderr if line.startswith("http"))
        finally:
            server.terminate()
            _, said = server.communicate(timeout=30)
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def shipped() -> Iterator[str]:
    """The address of `clevertap-mcp serve` as it ships."""
    with listening("http") as address:
        yield address


@pytest.mark.parametrize(("version", "choice", "scenarios", "passed"), EVERYTHING)
def test_everything_required_passes_with_the_fixtures(
    version: str, choice: tuple[str, ...], scenarios: int, passed: int, with_fixtures: str, tmp_path: Path
) -> None:
    findings = examined(version, with_fixtures, tmp_path, *choice)
    assert findings.status == 0, findings.summary
    assert len(findings.scenarios) == scenarios
    assert {check.scenario for check in findings.having("FAILURE")} <= OPTIONAL
    assert len(findings.having("SUCCESS")) == passed, findings.summary


@pytest.mark.parametrize(("version", "revision", "scenario"), WITHOUT_FIXTURES)
def test_the_generic_scenarios_pass_on_the_shipped_server(
    version: str, revision: str | None, scenario: str, shipped: str, tmp_path: Path
) -> None:
    at = ("--spec-version", revision) if revision else ()
    findings = examined(version, shipped, tmp_path, "--scenario", scenario, *at)
    assert findings.status == 0, findings.summary
    assert findings.scenarios == (scenario,)
    assert findings.having("SUCCESS")
    assert not findings.having("FAILURE")


def test_the_shipped_server_is_stateless_as_far_as_the_suite_can_see_without_its_own_tools(
    shipped: str, tmp_path: Path
) -> None:
    findings = examined("0.2", shipped, tmp_path, "--scenario", "server-stateless", "--spec-version", "2026-07-28")
    assert len(findings.having("SUCCESS")) == 24
    assert {check.name for check in findings.having("FAILURE")} == UNTESTABLE
    assert all(asks_for_a_tool(check) for check in findings.having("FAILURE"))


def asks_for_a_tool(check: Check) -> bool:
    return "server does not list the diagnostic tool" in check.reason
