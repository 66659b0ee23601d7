"""A person's yes: asked for through the host where that can be done, else by a plan that has to be shown to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from clevertap_mcp.environment import Confirm
from clevertap_mcp.guard.errand import Errand
from clevertap_mcp.guard.host import Answered, Host
from clevertap_mcp.guard.plans import Deed, Planned, Plans, Shown
from clevertap_mcp.refusals import NotConfirmedError, PlanRefusedError
from clevertap_tools.effect import Effect
from clevertap_tools.preview import Preview
from clevertap_tools.words.lines import people

MOST_BY_PLAN = 100
"""People that a send may reach on the strength of a plan alone, unless the operator has widened that."""
GROWTH = 1.1
GROWTH_IN_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Has a person say yes before something is done.

    Args:
        mode: How.
        plans: What was shown and not yet done.
    """

    mode: Confirm
    plans: Plans

    @property
    def patience(self) -> float:
        """How many seconds a person gets to answer."""
        return self.plans.lifetime

    def by(self, plan: str | None) -> str:
        """Whose yes a deed has, for the trail: a person's, a plan's, or the operator's for all."""
        if self.mode is Confirm.OFF:
            return "operator"
        return "plan" if plan is not None else "person"

    async def check_plan(self, handle: str | None, deed: Deed) -> None:
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
        await self.plans.find(handle, deed)

    async def obtain(self, errand: Errand, host: Host, look: Callable[[], Awaitable[Preview]]) -> Planned | None:
        """None when an errand may be done now; else the plan that has to be shown first.

        Args:
            errand: What is to be done.
            host: The way to the person.
            look: Finds out what would happen now.

        Raises:
            NotConfirmedError: They said no, or cannot be asked.
            PlanRefusedError: The plan does not fit, or something else would happen than when the person was asked.
        """
        if self.mode is Confirm.OFF:
            return None
        preview = await look()
        if errand.plan is not None:
            return await self._by_plan(errand, errand.plan, preview)
        if host.answered is not None:
            await self._by_answer(errand.deed, host.answered, preview)
        elif host.can_be_asked:
            handle = await self.plans.draw_up(errand.deed, preview, asked=True)
            yes = await host.ask(question(errand, preview), handle)
            await self._by_answer(errand.deed, Answered(handle, yes), await look() if yes else preview)
        else:
            check_keeps_plans(host)
            self._check_plan_is_enough(errand, preview)
            return await self._planned(errand, preview)
        return None

    async def _by_plan(self, errand: Errand, handle: str, preview: Preview) -> Planned | None:
        await self.plans.find(handle, errand.deed)
        self._check_plan_is_enough(errand, preview)
        plan = await self.plans.use(handle, errand.deed)
        news = changed(plan.shown, preview)
        return await self._planned(errand, preview, f"{news} since the plan was shown; it is void.") if news else None

    async def _by_answer(self, deed: Deed, answered: Answered, preview: Preview) -> None:
        if not answered.yes:
            await self.plans.drop(answered.plan)
            raise NotConfirmedError(
                "The person did not say yes; nothing was done.",
                next_step="Do not try again unless they ask for it.",
            )
        plan = await self.plans.use(answered.plan, deed, asked=True)
        if news := changed(plan.shown, preview):
            raise PlanRefusedError(
                f"{news} since the person was asked; nothing was done.",
                next_step="Call again, so that they are asked what it would do now.",
            )

    def _check_plan_is_enough(self, errand: Errand, preview: Preview) -> None:
        if self.mode is Confirm.PLAN or (self.mode is Confirm.AUTO and small(errand.effect, preview)):
            return
        raise NotConfirmedError(
            f"This host cannot ask a person, and {why_not(self.mode, errand.effect, preview)}; nothing was done.",
            next_step=(
                "The operator can use a host that can ask (MCP elicitation), or set CLEVERTAP_CONFIRM=plan, by which a "
                "plan that was shown to the person is enough, or CLEVERTAP_CONFIRM=off."
            ),
        )

    async def _planned(self, errand: Errand, preview: Preview, void: str | None = None) -> Planned:
        return Planned(
            would=errand.mask(preview.deed),
            details=[errand.mask(line) for line in preview.details],
            reach=preview.reach,
            plan=await self.plans.draw_up(errand.deed, preview),
            void=void,
        )


def check_keeps_plans(host: Host) -> None:
    """Refuse where a plan could never come back.

    Raises:
        NotConfirmedError: It could not.
    """
    if not host.keeps_plans:
        raise NotConfirmedError(
            "Nobody can be asked here; nothing was done.",
            next_step="Run it at a terminal, or have the operator set CLEVERTAP_CONFIRM=off.",
        )


def small(effect: Effect, preview: Preview) -> bool:
    """Whether it is a send to so few people that a plan alone is enough."""
    counted = preview.reach is not None and not preview.comes_again
    return effect is Effect.SEND and counted and (preview.reach or 0) <= MOST_BY_PLAN


def why_not(mode: Confirm, effect: Effect, preview: Preview) -> str:
    """Why a plan is not enough."""
    if mode is Confirm.ASK:
        return "here only a person's own yes counts (CLEVERTAP_CONFIRM=ask)"
    if effect is Effect.DESTROY:
        return "what deletes, stops or overwrites needs a person's yes"
    if preview.reach is None:
        return "nobody can tell how many people it would reach"
    if preview.comes_again:
        return "it would come again and again"
    return f"it would reach {preview.reach:,} people, more than the {MOST_BY_PLAN} for which a plan is enough"


def changed(shown: Shown, now: Preview) -> str | None:
    """What is not any more as somebody has said yes to it, in words; None if it is the same.

    An estimate is never twice the same, so its figures may move within bounds.
    """
    if grown(shown.reach, now.reach):
        return growth(shown.reach, now.reach)
    return None if shown.words == Shown.of(now).words else "What it would do has changed"


def grown(shown: int | None, now: int | None) -> bool:
    """Whether more people would be reached than somebody has said yes to."""
    if shown is None:
        return False
    return now is None or (now > shown * GROWTH and now - shown > GROWTH_IN_PEOPLE)


def growth(shown: int | None, now: int | None) -> str:
    """By how much, in words."""
    told = "is not known any more" if now is None else f"has grown from {shown:,} to {now:,} people"
    return f"The reach {told}"


def question(errand: Errand, preview: Preview) -> str:
    """What a person is asked. It names people as the call does, so the host learns nothing that it did not write."""
    reach = "not known" if preview.reach is None else people(preview.reach)
    again = ("The same was done within the hour; this does it once more.",) if errand.deed.again else ()
    lines = (preview.deed, f"Reach: {reach}.", *again, *preview.details)
    return "\n".join((f"CleverTap project {errand.project}:", *lines))
