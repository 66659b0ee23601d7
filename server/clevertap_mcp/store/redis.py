"""A store that many machines share: a Redis or Valkey server.

What has to be atomic is a script, which runs on the server and goes by its clock. Which keys a script touches beside
the one it is given hangs on its data, so a cluster of many nodes is not for it; a primary with replicas is.
"""

from __future__ import annotations

from typing import Any

import anyio
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.store import MOST_VALUES, kind

PREFIX = "clevertap-mcp:"
MOST_CONNECTIONS = 32
"""Connections at once; more operations than that wait for one."""
ANSWER = 2.0
"""Seconds for an answer, and for a connection."""
BURST = 3
"""A burst of operations may wait so many times as long for a connection: that is no sign that the server is gone."""

NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
SET = """
local function set(key, kind, value, milliseconds, most)
  if milliseconds <= 0 then
    redis.call('DEL', key)
    redis.call('ZREM', kind, key)
    return
  end
  redis.call('SET', key, value, 'PX', milliseconds)
  local last = redis.call('ZRANGE', kind, -1, -1, 'WITHSCORES')
  redis.call('ZADD', kind, (tonumber(last[2]) or 0) + 1, key)
  for _ = 1, redis.call('ZCARD', kind) - most do
    redis.call('DEL', redis.call('ZPOPMIN', kind)[1])
  end
  if redis.call('PTTL', kind) < milliseconds then redis.call('PEXPIRE', kind, milliseconds) end
end
"""
"""A kind is a sorted set of its keys in the order in which they were written.

What comes first in a script that adds something is what a server without room refuses: it lets the rest of a script by
once something is written.
"""
PUT = SET + "set(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))"
ADD = (
    SET
    + """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
set(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
"""
)
SWAP = (
    SET
    + """
if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
set(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
"""
)
LEASE = (
    NOW
    + """
local has = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not has and redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
"""
)
SPEND = """
local figure = tonumber(redis.call('GET', KEYS[1]) or '0')
local amount = tonumber(ARGV[1])
if amount >= 0 and figure + amount > tonumber(ARGV[2]) then return -1 end
figure = math.max(figure + amount, 0)
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('SET', KEYS[1], figure, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], figure, 'PX', ARGV[3])
end
return figure
"""


class RedisStore:
    """See `Store`.

    Args:
        url: Where the server is, such as `redis://host:6379/0`; it may hold a password.
        most: How many values a kind of key has at most.
        prefix: What every key begins with.
        answer: Seconds to wait for an answer.
    """

    shared = True
    gone = False

    def __init__(self, url: str, most: int = MOST_VALUES, prefix: str = PREFIX, *, answer: float = ANSWER) -> None:
        self._most = most
        self._prefix = prefix
        self._longest = (BURST + 2) * answer
        # What was lost on its way may have been done, so nothing is sent twice.
        never = Retry(NoBackoff(), 0)
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=BURST * answer,
            socket_connect_timeout=answer,
            socket_timeout=answer,
            retry=never,
        )
        self._redis = Redis.from_pool(pool)

    async def get(self, key: str) -> bytes | None:
        """See `Store`."""
        found: bytes | None = await self._answer(self._redis.get(self._prefix + key))
        return found

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        await self._set(PUT, key, value, seconds)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        return bool(await self._set(ADD, key, value, seconds))

    async def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """See `Store`."""
        return bool(await self._set(SWAP, key, new, seconds, old))

    async def drop(self, key: str) -> None:
        """See `Store`."""
        await self._set(PUT, key, b"", 0)

    async def lease(self, key: str, holder: str, places: int, seconds: float) -> bool:
        """See `Store`."""
        return bool(await self._run(LEASE, [f"places:{key}"], holder, places, milliseconds(seconds)))

    async def release(self, key: str, holder: str) -> None:
        """See `Store`."""
        await self._answer(self._redis.zrem(f"{self._prefix}places:{key}", holder))

    async def spend(self, key: str, amount: int, most: int, seconds: float) -> int | None:
        """See `Store`."""
        spent: int = await self._run(SPEND, [f"spent:{key}"], amount, most, milliseconds(seconds))
        return None if spent < 0 else spent

    async def check(self) -> None:
        """See `Store`: whether it takes what is written, which one that is full or a replica does not."""
        await self._answer(self._redis.set(f"{self._prefix}check", b"", xx=True))

    async def close(self) -> None:
        """See `Store`."""
        await self._redis.aclose()

    async def _set(self, script: str, key: str, value: bytes, seconds: float, *more: bytes) -> Any:
        keys = [key, f"kind:{kind(key)}"]
        return await self._run(script, keys, value, milliseconds(seconds), self._most, *more)

    async def _run(self, script: str, keys: list[str], *values: bytes | str | int) -> Any:
        prefixed = [self._prefix + key for key in keys]
        return await self._answer(self._redis.register_script(script)(prefixed, values))

    async def _answer(self, asked: Any) -> Any:
        """What the server answers, in time; the library's own types are those of its other client too."""
        try:
            with anyio.fail_after(self._longest):
                return await asked
        except (RedisError, OSError) as error:  # OSError: also the time that is over
            raise StoreGoneError from error


def milliseconds(seconds: float) -> int:
    """Redis's unit, never 0 for what is more than that."""
    return max(int(seconds * 1000), 1) if seconds > 0 else 0
