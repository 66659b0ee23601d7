"""Retention: of the people who came first in the same day, week or month, how many came back in each one after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from clevertap_bulk.answers.basis import ALL, PERSON, Basis, Days, basis_of, event_table, whole
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
        returned: How many of them came back in this very period, in the next, and so on.
    """

    begins: str
    people: int
    returned: tuple[int, ...]


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
    cohorts = (Cohort(str(begins), int(people), tuple(returned)) for begins, people, returned in answer.rows)
    return Retention(unit, tuple(cohorts), basis_of(tables))


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
