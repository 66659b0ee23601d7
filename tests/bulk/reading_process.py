"""Reads a file in a process that may have only so much more memory, and prints what became of its rows.

Arguments: the file, its format and packing, and MiB.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from pathlib import Path

from clevertap_bulk.reading import rows, slices
from clevertap_tools.errors import InvalidArgumentsError

if sys.argv[2] == "parquet":
    import pyarrow.parquet  # noqa: F401 - loaded before the limit is set
else:
    import zstandard  # noqa: F401 - the same


def limit(more: int) -> None:
    """Let this process have so many MiB more than it has now."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + (more << 20),) * 2)


def told(path: Path, form: str, packing: str) -> dict[str, object]:
    """What became of each row, and of the file."""
    counts: Counter[str | None] = Counter()
    found: dict[str, object] = {}
    try:
        for row in rows(path, form, packing):
            counts[row.fault] += 1
        found["slices"] = len(list(slices(path, form, packing, 1_000_000)))
    except InvalidArgumentsError as error:
        found["error"] = error.message
    return found | {"good": counts.pop(None, 0), "faults": {str(fault): count for fault, count in counts.items()}}


if __name__ == "__main__":
    limit(int(sys.argv[4]))
    print(json.dumps(told(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))  # noqa: T201 - its only way out
