"""Around each tool call: what is known of it is at hand within, and told once it is over."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from opentelemetry.trace import get_current_span

from clevertap_mcp.telemetry.facts import AT_HAND, Facts
from clevertap_mcp.telemetry.telemetry import Telemetry
from clevertap_mcp.trail.quota import Outcome

log = logging.getLogger(__name__)

CUT_OFF = "cut_off"
"""The code of a call that ended before anybody could say what came of it: cancelled, or a mistake of ours."""
HARMLESS = ("", "read")
"""Effects after which nothing can have changed; none is known as long as nothing is done."""


@contextmanager
def watched(
    caller: str, tool: str, telemetry: Telemetry, slow: float, clock: Callable[[], float] = perf_counter
) -> Iterator[Facts]:
    """Keep the facts of a call at hand, and tell them at its end: in one line of the log and to the telemetry.

    Args:
        caller: Who calls, by the name that the audit log uses.
        tool: The tool that is called, if it is one of ours.
        telemetry: Who else is told.
        slow: Seconds from which on the line is a warning; 0 for never.
        clock: Tells seconds.
    """
    call = Facts(secrets.token_hex(8), caller, tool, trace_at_hand(), clock=clock)
    before = AT_HAND.set(call)
    began = clock()
    try:
        yield call
    except BaseException:
        if call.outcome == Outcome.DONE:
            call.ended(Outcome.FAILED if call.effect in HARMLESS else Outcome.UNKNOWN, CUT_OFF)
        raise
    finally:
        seconds = clock() - began - call.thinking
        telemetry.ended(call, seconds)
        tell(call, seconds, slow)
        AT_HAND.reset(before)


def trace_at_hand() -> str:
    """The trace that a client has begun or we have; empty without one."""
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def tell(call: Facts, seconds: float, slow: float) -> None:
    """Say in one line what came of a call."""
    level = logging.WARNING if slow and seconds >= slow else logging.INFO
    if log.isEnabledFor(level):
        figures: dict[str, object] = {
            "effect": call.effect,
            "outcome": str(call.outcome),
            "code": call.code,
            "milliseconds": round(seconds * 1000),
            "attempts": call.attempts,
        }
        if level == logging.WARNING:
            figures["slow"] = True
        log.log(level, "%s", sentence(call, figures), extra={"figures": figures})


def sentence(call: Facts, figures: dict[str, object]) -> str:
    """The same in words."""
    effect = f" ({call.effect})" if call.effect else ""
    code = f" ({call.code})" if call.code else ""
    slow = "Slow: " if "slow" in figures else ""
    return (
        f"{slow}{call.tool}{effect} {call.outcome}{code} in {figures['milliseconds']} ms, "
        f"attempts at CleverTap: {call.attempts}."
    )
