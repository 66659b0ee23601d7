"""Export walks and their cursors. Reference: data 7.1.

A cursor is opaque text that must reach the server percent-encoded exactly once. It is made so that it always
needs that encoding (it holds `+`, `/` and `=`): a client that forgets, or does it twice, is found out every
time.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from clevertap_sandbox.answers import RefusedError

if TYPE_CHECKING:
    from array import array

MOST_WALKS = 1000
"""Walks kept at a time; an older one counts as expired."""
MAGIC = b"\xfb\xff\xbf"
"""Reads `+/+/` in base64."""


@dataclass(slots=True)
class Walk:
    """One export: everything it will give, settled when it began, so that any page can be had again."""

    path: str
    ids: array[int]
    batch_size: int
    flags: frozenset[str]
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which walk a cursor points."""

    walk: int
    offset: int


def write_cursor(place: Place, padding: int = 0) -> str:
    """Write a cursor as it is given out: already percent-encoded."""
    state = json.dumps([place.walk, place.offset]).encode().ljust(padding)
    # One byte over a multiple of three makes base64 end in `==`.
    raw = MAGIC + state + b" " * ((1 - len(state)) % 3)
    return quote(base64.b64encode(raw), safe="")


def read_cursor(text: str) -> Place | None:
    """Read a cursor as it arrives, decoded once by the transport; None if it was damaged on the way."""
    try:
        raw = base64.b64decode(text, validate=True)
        walk, offset = json.loads(raw.removeprefix(MAGIC)) if raw.startswith(MAGIC) else (None, None)
    except (binascii.Error, ValueError, TypeError):
        return None
    return Place(walk, offset) if isinstance(walk, int) and isinstance(offset, int) else None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How many seconds a walk may take in all, and between two pages."""

    total: float
    idle: float

    def over(self, walk: Walk, now: float) -> bool:
        """Whether a walk has expired."""
        return now - walk.created > self.total or now - walk.used > self.idle


class Walks:
    """The export walks under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._walks: dict[int, Walk] = {}

    def begin(self, walk: Walk) -> Place:
        """Start a walk at its first page."""
        with self._lock:
            number = next(self._numbers)
            self._walks[number] = walk
            self._walks.pop(number - MOST_WALKS, None)
        return Place(number, 0)

    def resume(self, place: Place, lifetime: Lifetime, now: float) -> Walk:
        """Find the walk a cursor belongs to.

        Raises:
            RefusedError: 400 `Invalid cursor` for an unknown or expired walk.
        """
        with self._lock:
            walk = self._walks.get(place.walk)
            if walk is None or lifetime.over(walk, now):
                self._walks.pop(place.walk, None)
                raise RefusedError("Invalid cursor")
            walk.used = now
        return walk
