from __future__ import annotations

import json

import pytest

from clevertap_mcp.commands.printing import show, spoken
from clevertap_tools.errors import (
    CredentialsError,
    InvalidArgumentsError,
    NotReadyError,
    OutcomeUnknownError,
    Problem,
)


@pytest.mark.parametrize("compact", [True, False])
def test_what_is_shown_is_json_whatever_characters_it_holds(
    compact: bool, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    value = {"Zoë": ["\ud800", "\u2028", 1.5, None]}
    show(value, compact=compact)
    shown = capsysbinary.readouterr().out
    assert json.loads(shown) == value
    assert "Zoë".encode() in shown
    assert (shown.count(b"\n") == 1) is compact


def test_an_error_is_told_without_what_is_not_known() -> None:
    assert CredentialsError("no").told() == {"code": "credentials", "message": "no", "changed": "no"}
    assert OutcomeUnknownError("lost", field="events").told()["changed"] == "unknown"
    assert OutcomeUnknownError("lost", field="events").told()["field"] == "events"


def test_an_error_is_spoken_in_whole_sentences() -> None:
    assert spoken(CredentialsError("no")) == "no."
    assert spoken(NotReadyError("Still computing.", req_id="7")).startswith("Still computing. Call the same tool again")
    two = InvalidArgumentsError([Problem("a", "'a' is wrong"), Problem("b", "'b' is wrong")])
    assert spoken(two).splitlines() == ["'a' is wrong", "'b' is wrong.", two.next]
