"""Revenue by a property: what each of its values brought in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clevertap_bulk.answers.basis import ALL, PERSON, Basis, Days, basis_of, event_table, property_column
from clevertap_bulk.answers.comparison import exact
from clevertap_bulk.questions.asking import Questions
from clevertap_bulk.questions.wording import quoted
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.figures import Number, percent

MOST: Final = 100
"""Values that are told."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one value of the property brought in.

    Args:
        value: The value; None where the event has none.
        events: How often the event was done with it.
        people: By how many people.
        sum: What it brought in.
        percent: What per cent that is of all; None if all is nothing.
    """

    value: str | Number | None
    events: int
    people: int
    sum: Number
    percent: float | None


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was brought in.

    Args:
        shares: The values that brought in most, the best first.
        sum: All that was brought in, by other values too.
        events: How often the event was done.
        values: How many different values there are.
        without_number: How many events have no number to be summed up.
        basis: What it rests on.
    """

    shares: tuple[Share, ...]
    sum: Number
    events: int
    values: int
    without_number: int
    basis: tuple[Basis, ...]


async def revenue(questions: Questions, event: str, amount: str, by: str, most: int = 20, days: Days = ALL) -> Revenue:
    """Sum up a property of an event by the values of another one.

    Args:
        questions: The data.
        event: The event, such as `Charged`.
        amount: The property with numbers to be summed up.
        by: The property to tell apart by.
        most: How many values are told, at most 100.
        days: Of which days.

    Raises:
        InvalidArgumentsError: The event was not exported, or has no such properties.
    """
    if not 0 < most <= MOST:
        raise InvalidArgumentsError.of("most", f"'most' must be 1 to {MOST}, not {most}")
    table = await event_table(questions, event, "event")
    added, told = exact(property_column(table, amount, "amount")), property_column(table, by, "by")
    answer = await questions.ask(
        f"""
        WITH v AS (
            SELECT {told} AS value, count(*) AS events, count(DISTINCT {PERSON}) AS people,
                coalesce(sum({added}), 0) AS total, count(*) - count({added}) AS lacking
            FROM {quoted(table.name)} WHERE {days.holds()} GROUP BY ALL
        )
        SELECT value, events, people, total,
            sum(total) OVER (), sum(events) OVER (), count(*) OVER (), sum(lacking) OVER ()
        FROM v ORDER BY total DESC, CAST(value AS VARCHAR) LIMIT {most}
        """,  # noqa: S608 - names are quoted
        days.bounds,
    )
    basis = (basis_of(table, days),)
    if not answer.rows:
        return Revenue((), 0, 0, 0, 0, basis)
    *_, whole, events, values, lacking = answer.rows[0]
    shares = (
        Share(value, count, people, total, percent(total, whole)) for value, count, people, total, *_ in answer.rows
    )
    return Revenue(tuple(shares), whole, events, values, lacking, basis)
