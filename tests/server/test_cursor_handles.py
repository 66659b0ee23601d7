"""Handles that stand for CleverTap's cursors."""

from __future__ import annotations

from itertools import count

import pytest

from clevertap_mcp.cursors import HOUR, MOST_HANDLES, MOST_PAGES, Cursors, Place, Walk
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.page import Page

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
    return Cursors(clock)


def bound(cursors: Cursors, reader: str) -> str:
    handle = cursors.fresh()
    cursors.bind(handle, Place(reader, "clevertap's cursor", since=cursors.clock()))
    return handle


def test_a_handle_is_short_and_leads_to_its_place(cursors: Cursors) -> None:
    handle = bound(cursors, EVENTS)
    assert len(handle) == 10
    assert cursors.find(handle, EVENTS).cursor == "clevertap's cursor"


def test_a_handle_that_is_taken_is_not_handed_out_again() -> None:
    letters = iter("aaaaaaaaaaaaaaaabbbbbbbb")
    cursors = Cursors(letter=lambda: next(letters))
    assert [bound(cursors, EVENTS), bound(cursors, EVENTS)] == ["c_aaaaaaaa", "c_bbbbbbbb"]


def test_an_unknown_handle_names_the_argument_and_the_remedy(cursors: Cursors) -> None:
    with pytest.raises(InvalidArgumentsError, match="start again with clevertap_get_events") as raised:
        cursors.find("c_nowhere", EVENTS)
    assert raised.value.field == "cursor"


def test_a_handle_of_another_tool_is_sent_there(cursors: Cursors) -> None:
    with pytest.raises(InvalidArgumentsError, match="pass it to clevertap_get_events_by_cursor"):
        cursors.find(bound(cursors, EVENTS), PROFILES)


def test_an_events_handle_expires_an_hour_after_its_last_use(cursors: Cursors, clock: Clock) -> None:
    handle = bound(cursors, EVENTS)
    for _ in range(3):
        clock.now += HOUR - 1
        cursors.find(handle, EVENTS)
    clock.now += HOUR
    with pytest.raises(InvalidArgumentsError):
        cursors.find(handle, EVENTS)


def test_an_events_handle_expires_four_hours_after_its_cursor_was_given(cursors: Cursors, clock: Clock) -> None:
    handle = bound(cursors, EVENTS)
    for _ in range(7):
        clock.now += HOUR / 2
        cursors.find(handle, EVENTS)
    clock.now += HOUR / 2
    with pytest.raises(InvalidArgumentsError):
        cursors.find(handle, EVENTS)


def test_a_profiles_handle_lives_four_days(cursors: Cursors, clock: Clock) -> None:
    handle = bound(cursors, PROFILES)
    clock.now += 96 * HOUR - 1
    cursors.find(handle, PROFILES)
    clock.now += 1
    with pytest.raises(InvalidArgumentsError):
        cursors.find(handle, PROFILES)


def test_the_oldest_handle_gives_way(cursors: Cursors) -> None:
    first, second = bound(cursors, EVENTS), bound(cursors, EVENTS)
    for _ in range(MOST_HANDLES - 1):
        bound(cursors, EVENTS)
    cursors.find(second, EVENTS)
    with pytest.raises(InvalidArgumentsError):
        cursors.find(first, EVENTS)


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


def test_a_cursor_that_was_used_before_leads_back_and_a_page_read_twice_does_not() -> None:
    walk = Walk()
    assert not walk.leads_back("A", -1)
    assert not walk.leads_back("B", 0)
    assert not walk.leads_back("C", 1)
    assert not walk.leads_back("B", 0)
    assert not walk.leads_back("B'", 0)
    assert walk.leads_back("A", 2)
    assert walk.leads_back("C", 2)


def test_a_walk_that_leads_back_is_noticed_at_any_length() -> None:
    walk = Walk()
    for number in count():
        if walk.leads_back(str(number % 50), number - 1):
            break
    assert number == 50
