"""Retention: of the people who came first in the same day, week or month, how many came back in each one after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from clevertap_bulk.answers.basis import ALL, PERSON, Basis, Days, basis_of, event_table, whole
from clevertap_bulk.answers.exported import Exported
from clevertap_bulk.questions.asking import Questions
from clevertap_bulk.questions.listing import Table
from clevertap_bulk.questions.wording import quoted
from clevertap_tools.errors import InvalidArgumentsError

Unit = Literal["day", "week", "month"]
MOST: Final = 60
"""Periods after the first that are looked at."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who came first in the same period.

    Args:
        begins: The first day of that period, YYYY-MM-DD; weeks begin on Monday.
        people: How many they are.
        returned: How many of them came back in this very period, in the next, and so on; None where no day of that
            period is exported.
    """

    begins: str
    people: int
    returned: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """How many people came back.

    Args:
        unit: How long a period is.
        cohorts: Each cohort, the earliest first.
        basis: What it rests on.
    """

    unit: Unit
    cohorts: tuple[Cohort, ...]
    basis: tuple[Basis, ...]


async def retention(
    questions: Questions,
    first: str,
    again: str | None = None,
    unit: Unit = "month",
    periods: int = 12,
    days: Days = ALL,
) -> Retention:
    """Count who came back, by when they came first.

    Whoever did the first event before the earliest exported day counts as new on the day they are first seen.

    Args:
        questions: The data.
        first: The event that a person comes first with.
        again: The event that they come back with; None for the same one.
        unit: How long a period is.
        periods: How many periods after the first are looked at, at most 60.
        days: When the people came first.

    Raises:
        InvalidArgumentsError: An event was not exported, or there are more cohorts than an answer holds.
    """
    if not 0 <= periods <= MOST:
        raise InvalidArgumentsError.of("periods", f"'periods' must be 0 to {MOST}, not {periods}")
    tables = [
        await event_table(questions, first, "event"),
        await event_table(questions, again or first, "return_event"),
    ]
    asked = in_sql(tables[0], tables[1], unit, periods, days)
    answer = whole(await questions.ask(asked, days.bounds), "from")
    exported = Exported.of(tables[1])
    cohorts = (
        Cohort(begins, people, tuple(known(date.fromisoformat(begins), returned, unit, exported)))
        for begins, people, returned in answer.rows
    )
    reached = horizon(days, unit, periods, exported)
    asked_of = {tables[0].name: (tables[0], days)} | {tables[1].name: (tables[1], reached)}
    return Retention(unit, tuple(cohorts), tuple(basis_of(*each) for each in asked_of.values()))


def known(begins: date, returned: Sequence[int], unit: Unit, exported: Exported | None) -> Iterator[int | None]:
    """How many of a cohort came back in each period; nobody in one of which nothing is exported is None, not 0."""
    for number, some in enumerate(returned):
        told = some or exported is None or exported.any_of(*period_after(begins, number, unit))
        yield some if told else None


def horizon(days: Days, unit: Unit, periods: int, exported: Exported | None) -> Days:
    """The days that are looked at for who came back: to the end of the last period that is answered."""
    if days.last is None or exported is None:
        return days
    _, looked = period_after(min(days.last, exported.last), periods, unit)
    _, answered = period_after(exported.last, 0, unit)
    return Days(days.first, max(days.last, min(looked, answered)))


def period_after(day: date, number: int, unit: Unit) -> tuple[date, date]:
    """The first and the last day of a period, counted from the one that a day lies in."""
    return begin_after(day, number, unit), begin_after(day, number + 1, unit) - timedelta(days=1)


def begin_after(day: date, number: int, unit: Unit) -> date:
    """The first day of a period, counted from the one that a day lies in; of those after the calendar its last day."""
    try:
        if unit == "month":
            years, month = divmod(day.year * 12 + day.month - 1 + number, 12)
            return date(years, month + 1, 1)
        if unit == "week":
            return day + timedelta(weeks=number, days=-day.weekday())
        return day + timedelta(days=number)
    except (OverflowError, ValueError):
        return date.max


def in_sql(first: Table, again: Table, unit: Unit, periods: int, days: Days) -> str:
    """The question."""
    begins = f"CAST(date_trunc('{unit}', min(ts)) AS DATE)"
    later = f"date_diff('{unit}', f.begins, CAST(date_trunc('{unit}', e.ts) AS DATE))"
    returned = ", ".join(f"count(DISTINCT person) FILTER (later = {number})" for number in range(periods + 1))
    return f"""
        WITH f AS (
            SELECT {PERSON} AS person, min(ts) AS came, {begins} AS begins FROM {quoted(first.name)}
            GROUP BY ALL HAVING {days.holds("min(ts)")}
        ),
        e AS (SELECT {PERSON} AS person, ts FROM {quoted(again.name)}),
        r AS (
            SELECT f.begins, f.person, {later} AS later FROM f LEFT JOIN e ON e.person = f.person AND e.ts >= f.came
        )
        SELECT begins, count(DISTINCT person), [{returned}] FROM r GROUP BY begins ORDER BY begins
    """  # noqa: S608 - names are quoted
