"""Exports: page by page to the end, whatever CleverTap does on the way."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import anyio
import pytest

from clevertap_sandbox import SHOP, Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import CredentialsError, DeadlineError, InvalidArgumentsError, InvalidRequestError
from clevertap_tools.page import REPEATED, Page, read_page, read_records, walk
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

EVENTS = "/1/events.json"
PROFILES = "/1/profiles.json"
WHOLE = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
DAY = {"event_name": "Charged", "from": "1997-01-02", "to": "1997-01-02"}
SHORT = 0.25
ENOUGH = 1.0
Purchase = tuple[str, str, Decimal, int]


def bought() -> Counter[Purchase]:
    """The shop's purchases, straight from its CSV."""
    with gzip.open(SHOP, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return Counter((row["customer_id"], row["date"], Decimal(row["amount"]), int(row["quantity"])) for row in rows)


def purchase(record: dict[str, Any]) -> Purchase:
    props = record["event_props"]
    amount = Decimal(str(props["Amount"]))
    return record["profile"]["identity"], record["ts"][:10], amount.quantize(Decimal("0.01")), props["Quantity"]


def cents(counted: Counter[Purchase]) -> Counter[Purchase]:
    return Counter(
        {(who, day, paid.quantize(Decimal("0.01")), n): times for (who, day, paid, n), times in counted.items()}
    )


async def every_page(where: Site, given: dict[str, Any], key: str = "get-events") -> list[Page]:
    first, following = CATALOGUE[key], CATALOGUE[f"{key}-by-cursor"]
    async with where.client() as client:
        pages = [await first(client.for_call(), first.parse(given))]
        while pages[-1].next_cursor is not None:
            asked = following.parse({"cursor": pages[-1].next_cursor})
            pages.append(await following(client.for_call(), asked))
    return pages


@pytest.mark.parametrize("batch_size", [46, 4600])
async def test_walking_to_the_end_gives_every_purchase_as_often_as_it_was_made(shop: Site, batch_size: int) -> None:
    pages = await every_page(shop, {**WHOLE, "batch_size": batch_size})
    records = [record for page in pages for record in page.records]
    counted = Counter(map(purchase, records))
    assert counted == cents(bought())
    assert len(records) == sum(page.returned for page in pages) == 6919
    assert len(counted) == 6898
    assert Counter(counted.values()) == {1: 6898 - 19, 2: 17, 3: 2}
    assert len({who for who, *_ in counted}) == 2357
    assert sum(paid * times for (_, _, paid, _), times in counted.items()) == Decimal("244091.94")
    assert len(pages) == -(-6919 // batch_size)
    assert [page.truncated for page in pages] == [True] * (len(pages) - 1) + [False]


async def test_walking_through_people_gives_everybody_once(shop: Site) -> None:
    pages = await every_page(shop, {**WHOLE, "batch_size": 1000}, "get-user-profiles")
    names = [record["identity"] for page in pages for record in page.records]
    assert len(pages) == 3
    assert len(set(names)) == len(names) == 2357


async def test_the_first_request_states_every_option_and_the_others_none(shop: Site) -> None:
    await every_page(shop, {**DAY, "batch_size": 23, "app": True, "profile": True})
    first, *others = shop.asked(EVENTS)
    assert first.method == "POST"
    assert first.query == {"batch_size": "23", "app": "true", "events": "false", "profile": "true"}
    assert others
    assert all((each.method, set(each.query), each.body) == ("GET", {"cursor"}, b"") for each in others)


async def test_the_parts_that_were_asked_for_come_with_each_person(shop: Site, perform: Perform) -> None:
    bare = await perform(shop, "get-user-profiles", {**DAY, "profile": False})
    full = await perform(shop, "get-user-profiles", {**DAY, "app": True, "events": True, "profile": True})
    assert "profileData" not in bare.records[0]
    assert "events" not in bare.records[0]
    assert full.records[0]["events"]["Charged"]["count"] >= 1
    assert any(device.get("make") for record in full.records for device in record["platformInfo"])


@pytest.mark.parametrize(("asked", "sent"), [(1, "23"), (22, "23"), (23, "23"), (46, "46"), (5000, "5000")])
async def test_a_batch_size_under_23_asks_for_23_because_less_means_no_limit(
    shop: Site, perform: Perform, asked: int, sent: str
) -> None:
    page = await perform(shop, "get-events", {**WHOLE, "batch_size": asked})
    assert shop.asked(EVENTS, "POST")[0].query["batch_size"] == sent
    assert page.returned == len(page.records) == int(sent)
    assert page.wanted == (asked if asked < 23 else None)


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("times", [1, 6])
async def test_a_page_that_is_not_ready_is_asked_for_again_with_the_same_cursor(
    shop: Site, perform: Perform, status: int, times: int
) -> None:
    shop.breaks(Kind.NOT_READY, EVENTS, status=status, times=times)
    page = await perform(shop, "get-events", DAY)
    cursors = [each.query["cursor"] for each in shop.asked(EVENTS, "GET")]
    assert len(cursors) == times + 1
    assert len(set(cursors)) == 1
    assert page.returned > 0
    assert page.warning is None
    assert shop.waits == sorted(shop.waits)
    assert 2.0 <= shop.waits[0] <= shop.waits[-1] <= 15.0


@pytest.mark.parametrize("status", [200, 202])
async def test_a_page_that_is_not_ready_in_time_is_an_empty_one_with_the_same_cursor_and_a_warning(
    shop: Site, perform: Perform, status: int
) -> None:
    shop.breaks(Kind.NOT_READY, EVENTS, status=status, times=None)
    page = await perform(shop, "get-events", DAY, deadline=ENOUGH, sleep=anyio.sleep)
    (asked,) = shop.asked(EVENTS, "GET")
    assert (page.records, page.returned, page.truncated) == ([], 0, True)
    assert unquote(page.next_cursor) == asked.query["cursor"]
    assert "not finished" in page.warning
    shop.sandbox.faults.clear()
    again = await perform(shop, "get-events-by-cursor", {"cursor": page.next_cursor})
    assert again.returned > 0


async def test_a_page_that_never_answers_is_an_error(site: Site, perform: Perform) -> None:
    site.breaks(Kind.SLOW, EVENTS, method="GET", seconds=30.0)
    with pytest.raises(DeadlineError):
        await perform(site, "get-events-by-cursor", {"cursor": "anything"}, deadline=SHORT)


async def test_progress_is_told_while_a_page_is_prepared(shop: Site, perform: Perform) -> None:
    shop.breaks(Kind.NOT_READY, EVENTS, times=2)
    told = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    await perform(shop, "get-events", DAY, progress=listen)
    assert told == [(number, None, "CleverTap is preparing the page") for number in (1, 2)]


@pytest.mark.parametrize("raw", [False, True])
async def test_a_cursor_works_percent_encoded_and_raw(shop: Site, perform: Perform, raw: bool) -> None:
    first = await perform(shop, "get-events", {**WHOLE, "batch_size": 23})
    assert "%" in first.next_cursor
    cursor = unquote(first.next_cursor) if raw else first.next_cursor
    second = await perform(shop, "get-events-by-cursor", {"cursor": cursor})
    assert second.returned == 23
    assert second.records != first.records
    assert second.next_cursor != first.next_cursor


async def test_a_cursor_of_several_kilobytes_arrives_whole(make_site: MakeSite) -> None:
    site = make_site(seed=SHOP, cursor_padding=8000)
    pages = await every_page(site, {**WHOLE, "batch_size": 4600})
    assert sum(page.returned for page in pages) == 6919


async def test_a_cursor_that_leads_to_itself_ends_the_walk_with_what_was_read_and_a_warning(
    shop: Site, perform: Perform
) -> None:
    shop.breaks(Kind.REPEAT_CURSOR, EVENTS)
    page = await perform(shop, "get-events", {**WHOLE, "batch_size": 46})
    assert page.returned == 46
    assert page.next_cursor is None
    assert page.truncated
    assert "led back" in page.warning


async def test_a_walk_over_pages_reads_them_all(shop: Site) -> None:
    assert await walked(shop, {**WHOLE, "batch_size": 2000}) == [2000, 2000, 2000, 919]


async def walked(shop: Site, given: dict[str, Any]) -> list[int]:
    start = CATALOGUE["get-events"]
    async with shop.client() as client:
        view = client.for_call()
        first = await start(view, start.parse(given))
        return [page.returned async for page in walk(view, EVENTS, first)]


async def test_a_walk_that_is_led_back_ends_with_a_warning(shop: Site) -> None:
    shop.breaks(Kind.REPEAT_CURSOR, EVENTS, skip=1)
    start = CATALOGUE["get-events"]
    async with shop.client() as client:
        view = client.for_call()
        first = await start(view, start.parse({**WHOLE, "batch_size": 2000}))
        pages = [page async for page in walk(view, EVENTS, first)]
    assert [page.returned for page in pages] == [2000, 2000]
    assert pages[-1].next_cursor is None
    assert pages[-1].warning == REPEATED


async def test_a_walk_that_is_led_back_further_ends_with_a_warning_too(shop: Site) -> None:
    start, following = CATALOGUE["get-events"], CATALOGUE["get-events-by-cursor"]
    async with shop.client() as client:
        view = client.for_call()
        first = await start(view, start.parse({**WHOLE, "batch_size": 2000}))
        second = await following(view, following.parse({"cursor": first.next_cursor}))
        came_from_the_third = first.model_copy(update={"own_cursor": second.next_cursor})
        pages = [page async for page in walk(view, EVENTS, came_from_the_third)]
    assert [page.returned for page in pages] == [2000, 2000]
    assert pages[-1].next_cursor is None
    assert pages[-1].warning == REPEATED


def test_a_page_that_leads_back_to_itself_has_no_way_on() -> None:
    body = {"status": "success", "next_cursor": "here", "records": [{"ts": 1}]}
    page = read_records(body, "here")
    assert (page.next_cursor, page.truncated, page.returned) == (None, True, 1)


def test_an_empty_page_with_a_next_cursor_is_not_the_end() -> None:
    page = read_records({"status": "success", "next_cursor": "there", "records": []}, "here")
    assert (page.next_cursor, page.truncated, page.returned) == ("there", True, 0)
    assert page.warning is None


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success"},
        {"status": "success", "records": []},
        {"status": "success", "records": None, "next_cursor": None},
    ],
)
def test_without_a_next_cursor_the_walk_is_over(body: dict[str, Any]) -> None:
    page = read_records(body, "here")
    assert (page.next_cursor, page.truncated, page.returned) == (None, False, 0)


@pytest.mark.parametrize("omits", [False, True])
async def test_days_without_events_are_an_empty_page_and_the_end(
    make_site: MakeSite, perform: Perform, omits: bool
) -> None:
    site = make_site(empty_page_omits_records=omits)
    page = await perform(site, "get-events", {**DAY, "event_name": "App Launched"})
    assert (page.records, page.next_cursor, page.truncated, page.warning) == ([], None, False, None)


def test_the_code_for_not_ready_is_a_refusal_under_any_other_status() -> None:
    body = json.dumps({"status": "fail", "error": "Incorrect Usage", "code": 3}).encode()
    with pytest.raises(InvalidRequestError, match="Incorrect Usage"):
        read_page(Answer(200, body))


@pytest.mark.parametrize("status", [200, 400])
async def test_a_damaged_cursor_is_refused_in_clevertaps_words(
    make_site: MakeSite, perform: Perform, status: int
) -> None:
    site = make_site(incorrect_usage_status=status)
    with pytest.raises(InvalidRequestError, match="Incorrect Usage"):
        await perform(site, "get-events-by-cursor", {"cursor": "no-cursor-at-all"})


async def test_an_event_that_may_not_be_exported_is_refused_in_clevertaps_words(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidRequestError, match="Export not allowed for this event"):
        await perform(site, "get-events", {**DAY, "event_name": "Notification Sent"})


async def test_wrong_credentials_end_an_export(site: Site, perform: Perform) -> None:
    with pytest.raises(CredentialsError):
        await perform(site, "get-events", DAY, account=site.account(passcode="wrong"))


async def test_times_come_with_the_zones_offset_when_it_is_known(shop: Site, perform: Perform) -> None:
    page = await perform(shop, "get-events", DAY, account=shop.account(zone=ZoneInfo("Asia/Kolkata")))
    assert {record["ts"] for record in page.records} == {"1997-01-02T12:00:00+05:30"}


async def test_times_come_as_local_time_when_the_zone_is_not_known(shop: Site, perform: Perform) -> None:
    page = await perform(shop, "get-events", {**DAY, "batch_size": 23}, account=shop.account(zone=None))
    assert {record["ts"] for record in page.records} == {"1997-01-02T12:00:00"}
    nowhere = shop.account(zone=None)
    if page.next_cursor:
        following = await perform(shop, "get-events-by-cursor", {"cursor": page.next_cursor}, account=nowhere)
        assert {record["ts"] for record in following.records} == {"1997-01-02T12:00:00"}


async def test_a_page_dumps_without_what_is_only_for_us(shop: Site, perform: Perform) -> None:
    page = await perform(shop, "get-events", {**WHOLE, "batch_size": 5})
    dumped = page.model_dump(mode="json", exclude_none=True)
    assert set(dumped) == {"records", "returned", "truncated", "next_cursor"}
    assert page.rows == "records"


async def test_people_are_asked_for_with_something_to_go_by(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidArgumentsError, match="Ask for something"):
        await perform(site, "get-user-profiles", {"batch_size": 46})
    assert site.sandbox.requests == []
