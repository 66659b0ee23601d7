"""Handles that stand for CleverTap's cursors."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from clevertap_mcp.cursors import HOUR, MOST_PAGES, Cursors, Place, digest
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.redis import RedisStore
from clevertap_mcp.store.remembering import Remembering
from clevertap_mcp.store.store import MOST_VALUES, Store
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.page import Page
from stores import free_port

pytestmark = pytest.mark.anyio

EVENTS = "get-events-by-cursor"
PROFILES = "get-user-profiles-by-cursor"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cursors(clock: Clock) -> Cursors:
    return Cursors(MemoryStore(clock), clock=clock)


async def bound(cursors: Cursors, reader: str, caller: str = "ana") -> str:
    handle = await cursors.fresh()
    await cursors.bind(handle, Place(reader, "clevertap's cursor", digest(caller), since=cursors.clock()))
    return handle


async def test_a_handle_is_short_and_leads_to_its_place(cursors: Cursors) -> None:
    handle = await bound(cursors, EVENTS)
    assert len(handle) == 10
    assert (await cursors.find(handle, EVENTS, "ana")).cursor == "clevertap's cursor"


async def test_a_handle_that_is_taken_is_not_handed_out_again() -> None:
    letters = iter("aaaaaaaaaaaaaaaabbbbbbbb")
    cursors = Cursors(letter=lambda: next(letters))
    assert [await bound(cursors, EVENTS), await bound(cursors, EVENTS)] == ["c_aaaaaaaa", "c_bbbbbbbb"]


async def test_an_unknown_handle_names_the_argument_and_the_remedy(cursors: Cursors) -> None:
    with pytest.raises(InvalidArgumentsError, match="start again with clevertap_get_events") as raised:
        await cursors.find("c_nowhere", EVENTS, "ana")
    assert raised.value.field == "cursor"


async def test_a_handle_of_another_tool_is_sent_there(cursors: Cursors) -> None:
    with pytest.raises(InvalidArgumentsError, match="pass it to clevertap_get_events_by_cursor"):
        await cursors.find(await bound(cursors, EVENTS), PROFILES, "ana")


async def test_an_events_handle_expires_an_hour_after_its_last_use(cursors: Cursors, clock: Clock) -> None:
    handle = await bound(cursors, EVENTS)
    for _ in range(3):
        clock.now += HOUR - 1
        await cursors.find(handle, EVENTS, "ana")
    clock.now += HOUR
    with pytest.raises(InvalidArgumentsError):
        await cursors.find(handle, EVENTS, "ana")


async def test_an_events_handle_expires_four_hours_after_its_cursor_was_given(cursors: Cursors, clock: Clock) -> None:
    handle = await bound(cursors, EVENTS)
    for _ in range(7):
        clock.now += HOUR / 2
        await cursors.find(handle, EVENTS, "ana")
    clock.now += HOUR / 2
    with pytest.raises(InvalidArgumentsError):
        await cursors.find(handle, EVENTS, "ana")


async def test_a_profiles_handle_lives_four_days(cursors: Cursors, clock: Clock) -> None:
    handle = await bound(cursors, PROFILES)
    clock.now += 96 * HOUR - 1
    await cursors.find(handle, PROFILES, "ana")
    clock.now += 1
    with pytest.raises(InvalidArgumentsError):
        await cursors.find(handle, PROFILES, "ana")


async def test_the_oldest_handle_gives_way(cursors: Cursors) -> None:
    first, second = await bound(cursors, EVENTS), await bound(cursors, EVENTS)
    for _ in range(MOST_VALUES - 1):
        await bound(cursors, EVENTS)
    await cursors.find(second, EVENTS, "ana")
    with pytest.raises(InvalidArgumentsError):
        await cursors.find(first, EVENTS, "ana")


def test_the_last_pages_are_remembered(cursors: Cursors) -> None:
    places = [Place(EVENTS, f"cursor {number}") for number in range(MOST_PAGES + 1)]
    for place in places:
        cursors.keep(place, Page(records=[{"cursor": place.cursor}], returned=1))
    assert cursors.kept(places[0]) is None
    remembered = [cursors.kept(place) for place in places[1:]]
    assert [page and page.records[0]["cursor"] for page in remembered] == [place.cursor for place in places[1:]]


def test_a_page_is_remembered_for_its_own_walk_only(cursors: Cursors) -> None:
    one, other = Place(EVENTS, "the same cursor"), Place(EVENTS, "the same cursor")
    cursors.keep(one, Page(records=[{"walk": "one"}], returned=1))
    assert cursors.kept(one.later(1))
    assert cursors.kept(other) is None


async def test_a_cursor_that_was_used_before_leads_back_and_a_page_read_twice_does_not(cursors: Cursors) -> None:
    place = await cursors.begin(EVENTS, Page(records=[], returned=0, own_cursor="A"))
    second, third = place.following("B", 0), place.following("B", 0).following("C", 0)
    assert not await cursors.leads_back(place, "B")
    assert not await cursors.leads_back(second, "C")
    assert not await cursors.leads_back(place, "B")
    assert not await cursors.leads_back(place, "B'")
    assert await cursors.leads_back(third, "A")
    assert await cursors.leads_back(third, "C")
    other = await cursors.begin(EVENTS, Page(records=[], returned=0, own_cursor="A"))
    assert not await cursors.leads_back(other, "C")


async def test_a_walk_that_leads_back_is_noticed_at_any_length(cursors: Cursors) -> None:
    place = await cursors.begin(EVENTS, Page(records=[], returned=0, own_cursor="0"))
    for number in count(1):
        if await cursors.leads_back(place, str(number % 50)):
            break
        place = place.following(str(number % 50), 0)
    assert number == 50


async def test_a_handle_is_known_to_every_replica_and_to_nobody_but_its_caller_and_account(store: Store) -> None:
    one, other, another_account = Cursors(store, "A"), Cursors(store, "A"), Cursors(store, "B")
    handle = await bound(one, EVENTS)
    assert (await other.find(handle, EVENTS, "ana")).cursor == "clevertap's cursor"
    mistyped = await refusal(other, "c_nowhere", "ana")
    assert await refusal(other, handle, "ben") == mistyped
    assert await refusal(another_account, handle, "ana") == mistyped


async def refusal(cursors: Cursors, handle: str, caller: str) -> str:
    with pytest.raises(InvalidArgumentsError) as raised:
        await cursors.find(handle, EVENTS, caller)
    return str(raised.value)


async def test_a_handle_that_was_handed_out_and_never_bound_leads_nowhere(cursors: Cursors) -> None:
    assert "not known here" in await refusal(cursors, await cursors.fresh(), "ana")


async def test_a_walk_goes_on_without_the_store_where_this_process_knows_the_way() -> None:
    remembering = Remembering(MemoryStore())
    cursors = Cursors(remembering)
    handle = await bound(cursors, EVENTS)
    remembering._store = RedisStore(f"redis://127.0.0.1:{free_port()}/0")
    place = await cursors.find(handle, EVENTS, "ana")
    following = await cursors.fresh()
    await cursors.bind(following, place.later(1))
    assert (await cursors.find(following, EVENTS, "ana")).offset == 1
    assert "not known here" in await refusal(cursors, "c_elsewhere", "ana")


@pytest.mark.parametrize(
    "garbage", [b"\xff", b"null", b"{}", b'{"reader": "x", "cursor": "y", "since": NaN}', b"[" * 1000]
)
async def test_what_somebody_else_has_put_in_the_place_of_a_cursor_leads_nowhere(
    cursors: Cursors, garbage: bytes
) -> None:
    handle = await bound(cursors, EVENTS)
    await cursors._store.put(cursors._key(handle), garbage, HOUR)
    with pytest.raises(InvalidArgumentsError, match="not known here"):
        await cursors.find(handle, EVENTS, "ana")


async def test_what_somebody_else_has_put_in_the_place_of_a_walk_is_no_repetition(cursors: Cursors) -> None:
    place = Place(EVENTS, "c", since=cursors.clock())
    assert not await cursors.leads_back(place, "next")
    await cursors._store.put(f":walk:{place.walk}/{digest('next')}", b"x", HOUR)
    assert not await cursors.leads_back(replace(place, number=5), "next")
