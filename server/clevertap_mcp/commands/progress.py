"""How far a job is, on stderr: a bar at a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from clevertap_bulk.job import Job, Kind, State
from clevertap_mcp.logs import announce

BETWEEN_LINES = 5.0
"""Seconds."""
WIDTH = 24
UNKNOWN = 10**12
"""The length of a bar whose end is not known yet; it stays empty."""
Tell = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a job is.

    Args:
        done: Rows of an import, parts of an export.
        total: How many there are; None if that is not known yet.
        rows: Rows read so far.
    """

    done: int
    total: int | None
    rows: int

    @classmethod
    def of(cls, job: Job) -> Standing:
        """How far that one is."""
        if job.kind is Kind.IMPORT:
            return cls(job.tally.rows, job.plan.get("rows"), job.tally.rows)
        return cls(job.parts.get(State.DONE, 0), sum(job.parts.values()) or None, job.tally.rows)


class Speed:
    """How fast a job is since it was begun or resumed.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, Standing] | None = None

    def words(self, standing: Standing) -> str:
        """Rows, rows a second and the time left, as far as they are known; told the first time, it begins to count."""
        now = self._clock()
        since, first = self._first = self._first or (now, standing)
        seconds = now - since
        parts = [f"{standing.rows:,} rows"]
        if seconds > 0 and standing.rows > first.rows:
            parts.append(f"{(standing.rows - first.rows) / seconds:,.0f} a second")
        if standing.total is not None and standing.done > first.done:
            left = (standing.total - standing.done) * seconds / (standing.done - first.done)
            parts.append(f"{clock_time(left)} left" if standing.done < standing.total else "finishing")
        return ", ".join(parts)


def clock_time(seconds: float) -> str:
    """A length of time as people read it: `1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def shown(title: str) -> Iterator[Tell]:
    """What shows how far a job is, each time that it is told.

    Args:
        title: What goes on, such as `Importing`.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lines(title, Speed(), time.monotonic)
        return
    with bar(title) as tell:
        yield tell


def lines(title: str, speed: Speed, clock: Callable[[], float]) -> Tell:
    """Lines for logs, the first one only if it takes some time.

    Args:
        title: What goes on.
        speed: How fast it goes.
        clock: Seconds that only go forward.
    """
    following = clock() + BETWEEN_LINES

    def tell(job: Job) -> None:
        nonlocal following
        standing = Standing.of(job)
        words = speed.words(standing)
        if clock() >= following:
            following = clock() + BETWEEN_LINES
            share = f"{standing.done / standing.total:.0%}, " if standing.total else ""
            announce(f"{title}: {share}{words}")

    return tell


@contextmanager
def bar(title: str) -> Iterator[Tell]:
    """A bar at a terminal."""
    speed = Speed()
    with click.progressbar(
        length=UNKNOWN,
        label=title,
        width=WIDTH,
        file=sys.stderr,
        show_eta=False,
        item_show_func=lambda words: words,
    ) as drawn:

        def tell(job: Job) -> None:
            standing = Standing.of(job)
            drawn.length = standing.total or UNKNOWN
            drawn.pos, drawn.current_item = standing.done, speed.words(standing)
            drawn.finished = standing.total == standing.done
            drawn.render_progress()

        yield tell
