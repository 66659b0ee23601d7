"""Figures by day, week and month: which periods a range has, and what CleverTap says of each (reference: data 8.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal

from clevertap_tools import wire

Kind = Literal["daily", "weekly", "monthly"]
Figure = int | float
ONE_DAY = timedelta(days=1)
LAST_WEEK = 52
DECIMALS = 6
"""Of a sum; what lies behind them is how floats are added, not money."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month as far as it lies in a range.

    Args:
        key: How CleverTap names it.
        name: How people do: 2026-01-31, 2026-W05 or 2026-01.
        first: Its first day within the range.
        whole: Whether all of it lies within the range and is over.
    """

    key: str
    name: str
    first: date
    whole: bool


@dataclass(frozen=True, slots=True)
class Point:
    """The figure of one period.

    Args:
        name: The period.
        figure: How many.
        listed: Whether CleverTap listed it; what it left out is taken for 0.
        whole: Whether the figure covers the whole period.
    """

    name: str
    figure: Figure
    listed: bool
    whole: bool


Naming = Callable[[date], tuple[str, str]]
"""The period of a day, as CleverTap and as people name it."""


def of_day(day: date) -> tuple[str, str]:
    """The day itself."""
    return day.isoformat().replace("-", ""), day.isoformat()


def of_iso_week(day: date) -> tuple[str, str]:
    """Its ISO week."""
    year, week, _ = day.isocalendar()
    return f"{year:04}{week:02}", f"{year:04}-W{week:02}"


def of_year_week(day: date) -> tuple[str, str]:
    """Its week when weeks start on 1 January and the last one ends with the year, as in the vendor's sample."""
    week = min(LAST_WEEK, (day.timetuple().tm_yday - 1) // 7 + 1)
    return f"{day.year:04}{week:02}", f"{day.year:04}-W{week:02}"


def of_month(day: date) -> tuple[str, str]:
    """Its month."""
    return f"{day.year:04}{day.month:02}", f"{day.year:04}-{day.month:02}"


NAMINGS: Mapping[Kind, Sequence[Naming]] = {
    "daily": (of_day,),
    "weekly": (of_iso_week, of_year_week),
    "monthly": (of_month,),
}
"""Which week CleverTap means is not certain: the first naming that has all its keys is taken."""


def periods(naming: Naming, first: date, last: date, today: date) -> Iterator[Period]:
    """The periods of a range, in order."""
    days = (first + n * ONE_DAY for n in range((last - first).days + 1))
    for (key, name), inside in groupby(days, naming):
        covered = list(inside)
        ends = covered[-1] == date.max or naming(covered[-1] + ONE_DAY)[0] != key
        begins = covered[0] == date.min or naming(covered[0] - ONE_DAY)[0] != key
        yield Period(key, name, covered[0], whole=begins and ends and covered[-1] < today)


def points(kind: Kind, said: Mapping[str, Any], first: date, last: date, today: date) -> list[Point]:
    """The figure of each period of a range; periods ahead of today are told only if CleverTap lists them.

    What CleverTap lists besides stands at the end, under CleverTap's name.

    Raises:
        ValueError: Something that should be a figure is none.
    """
    figures = {key: number(value) for key, value in said.items()}
    known = {each.key: each for each in expected(kind, figures, first, last, today)}
    told = [
        Point(each.name, figures.get(each.key, 0), each.key in figures, each.whole)
        for each in known.values()
        if each.key in figures or each.first <= today
    ]
    others = [Point(key, figure, listed=True, whole=True) for key, figure in figures.items() if key not in known]
    return told + others


def expected(kind: Kind, figures: Mapping[str, Figure], first: date, last: date, today: date) -> list[Period]:
    """The periods under the naming that CleverTap follows; none if it follows none that is known."""
    for naming in NAMINGS[kind]:
        made = list(periods(naming, first, last, today))
        if figures.keys() <= {each.key for each in made}:
            return made
    return []


def number(value: object) -> Figure:
    """A figure: a number, or digits as text.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, float):
        exact = round(value, DECIMALS)
        return int(exact) if exact.is_integer() else exact
    whole = value if isinstance(value, int) and not isinstance(value, bool) else wire.natural(value)
    if whole is None:
        raise ValueError("no figure")
    return whole
