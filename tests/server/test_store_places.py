"""The limit on requests in flight, counted among all who share a store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.places import LEASE, RENEWAL, SharedPlaces
from clevertap_mcp.store.redis import RedisStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.store.watched import WatchedStore
from clevertap_tools.limits import CONCURRENCY, Families
from stores import empty_store, free_port

pytestmark = pytest.mark.anyio

COUNTS = "/1/counts/events.json"


class Busy:
    """Counts those who are at work at once.

    Args:
        turn: Takes about as long as to get a place.
    """

    def __init__(self, turn: Callable[[], Awaitable[None]] = anyio.lowlevel.checkpoint) -> None:
        self.turn = turn
        self.now = 0
        self.most = 0
        self.done = 0

    async def work(self, places: SharedPlaces, family: str = COUNTS) -> None:
        async with places.place(family):
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(5):
                await self.turn()
                await anyio.lowlevel.checkpoint()
            self.now -= 1
            self.done += 1


def shared(store: Store, project: str = "P", sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> SharedPlaces:
    return SharedPlaces(Families(3), store, project, sleep=sleep)


async def test_replicas_together_have_no_more_in_flight_than_one_would(store: Store) -> None:
    busy, replicas = Busy(store.check), [shared(store) for _ in range(3)]
    with anyio.fail_after(20):
        await all_at_once(busy, replicas)
    assert busy.done == 45
    assert busy.most == CONCURRENCY


async def all_at_once(busy: Busy, replicas: list[SharedPlaces]) -> None:
    async with anyio.create_task_group() as group:
        for number in range(45):
            group.start_soon(busy.work, replicas[number % 3])


async def test_other_projects_and_other_paths_have_places_of_their_own(store: Store) -> None:
    async with shared(store).place(COUNTS), shared(store).place(COUNTS), shared(store).place(COUNTS):
        with anyio.fail_after(5):
            async with shared(store, "Q").place(COUNTS), shared(store).place("/1/upload"):
                pass


async def test_a_place_is_kept_as_long_as_it_is_needed_and_then_given_back() -> None:
    clock, naps = Clock(), 0
    awake = anyio.Event()

    async def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps > 10:
            awake.set()
            await anyio.sleep_forever()
        clock.now += seconds
        await anyio.lowlevel.checkpoint()

    store = MemoryStore(clock)
    async with shared(store, sleep=nap).place(COUNTS):
        with anyio.fail_after(10):
            await awake.wait()
        assert clock.now > LEASE
        taken = next(iter(store._leases.values()))
        assert list(taken.values()) == [clock.now + LEASE]
    assert not store._leases


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_the_places_of_one_that_was_killed_come_back_when_their_lease_ends() -> None:
    clock = Clock()
    store, waited = MemoryStore(clock), 0.0

    async def wait(seconds: float) -> None:
        nonlocal waited
        if seconds == RENEWAL:
            await anyio.sleep_forever()
        waited += seconds
        clock.now += seconds

    replica = shared(store, sleep=wait)
    key = await key_of(store, replica)
    for holder in ("killed", "with it", "this one too"):
        assert await store.lease(key, holder, CONCURRENCY, LEASE)
    with anyio.fail_after(10):
        async with replica.place(COUNTS):
            assert LEASE <= waited < 15


async def key_of(store: MemoryStore, places: SharedPlaces) -> str:
    async with places.place(COUNTS):
        return next(iter(store._leases))


async def test_what_goes_wrong_in_a_place_is_told_as_it_is_and_gives_it_back(store: Store) -> None:
    places = shared(store)
    for _ in range(CONCURRENCY + 1):
        with pytest.raises(KeyError, match="its own words"), anyio.fail_after(5):
            async with places.place(COUNTS):
                raise KeyError("its own words")


async def test_one_who_gives_up_waiting_leaves_nothing_behind(store: Store) -> None:
    late = shared(store)
    async with shared(store).place(COUNTS), shared(store).place(COUNTS), shared(store).place(COUNTS):
        with anyio.move_on_after(0.05) as scope:
            async with late.place(COUNTS):
                raise AssertionError("there was a fourth place")
        assert scope.cancelled_caught
    with anyio.fail_after(5):
        async with shared(store).place(COUNTS), shared(store).place(COUNTS), late.place(COUNTS):
            pass


async def test_with_the_store_gone_this_process_has_its_own_places() -> None:
    store = WatchedStore(RedisStore(f"redis://127.0.0.1:{free_port()}/0"))
    busy, places = Busy(), shared(store)
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(busy.work, places)
    assert (busy.done, busy.most) == (10, CONCURRENCY)
    assert store.gone
    await store.close()


async def test_no_path_stands_in_a_key(tmp_path: Path) -> None:
    async with empty_store("memory", tmp_path, None) as store:
        assert isinstance(store, MemoryStore)
        async with shared(store).place("/1/people/zoe@example.org"):
            assert "zoe" not in str(store._leases)
