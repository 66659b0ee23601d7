"""Importing a file of many events, against a bare HTTP client posting bodies that are made already.

Each side runs in a process of its own against a sandbox process of its own, which starts empty; see `importing`. Ours
reads and checks each row, enters each batch in the journal before and after it left, and keeps each person's order.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.finding import Finding
from benchmarks.importing import FORMATS, write_bodies, write_rows
from benchmarks.processes import HERE, LONGEST, environment, sandbox
from benchmarks.uploading import Run

EVENTS = 1_000_000
RATE_AT_LEAST = 0.7
MEGABYTES_AT_MOST = 200.0
REPETITIONS = 3
MEGABYTE = 1_000_000


def findings() -> Iterator[Finding]:
    """Records per second of both sides for each format, and what our side needed in memory."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_bodies(folder, EVENTS)
        for kind in FORMATS:
            write_rows(folder, kind, EVENTS)
        rounds = [{side: run(side, folder) for side in ("bare", *FORMATS)} for _ in range(REPETITIONS)]
    bare = median(each["bare"].rate for each in rounds)
    for kind in FORMATS:
        ours = median(each[kind].rate for each in rounds)
        yield Finding(
            f"import of {kind} : bare HTTP client",
            f"{ours:,.0f}/s",
            f"{bare:,.0f}/s",
            ours / bare,
            RATE_AT_LEAST,
            at_least=True,
        )
        largest = max((each[kind] for each in rounds), key=lambda our: our.peak - our.idle)
        yield Finding(
            f"its peak memory - idle ({kind})",
            f"{largest.peak / MEGABYTE:.1f} MB",
            f"{largest.idle / MEGABYTE:.1f} MB",
            (largest.peak - largest.idle) / MEGABYTE,
            MEGABYTES_AT_MOST,
            unit=" MB",
        )


def run(side: str, folder: Path) -> Run:
    """One import, of a format or by the `bare` client, to a fresh sandbox."""
    with sandbox("--seed", "none") as variables:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.importing", side, str(folder)],
            stdout=subprocess.PIPE,
            env=environment(variables),
            cwd=HERE.parent,
            timeout=LONGEST,
            check=True,
        )
    return Run(**json.loads(done.stdout))
