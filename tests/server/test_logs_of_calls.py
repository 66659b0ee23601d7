"""The lines about calls: one for each, as text or JSON, slow ones as warnings; and what no line holds."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from mcp import Client as Host

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.logs import LOG_LINE, Discreet, TextLines
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import Settings
from clevertap_mcp.telemetry.calls import watched
from clevertap_mcp.telemetry.facts import facts
from clevertap_mcp.telemetry.json_lines import JsonLines
from clevertap_mcp.telemetry.telemetry import SILENT

PERSON = "wren.canary@birds.example"
DAYS = {"from": "1997-01-01", "to": "1998-06-30"}
TOOL = "clevertap_get_event_count"
CALLS = "clevertap_mcp.telemetry.calls"
Lines = Callable[[], list[str]]


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> str:
    """What lines look like."""
    return str(request.param)


@pytest.fixture
def lines(form: str) -> Iterator[Lines]:
    """All that goes to stderr from level info on, as it was written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Discreet())
    handler.setFormatter(JsonLines() if form == "json" else TextLines(LOG_LINE))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield lambda: written.getvalue().splitlines()
    root.setLevel(before)
    root.removeHandler(handler)


json_only = pytest.mark.parametrize("form", ["json"], indirect=True)
text_only = pytest.mark.parametrize("form", ["text"], indirect=True)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def call_that_takes(own: float, asked: float = 0.0, slow: float = 10.0, caller: str = "ana") -> None:
    """A call with some seconds of work and some of a person's thinking."""
    clock = Clock()
    with watched(caller, TOOL, SILENT, slow, clock):
        facts().effect = "read"
        clock.now += own
        with facts().asking():
            clock.now += asked


@pytest.mark.anyio
async def test_each_call_has_one_line(settings: Settings, lines: Lines) -> None:
    async with opened(settings) as app, Host(build_server(Accounts.only(app)), cache=None) as host:
        await host.call_tool(TOOL, {"event_name": "Charged", **DAYS})
        await host.call_tool(TOOL, {"event_name": PERSON, "from": PERSON})
    first, second = [line for line in lines() if CALLS in line]
    assert "(read) done" in first
    assert "refused (invalid_arguments)" in second
    assert PERSON not in first + second


@json_only
@pytest.mark.anyio
async def test_a_line_of_a_call_has_a_field_for_each_fact(settings: Settings, lines: Lines) -> None:
    async with opened(settings) as app, Host(build_server(Accounts.only(app)), cache=None) as host:
        await host.call_tool(TOOL, {"event_name": "Charged", **DAYS})
    (line,) = [json.loads(line) for line in lines() if CALLS in line]
    assert line | {"caller": "local", "tool": TOOL, "effect": "read", "outcome": "done", "attempts": 1} == line
    assert set(line) >= {"time", "level", "logger", "message", "request", "milliseconds"}
    assert "slow" not in line
    assert "account" not in line


@text_only
def test_a_line_ends_with_the_call_that_it_is_about(lines: Lines) -> None:
    with watched("ana", TOOL, SILENT, 0.0) as call:
        logging.getLogger("clevertap_mcp.somewhere").warning("First\nsecond")
    assert lines()[:2] == [f"WARNING clevertap_mcp.somewhere: First [{call.request} ana]", "second"]


def test_a_call_that_takes_long_is_a_warning(lines: Lines, form: str) -> None:
    call_that_takes(10.0)
    (line,) = lines()
    if form == "json":
        assert json.loads(line) | {"level": "warning", "slow": True, "milliseconds": 10_000} == json.loads(line)
    else:
        assert line.startswith(f"WARNING clevertap_mcp.telemetry.calls: Slow: {TOOL} (read) done in 10000 ms")


@text_only
def test_the_time_of_a_person_is_not_the_calls(lines: Lines) -> None:
    call_that_takes(9.0, asked=600.0)
    (line,) = lines()
    assert line.startswith(f"INFO clevertap_mcp.telemetry.calls: {TOOL} (read) done in 9000 ms")


@text_only
def test_no_call_is_slow_where_nobody_wants_to_know(lines: Lines) -> None:
    call_that_takes(3_600.0, slow=0.0)
    assert lines()[0].startswith("INFO")


@text_only
@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("", "failed"), ("send", "unknown")])
def test_a_call_that_is_cut_off_says_whether_it_may_have_changed_something(
    lines: Lines, effect: str, outcome: str
) -> None:
    def cut_off() -> None:
        with watched("ana", TOOL, SILENT, 0.0) as call:
            call.effect = effect
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert f" {outcome} (cut_off) in " in lines()[0]


def test_a_caller_cannot_write_lines_of_their_own(lines: Lines, form: str) -> None:
    call_that_takes(1.0, caller="ana\nCRITICAL clevertap_mcp: all is lost\x1b[2J")
    (line,) = lines()
    if form == "json":
        assert json.loads(line)["caller"].startswith("ana\n")
    else:
        assert line.endswith("ana?CRITICAL clevertap_mcp: all is lost?[2J]")


def test_after_a_call_lines_are_about_no_call(lines: Lines) -> None:
    call_that_takes(1.0)
    logging.getLogger("clevertap_mcp.somewhere").warning("Later")
    assert "ana" not in lines()[-1]
    assert facts().request == ""


def test_exceptions_are_told_by_kind_and_place(lines: Lines) -> None:
    def stumble() -> None:
        raise ValueError(PERSON)

    try:
        stumble()
    except ValueError:
        logging.getLogger("clevertap_mcp.somewhere").exception("It failed")
    told = "\n".join(lines())
    assert "ValueError" in told
    assert "in stumble" in told
    assert PERSON not in told


@json_only
def test_what_others_hang_on_a_record_is_left_out(lines: Lines) -> None:
    more = {"color_message": PERSON, "figures": {"who": PERSON}}
    logging.getLogger("uvicorn.error").error("%s", PERSON, extra=more)
    (line,) = map(json.loads, lines())
    assert set(line) == {"time", "level", "logger", "message"}
    assert PERSON not in line["message"]
