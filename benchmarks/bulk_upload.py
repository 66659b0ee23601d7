"""Uploading many events from a generator, against posting the same bodies with the bare HTTP client.

Each side runs in a process of its own against a sandbox process of its own, which starts empty; see `uploading`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.finding import Finding
from benchmarks.processes import HERE, LONGEST, environment, sandbox
from benchmarks.uploading import Run

RATE_AT_LEAST = 0.8
MEGABYTES_AT_MOST = 60.0
REPETITIONS = 3
MEGABYTE = 1_000_000


def findings() -> Iterator[Finding]:
    """Records per second of both sides, and what our side needed in memory."""
    rounds = [(run("ours"), run("bare")) for _ in range(REPETITIONS)]
    ours, bare = (median(each.rate for each in side) for side in zip(*rounds, strict=True))
    yield Finding(
        "upload : bare HTTP client", f"{ours:,.0f}/s", f"{bare:,.0f}/s", ours / bare, RATE_AT_LEAST, at_least=True
    )
    largest = max((our for our, _ in rounds), key=lambda our: our.peak - our.idle)
    yield Finding(
        "upload's peak memory - idle",
        f"{largest.peak / MEGABYTE:.1f} MB",
        f"{largest.idle / MEGABYTE:.1f} MB",
        (largest.peak - largest.idle) / MEGABYTE,
        MEGABYTES_AT_MOST,
        unit=" MB",
    )


def run(side: str) -> Run:
    """One upload, by `ours` or `bare`, to a fresh sandbox."""
    with sandbox("--seed", "none") as variables:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.uploading", side],
            stdout=subprocess.PIPE,
            env=environment(variables),
            cwd=HERE.parent,
            timeout=LONGEST,
            check=True,
        )
    return Run(**json.loads(done.stdout))
