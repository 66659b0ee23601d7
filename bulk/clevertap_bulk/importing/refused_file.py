"""Rows that were not taken, as a file in the input's format with CleverTap's code and the reason beside each.

It is written at the end from the journal and the input, so that nothing is lost when the import is interrupted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from clevertap_bulk.importing.source import given, rows_of, source
from clevertap_bulk.job import Job, Part, Refused
from clevertap_bulk.reading import columns
from clevertap_bulk.reading.packing import Packing
from clevertap_bulk.reading.row import CODE, OURS, REASON
from clevertap_bulk.work import Bench
from clevertap_bulk.workspace import Workspace

__all__ = ["CODE", "REASON", "write_rows"]

TOGETHER = 5_000
"""Rows that are written together."""
BLOCK = 1 << 20
"""Bytes that there must be room for before some are."""
LONGEST_STEM = 180
"""Bytes; file systems take names of 255."""
Values = dict[str, Any]


def write_rows(job: Job, bench: Bench, what: str, told: Iterable[Refused], parts: Iterable[Part]) -> str | None:
    """Write some rows of a job's input beside it.

    Args:
        job: The import.
        bench: Where its files are.
        what: What the rows are, for the file's name.
        told: The rows, in the order of the file.
        parts: The slices that they are in.

    Returns:
        The file's name in the data folder; None if there are no such rows.

    Raises:
        NoRoomError: The quota or the disk would be full.
    """
    path, kind, packing = source(job, bench), job.plan["format"], job.plan["packing"]
    beside_it = given(job, bench)
    target = beside_it.with_name(f"{stem(beside_it, packing)}.{what}.{job.id}.{kind}")
    left = iter(told)
    first = next(left, None)
    if first is None:
        target.unlink(missing_ok=True)  # it lists rows that had no answer and have one by now
        return None
    lines = beside(chain([first], left), job, bench, parts)
    with bench.workspace.written(target) as temporary:
        WRITERS[kind](temporary, while_there_is_room(lines, bench.workspace), path, packing)
    return str(target.relative_to(bench.workspace.folder))


def stem(path: Path, packing: str) -> str:
    """A file's name without what says its format and packing, short enough to have more behind it."""
    name = path.stem if packing == "none" else Path(path.stem).stem
    return name.encode()[:LONGEST_STEM].decode(errors="ignore")


def while_there_is_room(lines: Iterator[Values], workspace: Workspace) -> Iterator[Values]:
    """The same rows, as long as what is written of them has room.

    Raises:
        NoRoomError: The quota or the disk is full.
    """
    for number, line in enumerate(lines):
        if number % TOGETHER == 0:
            workspace.check_room(BLOCK)
        yield line


def beside(told: Iterable[Refused], job: Job, bench: Bench, parts: Iterable[Part]) -> Iterator[Values]:
    """Rows with their reasons, in place of those of an import before; all come in the order of the file."""
    left = chain.from_iterable(rows_of(job, part, bench) for part in parts)
    for each in told:
        row = next(row for row in left if row.number == each.row)
        yield {**row.values, CODE: each.code, REASON: each.reason}


def theirs(names: Iterable[str]) -> list[str]:
    """The columns of a file, without ours if it lists rows that were not taken before."""
    return [name for name in names if name not in OURS]


def write_csv(path: Path, lines: Iterator[Values], source: Path, packing: Packing) -> None:
    """Write CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, [*theirs(columns(source, "csv", packing) or ()), CODE, REASON], extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(lines)


def write_json_lines(path: Path, lines: Iterator[Values], _source: Path, _packing: Packing) -> None:
    """Write JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line, ensure_ascii=False, default=str)}\n" for line in lines)


def write_parquet(path: Path, lines: Iterator[Values], source: Path, _packing: Packing) -> None:
    """Write Parquet: the input's columns with their types, and two more."""
    import pyarrow as pa  # noqa: PLC0415 - only who needs it waits for it
    from pyarrow import parquet  # noqa: PLC0415 - the same

    found = parquet.read_schema(source)
    told = [pa.field(CODE, pa.int64()), pa.field(REASON, pa.string())]
    schema = pa.schema([*(found.field(name) for name in theirs(found.names)), *told])
    with parquet.ParquetWriter(path, schema) as writer:
        while some := list(islice(lines, TOGETHER)):
            writer.write_table(pa.Table.from_pylist(some, schema))


WRITERS = {"csv": write_csv, "jsonl": write_json_lines, "parquet": write_parquet}
