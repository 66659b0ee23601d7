"""Cursors of export walks. Reference: data 7.1.

A cursor is opaque text that must reach the server percent-encoded exactly once. It is made so that it always
needs that encoding (it holds `+`, `/` and `=`): a client that forgets, or does it twice, is found out every
time.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from urllib.parse import quote

MAGIC = b"\xfb\xff\xbf"
"""Reads `+/+/` in base64."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cursor points: to a page of a walk, the first being 0."""

    walk: int
    page: int


def write_cursor(place: Place, padding: int = 0) -> str:
    """Write a cursor as it is given out: already percent-encoded."""
    state = json.dumps([place.walk, place.page]).encode().ljust(padding)
    # One byte over a multiple of three makes base64 end in `==`.
    raw = MAGIC + state + b" " * ((1 - len(state)) % 3)
    return quote(base64.b64encode(raw), safe="")


def read_cursor(text: str) -> Place | None:
    """Read a cursor as it arrives, decoded once by the transport; None if it was damaged on the way."""
    try:
        raw = base64.b64decode(text, validate=True)
        walk, page = json.loads(raw.removeprefix(MAGIC)) if raw.startswith(MAGIC) else (None, None)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    return Place(walk, page) if isinstance(walk, int) and isinstance(page, int) else None
