"""Where a text can be cut so that no word, address, number or named value is split.

Personal data is recognised only whole, so a cut through the middle of it would let both halves through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FARTHEST = 1000
"""Characters before the wanted place in which a border is looked for."""
AROUND = 400
"""Characters before and after these that may belong to what must stay whole."""
WORDS = re.compile(r"(?<=[\s<>\"{}\[\]|])|(?=[\s<>\"{}\[\]|])")
"""Beside space and markup: nothing that is recognised reaches over these."""
UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
MAKESHIFT = re.compile(rf"(?=[,/(?]|&\w+=)|(?<={UNSPACED})(?={UNSPACED})")
"""In web addresses, and in scripts that write no spaces."""
ANYWHERE = re.compile("")
PAIR = re.compile(
    r"""
    (?P<quote>["'])[^"'\\\n]{1,200}(?P=quote)\s{0,9}:\s{0,9}
    (?:(?P<mark>["'])(?:(?!(?P=mark))[^\\\n]|\\.){0,200}(?P=mark)?|[\w.+-]+)
    """,
    re.VERBOSE,
)
ADDRESS = re.compile(r"[^\s<>\"]{0,100}(?:[@＠﹫]|%(?:25)*40|&#0*64;|&#[xX]0*40;|&commat;|\\u0040)[^\s<>\"]{0,250}")  # noqa: RUF001
NUMBER = re.compile(r"[+＋﹢]?\d(?:[\s\-‐-―−.()/·•*_]{0,3}\d)+")  # noqa: RUF001 - signs of many scripts
WHOLE = (PAIR, ADDRESS, NUMBER)
"""What must stay whole: a key with its value, an address, a number with marks between its digits."""


def border(text: str, place: int) -> int:
    """The last place up to the wanted one where the text can be cut.

    Args:
        text: Any text.
        place: Where it is to be cut; past the end is at the end.

    Returns:
        A border between words; in a text without any, what comes nearest to one; the beginning of the text, if all
        before the place is one word.
    """
    if place >= len(text):
        return len(text)
    first = max(0, place - FARTHEST)
    near = max(0, first - AROUND), place + AROUND
    whole = [found.span() for kind in WHOLE for found in kind.finditer(text, *near)]
    # All of a short text may be one secret; a run of more than a thousand characters is not.
    kinds = (WORDS, MAKESHIFT, ANYWHERE) if first else (WORDS, MAKESHIFT)
    return next((each for kind in kinds for each in places(kind, text, first, place, whole)), place if first else 0)


def places(kind: re.Pattern[str], text: str, first: int, last: int, whole: list[tuple[int, int]]) -> Iterator[int]:
    """The borders of one kind between two places, the last one first, but for those within what must stay whole."""
    for place in range(last, first, -1):
        if kind.match(text, place) and not any(start < place < end for start, end in whole):
            yield place
