"""Whatever an agent gets wrong is refused before anything leaves; whatever CleverTap gets wrong is told plainly."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from clevertap_sandbox import Fault, Sandbox
from clevertap_sandbox.door.faults import Kind
from clevertap_sandbox.serve import serving
from hosts import working

pytestmark = pytest.mark.anyio

MARCH = {"event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"}
ONE = {"evtName": "Seen", "identity": "c-1"}
BAD_INPUT: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown argument": ("get_event_count", {**MARCH, "evnt_name": "x"}, "evnt_name"),
    "wrong type": ("get_events", {**MARCH, "batch_size": "46"}, "batch_size"),
    "from after to": ("get_event_count", {**MARCH, "from": "1997-04-01"}, "from"),
    "31 February": ("get_event_count", {**MARCH, "to": "1997-02-31"}, "to"),
    "ts in milliseconds": ("upload_events", {"events": [{**ONE, "ts": 1700000000000}]}, "events[0].ts"),
    "batch size 0": ("get_events", {**MARCH, "batch_size": 0}, "batch_size"),
    "batch size 5001": ("get_user_profiles", {**MARCH, "batch_size": 5001}, "batch_size"),
    "both identity and objectId": ("upload_events", {"events": [{**ONE, "objectId": "__a"}]}, "events[0]"),
    "neither": ("upload_events", {"events": [{"evtName": "Seen"}]}, "events[0]"),
    "a reserved event": ("upload_events", {"events": [{**ONE, "evtName": "App Launched"}]}, "events[0].evtName"),
    "an empty upload": ("upload_events", {"events": []}, "events"),
    "identity null": ("upload_events", {"events": [{**ONE, "identity": "null"}]}, "events[0].identity"),
    "identity -1": ("upload_events", {"events": [{**ONE, "identity": -1}]}, "events[0].identity"),
    "identity too long": ("upload_events", {"events": [{**ONE, "identity": "x" * 1025}]}, "events[0].identity"),
}


@pytest.mark.parametrize(("tool", "arguments", "field"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
async def test_bad_input_is_refused_with_its_field_and_nothing_is_sent(
    tool: str, arguments: dict[str, Any], field: str
) -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url) as host:
            answer = await host.call_tool(f"clevertap_{tool}", arguments)
        error = (answer.structured_content or {})["error"]
        assert answer.is_error
        assert error["code"] == "invalid_arguments"
        assert error["changed"] == "no"
        assert field in error["field"]
        assert field in error["message"]
        assert error["next"]
        assert account.requests == []


async def test_relative_days_without_a_zone_are_refused_with_the_name_of_the_variable() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TIMEZONE=None) as host:
            answer = await host.call_tool("clevertap_get_event_count", {**MARCH, "to": "today"})
        assert answer.is_error
        assert "CLEVERTAP_TIMEZONE" in (answer.structured_content or {})["error"]["message"]
        assert account.requests == []


BAD_ANSWERS: dict[str, tuple[Fault, str]] = {
    "429": (Fault(kind=Kind.STATUS, times=None, status=429), "rate_limited"),
    "500": (Fault(kind=Kind.STATUS, times=None, status=500), "service_error"),
    "503": (Fault(kind=Kind.STATUS, times=None, status=503), "service_error"),
    "HTML": (Fault(kind=Kind.HTML, times=None), "unreadable_answer"),
    "truncated JSON": (Fault(kind=Kind.TRUNCATED, times=None), "unreadable_answer"),
    "an empty 200": (Fault(kind=Kind.EMPTY, times=None), "unreadable_answer"),
    "200 with fail": (Fault(kind=Kind.FAIL, times=None, error="Something is wrong"), "refused_by_clevertap"),
    "200 with partial for ever": (Fault(kind=Kind.PARTIAL, times=None, polls=None), "not_ready"),
    "a slow answer": (Fault(kind=Kind.SLOW, times=None, seconds=30.0), "deadline"),
    "a reset connection": (Fault(kind=Kind.RESET_MIDWAY, times=None), "lost_answer"),
    "damaged gzip": (Fault(kind=Kind.GZIP, times=None), "unreadable_answer"),
}


async def told(fault: Fault, code: str) -> dict[str, Any]:
    """What an agent hears of a count on an account with a lasting fault."""
    # Room for all retries; short only where the deadline itself is what is tested.
    patience = "3" if code in ("deadline", "not_ready") else "50"
    with Sandbox() as account, serving(account) as url:
        account.faults.add(fault)
        async with working(url, CLEVERTAP_DEADLINE=patience) as host:
            answer = await host.call_tool("clevertap_get_event_count", MARCH)
    assert answer.is_error
    return dict((answer.structured_content or {})["error"])


async def test_every_bad_answer_is_a_clear_error() -> None:
    errors: dict[str, dict[str, Any]] = {}

    async def ask(name: str) -> None:
        errors[name] = await told(*BAD_ANSWERS[name])

    async with anyio.create_task_group() as together:  # each waits for its retries; no need to do so in turn
        for name in BAD_ANSWERS:
            together.start_soon(ask, name)
    assert {name: error["code"] for name, error in errors.items()} == {
        name: code for name, (_, code) in BAD_ANSWERS.items()
    }
    for error in errors.values():
        assert error["message"]
        assert error["next"]
        assert error["changed"] == "no"
    assert "req_id" in errors["200 with partial for ever"]["next"]


async def test_a_refused_passcode_names_the_regions_to_check() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_PASSCODE="wrong") as host:
            answer = await host.call_tool("clevertap_get_event_count", MARCH)
    error = (answer.structured_content or {})["error"]
    assert error["code"] == "credentials"
    assert "CLEVERTAP_PASSCODE" in error["next"]
    assert "wrong" not in str(answer)


async def test_an_event_upload_whose_answer_is_lost_is_told_with_figures_and_sent_once() -> None:
    with Sandbox() as account, serving(account) as url:
        account.faults.add(Fault(kind=Kind.RESET_AFTER, path="/1/upload"))
        async with working(url) as host:
            answer = await host.call_tool("clevertap_upload_events", {"events": [ONE, ONE]})
        figures = answer.structured_content or {}
        assert answer.is_error
        assert (figures["sent"], figures["accepted"], figures["unaccounted"], figures["unsent"]) == (2, 0, 2, 0)
        assert figures["error"]["changed"] == "unknown"
        assert len(account.requests) == 1
