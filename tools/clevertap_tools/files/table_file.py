"""Checking a CSV file before it leaves, row by row, in flat memory however large it is.

CleverTap takes any file without a word and tells only by e-mail what was wrong with it (reference: data 10.1, 10.3).
Nothing that stands in the file is repeated: whoever names a file need not be allowed to read it.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Protocol

from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.files.local_files import FIELD

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 1 << 20
LONGEST_CELL = csv.field_size_limit()
"""Characters; whatever is longer is taken for a quotation mark that nobody closed."""
BUCKETS = 256


class FaultyRowError(ValueError):
    """A row breaks a rule; the message goes on from `line 3 of 'file'`."""


class Rules(Protocol):
    """What a table must look like."""

    def check_header(self, columns: Sequence[str]) -> None:
        """Check the first row.

        Raises:
            FaultyRowError: It is not as it must be.
        """

    def check_row(self, row: Sequence[str]) -> None:
        """Check any other row.

        Raises:
            FaultyRowError: It is not as it must be.
        """

    def identity(self, row: Sequence[str]) -> str | None:
        """What should not stand there twice; None if nobody minds."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in a file.

    Args:
        size: Bytes.
        start: Where it begins: after a byte order mark.
        rows: Rows beside the header.
        repeated: Rows whose identity stands in another row too.
        sha256: The digest of the whole file.
        cuts: Ends of rows where it can be cut into parts.
        terminated: Whether its last row ends with a newline.
    """

    size: int
    start: int
    rows: int
    repeated: int
    sha256: str
    cuts: tuple[int, ...] = ()
    terminated: bool = True


class Lines:
    """The lines of a file as text, and how many they were and how many bytes they took.

    Args:
        file: The file.
        longest: Bytes that a line may have.
    """

    def __init__(self, file: BinaryIO, longest: int = LONGEST_LINE) -> None:
        self._file = file
        self._longest = longest
        self._last = b"\n"
        self.digest = sha256()
        self.start = 0
        self.offset = 0
        self.number = 0
        self.abandoned = False
        """Whether nobody wants to know the rest."""

    @property
    def terminated(self) -> bool:
        """Whether the last line ends with a newline."""
        return self._last.endswith(b"\n")

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(self._longest):
            if self.abandoned:
                return
            self._last = line
            self.number += 1
            if not self.terminated and len(line) == self._longest:
                raise FaultyRowError(f"is longer than {self._longest:,} bytes")
            self.digest.update(line)
            if self.offset == 0 and line.startswith(BOM):
                self.start = len(BOM)
            self.offset += len(line)
            yield line.decode("utf-8-sig" if self.offset == len(line) else "utf-8")


class Repetitions:
    """Counts rows with the identity of an earlier one, in 8 bytes for each row."""

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(BUCKETS)]

    def add(self, identity: str) -> None:
        """Note one row."""
        number = hash(identity)
        self._buckets[number % BUCKETS].append(number)

    def count(self) -> int:
        """How many rows there were beside the first of each identity."""
        return sum(len(bucket) - len(set(bucket)) for bucket in self._buckets)


def read_table(lines: Lines, rules: Rules, targets: Sequence[int] = ()) -> Table:
    """Check a whole file.

    Args:
        lines: Its lines.
        rules: What it must look like.
        targets: Where it should be cut, in bytes; it is cut behind the row that lies there.

    Raises:
        InvalidArgumentsError: It breaks a rule, or is no CSV in UTF-8; names the line.
    """
    rows, cuts, left, repetitions = -1, list[int](), list(targets), Repetitions()
    try:
        for rows, row in enumerate(csv.reader(lines, strict=True)):
            if rows == 0:
                rules.check_header(row)
                continue
            rules.check_row(row)
            if (identity := rules.identity(row)) is not None:
                repetitions.add(identity)
            while left and lines.offset >= left[0]:
                left.pop(0)
                cuts.append(lines.offset)
    except FaultyRowError as error:
        raise faulty(lines.number, str(error)) from None
    except UnicodeDecodeError:
        raise faulty(lines.number, "is not UTF-8 text; save the file as UTF-8") from None
    except csv.Error as error:
        raise faulty(lines.number, no_csv(error)) from None
    if rows < 1:
        raise InvalidArgumentsError.of(FIELD, f"{FIELD!r} holds no rows; it needs a header and at least one row")
    repeated = repetitions.count()
    whole = tuple(sorted({cut for cut in cuts if cut < lines.offset}))
    return Table(lines.offset, lines.start, rows, repeated, lines.digest.hexdigest(), whole, lines.terminated)


def no_csv(error: csv.Error) -> str:
    """What is wrong with a row that cannot be read."""
    if "field limit" in str(error):
        return f"has a cell of more than {LONGEST_CELL:,} characters, or a quotation mark is not closed"
    return "is no CSV: a quotation mark or a line break is out of place"


def faulty(line: int, why: str) -> InvalidArgumentsError:
    """A file with a fault in one of its lines."""
    return InvalidArgumentsError.of(FIELD, f"line {line:,} of {FIELD!r} {why}")
