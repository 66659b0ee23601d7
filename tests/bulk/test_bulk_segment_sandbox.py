"""A file of Segment calls, read from the disk and taken by the sandbox over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bulk.importing_site import Site, importing
from clevertap_bulk.importing.lanes import Dealer
from clevertap_bulk.job import Refused, Tally
from clevertap_bulk.reading import Row, form_of, rows
from clevertap_bulk.segment import Deletion, Options, maker
from clevertap_bulk.segment.deletion import deletion_call
from clevertap_sandbox import Behaviours
from clevertap_tools.actions.people import read_person
from clevertap_tools.effect import Effect
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import JsonObject, get, query_string

pytestmark = pytest.mark.anyio

AT = "2026-03-31T18:30:00.000Z"
CALLS: list[dict[str, Any]] = [
    {"type": "identify", "userId": "u-1", "traits": {"name": "Mira", "birthday": "1990-01-01", "tags": ["a", "b"]}},
    {"type": "track", "anonymousId": "__d1", "event": "Course Started", "properties": {"course": {"name": "Pottery"}}},
    {
        "type": "identify",
        "userId": "u-1",
        "anonymousId": "__d1",
        "context": {"device": {"token": "t-1", "type": "android"}},
    },
    {
        "type": "track",
        "userId": "u-1",
        "event": "Order Completed",
        "properties": {"order_id": "o-1", "total": 9.5, "products": [{"sku": "s"}]},
    },
    {"type": "screen", "userId": "u-1", "name": "Cart"},
    {"type": "group", "userId": "u-1", "groupId": "g-1", "traits": {"name": "Initech"}},
    {"type": "track", "userId": "u-1", "event": "Audience Entered", "properties": {"audience_key": "vip", "vip": True}},
    {"type": "alias", "userId": "u-1", "anonymousId": "__d2", "previousId": "__d2"},
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with importing(tmp_path / "data", behaviours=Behaviours(deletion_delay=0)) as made:
        yield made


def calls_in(site: Site, calls: list[dict[str, Any]]) -> Iterator[Row]:
    """The rows of a file of calls."""
    path = site.folder / "calls.jsonl"
    path.write_text("".join(f"{json.dumps({'timestamp': AT, **call})}\n" for call in calls))
    return rows(path, *form_of(path))


def making(**options: Any) -> Callable[[Row], list[JsonObject]]:
    return maker(Options(**options), ProjectTime(ZoneInfo("UTC"), 0))


async def imported(site: Site, calls: list[dict[str, Any]], **options: Any) -> tuple[Tally, list[Refused]]:
    """Send calls as an import does; the account of their rows."""
    dealing = Dealer(making(**options), lanes=1, most=1_000)
    dealt = [each for row in calls_in(site, calls) if (each := dealing.deal(row))]
    tally, refused = Tally(), list[Refused]()
    async with site.client() as client:
        for _, batch in [*dealt, *dealing.rest()]:
            some, told = batch.settled(await client.send(batch.call(Effect.APPEND)))
            tally, refused = tally + some, refused + told
    return tally, refused


async def known(site: Site, **who: str) -> JsonObject:
    """What the sandbox knows about somebody, nothing if nothing."""
    async with site.client() as client:
        return await client.send(get("/1/profile.json", read_person, query_string(who))) or {}


async def test_all_that_calls_say_arrives(site: Site) -> None:
    tally, refused = await imported(site, CALLS)
    assert (tally, refused) == (Tally(8, 8), [])
    person = await known(site, identity="u-1")
    assert person["name"] == "Mira"
    told = {"tags": ["a", "b"], "group_id": "g-1", "group_name": "Initech", "vip": True}
    assert told.items() <= person["profileData"].items()
    assert set(person["events"]) >= {"Course Started", "Charged", "App Screen Viewed"}
    assert {each["objectId"] for each in person["platformInfo"]} >= {"__d1", "__d2"}
    assert (await known(site, objectId="__d1"))["identity"] == "u-1"


async def test_pages_are_refused_under_clevertaps_own_name_and_taken_under_another(site: Site) -> None:
    page = [{"type": "page", "userId": "u-1", "name": "Home"}]
    _, refused = await imported(site, page)
    assert [each.code for each in refused] == [513]
    assert await imported(site, page, page_event="Page Seen") == (Tally(1, 1), [])


async def test_one_refused_record_refuses_its_call(site: Site) -> None:
    context = {"device": {"token": "t-1", "type": "ios"}}
    calls = [{"type": "identify", "userId": "u-1", "anonymousId": "__android", "context": context}, CALLS[0]]
    tally, refused = await imported(site, calls)
    assert tally == Tally(2, 1, 1)
    assert [(each.row, each.code) for each in refused] == [(0, 534)]


async def test_people_are_erased_by_either_of_their_names(site: Site) -> None:
    people = [{"type": "identify", "userId": f"u-{n}"} for n in range(2)] + [
        {"type": "identify", "anonymousId": "__d1"}
    ]
    await imported(site, people)
    assert await known(site, identity="u-1")
    make = making(deletions=True)
    calls = calls_in(site, [{**call, "type": "delete"} for call in people])
    first, second, device = [one for row in calls for record in make(row) if (one := Deletion.of(record))]
    async with site.client() as client:
        outcomes = [await client.send(deletion_call(some)) for some in ([first, second], [device])]
    assert [each.accepted for each in outcomes] == [2, 1]
    for who in ({"identity": "u-0"}, {"identity": "u-1"}, {"objectId": "__d1"}):
        assert not await known(site, **who)
