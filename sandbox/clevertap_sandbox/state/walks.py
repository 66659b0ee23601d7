"""Export walks: everything one will give is settled when it begins, so that any page can be had again.

What is settled lies in a temporary table of the database, page after page: a walk over millions of events takes no
memory to speak of. Reference: data 7.1.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clevertap_sandbox.answers import RefusedError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from clevertap_sandbox.language.clauses import Clause

MOST_WALKS = 1000
"""Walks kept at a time; an older one counts as expired."""
BUCKETS = 23
"""The parts that CleverTap splits an account's people into."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: a table, its ids, the person each belongs to, and an order that an index has."""

    table: str
    id: str
    person: str
    order: str


EVENTS = Source("events AS e", "e.id", "e.person", "e.local, e.person, e.id")
PEOPLE = Source("people AS p", "p.id", "p.id", "p.id")


@dataclass(frozen=True, slots=True)
class Spread:
    """Where each page of a walk begins in the table of what is settled, and where the last one ends."""

    starts: Sequence[int]
    end: int

    def places(self, page: int) -> range:
        """Give the places of a page."""
        following = page + 1
        return range(self.starts[page], self.starts[following] if self.has(following) else self.end)

    def has(self, page: int) -> bool:
        """Whether there is such a page."""
        return 0 <= page < len(self.starts)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How many seconds a walk may take in all, and between two pages."""

    total: float
    idle: float


@dataclass(slots=True)
class Walk:
    """One export."""

    path: str
    flags: frozenset[str]
    spread: Spread
    lifetime: Lifetime
    created: float
    used: float
    asked: Counter[int] = field(default_factory=Counter)
    """How often each page was asked for."""

    def is_over(self, now: float) -> bool:
        """Whether it has expired."""
        return now - self.created > self.lifetime.total or now - self.used > self.lifetime.idle


def settle(db: sqlite3.Connection, source: Source, where: Clause, size: int, *, gaps: bool = False) -> Spread:
    """Settle a walk with full pages.

    Args:
        db: The database.
        source: What is exported.
        where: Which of it.
        size: How many on a page; 0 is all at once.
        gaps: An empty page comes before each.
    """
    sql = f"SELECT {source.id} FROM {source.table} WHERE {where.sql} ORDER BY {source.order}"  # noqa: S608 (made of clauses, values bound)
    places = _write_down(db, sql, where.parameters)
    starts: Sequence[int] = places[:: size or len(places) or 1] or (places.start,)
    return Spread([start for start in starts for _ in range(2)] if gaps else starts, places.stop)


def settle_buckets(db: sqlite3.Connection, source: Source, where: Clause, size: int) -> Spread:
    """Settle a walk whose pages take as many from each bucket, and come short when one is through."""
    share = max(size // BUCKETS, 1)
    matching = f"FROM {source.table} WHERE {where.sql}"
    bucket = f"{source.person} % {BUCKETS}"
    counts = f"SELECT count(*) {matching} GROUP BY {bucket}"
    number = f"row_number() OVER (PARTITION BY {bucket} ORDER BY {source.order}) - 1"
    sql = f"SELECT id FROM (SELECT {source.id} AS id, ({number}) / ? AS page {matching}) ORDER BY page, id"  # noqa: S608 (the same)
    sizes = _page_sizes((count for (count,) in db.execute(counts, where.parameters)), share)
    places = _write_down(db, sql, (share, *where.parameters))
    return Spread(list(itertools.accumulate(sizes[:-1], initial=places.start)), places.stop)


def _page_sizes(buckets: Iterable[int], share: int) -> list[int]:
    left = list(buckets)
    sizes: list[int] = []
    while any(left) or not sizes:
        sizes.append(sum(min(count, share) for count in left))
        left = [max(count - share, 0) for count in left]
    return sizes


def _write_down(db: sqlite3.Connection, ids: str, parameters: tuple[object, ...]) -> range:
    """Put ids into the table; the places they got."""
    (last,) = db.execute("SELECT coalesce(max(place), 0) FROM settled").fetchone()
    count = db.execute(f"INSERT INTO settled (id) {ids}", parameters).rowcount
    return range(last + 1, last + 1 + count)


class Walks:
    """The export walks under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._walks: dict[int, Walk] = {}

    def begin(self, walk: Walk) -> int:
        """Start a walk and give its number."""
        with self._lock:
            number = next(self._numbers)
            self._walks[number] = walk
        return number

    def forget(self, db: sqlite3.Connection, now: float) -> None:
        """Make room: what has expired goes, and the oldest of too many."""
        with self._lock:
            oldest = max(self._walks, default=0) - MOST_WALKS + 1
            gone = [number for number, walk in self._walks.items() if number <= oldest or walk.is_over(now)]
            spreads = [self._walks.pop(number).spread for number in gone]
        for spread in spreads:
            db.execute("DELETE FROM settled WHERE place >= ? AND place < ?", (spread.starts[0], spread.end))

    def resume(self, number: int, now: float, expired: str) -> Walk:
        """Find a walk that goes on.

        Raises:
            RefusedError: 400 with the text `expired`: it is unknown or has expired.
        """
        with self._lock:
            walk = self._walks.get(number)
            if walk is None or walk.is_over(now):
                raise RefusedError(expired)
            walk.used = now
        return walk
