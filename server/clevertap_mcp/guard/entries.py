"""The lines of the audit log: who did what to which account, and what came of it. No personal data, no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clevertap_mcp.guard.errand import Errand
from clevertap_mcp.guard.plans import Planned
from clevertap_mcp.trail.quota import Outcome
from clevertap_tools.action import Result
from clevertap_tools.actions.proxy import RawAnswer
from clevertap_tools.errors import CleverTapError
from clevertap_tools.raw_request import Request

Entry = dict[str, Any]
UNKNOWN_PATH = "not in the table"


def asked(event: str, errand: Errand) -> Entry:
    """What every line about an errand begins with."""
    entry: Entry = {
        "event": event,
        "caller": errand.caller.name,
        "account": errand.account,
        **({"name": errand.name} if errand.name else {}),
        "action": errand.action.key,
        "effect": errand.effect.value,
    }
    return entry | ({"path": path(errand.asked)} if isinstance(errand.asked, Request) else {})


def path(request: Request) -> str:
    """Method and path, as far as they are CleverTap's own words: others can hold anything."""
    return f"{request.method} {request.filled_path if request.is_known else UNKNOWN_PATH}"


def started(errand: Errand, call: str, reach: int | None, by: str | None) -> Entry:
    """It is about to be done; `by` says whose yes it has, where it needed one."""
    people = errand.asked.record_count if reach is None else reach
    confirmed = {"confirmed": by} if by else {}
    sends = {"sends": errand.asked.sends} if errand.may_send else {}
    return asked("started", errand) | confirmed | sends | {"call": call, "reach": people}


def done(call: str, result: Result) -> Entry:
    """It was done, wholly or not."""
    failure = result.failure
    if failure is None:
        return ended(call, Outcome.DONE, found=ids(result))
    return ended(call, Outcome.of(failure), failure.code, ids(result))


def failed(call: str, error: CleverTapError) -> Entry:
    """It came to nothing, or nobody knows."""
    return ended(call, Outcome.of(error), error.code)


def ended(call: str, outcome: Outcome, code: str | None = None, found: list[int] | None = None) -> Entry:
    """What came of a call."""
    entry: Entry = {"event": "done", "call": call, "outcome": outcome.value, "ids": found or []}
    return entry | ({"code": code} if code else {})


def planned(errand: Errand, plan: Planned) -> Entry:
    """A plan was handed out instead."""
    return asked("planned", errand) | {"reach": plan.reach, "void": plan.void is not None}


def refused(errand: Errand, error: CleverTapError) -> Entry:
    """The guard let it not happen."""
    return asked("refused", errand) | {"reason": error.code}


def ids(result: Result) -> list[int]:
    """The ids that CleverTap gave what was made."""
    found = getattr(result, "id", None)
    if isinstance(result, RawAnswer) and isinstance(result.json_, Mapping):
        found = result.json_.get("id")
    return [found] if isinstance(found, int) and not isinstance(found, bool) else []
