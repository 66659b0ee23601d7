"""Where the rows of a CSV file begin and end: a row is a line, or several where a quoted cell holds line breaks.

Rows are told apart here, on bytes and as Python's csv module does it, so that one that is broken spoils no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader

from clevertap_bulk.reading.lines import BLANK, check_blank, is_too_long, lines
from clevertap_bulk.reading.row import LONGEST, unreadable

QUOTE = b'"'
NEVER = "is never closed"
TOO_LATE = f"is not closed within {LONGEST:,} bytes"


class Quotes:
    """Tells whether a line ends inside a quoted cell.

    Args:
        delimiter: What stands between two cells.
    """

    def __init__(self, delimiter: bytes) -> None:
        between = re.escape(delimiter)
        inside = rb'(?:[^"]++|"")*+"[^%s]*+' % between
        cell = rb'(?:"%s|[^"%s][^%s]*+|)' % (inside, between, between)
        more = rb"(?:%s%s)*+" % (between, cell)
        self._closed = re.compile(cell + more)
        self._closing = re.compile(inside + more)

    def closed(self, line: bytes) -> bool:
        """Whether a row that starts with this line ends with it."""
        return self._closed.fullmatch(line) is not None

    def closing(self, line: bytes) -> bool:
        """Whether a row that has an open quotation mark before this line ends with it."""
        return QUOTE in line and self._closing.fullmatch(line) is not None


def records(file: BufferedReader, delimiter: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """Each row as it stands in the file: where it starts, and its bytes; see `is_too_long`. Blank lines are none.

    Args:
        file: The file.
        delimiter: What stands between two cells.
        offset: Where the file stands.

    Raises:
        InvalidArgumentsError: Nobody knows where a row ends.
    """
    quotes = Quotes(delimiter)
    left, blank = lines(file, offset, QUOTE), 0
    for start, line in left:
        if QUOTE in line and (is_too_long(line) or not quotes.closed(line)):
            yield start, whole(start, line, left, quotes)
        elif line not in BLANK:
            yield start, line
        else:
            blank += 1
            check_blank(blank)


def whole(start: int, begun: bytes, left: Iterator[tuple[int, bytes]], quotes: Quotes) -> bytes:
    """A row that goes on in the next lines, with these."""
    taken, size = [begun], len(begun)
    while size <= LONGEST:
        _, line = next(left, (0, b""))
        if not line:
            raise unclosed(start, NEVER)
        taken.append(line)
        size += len(line)
        if quotes.closing(line):
            return b"".join(taken)
    raise unclosed(start, TOO_LATE)


def unclosed(start: int, how: str) -> Exception:
    """A row without an end."""
    return unreadable(f"has a quotation mark that {how}, in the row that starts at byte {start:,}; close or double it")
