"""What a store promises, held by each kind of it: in memory, in a file, on a Redis server."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import AsyncExitStack, closing
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.opening import opened_store
from clevertap_mcp.store.redis import RedisStore
from clevertap_mcp.store.sqlite import ReplacedFileError, SQLiteStore
from clevertap_mcp.store.store import Store
from clevertap_mcp.store.watched import REST, WatchedStore
from clevertap_tools.errors import ConfigurationError
from stores import KINDS, empty_store, free_port

pytestmark = pytest.mark.anyio

LONG = 1000.0


class Model:
    """What the operations mean, in the fewest words, where nothing expires."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.holders: dict[str, set[str]] = {}
        self.figures: dict[str, int] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self.values.pop(key, None)
        if seconds > 0:
            self.values[key] = value

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        return self._set_if(key not in self.values, key, value, seconds)

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        return self._set_if(self.values.get(key) == old, key, new, seconds)

    def _set_if(self, fits: bool, key: str, value: bytes, seconds: float) -> bool:
        if fits:
            self.put(key, value, seconds)
        return fits

    def drop(self, key: str) -> None:
        self.values.pop(key, None)

    def lease(self, key: str, holder: str, places: int, _seconds: float) -> bool:
        held = self.holders.setdefault(key, set())
        if holder in held or len(held) < places:
            held.add(holder)
        return holder in held

    def release(self, key: str, holder: str) -> None:
        self.holders.get(key, set()).discard(holder)

    def spend(self, key: str, amount: int, most: int, _seconds: float) -> int | None:
        before = self.figures.get(key, 0)
        if amount >= 0 and before + amount > most:
            return None
        self.figures[key] = max(before + amount, 0)
        return self.figures[key]


key = st.sampled_from(["a:plan:1", "a:plan:2", "b:plan:1", "ohne Doppelpunkt", "ü:é"])
value = st.binary(max_size=3)
seconds = st.sampled_from([LONG, LONG, 0.0, -1.0])
holder = st.sampled_from(["one", "two", "three"])
operation = st.one_of(
    st.tuples(st.just("get"), key),
    st.tuples(st.just("put"), key, value, seconds),
    st.tuples(st.just("add"), key, value, seconds),
    st.tuples(st.just("swap"), key, value, value, seconds),
    st.tuples(st.just("drop"), key),
    st.tuples(st.just("lease"), key, holder, st.integers(1, 2), st.just(LONG)),
    st.tuples(st.just("release"), key, holder),
    st.tuples(st.just("spend"), key, st.integers(-5, 5), st.integers(0, 9), st.just(LONG)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(operation, max_size=25))
async def test_every_kind_of_store_does_what_the_model_does(
    operations: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory, redis_url: str | None
) -> None:
    folder, model = tmp_path_factory.getbasetemp(), Model()
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(empty_store(kind, folder, redis_url)) for kind in KINDS]
        for name, *given_ in operations:
            expected = getattr(model, name)(*given_)
            assert [await getattr(store, name)(*given_) for store in stores] == [expected] * len(stores), name


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_what_has_expired_was_never_there(kind: str, tmp_path: Path) -> None:
    clock = Clock()
    store: Store = MemoryStore(clock) if kind == "memory" else SQLiteStore(tmp_path / "store.db", clock)
    await store.put("a:b", b"1", 10)
    assert await store.spend("spent", 3, 3, 10) == 3
    assert await store.lease("place", "one", 1, 10)
    clock.now += 5
    assert await store.spend("spent", 1, 3, 10) is None
    assert not await store.lease("place", "two", 1, 10)
    assert await store.get("a:b") == b"1"
    clock.now += 5
    assert await store.get("a:b") is None
    assert not await store.swap("a:b", b"1", b"2", 10)
    assert await store.add("a:b", b"2", 10)
    assert await store.spend("spent", 1, 3, 10) == 1
    assert await store.lease("place", "two", 1, 10)
    await store.close()


async def test_redis_forgets_by_its_own_clock(redis_url: str | None) -> None:
    async with empty_store("redis", Path(), redis_url) as store:
        await store.put("a:b", b"1", 0.001)
        assert await store.lease("place", "one", 1, 0.001)
        assert await store.spend("spent", 3, 3, 0.001) == 3
        with anyio.fail_after(5):
            while await store.get("a:b") or not await store.lease("place", "two", 1, LONG):
                pass
            while await store.spend("spent", 1, 3, LONG) is None:
                pass


async def test_nothing_stays_in_redis_for_ever(redis_url: str | None) -> None:
    async with empty_store("redis", Path(), redis_url) as store:
        assert isinstance(store, RedisStore)
        await store.put("a:b", b"1", LONG)
        await store.swap("a:b", b"1", b"2", LONG)
        await store.lease("place", "one", 1, LONG)
        await store.spend("spent", 3, 3, LONG)
        await store.spend("spent", -1, 3, LONG)
        await store.check()
        keys = await store._redis.keys(f"{store._prefix}*")
        assert len(keys) == 4
        assert all([await store._redis.pttl(key) > 0 for key in keys])


@pytest.mark.parametrize("kind", KINDS)
async def test_the_oldest_of_a_kind_give_way_and_no_others(kind: str, tmp_path: Path, redis_url: str | None) -> None:
    async with empty_store(kind, tmp_path, redis_url, most=3) as store:
        await store.put("other:kind", b"", LONG)
        for number in range(4):
            await store.put(f"a:plan:{number}", b"", LONG)
        await store.put("a:plan:1", b"anew", LONG)
        await store.add("a:plan:5", b"", LONG)
        kept = [number for number in range(6) if await store.get(f"a:plan:{number}") is not None]
        assert kept == [1, 3, 5]
        assert await store.get("other:kind") == b""


async def test_of_many_at_once_no_more_get_in_than_there_is_room_for(store: Store) -> None:
    added: list[int] = []
    leased: list[int] = []
    spent: list[int] = []

    async def everything(number: int) -> None:
        if await store.add("a:b", b"", LONG):
            added.append(number)
        if await store.lease("places", str(number), 3, LONG):
            leased.append(number)
        if await store.spend("figure", 2, 9, LONG) is not None:
            spent.append(number)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(everything, number)
    assert (len(added), len(leased), len(spent)) == (1, 3, 4)


RACE = """
import sys
from pathlib import Path
import anyio
from clevertap_mcp.store.sqlite import SQLiteStore

async def race() -> None:
    store = SQLiteStore(Path(sys.argv[1]))
    for turn in range(20):
        won = await store.add(f"turn:{turn}", sys.argv[2].encode(), 1000)
        spent = await store.spend("figure", 1, 25, 1000)
        print(int(won), int(spent is not None))

anyio.run(race)
"""


def test_processes_share_a_file_and_each_thing_is_won_once(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "store.db"
    start = [sys.executable, "-c", RACE, str(file)]
    runners = [subprocess.Popen([*start, str(n)], stdout=subprocess.PIPE, text=True) for n in range(3)]
    lines = [line.split() for runner in runners for line in runner.communicate(timeout=60)[0].splitlines()]
    assert [runner.returncode for runner in runners] == [0, 0, 0]
    assert (len(lines), sum(int(won) for won, _ in lines), sum(int(spent) for _, spent in lines)) == (60, 20, 25)
    assert open_to_others(file.parent) == {0}


async def test_whoever_may_not_know_what_is_in_a_file_cannot_read_it_any_more(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.touch(mode=0o644)
    store = SQLiteStore(file)
    await store.put("a:b", b"", LONG)
    assert open_to_others(tmp_path) == {0}
    await store.close()


def open_to_others(folder: Path) -> set[int]:
    """What others than the owner may do with the files of a folder."""
    return {path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_whether_a_file_can_be_written_is_found_out_without_writing(tmp_path: Path) -> None:
    clock = Clock()
    store = SQLiteStore(tmp_path / "store.db", clock)
    await store.put("a:b", b"", 1)
    clock.now += 2
    written = [tmp_path / "store.db", tmp_path / "store.db-wal"]
    before = [file.read_bytes() for file in written]
    await store.check()
    assert [file.read_bytes() for file in written] == before
    await store.close()


async def test_a_file_that_somebody_writes_to_without_an_end_is_as_good_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clevertap_mcp.store.sqlite.LONGEST_WAIT", 0.0)
    store = SQLiteStore(tmp_path / "store.db")
    await store.check()
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreGoneError):
            await store.check()
    await store.check()
    await store.close()


async def test_a_file_that_was_replaced_or_taken_away_is_gone_until_it_is_back(tmp_path: Path) -> None:
    file, away = tmp_path / "store.db", tmp_path / "away.db"
    store = SQLiteStore(file)
    await store.put("a:b", b"kept", LONG)
    file.rename(away)
    for replace_it in (False, True):
        if replace_it:
            file.write_bytes(b"")
        with pytest.raises(StoreGoneError) as raised:
            await store.add("a:c", b"", LONG)
        assert isinstance(raised.value.__cause__, ReplacedFileError)
    away.replace(file)
    assert await store.get("a:b") == b"kept"
    assert await store.get("a:c") is None
    await store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
import anyio
from clevertap_mcp.store.sqlite import SQLiteStore

async def end() -> None:
    store = SQLiteStore(Path(sys.argv[1]))
    await store.put("a:b", b"kept", 1000)
    os.kill(os.getpid(), signal.SIGKILL)

anyio.run(end)
"""


async def test_what_was_put_into_a_file_is_there_after_the_process_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    killed = await anyio.run_process([sys.executable, "-c", KILLED, str(file)], check=False)
    assert killed.returncode == -9
    store = SQLiteStore(file)
    assert await store.get("a:b") == b"kept"
    await store.close()


async def test_a_server_that_is_gone_is_told_by_every_operation() -> None:
    store = RedisStore(f"redis://127.0.0.1:{free_port()}/0")
    for asked in (
        store.get("a"),
        store.put("a", b"", 1),
        store.add("a", b"", 1),
        store.swap("a", b"", b"", 1),
        store.drop("a"),
        store.lease("a", "b", 1, 1),
        store.release("a", "b"),
        store.spend("a", 1, 1, 1),
        store.check(),
    ):
        with pytest.raises(StoreGoneError):
            await asked
    await store.close()


async def test_a_server_that_never_answers_is_as_good_as_gone() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        store = RedisStore(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", answer=0.05)
        with pytest.raises(StoreGoneError):
            await store.check()
        await store.close()


class Failing(MemoryStore):
    """A store that answers when it likes."""

    works = False
    asked = 0

    async def check(self) -> None:
        self.asked += 1
        if not self.works:
            raise StoreGoneError from ConnectionError("redis://:secret@host")


async def test_a_store_that_has_failed_is_left_alone_for_a_second_and_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, bare = Clock(), Failing()
    store = WatchedStore(bare, clock)
    assert not store.gone
    for _ in range(3):
        with pytest.raises(StoreGoneError):
            await store.check()
        assert store.gone
    assert bare.asked == 1
    bare.works = True
    clock.now += REST
    await store.check()
    assert not store.gone
    assert len(caplog.records) == 2
    assert "cannot be reached" in caplog.text
    assert "secret" not in caplog.text


class Prober(MemoryStore):
    """A store that fails once, and then takes as long as it is held."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.free = anyio.Event()

    async def get(self, key: str) -> bytes | None:
        self.asked += 1
        if self.asked == 1:
            raise StoreGoneError
        await self.free.wait()
        return await super().get(key)


async def test_only_one_finds_out_whether_a_store_is_back_and_the_others_do_not_wait() -> None:
    clock, bare = Clock(), Prober()
    store = WatchedStore(bare, clock)
    with pytest.raises(StoreGoneError):
        await store.get("a")
    clock.now += REST
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(store.get, "a")
            while bare.asked < 2:
                await anyio.lowlevel.checkpoint()
            for _ in range(3):
                with pytest.raises(StoreGoneError):
                    await store.get("a")
            assert store.gone
            bare.free.set()
    assert not store.gone
    assert bare.asked == 2
    await store.get("a")


async def test_one_who_gives_up_finding_out_leaves_it_to_the_next() -> None:
    clock, bare = Clock(), Prober()
    store = WatchedStore(bare, clock)
    with pytest.raises(StoreGoneError):
        await store.get("a")
    clock.now += REST
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(store.get, "a")
            while bare.asked < 2:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    assert store.gone
    bare.free.set()
    await store.get("a")
    assert not store.gone


@pytest.mark.parametrize("url", [None, "memory:"])
async def test_without_an_address_nothing_is_shared(url: str | None) -> None:
    async with opened_store(SecretStr(url) if url else None) as store:
        assert not store.shared


async def test_a_file_is_named_by_its_full_path(tmp_path: Path) -> None:
    async with opened_store(SecretStr(f"sqlite://{tmp_path}/the%20store.db")) as store:
        await store.put("a:b", b"", 1)
        assert store.shared
    assert (tmp_path / "the store.db").exists()


async def test_a_file_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("no database at all, but long enough to look like one" * 100)
    with pytest.raises(ConfigurationError, match="CLEVERTAP_STORE_URL: the file cannot be used"):
        async with opened_store(SecretStr(f"sqlite://{tmp_path}/store.db")):
            raise AssertionError("it was opened")


async def test_a_server_that_is_gone_does_not_keep_us_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_store(SecretStr(f"redis://:pa55@127.0.0.1:{free_port()}/0")) as store:
        assert store.gone
    assert "cannot be reached" in caplog.text
    assert "pa55" not in caplog.text


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://[::1/0"])
async def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like") as raised:
        async with opened_store(SecretStr(url)):
            raise AssertionError("it was opened")
    assert url not in str(raised.value)
