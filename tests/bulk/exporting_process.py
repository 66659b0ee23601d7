"""The process that is killed: `FOLDER URL JOB AHEAD` does an export, and tells of each answer.

Its journal's clock is so many seconds ahead: whoever was killed holds the job no longer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from bulk.exporting_site import account
from clevertap_bulk.exporting.events import EventExport
from clevertap_bulk.job import Kind
from clevertap_bulk.journal import Journal
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import Workspace
from clevertap_tools.client import Client
from clevertap_tools.flight import Flight


class Teller:
    """Writes a line for each answer."""

    @contextmanager
    def flying(self, _method: str, path: str, _flight: Flight) -> Iterator[None]:
        yield
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()


async def main(folder: str, url: str, job: str, ahead: float) -> None:
    workspace = Workspace(Path(folder))
    journal = Journal(workspace.own / "jobs.sqlite", lambda: time.time() + ahead)
    async with Client(account(url), observer=Teller()) as client:
        await Workshop(client, workspace, journal, {Kind.EXPORT_EVENTS: EventExport()}).do(job)


if __name__ == "__main__":
    _, *given = sys.argv
    anyio.run(main, given[0], given[1], given[2], float(given[3]))
