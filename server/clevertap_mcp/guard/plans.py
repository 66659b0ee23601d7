"""Plans: what was shown to a person, bound so that nothing else can be done in its name.

A plan is used once, within ten minutes, for exactly the call it was drawn up for, by whoever it was drawn up for.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated

from pydantic import Field

from clevertap_mcp.cursors import LETTERS, digest
from clevertap_mcp.refusals import PlanRefusedError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.store.written import read, written
from clevertap_tools.action import Result
from clevertap_tools.preview import Preview

LIFETIME = 600.0
"""Seconds."""
REMEMBERED = 3600.0
"""Seconds for which it is known of a plan that it was used, or has expired."""
USED = "This plan was used already; a plan is good for one use."
UNKNOWN = "This plan is not known here: mistyped, or of an earlier start of this server."
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


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody has said yes to, as far as it has to be known again: the words themselves are kept nowhere.

    Args:
        reach: How many people it would reach at most; None when nobody could tell.
        words: The digest of what it would do, in words.
    """

    reach: int | None
    words: str

    @classmethod
    def of(cls, preview: Preview) -> Shown:
        """What a preview shows."""
        return cls(preview.reach, sha256(json.dumps(preview.words).encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Plan:
    """A deed as it was shown.

    Args:
        deed: What is to be done.
        shown: What was said that it would do.
        used: Whether it was used.
    """

    deed: Deed
    shown: Shown
    used: bool = False


class Plans:
    """The plans of one account.

    A plan that belongs to a question is of another kind than one that a model gets, so neither can stand for the other.

    Args:
        store: Where they are; a plan is known to all who share it.
        scope: What the keys of this account begin with.
        letter: One random letter of a handle.
        lifetime: How many seconds a plan, or a question, waits for its answer.
    """

    def __init__(
        self,
        store: Store | None = None,
        scope: str = "",
        *,
        letter: Callable[[], str] = lambda: secrets.choice(LETTERS),
        lifetime: float = LIFETIME,
    ) -> None:
        self.lifetime = lifetime
        self._store = store or MemoryStore()
        self._scope = scope
        self._letter = letter
        self._spent = MemoryStore()

    async def draw_up(self, deed: Deed, shown: Preview, *, asked: bool = False) -> str:
        """The handle of a new plan; the oldest plans give way.

        Args:
            deed: What is to be done.
            shown: What is said that it would do.
            asked: Whether a person is asked through the host, so that the plan never passes through a model.
        """
        handle = PREFIX + "".join(self._letter() for _ in range(LENGTH))
        await self._store.put(
            self._key(handle, asked=asked), written(Plan(bound(deed), Shown.of(shown))), self.lifetime
        )
        trace = digest(deed.caller).encode()
        await self._store.put(self._trace(handle, asked=asked), trace, self.lifetime + REMEMBERED)
        return handle

    async def find(self, handle: str, deed: Deed, *, asked: bool = False) -> Plan:
        """The plan behind a handle, if it may be used for a deed now.

        Raises:
            PlanRefusedError: It may not; the message says why.
        """
        return (await self._found(handle, deed, asked=asked))[0]

    async def use(self, handle: str, deed: Deed, *, asked: bool = False) -> Plan:
        """Use a plan up. Of all who try at the same moment one gets it.

        Raises:
            PlanRefusedError: It may not be used for this deed now.
        """
        plan, stored = await self._found(handle, deed, asked=asked)
        used = written(replace(plan, used=True))
        if not await self._store.swap(self._key(handle, asked=asked), stored, used, REMEMBERED):
            raise PlanRefusedError(USED)
        await self._spent.put(self._key(handle, asked=asked), b"", self.lifetime + REMEMBERED)
        return plan

    async def drop(self, handle: str) -> None:
        """Forget the plan of a question: nobody is asked the same twice."""
        await self._store.drop(self._key(handle, asked=True))
        await self._store.drop(self._trace(handle, asked=True))

    async def _found(self, handle: str, deed: Deed, *, asked: bool) -> tuple[Plan, bytes]:
        """A plan that may be used, and what of it is stored."""
        key = self._key(handle, asked=asked)
        stored = await self._store.get(key)
        if stored is None:
            raise PlanRefusedError(await self._why_gone(handle, deed, asked=asked))
        plan = read(Plan, stored)
        if plan is None or plan.deed.caller != digest(deed.caller):
            raise PlanRefusedError(UNKNOWN)
        # A store that comes back from a backup has lost what was written last.
        if plan.used or await self._spent.get(key) is not None:
            raise PlanRefusedError(USED)
        if difference := different(plan.deed, bound(deed)):
            raise PlanRefusedError(f"This plan was made for {difference}.")
        return plan, stored

    async def _why_gone(self, handle: str, deed: Deed, *, asked: bool) -> str:
        if await self._store.get(self._trace(handle, asked=asked)) != digest(deed.caller).encode():
            return UNKNOWN
        return f"This plan has expired: it is older than {self.lifetime / 60:.0f} minutes."

    def _key(self, handle: str, *, asked: bool) -> str:
        return f"{self._scope}:{'question' if asked else 'plan'}:{digest(handle)}"

    def _trace(self, handle: str, *, asked: bool) -> str:
        """The key that outlives the plan, so that an old plan is told from one that never was."""
        return f"{self._scope}:{'question' if asked else 'plan'}-was:{digest(handle)}"


def bound(deed: Deed) -> Deed:
    """A deed as a plan is bound to it: whoever reads the store learns no names from it, nor breaks a seal with it."""
    return replace(deed, caller=digest(deed.caller), arguments=digest(deed.arguments), meaning="")


def different(planned: Deed, asked: Deed) -> str | None:
    """In what a deed differs from the planned one."""
    if planned.account != asked.account:
        return "another account"
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
