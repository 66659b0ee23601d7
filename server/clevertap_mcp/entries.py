"""The lines of the audit log: who did what to which account, and what came of it. No personal data, no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clevertap_tools.actions.proxy import RawAnswer, Request
from clevertap_tools.errors import CleverTapError, RejectedError
from clevertap_tools.routes import is_known

if TYPE_CHECKING:
    from clevertap_mcp.guard import Errand
    from clevertap_mcp.plans import Planned
    from clevertap_tools.action import Result

Entry = dict[str, Any]
UNKNOWN_PATH = "not in the table"


def asked(event: str, errand: Errand) -> Entry:
    """What every line about an errand begins with."""
    entry: Entry = {
        "event": event,
        "caller": errand.caller.name,
        "account": errand.deed.account,
        "action": errand.action.key,
        "effect": errand.effect.value,
    }
    return entry | ({"path": path(errand.asked)} if isinstance(errand.asked, Request) else {})


def path(request: Request) -> str:
    """Method and path, as far as they are CleverTap's own words: others can hold anything."""
    filled = request.filled_path
    return f"{request.method} {filled if is_known(request.method, filled) else UNKNOWN_PATH}"


def started(errand: Errand, call: str, digest: str, reach: int | None, by: str | None) -> Entry:
    """It is about to be done; `by` says whose yes it has, where it needed one."""
    people = errand.asked.record_count if reach is None else reach
    confirmed = {"confirmed": by} if by else {}
    return asked("started", errand) | confirmed | {"call": call, "digest": digest, "reach": people}


def done(call: str, result: Result) -> Entry:
    """It was done, wholly or not."""
    failure = result.failure
    outcome = {"no": "refused", "partly": "partly", "unknown": "unknown"}[failure.changed] if failure else "done"
    code = {"code": failure.code} if failure else {}
    return {"event": "done", "call": call, "outcome": outcome, **code, "ids": ids(result)}


def failed(call: str, error: CleverTapError) -> Entry:
    """It came to nothing, or nobody knows."""
    harmless = "refused" if isinstance(error, RejectedError) else "failed"
    return {
        "event": "done",
        "call": call,
        "outcome": harmless if error.changed == "no" else "unknown",
        "code": error.code,
        "ids": [],
    }


def never_done(call: str) -> Entry:
    """It was cancelled before it was begun."""
    return {"event": "done", "call": call, "outcome": "refused", "code": "cancelled", "ids": []}


def cut_off(call: str) -> Entry:
    """It was cancelled, or we failed ourselves; nobody knows how far it came."""
    return {"event": "done", "call": call, "outcome": "unknown", "code": "cut_off", "ids": []}


def planned(errand: Errand, plan: Planned) -> Entry:
    """A plan was handed out instead."""
    return asked("planned", errand) | {"reach": plan.reach, "void": plan.grown is not None}


def refused(errand: Errand, error: CleverTapError) -> Entry:
    """The guard let it not happen."""
    return asked("refused", errand) | {"reason": error.code}


def ids(result: Result) -> list[int]:
    """The ids that CleverTap gave what was made."""
    found = getattr(result, "id", None)
    if isinstance(result, RawAnswer) and isinstance(result.json_, Mapping):
        found = result.json_.get("id")
    return [found] if isinstance(found, int) and not isinstance(found, bool) else []
