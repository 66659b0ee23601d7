"""Shortening any JSON value until it fits, with a mark wherever something is missing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar, cast

V = TypeVar("V")

DEEPEST = 32
"""Levels that JSON writers and readers are sure to take."""
MOST_FIELDS = 30
"""Fields of a result that are kept whatever happens; no result of ours has more."""
WITHOUT_LIMIT = 10**6
MORE_CHARACTERS = re.compile(r"… \[(\d{1,12}) more characters\]\Z")
MORE_ENTRIES = re.compile(r"(?:… )?(\d{1,12}) more entries")
"""The marks of a cut, which a later one counts in."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a value is kept.

    Args:
        chars: Characters of a text, and of a key.
        entries: Entries of a list or an object; the first level keeps at least `MOST_FIELDS`.
        levels: Objects and lists inside each other.
    """

    chars: int = WITHOUT_LIMIT
    entries: int = WITHOUT_LIMIT
    levels: int = DEEPEST


STEPS = (
    ("chars", 200, WITHOUT_LIMIT),
    ("entries", 10, WITHOUT_LIMIT),
    ("chars", 40, 200),
    ("entries", 1, 10),
    ("levels", 1, DEEPEST),
)
"""What is cut, in this order, down to the first figure; the second is where it stood."""


def clip(value: V, fits: Callable[[V], bool]) -> V:
    """The value if it fits; else cut step by step: long texts first, then long lists, then the depth.

    Args:
        value: Any JSON value.
        fits: Whether a shortened value is short enough.
    """
    if fits(value):
        return value
    limits = Limits()
    for name, least, most in STEPS:
        limits = replace(limits, **{name: least})
        if fits(cut := shortened(value, limits)):
            return roomiest(value, limits, name, most, fits)
    return cut


def roomiest(value: V, limits: Limits, name: str, most: int, fits: Callable[[V], bool]) -> V:
    """The value with one of the limits raised as far as it still fits."""

    def cut(figure: int) -> V:
        return shortened(value, replace(limits, **{name: figure}))

    return cut(largest(lambda figure: fits(cut(figure)), getattr(limits, name), most))


def largest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number up to `high` that holds, given that `low` does and that those above one that fails do not.

    Looks upwards in growing strides, because trying a large number is what costs.
    """
    stride = 1
    while low < high and holds(min(low + stride, high)):
        low, stride = min(low + stride, high), stride * 2
    high = min(low + stride, high) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def shortened(value: V, limits: Limits) -> V:
    """A value cut to limits; it keeps its kind."""
    return cast("V", part(value, limits, 0))


def part(value: Any, limits: Limits, level: int) -> Any:
    """A value at some level of another one, cut to limits."""
    if isinstance(value, str):
        return shortened_text(value, limits.chars)
    if not isinstance(value, Mapping | list):
        return value
    if level == limits.levels:
        return shortened_text(spelled(value), limits.chars)
    kept = limits.entries if level else max(limits.entries, MOST_FIELDS)
    if isinstance(value, list):
        return [part(each, limits, level + 1) for each in islice(value, kept)] + missing(value, kept)
    cut = {
        shortened_text(key, limits.chars): part(each, limits, level + 1) for key, each in islice(value.items(), kept)
    }
    more = len(value) - kept + beyond(value.get("…"))
    return cut | ({"…": f"{more} more entries"} if len(value) > kept else {})


def missing(value: list[Any], kept: int) -> list[Any]:
    """The mark at the end of a list, of the same kind as its entries; numbers carry none."""
    last = value[-1] if value else None
    more = f"{len(value) - kept + beyond(last.get('…') if isinstance(last, Mapping) else last)} more entries"
    if len(value) <= kept or all(isinstance(each, int | float) for each in value):
        return []
    return [{"…": more}] if all(isinstance(each, Mapping) for each in value) else [f"… {more}"]


def shortened_text(text: str, chars: int) -> str:
    """The beginning of a text and how much is missing; the whole text if the mark would be longer."""
    if len(text) <= chars:
        return text
    mark = MORE_CHARACTERS.search(text)
    more = len(text) - chars + (int(mark[1]) - len(mark[0]) if mark else 0)
    cut = f"{text[:chars]}… [{more} more characters]"
    return cut if len(cut) < len(text) else text


def beyond(mark: object) -> int:
    """How many more entries than itself a mark stands for that was set by an earlier cut; 0 for what is none."""
    found = MORE_ENTRIES.fullmatch(mark) if isinstance(mark, str) else None
    return int(found[1]) - 1 if found else 0


def writable(value: Any, levels: int = DEEPEST) -> Any:
    """A value that every JSON writer takes: whole Unicode characters, finite numbers, not too deep.

    CleverTap cuts texts without looking, so half a character (a lone surrogate) does occur.
    """
    if isinstance(value, str):
        return value if value.isascii() else whole_characters(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if not isinstance(value, Mapping | list):
        return value
    if not levels:
        return whole_characters(spelled(value))
    if isinstance(value, list):
        return [writable(each, levels - 1) for each in value]
    return {whole_characters(key): writable(each, levels - 1) for key, each in value.items()}


def spelled(value: Any) -> str:
    """An object or a list as text; only a mark if it is too deep even for that."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "…"


def whole_characters(text: str) -> str:
    """A text with each half character replaced by the replacement mark."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
