"""The same launch twice is almost always a mistake: within an hour the first one is the answer."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from clevertap_mcp.guard.plans import Deed
from clevertap_mcp.refusals import RepeatedError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_tools.action import Result

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class First:
    """What was done first.

    Args:
        call: The one time that it was done, as no other is called.
        since: When it was begun, in epoch seconds.
        result: What came of it, as JSON; None as long as nobody knows.
        before: What it took the place of, because it was done once more on purpose.
    """

    call: str
    since: float
    result: str | None = None
    before: First | None = None

    def written(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, stored: bytes) -> First:
        """What was stored."""
        return cls._told(json.loads(stored))

    @classmethod
    def _told(cls, told: dict[str, Any]) -> First:
        before = told["before"]
        return cls(told["call"], told["since"], told["result"], before and cls._told(before))


@dataclass(frozen=True, slots=True)
class Begun:
    """A deed that was begun now.

    Args:
        key: Where it is stored.
        first: As it is stored.
    """

    key: str
    first: First


class Repeats:
    """What was launched in the last hour at one account.

    Args:
        store: Where that is remembered; it is known to all who share it.
        scope: What the keys of this account begin with.
        clock: The time of day in epoch seconds.
    """

    def __init__(self, store: Store | None = None, scope: str = "", *, clock: Callable[[], float] = time.time) -> None:
        self._store = store or MemoryStore()
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
        stored = await self._store.get(self._key(deed))
        return None if stored is None else self._answer(First.read(stored), kind)

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
            if stored is not None and not deed.again:
                return self._answer(First.read(stored), kind)
            before = None if stored is None else First.read(stored)
            begun = Begun(key, First(secrets.token_hex(8), self._clock(), before=before))
            if await self._replaced(key, stored, begun.first):
                return begun

    async def came_to(self, begun: Begun, result: Result) -> None:
        """Remember what came of it, unless it was done once more meanwhile."""
        ended = replace(begun.first, result=whole(result), before=None)
        await self._replaced(begun.key, begun.first.written(), ended)

    async def came_to_nothing(self, begun: Begun) -> None:
        """Nothing changed, for sure, so the one before counts again; unless it was done once more meanwhile."""
        before = begun.first.before
        if before is None:
            await self._store.swap(begun.key, begun.first.written(), b"", 0)
        else:
            await self._replaced(begun.key, begun.first.written(), before)

    def _answer(self, first: First, kind: type[Result]) -> Result:
        minutes = max(int((self._clock() - first.since) // 60), 0)
        if first.result is None:
            raise RepeatedError(
                f"The same was begun {minutes} minutes ago, and its outcome is not known (or it is still going on).",
                next_step="Look whether it exists with clevertap_get_campaigns; to do it once more pass again=true.",
            )
        warning = (
            f"Nothing was done now: exactly this was done {minutes} minutes ago, and this is what came of it. "
            "To do it once more pass again=true."
        )
        return kind.model_validate_json(first.result).model_copy(update={"warning": warning})

    async def _replaced(self, key: str, old: bytes | None, new: First) -> bool:
        """Put something in the place of what is there, for what is left of its hour; whether that was still there."""
        seconds = new.since + HOUR - self._clock()
        if old is None:
            return await self._store.add(key, new.written(), seconds)
        return await self._store.swap(key, old, new.written(), seconds)

    def _key(self, deed: Deed) -> str:
        return f"{self._scope}:done:{sha256('/'.join(meaning(deed)).encode()).hexdigest()}"


def meaning(deed: Deed) -> tuple[str, str, str]:
    """What makes two deeds the same, whoever asks for them and however they put it."""
    return deed.account, deed.action, deed.meaning


def whole(result: Result) -> str:
    """A result as JSON, with what no answer shows too, so that it can be read back as it was."""
    return to_json(dict(result), fallback=parts).decode()


def parts(value: range) -> list[int]:
    """A range as `clevertap_tools.upload_result.rows` reads it."""
    return [value.start, value.stop, value.step]
