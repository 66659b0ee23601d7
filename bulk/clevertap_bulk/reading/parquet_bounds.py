"""The bounds within which a Parquet file has to stay for its rows to be read in flat memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, islice
from operator import or_
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from clevertap_bulk.reading.parquet_pages import Chunk, Group, pages
from clevertap_bulk.reading.row import MOST_COLUMNS, TWICE, unreadable
from clevertap_bulk.reading.thrift import BrokenError

if TYPE_CHECKING:
    from pyarrow import Schema
    from pyarrow.parquet import FileMetaData

LARGEST_PAGE = 128 << 20
LARGEST_PAGES = 512 << 20
"""Bytes that the largest pages of all columns of a row group take together once unpacked: they are open at once."""
MOST_PAGES = 1_000_000
MOST_LISTED = 16_000_000
"""Values of one column of lists in a row group: a list may have any length, and is read whole."""
MOST_ALIKE = 1_000_000
MOST_ROWS_PER_BYTE = 100
"""Rows for each byte of a file: who a row is about takes some bits at least."""
LONGEST_FIXED = 1_024
"""Bytes of values that all have the same length."""
DELTA = frozenset({6, 7})
"""Encodings of texts that cannot be read as dictionaries; one writes only what differs from the text before."""
TOGETHER = 1_000
"""Rows that are unpacked together."""
MOST_TOGETHER = 32 << 20
"""Bytes that these may take where a small page may unpack to a large one."""
BOMB = "unpacks to pages of more than {} MiB, which no table has; write it again with smaller pages"
LISTS = f"has lists of more than {MOST_LISTED:,} values in a row group"


class Bounds(NamedTuple):
    """How a Parquet file has to be read.

    Attributes:
        sizes: The rows of each row group.
        together: Rows that may be unpacked together.
        texts: The columns of texts: as dictionaries, for a text that a million rows share takes its place once then.
    """

    sizes: tuple[int, ...]
    together: int
    texts: tuple[str, ...]


def check_columns(footer: FileMetaData, found: Sequence[Group]) -> None:
    """Refuse more columns than anybody has.

    Raises:
        InvalidArgumentsError: There are.
    """
    if footer.num_columns > MOST_COLUMNS:
        raise unreadable(f"has {footer.num_columns:,} columns; at most {MOST_COLUMNS:,} can be read")
    if any(len(group.chunks) != footer.num_columns for group in found):
        raise BrokenError
    for column in columns_of(footer):
        if column.length > LONGEST_FIXED:
            raise unreadable(
                f"has a column whose values all have {column.length:,} bytes; at most {LONGEST_FIXED:,} can be"
            )


def check_lengths(found: Sequence[Group], size: int) -> None:
    """Refuse columns that lie over one another: each of them would have to be gone through.

    Raises:
        BrokenError: They do.
    """
    if sum(chunk.length for group in found for chunk in group.chunks) > size:
        raise BrokenError


def check_count(rows: int, size: int) -> None:
    """Refuse more rows than bytes can tell apart.

    Raises:
        InvalidArgumentsError: There are.
    """
    if rows > max(MOST_ALIKE, size * MOST_ROWS_PER_BYTE):
        raise unreadable(f"says that it has {rows:,} rows in {size:,} bytes, which no table does")


def check_kinds(schema: Schema) -> None:
    """Refuse columns of the same name, and such of objects; lists of plain values may be.

    Raises:
        InvalidArgumentsError: There are.
    """
    from pyarrow import types  # noqa: PLC0415 - only who needs it waits for it

    if len(set(schema.names)) < len(schema.names):
        raise unreadable(TWICE)
    for field in schema:
        kind = field.type.value_type if types.is_list(field.type) or types.is_large_list(field.type) else field.type
        if types.is_nested(kind):
            raise unreadable("has a column of objects or nested lists; write these as JSON text")


def columns_of(footer: FileMetaData) -> Iterator[Any]:
    """What the footer says of each column."""
    return (footer.schema.column(place) for place in range(footer.num_columns))


class Extent(NamedTuple):
    """What was seen of one column of a row group.

    Attributes:
        pages: How many pages it has.
        largest: Bytes of the largest one, once unpacked.
        values: How many values they have together.
        delta: Whether some cannot be read as dictionaries.
    """

    pages: int
    largest: int
    values: int
    delta: bool


def bounds_within(raw: BinaryIO, columns: Sequence[Any], found: Sequence[Group]) -> Bounds:
    """Look at every page.

    Raises:
        InvalidArgumentsError: Some are too large.
    """
    largest, delta, count = [1] * len(columns), [False] * len(columns), 0
    for group in found:
        extents = [extent_of(raw, chunk) for chunk in group.chunks]
        count += sum(extent.pages for extent in extents)
        check_extents(extents, count)
        check_lists([extent for extent, column in zip(extents, columns, strict=True) if column.max_repetition_level])
        largest = list(map(max, largest, (extent.largest for extent in extents)))
        delta = list(map(or_, delta, (extent.delta for extent in extents)))
    texts = {place for group in found for place, chunk in enumerate(group.chunks) if chunk.is_text and not delta[place]}
    together = MOST_TOGETHER // max(compress(largest, delta), default=1)
    return Bounds(
        tuple(group.rows for group in found),
        max(1, min(TOGETHER, together)),
        tuple(columns[place].path for place in sorted(texts) if columns[place].logical_type.type != "DECIMAL"),
    )


def extent_of(raw: BinaryIO, chunk: Chunk) -> Extent:
    """What there is to see of one column of a row group."""
    count, largest, values, delta = 0, 0, 0, False
    for page in islice(pages(raw, chunk), MOST_PAGES + 1):
        count += 1
        largest = max(largest, page.size)
        values += page.values
        delta = delta or page.encoding in DELTA
    return Extent(count, largest, values, delta)


def check_extents(extents: Sequence[Extent], count: int) -> None:
    """Refuse pages that take more memory, or are more, than anybody could want.

    Raises:
        InvalidArgumentsError: They do, or are.
    """
    if count > MOST_PAGES:
        raise unreadable(f"has more than {MOST_PAGES:,} pages; write it again with larger ones")
    if max((extent.largest for extent in extents), default=0) > LARGEST_PAGE:
        raise unreadable(BOMB.format(LARGEST_PAGE >> 20))
    if sum(extent.largest for extent in extents) > LARGEST_PAGES:
        raise unreadable(BOMB.format(f"{LARGEST_PAGES >> 20} (all columns together)"))


def check_lists(extents: Sequence[Extent]) -> None:
    """Refuse lists that take more memory than there is for them.

    Raises:
        InvalidArgumentsError: They do.
    """
    if any(extent.values > MOST_LISTED for extent in extents):
        raise unreadable(LISTS)
