"""Columns and what kind of values they hold: noted page by page, settled when all pages have been seen.

CleverTap tells no types, and a property may be a number today and a text tomorrow. Nothing is guessed from a text:
"007" stays what it is. Values that do not go together become texts, lists and objects their JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from types import NoneType
from typing import Any

import pyarrow as pa
from pyarrow import compute

from clevertap_tools.errors import RejectedError
from clevertap_tools.wire import JsonObject

MOST = 2000
"""Columns of one file. CleverTap allows 256 properties per event."""
PREFIXES = ("props", "session", "profile")
"""What columns are about, in the order of a file."""
EXACT = 2**53
"""Whole numbers beyond this cannot share a column with fractions."""


class TooWideError(RejectedError):
    """Records have more properties than a file can have columns."""

    code = "too_many_columns"
    next_step = "Export fewer events at once, or without people's properties."


class Kind(StrEnum):
    """What values of a column were seen."""

    INTEGER = "integer"
    LARGE = "large"
    """Whole numbers that a floating one cannot hold exactly."""
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


TYPES: Mapping[Kind, Any] = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TEXT: pa.string(),
}
KINDS: Mapping[Any, Kind] = {kind: name for name, kind in TYPES.items()}
Arrays = dict[str, Any]
"""Arrow arrays by the names of their columns."""


def spread(prefix: str, objects: Sequence[JsonObject]) -> Arrays:
    """Objects as columns: the values of each key, none where an object lacks it.

    Raises:
        TooWideError: There are more keys than any file should have columns.
    """
    names = dict.fromkeys(chain.from_iterable(objects))
    if len(names) > MOST:
        raise TooWideError(f"The records have {len(names):,} different properties; a file takes {MOST:,}.")
    return {f"{prefix}.{clean(name)}": array([each.get(name) for each in objects]) for name in names}


def array(values: Sequence[Any]) -> Any:
    """Values in the type that holds all of them exactly, texts if there is no other."""
    types = set(map(type, values)) - {NoneType}
    try:
        return pa.array(values, type_of(types))
    except (OverflowError, UnicodeEncodeError, pa.ArrowTypeError, pa.ArrowInvalid):
        return texts(values)


def type_of(types: set[type]) -> Any:
    """The Arrow type for values of some types of JSON."""
    if not types:
        return pa.null()
    if types <= {int, float}:
        return pa.int64() if types == {int} else pa.float64()
    return pa.bool_() if types == {bool} else pa.string()


def texts(values: Iterable[Any]) -> Any:
    """Values as an array of texts."""
    return pa.array([None if value is None else clean(as_text(value)) for value in values], pa.string())


def as_text(value: Any) -> str:
    """One value as a text; a whole number looks the same whichever column it comes from."""
    if isinstance(value, str):
        return value
    written = json.dumps(value, ensure_ascii=False)
    return written.removesuffix(".0") if isinstance(value, float) else written


def clean(text: str) -> str:
    """The same without halves of characters, which no file can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def kinds_of(column: Any) -> set[Kind]:
    """What an array holds, nothing if all of its values are missing."""
    if column.null_count == len(column):
        return set()
    if column.type == pa.int64() and reach(column) > EXACT:
        return {Kind.LARGE}
    return {KINDS[column.type]}


def reach(numbers: Any) -> float:
    """The largest of some numbers, whatever their signs."""
    ends = compute.min_max(numbers).as_py().values()
    return float(max(abs(end) for end in ends))


def joined(seen: Iterable[Mapping[str, Iterable[str]]]) -> dict[str, Kind]:
    """What each column is, from what was seen of it anywhere; in the order of a file.

    Raises:
        TooWideError: There are too many.
    """
    kinds: dict[str, set[Kind]] = {}
    for each in seen:
        for name, found in each.items():
            kinds.setdefault(name, set()).update(map(Kind, found))
    if len(kinds) > MOST:
        raise TooWideError(f"The records have {len(kinds):,} different properties; a file takes {MOST:,}.")
    return {name: settled(kinds[name]) for name in sorted(kinds, key=place)}


def place(name: str) -> tuple[int, str]:
    """Where a column stands: by what it is about, then by its name."""
    prefix = name.partition(".")[0]
    return (PREFIXES.index(prefix) if prefix in PREFIXES else len(PREFIXES), name)


def settled(kinds: set[Kind]) -> Kind:
    """The one kind that can hold values of all these."""
    if kinds and kinds <= {Kind.INTEGER, Kind.LARGE}:
        return Kind.INTEGER
    if kinds and kinds <= {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    return Kind.BOOLEAN if kinds == {Kind.BOOLEAN} else Kind.TEXT
