"""The most frequent values of a property among the occurrences of an event. Reference: data 8.4, engagement 10.3."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError
from clevertap_sandbox.endpoints.grouped import INVALID_GROUP, Group, Question, grouped
from clevertap_sandbox.endpoints.top_values import is_open, values
from clevertap_sandbox.language.clauses import Clause
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

USUAL_TOP, MOST_TOP = 10, 100
ORDERS = {"asc": "ASC", "desc": "DESC"}
BANDS = 10
"""Into about how many bands numbers fall where no width is set. Made up."""

LEAVES = """
WITH
    matched AS (SELECT e.id, e.person, e.key, e.props, e.session FROM events AS e WHERE {where}),
    leaves AS ({values})
    {then}
"""
RANGE = "SELECT min(value), max(value), max(type = 'real') FROM leaves WHERE type IN ('integer', 'real')"
EXISTS = "SELECT EXISTS (SELECT 1 FROM leaves)"
TOP = """
    , named AS (SELECT event, {bucket} AS bucket, {shown} AS shown FROM leaves),
    counted AS (
        SELECT bucket, shown, count(DISTINCT event) AS times FROM named WHERE bucket IS NOT NULL GROUP BY 1, 2
    ),
    ranked AS (
        SELECT *, row_number() OVER (PARTITION BY bucket ORDER BY times {order}, shown) AS place FROM counted
    )
SELECT bucket, shown, times FROM ranked WHERE place <= ? ORDER BY bucket, place
"""
BUCKET = """
    CASE WHEN type IN ('integer', 'real') THEN 'NUMBER' WHEN type IN ('true', 'false') THEN '{boolean}'
    WHEN type = 'text' AND substr(value, 1, 3) = '$D_' THEN '{date}' WHEN type = 'text' THEN 'STR' END
"""
LOWER = "(CAST(value / {width} AS INTEGER) - (value < CAST(value / {width} AS INTEGER) * {width})) * {width}"
SHOWN = """
    CASE WHEN type IN ('integer', 'real') THEN printf('{form}-{form}', {lower}, {lower} + {width})
    WHEN type IN ('true', 'false') THEN type ELSE value END
"""


def top(project: Project, asked: Asked) -> Answer:
    """Count occurrences by the values of a property. Reference: data 8.4."""

    def told(question: Question) -> dict[str, Any]:
        return {label: _top(question, group, project) for label, group in question.groups.items()}

    return grouped(project, asked, (), told)


def _top(question: Question, group: Group, project: Project) -> dict[str, dict[str, int]]:
    top_n, order, found = group.get("top_n", USUAL_TOP), group.get("order", "desc"), values(group)
    if isinstance(top_n, bool) or not isinstance(top_n, int) or not 0 < top_n <= MOST_TOP:
        raise RefusedError(INVALID_GROUP)
    if not isinstance(order, str) or order not in ORDERS:
        raise RefusedError(INVALID_GROUP)
    ((least, most, fractions),) = _among(question, question.where, found, RANGE)
    width = project.behaviours.number_band or _width(least, most, fractions=bool(fractions))
    ranked = TOP.format(bucket=_bucket(project), shown=_shown(width), order=ORDERS[order])
    told: dict[str, dict[str, int]] = {}
    for bucket, shown, times in _among(question, question.where, found, ranked, top_n):
        told.setdefault(bucket, {})[shown] = times
    if not told and is_open(group):
        _need_property(question, found)
    return told


def _among(question: Question, where: Clause, found: Clause, then: str, *last: int) -> list[Any]:
    """Ask something of the values in some occurrences."""
    sql = LEAVES.format(where=where.sql, values=found.sql, then=then)
    return question.db.execute(sql, (*where.parameters, *found.parameters, *last)).fetchall()


def _bucket(project: Project) -> str:
    apart = project.behaviours.other_top_types
    return BUCKET.format(boolean="BOOLEAN" if apart else "STR", date="DATE" if apart else "STR")


def _shown(width: float) -> str:
    whole = float(width).is_integer()
    exact = repr(float(width))
    return SHOWN.format(form="%d" if whole else "%g", lower=LOWER.format(width=exact), width=exact)


def _width(least: float | None, most: float | None, *, fractions: bool) -> float:
    """One, two or five of some power of ten, so that there are few bands; whole for whole numbers."""
    if least is None or most is None or least == most:
        return 1.0
    rough = most / BANDS - least / BANDS
    if not isfinite(rough):
        return 1.0
    power = 10.0 ** floor(log10(rough))
    width = next(power * step for step in (1, 2, 5, 10) if power * step >= rough)
    return width if fractions else max(width, 1.0)


def _need_property(question: Question, found: Clause) -> None:
    """Refuse a property that no occurrence of the event has ever had."""
    all_of_it = Clause("e.key = ?", (event_key(str(question.query["event_name"])),))
    ((exists,),) = _among(question, all_of_it, found, EXISTS)
    if not exists:
        raise RefusedError(INVALID_GROUP)
