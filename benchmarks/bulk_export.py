"""Exporting many events into Parquet files, against fetching the same pages with the bare HTTP client.

Each side runs in a process of its own, walks over the same days, three at a time, of the same sandbox process. The bare
client parses each page for its records and the way on, and forgets them; a third one looks for the cursor only, to show
what the sandbox and the network allow. Where the package `quickhouse` is installed, it writes the same pages to CSV.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import anyio
import anyio.to_thread

from benchmarks.finding import Finding
from benchmarks.processes import HERE, LONGEST, connected, environment, sandbox
from benchmarks.sandbox_upload import batches, upload
from benchmarks.uploading import CONCURRENCY, START, Run, in_memory

RECORDS = 1_000_000
PAGE = 4_600
RATE_AT_LEAST = 0.7
MEGABYTES_AT_MOST = 200.0
MEGABYTE = 1_000_000
REPETITIONS = 3
EVENT = "Charged"
ONE_EARLIER = -1
"""The day before the first event, for warming up."""
NEXT = re.compile(rb'"next_cursor":"([^"]+)"')
RECORD = b'"event_props":'
QUICKHOUSE = "quickhouse"
COLUMNS = [
    ("ts", "TIMESTAMP", "ts"),
    ("identity", "STRING", "profile.identity"),
    ("object_id", "STRING", "profile.objectId"),
    ("amount", "FLOAT", "event_props.Amount"),
    ("quantity", "INTEGER", "event_props.Quantity"),
    ("currency", "STRING", "event_props.Currency"),
    ("channel", "STRING", "event_props.Channel"),
]
"""What that package is told of an event."""

Export = Callable[[list[str]], Awaitable[int]]
"""Exports the events of some days and tells how many there were."""


def findings() -> Iterator[Finding]:
    """Records per second of all sides, taken in turns, and what our side needed in memory."""
    with sandbox("--seed", "none") as variables:
        fill(variables)
        sides = [side for side in SIDES if side != QUICKHOUSE or find_spec(QUICKHOUSE)]
        rounds = [[run(side, variables) for side in sides] for _ in range(REPETITIONS)]
    ours, bare, blind, *others = (median(each.rate for each in side) for side in zip(*rounds, strict=True))
    yield Finding(
        "export : bare HTTP client", f"{ours:,.0f}/s", f"{bare:,.0f}/s", ours / bare, RATE_AT_LEAST, at_least=True
    )
    yield Finding("export : pages not parsed", f"{ours:,.0f}/s", f"{blind:,.0f}/s", ours / blind)
    for other in others:
        yield Finding(f"export : {QUICKHOUSE}", f"{ours:,.0f}/s", f"{other:,.0f}/s", ours / other)
    largest = max((our for our, *_ in rounds), key=lambda our: our.peak - our.idle)
    yield Finding(
        "export's peak memory - idle",
        f"{largest.peak / MEGABYTE:.1f} MB",
        f"{largest.idle / MEGABYTE:.1f} MB",
        (largest.peak - largest.idle) / MEGABYTE,
        MEGABYTES_AT_MOST,
        unit=" MB",
    )


def fill(variables: Mapping[str, str]) -> None:
    """Put the events into a sandbox."""
    with connected(dict(variables)) as http:
        for body in batches(RECORDS):
            upload(http, body)


def run(side: str, variables: Mapping[str, str]) -> Run:
    """One export, by one of the sides."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bulk_export", side],
        stdout=subprocess.PIPE,
        env=environment(variables),
        cwd=HERE.parent,
        timeout=LONGEST,
        check=True,
    )
    return Run(**json.loads(done.stdout))


def days() -> list[str]:
    """The days on which there are events, one event a second."""
    first, last = (datetime.fromtimestamp(START + second, UTC).date() for second in (0, RECORDS - 1))
    return [str(first + timedelta(days=number)) for number in range((last - first).days + 1)]


def quiet_days() -> list[str]:
    """A day before all events."""
    return [str(datetime.fromtimestamp(START, UTC).date() + timedelta(days=ONE_EARLIER))]


async def ours(folder: Path, measure: Callable[[Export], Awaitable[Run]]) -> Run:
    """By a job of `clevertap_bulk`."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the same

    from pydantic import SecretStr  # noqa: PLC0415 - the same

    from clevertap_bulk.exporting.events import EventExport  # noqa: PLC0415 - not in the memory of the other side
    from clevertap_bulk.job import Kind  # noqa: PLC0415 - the same
    from clevertap_bulk.journal import Journal  # noqa: PLC0415 - the same
    from clevertap_bulk.workshop import Workshop  # noqa: PLC0415 - the same
    from clevertap_bulk.workspace import Workspace  # noqa: PLC0415 - the same
    from clevertap_mcp.garbage import collected_seldom  # noqa: PLC0415 - the same
    from clevertap_tools.account import Account  # noqa: PLC0415 - the same
    from clevertap_tools.client import Client  # noqa: PLC0415 - the same

    collected_seldom()  # as the command does
    environ, workspace = os.environ, Workspace(folder)
    passcode = SecretStr(environ["CLEVERTAP_PASSCODE"])
    account = Account(environ["CLEVERTAP_ACCOUNT_ID"], passcode, environ["CLEVERTAP_BASE_URL"], zone=ZoneInfo("UTC"))
    async with Client(account) as client:
        journal = Journal(workspace.own / "jobs.sqlite")
        shop = Workshop(client, workspace, journal, {Kind.EXPORT_EVENTS: EventExport()})

        async def export(days: list[str]) -> int:
            plan = {"event_names": [EVENT], "from": days[0], "to": days[-1], "folder": "out", "batch_size": PAGE}
            job = await shop.do(shop.create(Kind.EXPORT_EVENTS, plan).id)
            return job.tally.rows

        return await measure(export)


async def bare(_folder: Path, measure: Callable[[Export], Awaitable[Run]]) -> Run:
    """By the HTTP client alone."""
    return await fetched(parsed, measure)


async def blind(_folder: Path, measure: Callable[[Export], Awaitable[Run]]) -> Run:
    """By the HTTP client alone, which does not read what it gets."""
    return await fetched(glanced_at, measure)


async def quickhouse(folder: Path, measure: Callable[[Export], Awaitable[Run]]) -> Run:
    """By a package that writes what CleverTap exports to CSV files, if it is installed."""
    package = import_module(QUICKHOUSE)
    environ = os.environ

    async def export(days: list[str]) -> int:
        source = package.CleverTap(
            environ["CLEVERTAP_ACCOUNT_ID"],
            environ["CLEVERTAP_PASSCODE"],
            EVENT,
            COLUMNS,
            batch_size=PAGE,
            from_date=days[0],
            to_date=days[-1],
            base_url=environ["CLEVERTAP_BASE_URL"],
        )
        sync = partial(
            package.sync, source, package.Csv(str(folder)), "out", mode="full", allow_full_refresh_shrink=True
        )
        done = await anyio.to_thread.run_sync(sync)
        return int(done.rows_written)

    return await measure(export)


def parsed(page: bytes) -> tuple[int, str | None]:
    """How many records a page has, and its next cursor."""
    body = json.loads(page)
    return len(body.get("records", ())), body.get("next_cursor")


def glanced_at(page: bytes) -> tuple[int, str | None]:
    """The same; the cursor stands before the records."""
    following = NEXT.search(page, 0, PAGE)
    return page.count(RECORD), following and following[1].decode()


async def fetched(read: Callable[[bytes], tuple[int, str | None]], measure: Callable[[Export], Awaitable[Run]]) -> Run:
    """All pages, fetched by the bare HTTP client."""
    import httpx2  # noqa: PLC0415 - the other side imports it by itself

    headers = {
        "X-CleverTap-Account-Id": os.environ["CLEVERTAP_ACCOUNT_ID"],
        "X-CleverTap-Passcode": os.environ["CLEVERTAP_PASSCODE"],
        "Content-Type": "application/json",
    }
    async with httpx2.AsyncClient(base_url=os.environ["CLEVERTAP_BASE_URL"], headers=headers, timeout=60) as http:

        async def walk(day: str) -> int:
            number, found = int(day.replace("-", "")), 0
            target = f"/1/events.json?batch_size={PAGE}&app=false&events=false&profile=false"
            query = {"event_name": EVENT, "from": number, "to": number}
            cursor = (await http.post(target, json=query)).json()["cursor"]
            while cursor:
                records, cursor = read((await http.get(f"/1/events.json?cursor={cursor}")).content)
                found += records
            return found

        async def export(days: list[str]) -> int:
            left, found = iter(days), 0

            async def work() -> None:
                nonlocal found
                for day in left:
                    walked = await walk(day)
                    found += walked

            async with anyio.create_task_group() as group:
                for _ in range(CONCURRENCY):
                    group.start_soon(work)
            return found

        return await measure(export)


SIDES: Mapping[str, Callable[[Path, Callable[[Export], Awaitable[Run]]], Awaitable[Run]]] = {
    "ours": ours,
    "bare": bare,
    "blind": blind,
    QUICKHOUSE: quickhouse,
}


async def measured(export: Export) -> Run:
    """Connect by exporting nothing, look at the memory, then export everything."""
    await export(quiet_days())
    idle = in_memory("VmRSS")
    began = time.perf_counter()
    found = await export(days())
    seconds = time.perf_counter() - began
    assert found == RECORDS, f"only {found} of {RECORDS} were exported"
    return Run(RECORDS / seconds, idle, in_memory("VmHWM"))


async def main(side: str) -> Run:
    """One side, in a data folder of its own."""
    with TemporaryDirectory() as folder:
        return await SIDES[side](Path(folder), measured)


if __name__ == "__main__":
    print(json.dumps(asdict(anyio.run(main, sys.argv[1]))))
