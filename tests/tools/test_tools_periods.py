"""Two periods of an event beside each other, by CleverTap's own counts."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import SHOP, Kind
from clevertap_tools.errors import ConfigurationError, InvalidArgumentsError, UnavailableError

if TYPE_CHECKING:
    from tools.conftest import Perform, Site

pytestmark = pytest.mark.anyio

QUARTERS = {"before_from": "1997-01-01", "before_to": "1997-03-31", "from": "1997-04-01", "to": "1997-06-30"}
CHARGED: dict[str, Any] = {"event_name": "Charged", **QUARTERS}


def bought(first: str, last: str) -> tuple[int, int]:
    """How many purchases the shop's own file has in some days, and by how many people."""
    with gzip.open(SHOP, "rt", encoding="utf-8", newline="") as file:
        who = [line["customer_id"] for line in csv.DictReader(file) if first <= line["date"] <= last]
    return len(who), len(set(who))


async def test_two_periods_are_counted_by_clevertap_as_the_csv_does(shop: Site, perform: Perform) -> None:
    told = await perform(shop, "compare-periods", CHARGED)
    before, after = bought("1997-01-01", "1997-03-31"), bought("1997-04-01", "1997-06-30")
    assert [(each["figure"], each["before"], each["after"]) for each in told.records] == [
        ("events", before[0], after[0]),
        ("people", before[1], after[1]),
    ]
    assert [each["absolute"] for each in told.records] == [after[0] - before[0], after[1] - before[1]]
    assert told.note == "CleverTap's own counts."


async def test_a_sum_takes_an_export(shop: Site, perform: Perform) -> None:
    with pytest.raises(ConfigurationError, match="CLEVERTAP_DATA_DIR"):
        await perform(shop, "compare-periods", {**CHARGED, "property": "Amount"})


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"before_to": "soon"}, "before_to", "is no day of the calendar"),
        ({"before_from": "1997-05-01"}, "before_from", "'before_from' is after 'before_to'; swap them"),
        ({"to": "1997-02-30"}, "to", "is no day of the calendar"),
    ],
    ids=str,
)
async def test_a_wrong_day_is_named_before_anything_is_asked(
    shop: Site, perform: Perform, wrong: dict[str, str], field: str, said: str
) -> None:
    with pytest.raises(InvalidArgumentsError, match=said) as refused:
        await perform(shop, "compare-periods", CHARGED | wrong)
    assert [each.field for each in refused.value.problems] == [field]
    assert not shop.asked("/1/counts/events.json")


async def test_what_is_not_counted_in_time_can_be_counted_one_by_one(shop: Site, perform: Perform) -> None:
    shop.breaks(Kind.PARTIAL, polls=1_000, times=None)
    with pytest.raises(UnavailableError) as late:
        await perform(shop, "compare-periods", CHARGED, deadline=0.25)
    assert "clevertap_get_event_count" in late.value.next
