"""Questions that many ask, from the arguments of a tool to the rows of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from clevertap_bulk.answers.basis import Basis, Days, check_order
from clevertap_bulk.answers.comparison import compare_periods
from clevertap_bulk.answers.funnel import DAY, LONGEST, funnel
from clevertap_bulk.answers.retention import retention
from clevertap_bulk.answers.revenue import revenue
from clevertap_bulk.job import Plan
from clevertap_bulk.questions.asking import Questions
from clevertap_tools.bulk import Answered
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import named_day

PERIODS: Final = 12
MOST_DAYS: Final = LONGEST // DAY
"""Days of the longest window of a funnel."""


@dataclass(frozen=True, slots=True)
class Made:
    """An answer, ready to be told.

    Args:
        rows: Its rows.
        basis: What it rests on.
        said: What whoever reads it has to know besides; empty if nothing.
        truncated: Whether there are more rows.
    """

    rows: list[dict[str, Any]]
    basis: tuple[Basis, ...]
    said: str = ""
    truncated: bool = False


async def ready_made(questions: Questions, question: str, asked: Plan) -> Answered:
    """The answer to one of the questions that many ask.

    Args:
        questions: The data.
        question: `funnel`, `retention`, `periods` or `revenue`.
        asked: The arguments of its tool.

    Raises:
        InvalidArgumentsError: It cannot be answered from what was exported.
    """
    made = await ANSWERS[question](questions, asked)
    note = " ".join(filter(None, [*map(told, made.basis), made.said]))
    return Answered(records=made.rows, truncated=made.truncated, note=note)


async def funnel_rows(questions: Questions, asked: Plan) -> Made:
    """Each step of a funnel."""
    within = asked["within_days"]
    if not 1 <= within <= MOST_DAYS:
        raise InvalidArgumentsError.of("within_days", f"'within_days' must be 1 to {MOST_DAYS} days, not {within}")
    made = await funnel(questions, asked["steps"], within * DAY, days(asked))
    return Made([asdict(step) for step in made.steps], made.basis)


async def retention_rows(questions: Questions, asked: Plan) -> Made:
    """Each cohort."""
    made = await retention(questions, asked["event_name"], asked.get("returning"), asked["by"], PERIODS, days(asked))
    rows = [
        {"cohort": each.begins, "people": each.people, **{f"after_{n}": some for n, some in enumerate(each.returned)}}
        for each in made.cohorts
    ]
    return Made(rows, made.basis)


async def period_rows(questions: Questions, asked: Plan) -> Made:
    """Each figure of two periods."""
    before, after, summed = days(asked, "before_from", "before_to"), days(asked), asked.get("property")
    made = await compare_periods(questions, asked["event_name"], before, after, summed)
    figures = {"events": made.events, "people": made.people, "sum": made.sum}
    rows = [{"figure": name, **asdict(change)} for name, change in figures.items() if change]
    return Made(rows, made.basis, numberless(made.without_number, summed))


async def revenue_rows(questions: Questions, asked: Plan) -> Made:
    """Each value, and all together."""
    made = await revenue(questions, asked["event_name"], asked["amount"], asked["by"], days=days(asked))
    whole = {"value": "(all)", "events": made.events, "sum": made.sum}
    shown, truncated = len(made.shares), len(made.shares) < made.values
    some = f"Shown: {shown:,} of {made.values:,} values; (all) counts every one." if truncated else ""
    said = " ".join(filter(None, [numberless(made.without_number, asked["amount"]), some]))
    return Made([*(asdict(share) for share in made.shares), whole], made.basis, said, truncated)


ANSWERS: dict[str, Callable[[Questions, Plan], Awaitable[Made]]] = {
    "funnel": funnel_rows,
    "retention": retention_rows,
    "periods": period_rows,
    "revenue": revenue_rows,
}


def days(asked: Plan, first: str = "from", last: str = "to") -> Days:
    """A range of days.

    Raises:
        InvalidArgumentsError: One of them is none, or the first is after the last.
    """
    begins, ends = day(asked, first), day(asked, last)
    check_order(begins, ends, first, last)
    return Days(begins, ends)


def day(asked: Plan, name: str) -> date:
    """One day.

    Raises:
        InvalidArgumentsError: It is none.
    """
    return named_day(asked[name], name)


def told(basis: Basis) -> str:
    """What an answer rests on, in words."""
    rests_on = f"{basis.table}: {basis.rows:,} rows of {basis.files:,} files, {basis.first} to {basis.last}."
    return f"{rests_on} Not exported: {', '.join(map(str, basis.missing))}." if basis.missing else rests_on


def numberless(events: int, amount: str | None) -> str:
    """How many events could not be summed up, in words; nothing if all could."""
    had = "event had" if events == 1 else "events had"
    return f"{events:,} {had} no number in {amount!r} and count as nothing in the sum." if events else ""
