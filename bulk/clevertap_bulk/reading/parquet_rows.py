"""Rows of Parquet, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clevertap_bulk.reading.parquet_bounds import MOST_TOGETHER
from clevertap_bulk.reading.parquet_columns import bounded
from clevertap_bulk.reading.parquet_footer import opened
from clevertap_bulk.reading.row import NOT_UTF8, Row

if TYPE_CHECKING:
    from pyarrow import Array, RecordBatch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parquet_rows(path: Path, first: int) -> Iterator[Row]:
    """The rows of a Parquet file.

    Args:
        path: The file.
        first: The row to start with.

    Raises:
        InvalidArgumentsError: It is none, damaged, or out of bounds.
    """
    with opened(path) as (file, (sizes, together, _)):
        passed = list(takewhile(lambda end: end <= first, accumulate(sizes)))
        groups = list(range(len(passed), len(sizes)))
        batches = file.iter_batches(together, groups, use_threads=False) if groups else iter(())
        left = first - (passed[-1] if passed else 0)
        yield from numbered(beginning_with(left, batches), first)


def parquet_count(path: Path) -> int:
    """How many rows a Parquet file says that it has.

    Raises:
        InvalidArgumentsError: See `parquet_rows`.
    """
    with opened(path) as (_, bounds):
        return sum(bounds.sizes)


def parquet_columns(path: Path) -> tuple[str, ...]:
    """What the columns of a Parquet file are called.

    Raises:
        InvalidArgumentsError: See `parquet_rows`.
    """
    with opened(path) as (file, _):
        return tuple(file.schema_arrow.names)


def beginning_with(left: int, batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
    """Batches without so many rows at their beginning."""
    for batch in batches:
        if left < batch.num_rows:
            yield batch.slice(left)
        left = max(0, left - batch.num_rows)


def numbered(batches: Iterator[RecordBatch], number: int) -> Iterator[Row]:
    """The rows of batches."""
    for batch in batches:
        columns = [bounded(column) for column in batch.columns]
        faults = {place: fault for column in columns for place, fault in column.faults.items()}
        step = max(1, MOST_TOGETHER // max(1, sum(column.longest for column in columns)))
        for start in range(0, batch.num_rows, step):
            cells = [told(column.cells.slice(start, step), start, faults) for column in columns]
            for place, row in enumerate(zip(*cells, strict=True), start):
                yield Row(number, dict(zip(batch.schema.names, row, strict=True)), None, faults.get(place))
                number += 1


def told(cells: Array, start: int, faults: dict[int, str]) -> list[Any]:
    """The values of a column; where there is none to be had, None and a fault."""
    try:
        return quickly(cells)
    except (ValueError, OverflowError):  # ArrowInvalid is a ValueError
        return [told_singly(cell, place, faults) for place, cell in enumerate(cells, start)]


def quickly(cells: Array) -> list[Any]:
    """The values of a column, by the quickest way: pyarrow's own takes ten times as long for texts and times."""
    from pyarrow import int64, timestamp, types  # noqa: PLC0415 - only who needs it waits for it

    if types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if not types.is_timestamp(cells.type):
        return list(cells.to_pylist())
    epoch = EPOCH if cells.type.tz else EPOCH.replace(tzinfo=None)
    moments = cells.cast(timestamp("us", cells.type.tz)).cast(int64()).to_pylist()
    return [None if moment is None else epoch + timedelta(microseconds=moment) for moment in moments]


def told_singly(cell: Any, place: int, faults: dict[int, str]) -> Any:
    """One value."""
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        faults[place] = NOT_UTF8
    except (ValueError, OverflowError):
        faults[place] = "holds a time that no calendar has"
    return None
