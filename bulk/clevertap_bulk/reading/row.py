"""One row of a file, and the bounds that keep any row small."""

from __future__ import annotations

from typing import Any, NamedTuple

from clevertap_tools.errors import InvalidArgumentsError

FIELD = "file"
CODE = "clevertap_code"
REASON = "clevertap_reason"
OURS = frozenset({CODE, REASON})
"""Columns that we add to rows which were not taken. They come back with a file that was mended, and mean nothing."""
LONGEST = 1 << 20
"""Bytes that a row may have: a record of CleverTap's sizes never comes near it."""
MOST_COLUMNS = 1_000
UNREAD = "unread"
"""The column of a row that could not be taken apart: its text as it stands in the file."""
NUL = "holds a NUL character"
NOT_UTF8 = "is not UTF-8 text"
TWICE = "has two columns of the same name"
TOO_LONG = f"is longer than {LONGEST:,} bytes"


class Row(NamedTuple):
    """One row.

    Attributes:
        number: Its place among the rows, from 0; a header and blank lines do not count.
        values: Its cells by their columns: texts from CSV, any JSON from JSON Lines, Python's kinds from Parquet.
        offset: The byte of the file that it starts at; None where the file cannot be read from there.
        fault: Why it cannot be read; then `values` hold what there is to show of it.
    """

    number: int
    values: dict[str, Any]
    offset: int | None
    fault: str | None


def unreadable(why: str) -> InvalidArgumentsError:
    """A file that cannot be read."""
    return InvalidArgumentsError.of(FIELD, f"{FIELD!r} {why}")
