"""Plans: what was shown to a person, bound so that nothing else can be done in its name.

A plan is used once, within ten minutes, for exactly the call it was drawn up for, by whoever it was drawn up for.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from clevertap_mcp.cursors import LETTERS
from clevertap_mcp.refusals import PlanRefusedError
from clevertap_tools.action import Result
from clevertap_tools.preview import Preview

LIFETIME = 600.0
"""Seconds."""
MOST_PLANS = 1_000
LENGTH = 16
PREFIX = "plan_"


@dataclass(frozen=True, slots=True)
class Deed:
    """What a plan is bound to.

    Args:
        account: The project, and where it is called.
        action: The key of the action.
        arguments: The digest of the exact canonical arguments.
        caller: Who asked for it.
        meaning: The digest of what the arguments mean, however they are put.
        again: Whether it is done once more on purpose.
        contents: The digest of what the files hold that it names.
    """

    account: str
    action: str
    arguments: str
    caller: str
    meaning: str = ""
    again: bool = False
    contents: str = ""


@dataclass(slots=True)
class Plan:
    """A deed as it was shown.

    Args:
        deed: What is to be done.
        shown: What was said that it would do.
        since: When it was drawn up, on the clock of the plans.
        asked: Whether a person is asked through the host, so that the plan never passes through a model.
        used: Whether it was used.
    """

    deed: Deed
    shown: Preview
    since: float
    asked: bool = False
    used: bool = False


class Plans:
    """The plans of one process.

    Args:
        clock: Seconds that only go forward.
        letter: One random letter of a handle.
        lifetime: How many seconds a plan, or a question, waits for its answer.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        letter: Callable[[], str] = lambda: secrets.choice(LETTERS),
        lifetime: float = LIFETIME,
    ) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._letter = letter
        self._plans: OrderedDict[str, Plan] = OrderedDict()

    def draw_up(self, deed: Deed, shown: Preview, *, asked: bool = False) -> str:
        """The handle of a new plan; the oldest plans give way."""
        handle = PREFIX + "".join(self._letter() for _ in range(LENGTH))
        self._plans[handle] = Plan(deed, shown, self._clock(), asked)
        while len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)
        return handle

    def find(self, handle: str, deed: Deed, *, asked: bool = False) -> Plan:
        """The plan behind a handle, if it may be used for a deed now.

        Raises:
            PlanRefusedError: It may not; the message says why.
        """
        plan = self._plans.get(handle)
        if plan is None or plan.asked != asked:
            raise PlanRefusedError("This plan is not known here: mistyped, or of an earlier start of this server.")
        if plan.used:
            raise PlanRefusedError("This plan was used already; a plan is good for one use.")
        if self._clock() - plan.since >= self.lifetime:
            raise PlanRefusedError(f"This plan has expired: it is older than {self.lifetime / 60:.0f} minutes.")
        if difference := different(plan.deed, deed):
            raise PlanRefusedError(f"This plan was made for {difference}.")
        return plan

    def use(self, handle: str, deed: Deed, *, asked: bool = False) -> None:
        """Use a plan up. Of two who try at the same moment one gets it.

        Raises:
            PlanRefusedError: It may not be used for this deed now.
        """
        self.find(handle, deed, asked=asked).used = True

    def drop(self, handle: str) -> None:
        """Forget a plan: nobody is asked the same twice."""
        self._plans.pop(handle, None)


def different(planned: Deed, asked: Deed) -> str | None:
    """In what a deed differs from the planned one."""
    if planned.account != asked.account:
        return "another account"
    if planned.caller != asked.caller:
        return "another caller"
    if planned.action != asked.action:
        return "another tool"
    if planned.contents != asked.contents:
        return "another content of the file, which has changed since"
    same = (planned.arguments, planned.again) == (asked.arguments, asked.again)
    return None if same else "other arguments; they must be the same to the letter"


SHOW_IT = (
    "Nothing has been done yet. Show this to the person you work for; only after their yes call the same tool again "
    "with exactly the same arguments and this 'plan'."
)


class Planned(Result):
    """What would be done, instead of doing it.

    Hosts hold every result against the output schema of its tool, so no field here may share a name with a field of
    another kind in a result of an action that can be planned.
    """

    done: bool = Field(default=False, description="It is not done yet")
    would: str = Field(description="What would be done")
    details: list[str] = []
    reach: int | None = Field(default=None, description="People at most; absent when nobody can tell")
    plan: str
    expires_in: int = Field(default=int(LIFETIME), description="Seconds")
    next: str = Field(default=SHOW_IT, description="What to do now")
    void: Annotated[str | None, Field(exclude=True)] = None
    """Why the plan that was used for this call is void, if one was."""

    @property
    def theirs(self) -> frozenset[str]:
        """The words of the plan, which quote what CleverTap has stored."""
        return frozenset({"would", "details"})

    @property
    def failure(self) -> PlanRefusedError | None:
        """That the plan used for this call is void; this one takes its place."""
        return PlanRefusedError(self.void, next_step=self.next) if self.void else None
