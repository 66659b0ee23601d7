"""A Redis server that many ask at once, that has no room left, and that others write to as well."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from redis.asyncio import Redis

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.redis import MOST_CONNECTIONS, PREFIX, RedisStore
from clevertap_mcp.store.watched import WatchedStore
from stores import REDIS, redis_server

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")]

LONG = 1000.0
MANY = 300
Operation = Callable[[RedisStore], Awaitable[object]]


@pytest.fixture
async def server() -> AsyncIterator[tuple[RedisStore, Redis]]:
    """A store on a server of its own, and another client of that server."""
    with redis_server() as url:
        store = RedisStore(url)
        async with Redis.from_url(url) as redis:
            yield store, redis
        await store.close()


async def together(number: int, work: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for each in range(number):
                group.start_soon(work, each)


async def test_hundreds_who_ask_at_once_all_get_their_answer(server: tuple[RedisStore, Redis]) -> None:
    store, redis = WatchedStore(server[0]), server[1]
    leased: list[int] = []

    async def lease(number: int) -> None:
        if await store.lease("place", str(number), 3, LONG):
            leased.append(number)

    await together(MANY, lease)
    assert len(leased) == 3
    assert not store.gone
    assert (await redis.info("clients"))["connected_clients"] <= MOST_CONNECTIONS + 1


async def test_hundreds_of_operations_of_every_kind_at_once_do_each_what_it_should(
    server: tuple[RedisStore, Redis],
) -> None:
    store = WatchedStore(server[0])
    spent: list[int | None] = []

    async def work(number: int) -> None:
        await store.put(f"a:b:{number}", b"1", LONG)
        assert await store.swap(f"a:b:{number}", b"1", b"2", LONG)
        assert await store.get(f"a:b:{number}") == b"2"
        assert not await store.add(f"a:b:{number}", b"3", LONG)
        assert await store.lease(f"place:{number}", "one", 1, LONG)
        await store.release(f"place:{number}", "one")
        spent.append(await store.spend("figure", 1, MANY // 2, LONG))

    await together(MANY, work)
    assert sorted(filter(None, spent)) == list(range(1, MANY // 2 + 1))
    assert not store.gone


async def everything(redis: Redis) -> dict[Any, Any]:
    """All keys and values of a server."""
    return {key: await redis.dump(key) for key in await redis.keys()}


ADDING: dict[str, Operation] = {
    "put": lambda store: store.put("a:new", b"x", LONG),
    "put again": lambda store: store.put("a:b", b"x", LONG),
    "add": lambda store: store.add("a:new", b"x", LONG),
    "swap": lambda store: store.swap("a:b", b"1", b"2", LONG),
    "lease": lambda store: store.lease("place", "new", 2, LONG),
    "lease after another": lambda store: store.lease("stale", "new", 1, LONG),
    "lease again": lambda store: store.lease("place", "one", 1, LONG),
    "spend": lambda store: store.spend("figure", 1, 9, LONG),
    "give back": lambda store: store.spend("figure", -1, 9, LONG),
    "spend anew": lambda store: store.spend("new", 1, 9, LONG),
    "check": lambda store: store.check(),
}


async def test_a_server_without_room_refuses_what_it_would_have_to_keep_and_is_as_it_was(
    server: tuple[RedisStore, Redis],
) -> None:
    store, redis = server
    for number in range(2):  # so that the server knows the scripts and has something to lose
        await store.put("a:b", b"1", LONG)
        await store.add(f"a:{number}", b"1", LONG)
        await store.lease("place", "one", 1, LONG)
        await store.spend("figure", 2, 9, LONG)
    await redis.zadd(f"{PREFIX}places:stale", {"killed": 1})
    await redis.config_set("maxmemory", 1)
    before = await everything(redis)
    for name, operation in ADDING.items():
        with pytest.raises(StoreGoneError):
            assert not await operation(store), name
        assert await everything(redis) == before, name
    assert await store.get("a:b") == b"1"
    await store.drop("a:b")
    await store.release("place", "one")
    assert await store.get("a:b") is None


async def test_whether_a_server_can_be_written_is_found_out_without_writing(server: tuple[RedisStore, Redis]) -> None:
    store, redis = server
    await store.check()
    assert await redis.dbsize() == 0


OURS: dict[str, Operation] = {
    "a:b": lambda store: store.get("a:b"),
    "kind:a": lambda store: store.put("a:b", b"1", LONG),
    "places:place": lambda store: store.lease("place", "one", 1, LONG),
    "spent:figure": lambda store: store.spend("figure", 1, 9, LONG),
}


@asynccontextmanager
async def meddling(redis: Redis, key: str, kind: str) -> AsyncIterator[None]:
    """Somebody else's value of some kind under a key of ours, for the time being."""
    writes: dict[str, Callable[[], Awaitable[object]]] = {
        "text": lambda: redis.set(PREFIX + key, os.urandom(20)),
        "list": lambda: redis.rpush(PREFIX + key, "x"),
        "hash": lambda: redis.hset(PREFIX + key, "x", "y"),
        "set": lambda: redis.zadd(PREFIX + key, {"x": 1}),
    }
    await writes[kind]()
    yield
    await redis.flushall()


@pytest.mark.parametrize("key", OURS)
async def test_what_somebody_else_has_put_under_our_keys_is_no_mistake_of_ours(
    server: tuple[RedisStore, Redis], key: str
) -> None:
    store, redis = server
    fine = {"a:b": "text", "kind:a": "set", "places:place": "set"}.get(key)
    for kind in ("text", "list", "hash", "set"):
        async with meddling(redis, key, kind):
            if kind == fine:
                await OURS[key](store)
                continue
            with pytest.raises(StoreGoneError):
                await OURS[key](store)
