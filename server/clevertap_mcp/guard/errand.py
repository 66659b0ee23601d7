"""One call as the guard looks at it: what is asked, by whom, with which plan, and what it would do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from clevertap_mcp.guard.access import Caller
from clevertap_mcp.guard.caps import Caps
from clevertap_mcp.guard.plans import Deed
from clevertap_tools.action import Action, Arguments
from clevertap_tools.checking import checked
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.preview import Preview
from clevertap_tools.raw_request import Request

Connect = Callable[[], Client]
"""A view of the client with a deadline of its own that begins now."""


class Controls(Arguments):
    """What a call says to the guard, beside what it says to CleverTap."""

    plan: str | None = None
    again: bool = False


NOTHING_SAID = Controls()


def parted(action: Action[Any, Any], call: Mapping[str, Any]) -> tuple[Controls, dict[str, Any]]:
    """What a call says to the guard and what to the action.

    Raises:
        InvalidArgumentsError: What it says to the guard is malformed.
    """
    names = ({"plan"} if action.preview else set()) | ({"again"} if action.once else set())
    controls = {name: value for name, value in call.items() if name in names}
    if not controls:
        return NOTHING_SAID, dict(call)
    return checked(Controls, controls), {name: value for name, value in call.items() if name not in names}


@dataclass(frozen=True)
class Errand:
    """One call.

    Args:
        action: What is to be done.
        named: Its arguments as they were given, with persons named.
        asked: The same, typed.
        told: The same as they were written, where a person may stand as a pseudonym.
        caller: Who asked.
        controls: What the call says to the guard.
        account: The project's id.
        effect: What it does.
        mask: Puts pseudonyms into a line that a model will read.
        name: What the accounts file calls the account; empty without one.
        contents: The digest of what the files hold that it names; empty where nothing is bound to them.
    """

    action: Action[Any, Any]
    named: Mapping[str, Any]
    asked: Arguments
    told: Arguments
    caller: Caller
    controls: Controls
    account: str
    effect: Effect
    mask: Callable[[str], str]
    name: str = ""
    contents: str = ""

    @cached_property
    def arguments(self) -> bytes:
        """The arguments in the one form in which equal ones are equal to the byte."""
        return canonical(self.named)

    @cached_property
    def deed(self) -> Deed:
        """What a plan for it is bound to."""
        given = digest(self.arguments)
        meaning = digest(canonical(meant(self.asked.meaning))) if self.action.once else given
        again = self.controls.again
        return Deed(self.account, self.action.key, given, self.caller.name, meaning, again, self.contents)

    @property
    def plan(self) -> str | None:
        """The plan that the call came with."""
        return self.controls.plan

    @property
    def project(self) -> str:
        """The project as people know it."""
        return f"{self.name} ({self.account})" if self.name else self.account

    @property
    def audited(self) -> bool:
        """Whether the trail has a line for it: everything but reading by a typed tool."""
        return self.effect is not Effect.READ or isinstance(self.asked, Request)

    @property
    def may_send(self) -> bool:
        """Whether people may be messaged by it, also where only the worst is known of it."""
        return self.effect is Effect.SEND or self.asked.may_send

    @property
    def once(self) -> bool:
        """Whether the same again within the hour would be a mistake."""
        return self.action.once and self.effect.guarded


def errand(
    action: Action[Any, Any],
    named: Mapping[str, Any],
    written: Mapping[str, Any],
    caller: Caller,
    controls: Controls,
    account: str,
    mask: Callable[[str], str],
    name: str = "",
) -> Errand:
    """The errand that a call makes.

    Args:
        action: What was called.
        named: The arguments with persons named.
        written: The arguments as they were written.
        caller: Who called.
        controls: What the call says to the guard.
        account: The project's id.
        mask: Puts pseudonyms into a line that a model will read.
        name: What the accounts file calls the account; empty without one.

    Raises:
        InvalidArgumentsError: The arguments are wrong.
    """
    asked = checked(action.arguments, named)  # that JSON can carry them was seen before persons were named
    told = action.parse(written) if action.preview and written != named else asked
    return Errand(action, named, asked, told, caller, controls, account, action.effect_of(asked), mask=mask, name=name)


def holding(errand: Errand, contents: Mapping[str, str]) -> Errand:
    """An errand whose plan holds only as long as its files do not change.

    Args:
        errand: The errand.
        contents: The digests of its files, by name; none where nothing is bound to them.
    """
    if not contents:
        return errand
    return replace(errand, contents=digest(canonical(contents)))


def canonical(values: Any) -> bytes:
    """JSON values in the one form in which equal ones are equal to the byte."""
    if isinstance(values, Mapping):
        values = {name: value for name, value in values.items() if value is not None}
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=str).encode()


def meant(value: Any) -> Any:
    """A value without what is empty, null or false, so that two that mean the same are the same.

    A `false` that does mean something (`respect_frequency_caps`) is left out too: of two launches that differ in no
    more than that the second is taken for the first, until somebody says `again`.
    """
    if isinstance(value, Mapping):
        inner = {name: meant(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each or (each == 0 and each is not False)}
    return [meant(each) for each in value] if isinstance(value, list) else value


def digest(data: bytes) -> str:
    """What stands for data where only equality counts."""
    return sha256(data).hexdigest()


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
        preview = await self.errand.action.preview(self.connect(), self.errand.asked, self.errand.told)
        self.caps.check_reach(preview.reach, may_send=self.errand.may_send)
        self.reach = preview.reach
        return preview
