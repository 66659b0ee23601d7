"""A person's yes: asked for through the host where that can be done, else by a plan that has to be shown to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from clevertap_mcp.access import OPERATOR, Caller
from clevertap_mcp.plans import Deed, Planned, Plans
from clevertap_mcp.refusals import NotConfirmedError, PlanRefusedError
from clevertap_mcp.settings import Confirm
from clevertap_tools.client import Progress
from clevertap_tools.effect import Effect
from clevertap_tools.in_words import people
from clevertap_tools.preview import Preview

MOST_BY_PLAN = 100
"""People that a send may reach on the strength of a plan alone, unless the operator has widened that."""
GROWTH = 1.1
GROWTH_IN_PEOPLE = 100


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
    """A host that has no way to ask."""

    keeps_plans: bool = True
    can_be_asked: bool = False
    answered: Answered | None = None

    async def ask(self, question: str, plan: str) -> bool:
        """Nobody hears it, so nobody says yes."""
        del question, plan
        return False


NOBODY = Silent()
"""Nobody can be asked; whoever calls can come back with a plan."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Where a call comes from.

    Args:
        caller: Who calls.
        host: The way to a person.
        progress: Told how far the call is.
    """

    caller: Caller = OPERATOR
    host: Host = NOBODY
    progress: Progress | None = None


HERE = Requester()
"""Whoever started this process, without anybody to ask."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a preview is told, with personal data as each reader may see it.

    Args:
        model: A line as a model may read it.
        person: A line as the person at the host may read it.
    """

    model: Callable[[str], str]
    person: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Has a person say yes before something is done.

    Args:
        mode: How.
        plans: What was shown and not yet done.
    """

    mode: Confirm
    plans: Plans

    def by(self, plan: str | None) -> str:
        """Whose yes a deed has, for the trail: a person's, a plan's, or the operator's for all."""
        if self.mode is Confirm.OFF:
            return "operator"
        return "plan" if plan is not None else "person"

    def check_plan(self, handle: str | None, deed: Deed) -> None:
        """Refuse a plan that does not fit before anything else is looked at.

        Raises:
            PlanRefusedError: It does not fit, or plans count for nothing here.
        """
        if handle is None:
            return
        if self.mode is Confirm.ASK:
            raise PlanRefusedError(
                "Here only a person's own yes counts, not a plan.", next_step="Call again without 'plan'."
            )
        self.plans.find(handle, deed)

    async def obtain(
        self,
        deed: Deed,
        effect: Effect,
        plan: str | None,
        host: Host,
        look: Callable[[], Awaitable[Preview]],
        wording: Wording,
    ) -> Planned | None:
        """None when the deed may be done now; else the plan that has to be shown first.

        Args:
            deed: What is to be done.
            effect: What it does.
            plan: The plan that the call came with.
            host: The way to the person.
            look: Finds out what would happen now.
            wording: How that is told.

        Raises:
            NotConfirmedError: They said no, or cannot be asked.
            PlanRefusedError: The plan does not fit, or the reach has grown since the question.
        """
        if self.mode is Confirm.OFF:
            return None
        preview = await look()
        if plan is not None:
            return self._by_plan(deed, effect, plan, preview, wording)
        if host.answered is not None:
            self._by_answer(deed, host.answered, preview)
        elif host.can_be_asked:
            handle = self.plans.draw_up(deed, preview.reach, asked=True)
            yes = await host.ask(question(deed, preview, wording), handle)
            self._by_answer(deed, Answered(handle, yes), await look() if yes else preview)
        else:
            self._check_may_plan(effect, preview.reach, host)
            return self._planned(deed, preview, wording)
        return None

    def _by_plan(self, deed: Deed, effect: Effect, handle: str, preview: Preview, wording: Wording) -> Planned | None:
        shown = self.plans.find(handle, deed).reach
        self._check_may_plan(effect, preview.reach)
        self.plans.use(handle, deed)
        if not grown(shown, preview.reach):
            return None
        return self._planned(deed, preview, wording, f"{growth(shown, preview.reach)} the plan was shown; it is void.")

    def _by_answer(self, deed: Deed, answered: Answered, preview: Preview) -> None:
        if not answered.yes:
            raise NotConfirmedError(
                "The person did not say yes; nothing was done.",
                next_step="Do not try again unless they ask for it.",
            )
        shown = self.plans.find(answered.plan, deed, asked=True).reach
        self.plans.use(answered.plan, deed, asked=True)
        if grown(shown, preview.reach):
            raise PlanRefusedError(
                f"{growth(shown, preview.reach)} the person was asked; nothing was done.",
                next_step="Call again, so that they are asked with the new figure.",
            )

    def _check_may_plan(self, effect: Effect, reach: int | None, host: Host = NOBODY) -> None:
        """Whether a plan may stand for a person's yes."""
        if not host.keeps_plans:
            raise NotConfirmedError(
                "Nobody can be asked here; nothing was done.",
                next_step="Run it at a terminal, or have the operator set CLEVERTAP_CONFIRM=off.",
            )
        small = effect is Effect.SEND and reach is not None and reach <= MOST_BY_PLAN
        if self.mode is Confirm.PLAN or (self.mode is Confirm.AUTO and small):
            return
        raise NotConfirmedError(
            f"This host cannot ask a person, and {why_not(self.mode, effect, reach)}; nothing was done.",
            next_step=(
                "The operator can use a host that can ask (MCP elicitation), or set CLEVERTAP_CONFIRM=plan, by which a "
                "plan that was shown to the person is enough, or CLEVERTAP_CONFIRM=off."
            ),
        )

    def _planned(self, deed: Deed, preview: Preview, wording: Wording, void: str | None = None) -> Planned:
        return Planned(
            would=wording.model(preview.deed),
            details=[wording.model(line) for line in preview.details],
            reach=preview.reach,
            plan=self.plans.draw_up(deed, preview.reach),
            grown=void,
        )


def why_not(mode: Confirm, effect: Effect, reach: int | None) -> str:
    """Why a plan is not enough."""
    if mode is Confirm.ASK:
        return "here only a person's own yes counts (CLEVERTAP_CONFIRM=ask)"
    if effect is Effect.DESTROY:
        return "what deletes, stops or overwrites needs a person's yes"
    if reach is None:
        return "nobody can tell how many people it would reach"
    return f"it would reach {reach:,} people, more than the {MOST_BY_PLAN} for which a plan is enough"


def grown(shown: int | None, now: int | None) -> bool:
    """Whether more people would be reached than somebody has said yes to."""
    if shown is None:
        return False
    return now is None or (now > shown * GROWTH and now - shown > GROWTH_IN_PEOPLE)


def growth(shown: int | None, now: int | None) -> str:
    """By how much, in words."""
    told = "is not known any more" if now is None else f"has grown from {shown:,} to {now:,} people"
    return f"The reach {told} since"


def question(deed: Deed, preview: Preview, wording: Wording) -> str:
    """What a person is asked."""
    reach = "not known" if preview.reach is None else people(preview.reach)
    again = ("The same was done within the hour; this does it once more.",) if deed.again else ()
    lines = (preview.deed, f"Reach: {reach}.", *again, *preview.details)
    return "\n".join((f"CleverTap project {deed.account}:", *map(wording.person, lines)))
