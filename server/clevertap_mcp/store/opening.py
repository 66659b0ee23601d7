"""The store that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import anyio
from pydantic import SecretStr

from clevertap_mcp.refusals import StoreGoneError
from clevertap_mcp.store.memory import MemoryStore
from clevertap_mcp.store.store import Store
from clevertap_tools.errors import ConfigurationError

VARIABLE = "CLEVERTAP_STORE_URL"
MEMORY = "memory:"
SQLITE = "sqlite://"
REDIS = ("redis://", "rediss://")


@asynccontextmanager
async def opened_store(url: SecretStr | None) -> AsyncIterator[Store]:
    """A store, and the end of its connections.

    A server of Redis that is gone does not keep us from starting: reads work without it.

    Args:
        url: Where it is: None or `memory:`, `sqlite:///FILE`, `redis://HOST` or `rediss://HOST`.

    Raises:
        ConfigurationError: It cannot be used: the file cannot be opened, or the extra is missing.
    """
    address = url.get_secret_value() if url else MEMORY
    if address.startswith(MEMORY):
        yield MemoryStore()
        return
    from clevertap_mcp.store.watched import WatchedStore  # noqa: PLC0415 - what is heavy or not used waits

    store = WatchedStore(bare_store(address))
    try:
        await attempt(store, address)
        yield store
    finally:
        with anyio.CancelScope(shield=True):
            await store.close()


def needs_common_key(url: SecretStr | None) -> bool:
    """Whether several machines share it, which know each other's pseudonyms and questions by a key in common only."""
    return url is not None and url.get_secret_value().startswith(REDIS)


def bare_store(address: str) -> Store:
    """The store at an address; what it needs is imported only here.

    Raises:
        ConfigurationError: It cannot be used.
    """
    if not address.startswith(REDIS):
        from clevertap_mcp.store.sqlite import SQLiteStore  # noqa: PLC0415 - see above

        return SQLiteStore(Path(unquote(address.removeprefix(SQLITE))))
    if find_spec("redis") is None:
        raise ConfigurationError(
            f"{VARIABLE} names a Redis server, which needs more packages: pip install 'clevertap-mcp[redis]'.",
            field=VARIABLE,
        )
    from clevertap_mcp.store.redis import RedisStore  # noqa: PLC0415 - see above

    try:
        return RedisStore(address)
    except ValueError:
        raise ConfigurationError(f"{VARIABLE} must look like redis://HOST:6379/0.", field=VARIABLE) from None


async def attempt(store: Store, address: str) -> None:
    """Ask a store for the first time.

    Raises:
        ConfigurationError: It is a file that cannot be used.
    """
    try:
        await store.check()
    except StoreGoneError as error:
        if address.startswith(REDIS):
            return
        reason = type(error.__cause__).__name__
        raise ConfigurationError(f"{VARIABLE}: the file cannot be used ({reason}).", field=VARIABLE) from None
