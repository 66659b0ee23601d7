"""What a file is: its format and how it is packed, told by what stands in it, then by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple

from clevertap_bulk.reading.csv_rows import DELIMITERS
from clevertap_bulk.reading.packing import Packing, unpacked
from clevertap_bulk.reading.row import unreadable

Format = Literal["csv", "jsonl", "parquet"]
BY_NAME: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
PACKED: dict[bytes, Packing] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
PARQUET = b"PAR1"
NOT_OURS = {
    b"PK\x03\x04": "is a ZIP archive or an Excel workbook; save it as CSV, or unpack it",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
    b"BZh": "is packed with bzip2; use gzip or zstd",
    b"\xfd7zXZ": "is packed with xz; use gzip or zstd",
    b"ORC": "is an ORC file; save it as Parquet",
    b"Obj\x01": "is an Avro file; save it as Parquet",
}
ARRAY = "is one JSON list; write one object on each line (for example with `jq -c '.[]'`)"
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What stands in no text."""
LOOK = 4096
"""Bytes that are looked at."""


class Form(NamedTuple):
    """What a file is."""

    format: Format
    packing: Packing


def form_of(path: Path) -> Form:
    """What a file is.

    Raises:
        InvalidArgumentsError: It is not there, empty, or nothing that can be read here.
    """
    start = beginning(path, "none")
    packing: Packing = next((packing for magic, packing in PACKED.items() if start.startswith(magic)), "none")
    if packing != "none":
        start = beginning(path, packing)
    for magic, why in NOT_OURS.items():
        if start.startswith(magic) and not is_table(start):
            raise unreadable(why)
    if not start.strip():
        raise unreadable("is empty")
    return Form(format_of(path, start, packing), packing)


def beginning(path: Path, packing: Packing) -> bytes:
    """The first bytes of what a file holds.

    Raises:
        InvalidArgumentsError: There are none to be had.
    """
    try:
        with unpacked(path, packing) as file:
            return file.read(LOOK)
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror or error}") from None


def format_of(path: Path, start: bytes, packing: Packing) -> Format:
    """The format, by how the content starts.

    Raises:
        InvalidArgumentsError: It is one that cannot be read here.
    """
    if start.startswith(PARQUET) and not is_table(start):
        if packing != "none":
            raise unreadable("is a packed Parquet file, which can only be read from its end; unpack it")
        return "parquet"
    named = named_format(path)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if named == "parquet":
        raise unreadable("is called Parquet and is none")
    if text.startswith(b"{"):
        return "jsonl"
    if named == "jsonl":
        raise unreadable(ARRAY if text.startswith(b"[") else "is called JSON and does not start with an object")
    return "csv"


def is_table(start: bytes) -> bool:
    """Whether a file starts as a table in text does, though its first column may be called like something else."""
    header, _, rest = start.partition(b"\n")
    return bool(rest) and CONTROL.search(start) is None and any(each.encode() in header for each in DELIMITERS)


def named_format(path: Path) -> Format | None:
    """The format that a name promises."""
    return next((BY_NAME[suffix] for suffix in map(str.lower, reversed(path.suffixes)) if suffix in BY_NAME), None)
