"""What a Parquet file says of itself: its row groups and columns, and how much memory each page takes.

Told by its own bytes, not by pyarrow: that one ends the process where some of them are damaged. And the footer may say
anything: what is unpacked is a page, and its own header decides how large that gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from clevertap_bulk.reading.thrift import BrokenError, Fields, Thrift, Wanted, number, struct_in, structs

LONGEST_HEADER = 1 << 16
UNPACKED, PACKED, DATA, DATA_V2 = 2, 3, 5, 8
VALUES, ENCODING, ENCODING_V2 = 1, 2, 4
OF_PAGES: Wanted = {UNPACKED: {}, PACKED: {}, DATA: {VALUES: {}, ENCODING: {}}, DATA_V2: {VALUES: {}, ENCODING_V2: {}}}
COUNT, GROUPS, CHUNKS, GROUP_COUNT, META = 3, 4, 1, 3, 3
KIND, LENGTH, FIRST_PAGE, FIRST_DICTIONARY = 1, 7, 9, 11
OF_CHUNKS: Wanted = {META: {KIND: {}, LENGTH: {}, FIRST_PAGE: {}, FIRST_DICTIONARY: {}}}
OF_FOOTERS: Wanted = {COUNT: {}, GROUPS: {CHUNKS: OF_CHUNKS, GROUP_COUNT: {}}}
TEXT = 6
"""The physical type of texts, and of whatever else has no fixed length."""


class Page(NamedTuple):
    """One page.

    Attributes:
        size: Bytes once unpacked.
        values: How many values it has; 0 of a dictionary.
        encoding: The number of the way in which they are written.
    """

    size: int
    values: int
    encoding: int


class Chunk(NamedTuple):
    """One column of a row group.

    Attributes:
        start: Where its first page is.
        length: Bytes of all its pages.
        is_text: Whether its values have no fixed length.
    """

    start: int
    length: int
    is_text: bool


class Group(NamedTuple):
    """A row group.

    Attributes:
        rows: How many rows it has.
        chunks: Its columns.
    """

    rows: int
    chunks: list[Chunk]


def groups(footer: bytes) -> list[Group]:
    """The row groups of a file.

    Raises:
        BrokenError: These bytes are no footer.
    """
    fields = Thrift(footer).struct(OF_FOOTERS)
    found = [
        Group(number(each, GROUP_COUNT), list(map(chunk_of, structs(each, CHUNKS)))) for each in structs(fields, GROUPS)
    ]
    if number(fields, COUNT) != sum(group.rows for group in found):
        raise BrokenError
    return found


def chunk_of(fields: Fields) -> Chunk:
    """One column of a row group."""
    told = struct_in(fields, META)
    start, dictionary = number(told, FIRST_PAGE), number(told, FIRST_DICTIONARY)
    return Chunk(dictionary if 0 < dictionary < start else start, number(told, LENGTH), number(told, KIND) == TEXT)


def pages(file: BinaryIO, chunk: Chunk) -> Iterator[Page]:
    """The pages of one column of a row group.

    Raises:
        BrokenError: They are not what they should be.
    """
    start, end = chunk.start, chunk.start + chunk.length
    while start < end:
        file.seek(start)
        header = Thrift(file.read(min(LONGEST_HEADER, end - start)))
        fields = header.struct(OF_PAGES)
        old, new = struct_in(fields, DATA), struct_in(fields, DATA_V2)
        encoding = number(new, ENCODING_V2) if new else number(old, ENCODING)
        yield Page(number(fields, UNPACKED), number(new or old, VALUES), encoding)
        start += header.place + number(fields, PACKED)
