"""Whether this server can do its work: CleverTap answered within the last minute, nothing else is in the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from clevertap_mcp.transports.patience import PATIENCE
from clevertap_tools.connection import PROBE
from clevertap_tools.errors import CleverTapError

if TYPE_CHECKING:
    from clevertap_tools.client import Client

log = logging.getLogger(__name__)

FRESH = 60
"""Seconds that an answer of CleverTap's is proof of being reached."""
BETWEEN_PROBES = 30


class Reach:
    """Whether one account is reached.

    Args:
        client: The way to it.
        seconds: How long it is waited for CleverTap's answer.
        name: The account by its name here; empty where there is only one.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        client: Client,
        seconds: float = PATIENCE.probe,
        name: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._where = f" at account {name}" if name else ""
        self._good = True
        self._seconds = seconds
        self._clock = clock
        self._probed: float | None = None
        self._probing = anyio.Lock()

    async def good(self) -> bool:
        """Whether CleverTap answered lately, whatever it said; asked anew if it said nothing for long."""
        if not self._fresh:
            async with self._probing:
                if self._may_probe():
                    await self._probe()
        self._note(good=self._fresh)
        return self._good

    def _note(self, *, good: bool) -> None:
        """Tell the log when it has changed."""
        if good is not self._good:
            self._good = good
            log.warning("CleverTap is %s%s.", "reached again" if good else "out of reach", self._where)

    @property
    def _fresh(self) -> bool:
        return self._client.contact.age <= FRESH

    def _may_probe(self) -> bool:
        return self._probed is None or self._clock() - self._probed >= BETWEEN_PROBES

    async def _probe(self) -> None:
        self._probed = self._clock()
        with anyio.move_on_after(self._seconds), suppress(CleverTapError):
            await self._client.for_call().send(PROBE)


class Readiness:
    """Whether this server can do its work.

    Args:
        reaches: Each account.
        obstacles: Whatever else may stand in the way: a word for it, and whether it does.
    """

    def __init__(self, reaches: Sequence[Reach], obstacles: dict[str, Callable[[], bool]]) -> None:
        self._reaches = reaches
        self._obstacles = obstacles

    async def reasons(self) -> list[str]:
        """A word for each thing that stands in the way, the same whoever asks; empty if nothing does.

        One account that is reached is enough: the callers of the others are told in their calls.
        """
        found = [reason for reason, stands in self._obstacles.items() if stands()]
        return found or ([] if await self._reached() else ["clevertap"])

    async def _reached(self) -> bool:
        good: list[bool] = []

        async def ask(reach: Reach) -> None:
            good.append(await reach.good())

        async with anyio.create_task_group() as tasks:
            for reach in self._reaches:
                tasks.start_soon(ask, reach)
        return any(good)
