"""A funnel: how many people went through steps in order, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
DAY: Final = 24 * 3600
LONGEST: Final = 366 * DAY
"""Seconds of the longest window."""
SECOND: Final = "ROW(e.ts, 0::BIGINT)"
"""The place before the first of a second."""


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

    A person counts for a step if, after any of their first steps, they did each further event after the one before, and
    this one at most `window` seconds after that first step. CleverTap tells whole seconds and no order within one, so
    what was done in the same second counts as done after; nothing that was done once counts as two steps.

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
    asked = {tables[0].name: (tables[0], days)} | {each.name: (each, reach(days, window)) for each in tables[1:]}
    return Funnel(tuple(steps), window, tuple(basis_of(*each) for each in asked.values()))


def reach(days: Days, window: int) -> Days:
    """When the further steps may be done."""
    if days.last is None:
        return days
    longer = min(-(-window // DAY), (date.max - days.last).days)
    return Days(days.first, days.last + timedelta(days=longer))


def in_sql(tables: Sequence[Table], window: int, days: Days) -> str:
    """The question: from each first step the next event is the earliest after it, so nobody is missed."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(table.name for table in tables))}
    events = [numbers[table.name] for table in tables]
    parts = [
        *(placed(number, name, again=events.count(number) > 1) for name, number in numbers.items()),
        beginning(events[0], len(numbers), days),
        *(following(step, event, len(numbers), window) for step, event in enumerate(events[1:], 1)),
    ]
    counts = ", ".join(f"(SELECT count(DISTINCT person) FROM s{step})" for step in range(len(tables)))  # noqa: S608 - ours
    return f"WITH {', '.join(parts)} SELECT {counts}"


def placed(event: int, name: str, *, again: bool) -> str:
    """Who did an event when, each time with its place: the second, and which one it is of that second.

    Only where the event comes again among the steps does it matter which one it is; to find out takes memory.
    """
    which = "row_number() OVER (PARTITION BY person, ts)" if again else "1::BIGINT"
    return (
        f"e{event} AS (SELECT person, ts, ROW(ts, {which}) AS place FROM "  # noqa: S608 - quoted
        f"(SELECT {PERSON} AS person, ts FROM {quoted(name)}))"
    )


def beginning(event: int, events: int, days: Days) -> str:
    """All first steps."""
    passed = ", ".join(f"{'place' if each == event else SECOND} AS past{each}" for each in range(events))
    return f"s0 AS (SELECT person, ts AS began, {passed} FROM e{event} AS e WHERE {days.holds()})"  # noqa: S608 - ours


def following(step: int, event: int, events: int, window: int) -> str:
    """A further step of all who did the one before; `past` is the place of each event after which its next one is."""
    passed = (
        f"{'place' if each == event else f'greatest(past{each}, {SECOND})'} AS past{each}" for each in range(events)
    )
    return (
        f"s{step} AS (SELECT s.person, s.began, {', '.join(passed)} FROM s{step - 1} AS s ASOF JOIN e{event} AS e "  # noqa: S608 - ours
        f"ON s.person = e.person AND s.past{event} < e.place WHERE e.ts <= s.began + to_seconds({window}))"
    )
