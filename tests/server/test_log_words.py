"""What the log on stderr says of what others report."""

from __future__ import annotations

import logging

import pytest

from clevertap_mcp.logs import LOG_LINE, Discreet, tell_crash
from clevertap_tools.traces import traces

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
    assert logged(name) == f"ERROR {name}: reported at sse.py:215 (ValueError)."


def test_a_record_without_an_exception_has_its_place_only() -> None:
    record = logging.LogRecord("mcp", logging.WARNING, "there/runner.py", 261, PERSON, (), None)
    Discreet().filter(record)
    assert record.getMessage() == "reported at runner.py:261."


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_of_others_only_complaints_are_heard(level: int) -> None:
    assert not Discreet().filter(logging.LogRecord("uvicorn.error", level, "there/server.py", 1, "Started", (), None))
    assert Discreet().filter(logging.LogRecord("clevertap_mcp.app", level, "app.py", 1, "Done", (), None))


def test_our_own_words_are_kept() -> None:
    assert logged("clevertap_mcp.expose").startswith(f"ERROR clevertap_mcp.expose: Failed to parse {PERSON}\n")


def stumble() -> None:
    raise ValueError(PERSON)


def stumbled() -> ValueError:
    """A failure that came from somewhere and has a person in its words."""
    with pytest.raises(ValueError, match=PERSON) as raised:
        stumble()
    return raised.value


def test_a_crash_is_told_by_its_kind_and_place_and_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    error = stumbled()
    tell_crash(type(error), error, error.__traceback__)
    (record,) = caplog.records
    assert record.levelname == "CRITICAL"
    assert "ValueError" in record.getMessage()
    assert "in stumble" in record.getMessage()
    assert PERSON not in caplog.text


def test_each_failure_of_a_group_is_told() -> None:
    told = "".join(traces(ExceptionGroup(PERSON, [stumbled(), KeyError(PERSON)])))
    assert [line for line in told.splitlines() if not line.startswith(" ")] == [
        "ExceptionGroup",
        "ValueError",
        "KeyError",
    ]
    assert PERSON not in told
