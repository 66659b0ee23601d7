"""The lines of a file as bytes, none of them longer than a row may be, and where each starts."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

from clevertap_bulk.reading.row import LONGEST, unreadable

BOM = b"\xef\xbb\xbf"
BITE = 1 << 16
BLANK = frozenset({b"\n", b"\r\n"})
MOST_BLANK = 100_000
"""Blank lines of a file: whoever waits for its rows must not wait for ever."""


def lines(file: BufferedReader, offset: int, unwanted: bytes | None = None) -> Iterator[tuple[int, bytes]]:
    """Each line: where it starts, and the line with its end.

    Args:
        file: The file.
        offset: Where it stands.
        unwanted: What must not stand in the rest of a line that is too long.

    Yields:
        Of a line that is too long only its first bytes, see `is_too_long`; the rest is gone over in small bites.

    Raises:
        InvalidArgumentsError: Something unwanted was found.
    """
    while line := file.readline(LONGEST + 1):
        yield offset, line
        if is_too_long(line):
            offset += rest_skipped(file, offset, unwanted)
        offset += len(line)


def check_blank(count: int) -> None:
    """Refuse a file of nothing but blank lines.

    Raises:
        InvalidArgumentsError: There are more than anybody writes.
    """
    if count > MOST_BLANK:
        raise unreadable(f"has more than {MOST_BLANK:,} blank lines; take them out")


def is_too_long(line: bytes) -> bool:
    """Whether these are only the first bytes of a line, which is longer than a row may be."""
    return len(line) > LONGEST and not line.endswith(b"\n")


def rest_skipped(file: BufferedReader, start: int, unwanted: bytes | None) -> int:
    """Go to the end of a line; the bytes that this took."""
    count = 0
    while some := file.readline(BITE):
        count += len(some)
        if unwanted is not None and unwanted in some:
            raise unreadable(
                f"has a line of more than {LONGEST:,} bytes with {unwanted.decode()} in it, at byte {start:,}"
            )
        if some.endswith(b"\n"):
            break
    return count


def bom_skipped(file: BufferedReader) -> int:
    """Go behind the byte order mark, if there is one; the bytes that this took."""
    return len(file.read(len(BOM))) if file.peek(len(BOM)).startswith(BOM) else 0
