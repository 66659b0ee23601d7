"""Walks that take hours: every page has its own deadline, and what passes is waited for.

What does not pass is a walk that is broken: its cursor has expired, or leads back. Only a new walk helps then.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast
from urllib.parse import unquote_to_bytes

import anyio

from clevertap_bulk.exporting.pages import unread
from clevertap_bulk.work import Bench
from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidRequestError, UnavailableError
from clevertap_tools.page import NOT_READY, Unfinished, UnfinishedError, finished, read_page
from clevertap_tools.wire import Answer, JsonObject

T = TypeVar("T")
S = TypeVar("S")

WAITS = (2.0, 4.0, 8.0, 15.0, *[30.0] * 10)
"""Seconds between two attempts at a page, each of which has the client's own retries already; five minutes in all."""
TIMES = 3
"""How often a walk is begun before it is given up."""

NEXT = re.compile(rb'"next_cursor"\s*:\s*"([^"\\]+)"')
RECORDS = b'"records"'
LONGEST_HEAD = 65_536
"""Bytes before the records of a page: two cursors of a few kilobytes."""

Sleep = Callable[[float], Awaitable[None]]
Take = Callable[[Answer], Awaitable[str | None]]
"""Keeps a page and tells the next cursor, None at the end; raises `UnavailableError` for one that is damaged."""


class BrokenWalkError(Exception):
    """A walk cannot go on; the message says why."""


class UnwalkableError(UnavailableError):
    """Walks over the same records broke again and again."""

    code = "walk_broken"
    next_step = "Resume the job later: what is complete is kept."


@dataclass(frozen=True, slots=True)
class Walk:
    """What is walked over.

    Args:
        path: `/1/events.json` or `/1/profiles.json`.
        query: CleverTap's query.
        options: The parameters of the first request.
        about: What it is called when it fails.
    """

    path: str
    query: JsonObject
    options: Mapping[str, str]
    about: str


@dataclass(frozen=True, slots=True)
class Walker:
    """Whoever does a walk.

    Args:
        walk: What is walked over.
        bench: What work needs.
        sleep: Waits for some seconds.
    """

    walk: Walk
    bench: Bench
    sleep: Sleep

    async def go(self, take: Take) -> None:
        """Hand over every page, in order; the next one is on its way meanwhile.

        Raises:
            BrokenWalkError: The walk has to be begun anew.
            StoppedError: The job was asked to stop.
            CleverTapError: CleverTap refused it, or could not be reached for minutes; or what `take` raised.
        """
        cursor = await self._patiently(self._begin)
        used: set[bytes] = set()
        early: Answer | None = None
        while cursor is not None:
            if (place := unquote_to_bytes(cursor)) in used:
                raise BrokenWalkError("its cursor led back")
            used.add(place)
            answer = early or await self._fetch(cursor)
            now, guess = partial(self._keep, cursor, answer, take), glimpsed(answer.body)
            if guess is None or unquote_to_bytes(guess) in used:
                cursor, early = await now(), None
            else:
                cursor, early = await both(now, partial(self._fetch, guess))
                early = early if cursor == guess else None

    async def _begin(self, client: Client) -> str | None:
        """The cursor of the first page; None if there is nothing."""
        options = wire.query_string(self.walk.options)
        started = await finished(client, wire.post(self.walk.path, self.walk.query, Effect.READ, read_page, options))
        return str(started["cursor"]) if started.get("cursor") else None

    async def _fetch(self, cursor: str) -> Answer:
        try:
            return await self._patiently(partial(self._ask, cursor))
        except InvalidRequestError as error:
            raise BrokenWalkError(f"CleverTap refused its cursor: {error.message}") from None

    async def _ask(self, cursor: str, client: Client) -> Answer:
        """One attempt at a page."""
        answer = await client.send(wire.get(self.walk.path, unread, wire.cursor_query(cursor)))
        if isinstance(answer, Unfinished):
            raise UnfinishedError(NOT_READY)
        return answer

    async def _keep(self, cursor: str, answer: Answer, take: Take) -> str | None:
        """What `take` says to a page, which is asked for again if it came damaged."""

        async def again(client: Client) -> str | None:
            return await take(await self._ask(cursor, client))

        try:
            return await take(answer)
        except UnavailableError:
            return await self._patiently(again)

    async def _patiently(self, ask: Callable[[Client], Awaitable[T]]) -> T:
        """An answer, waited for where waiting may help."""
        for wait in WAITS:
            self.bench.check_on()
            try:
                return await ask(self.bench.client.for_call())
            except UnavailableError as error:
                if error.lasting:
                    raise
                await self.sleep(error.retry_after or wait)
        self.bench.check_on()
        return await ask(self.bench.client.for_call())


def glimpsed(page: bytes) -> str | None:
    """The cursor of the page after this one, if it stands before the records; None tells nothing."""
    found = NEXT.search(page, 0, max(0, page.find(RECORDS, 0, LONGEST_HEAD)))
    return found and found[1].decode(errors="replace")


async def both(one: Callable[[], Awaitable[T]], other: Callable[[], Awaitable[S]]) -> tuple[T, S]:
    """What two that go on at the same time return; the failure of one ends the other."""
    found: dict[str, T | S] = {}

    async def run(name: str, go: Callable[[], Awaitable[T | S]]) -> None:
        found[name] = await go()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(run, "one", one)
            group.start_soon(run, "other", other)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return cast("T", found["one"]), cast("S", found["other"])
