"""The values of properties, as CleverTap takes them (reference: data 4.3)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any, Literal

from clevertap_bulk.reading.json_rows import DECODER

Type = Literal["auto", "text", "number", "boolean", "date", "list", "json"]
Convert = Callable[[Any], Any]
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
MOST_DIGITS = 18
"""Digits of a whole number that every reader of JSON takes."""
TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
NO_NUMBER = "is no number: write it like 1234.5"
NO_BOOLEAN = "is neither true nor false"
NO_TEXT = "is no text"
NO_LIST = "is no list"
NO_JSON = "is no JSON"
AN_OBJECT = "is an object; take it with the type 'json', or its parts by names like 'address.city'"


def as_text(value: Any) -> str:
    """Text.

    Raises:
        ValueError: It has none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(as_number(value))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return decoded(value)
    raise ValueError(NO_TEXT)


def decoded(value: bytes) -> str:
    """Bytes of Parquet as text.

    Raises:
        ValueError: They are none.
    """
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise ValueError(NO_TEXT) from None


def as_number(value: Any) -> int | float:
    """A number, whole if it is written as one.

    Raises:
        ValueError: It is none, or not finite.
    """
    if isinstance(value, str):
        return number_of(value.strip())
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_finite(value):
        raise ValueError(NO_NUMBER)
    return value


def is_finite(number: float) -> bool:
    """Whether a number is one that every reader of JSON can hold, whatever it makes of the last digits."""
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond all fractions
        return False


def number_of(text: str) -> int | float:
    """The number that a text writes."""
    if len(text) <= MOST_DIGITS and WHOLE.fullmatch(text):
        return int(text)
    if not NUMBER.fullmatch(text):
        raise ValueError(NO_NUMBER)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(NO_NUMBER)
    return number


def as_boolean(value: Any) -> bool:
    """True or false.

    Raises:
        ValueError: It is neither.
    """
    word = str(value).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError(NO_BOOLEAN)


def as_json(value: Any) -> Any:
    """JSON as it is, also when it is written as text.

    Raises:
        ValueError: It is none.
    """
    try:
        return DECODER.decode(value) if isinstance(value, str) else json.loads(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        raise ValueError(NO_JSON) from None


def lister(separator: str) -> Convert:
    """What reads lists of texts: JSON, or with something between them."""

    def as_list(value: Any) -> list[str]:
        if isinstance(value, str):
            value = as_json(value) if value.lstrip().startswith("[") else value.split(separator)
        if not isinstance(value, list):
            raise ValueError(NO_LIST)  # noqa: TRY004 - a fault of the row, not of the code
        texts = [as_text(each).strip() for each in value if each is not None]
        return [text for text in texts if text]

    return as_list


def as_it_is(dated: Convert) -> Convert:
    """What takes values of the kind that the file gives them."""
    listed = lister(",")

    def keep(value: Any) -> Any:
        if isinstance(value, str | bool):
            return value
        if isinstance(value, int | float | Decimal):
            return as_number(value)
        if isinstance(value, date):
            return dated(value)
        if isinstance(value, list):
            return listed(value)
        if isinstance(value, dict):
            raise ValueError(AN_OBJECT)  # noqa: TRY004 - a fault of the row, not of the code
        return as_text(value)

    return keep


def converter(kind: Type, separator: str, clock: Callable[[Any], int]) -> Convert:
    """What makes a cell a value of a type.

    Args:
        kind: The type.
        separator: What stands between the values of a list.
        clock: What reads times.

    Returns:
        A function that raises ValueError where the cell holds no such value.
    """

    def as_date(value: Any) -> str:
        return f"$D_{clock(value)}"

    others: dict[Type, Convert] = {"text": as_text, "number": as_number, "boolean": as_boolean, "json": as_json}
    others |= {"date": as_date, "list": lister(separator), "auto": as_it_is(as_date)}
    return others[kind]
