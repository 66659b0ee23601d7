"""Which type the values of a column probably have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from clevertap_bulk.mapping.times import Unit
from clevertap_bulk.mapping.values import Type, as_json
from clevertap_tools.spelling import loosely

NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?", re.ASCII)
"""A number as nobody writes a name: no zero before it."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)
WHOLE = re.compile(r"-?\d+", re.ASCII)
DIGITS_OF_DAY = re.compile(r"(?:19|20)\d{6}", re.ASCII)
UNITS: dict[int, Unit] = {10: "seconds", 13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}
"""By the digits that times since the year 2001 have."""
BOOLEANS = frozenset({"true", "false", "yes", "no"})
DIGITS_THAT_NAME = frozenset(
    {"id", "ids", "phone", "mobile", "zip", "zipcode", "postcode", "code", "sku", "ean", "isbn", "number", "no"}
)
"""Last words of columns whose digits are no figures."""
TIMES = frozenset({"at", "time", "timestamp", "date", "ts"})
BORN = frozenset({"born", "dob"})
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def likely_type(column: str, values: Sequence[Any]) -> Type:
    """The type of a column; "auto" where its values say it themselves, or nothing.

    Args:
        column: What it is called.
        values: Some of its values, none of them empty.
    """
    texts = [value.strip() for value in values if isinstance(value, str)]
    if texts and len(texts) == len(values):
        return type_of_texts(last_word(column), texts)
    if last_word(column) in TIMES and likely_unit(values) != "auto":
        return "date"
    return type_of_json(values)


def tells_time(column: str, values: Sequence[Any]) -> bool:
    """Whether a column tells when something happened: most of its values are times.

    Not all of them need be, for a row whose time cannot be read has to be refused, and not to be taken for now.

    Args:
        column: What it is called; births are no such times.
        values: Some of its values, none of them empty.
    """
    called = last_word(column) in TIMES
    times = [value for value in values if is_time(value, called=called)]
    return 2 * len(times) > len(values) and not is_of_birth(column)


def is_time(value: Any, *, called: bool) -> bool:
    """Whether a value is a time, of a column that is called like one or not."""
    if isinstance(value, date):
        return True
    text = str(value).strip()
    return DAY.fullmatch(text) is not None or (called and text.isdecimal() and len(text) in UNITS)


def is_of_birth(column: str) -> bool:
    """Whether a column says when somebody was born."""
    return "birth" in loosely(column) or not BORN.isdisjoint(map(str.lower, WORD.findall(column)))


def type_of_texts(last: str, texts: Sequence[str]) -> Type:
    """The type of texts, all of CSV among them."""
    if all(text.lower() in BOOLEANS for text in texts):
        return "boolean"
    if (last in TIMES and likely_unit(texts) != "auto") or all(map(DAY.fullmatch, texts)):
        return "date"
    if last not in DIGITS_THAT_NAME and all(map(NUMBER.fullmatch, texts)):
        return "number"
    lists = [read_list(text) for text in texts]
    return "auto" if None in lists else type_of_json(lists)


def type_of_json(values: Sequence[Any]) -> Type:
    """The type of values that are not all texts."""
    lists = [value for value in values if isinstance(value, list)]
    if any(isinstance(each, dict) for each in [*values, *(each for some in lists for each in some)]):
        return "json"
    return "list" if lists and len(lists) == len(values) else "auto"


def read_list(text: str) -> list[Any] | None:
    """A list that is written as JSON; None if there is none."""
    try:
        found = as_json(text) if text.startswith("[") else None
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def likely_unit(values: Sequence[Any]) -> Unit:
    """What times count, if all of them are numbers of one length; else "auto"."""
    lengths = {len(text) if (text := str(value)).isdecimal() else 0 for value in values}
    return UNITS.get(lengths.pop(), "auto") if len(lengths) == 1 else "auto"


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, and no day written as one; births before 1970 have negative ones."""
    return WHOLE.fullmatch(str(value)) is not None and DIGITS_OF_DAY.fullmatch(str(value)) is None


def last_word(column: str) -> str:
    """The last word of a name, however it is written: `created_at`, `createdAt`, `Created At`."""
    words = WORD.findall(column)
    return words[-1].lower() if words else ""
