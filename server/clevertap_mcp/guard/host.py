"""Where a call comes from: who calls, and what lies between us and the person behind the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clevertap_mcp.guard.access import OPERATOR, Caller
from clevertap_tools.client import Progress


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person said to a question that had travelled to the host as the answer of an earlier call.

    Args:
        plan: The handle that travelled with the question.
        yes: Whether they said yes in so many words.
    """

    plan: str
    yes: bool


class Host(Protocol):
    """What sits between us and the person."""

    @property
    def can_be_asked(self) -> bool:
        """Whether a question reaches a person."""

    @property
    def keeps_plans(self) -> bool:
        """Whether a later call can come back with a plan."""

    @property
    def answered(self) -> Answered | None:
        """What the person said before this call, if they were asked."""

    async def ask(self, question: str, plan: str) -> bool:
        """Put a question; true only for a yes in so many words.

        Args:
            question: What would happen, in plain words.
            plan: The handle that has to come back with the answer, if the answer comes back by a later call.
        """


@dataclass(frozen=True, slots=True)
class Silent:
    """A host that has no way to ask; whoever calls can come back with a plan."""

    keeps_plans: bool = True
    can_be_asked: bool = False
    answered: Answered | None = None

    async def ask(self, question: str, plan: str) -> bool:
        """Nobody hears it, so nobody says yes."""
        del question, plan
        return False


@dataclass(frozen=True, slots=True)
class Requester:
    """Where a call comes from.

    Args:
        caller: Who calls.
        host: Finds the way to a person, if there has to be one.
        progress: Told how far the call is.
        local: Whether they sit at this machine, so that its files are theirs.
    """

    caller: Caller = OPERATOR
    host: Callable[[], Host] = Silent
    progress: Progress | None = None
    local: bool = False


HERE = Requester(local=True)
"""Whoever started this process, without anybody to ask."""
