"""The fault plan: what shall go wrong, for which requests, how often.

This module decides only which fault hits a request; `damage` carries it out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What goes wrong. The values each kind takes are named in parentheses."""

    STATUS = "status"
    """Answer with an HTTP status and its body (status, error, code, retry_after, handled)."""
    HTML = "html"
    """Answer with an HTML page, as a proxy would (status, retry_after, handled)."""
    EMPTY = "empty"
    """Answer with an empty body (status, handled)."""
    FAIL = "fail"
    """Answer 200 `{"status":"fail","error":...}` (status, error, code, handled)."""
    ERROR_ONLY = "error_only"
    """Answer 200 `{"error":...}` with no status key (status, error, handled)."""
    TRUNCATED = "truncated"
    """Handle the request and send only the first half of its JSON, as a complete HTTP answer."""
    GZIP = "gzip"
    """Handle the request and claim `Content-Encoding: gzip` over bytes that are not."""
    NOT_READY = "not_ready"
    """Export pages only: `Request still in progress`, code 2 (status: 200 or 202)."""
    PARTIAL = "partial"
    """Counts only: the POST answers `partial`, and so do the next polls (polls; None: all of them)."""
    REPEAT_CURSOR = "repeat_cursor"
    """Export pages only: `next_cursor` is the cursor just used."""
    SKEW = "skew"
    """Handle the request on a clock that is off: the Date header, the times it stores, tells and judges by.

    With a status it is not handled but answered so, and Retry-After is a date of that clock
    (seconds; negative: behind; status, error, code, retry_after).
    """
    WRONG_REGION = "wrong_region"
    """Answer 401 as the host of another region would, where the account is not known."""
    SLOW = "slow"
    """Handle the request, then wait before the first byte (seconds)."""
    DRIP = "drip"
    """Handle the request, then spread its body over some time (seconds)."""
    RESET_BEFORE = "reset_before"
    """Abort the connection before the request is handled: nothing is stored."""
    RESET_AFTER = "reset_after"
    """Abort the connection after the request was handled: stored, answer lost."""
    RESET_MIDWAY = "reset_midway"
    """Handle the request and abort the connection in the middle of the body."""
    RESET_LATE = "reset_late"
    """Handle the request, answer in full and abort the connection: the next request on it finds it dead."""


EXPORTS = frozenset({"/1/events.json", "/1/profiles.json"})
COUNTS = frozenset(f"/1/counts/{what}.json" for what in ("events", "profiles", "top", "trends"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with some requests.

    The first fault of the plan that fits a request hits it, alone. A request refused for its credentials or
    for too many in flight uses up no fault.
    """

    kind: Kind
    path: str | None = None
    """Exact path; None: any path."""
    method: str | None = None
    """HTTP method; None: any."""
    times: int | None = 1
    """How many requests it hits; None: for ever."""
    skip: int = 0
    """How many fitting requests it lets through first."""
    status: int | None = None
    """HTTP status; each kind has its own default."""
    error: str | None = None
    """Text of `error`; default: the reference's text for the status."""
    code: int | None = None
    """Value of `code`; default: the status."""
    retry_after: str | None = None
    """Value of a Retry-After header; None: no such header (CleverTap sends none). SKEW: seconds, told as a date."""
    seconds: float = 0.0
    """How long SLOW and DRIP take; how far the clock of SKEW is off."""
    polls: int | None = 1
    """PARTIAL: how many polls stay partial; None: all."""
    handled: bool = False
    """STATUS, HTML, EMPTY, FAIL, ERROR_ONLY: carry the request out before answering so."""

    def fits(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Whether this fault is meant for such a request."""
        if self.path not in (None, path) or self.method not in (None, method):
            return False
        if self.kind in (Kind.NOT_READY, Kind.REPEAT_CURSOR):
            return path in EXPORTS and "cursor" in query
        if self.kind is Kind.PARTIAL:
            return path in COUNTS and method == "POST"
        return True


def read_fault(document: Mapping[str, Any]) -> Fault:
    """Read one fault of the control path's JSON.

    Raises:
        ValueError: an unknown kind or field, or no kind.
    """
    unknown = set(document) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
    if "kind" not in document:
        raise ValueError("a fault needs a kind")
    return Fault(**{**document, "kind": Kind(document["kind"])})


@dataclass(slots=True)
class _Planned:
    """A fault and how far it has got."""

    fault: Fault
    skips: int
    hits: int | None

    def strike(self) -> bool:
        """Count one fitting request; whether the fault hits it."""
        if self.skips:
            self.skips -= 1
            return False
        if self.hits is not None:
            self.hits -= 1
        return True


class FaultPlan:
    """The faults still to come. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(self, *faults: Fault) -> None:
        """Plan some faults after those already planned."""
        with self._lock:
            self._planned += [_Planned(fault, fault.skip, fault.times) for fault in faults]

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, path: str, query: Mapping[str, str]) -> Fault | None:
        """Find the fault that hits this request, and use it up by one."""
        with self._lock:
            self._planned = [planned for planned in self._planned if planned.hits != 0]
            for planned in self._planned:
                if planned.fault.fits(method, path, query) and planned.strike():
                    return planned.fault
        return None
