"""Two periods of one event beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from clevertap_bulk.answers.basis import PERSON, Basis, Days, basis_of, event_table, property_column
from clevertap_bulk.questions.asking import Questions
from clevertap_bulk.questions.wording import quoted
from clevertap_tools.figures import Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one period to another.

    Args:
        events: How often the event was done.
        people: By how many people.
        sum: The sum of the property, rounded to six decimals in each event; None if none was asked for.
        without_number: How many events of both periods have no number to be summed up; 0 if none was asked for.
        basis: What it rests on.
    """

    events: Change
    people: Change
    sum: Change | None
    without_number: int
    basis: tuple[Basis, ...]


async def compare_periods(
    questions: Questions, event: str, before: Days, after: Days, amount: str | None = None
) -> Comparison:
    """Compare how often an event was done, by how many people and for how much, in two periods.

    Args:
        questions: The data.
        event: The event.
        before: The first period.
        after: The second period.
        amount: A property with numbers to be summed up.

    Raises:
        InvalidArgumentsError: The event was not exported, or has no such property.
    """
    table = await event_table(questions, event, "event")
    added = exact(property_column(table, amount, "amount")) if amount else "0"
    figures = f"count(*), count(DISTINCT {PERSON}), coalesce(sum({added}), 0), count(*) - count({added})"
    answers = [
        await questions.ask(f"SELECT {figures} FROM {quoted(table.name)} WHERE {days.holds()}", days.bounds)  # noqa: S608 - quoted
        for days in (before, after)
    ]
    (*earlier, lacking), (*later, lacking_later) = (answer.rows[0] for answer in answers)
    events, people, total = map(Change.of, earlier, later)
    basis = basis_of(table, before, after)
    return Comparison(events, people, total if amount else None, lacking + lacking_later, (basis,))


def exact(column: str) -> str:
    """A property's number with six decimals, so that a sum is the same in whatever order; None if it is no number.

    What has more than 22 digits before the point counts as none: a sum of ten thousand millions of the others has room.
    """
    return f"try_cast(try_cast({column} AS DOUBLE) AS DECIMAL(28, 6))"
