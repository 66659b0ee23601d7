"""What is said beside a ready-made answer: which of the asked days are not known, and what could not be summed up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bulk.questioning import asking, at, export, masked_by, write
from clevertap_bulk.answering import ready_made
from clevertap_tools.bulk import Answered
from clevertap_tools.errors import InvalidArgumentsError

pytestmark = pytest.mark.anyio

JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}
SUMMED = {"event_name": "Charged", "amount": "Amount", "by": "Plan"}


def charged(folder: Path, days: Iterable[str], amounts: Iterable[Any] = (10.0,)) -> None:
    """An export of purchases by one person: all amounts on each day."""
    export(
        folder,
        "Charged",
        [
            {"ts": at(f"{day}T10:00:00"), "identity": "x", "props.Amount": amount, "props.Plan": "gold"}
            for day in days
            for amount in amounts
        ],
    )


async def answer(folder: Path, question: str, **asked: Any) -> Answered:
    """A ready-made answer, with people masked."""
    return await ready_made(asking(folder, masked_by()), question, asked)


async def test_days_that_are_not_exported_are_named_for_each_period(tmp_path: Path) -> None:
    charged(tmp_path, ["2026-01-02", "2026-01-25"])
    before = {"before_from": "2026-01-10", "before_to": "2026-01-14"}
    after = {"from": "2026-01-24", "to": "2026-01-28"}
    told = await answer(tmp_path, "periods", event_name="Charged", property="Amount", **before, **after)
    assert told.note.endswith(
        "Not exported: 5 of 5 asked days (2026-01-10 to 2026-01-14), 4 of 5 asked days (2026-01-24 to 2026-01-28)."
    )


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("2026-01-02", ""),
        ("2026-01-03", " Not exported: 1 of 3 asked days (2026-01-03)."),
        ("2026-01-05", " Not exported: 2 of 5 asked days (2026-01-03 to 2026-01-05)."),
        ("9999-12-31", " Not exported: 2,912,440 of 2,912,443 asked days (2026-01-03 to 9999-12-31)."),
    ],
)
async def test_only_missing_days_are_told_of(tmp_path: Path, last: str, said: str) -> None:
    charged(tmp_path, ["2026-01-01", "2026-01-02", "2026-01-04"])
    told = await answer(tmp_path, "revenue", **SUMMED, **{"from": "2026-01-01", "to": last})
    assert told.note == f"Charged: 3 rows of 3 files, 2026-01-01T10:00:00+01:00 to 2026-01-04T10:00:00+01:00.{said}"


async def test_a_day_without_events_is_exported_too(tmp_path: Path) -> None:
    charged(tmp_path, ["2026-01-01", "2026-01-03"])
    (tmp_path / "events" / "Charged" / "2026-01-02.jsonl").touch()
    told = await answer(tmp_path, "revenue", **SUMMED, **{"from": "2026-01-01", "to": "2026-01-03"})
    assert "Not exported" not in told.note


async def test_of_files_that_are_not_named_for_days_nothing_is_said(tmp_path: Path) -> None:
    row = {"ts": at("2026-01-02T10:00:00"), "identity": "x"}
    write(tmp_path / "events" / "Charged" / "2026-01-99.parquet", [row])
    told = await answer(tmp_path, "retention", event_name="Charged", by="day", **JANUARY)
    assert "Not exported" not in told.note
    assert [row[f"after_{number}"] for row in told.records for number in (0, 1)] == [1, 0]


async def test_the_further_steps_of_a_funnel_need_the_days_of_its_window_too(tmp_path: Path) -> None:
    for event in ("Seen", "Bought"):
        export(tmp_path, event, [{"ts": at("2026-01-01T10:00:00"), "identity": "x"}])
    told = await answer(
        tmp_path, "funnel", steps=["Seen", "Bought"], within_days=2, **dict.fromkeys(JANUARY, "2026-01-01")
    )
    seen, bought = told.note.split(" Bought: ")
    assert "Not exported" not in seen
    assert bought.endswith("Not exported: 2 of 3 asked days (2026-01-02 to 2026-01-03).")
    assert [row["people"] for row in told.records] == [1, 1]


@pytest.mark.parametrize(
    ("unit", "figures", "said"),
    [
        ("day", [1, None, None, 0, None], ""),
        ("week", [1, None, 0, None], "Not exported: 16 of 18 asked days (2026-01-02 to 2026-01-18)."),
        ("month", [1, None, None, None], "Not exported: 29 of 31 asked days (2026-01-02 to 2026-01-30)."),
    ],
)
async def test_who_came_back_in_a_period_that_is_not_exported_is_not_known(
    tmp_path: Path, unit: str, figures: list[int | None], said: str
) -> None:
    export(tmp_path, "Joined", [{"ts": at("2026-01-01T10:00:00"), "identity": "x"}])
    days = {"day": "2026-01-04", "week": "2026-01-14", "month": "2026-01-31"}
    rows = [
        {"ts": at(f"{day}T11:00:00"), "identity": "x" if day == "2026-01-01" else "y"}
        for day in ("2026-01-01", days[unit])
    ]
    export(tmp_path, "Bought", rows)
    first = {"from": "2026-01-01", "to": "2026-01-01"}
    told = await answer(tmp_path, "retention", event_name="Joined", returning="Bought", by=unit, **first)
    (cohort,) = told.records
    assert [cohort[f"after_{number}"] for number in range(len(figures))] == figures
    assert told.note.endswith(said)


async def test_events_whose_amount_is_no_number_are_counted(tmp_path: Path) -> None:
    charged(tmp_path, ["2026-01-02"], ["10", "1,234.50", "$20", None, "NaN", "1e40", "-inf"])
    asked = {"from": "2026-01-02", "to": "2026-01-02"}
    told = await answer(tmp_path, "revenue", **SUMMED, **asked)
    assert told.records[-1] == {"value": "(all)", "events": 7, "sum": 10}
    assert told.note.endswith(" 6 events had no number in 'Amount' and count as nothing in the sum.")
    before = {"before_from": "2026-01-02", "before_to": "2026-01-02"}
    told = await answer(tmp_path, "periods", event_name="Charged", property="Amount", **asked, **before)
    assert (told.records[2]["before"], told.records[2]["after"]) == (10, 10)
    assert told.note.endswith(" 12 events had no number in 'Amount' and count as nothing in the sum.")


async def test_many_large_amounts_have_a_sum(tmp_path: Path) -> None:
    charged(tmp_path, ["2026-01-02"], [1e21, 1e31] * 500)
    told = await answer(tmp_path, "revenue", **SUMMED, **JANUARY)
    assert told.records[-1]["sum"] == pytest.approx(500e21)
    assert "500 events had no number" in told.note


@pytest.mark.parametrize(("values", "cut"), [(20, False), (30, True)])
async def test_more_values_than_are_shown_are_told_of(tmp_path: Path, values: int, *, cut: bool) -> None:
    rows = [
        {"ts": at("2026-01-02T10:00:00"), "identity": "x", "props.Amount": 1.0, "props.Plan": f"plan {number}"}
        for number in range(values)
    ]
    export(tmp_path, "Charged", rows)
    told = await answer(tmp_path, "revenue", **SUMMED, **JANUARY)
    assert (len(told.records), told.truncated) == (21, cut)
    assert told.records[-1]["sum"] == values
    assert ("Shown: 20 of 30 values" in told.note) is cut


@pytest.mark.parametrize(
    ("question", "asked", "field", "said"),
    [
        ("funnel", {"steps": ["A", "A"], "within_days": 0}, "within_days", "must be 1 to 366 days, not 0"),
        ("funnel", {"steps": ["A", "A"], "within_days": -1}, "within_days", "must be 1 to 366 days, not -1"),
        ("funnel", {"steps": ["A", "A"], "within_days": 367}, "within_days", "must be 1 to 366 days, not 367"),
        (
            "periods",
            {"event_name": "A", "before_from": "2026-01-14", "before_to": "2026-01-10"},
            "before_from",
            "'before_from' is after 'before_to'",
        ),
    ],
)
async def test_what_is_wrong_is_named_as_it_was_asked(
    tmp_path: Path, question: str, asked: dict[str, Any], field: str, said: str
) -> None:
    export(tmp_path, "A", [{"ts": at("2026-01-02T10:00:00"), "identity": "x"}])
    with pytest.raises(InvalidArgumentsError, match=said) as wrong:
        await answer(tmp_path, question, **asked, **JANUARY)
    assert wrong.value.field == field
