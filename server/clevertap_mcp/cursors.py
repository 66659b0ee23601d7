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
from hashlib import blake2b
from typing import Any

from clevertap_tools.action import Action, tool_name
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.page import Page

HOUR = 3600.0
MOST_HANDLES = 10_000
MOST_PAGES = 4
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


class Walk:
    """The cursors that one walk over pages has used, to notice when CleverTap leads back."""

    def __init__(self) -> None:
        self._page: dict[bytes, int] = {}

    def leads_back(self, cursor: str, number: int) -> bool:
        """Whether the cursor that a page leads to was used by that page or one before it.

        Args:
            cursor: The cursor of the next page.
            number: The place of the page that leads to it, counted from 0. A page that is read once more has the
                number that it had, so its next cursor is not taken for a repetition.
        """
        digest = blake2b(cursor.encode(), digest_size=16).digest()
        return self._page.setdefault(digest, number + 1) <= number


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands.

    Args:
        reader: The key of the by-cursor action that goes on from here.
        cursor: CleverTap's cursor of a page.
        offset: How many of the page's records were shown already.
        number: The place of the page in its walk, counted from 0.
        walk: The walk.
        since: When CleverTap gave the cursor, in epoch seconds.
        wanted: How many records an answer shall show at most; None for as many as fit.
    """

    reader: str
    cursor: str
    offset: int = 0
    number: int = 0
    walk: Walk = field(default_factory=Walk)
    since: float = 0.0
    wanted: int | None = None

    def later(self, shown: int) -> Place:
        """The place further on in the same page."""
        return replace(self, offset=self.offset + shown)

    def following(self, cursor: str, now: float) -> Place:
        """The place at the beginning of the next page."""
        return replace(self, cursor=cursor, offset=0, number=self.number + 1, since=now)


@dataclass(slots=True)
class Entry:
    """A place behind a handle, and when it was last asked for."""

    place: Place
    used: float


class Cursors:
    """The handles of one process and the pages that were read last.

    Args:
        clock: The time of day in epoch seconds.
        letter: One random letter of a handle.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        letter: Callable[[], str] = lambda: secrets.choice(LETTERS),
    ) -> None:
        self.clock = clock
        self._letter = letter
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._pages: OrderedDict[tuple[Walk, str], Page] = OrderedDict()

    def fresh(self) -> str:
        """A handle that stands for nothing yet; all have the same length."""
        while (handle := f"c_{''.join(self._letter() for _ in range(8))}") in self._entries:
            pass
        return handle

    def bind(self, handle: str, place: Place) -> None:
        """Let a handle stand for a place; the oldest handles give way."""
        self._entries[handle] = Entry(place, self.clock())
        while len(self._entries) > MOST_HANDLES:
            self._entries.popitem(last=False)

    def find(self, handle: str, reader: str) -> Place:
        """The place that a handle stands for.

        Raises:
            InvalidArgumentsError: It is not known, has expired, or belongs to another tool.
        """
        entry = self._entries.get(handle)
        now = self.clock()
        if entry is None or self._expired(entry, now):
            self._entries.pop(handle, None)
            raise InvalidArgumentsError.of("cursor", unknown(reader))
        if entry.place.reader != reader:
            raise InvalidArgumentsError.of(
                "cursor", f"'cursor' belongs to another walk: pass it to {tool_name(entry.place.reader)}."
            )
        entry.used = now
        return entry.place

    def _expired(self, entry: Entry, now: float) -> bool:
        life = lifetime(entry.place.reader)
        return now - entry.place.since >= life.whole or now - entry.used >= life.idle

    def keep(self, place: Place, page: Page) -> None:
        """Remember a page for its own walk, so that going on inside it does not read it again."""
        self._pages[place.walk, place.cursor] = page
        self._pages.move_to_end((place.walk, place.cursor))
        if len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)

    def kept(self, place: Place) -> Page | None:
        """The page of a place, if it is still remembered."""
        return self._pages.get((place.walk, place.cursor))


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
