"""Questions that many ask, from the arguments of a tool to the rows of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from clevertap_bulk.answers.basis import Basis, Days
from clevertap_bulk.answers.comparison import compare_periods
from clevertap_bulk.answers.funnel import funnel
from clevertap_bulk.answers.retention import retention
from clevertap_bulk.answers.revenue import revenue
from clevertap_bulk.job import Plan
from clevertap_bulk.questions.asking import Questions
from clevertap_tools.bulk import Answered
from clevertap_tools.moments import named_day

DAY = 86_400
PERIODS = 12
Rows = tuple[list[dict[str, Any]], Iterable[Basis]]


async def ready_made(questions: Questions, question: str, asked: Plan) -> Answered:
    """The answer to one of the questions that many ask.

    Args:
        questions: The data.
        question: `funnel`, `retention`, `periods` or `revenue`.
        asked: The arguments of its tool.

    Raises:
        InvalidArgumentsError: It cannot be answered from what was exported.
    """
    rows, basis = await ANSWERS[question](questions, asked)
    return Answered(records=rows, note=" ".join(map(told, basis)))


async def funnel_rows(questions: Questions, asked: Plan) -> Rows:
    """Each step of a funnel."""
    made = await funnel(questions, asked["steps"], asked["within_days"] * DAY, days(asked))
    return [asdict(step) for step in made.steps], made.basis


async def retention_rows(questions: Questions, asked: Plan) -> Rows:
    """Each cohort."""
    made = await retention(questions, asked["event_name"], asked.get("returning"), asked["by"], PERIODS, days(asked))
    return [
        {"cohort": each.begins, "people": each.people, **{f"after_{n}": some for n, some in enumerate(each.returned)}}
        for each in made.cohorts
    ], made.basis


async def period_rows(questions: Questions, asked: Plan) -> Rows:
    """Each figure of two periods."""
    before = days(asked, "before_from", "before_to")
    made = await compare_periods(questions, asked["event_name"], before, days(asked), asked.get("property"))
    figures = {"events": made.events, "people": made.people, "sum": made.sum}
    return [{"figure": name, **asdict(change)} for name, change in figures.items() if change], made.basis


async def revenue_rows(questions: Questions, asked: Plan) -> Rows:
    """Each value, and all together."""
    made = await revenue(questions, asked["event_name"], asked["amount"], asked["by"], days=days(asked))
    whole = {"value": "(all)", "events": made.events, "sum": made.sum}
    return [*(asdict(share) for share in made.shares), whole], made.basis


ANSWERS: dict[str, Callable[[Questions, Plan], Awaitable[Rows]]] = {
    "funnel": funnel_rows,
    "retention": retention_rows,
    "periods": period_rows,
    "revenue": revenue_rows,
}


def days(asked: Plan, first: str = "from", last: str = "to") -> Days:
    """A range of days.

    Raises:
        InvalidArgumentsError: One of them is none.
    """
    return Days(day(asked, first), day(asked, last))


def day(asked: Plan, name: str) -> date:
    """One day.

    Raises:
        InvalidArgumentsError: It is none.
    """
    return named_day(asked[name], name)


def told(basis: Basis) -> str:
    """What an answer rests on, in words."""
    return f"{basis.table}: {basis.rows:,} rows of {basis.files:,} files, {basis.first} to {basis.last}."
