"""What stands between a call and its doing: access, caps, repetition, a person's yes, and the trail, in this order."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import anyio
from anyio import to_thread

from clevertap_mcp import entries
from clevertap_mcp.access import Access, Caller
from clevertap_mcp.caps import Caps
from clevertap_mcp.confirmation import Confirmation, Host, Wording
from clevertap_mcp.plans import Deed
from clevertap_mcp.repeats import First, Repeats
from clevertap_mcp.settings import Confirm
from clevertap_mcp.trail import Trail, TrailError
from clevertap_tools.action import Action, Arguments, Result, checked
from clevertap_tools.actions.proxy import Request
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, NotAllowedError
from clevertap_tools.preview import Preview

log = logging.getLogger(__name__)

Connect = Callable[[], Client]
"""A view of the client with a deadline of its own that begins now."""


class Controls(Arguments):
    """What a call says to the guard, beside what it says to CleverTap."""

    plan: str | None = None
    again: bool = False


def parted(action: Action[Any, Any], given: Mapping[str, Any]) -> tuple[Controls, dict[str, Any]]:
    """What a call says to the guard and what to the action.

    Raises:
        InvalidArgumentsError: What it says to the guard is malformed.
    """
    names = ({"plan"} if action.preview else set()) | ({"again"} if action.once else set())
    controls = {name: value for name, value in given.items() if name in names}
    return checked(Controls, controls), {name: value for name, value in given.items() if name not in names}


def canonical(given: Mapping[str, Any]) -> bytes:
    """Arguments in the one form in which equal ones are equal to the byte."""
    plain = {name: value for name, value in given.items() if value is not None}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Errand:
    """One call, as the guard looks at it.

    Args:
        action: What is to be done.
        asked: Its arguments.
        caller: Who asked.
        plan: The plan that the call came with.
        deed: What a plan for it is bound to.
        arguments: The canonical arguments.
        effect: What it does.
        wording: How it is told to a model and to a person.
    """

    action: Action[Any, Any]
    asked: Arguments
    caller: Caller
    plan: str | None
    deed: Deed
    arguments: bytes
    effect: Effect
    wording: Wording

    @property
    def audited(self) -> bool:
        """Whether the trail has a line for it: everything but reading by a typed tool."""
        return self.effect is not Effect.READ or isinstance(self.asked, Request)


@dataclass(slots=True)
class Look:
    """Finds out what an errand would do and whom it would reach, within the caps.

    Args:
        connect: The account.
        errand: The errand.
        caps: The operator's caps.
    """

    connect: Connect
    errand: Errand
    caps: Caps
    reach: int | None = field(default=None, init=False)
    """What the last look found."""

    async def __call__(self) -> Preview:
        """Look once.

        Raises:
            OverCapError: It would reach more than the cap.
            CleverTapError: It would be refused, or could not be found out.
        """
        assert self.errand.action.preview is not None, "whatever is guarded can be previewed"
        preview = await self.errand.action.preview(self.connect(), self.errand.asked)
        self.caps.check_reach(self.errand.effect, preview.reach)
        self.reach = preview.reach
        return preview


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
        planned = await self.confirmation.obtain(errand.deed, errand.effect, errand.plan, host, look, errand.wording)
        if planned is not None:
            await self.trail.write(entries.planned(errand, planned))
            return planned
        return self._first(errand)  # somebody else may have been quicker

    def _first(self, errand: Errand) -> Result | None:
        return self.repeats.earlier(errand.deed) if errand.action.once and not errand.deed.again else None

    async def _on_record(self, errand: Errand, connect: Connect, look: Look) -> Result:
        """Do it between two lines of the trail; if the first cannot be written, nothing is done."""
        before = self.repeats.begin(errand.deed) if once(errand) else None
        call = secrets.token_hex(8)
        try:
            await self._begin(errand, call, look.reach)
        except BaseException as error:
            self._came_to_nothing(errand, before)
            if not isinstance(error, CleverTapError):  # cancelled, and the line may stand there all the same
                await self._note(entries.never_done(call))
            raise
        try:
            result = await self._done(errand, connect)
        except CleverTapError as error:
            if error.changed == "no":
                self._came_to_nothing(errand, before)
            await self._note(entries.failed(call, error))
            raise
        except BaseException:
            await self._note(entries.cut_off(call))
            raise
        if once(errand):
            self.repeats.succeeded(errand.deed, result)
        await self._note(entries.done(call, result))
        return result

    async def _begin(self, errand: Errand, call: str, reach: int | None) -> None:
        """Write that it begins, if the day's quota has room for it."""
        digest = await to_thread.run_sync(self.trail.digest, errand.arguments)
        quota = self.caps.quota(errand.effect, errand.deed.account, self.zone)
        by = self.confirmation.by(errand.plan) if errand.effect.guarded else None
        await self.trail.write(entries.started(errand, call, digest, reach, by), quota)

    def _came_to_nothing(self, errand: Errand, before: First | None) -> None:
        if once(errand):
            self.repeats.came_to_nothing(errand.deed, before)

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


def once(errand: Errand) -> bool:
    """Whether the same again within the hour would be a mistake."""
    return errand.action.once and errand.effect.guarded


DEEDS = {
    Effect.UPSERT: "write to the project",
    Effect.APPEND: "write to the project",
    Effect.SEND: "message people, or lift opt-outs so that messages reach them",
    Effect.DESTROY: "delete, stop or overwrite something (or is not known to be harmless)",
}
