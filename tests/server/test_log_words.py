"""What the log on stderr says of what others report."""

from __future__ import annotations

import logging

import pytest

from clevertap_mcp.logs import LOG_LINE, Discreet

PERSON = "secret.person@example.org"


def logged(name: str) -> str:
    """What the log says when somebody reports a failure with a person in its words."""
    failure = ValueError(PERSON)
    record = logging.LogRecord(
        name, logging.ERROR, "there/sse.py", 215, "Failed to parse %s", (PERSON,), (ValueError, failure, None)
    )
    record.stack_info = PERSON
    assert Discreet().filter(record)
    return logging.Formatter(LOG_LINE).format(record)


@pytest.mark.parametrize("name", ["mcp.server.sse", "mcp", "uvicorn.error", "asyncio", "clevertap_mcpx"])
def test_others_are_heard_without_their_words(name: str) -> None:
    told = "reported at sse.py:215 (ValueError); what it says is left out, it may be personal data."
    assert logged(name) == f"ERROR {name}: {told}"


def test_a_record_without_an_exception_has_its_place_only() -> None:
    record = logging.LogRecord("mcp", logging.WARNING, "there/runner.py", 261, PERSON, (), None)
    Discreet().filter(record)
    assert record.getMessage() == "reported at runner.py:261; what it says is left out, it may be personal data."


def test_our_own_words_are_kept() -> None:
    assert logged("clevertap_mcp.expose").startswith(f"ERROR clevertap_mcp.expose: Failed to parse {PERSON}\n")
