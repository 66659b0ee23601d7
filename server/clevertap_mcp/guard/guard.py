"""What stands between a call and its doing: access, caps, repetition, a person's yes, and the trail, in this order."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import tzinfo

import anyio

from clevertap_mcp.guard import entries
from clevertap_mcp.guard.access import Access
from clevertap_mcp.guard.caps import Caps
from clevertap_mcp.guard.confirmation import Confirmation
from clevertap_mcp.guard.errand import Connect, Errand, Look
from clevertap_mcp.guard.host import Host
from clevertap_mcp.guard.repeats import Repeats
from clevertap_mcp.refusals import TrailError
from clevertap_mcp.settings import Confirm
from clevertap_mcp.trail.quota import Outcome
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
    """

    access: Access
    confirmation: Confirmation
    caps: Caps
    repeats: Repeats
    trail: Trail
    zone: tzinfo | None = None

    async def carry_out(self, errand: Errand, connect: Connect, host: Host) -> Result:
        """Do an errand if it may be done; else answer what has to come first.

        Raises:
            NotAllowedError: It may not be done; the trail says so too.
            TrailError: The trail cannot be written, so nothing was done.
            CleverTapError: It was tried and failed.
        """
        look = Look(connect, errand, self.caps)
        try:
            self._check_access(errand)
            if not errand.audited:
                return await self._done(errand, connect)
            self.caps.check_records(errand.effect, errand.asked)
            if errand.effect.guarded and (instead := await self._instead(errand, look, host)) is not None:
                return instead
            return await self._on_record(errand, connect, look)
        except NotAllowedError as error:
            await self.trail.write(entries.refused(errand, error))
            raise

    def _check_access(self, errand: Errand) -> None:
        if self.access.narrowed(errand.caller.access).permits(errand.effect):
            return
        whose = "the operator of this server" if not self.access.permits(errand.effect) else "your access"
        raise NotAllowedError(
            f"This would {DEEDS[errand.effect]}; {whose} does not allow that. Nothing was done.",
            next_step="Only the operator can change that, with CLEVERTAP_ACCESS or the rights of the caller.",
        )

    async def _instead(self, errand: Errand, look: Look, host: Host) -> Result | None:
        """What is answered instead of doing it: what came of the same deed before, or a plan."""
        self.confirmation.check_plan(errand.plan, errand.deed)
        if (first := self._first(errand)) is not None:
            return first
        if self.confirmation.mode is Confirm.OFF and self.caps.audience is not None:
            await look()
        planned = await self.confirmation.obtain(errand, host, look)
        if planned is not None:
            await self.trail.write(entries.planned(errand, planned))
            return planned
        return self._first(errand)  # somebody else may have been quicker

    def _first(self, errand: Errand) -> Result | None:
        return self.repeats.earlier(errand.deed) if errand.once and not errand.deed.again else None

    async def _on_record(self, errand: Errand, connect: Connect, look: Look) -> Result:
        """Do it, remembered for an hour if it would be a mistake to do it twice."""
        if not errand.once:
            return await self._between_lines(errand, connect, look)
        first = self.repeats.begin(errand.deed)
        try:
            first.result = await self._between_lines(errand, connect, look)
        except CleverTapError as error:
            if error.changed == "no":
                self.repeats.came_to_nothing(first)
            raise
        failure = first.result.failure
        if failure is not None and failure.changed == "no":
            self.repeats.came_to_nothing(first)
        return first.result

    async def _between_lines(self, errand: Errand, connect: Connect, look: Look) -> Result:
        """Do it between two lines of the trail; if the first cannot be written, nothing is done."""
        call = secrets.token_hex(8)
        await self._begin(errand, call, look.reach)
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

    async def _begin(self, errand: Errand, call: str, reach: int | None) -> None:
        """Write that it begins, if the day's quota has room for it."""
        by = self.confirmation.by(errand.plan) if errand.effect.guarded else None
        quota = self.caps.quota(errand.deed.account, self.zone, errand.asked.sends) if errand.may_send else None
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
