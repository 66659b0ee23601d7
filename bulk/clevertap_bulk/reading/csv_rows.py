"""Rows of CSV: the first names the columns, all are text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from clevertap_bulk.reading.csv_records import records
from clevertap_bulk.reading.lines import BLANK, bom_skipped, is_too_long, lines
from clevertap_bulk.reading.packing import Packing, unpacked
from clevertap_bulk.reading.row import MOST_COLUMNS, NOT_UTF8, NUL, TOO_LONG, TWICE, Row, unreadable

DELIMITERS = (",", ";", "\t", "|")
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
NO_HEADER = "has no header: its first row must name the columns"
NOT_CSV = "is no CSV: a line break is out of place, or a cell has more than {:,} characters"


class Header(NamedTuple):
    """The first row of a file.

    Attributes:
        columns: What the cells of a row are called.
        delimiter: What stands between them.
        end: Where the rows begin.
    """

    columns: tuple[str, ...]
    delimiter: str
    end: int


class Texts:
    """The rows of a file as text, one after the other, and what is wrong with the one at hand."""

    def __init__(self, found: Iterator[tuple[int, bytes]]) -> None:
        self._found = found
        self.start = 0
        self.fault: str | None = None

    def __iter__(self) -> Iterator[str]:
        for start, record in self._found:
            self.start, self.fault = start, None
            try:
                text = record.decode()
            except UnicodeDecodeError:
                self.fault = NOT_UTF8
                text = record.decode(errors="replace")
            if "\0" in text:
                self.fault = NUL
            if is_too_long(record):
                self.fault = TOO_LONG
                text = ""
            yield text


def csv_rows(path: Path, packing: Packing, first: int, offset: int | None) -> Iterator[Row]:
    """The rows of a CSV file.

    Args:
        path: The file.
        packing: How it is packed.
        first: The row to start with.
        offset: Where that row starts, if it is known.

    Raises:
        InvalidArgumentsError: It cannot be read on.
    """
    with unpacked(path, packing) as file:
        header = header_of(file)
        found = records(file, header.delimiter.encode(), placed(file, header, offset))
        texts = Texts(found if offset is not None else islice(found, first, None))
        for number, (cells, fault) in enumerate(taken_apart(texts, header), first):
            start = texts.start if packing == "none" else None
            yield Row(number, dict(zip(header.columns, cells, strict=False)), start, fault)


def taken_apart(texts: Texts, header: Header) -> Iterator[tuple[list[str], str | None]]:
    """The cells of each row, and what is wrong with it."""
    count = len(header.columns)
    reader = csv.reader(texts, delimiter=header.delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield [], NOT_CSV.format(csv.field_size_limit())
            continue
        if texts.fault is None and len(cells) != count:
            yield cells, f"has {len(cells):,} cells where the header has {count:,}"
        else:
            yield cells, texts.fault


def csv_starts(path: Path, packing: Packing) -> Iterator[int]:
    """Where each row of a CSV file starts.

    Raises:
        InvalidArgumentsError: It cannot be read on.
    """
    with unpacked(path, packing) as file:
        header = header_of(file)
        for start, _ in records(file, header.delimiter.encode(), header.end):
            yield start


def csv_columns(path: Path, packing: Packing) -> tuple[str, ...]:
    """What the columns of a CSV file are called.

    Raises:
        InvalidArgumentsError: Its first row does not say.
    """
    with unpacked(path, packing) as file:
        return header_of(file).columns


def placed(file: BufferedReader, header: Header, offset: int | None) -> int:
    """Go where the rows begin, or where one of them does; the place."""
    if offset is None:
        return header.end
    return file.seek(offset)


def header_of(file: BufferedReader) -> Header:
    """Read the first row of a file.

    Raises:
        InvalidArgumentsError: It names no columns, or more than anybody has.
    """
    for start, line in lines(file, bom_skipped(file)):
        if line not in BLANK:
            return Header(*named(line), start + len(line))
    raise unreadable(NO_HEADER)


def named(line: bytes) -> tuple[tuple[str, ...], str]:
    """The columns that a header names, and what stands between them.

    Raises:
        InvalidArgumentsError: It names none, or more than anybody has.
    """
    try:
        text = line.decode()
        delimiter = max(DELIMITERS, key=QUOTED.sub("", text).count)
        names = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise unreadable(NO_HEADER) from None
    if not names or "\0" in text or is_too_long(line):
        raise unreadable(NO_HEADER)
    if len(names) > MOST_COLUMNS:
        raise unreadable(f"has {len(names):,} columns; at most {MOST_COLUMNS:,} can be read")
    columns = tuple(name.strip() or f"column {number}" for number, name in enumerate(names, 1))
    if len(set(columns)) < len(columns):
        raise unreadable(TWICE)
    return columns, delimiter
