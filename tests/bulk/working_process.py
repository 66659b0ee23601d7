"""The process that is killed: `FOLDER URL JOB SECONDS` does a job, on a clock that is some seconds ahead.

It writes a line whenever a request is about to leave and when it is known what came of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from bulk.importing_site import account
from clevertap_bulk.exporting.events import EventExport
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Kind
from clevertap_bulk.journal import Journal
from clevertap_bulk.work import Work
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import Workspace
from clevertap_tools.client import Client
from clevertap_tools.flight import Flight

SHORTER = 50
"""Pauses between attempts are so many times shorter than in earnest."""


def tell(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Teller:
    """Tells when requests leave and end."""

    @contextmanager
    def flying(self, _method: str, _path: str, _flight: Flight) -> Iterator[None]:
        tell("leaves")
        try:
            yield
        finally:
            tell("ends")


async def main(*given: str) -> None:
    folder, url, job, ahead = given
    workspace = Workspace(Path(folder))
    journal = Journal(workspace.own / "jobs.sqlite", lambda: time.time() + float(ahead))

    async def shorter(seconds: float) -> None:
        await anyio.sleep(seconds / SHORTER)

    works: dict[Kind, Work] = {
        Kind.IMPORT: Import(rows_per_slice=2_000),
        Kind.EXPORT_EVENTS: EventExport(shorter),
    }
    async with Client(account(url), sleep=shorter, observer=Teller()) as client:
        done = await Workshop(client, workspace, journal, works).do(job)
    tell(f"{done.state} {done.note}")


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
