"""Content blocks as they are read: an answer holds as much of their content as there is room for (engagement 14.1).

Content is cut only at borders between words, so that what is personal in it stays recognisable.
"""

from __future__ import annotations

import json
from bisect import bisect_right

from clevertap_tools.borders import border
from clevertap_tools.wire import JsonObject

ROOM = 13_000
"""Bytes of content, written as JSON, in one answer."""
BEGINNING = 120
"""Characters of content in a list of blocks."""
CUT = "…"
"""Stands where the beginning of a content ends."""


def piece(content: str, offset: int) -> str:
    """As much of a content, from a border on, as there is room for."""
    longest = min(len(content) - offset, ROOM)
    fitting = bisect_right(range(1, longest + 1), ROOM, key=lambda length: size(content[offset : offset + length]))
    return content[offset : border(content, offset + fitting)]


def size(text: str) -> int:
    """The bytes of a text within JSON; half a character, which CleverTap lets happen, counts too."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - len('""')


def shortened(block: JsonObject) -> JsonObject:
    """A block of a list: the beginning of its content, and how long that is."""
    content = str(block.get("content") or "")
    return block | {"content": beginning(content), "characters": len(content)}


def beginning(content: str) -> str:
    """A short content, or the words that a long one begins with."""
    return content if len(content) <= BEGINNING else f"{content[: border(content, BEGINNING)]}{CUT}"


def read_part(block: JsonObject, offset: int) -> tuple[JsonObject, int, int | None]:
    """A block with a part of its content, how many characters there are in all, and where the rest begins.

    An offset within a word means the beginning of the word.
    """
    content = str(block.get("content") or "")
    start = border(content, offset)
    part = piece(content, start)
    end = start + len(part)
    return block | {"content": part}, len(content), end if end < len(content) else None
