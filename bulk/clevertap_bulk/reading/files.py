"""One door to files of every format."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

from clevertap_bulk.reading.csv_rows import csv_columns, csv_rows, csv_starts
from clevertap_bulk.reading.form import Format
from clevertap_bulk.reading.json_rows import json_rows, json_starts
from clevertap_bulk.reading.packing import Packing
from clevertap_bulk.reading.row import Row, unreadable

ROWS_FROM_THE_START = 500_000
"""Rows of a slice at least, where getting to its first one means reading all before it."""


def rows(path: Path, format: str, packing: str, first: int = 0, offset: int | None = None) -> Iterator[Row]:  # noqa: A002 - as plans call it
    """The rows of a file.

    Args:
        path: The file.
        format: `csv`, `jsonl` or `parquet`.
        packing: `none`, `gzip` or `zstd`.
        first: The row to start with, from 0.
        offset: The byte that this row starts at, if it is known; see `Row.offset`.

    Raises:
        InvalidArgumentsError: While it is read: it cannot be read on.
    """
    try:
        if format == "parquet":
            from clevertap_bulk.reading.parquet_rows import parquet_rows  # noqa: PLC0415 - only who needs it waits

            yield from parquet_rows(path, first)
        else:
            read = csv_rows if format == "csv" else json_rows
            yield from read(path, cast("Packing", packing), first, offset)
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror or error}") from None


def columns(path: Path, format: Format, packing: Packing) -> tuple[str, ...] | None:  # noqa: A002 - as plans call it
    """What all columns of a file are called; None where every row may have others.

    Raises:
        InvalidArgumentsError: It cannot be read.
    """
    if format == "parquet":
        from clevertap_bulk.reading.parquet_rows import parquet_columns  # noqa: PLC0415 - only who needs it waits

        return parquet_columns(path)
    return csv_columns(path, packing) if format == "csv" else None


def slices(path: Path, format: str, packing: str, rows_per_slice: int) -> Iterator[dict[str, Any]]:  # noqa: A002 - as plans call it
    """A file in slices, each with its `first` row, its `offset` if it is known, and how many `rows` (None: to the end).

    The whole file is gone through, so that what cannot be read is known before anything of it is used. Slices are
    larger where getting to one means reading all before it: packed files.

    Raises:
        InvalidArgumentsError: It cannot be read to its end.
    """
    try:
        if format == "parquet":
            from clevertap_bulk.reading.parquet_rows import parquet_count  # noqa: PLC0415 - only who needs it waits

            yield from closed_by_end((first, None) for first in range(0, parquet_count(path), rows_per_slice))
        else:
            starts = (csv_starts if format == "csv" else json_starts)(path, cast("Packing", packing))
            yield from closed_by_end(beginnings(starts, rows_per_slice, packed=packing != "none"))
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror or error}") from None


def beginnings(starts: Iterator[int], rows_per_slice: int, *, packed: bool) -> Iterator[tuple[int, int | None]]:
    """The first row of each slice, and where it starts if one can begin to read there."""
    step = max(rows_per_slice, ROWS_FROM_THE_START) if packed else rows_per_slice
    for first, start in islice(enumerate(starts), 0, None, step):
        yield first, None if packed else start


def closed_by_end(begun: Iterator[tuple[int, int | None]]) -> Iterator[dict[str, Any]]:
    """Slices, each up to the next one, the last one to the end."""
    held: tuple[int, int | None] | None = None
    for first, offset in begun:
        if held is not None:
            yield {"first": held[0], "rows": first - held[0], "offset": held[1]}
        held = first, offset
    if held is not None:
        yield {"first": held[0], "rows": None, "offset": held[1]}
