"""Stores of every kind: in memory, in a file, and on a Redis server that the tests start for themselves."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from uuid import uuid4

from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.redis import RedisStore
from clevertap_mcp.store.sqlite import SQLiteStore
from clevertap_mcp.store.store import MOST_VALUES, Store

REDIS = which("redis-server")
KINDS = ("memory", "sqlite", *(("redis",) if REDIS else ()))


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, deadline: float) -> bool:
    """Whether somebody listens on a port before a moment comes."""
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
    return False


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """A Redis server of its own that keeps nothing; yields its address."""
    assert REDIS is not None, "redis-server is not installed: apt-get install redis-server"
    port = port or free_port()
    with TemporaryDirectory() as folder:
        start = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert answers(port, time.monotonic() + 10), "redis-server does not start"
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(timeout=10)


@asynccontextmanager
async def empty_store(kind: str, folder: Path, url: str | None, most: int = MOST_VALUES) -> AsyncIterator[Store]:
    """A store of a kind with nothing in it."""
    stores: dict[str, Callable[[], Store]] = {
        "memory": lambda: MemoryStore(most=most),
        "sqlite": lambda: SQLiteStore(folder / f"{uuid4()}.db", most=most),
        "redis": lambda: RedisStore(str(url), most=most, prefix=f"test-{uuid4()}:"),
    }
    store = stores[kind]()
    try:
        yield store
    finally:
        await store.close()
