"""How many requests may be in flight."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_bulk.pace import Pace, Places


def answered(pace: Pace, times: int) -> int:
    for _ in range(times):
        pace.answered()
    return pace.allowed


def test_all_that_the_limit_allows_may_be_in_flight_at_first() -> None:
    assert Pace(15).allowed == 15


def test_too_many_requests_halve_the_pace_and_never_stop_it() -> None:
    pace = Pace(15)
    told = []
    for _ in range(5):
        pace.throttled(flying=1)
        told.append(pace.allowed)
    assert told == [7, 3, 1, 1, 1]


def test_requests_that_were_in_flight_together_halve_it_once() -> None:
    pace = Pace(12)
    for _ in range(12):
        pace.throttled(flying=12)
    assert pace.allowed == 6
    pace.throttled(flying=6)
    assert pace.allowed == 3


def test_an_answer_among_those_in_flight_is_no_throttling_to_come() -> None:
    pace = Pace(12)
    pace.throttled(flying=2)
    pace.answered()
    pace.throttled(flying=2)
    assert pace.allowed == 3


def test_it_recovers_by_itself_step_by_step() -> None:
    pace = Pace(4, patience=3)
    pace.throttled(flying=1)
    assert [answered(pace, 1) for _ in range(9)] == [2, 2, 3, 3, 3, 4, 4, 4, 4]


def test_throttling_starts_the_count_of_good_answers_anew() -> None:
    pace = Pace(4, patience=3)
    pace.throttled(flying=1)
    answered(pace, 2)
    pace.throttled(flying=1)
    assert answered(pace, 2) == 1
    assert answered(pace, 1) == 2


@given(st.integers(1, 15), st.lists(st.one_of(st.none(), st.integers(1, 15))))
def test_it_stays_between_one_and_the_limit_whatever_happens(limit: int, course: list[int | None]) -> None:
    pace = Pace(limit, patience=2)
    for flying in course:
        pace.answered() if flying is None else pace.throttled(flying)
        assert 1 <= pace.allowed <= limit


@pytest.mark.anyio
async def test_no_more_are_in_flight_than_the_pace_allows() -> None:
    places = Places(Pace(6, patience=4))
    seen: list[tuple[int, int]] = []

    async def fly(number: int) -> None:
        async with places.place():
            seen.append((places.taken, places.pace.allowed))
            await anyio.lowlevel.checkpoint()
            places.throttled() if number == 8 else places.answered()

    async with anyio.create_task_group() as group:
        for number in range(60):
            group.start_soon(fly, number)
    assert len(seen) == 60
    assert places.taken == 0
    assert all(taken <= allowed for taken, allowed in seen)
    assert {3, 6} <= {allowed for _, allowed in seen}


@pytest.mark.anyio
async def test_whoever_gives_up_waiting_takes_no_place() -> None:
    places = Places(Pace(1))
    async with places.place():
        with anyio.move_on_after(0):
            async with places.place():
                raise AssertionError
        assert places.taken == 1
    with anyio.fail_after(5):
        async with places.place():
            assert places.taken == 1
