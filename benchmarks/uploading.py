"""The process that uploads, by our client or by the bare one, and tells how long it took and what memory it needed.

Memory is read from /proc, so this runs on Linux only.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import anyio

RECORDS = 100_000
PEOPLE = 5_000
BATCH = 1000
CONCURRENCY = 3
START = 1_700_000_000
KIBIBYTE = 1024

Upload = Callable[[int], Awaitable[int]]
"""Uploads so many events and tells how many were accepted."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one upload came to.

    Args:
        rate: Records per second.
        idle: Bytes in memory when everything was imported and connected.
        peak: The most bytes that were ever in memory.
    """

    rate: float
    idle: int
    peak: int


def events(count: int) -> Iterator[dict[str, Any]]:
    """Purchases, made one at a time."""
    for number in range(count):
        yield {
            "type": "event",
            "identity": f"customer-{number % PEOPLE}",
            "ts": START + number,
            "evtName": "Charged",
            "evtData": {"Amount": number % 997 / 10, "Quantity": number % 7 + 1, "Currency": "EUR", "Channel": "shop"},
        }


@asynccontextmanager
async def ours() -> AsyncIterator[Upload]:
    """By `clevertap_tools`."""
    from pydantic import SecretStr  # noqa: PLC0415 - the same

    from clevertap_tools.account import Account  # noqa: PLC0415 - the other side shall not carry it in its memory
    from clevertap_tools.client import Client  # noqa: PLC0415 - the same
    from clevertap_tools.effect import Effect  # noqa: PLC0415 - the same
    from clevertap_tools.upload import upload  # noqa: PLC0415 - the same

    environ = os.environ
    passcode = SecretStr(environ["CLEVERTAP_PASSCODE"])
    account = Account(environ["CLEVERTAP_ACCOUNT_ID"], passcode, environ["CLEVERTAP_BASE_URL"])
    async with Client(account, deadline=600, upload_concurrency=CONCURRENCY) as client:

        async def send(count: int) -> int:
            return (await upload(client.for_call(), events(count), effect=Effect.APPEND, batch_size=BATCH)).accepted

        yield send


@asynccontextmanager
async def bare() -> AsyncIterator[Upload]:
    """By the HTTP client alone, with the same bodies and as many requests at a time."""
    import httpx2  # noqa: PLC0415 - the other side imports it by itself

    headers = {
        "X-CleverTap-Account-Id": os.environ["CLEVERTAP_ACCOUNT_ID"],
        "X-CleverTap-Passcode": os.environ["CLEVERTAP_PASSCODE"],
        "Content-Type": "application/json",
    }
    async with httpx2.AsyncClient(base_url=os.environ["CLEVERTAP_BASE_URL"], headers=headers, timeout=60) as http:

        async def send(count: int) -> int:
            left, accepted = events(count), 0

            async def work() -> None:
                nonlocal accepted
                while batch := list(islice(left, BATCH)):
                    body = json.dumps({"d": batch}, ensure_ascii=False, separators=(",", ":")).encode()
                    processed = (await http.post("/1/upload", content=body)).json()["processed"]
                    accepted += processed

            async with anyio.create_task_group() as group:
                for _ in range(CONCURRENCY):
                    group.start_soon(work)
            return accepted

        yield send


SIDES: dict[str, Callable[[], AbstractAsyncContextManager[Upload]]] = {"ours": ours, "bare": bare}


async def measured(side: str) -> Run:
    """Connect by uploading a little, look at the memory, then upload everything."""
    async with SIDES[side]() as upload:
        await upload(1)
        idle = in_memory("VmRSS")
        began = time.perf_counter()
        accepted = await upload(RECORDS)
        seconds = time.perf_counter() - began
    assert accepted == RECORDS, f"only {accepted} of {RECORDS} were accepted"
    return Run(RECORDS / seconds, idle, in_memory("VmHWM"))


def in_memory(measure: str) -> int:
    """Bytes in memory: now (`VmRSS`), or the most since this program began (`VmHWM`).

    What `getrusage` calls the most counts in what the parent had when it started this process.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{measure}:")) * KIBIBYTE


if __name__ == "__main__":
    print(json.dumps(asdict(anyio.run(measured, sys.argv[1]))))
