"""Opening a Parquet file only after its footer and its pages have shown that nothing in it is out of bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from clevertap_bulk.reading.parquet_bounds import (
    Bounds,
    bounds_within,
    check_columns,
    check_count,
    check_kinds,
    check_lengths,
    columns_of,
)
from clevertap_bulk.reading.parquet_pages import groups
from clevertap_bulk.reading.row import unreadable
from clevertap_bulk.reading.thrift import BrokenError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MAGIC = b"PAR1"
TAIL = 8
LONGEST_FOOTER = 8 << 20
"""Bytes: a thousand columns in fifty row groups take as much."""
MOST_ENTRIES = 100_000
"""Columns or row groups that the footer may list for it to be read at all."""
LIMITS: dict[str, Any] = {
    "thrift_string_size_limit": LONGEST_FOOTER,
    "thrift_container_size_limit": MOST_ENTRIES,
    "pre_buffer": False,
    "buffer_size": 1 << 16,
}
"""What holds while pyarrow reads the footer, and that it fetches pages one by one."""
REMEMBERED = 16
NO_PARQUET = "is no Parquet file, or a damaged one"


class Opened(NamedTuple):
    """A Parquet file whose bounds are known.

    Attributes:
        file: The file.
        bounds: How it has to be read.
    """

    file: ParquetFile
    bounds: Bounds


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """A Parquet file.

    Raises:
        InvalidArgumentsError: It is none, damaged, or out of bounds.
    """
    import pyarrow as pa  # noqa: PLC0415 - only who needs it waits for it
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - the same

    try:
        found = path.stat()
        bounds = bounds_of(path, found.st_size, found.st_mtime_ns)
        with ParquetFile(path, read_dictionary=bounds.texts, **LIMITS) as file:
            yield Opened(file, bounds)
    except (pa.ArrowException, BrokenError, UnicodeDecodeError, OSError):
        raise unreadable(NO_PARQUET) from None


@lru_cache(REMEMBERED)
def bounds_of(path: Path, size: int, changed: int) -> Bounds:
    """Look at the footer and at every page, once for each file.

    Args:
        path: The file.
        size: Its bytes.
        changed: When it was written last.

    Raises:
        InvalidArgumentsError: It is no Parquet file, or out of bounds.
    """
    del changed  # it only tells one file from the next of the same name
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - only who needs it waits for it

    with path.open("rb") as raw:
        found = groups(footer_of(raw, size))
        with ParquetFile(path, **LIMITS) as file:
            check_columns(file.metadata, found)
            check_lengths(found, size)
            check_count(file.metadata.num_rows, size)
            check_kinds(file.schema_arrow)
            return bounds_within(raw, list(columns_of(file.metadata)), found)


def footer_of(file: BinaryIO, size: int) -> bytes:
    """The footer of a file.

    Raises:
        InvalidArgumentsError: There is none, or it is too long to be looked at.
    """
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - TAIL - len(MAGIC):
        raise unreadable(NO_PARQUET)
    if length > LONGEST_FOOTER:
        raise unreadable(f"has a footer of {length:,} bytes; at most {LONGEST_FOOTER:,} can be read: use fewer columns")
    file.seek(size - TAIL - length)
    return file.read(length)
