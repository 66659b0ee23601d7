"""A funnel: how many people went through steps in order, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clevertap_bulk.answers.basis import ALL, PERSON, Basis, Days, basis_of, event_table
from clevertap_bulk.questions.asking import Questions
from clevertap_bulk.questions.listing import Table
from clevertap_bulk.questions.wording import quoted
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.figures import percent

FEWEST: Final = 2
MOST: Final = 10
"""Steps of a funnel."""
LONGEST: Final = 366 * 24 * 3600
"""Seconds of the longest window."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel.

    Args:
        event: Its event.
        people: How many came this far.
        of_first: What per cent that is of those of the first step; None if there are none.
        of_before: The same of the step before.
    """

    event: str
    people: int
    of_first: float | None
    of_before: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far people came.

    Args:
        steps: Each step in order.
        window: Seconds that the last step may be after the first.
        basis: What it rests on.
    """

    steps: tuple[Step, ...]
    window: int
    basis: tuple[Basis, ...]


async def funnel(questions: Questions, events: Sequence[str], window: int, days: Days = ALL) -> Funnel:
    """Count the people who did events one after the other within a time.

    A person counts for a step if, after any of their first steps, they did each further event later than the one
    before, and this one at most `window` seconds after that first step.

    Args:
        questions: The data.
        events: The steps, 2 to 10; the same event may be several of them.
        window: Seconds, at most a year.
        days: When the first step was done; the others may be later.

    Raises:
        InvalidArgumentsError: An event was not exported, or there are too few or too many steps.
    """
    if not FEWEST <= len(events) <= MOST:
        raise InvalidArgumentsError.of("steps", f"'steps' must be {FEWEST} to {MOST} events, not {len(events)}")
    if not 0 < window <= LONGEST:
        raise InvalidArgumentsError.of("window", f"'window' must be 1 to {LONGEST} seconds, not {window}")
    tables = [await event_table(questions, event, "steps") for event in events]
    answer = await questions.ask(in_sql(tables, window, days), days.bounds)
    counts = [int(count) for count in answer.rows[0]]
    before = [counts[0], *counts]
    steps = (
        Step(event, count, percent(count, counts[0]), percent(count, earlier))
        for event, count, earlier in zip(events, counts, before, strict=False)
    )
    return Funnel(tuple(steps), window, basis_of(tables))


def in_sql(tables: Sequence[Table], window: int, days: Days) -> str:
    """The question: from each first step the next event is the earliest later one, so nobody is missed."""
    began = f"SELECT {PERSON} AS person, ts AS began, ts AS at FROM {quoted(tables[0].name)} WHERE {days.holds()}"  # noqa: S608 - quoted
    parts = [f"s0 AS ({began})", *(following(number, table, window) for number, table in enumerate(tables[1:], 1))]
    counts = ", ".join(f"(SELECT count(DISTINCT person) FROM s{number})" for number in range(len(tables)))  # noqa: S608 - ours
    return f"WITH {', '.join(parts)} SELECT {counts}"


def following(number: int, table: Table, window: int) -> str:
    """A further step of all who did the one before."""
    return (
        f"s{number} AS (SELECT s.person, s.began, e.ts AS at FROM s{number - 1} AS s ASOF JOIN "  # noqa: S608 - as above
        f"(SELECT {PERSON} AS person, ts FROM {quoted(table.name)}) AS e ON s.person = e.person AND s.at < e.ts "
        f"WHERE e.ts <= s.began + to_seconds({window}))"
    )
