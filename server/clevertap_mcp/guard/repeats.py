"""The same launch twice is almost always a mistake: within an hour the first one is the answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from pydantic import FiniteFloat

from clevertap_mcp.guard.outcomes import sealed, unsealed
from clevertap_mcp.guard.plans import Deed
from clevertap_mcp.refusals import RepeatedError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.store.written import read, written
from clevertap_tools.action import Result

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class First:
    """What was done first.

    Args:
        call: The one time that it was done, as no other is called.
        since: When it was begun, in epoch seconds.
        outcome: What came of it, sealed; None as long as nobody knows.
        before: What it took the place of, because it was done once more on purpose.
    """

    call: str
    since: FiniteFloat
    outcome: str | None = None
    before: First | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A deed that was begun now.

    Args:
        deed: The deed.
        first: As it is stored.
    """

    deed: Deed
    first: First


class Repeats:
    """What was launched in the last hour at one account.

    What this process began it knows by heart too: a store that has lost what was written last does not.

    Args:
        store: Where that is remembered; it is known to all who share it.
        scope: What the keys of this account begin with.
        clock: The time of day in epoch seconds.
    """

    def __init__(self, store: Store | None = None, scope: str = "", *, clock: Callable[[], float] = time.time) -> None:
        self._store = store or MemoryStore()
        self._own = MemoryStore(clock)
        self._scope = scope
        self._clock = clock

    async def earlier(self, deed: Deed, kind: type[Result]) -> Result | None:
        """What came of the same deed within the hour, with a warning; None if there was none.

        Args:
            deed: The deed.
            kind: What such a deed answers.

        Raises:
            RepeatedError: It was begun, and nobody knows how it ended.
        """
        key = self._key(deed)
        known = await self._known(key, await self._store.get(key))
        return None if known is None else self._answer(known, deed, kind)

    async def begin(self, deed: Deed, kind: type[Result]) -> Begun | Result:
        """Remember a deed from now on. Of all who try at the same moment one begins it, unless it is done again.

        Returns:
            What was begun; or what came of the same deed within the hour (see `earlier`).

        Raises:
            RepeatedError: It was begun, and nobody knows how it ended.
        """
        key = self._key(deed)
        while True:
            stored = await self._store.get(key)
            known = await self._known(key, stored)
            if known is not None and not deed.again:
                return self._answer(known, deed, kind)
            first = First(secrets.token_hex(8), self._clock(), before=read(First, known))
            if await self._replaced(self._store, key, stored, first):
                await self._own.put(key, written(first), HOUR)
                return Begun(deed, first)

    async def came_to(self, begun: Begun, result: Result) -> None:
        """Remember what came of it, unless it was done once more meanwhile."""
        await self._ended(begun, replace(begun.first, outcome=sealed(result, meaning(begun.deed)), before=None))

    async def came_to_nothing(self, begun: Begun) -> None:
        """Nothing changed, for sure, so the one before counts again; unless it was done once more meanwhile."""
        await self._ended(begun, begun.first.before)

    async def _known(self, key: str, stored: bytes | None) -> bytes | None:
        return await self._own.get(key) if stored is None else stored

    def _answer(self, known: bytes, deed: Deed, kind: type[Result]) -> Result:
        first = read(First, known)
        when = "within the hour" if first is None else f"{self._minutes(first)} minutes ago"
        result = unsealed(first.outcome, meaning(deed), kind) if first and first.outcome else None
        if result is None:
            raise RepeatedError(
                f"The same was begun {when}, and its outcome is not known (or it is still going on).",
                next_step="Look whether it exists with clevertap_get_campaigns; to do it once more pass again=true.",
            )
        warning = (
            f"Nothing was done now: exactly this was done {when}, and this is what came of it. "
            "To do it once more pass again=true."
        )
        return result.model_copy(update={"warning": warning})

    def _minutes(self, first: First) -> int:
        return max(int((self._clock() - first.since) // 60), 0)

    async def _ended(self, begun: Begun, now: First | None) -> None:
        for store in (self._own, self._store):
            await self._replaced(store, self._key(begun.deed), written(begun.first), now)

    async def _replaced(self, store: Store, key: str, old: bytes | None, new: First | None) -> bool:
        """Put something in the place of what is there, for what is left of its hour; whether that was still there."""
        value, seconds = (written(new), new.since + HOUR - self._clock()) if new else (b"", 0)
        return await (store.add(key, value, seconds) if old is None else store.swap(key, old, value, seconds))

    def _key(self, deed: Deed) -> str:
        return f"{self._scope}:done:{sha256(meaning(deed).encode()).hexdigest()}"


def meaning(deed: Deed) -> str:
    """What makes two deeds the same, whoever asks for them and however they put it."""
    return f"{deed.account}/{deed.action}/{deed.meaning}"
