"""Content blocks as they are read: an answer holds as much of their content as there is room for (engagement 14.1)."""

from __future__ import annotations

import json

from clevertap_tools.wire import JsonObject

ROOM = 13_000
"""Bytes of content, written as JSON, in one answer."""
BEGINNING = 120
"""Characters of content in a list of blocks."""


def piece(content: str, offset: int) -> str:
    """As much of a content, from a character on, as there is room for."""
    taken = content[offset : offset + ROOM]
    while size(taken) > ROOM:
        taken = taken[: len(taken) * 3 // 4]
    return taken


def size(text: str) -> int:
    """The bytes of a text written as JSON; half a character, which CleverTap lets happen, counts too."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def shortened(block: JsonObject) -> JsonObject:
    """A block of a list: the beginning of its content, and how long that is."""
    content = str(block.get("content") or "")
    return block | {"content": content[:BEGINNING], "characters": len(content)}


def read_part(block: JsonObject, offset: int) -> tuple[JsonObject, int, int | None]:
    """A block with a part of its content, how many characters there are in all, and where the rest begins."""
    content = str(block.get("content") or "")
    part = piece(content, offset)
    end = offset + len(part)
    return block | {"content": part}, len(content), end if end < len(content) else None
