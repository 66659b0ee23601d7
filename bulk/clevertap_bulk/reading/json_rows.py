"""Rows of JSON Lines: one object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from clevertap_bulk.reading.lines import BLANK, bom_skipped, check_blank, is_too_long, lines
from clevertap_bulk.reading.packing import Packing, unpacked
from clevertap_bulk.reading.row import MOST_COLUMNS, NOT_UTF8, NUL, TOO_LONG, UNREAD, Row

NOT_AN_OBJECT = "is no JSON object"
HALF = "holds half a character"
UNENDING = "is nested too deep, or has a number without end"
SHOWN = 2_000
"""Characters of a line that cannot be read that are kept to show."""


def json_rows(path: Path, packing: Packing, first: int, offset: int | None) -> Iterator[Row]:
    """The rows of a file of JSON Lines; see `csv_rows`."""
    with unpacked(path, packing) as file:
        found = islice(filled(file, offset), 0 if offset is not None else first, None)
        for number, (start, line) in enumerate(found, first):
            fault = None
            try:
                values = read_object(line)
            except (ValueError, RecursionError) as error:
                fault = why(error)
                values = {UNREAD: line[:SHOWN].decode(errors="replace").rstrip("\r\n")}
            yield Row(number, values, start if packing == "none" else None, fault)


def json_starts(path: Path, packing: Packing) -> Iterator[int]:
    """Where each row of a file of JSON Lines starts.

    Raises:
        InvalidArgumentsError: It cannot be read on.
    """
    with unpacked(path, packing) as file:
        for start, _ in filled(file, None):
            yield start


def filled(file: BufferedReader, offset: int | None) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank."""
    blank = 0
    for start, line in lines(file, bom_skipped(file) if offset is None else file.seek(offset)):
        if line not in BLANK:
            yield start, line
        else:
            blank += 1
            check_blank(blank)


class FaultError(ValueError):
    """What is wrong with a line, in words for whoever wrote it."""


def read_object(line: bytes) -> dict[str, Any]:
    """The object on a line.

    Raises:
        ValueError: There is none.
        RecursionError: It is nested without end.
    """
    if is_too_long(line):
        raise FaultError(TOO_LONG)
    values = DECODER.decode(line.decode())
    if not isinstance(values, dict):
        raise FaultError(NOT_AN_OBJECT)
    if len(values) > MOST_COLUMNS:
        raise FaultError(f"has {len(values):,} keys; at most {MOST_COLUMNS:,} can be read")
    if b"\\u" in line:
        check_characters(values)
    elif b"\0" in line:
        raise FaultError(NUL)
    return values


def check_characters(values: dict[str, Any]) -> None:
    """Refuse what JSON can write and no text can hold.

    Raises:
        ValueError: There is a NUL, or half of a character that takes two.
    """
    try:
        text = json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise FaultError(HALF) from None
    if b"\\u0000" in text.replace(b"\\\\", b""):
        raise FaultError(NUL)


def why(error: Exception) -> str:
    """What is wrong with a line that is no row."""
    if isinstance(error, FaultError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return NOT_UTF8
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON at character {error.pos + 1:,}: {error.msg}"
    return UNENDING


def no_number(name: str) -> NoReturn:
    """Refuse what is not JSON, though Python would read it."""
    raise FaultError(f"holds {name}, which is no JSON")


DECODER = json.JSONDecoder(parse_constant=no_number)
