"""The process that imports a file, or posts bodies that are made already, and tells how long it took.

Memory is read from /proc, so this runs on Linux only.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio

from benchmarks.uploading import BATCH, CONCURRENCY, Run, events, in_memory

FORMATS = ("csv", "parquet")
COLUMNS = ("customer", "when", "Amount", "Quantity", "Currency", "Channel")
BODIES = "bodies.jsonl"
MAPPING: dict[str, Any] = {
    "kind": "events",
    "identity": "customer",
    "time": "when",
    "event": "Charged",
    "properties": [
        {"column": "Amount", "type": "number"},
        {"column": "Quantity", "type": "number"},
        {"column": "Currency"},
        {"column": "Channel"},
    ],
}


def table(count: int) -> Iterator[tuple[Any, ...]]:
    """So many purchases as rows under `COLUMNS`."""
    for event in events(count):
        yield event["identity"], event["ts"], *event["evtData"].values()


def write_rows(folder: Path, kind: str, count: int) -> None:
    """Write so many purchases as a file of a format."""
    path = folder / f"purchases.{kind}"
    if kind == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(table(count))
        return
    import pyarrow as pa  # noqa: PLC0415 - the bare side shall not carry it in its memory
    from pyarrow import parquet  # noqa: PLC0415 - the same

    columns = [pa.array(column) for column in zip(*table(count), strict=True)]
    parquet.write_table(pa.table(columns, list(COLUMNS)), path)


def write_bodies(folder: Path, count: int) -> None:
    """Write the bodies of the same purchases, a thousand to each, one a line."""
    records = list(events(count))
    with (folder / BODIES).open("wb") as file:
        for first in range(0, count, BATCH):
            body = {"d": records[first : first + BATCH]}
            file.write(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


async def bare(folder: Path) -> Run:
    """Post the bodies, as many at a time as the import does."""
    import httpx2  # noqa: PLC0415 - the other side imports it by itself

    headers = {
        "X-CleverTap-Account-Id": os.environ["CLEVERTAP_ACCOUNT_ID"],
        "X-CleverTap-Passcode": os.environ["CLEVERTAP_PASSCODE"],
        "Content-Type": "application/json",
    }
    accepted = 0
    with (folder / BODIES).open("rb") as bodies:
        async with httpx2.AsyncClient(base_url=os.environ["CLEVERTAP_BASE_URL"], headers=headers, timeout=60) as http:
            idle = in_memory("VmRSS")
            began = time.perf_counter()

            async def work() -> None:
                nonlocal accepted
                for body in bodies:
                    processed = (await http.post("/1/upload", content=body)).json()["processed"]
                    accepted += processed

            async with anyio.create_task_group() as group:
                for _ in range(CONCURRENCY):
                    group.start_soon(work)
            return Run(accepted / (time.perf_counter() - began), idle, in_memory("VmHWM"))


async def ours(kind: str, folder: Path) -> Run:
    """Import the file of a format, journal and all."""
    from pydantic import SecretStr  # noqa: PLC0415 - the other side shall not carry it in its memory

    from clevertap_bulk.importing.source import plan_of  # noqa: PLC0415 - the same
    from clevertap_bulk.importing.work import Import  # noqa: PLC0415 - the same
    from clevertap_bulk.job import Kind, State  # noqa: PLC0415 - the same
    from clevertap_bulk.journal import Journal  # noqa: PLC0415 - the same
    from clevertap_bulk.workshop import Workshop  # noqa: PLC0415 - the same
    from clevertap_bulk.workspace import Workspace  # noqa: PLC0415 - the same
    from clevertap_mcp.garbage import collected_seldom  # noqa: PLC0415 - the same
    from clevertap_tools.account import Account  # noqa: PLC0415 - the same
    from clevertap_tools.client import Client  # noqa: PLC0415 - the same

    collected_seldom()  # as the command does
    environ = os.environ
    passcode = SecretStr(environ["CLEVERTAP_PASSCODE"])
    account = Account(environ["CLEVERTAP_ACCOUNT_ID"], passcode, environ["CLEVERTAP_BASE_URL"])
    workspace = Workspace(folder)
    journal = Journal(workspace.own / "jobs.sqlite")
    name = f"purchases.{kind}"
    plan = plan_of(folder / name, name, format=kind, packing="none", mapping=MAPPING, kind="events", effect="append")
    async with Client(account, upload_concurrency=CONCURRENCY) as client:
        shop = Workshop(client, workspace, journal, {Kind.IMPORT: Import()})
        job = shop.create(Kind.IMPORT, plan)
        idle = in_memory("VmRSS")
        began = time.perf_counter()
        done = await shop.do(job.id)
        seconds = time.perf_counter() - began
    assert done.state is State.DONE, done.note
    assert done.tally.accepted == done.tally.rows, done.note
    return Run(done.tally.accepted / seconds, idle, in_memory("VmHWM"))


async def measured(side: str, folder: str) -> Run:
    """One import, of a format or by the `bare` client."""
    return await (bare(Path(folder)) if side == "bare" else ours(side, Path(folder)))


if __name__ == "__main__":
    print(json.dumps(asdict(anyio.run(measured, sys.argv[1], sys.argv[2]))))
