"""A sandbox, a data folder and the imports from one into the other."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio.lowlevel
import httpx2
from pydantic import SecretStr

from clevertap_bulk.importing.source import plan_of
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Job, Kind, Plan
from clevertap_bulk.journal import Journal
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import Workspace
from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Fault, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.account import Account
from clevertap_tools.client import Client
from clevertap_tools.wire import cursor_query

COLUMNS = ("customer_id", "date", "quantity", "amount")
UPLOAD = "/1/upload"
CHARGED: dict[str, Any] = {
    "kind": "events",
    "mapping": {
        "kind": "events",
        "identity": "customer_id",
        "time": "date",
        "event": "Charged",
        "properties": [{"column": "quantity", "type": "number"}, {"column": "amount", "type": "number"}],
    },
    "effect": "append",
}
"""How rows of those columns become purchases."""
Purchase = tuple[str, str, int, float]
"""Person, day, quantity, amount."""


def account(url: str, passcode: str = PASSCODE) -> Account:
    return Account(ACCOUNT_ID, SecretStr(passcode), url, None, ZoneInfo("UTC"))


def purchases(count: int, people: int = 7) -> list[Purchase]:
    """Purchases of a few people, each told from every other by its amount."""
    return [(f"c-{n % people}", f"2026-01-{1 + n % 28:02}", 1 + n % 5, n + 0.5) for n in range(count)]


def write_csv(path: Path, rows: Iterable[Iterable[object]], columns: Iterable[str] = COLUMNS) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def purchases_in(path: Path) -> Counter[Purchase]:
    """What a file of purchases holds."""
    return Counter(
        (row["customer_id"], row["date"], int(row["quantity"]), float(row["amount"])) for row in read_csv(path)
    )


def held(url: str, first: str = "19970101", last: str = "20261231") -> Counter[Purchase]:
    """The purchases that a sandbox holds, by its export."""
    headers = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
    asked = {"event_name": "Charged", "from": int(first), "to": int(last)}
    found: Counter[Purchase] = Counter()
    with httpx2.Client(base_url=url, headers=headers, timeout=60) as http:
        cursor = http.post("/1/events.json?batch_size=5000", json=asked).json().get("cursor")
        while cursor:
            page = http.get(f"/1/events.json?{cursor_query(cursor)}").json()
            found.update(map(purchase, page.get("records", ())))
            cursor = page.get("next_cursor")
    return found


def purchase(record: dict[str, Any]) -> Purchase:
    day, told = str(record["ts"])[:8], record["event_props"]
    who = record["profile"]["identity"]
    return who, f"{day[:4]}-{day[4:6]}-{day[6:]}", told["quantity"], float(told["amount"])


@dataclass
class Site:
    """A sandbox that is served, a data folder, and whoever imports."""

    sandbox: Sandbox
    url: str
    workspace: Workspace
    journal: Journal
    waits: list[float] = field(default_factory=list)
    """Seconds that somebody meant to wait, in order."""

    @property
    def folder(self) -> Path:
        return self.workspace.folder

    def client(self, passcode: str = PASSCODE, **options: Any) -> Client:
        """A client that never really waits."""
        return Client(account(self.url, passcode), sleep=self._wait, random=lambda: 1.0, **options)

    def plan(self, name: str, **more: Any) -> Plan:
        form = {"format": "csv", "packing": "none", "resend_unaccounted": False}
        return plan_of(self.folder / name, name, **(form | CHARGED | more))

    def job(self, name: str, **more: Any) -> Job:
        """A new import of a file in the data folder."""
        return self.journal.create(Kind.IMPORT, self.plan(name, **more))

    async def done(self, job: Job, work: Import | None = None, **options: Any) -> Job:
        """Do a job, or what is left of it, as a process of its own would."""
        async with self.client(**options) as client:
            shop = Workshop(client, self.workspace, self.journal, {Kind.IMPORT: work or Import()})
            return await shop.do(job.id)

    def breaks(self, kind: str, **how: Any) -> None:
        """Plan a fault of uploads."""
        self.sandbox.faults.add(Fault(kind=kind, path=UPLOAD, **how))  # type: ignore[arg-type] # its own words

    def bodies(self) -> list[list[dict[str, Any]]]:
        """The records of each upload that arrived, in order."""
        return [json.loads(each.body)["d"] for each in self.sandbox.requests if each.path == UPLOAD]

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await anyio.lowlevel.checkpoint()


@contextmanager
def importing(folder: Path, **sandbox: Any) -> Iterator[Site]:
    """A site whose data folder is new."""
    workspace = Workspace(folder)
    journal = Journal(workspace.own / "jobs.sqlite")
    with Sandbox(seed=None, **sandbox) as project, serving(project) as url:
        yield Site(project, url, workspace, journal)
    journal.close()
