"""What a job is: a list of independent parts, and what became of each, as the journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Plan = Mapping[str, Any]
"""All that whoever does a job or a part has to know, as JSON: it may be done by another process, on another machine."""


class Kind(StrEnum):
    """What a job does."""

    IMPORT = "import"
    EXPORT_EVENTS = "export-events"
    EXPORT_PROFILES = "export-profiles"


class State(StrEnum):
    """How far a job or a part is."""

    WAITING = "waiting"
    RUNNING = "running"
    """Somebody holds it; if their lease has lapsed, it was interrupted."""
    CANCELLING = "cancelling"
    """Somebody holds it, and was asked to stop."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"

    @property
    def held(self) -> bool:
        """Whether somebody works at it, unless they were killed."""
        return self in {State.RUNNING, State.CANCELLING}


@dataclass(frozen=True, slots=True)
class Tally:
    """The account of a job, a part or a batch.

    Args:
        rows: Rows read from a file, or records read from CleverTap.
        accepted: Records that CleverTap took.
        refused: Records that CleverTap or the published rules refused.
        unaccounted: Records that left and whose answer was lost.
        bytes: Bytes of files written.
    """

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    unaccounted: int = 0
    bytes: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.accepted + other.accepted,
            self.refused + other.refused,
            self.unaccounted + other.unaccounted,
            self.bytes + other.bytes,
        )

    @property
    def balanced(self) -> bool:
        """Whether every row of an import is accounted for."""
        return self.accepted + self.refused + self.unaccounted == self.rows


@dataclass(frozen=True, slots=True)
class Job:
    """One import or export.

    Args:
        id: What it is called by.
        kind: What it does.
        plan: What was asked for, frozen when it began.
        state: How far it is.
        note: Why it failed, or what whoever reads its account should know.
        created: Epoch seconds.
        ended: Epoch seconds, None until it has.
        until: Until when whoever works at it holds it, in epoch seconds.
        parts: How many parts it has, by their state.
        tally: The account of all its parts together.
    """

    id: str
    kind: Kind
    plan: Plan
    state: State
    note: str
    created: float
    ended: float | None
    until: float
    parts: Mapping[State, int] = field(default_factory=dict)
    tally: Tally = Tally()

    def interrupted(self, now: float) -> bool:
        """Whether whoever worked at it is gone."""
        return self.state.held and self.until < now


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a job that can be done without the others.

    Args:
        job: The job's id.
        number: Its place among the parts, from 0.
        plan: What it is: a day of an export, a slice of an import.
        state: How far it is.
        tally: Its account, as far as it goes.
    """

    job: str
    number: int
    plan: Plan
    state: State
    tally: Tally = Tally()


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken.

    Args:
        row: Its place in the file, from 0.
        code: CleverTap's code, None for the published rules.
        reason: CleverTap's words, or the rule's.
    """

    row: int
    code: int | None
    reason: str


class StoppedError(Exception):
    """The job was asked to stop, and did, at a place where it can be resumed."""


class LostError(StoppedError):
    """The job is somebody else's by now: the lease lapsed, and they took it over or cancelled it."""
