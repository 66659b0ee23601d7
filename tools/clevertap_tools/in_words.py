"""Values as one line of plain text, for the person who has to say yes.

What is shown there was often written by somebody else, so nothing in it may break the line, hide in it, or look like
our own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

LONGEST_LINE = 400
LONGEST_VALUE = 80
"""Characters of one value inside a longer sentence."""


def line(text: str, most: int = LONGEST_LINE) -> str:
    """A text in one line of bounded length, without characters that cannot be seen."""
    joined = " ".join(text.split())
    seen = "".join(character for character in joined if character.isprintable())
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def quoted(text: object, most: int = LONGEST_VALUE) -> str:
    """A value in quotation marks that it cannot close."""
    return f'"{line(str(text), most).replace(chr(34), chr(39))}"'


def told(value: object) -> str:
    """A value inside a sentence: numbers as they are, everything else in quotation marks."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else quoted(value)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return " ".join([", ".join(parts[:-1]), last, parts[-1]]) if len(parts) > 1 else "".join(parts)


def first(parts: Sequence[str], most: int = 10) -> str:
    """The first of many, and how many more there are."""
    more = len(parts) - most
    return f"{', '.join(parts[:most])} and {more:,} more" if more > 0 else joined(parts)


def counted(number: int, one: str, many: str) -> str:
    """`1 person`, `1,200 people`."""
    return f"{number:,} {one if number == 1 else many}"


def people(number: int) -> str:
    """`1 person`, `1,200 people`."""
    return counted(number, "person", "people")


def moment(text: str) -> str:
    """A moment as CleverTap reads it (`YYYYMMDD HH:MM`), with dashes."""
    return f"{datetime.strptime(text, '%Y%m%d %H:%M'):%Y-%m-%d %H:%M}"  # noqa: DTZ007 - whose zone is said beside it
