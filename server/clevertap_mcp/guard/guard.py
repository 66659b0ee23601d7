"""What stands between a call and its doing: access, caps, repetition, a person's yes, and the trail, in this order."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo

import anyio

from clevertap_mcp.environment import Confirm
from clevertap_mcp.guard import entries
from clevertap_mcp.guard.access import Access, Caller
from clevertap_mcp.guard.allowance import Allowance
from clevertap_mcp.guard.caps import Caps
from clevertap_mcp.guard.confirmation import Confirmation
from clevertap_mcp.guard.errand import Connect, Errand, Look
from clevertap_mcp.guard.host import Host
from clevertap_mcp.guard.repeats import Repeats
from clevertap_mcp.refusals import StoreGoneError, TrailError
from clevertap_mcp.telemetry.facts import facts
from clevertap_mcp.trail.quota import Outcome, Quota
from clevertap_mcp.trail.trail import Trail
from clevertap_tools.action import Result
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, NotAllowedError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Guard:
    """The operator's rules.

    Args:
        access: What may be done at all.
        confirmation: How a person says yes.
        caps: How much may be done.
        repeats: What was done within the hour.
        trail: The audit log.
        zone: Whose days count for the cap on sends.
        allowance: The sends of all replicas.
    """

    access: Access
    confirmation: Confirmation
    caps: Caps
    repeats: Repeats
    trail: Trail
    zone: tzinfo | None = None
    allowance: Allowance = field(default_factory=Allowance)

    async def carry_out(self, errand: Errand, connect: Connect, host: Callable[[], Host]) -> Result:
        """Do an errand if it may be done; else answer what has to come first.

        Raises:
            NotAllowedError: It may not be done; the trail says so too.
            StoreGoneError: What was confirmed and done cannot be known, so nothing is sent; the trail says so too.
            TrailError: The trail cannot be written, so nothing was done.
            CleverTapError: It was tried and failed.
        """
        look = Look(connect, errand, self.caps)
        try:
            self._check_access(errand.caller, errand.effect)
            if not errand.audited:
                return await self._done(errand, connect)
            self.caps.check_records(errand.effect, errand.asked)
            if errand.effect.guarded or errand.may_send:
                await self.allowance.check()
            if errand.effect.guarded and (instead := await self._instead(errand, look, host())) is not None:
                return instead
            return await self._on_record(errand, connect, look)
        except (NotAllowedError, StoreGoneError) as error:
            await self.trail.write(entries.refused(errand, error))
            raise

    def check(self, caller: Caller, effect: Effect, records: int | None) -> None:
        """Refuse what turns out, once it is begun, to be no call for this caller, or for so many records.

        Args:
            caller: Who called.
            effect: What it would do.
            records: To how many records; None where nobody knows.

        Raises:
            NotAllowedError: It may not be done.
        """
        self._check_access(caller, effect)
        self.caps.check_count(effect, records)

    def _check_access(self, caller: Caller, effect: Effect) -> None:
        if self.access.narrowed(caller.access).permits(effect):
            return
        whose = "the operator of this server" if not self.access.permits(effect) else "your access"
        raise NotAllowedError(
            f"This would {DEEDS[effect]}; {whose} does not allow that. Nothing was done.",
            next_step="Only the operator can change that, with CLEVERTAP_ACCESS or the access of account or caller.",
        )

    async def _instead(self, errand: Errand, look: Look, host: Host) -> Result | None:
        """What is answered instead of doing it: what came of the same deed before, or a plan."""
        await self.confirmation.check_plan(errand.plan, errand.deed)
        if errand.once and not errand.deed.again:
            first = await self.repeats.earlier(errand.deed, errand.action.result)
            if first is not None:
                return first
        if self.confirmation.mode is Confirm.OFF and self.caps.audience is not None:
            await look()
        planned = await self.confirmation.obtain(errand, host, look)
        if planned is not None:
            await self.trail.write(entries.planned(errand, planned))
        return planned

    async def _on_record(self, errand: Errand, connect: Connect, look: Look) -> Result:
        """Do it, remembered for an hour if it would be a mistake to do it twice."""
        if not errand.once:
            return await self._counted(errand, connect, look)
        begun = await self.repeats.begin(errand.deed, errand.action.result)
        if isinstance(begun, Result):  # somebody else was quicker
            return begun
        try:
            result = await self._counted(errand, connect, look)
        except CleverTapError as error:
            if error.changed == "no":
                await self._remember(self.repeats.came_to_nothing(begun))
            raise
        if result.failure is not None and result.failure.changed == "no":
            await self._remember(self.repeats.came_to_nothing(begun))
        else:
            await self._remember(self.repeats.came_to(begun, result))
        return result

    @staticmethod
    async def _remember(ending: Awaitable[None]) -> None:
        """Remember how a deed ended. It has, so a store that is gone cannot undo it: it stays begun for the hour."""
        try:
            with anyio.CancelScope(shield=True):
                await ending
        except StoreGoneError:
            log.error("The store lacks how a call ended; the same is refused for an hour.")  # noqa: TRY400 - see above

    async def _counted(self, errand: Errand, connect: Connect, look: Look) -> Result:
        """Do it, counted among the day's sends unless it is known to have sent nothing."""
        quota = self.caps.quota(errand.account, self.zone, errand.asked.sends) if errand.may_send else None
        await self.allowance.take(quota)
        try:
            result = await self._between_lines(errand, connect, look, quota)
        except CleverTapError as error:
            if Outcome.of(error).sent_nothing:
                await self.allowance.give_back(quota)
            raise
        if result.failure is not None and Outcome.of(result.failure).sent_nothing:
            await self.allowance.give_back(quota)
        return result

    async def _between_lines(self, errand: Errand, connect: Connect, look: Look, quota: Quota | None) -> Result:
        """Do it between two lines of the trail; if the first cannot be written, nothing is done."""
        call = facts().request or secrets.token_hex(8)  # so that the other log and the spans tell of the same
        await self._begin(errand, call, look.reach, quota)
        try:
            result = await self._done(errand, connect)
        except CleverTapError as error:
            await self._note(entries.failed(call, error))
            raise
        except BaseException:  # cancelled, or a mistake of ours: nobody knows how far it came
            await self._note(entries.ended(call, Outcome.UNKNOWN, "cut_off"))
            raise
        await self._note(entries.done(call, result))
        return result

    async def _begin(self, errand: Errand, call: str, reach: int | None, quota: Quota | None) -> None:
        """Write that it begins, if the day's quota has room for it."""
        by = self.confirmation.by(errand.plan) if errand.effect.guarded else None
        try:
            await self.trail.write(entries.started(errand, call, reach, by), quota, errand.arguments)
        except BaseException as error:
            if not isinstance(error, CleverTapError):  # cancelled, and the line may stand there all the same
                await self._note(entries.ended(call, Outcome.REFUSED, "cancelled"))
            raise

    async def _note(self, entry: entries.Entry) -> None:
        """Add to the trail what came of it. It has happened, so a trail that is full or gone cannot undo it."""
        try:
            with anyio.CancelScope(shield=True):
                await self.trail.write(entry)
        except TrailError as error:
            log.error("The audit log lacks the end of call %s: %s", entry["call"], error)  # noqa: TRY400

    @staticmethod
    async def _done(errand: Errand, connect: Connect) -> Result:
        done: Result = await errand.action(connect(), errand.asked)
        return done


DEEDS = {
    Effect.UPSERT: "write to the project",
    Effect.APPEND: "write to the project",
    Effect.SEND: "message people, or lift opt-outs so that messages reach them",
    Effect.DESTROY: "delete, stop or overwrite something (or is not known to be harmless)",
}
