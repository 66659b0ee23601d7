"""Trends: an event's figures by day, week and month. Reference: data 8.5, engagement 10.4.

Periods are made and counted in SQL, so that a person who comes twice in a week is one user of that week.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError
from clevertap_sandbox.endpoints.grouped import INVALID_GROUP, Group, Question, grouped
from clevertap_sandbox.language.clauses import Clause
from clevertap_sandbox.language.days import read_day

if TYPE_CHECKING:
    from datetime import date

    from clevertap_sandbox.project import Asked, Project

MOST_GROUPS = 5
MOST_DAYS = 366

DAY_OF_EVENT = "substr(e.local, 1, 4) || '-' || substr(e.local, 5, 2) || '-' || substr(e.local, 7, 2)"
# The Thursday of a week decides to which year an ISO week belongs.
THURSDAY = "date(day, '-3 days', 'weekday 4')"
ISO_WEEK = f"strftime('%Y', {THURSDAY}) || printf('%02d', (strftime('%j', {THURSDAY}) - 1) / 7 + 1)"
# Weeks that begin with the year's first day; the 52nd lasts to the year's end, as in the vendor's sample.
YEAR_WEEK = "strftime('%Y', day) || printf('%02d', min((strftime('%j', day) - 1) / 7 + 1, 52))"
PERIODS = {"daily": "strftime('%Y%m%d', day)", "monthly": "strftime('%Y%m', day)"}
WEEKS = {"iso": ISO_WEEK, "calendar_year": YEAR_WEEK}

# Large whole numbers are added up as fractions are, for no sum of those is too large; the largest are no numbers here.
AMOUNT = """(
    SELECT sum(CASE WHEN v.value BETWEEN -1e12 AND 1e12 THEN v.value ELSE v.value * 1.0 END)
    FROM json_each(e.props) AS v
    WHERE v.key = ? AND v.type IN ('integer', 'real') AND v.value BETWEEN -1e300 AND 1e300
)"""
TREND = """
WITH RECURSIVE
    days (day) AS (SELECT ? UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < ?),
    spans AS (SELECT DISTINCT {period} AS period FROM days),
    happened AS (SELECT e.person, {amount} AS amount, {day} AS day FROM events AS e WHERE {where}),
    found AS (SELECT {period} AS period, {figure} AS figure FROM happened GROUP BY 1)
SELECT period, coalesce(figure, 0) FROM spans {join} found USING (period) ORDER BY period
"""


def trends(project: Project, asked: Asked) -> Answer:
    """Count occurrences or people, or add a property up, by period. Reference: data 8.5."""

    def told(question: Question) -> dict[str, Any]:
        days = _days(question)
        if len(question.groups) > MOST_GROUPS:
            raise RefusedError(INVALID_GROUP)
        return {label: _trend(question, group, days, project) for label, group in question.groups.items()}

    return grouped(project, asked, ("unique", "sum_event_prop"), told)


def _days(question: Question) -> tuple[date, date]:
    """The first and the last day, which the query language has found to be days in order."""
    first, last = (read_day(int(question.query[key])) for key in ("from", "to"))
    assert first is not None
    assert last is not None
    if (last - first).days >= MOST_DAYS:
        raise RefusedError("The date range cannot be more than one year")  # made up
    return first, last


def _trend(question: Question, group: Group, days: tuple[date, date], project: Project) -> dict[str, int | float]:
    figure, amount = _figure(question)
    sql = TREND.format(
        period=_period(group, project),
        amount=amount.sql,
        day=DAY_OF_EVENT,
        where=question.where.sql,
        figure=figure,
        join="LEFT JOIN" if project.behaviours.zero_periods_listed else "JOIN",
    )
    bounds = [day.isoformat() for day in days]
    return dict(question.db.execute(sql, (*bounds, *amount.parameters, *question.where.parameters)).fetchall())


def _period(group: Group, project: Project) -> str:
    trend_type = group.get("trend_type")
    if trend_type == "weekly":
        return WEEKS[project.behaviours.weeks]
    if not isinstance(trend_type, str) or trend_type not in PERIODS:
        raise RefusedError(INVALID_GROUP)
    return PERIODS[trend_type]


def _figure(question: Question) -> tuple[str, Clause]:
    """What is told of a period, and what each occurrence adds to it."""
    unique, summed = question.query.get("unique", False), question.query.get("sum_event_prop")
    if not isinstance(unique, bool) or not isinstance(summed, str | None):
        raise RefusedError("Invalid parameters")
    if summed is not None:
        return "coalesce(sum(amount), 0)", Clause(AMOUNT, (summed,))
    return "count(DISTINCT person)" if unique else "count(*)", Clause("NULL")
