"""Ready-made answers on CDNOW's purchases, against the same figures computed one purchase at a time."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bulk.questioning import ZONE, asking, at, export, masked_by, write
from clevertap_bulk.answers.basis import Days
from clevertap_bulk.answers.comparison import compare_periods
from clevertap_bulk.answers.funnel import funnel
from clevertap_bulk.answers.retention import Unit, retention
from clevertap_bulk.answers.revenue import revenue
from clevertap_bulk.questions.asking import Questions
from clevertap_sandbox import SHOP
from clevertap_tools.errors import InvalidArgumentsError

pytestmark = pytest.mark.anyio

DAY = 24 * 3600
LARGE = Decimal(40)


@dataclass(frozen=True)
class Purchase:
    who: str
    when: datetime
    quantity: int
    amount: Decimal

    @property
    def day(self) -> date:
        return self.when.date()


def purchases() -> Iterator[Purchase]:
    """CDNOW's purchases, at times of the day that differ from one to the next."""
    with gzip.open(SHOP, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            when = datetime.combine(date.fromisoformat(row["date"]), time(number % 24, number % 60), ZONE)
            yield Purchase(row["customer_id"], when, int(row["quantity"]), Decimal(row["amount"]))


BOUGHT = list(purchases())
KINDS = {
    "Charged": BOUGHT,
    "Small": [each for each in BOUGHT if each.amount < LARGE],
    "Large": [each for each in BOUGHT if each.amount >= LARGE],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All purchases as one event, and the small and large ones as two more, for which a file of each month is enough."""
    folder = tmp_path_factory.mktemp("data")
    for event, those in KINDS.items():
        for day, rows in by_file(those, whole_months=event != "Charged"):
            write(folder / "shop" / "events" / event / f"{day}.parquet", [row(each) for each in rows])
    return folder


def by_file(those: Iterable[Purchase], *, whole_months: bool) -> Iterator[tuple[date, list[Purchase]]]:
    files: dict[date, list[Purchase]] = defaultdict(list)
    for each in those:
        files[each.day.replace(day=1) if whole_months else each.day].append(each)
    yield from files.items()


def row(bought: Purchase) -> dict[str, Any]:
    """A purchase as a row of an export."""
    properties = {"props.Amount": float(bought.amount), "props.Quantity": bought.quantity}
    return {"ts": bought.when, "identity": bought.who, "object_id": f"__{bought.who}", **properties}


@pytest.fixture
def questions(data: Path) -> Questions:
    """Questions on them, with people masked."""
    return asking(data, masked_by())


def by_person(those: Iterable[Purchase]) -> dict[str, list[datetime]]:
    """When each person bought, in order."""
    moments: dict[str, list[datetime]] = defaultdict(list)
    for each in those:
        moments[each.who].append(each.when)
    return {who: sorted(when) for who, when in moments.items()}


def gone_through(steps: list[str], window: timedelta, days: Days) -> list[int]:
    """How many people came how far, by trying each of their first steps."""
    moments = {step: by_person(KINDS[step]) for step in steps}
    reached = [0] * len(steps)
    for who, starts in moments[steps[0]].items():
        theirs = [moments[step].get(who, []) for step in steps]
        depths = [depth(first, theirs, window) for first, start in enumerate(starts) if lies_in(start.date(), days)]
        for step in range(max(depths, default=0)):
            reached[step] += 1
    return reached


def depth(first: int, moments: list[list[datetime]], window: timedelta) -> int:
    """How many steps somebody did from one first step on; what was done once is one step, others may share a second."""
    start = now = moments[0][first]
    done = {(id(moments[0]), first)}
    for steps, step in enumerate(moments[1:], 1):
        after = [(when, (id(step), n)) for n, when in enumerate(step) if now <= when and (id(step), n) not in done]
        now, taken = min(after, default=(now, None))
        if taken is None or now.timestamp() > ends(start, window):
            return steps
        done.add(taken)
    return len(moments)


def ends(start: datetime, window: timedelta) -> float:
    return start.timestamp() + window.total_seconds()


def lies_in(day: date, days: Days) -> bool:
    return (days.first or date.min) <= day <= (days.last or date.max)


@pytest.mark.parametrize("days", [Days(), Days(date(1997, 3, 1), date(1997, 3, 31))], ids=["all", "march"])
@pytest.mark.parametrize(("names", "window"), [("Charged Charged Charged", 30), ("Small Large Small Charged", 90)])
async def test_a_funnel_counts_who_did_each_step_after_the_one_before(
    questions: Questions, names: str, window: int, days: Days
) -> None:
    events = names.split()
    expected = gone_through(events, timedelta(days=window), days)
    told = await funnel(questions, events, window * DAY, days)
    assert [step.people for step in told.steps] == expected
    assert expected[0] > expected[-1] > 0
    assert told.steps[1].of_first == round(100 * expected[1] / expected[0], 2)
    assert {each.table for each in told.basis} == set(events)


async def test_a_window_ends_to_the_second(tmp_path: Path) -> None:
    export(tmp_path, "A", [{"ts": at("2026-03-28T12:00:00"), "identity": who} for who in "xy"])
    moments = {"x": "2026-03-29T13:00:00", "y": "2026-03-29T13:00:01"}
    export(tmp_path, "B", [{"ts": at(when), "identity": who} for who, when in moments.items()])
    told = await funnel(asking(tmp_path), ["A", "B"], DAY)  # the clocks go forward in between
    assert [step.people for step in told.steps] == [2, 1]


@pytest.mark.parametrize(
    ("did", "steps", "reached"),
    [
        ("AB", "AB", [1, 1]),
        ("AB", "BA", [1, 1]),
        ("A", "AA", [1, 0]),
        ("AA", "AAA", [1, 1, 0]),
        ("AB", "ABA", [1, 1, 0]),
        ("AAB", "ABA", [1, 1, 1]),
        ("AABB", "ABABA", [1, 1, 1, 1, 0]),
    ],
)
async def test_steps_in_the_same_second_are_in_any_order_but_nothing_done_once_is_two(
    tmp_path: Path, did: str, steps: str, reached: list[int]
) -> None:
    for event in set(did):
        rows = [{"ts": at("2026-01-02T10:00:00"), "identity": "x"} for each in did if each == event]
        export(tmp_path, event, [*rows, {"ts": at("2026-01-01T10:00:00"), "identity": f"only {event}"}])
    told = await funnel(asking(tmp_path), list(steps), DAY, Days(date(2026, 1, 2), date(2026, 1, 2)))
    assert [step.people for step in told.steps] == reached


async def test_anonymous_people_are_counted_by_their_device(tmp_path: Path) -> None:
    rows = [
        {"ts": at("2026-01-01T12:00:00"), "identity": who, "object_id": device}
        for who, device in (
            ("x", "d1"),
            ("x", "d2"),
            ("", "d3"),
            (None, "d4"),
            (None, "d4"),
        )
    ]
    export(tmp_path, "A", rows)
    told = await compare_periods(asking(tmp_path), "A", Days(), Days(last=date(2025, 1, 1)))
    assert (told.events.before, told.people.before, told.people.absolute, told.people.percent) == (5, 3, -3, -100.0)


def begin(day: date, unit: Unit) -> date:
    """The first day of the period that a day is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day if unit == "day" else day.replace(day=1)


def apart(early: date, late: date, unit: Unit) -> int:
    """How many periods lie between two beginnings."""
    if unit == "month":
        return (late.year - early.year) * 12 + late.month - early.month
    return (late - early).days // (7 if unit == "week" else 1)


def came_back(unit: Unit, periods: int, days: Days) -> list[tuple[str, int, tuple[int | None, ...]]]:
    """The cohorts, person by person; of periods after the last day nothing is known."""
    last = begin(max(each.day for each in BOUGHT), unit)
    cohorts: dict[date, list[set[int]]] = defaultdict(list)
    for moments in by_person(BOUGHT).values():
        first = moments[0].date()
        if lies_in(first, days):
            start = begin(first, unit)
            cohorts[start].append({apart(start, begin(when.date(), unit), unit) for when in moments})

    def told(start: date, people: list[set[int]], n: int) -> int | None:
        return sum(n in each for each in people) if n <= apart(start, last, unit) else None

    return [
        (start.isoformat(), len(people), tuple(told(start, people, n) for n in range(periods + 1)))
        for start, people in sorted(cohorts.items())
    ]


@pytest.mark.parametrize(
    ("unit", "periods", "days"),
    [
        ("month", 17, Days()),
        ("week", 8, Days()),
        ("day", 14, Days(date(1997, 1, 5), date(1997, 2, 3))),
    ],
)
async def test_retention_counts_who_came_back_in_each_period(
    questions: Questions, unit: Unit, periods: int, days: Days
) -> None:
    told = await retention(questions, "Charged", unit=unit, periods=periods, days=days)
    assert [(each.begins, each.people, each.returned) for each in told.cohorts] == came_back(unit, periods, days)
    assert (told.basis[0].table, told.basis[0].rows) == ("Charged", len(BOUGHT))


async def test_coming_back_may_be_another_event_after_the_first(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Joined",
        [
            {"ts": at("2026-01-05T12:00:00"), "identity": "a"},
            {"ts": at("2026-01-06T12:00:00"), "identity": "b"},
        ],
    )
    export(
        tmp_path,
        "Bought",
        [
            {"ts": at("2026-01-04T12:00:00"), "identity": "a"},
            {"ts": at("2026-02-01T12:00:00"), "identity": "a"},
            {"ts": at("2026-01-06T13:00:00"), "identity": "b"},
            {"ts": at("2026-02-01T12:00:00"), "identity": "somebody else"},
        ],
    )
    told = await retention(asking(tmp_path), "Joined", "Bought", periods=1)
    assert [(each.people, each.returned) for each in told.cohorts] == [(2, (1, 1))]


async def test_two_periods_are_compared_in_absolute_figures_and_per_cent(questions: Questions) -> None:
    before, after = Days(date(1997, 1, 1), date(1997, 3, 31)), Days(date(1997, 4, 1), date(1997, 6, 30))
    told = await compare_periods(questions, "Charged", before, after, "Amount")
    those = [[each for each in BOUGHT if lies_in(each.day, days)] for days in (before, after)]
    expected = [(len(each), len({one.who for one in each}), float(sum(one.amount for one in each))) for each in those]
    assert told.sum
    assert [
        (told.events.before, told.people.before, told.sum.before),
        (told.events.after, told.people.after, told.sum.after),
    ] == expected
    totals = [sum((one.amount for one in each), Decimal()) for each in those]
    assert told.sum.absolute == float(totals[1] - totals[0])
    assert told.events.absolute == len(those[1]) - len(those[0])
    assert told.events.percent == round(100 * (len(those[1]) - len(those[0])) / len(those[0]), 2)


@pytest.mark.parametrize("days", [Days(), Days(date(1997, 2, 1), date(1997, 2, 28))], ids=["all", "february"])
async def test_revenue_is_summed_up_by_a_property(questions: Questions, days: Days) -> None:
    told = await revenue(questions, "Charged", "Amount", "Quantity", most=5, days=days)
    groups: dict[int, list[Purchase]] = defaultdict(list)
    for each in BOUGHT:
        if lies_in(each.day, days):
            groups[each.quantity].append(each)
    sums = {quantity: sum((each.amount for each in those), Decimal()) for quantity, those in groups.items()}
    best = sorted(sums, key=lambda quantity: (-sums[quantity], str(quantity)))[:5]
    assert [(each.value, each.events, each.people, each.sum) for each in told.shares] == [
        (quantity, len(groups[quantity]), len({each.who for each in groups[quantity]}), float(sums[quantity]))
        for quantity in best
    ]
    whole = sum(sums.values(), Decimal())
    assert (told.sum, told.events, told.values) == (float(whole), sum(map(len, groups.values())), len(groups))
    assert told.shares[0].percent == round(100 * float(sums[best[0]]) / float(whole), 2)


async def test_each_answer_says_what_it_rests_on(questions: Questions) -> None:
    (basis,) = (await revenue(questions, "Large", "Amount", "Quantity")).basis
    large = [each for each in BOUGHT if each.amount >= LARGE]
    moments = sorted(each.when.isoformat() for each in large)
    months = len({each.day.replace(day=1) for each in large})
    assert (basis.table, basis.rows, basis.files) == ("Large", len(large), months)
    assert (basis.first, basis.last) == (moments[0], moments[-1])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda of: funnel(of, ["Charged"], DAY), "2 to 10"),
        (lambda of: funnel(of, ["Charged", "Large"], 0), "'window'"),
        (lambda of: funnel(of, ["Chargd", "Large"], DAY), "'Charged'"),
        (lambda of: revenue(of, "Charged", "Price", "Quantity"), "props.Amount"),
        (lambda of: revenue(of, "Charged", "Amount", "Quantity", most=101), "'most'"),
        (lambda of: retention(of, "Charged", periods=61), "'periods'"),
    ],
)
async def test_what_cannot_be_answered_says_what_can(questions: Questions, asked: Any, said: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=said):
        await asked(questions)


async def test_more_cohorts_than_an_answer_holds_are_refused(data: Path) -> None:
    with pytest.raises(InvalidArgumentsError, match="too long"):
        await retention(asking(data, masked_by(), rows=10), "Charged", unit="day")


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="swap them"):
        Days(date(2026, 2, 1), date(2026, 1, 1))


async def test_a_range_without_data_is_nothing(questions: Questions) -> None:
    nowhere = Days(date(2020, 1, 1), date(2020, 1, 31))
    assert [step.people for step in (await funnel(questions, ["Small", "Large"], DAY, nowhere)).steps] == [0, 0]
    assert (await retention(questions, "Charged", days=nowhere)).cohorts == ()
    assert (await revenue(questions, "Charged", "Amount", "Quantity", days=nowhere)).shares == ()
    assert (await compare_periods(questions, "Charged", nowhere, nowhere, "Amount")).events.percent is None
