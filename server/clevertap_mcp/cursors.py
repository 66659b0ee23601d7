"""Short handles in place of CleverTap's cursors, which are kilobytes long and must never reach a model.

A handle stands for a place: a page of CleverTap's and how many of its records were shown already. So a page that is too
long for one answer loses nothing: the next handle goes on inside it. Only the MCP server uses handles; the command
line prints CleverTap's own cursors.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pydantic import FiniteFloat

from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Values
from clevertap_mcp.store.written import read, written
from clevertap_tools.action import Action, tool_name
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.page import Page

HOUR = 3600.0
MOST_PAGES = 4
HELD = b""
HELD_FOR = 120.0
"""Seconds between the handle and its place: those in which an answer is written."""
BEFORE_THE_FIRST = -1
"""The number of the page, if there were one, that leads to the first."""
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""None that is taken for another."""
BY_CURSOR = "-by-cursor"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long CleverTap keeps a cursor, in seconds (reference: data 7.1)."""

    whole: float
    idle: float


EVENTS = Lifetime(whole=4 * HOUR, idle=HOUR)
PROFILES = Lifetime(whole=96 * HOUR, idle=96 * HOUR)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands.

    Args:
        reader: The key of the by-cursor action that goes on from here.
        cursor: CleverTap's cursor of a page.
        caller: The digest of who walks; nobody else gets on from here.
        offset: How many of the page's records were shown already.
        number: The place of the page in its walk, counted from 0.
        walk: The name of the walk, which no other has.
        since: When CleverTap gave the cursor, in epoch seconds.
        wanted: How many records an answer shall show at most; None for as many as fit.
    """

    reader: str
    cursor: str
    caller: str = ""
    offset: int = 0
    number: int = 0
    walk: str = field(default_factory=lambda: secrets.token_hex(16))
    since: FiniteFloat = 0.0
    wanted: int | None = None

    def later(self, shown: int) -> Place:
        """The place further on in the same page."""
        return replace(self, offset=self.offset + shown)

    def following(self, cursor: str, now: float) -> Place:
        """The place at the beginning of the next page."""
        return replace(self, cursor=cursor, offset=0, number=self.number + 1, since=now)

    def seconds_left(self, now: float) -> float:
        """For how long it leads anywhere if nobody asks for it meanwhile."""
        life = lifetime(self.reader)
        return min(life.idle, self.since + life.whole - now)


class Cursors:
    """The handles of one account, and the pages that this process read last.

    Args:
        store: Where handles are; one is known to all who share it.
        scope: What the keys of this account begin with.
        clock: The time of day in epoch seconds.
        letter: One random letter of a handle.
    """

    def __init__(
        self,
        store: Values | None = None,
        scope: str = "",
        *,
        clock: Callable[[], float] = time.time,
        letter: Callable[[], str] = lambda: secrets.choice(LETTERS),
    ) -> None:
        self.clock = clock
        self._store = store or MemoryStore()
        self._scope = scope
        self._letter = letter
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()

    async def fresh(self) -> str:
        """A handle that stands for nothing yet, and is held for whoever asked; all have the same length."""
        while True:
            handle = f"c_{''.join(self._letter() for _ in range(8))}"
            if await self._store.add(self._key(handle), HELD, HELD_FOR):
                return handle

    async def bind(self, handle: str, place: Place) -> None:
        """Let a handle stand for a place; the oldest handles give way."""
        await self._store.put(self._key(handle), written(place), place.seconds_left(self.clock()))

    async def find(self, handle: str, reader: str, caller: str = "") -> Place:
        """The place that a handle stands for.

        Raises:
            InvalidArgumentsError: It is not known to this caller, has expired, or belongs to another tool.
        """
        key = self._key(handle)
        place = read(Place, await self._store.get(key))
        if place is None or place.caller != digest(caller):
            raise InvalidArgumentsError.of("cursor", unknown(reader))
        if place.reader != reader:
            raise InvalidArgumentsError.of(
                "cursor", f"'cursor' belongs to another walk: pass it to {tool_name(place.reader)}."
            )
        await self._store.put(key, written(place), place.seconds_left(self.clock()))
        return place

    async def leads_back(self, place: Place, cursor: str) -> bool:
        """Whether the cursor that a page leads to was used in its walk already, by that page or one before it.

        A page that is read once more has the number that it had, so its next cursor is not taken for a repetition.

        Args:
            place: The page.
            cursor: The cursor of the next page.
        """
        key = f"{self._scope}:walk:{place.walk}/{digest(cursor)}"
        number, seconds = place.number + 1, lifetime(place.reader).whole
        if await self._store.add(key, written(number), seconds):
            return False
        first = read(int, await self._store.get(key))
        return first is not None and first < number

    async def begin(self, reader: str, page: Page, caller: str = "") -> Place:
        """The place of the first page of a walk, which is noticed if CleverTap leads back to it.

        Args:
            reader: The key of the by-cursor action that goes on.
            page: The page.
            caller: Who walks.
        """
        place = Place(reader, page.own_cursor or "", digest(caller), since=self.clock(), wanted=page.wanted)
        await self.leads_back(replace(place, number=BEFORE_THE_FIRST), place.cursor)
        return place

    def keep(self, place: Place, page: Page) -> None:
        """Remember a page for its own walk, so that going on inside it does not read it again."""
        self._pages[place.walk, place.cursor] = page
        self._pages.move_to_end((place.walk, place.cursor))
        if len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)

    def kept(self, place: Place) -> Page | None:
        """The page of a place, if it is still remembered."""
        return self._pages.get((place.walk, place.cursor))

    def _key(self, handle: str) -> str:
        return f"{self._scope}:cursor:{digest(handle)}"


def digest(text: str) -> str:
    """What stands for a text in the store, which need not know handles and callers to tell them apart."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def lifetime(reader: str) -> Lifetime:
    """How long the cursors of a by-cursor action live."""
    return EVENTS if "events" in reader else PROFILES


def reader_of(action: Action[Any, Any]) -> str:
    """The key of the by-cursor action that goes on where an action with pages ends."""
    return action.key if action.key.endswith(BY_CURSOR) else action.key + BY_CURSOR


def unknown(reader: str) -> str:
    """What to do about a handle that leads nowhere."""
    return (
        "'cursor' is not known here: it is mistyped, or older than CleverTap keeps it. Pass next_cursor of an "
        f"earlier answer as it stands, or start again with {tool_name(reader.removesuffix(BY_CURSOR))}."
    )
