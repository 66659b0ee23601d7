"""The beginnings of known values where a text was cut off."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import quote

from clevertap_mcp.privacy.free_text import Hide
from clevertap_mcp.privacy.spellings import SHORTEST

CUT: Final = "…"
"""What stands where a text was cut off."""
ONE_FORM: Final = re.compile(r"[A-Za-z0-9_.~-]*")
"""What is written the same in every encoding."""
LONGEST_BEGINNING: Final = 1_000
"""Characters of the beginning of a value that is looked for."""


def beginnings_in(text: str) -> set[str]:
    """The first characters of everything of which a beginning may stand before a cut of a text."""
    before, _, _ = text.rpartition(CUT)
    return {before[start : start + SHORTEST] for start in range(len(before) - SHORTEST + 1)}


def may_begin(value: str, beginnings: Collection[str]) -> bool:
    """Whether one of these is the beginning of a value."""
    return any(form[:SHORTEST] in beginnings for form in encodings(flat(value)[:SHORTEST]))


class Beginnings:
    """Values by how they begin.

    Args:
        values: The values.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._forms = sorted((form, value) for value in values for form in encodings(flat(value)))

    def hidden(self, text: str, hide: Hide) -> str:
        """A text with the beginnings of values replaced where they are cut off."""
        *before_cuts, rest = text.split(CUT)
        return CUT.join([*(self._end_hidden(each, hide) for each in before_cuts), rest])

    def _end_hidden(self, text: str, hide: Hide) -> str:
        """A text without the beginning of a value at its end, the longest there is."""
        for start in range(max(1, len(text) - LONGEST_BEGINNING), len(text) - SHORTEST + 1):
            if not text[start - 1].isalnum() and (value := self._beginning(text[start:])) is not None:
                return f"{text[:start]}{hide(value)}"
        return text

    def _beginning(self, piece: str) -> str | None:
        """A value that begins so."""
        near = self._forms[(place := bisect_left(self._forms, (piece,))) : place + 1]
        return next((value for form, value in near if form.startswith(piece)), None)


def flat(value: str) -> str:
    """The beginning of a value in one line."""
    return " ".join(value[:LONGEST_BEGINNING].split())


def encodings(text: str) -> frozenset[str]:
    """How a text may be written: as it is, percent-encoded, escaped as JSON does it."""
    if ONE_FORM.fullmatch(text):
        return frozenset((text,))
    return frozenset({text, quote(text, safe=""), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]})
