"""From starting the process to `initialize` answered over stdio, against a bare SDK server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.finding import Finding, medians, milliseconds
from benchmarks.processes import BARE_SERVER, SCRIPT, started

AT_MOST = 1.25
REPETITIONS = 15


def findings() -> Iterator[Finding]:
    """Our start with the sandbox inside, as a newcomer meets it."""
    ours, bare = medians(
        partial(start, [SCRIPT, "--sandbox"]), partial(start, BARE_SERVER), repetitions=REPETITIONS, warm_up=2
    )
    yield Finding("cold start : bare SDK server", milliseconds(ours), milliseconds(bare), ours / bare, AT_MOST)


def start(command: Sequence[str]) -> float:
    """Seconds until a server has shaken hands."""
    began = time.perf_counter()
    with started(command) as pipe:
        pipe.shake_hands()
        return time.perf_counter() - began
