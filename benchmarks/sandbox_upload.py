"""Uploading to the sandbox over HTTP, against merely parsing and inserting the same bodies in this process.

The sandbox is a process of its own and checks every record, finds its person, stores it and keeps its indexes; the
reference reads each body with `json.loads` and puts its records as they are into a table without any index.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import httpx2

from benchmarks.finding import Finding, medians
from benchmarks.processes import connected, sandbox
from benchmarks.uploading import BATCH, events

RATE_AT_LEAST = 0.15
RECORDS = 100_000
REPETITIONS = 5


def findings() -> Iterator[Finding]:
    """Records per second of both, taken in turns."""
    bodies = list(batches(RECORDS))
    ours, plain = medians(partial(uploaded, bodies), partial(inserted, bodies), repetitions=REPETITIONS, warm_up=1)
    yield Finding(
        "sandbox upload : parse and insert",
        f"{RECORDS / ours:,.0f}/s",
        f"{RECORDS / plain:,.0f}/s",
        plain / ours,
        RATE_AT_LEAST,
        at_least=True,
    )


def batches(count: int) -> Iterator[bytes]:
    """The bodies of so many events."""
    left = events(count)
    while batch := list(islice(left, BATCH)):
        yield json.dumps({"d": batch}, separators=(",", ":")).encode()


def uploaded(bodies: list[bytes]) -> float:
    """Seconds of an upload to a sandbox that starts empty."""
    with sandbox("--seed", "none") as variables, connected(variables) as http:
        upload(http, bodies[0])
        began = time.perf_counter()
        for body in bodies:
            upload(http, body)
        return time.perf_counter() - began


def upload(http: httpx2.Client, body: bytes) -> None:
    """Upload one body, all of which must be accepted."""
    answer = http.post("/1/upload", content=body).json()
    assert answer["processed"] == BATCH, answer


def inserted(bodies: list[bytes]) -> float:
    """Seconds of putting the same records into a table, one row each, their properties as text."""
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE events (type, identity, ts, name, data)")
        began = time.perf_counter()
        for body in bodies:
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", map(row, json.loads(body)["d"]))
            db.commit()
        return time.perf_counter() - began


def row(record: dict[str, Any]) -> tuple[Any, ...]:
    """A record as the columns of a table."""
    data = json.dumps(record["evtData"])
    return record["type"], record["identity"], record["ts"], record["evtName"], data
