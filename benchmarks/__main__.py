"""Runs benchmarks, prints what they found and exits with 1 if a bound does not hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks import (
    bulk_export,
    bulk_import,
    bulk_upload,
    cold_start,
    many_callers,
    many_calls,
    masking,
    query,
    sandbox_export,
    sandbox_memory,
    sandbox_upload,
    tool_call,
)
from benchmarks.finding import HEADING, Finding

BENCHMARKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "cold-start": cold_start.findings,
    "tool-call": tool_call.findings,
    "many-callers": many_callers.findings,
    "many-calls": many_calls.findings,
    "bulk-upload": bulk_upload.findings,
    "bulk-import": bulk_import.findings,
    "bulk-export": bulk_export.findings,
    "query": query.findings,
    "masking": masking.findings,
    "sandbox-upload": sandbox_upload.findings,
    "sandbox-export": sandbox_export.findings,
    "sandbox-memory": sandbox_memory.findings,
}


def main() -> int:
    """Run the benchmarks that were named, all without a name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"One of {', '.join(BENCHMARKS)}; none: all.")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]}; choose from {', '.join(BENCHMARKS)}")
    print(HEADING, flush=True)
    held = [shown(finding) for name in names for finding in BENCHMARKS[name]()]
    return 0 if all(held) else 1


def shown(finding: Finding) -> bool:
    """Print a finding; whether its bound holds."""
    print(finding.line(), flush=True)
    return finding.holds


if __name__ == "__main__":
    sys.exit(main())
