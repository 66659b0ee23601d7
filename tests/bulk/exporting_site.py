"""A sandbox, a data folder and the exports from one into the other."""

from __future__ import annotations

import csv
import gzip
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio.lowlevel
import httpx2
from pyarrow import parquet
from pydantic import SecretStr

from clevertap_bulk.exporting.events import EventExport
from clevertap_bulk.exporting.profiles import ProfileExport
from clevertap_bulk.job import Job, Kind
from clevertap_bulk.journal import Journal
from clevertap_bulk.work import Work
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import QUOTA, Workspace
from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Behaviours, Fault, Sandbox
from clevertap_sandbox import Kind as FaultKind
from clevertap_sandbox.serve import serving
from clevertap_sandbox.shop import SHOP
from clevertap_tools.account import Account
from clevertap_tools.client import Client

PATH = "/1/events.json"
ZONE = ZoneInfo("UTC")
Purchase = tuple[str, str, int, float]
"""Person, day, quantity, amount."""
Row = dict[str, Any]


def purchases(first: str, last: str) -> Counter[Purchase]:
    """What the shop's own file says of some days."""
    with gzip.open(SHOP, "rt", encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        return Counter(
            (line["customer_id"], line["date"], int(line["quantity"]), float(line["amount"]))
            for line in lines
            if first <= line["date"] <= last
        )


def bought(rows: list[Row]) -> Counter[Purchase]:
    """The purchases among exported rows."""
    return Counter(
        (row["identity"], str(row["ts"])[:10], int(row["props.Quantity"]), float(row["props.Amount"])) for row in rows
    )


def rows_of(path: Path) -> list[Row]:
    """What a file holds, whatever its format."""
    match path.suffix:
        case ".parquet":
            rows: list[Row] = parquet.read_table(path).to_pylist()
            return rows
        case ".jsonl":
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        case _:
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))


@dataclass
class Site:
    """A sandbox that is served, a data folder, and whoever exports from the one into the other."""

    sandbox: Sandbox
    url: str
    folder: Path
    zone: ZoneInfo | None = ZONE
    waits: list[float] = field(default_factory=list)
    """Seconds that were to be waited, in order."""
    meanwhile: Callable[[], object] = list
    """What happens while something is waited for."""

    def breaks(self, kind: FaultKind, **how: Any) -> None:
        """Plan a fault."""
        self.sandbox.faults.add(Fault(kind=kind, **how))

    def tell(self, *events: Row) -> None:
        """Put events there, as SDKs do."""
        httpx2.post(f"{self.url}/_sandbox/events", json=list(events)).raise_for_status()

    def upload(self, *records: Row) -> None:
        """Put records there, all of which must be taken."""
        headers = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
        answer = httpx2.post(f"{self.url}/1/upload", json={"d": list(records)}, headers=headers).json()
        assert answer["processed"] == len(records), answer

    @asynccontextmanager
    async def workshop(self, quota: int = QUOTA, ahead: float = 0.0) -> AsyncIterator[Workshop]:
        """Where jobs are done.

        Args:
            quota: Bytes that the data folder may hold.
            ahead: Seconds that the journal's clock is ahead, for jobs of whoever was killed.
        """
        workspace = Workspace(self.folder, quota)
        works: dict[Kind, Work] = {
            Kind.EXPORT_EVENTS: EventExport(self._wait),
            Kind.EXPORT_PROFILES: ProfileExport(self._wait),
        }
        journal = Journal(workspace.own / "jobs.sqlite", lambda: time.time() + ahead)
        try:
            async with Client(account(self.url, self.zone), sleep=self._wait) as client:
                yield Workshop(client, workspace, journal, works)
        finally:
            journal.close()

    async def export(self, kind: Kind = Kind.EXPORT_EVENTS, quota: int = QUOTA, **plan: Any) -> Job:
        """Do an export to its end, whichever that is."""
        async with self.workshop(quota) as workshop:
            return await workshop.do(workshop.create(kind, {"folder": "out", **plan}).id)

    async def resume(self, job: str, quota: int = QUOTA, ahead: float = 0.0) -> Job:
        """Go on with an export."""
        async with self.workshop(quota, ahead) as workshop:
            return await workshop.do(job)

    def files(self, folder: str = "out/events") -> list[Path]:
        """The files of a folder, in alphabetical order."""
        return sorted(path for path in (self.folder / folder).rglob("*") if path.is_file())

    def rows(self, folder: str = "out/events") -> list[Row]:
        """The rows of all files of a folder."""
        return [row for path in self.files(folder) for row in rows_of(path)]

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.meanwhile()
        await anyio.lowlevel.checkpoint()


def account(url: str, zone: ZoneInfo | None = ZONE) -> Account:
    return Account(ACCOUNT_ID, SecretStr(PASSCODE), url, None, zone)


@contextmanager
def exporting(folder: Path, *, seed: Path | None = SHOP, zone: tzinfo = UTC, **behaviours: Any) -> Iterator[Site]:
    """A site of its own; `behaviours` are the sandbox's."""
    with Sandbox(seed=seed, zone=zone, behaviours=Behaviours(**behaviours)) as sandbox, serving(sandbox) as url:
        yield Site(sandbox, url, folder, zone if isinstance(zone, ZoneInfo) else ZONE)
