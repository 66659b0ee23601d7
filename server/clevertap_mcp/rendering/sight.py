"""What of a result cannot be shown, however the rest is cut: left out before masking, which takes longer than reading.

An answer of CleverTap's has up to 256 MB, what is shown of it some 20 kB. Only what lies far beyond that is left out
here, whole entries and the ends of long texts; the usual cut (`render`) comes after the mask and says how much is
missing in all. A personal value that only stands in what is left out is not looked for in what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from clevertap_mcp.privacy.masking import LIKE_JSON, reread
from clevertap_mcp.rendering.clip import missing, shortened_text, writable
from clevertap_mcp.rendering.render import MOST_BYTES, REFUSALS, within
from clevertap_tools.action import Listing, Result
from clevertap_tools.borders import border
from clevertap_tools.unseen import plain

LONGEST: Final = 2 * MOST_BYTES
"""Characters of a text; half of them are more than can be shown."""
ENTRIES: Final = (MOST_BYTES // 2, 1_000, 100, 10)
"""Entries of each list and object: more than can be shown, or as few as it takes for the whole to weigh little."""
MOST_WEIGHT: Final = 4_000_000
WEIGHT_OF_VALUE: Final = 100
"""Characters that can be masked in the time that one more value takes."""
DEEPEST: Final = 64
"""Levels that are looked into; the mask does not look any deeper."""

R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a result may be shown.

    Args:
        result: The result.
        beyond: How many rows of a listing were left out.
    """

    result: Result
    beyond: int = 0


def in_sight(result: Result) -> Seen:
    """A result without what could not be shown of what others wrote."""
    rows = result.rows if isinstance(result, Listing) else None
    if rows == REFUSALS:  # their text names all of them by kind
        return Seen(result)
    near = {name: near_enough(getattr(result, name)) for name in result.theirs if name != rows}
    if rows is None:
        return Seen(result.model_copy(update=near))
    given = getattr(result, rows)
    kept = near_rows(given)
    return Seen(result.model_copy(update=near | {rows: kept}), len(given) - len(kept))


def near_rows(rows: list[Any]) -> list[Any]:
    """The rows that would fit if masking did not make them longer, their values cut."""
    count = sum(1 for _ in within(map(as_json, rows), MOST_BYTES))
    return [near_enough(row) for row in rows[:count]]


def as_json(row: Any) -> Any:
    """A row as JSON."""
    return writable(row.model_dump(mode="json") if isinstance(row, BaseModel) else row)


def near_enough(value: Any) -> Any:
    """A value cut as little as it takes to be masked soon."""
    cut = value
    for most in ENTRIES:
        cut = part(value, most)
        if weight(cut) <= MOST_WEIGHT:
            break
    return cut


def part(value: Any, most: int, level: int = 0) -> Any:
    """A value of which each list and object has at most so many entries, and a mark if more are missing."""
    if isinstance(value, str):
        return near_text(value, most)
    if level == DEEPEST:
        return value
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: part(each, most, level + 1) for name, each in value})
    if isinstance(value, Mapping):
        cut = {key: part(each, most, level + 1) for key, each in islice(value.items(), most)}
        return cut | ({"…": f"{len(value) - most} more entries"} if len(value) > most else {})
    if isinstance(value, list | tuple):
        first = [part(each, most, level + 1) for each in value[:most]]
        return type(value)(first + missing(list(value), most))
    return value


def near_text(text: str, most: int) -> str:
    """The beginning of a long text, cut where nothing is split that the mask looks for; JSON stays JSON."""
    if len(text) <= LONGEST:
        return text
    if text.lstrip()[:1] in LIKE_JSON and (told := reread(text, lambda value: part(value, most))) is not None:
        return told
    seen = plain(text)
    return shortened_text(seen, border(seen, LONGEST))


def weight(value: Any) -> int:
    """How long masking a value takes, in characters."""
    return sum(WEIGHT_OF_VALUE + (len(each) if isinstance(each, str) else 0) for each in leaves(value))


def leaves(value: Any, level: int = 0) -> Iterator[Any]:
    """Every key and every value that holds no other."""
    if level < DEEPEST and isinstance(value, Mapping | BaseModel):
        for key, each in value.items() if isinstance(value, Mapping) else value:
            yield key
            yield from leaves(each, level + 1)
    elif level < DEEPEST and isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each, level + 1)
    else:
        yield value
