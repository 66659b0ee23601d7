"""Exporting from the sandbox over HTTP, against merely selecting the same rows in this process and dumping them.

The sandbox is a process of its own; a walk counts from its beginning to its last page. The reference reads pages of as
many rows from a table that has each value of a record in a column, and dumps them as JSON of the same shape.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx2

from benchmarks.finding import Finding, medians
from benchmarks.processes import connected, sandbox
from benchmarks.sandbox_upload import batches, upload

RATE_AT_LEAST = 0.5
RECORDS = 100_000
PAGE = 4_600
REPETITIONS = 7
QUERY = {"event_name": "Charged", "from": 20231101, "to": 20231231}
TARGET = f"/1/events.json?batch_size={PAGE}&app=false&events=false&profile=false"
NEXT = re.compile(rb'"next_cursor":"([^"]+)"')
ROW = {
    "profile": {"objectId": "", "identity": ""},
    "ts": 0,
    "event_props": {"Amount": 0.0, "Quantity": 0, "Currency": "", "Channel": ""},
    "session_props": {},
}
"""A record as the sandbox exports it; anything else would be no comparison."""


def findings() -> Iterator[Finding]:
    """Records per second of both, taken in turns."""
    with (
        sandbox("--seed", "none") as variables,
        connected(variables) as http,
        sqlite3.connect(":memory:") as db,
    ):
        for body in batches(RECORDS):
            upload(http, body)
        copy(db, pages(http))
        ours, plain = medians(
            partial(timed, partial(pages, http)),
            partial(timed, partial(selected, db)),
            repetitions=REPETITIONS,
            warm_up=1,
        )
    yield Finding(
        "sandbox export : select and dump",
        f"{RECORDS / ours:,.0f}/s",
        f"{RECORDS / plain:,.0f}/s",
        plain / ours,
        RATE_AT_LEAST,
        at_least=True,
    )


def timed(walk: Callable[[], Iterator[bytes]]) -> float:
    """Seconds of a walk to its end."""
    began = time.perf_counter()
    for _page in walk():
        pass
    return time.perf_counter() - began


def pages(http: httpx2.Client) -> Iterator[bytes]:
    """Every page of an export, as it arrives."""
    cursor = http.post(TARGET, json=QUERY).json()["cursor"]
    while cursor:
        page = http.get(f"/1/events.json?cursor={cursor}").content
        yield page
        # It stands before the records.
        found = NEXT.search(page, 0, PAGE)
        cursor = found and found[1].decode()


def copy(db: sqlite3.Connection, walk: Iterator[bytes]) -> None:
    """Put what the sandbox exports into a plain table."""
    records = [record for page in walk for record in json.loads(page)["records"]]
    assert len(records) == RECORDS, f"only {len(records)} of {RECORDS} were exported"
    assert json.dumps(shape(records[0])) == json.dumps(shape(ROW)), records[0]
    db.execute("CREATE TABLE events (object_id, identity, ts, amount, quantity, currency, channel)")
    rows = [(*record["profile"].values(), record["ts"], *record["event_props"].values()) for record in records]
    db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def shape(value: Any) -> Any:
    """The keys of a record, in their order."""
    return {key: shape(each) for key, each in value.items()} if isinstance(value, dict) else None


def selected(db: sqlite3.Connection) -> Iterator[bytes]:
    """Every page of the plain table, as JSON."""
    for start in range(0, RECORDS, PAGE):
        rows = db.execute("SELECT * FROM events WHERE rowid > ? ORDER BY rowid LIMIT ?", (start, PAGE))
        yield json.dumps({"status": "success", "records": [record(*row) for row in rows]}).encode()


def record(who: str, identity: str, ts: int, amount: float, quantity: int, currency: str, channel: str) -> Any:
    """A row as a record."""
    return {
        "profile": {"objectId": who, "identity": identity},
        "ts": ts,
        "event_props": {"Amount": amount, "Quantity": quantity, "Currency": currency, "Channel": channel},
        "session_props": {},
    }
