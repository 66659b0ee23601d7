"""What the sandbox's process needs in memory with a database file, when it holds ten times as many events.

Both figures are the most that was ever resident, after an upload and the first pages of an export of everything. They
are read from /proc, so this runs on Linux only.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx2

from benchmarks.finding import Finding
from benchmarks.processes import connected, sandbox_process
from benchmarks.sandbox_export import pages
from benchmarks.sandbox_upload import batches, upload
from benchmarks.uploading import BATCH, KIBIBYTE

MEGABYTES_AT_MOST = 25.0
FEW = 200_000
MANY = 2_000_000
PAGES = 5
MEGABYTE = 1_000_000


def findings() -> Iterator[Finding]:
    """The growth from few events to many."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox_process("--seed", "none", "--db", str(Path(folder) / "sandbox.db")) as (variables, process),
        connected(variables) as http,
    ):
        bodies = batches(MANY)
        few, many = (filled(http, islice(bodies, count // BATCH), process) for count in (FEW, MANY - FEW))
    yield Finding(
        f"sandbox at {MANY / FEW:.0f} times the events",
        f"{many / MEGABYTE:.1f} MB",
        f"{few / MEGABYTE:.1f} MB",
        (many - few) / MEGABYTE,
        MEGABYTES_AT_MOST,
        unit=" MB",
    )


def filled(http: httpx2.Client, bodies: Iterator[bytes], process: int) -> int:
    """Upload some more, look at some pages of everything, and tell the most bytes that were ever in memory."""
    for body in bodies:
        upload(http, body)
    for _page in islice(pages(http), PAGES):
        pass
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) * KIBIBYTE
