"""Trends and top values: what goes out, and the rows that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import (
    InvalidArgumentsError,
    InvalidRequestError,
    NotReadyError,
    UnreadableAnswerError,
)
from tools.saying import saying

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

TRENDS = "/1/counts/trends.json"
TOP = "/1/counts/top.json"
WINTER = {"event_name": "Course Started", "from": "2025-12-30", "to": "2026-01-02"}
ALL_TYPES = [{"trend_type": each, "label": each[0]} for each in ("daily", "weekly", "monthly")]
PRICE = {"label": "price_bands", "property_type": "event_properties", "name": "Price", "top_n": 5}
PLAN = {"label": "plans", "property_type": "profile_fields", "name": "Plan", "order": "asc"}
JANUARY = {"event_name": "Course Started", "from": "2026-01-01", "to": "2026-01-31"}
DECEMBER = 1_767_182_400
"""31 December 2025, noon."""
SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-12-31"}


def started(who: str, day: int = 0, **data: Any) -> dict[str, Any]:
    ts = DECEMBER + 86_400 * day
    return {"type": "event", "identity": who, "ts": ts, "evtName": "Course Started", "evtData": data}


async def fill(site: Site, *records: dict[str, Any]) -> None:
    kinds = {"event": ("upload-events", "events"), "profile": ("upload-user-profiles", "profiles")}
    for kind, (key, name) in kinds.items():
        chosen = [each for each in records if each["type"] == kind]
        if chosen:
            async with site.client() as client:
                await CATALOGUE[key](client.for_call(), CATALOGUE[key].parse({name: chosen}))
    site.forget()


# What goes out


async def test_the_example_of_trends_arrives_as_it_stands(site: Site, perform: Perform) -> None:
    await fill(site, started("a"))
    await perform(site, "get-event-trends", {**WINTER, "unique": False, "groups": ALL_TYPES})
    assert site.bodies(TRENDS) == [
        {
            "event_name": "Course Started",
            "from": 20251230,
            "to": 20260102,
            "unique": False,
            "groups": {
                "d": {"trend_type": "daily"},
                "w": {"trend_type": "weekly"},
                "m": {"trend_type": "monthly"},
            },
        }
    ]


async def test_what_is_left_out_of_a_trend_stays_left_out_but_for_daily(site: Site, perform: Perform) -> None:
    await fill(site, started("a"))
    await perform(site, "get-event-trends", WINTER)
    assert site.bodies(TRENDS) == [
        {"event_name": "Course Started", "from": 20251230, "to": 20260102, "groups": {"daily": {"trend_type": "daily"}}}
    ]


async def test_the_example_of_top_values_arrives_as_it_stands(site: Site, perform: Perform) -> None:
    await fill(site, started("a", 5, Price=3), {"type": "profile", "identity": "a", "profileData": {"Plan": "Gold"}})
    await perform(site, "get-top-property-counts", {**JANUARY, "groups": [PRICE, PLAN]})
    assert site.bodies(TOP) == [
        {
            "event_name": "Course Started",
            "from": 20260101,
            "to": 20260131,
            "groups": {
                "price_bands": {"property_type": "event_properties", "name": "Price", "top_n": 5},
                "plans": {"property_type": "profile_fields", "name": "Plan", "order": "asc"},
            },
        }
    ]


# Trends as rows


async def test_each_group_has_a_row_for_each_period(site: Site, perform: Perform) -> None:
    await fill(site, started("a"), started("b"), started("a", 2))
    told = await perform(site, "get-event-trends", {**WINTER, "groups": ALL_TYPES})
    assert told.counted == "events"
    assert told.totals == {"d": 3, "w": 3, "m": 3}
    assert told.periods == [
        {"group": "d", "period": "2025-12-30", "figure": 0},
        {"group": "d", "period": "2025-12-31", "figure": 2},
        {"group": "d", "period": "2026-01-01", "figure": 0},
        {"group": "d", "period": "2026-01-02", "figure": 1},
        {"group": "w", "period": "2026-W01", "figure": 3, "partial": True},
        {"group": "m", "period": "2025-12", "figure": 2, "partial": True},
        {"group": "m", "period": "2026-01", "figure": 1, "partial": True},
    ]


async def test_periods_that_clevertap_leaves_out_are_zeros_and_marked(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(zero_periods_listed=False)
    await fill(site, started("a"))
    told = await perform(site, "get-event-trends", {**WINTER, "groups": ALL_TYPES})
    assert [(each["period"], each["figure"], each.get("listed", True)) for each in told.periods] == [
        ("2025-12-30", 0, False),
        ("2025-12-31", 1, True),
        ("2026-01-01", 0, False),
        ("2026-01-02", 0, False),
        ("2026-W01", 1, True),
        ("2025-12", 1, True),
        ("2026-01", 0, False),
    ]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("weeks", ["iso", "calendar_year"])
async def test_weeks_are_read_whichever_way_clevertap_cuts_them(
    make_site: MakeSite, perform: Perform, weeks: str, listed: bool
) -> None:
    site = make_site(weeks=weeks, zero_periods_listed=listed)
    await fill(site, started("a", -3), started("a"), started("a", 12))
    asked = {**WINTER, "from": "2025-12-24", "to": "2026-01-16", "groups": [{"trend_type": "weekly"}]}
    told = await perform(site, "get-event-trends", asked)
    by_year = [("2025-W52", 2), ("2026-W01", 0), ("2026-W02", 1), ("2026-W03", 0)]
    by_week = [("2025-W52", 1), ("2026-W01", 1), ("2026-W02", 0), ("2026-W03", 1)]
    assert [(each["period"], each["figure"]) for each in told.periods] == (by_week if weeks == "iso" else by_year)
    assert told.totals == {"weekly": 3}


async def test_users_have_no_total_and_sums_have_one(site: Site, perform: Perform) -> None:
    await fill(site, started("a", 0, Hours=2), started("a", 1, Hours=0.5))
    users = await perform(site, "get-event-trends", {**WINTER, "unique": True})
    hours = await perform(site, "get-event-trends", {**WINTER, "sum_event_prop": "Hours"})
    assert (users.counted, users.totals) == ("users", None)
    assert (hours.counted, hours.totals) == ("sum", {"daily": 2.5})
    assert [each["figure"] for each in hours.periods] == [0, 2, 0.5, 0]


async def test_a_sum_of_a_misspelt_property_is_no_figure_without_a_word(site: Site, perform: Perform) -> None:
    await fill(site, started("a", 0, Hours=2))
    misspelt = await perform(site, "get-event-trends", {**WINTER, "sum_event_prop": "hours"})
    right = await perform(site, "get-event-trends", {**WINTER, "sum_event_prop": "Hours"})
    assert misspelt.totals == {"daily": 0}
    assert "compared to the letter" in misspelt.warning
    assert right.warning is None


async def test_users_and_a_sum_are_not_asked_for_at_once(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidArgumentsError, match="not both"):
        await perform(site, "get-event-trends", {**WINTER, "unique": True, "sum_event_prop": "Hours"})
    assert site.sandbox.requests == []


async def test_sums_hold_no_leavings_of_adding_floats(site: Site, perform: Perform) -> None:
    await fill(site, *(started("a", 0, Hours=hours) for hours in (0.1, 0.2)))
    told = await perform(site, "get-event-trends", {**WINTER, "sum_event_prop": "Hours"})
    assert [each["figure"] for each in told.periods] == [0, 0.3, 0, 0]


async def test_days_ahead_are_not_made_up_and_today_is_partial(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(zero_periods_listed=False)
    await fill(site, started("a"))
    told = await perform(site, "get-event-trends", {**WINTER, "from": "2026-05-27", "to": "2026-05-30"})
    assert told.periods == [
        {"group": "daily", "period": "2026-05-27", "figure": 0, "listed": False},
        {"group": "daily", "period": "2026-05-28", "figure": 0, "listed": False, "partial": True},
    ]


async def test_today_is_the_projects_day(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(zero_periods_listed=False, zone=ZoneInfo("Asia/Kolkata"))
    await fill(site, started("a"))
    account = site.account(zone=ZoneInfo("Asia/Kolkata"))
    told = await perform(site, "get-event-trends", {**WINTER, "from": "2026-05-28", "to": "today"}, account=account)
    assert [each["period"] for each in told.periods] == ["2026-05-28", "2026-05-29"]
    assert [each.get("partial") for each in told.periods] == [None, True]


async def test_the_shop_adds_up(shop: Site, perform: Perform) -> None:
    groups = [{"trend_type": each} for each in ("daily", "weekly", "monthly")]
    told = await perform(shop, "get-event-trends", {**SHOP, "groups": groups})
    count = await perform(shop, "get-event-count", SHOP)
    assert told.totals == dict.fromkeys(("daily", "weekly", "monthly"), count.count)
    rows = {name: sum(each["group"] == name for each in told.periods) for name in told.totals}
    assert rows == {"daily": 365, "weekly": 53, "monthly": 12}
    assert [each["period"] for each in told.periods if each.get("partial")] == ["1997-W01", "1998-W01"]


# Top values as rows


async def test_values_come_in_order_with_their_type_and_property(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(number_band=50)
    people = [{"type": "profile", "identity": who, "profileData": {"Plan": plan}} for who, plan in ("aG", "bS")]
    await fill(site, *people, *[started("a", 5, Price=20)] * 3, *[started("b", 5, Price=60)] * 2)
    told = await perform(site, "get-top-property-counts", {**JANUARY, "groups": [PRICE, PLAN]})
    assert told.values == [
        {"group": "price_bands", "property": "Price", "type": "NUMBER", "value": "0-50", "count": 3},
        {"group": "price_bands", "property": "Price", "type": "NUMBER", "value": "50-100", "count": 2},
        {"group": "plans", "property": "Plan", "type": "STR", "value": "S", "count": 2},
        {"group": "plans", "property": "Plan", "type": "STR", "value": "G", "count": 3},
    ]
    assert told.about_people


@pytest.mark.parametrize("apart", [False, True])
async def test_buckets_of_any_name_are_told(make_site: MakeSite, perform: Perform, apart: bool) -> None:
    site = make_site(other_top_types=apart)
    await fill(site, started("a", 5, Mix=True), started("a", 5, Mix="word"), started("a", 5, Mix="word"))
    group = {"property_type": "event_properties", "name": "Mix"}
    told = await perform(site, "get-top-property-counts", {**JANUARY, "groups": [group]})
    assert told.values == [
        {"group": "Mix", "property": "Mix", "type": "STR", "value": "word", "count": 2},
        {"group": "Mix", "property": "Mix", "type": "BOOLEAN" if apart else "STR", "value": "true", "count": 1},
    ]
    assert not told.about_people


async def test_an_unknown_property_is_refused_in_clevertaps_words(site: Site, perform: Perform) -> None:
    await fill(site, started("a", 5, Price=1))
    group = {"property_type": "event_properties", "name": "Prise"}
    with pytest.raises(InvalidRequestError, match="Invalid group") as refused:
        await perform(site, "get-top-property-counts", {**JANUARY, "groups": [group]})
    assert refused.value.field == "groups"
    assert "compared to the letter" in refused.value.next


# Answers that take a while, and odd ones


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("key", "path", "more"),
    [
        ("get-event-trends", TRENDS, {}),
        ("get-top-property-counts", TOP, {"groups": [PRICE]}),
    ],
)
async def test_what_is_not_ready_is_asked_for_again_and_carried_on_by_req_id(
    make_site: MakeSite, perform: Perform, key: str, path: str, more: dict[str, Any], as_text: bool
) -> None:
    site = make_site(partial_polls=3, req_id_as_text=as_text)
    await fill(site, started("a", 5, Price=1))
    asked = {**JANUARY, **more}
    told = await perform(site, key, asked)
    assert len(site.asked(path, "GET")) == 4
    site.forget()
    with pytest.raises(NotReadyError) as caught:
        await perform(site, key, asked, deadline=0.25, sleep=anyio.sleep)
    assert "same arguments" in caught.value.next
    assert caught.value.req_id in caught.value.next
    assert await perform(site, key, {**asked, "req_id": caught.value.req_id}) == told
    assert len(site.asked(path, "POST")) == 1


async def test_the_partial_fault_holds_back_trends_and_top_values_too(shop: Site, perform: Perform) -> None:
    shop.breaks(Kind.PARTIAL, TRENDS, polls=1)
    assert (await perform(shop, "get-event-trends", SHOP)).totals["daily"] == 5728
    assert len(shop.asked(TRENDS, "GET")) == 2


ODD: list[tuple[dict[str, Any], str]] = [
    ({}, "none of the groups"),
    ({"daily": None}, "none of the groups"),
    ({"daily": [1, 2]}, "none of the groups"),
    ({"daily": {"20251230": "many"}}, "figure is none"),
    ({"daily": {"20251230": None}}, "figure is none"),
    ({"daily": {"20251230": True}}, "figure is none"),
]


@pytest.mark.parametrize(("answer", "said"), ODD)
async def test_an_answer_without_figures_is_no_answer(
    site: Site, perform: Perform, answer: dict[str, Any], said: str
) -> None:
    account = saying({"status": "success", **answer})
    with pytest.raises(UnreadableAnswerError, match=said):
        await perform(site, "get-event-trends", WINTER, transport=account)


async def test_a_group_that_is_left_out_is_named(site: Site, perform: Perform) -> None:
    groups = [{"trend_type": "daily"}, {"trend_type": "monthly", "label": "m"}]
    account = saying({"status": "success", "m": {"202512": 4, "202601": "3"}})
    told = await perform(site, "get-event-trends", {**WINTER, "groups": groups}, transport=account)
    assert told.warning == "CleverTap's answer leaves out: daily."
    assert told.totals == {"m": 7}


async def test_periods_that_are_none_are_told_as_they_came(site: Site, perform: Perform) -> None:
    account = saying({"status": "success", "daily": {"20251231": 4, "31 Dec": 1.5}})
    told = await perform(site, "get-event-trends", WINTER, transport=account)
    assert told.periods == [
        {"group": "daily", "period": "20251231", "figure": 4},
        {"group": "daily", "period": "31 Dec", "figure": 1.5},
    ]


async def test_values_without_buckets_and_figures_as_text_are_understood(site: Site, perform: Perform) -> None:
    account = saying({"status": "success", "price_bands": {"0-50": "7", "STR": {"x": 9, "y": None}}})
    told = await perform(site, "get-top-property-counts", {**JANUARY, "groups": [PRICE, PLAN]}, transport=account)
    assert told.values == [
        {"group": "price_bands", "property": "Price", "type": "STR", "value": "x", "count": 9},
        {"group": "price_bands", "property": "Price", "value": "0-50", "count": 7},
    ]
    assert told.warning == "CleverTap's answer leaves out: plans."


# What never leaves

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("get-event-trends", {"from": "2025-01-01", "to": "2026-01-02"}, "from", "more than one year"),
    ("get-event-trends", {"from": "2026-01-02", "to": "2026-01-01"}, "from", "Swap them"),
    ("get-event-trends", {"to": "2026-02-31"}, "to", "no day of the calendar"),
    ("get-event-trends", {"groups": [{"trend_type": "hourly"}]}, "groups[0].trend_type", "must be one of 'daily'"),
    ("get-event-trends", {"groups": [{"trend_type": "daily"}] * 2}, "groups", "two groups of one label"),
    ("get-event-trends", {"groups": [{"trend_type": "daily", "label": "status"}]}, "groups", "CleverTap's own"),
    ("get-event-trends", {"groups": [{"trend_type": "daily", "label": str(n)} for n in range(6)]}, "groups", "at most 5"),
    ("get-event-trends", {"groups": [{}]}, "groups[0].trend_type", "missing"),
    ("get-event-trends", {"unique": "yes"}, "unique", "true or false"),
    ("get-event-trends", {"req_id": "soon"}, "req_id", "must look like"),
    ("get-event-trends", {"event_name": ""}, "event_name", "shorter than 1"),
    ("get-top-property-counts", {}, "groups", "missing"),
    ("get-top-property-counts", {"groups": []}, "groups", "at least 1"),
    ("get-top-property-counts", {"groups": [{**PRICE, "top_n": 101}]}, "groups[0].top_n", "at most 100"),
    ("get-top-property-counts", {"groups": [{**PRICE, "top_n": 0}]}, "groups[0].top_n", "at least 1"),
    ("get-top-property-counts", {"groups": [{**PRICE, "property_type": "x"}]}, "groups[0].property_type", "must be one of"),
    ("get-top-property-counts", {"groups": [PRICE, {**PLAN, "label": "price_bands"}]}, "groups", "two groups of one label"),
    ("get-top-property-counts", {"groups": [PRICE], "unique": True}, "unique", "not an argument here"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "wrong", "field", "told"), BAD)
async def test_bad_arguments_are_refused_by_field_and_remedy_before_anything_is_sent(
    site: Site, perform: Perform, key: str, wrong: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, key, {**WINTER, **wrong})
    assert [each.field for each in caught.value.problems] == [field]
    assert told in caught.value.message
    assert site.sandbox.requests == []


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "0001-01-01"), ("9999-12-31", "99991231")])
async def test_the_ends_of_the_calendar_are_days_too(site: Site, perform: Perform, first: str, last: str) -> None:
    groups = [{"trend_type": each} for each in ("daily", "weekly", "monthly")]
    answer: dict[str, Any] = {each["trend_type"]: {} for each in groups}
    asked = {**WINTER, "from": first, "to": last, "groups": groups}
    told = await perform(site, "get-event-trends", asked, transport=saying({"status": "success", **answer}))
    assert {each["figure"] for each in told.periods} <= {0}


async def test_a_year_is_a_leap_year_at_most(shop: Site, perform: Perform) -> None:
    asked = {"event_name": "Charged", "from": "1996-01-01", "to": "1996-12-31"}
    assert len((await perform(shop, "get-event-trends", asked)).periods) == 366
