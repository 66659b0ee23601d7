"""What docs/operations.md says of lines, outcomes, codes and variables is what there is."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp.server.auth.provider import AccessToken

from clevertap_mcp import refusals, running
from clevertap_mcp.auth.caller import name_of
from clevertap_mcp.auth.tokens_file import parsed
from clevertap_mcp.environment import Environment, variable
from clevertap_mcp.telemetry.calls import CUT_OFF, watched
from clevertap_mcp.telemetry.facts import ASKED, PLANNED
from clevertap_mcp.telemetry.json_lines import JsonLines
from clevertap_mcp.telemetry.telemetry import SILENT
from clevertap_mcp.trail.quota import Outcome
from clevertap_tools.errors import CleverTapError

PAGES = Path(__file__).parents[2] / "docs"
PAGE = (PAGES / "operations.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """What stands as code in the first column of the table under a heading row."""
    table = PAGE.partition(heading)[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def codes(kind: type[CleverTapError] = CleverTapError) -> Iterator[str]:
    """The codes of an error and of all below it."""
    yield kind.code
    for inner in kind.__subclasses__():
        yield from codes(inner)


def test_each_outcome_is_explained() -> None:
    assert first_cells("| outcome | meaning |") == {*Outcome, ASKED, PLANNED}


def test_the_example_of_a_line_has_the_fields_that_are_explained() -> None:
    (example,) = re.findall(r"```json\n(.*)\n```", PAGE)
    assert set(json.loads(example)) == first_cells("| field | meaning |") - {"code", "slow", "exception"}


def test_each_field_that_a_line_can_have_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(JsonLines())
    caplog.set_level(logging.INFO)
    with watched("ana", "tool", SILENT, 1e-9) as call:
        call.trace, call.account, call.effect, call.code = "trace", "shop-eu", "read", "code"
    assert set(json.loads(caplog.text)) == first_cells("| field | meaning |") - {"exception"}


def test_callers_are_named_as_the_page_says() -> None:
    (example,) = re.findall(r"```toml\n(# tokens.toml\n.*?)```", (PAGES / "deploy.md").read_text("utf-8"), re.DOTALL)
    (entry,) = parsed(example.encode())
    own = AccessToken(token="t", client_id=entry.name, subject=entry.thumbprint, scopes=[])
    issued = AccessToken(
        token="t",
        client_id="portal",
        subject="ana@example.com",
        scopes=[],
        claims={"iss": "https://auth.example.com"},
    )
    for token in (own, issued):
        assert f"`{name_of(token)}`" in PAGE


def test_the_codes_to_alert_on_exist() -> None:
    assert refusals
    assert running
    named = set(re.findall(r'`code="(\w+)"`', PAGE))
    assert named
    assert named <= {*codes(), "internal", CUT_OFF}


def test_the_variables_exist() -> None:
    named = set(re.findall(r"CLEVERTAP_[A-Z_]+", PAGE))
    assert named <= set(map(variable, Environment.model_fields))
