"""How a personal value may be written in a text, and which words a text has."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

from clevertap_mcp.privacy.free_text import digits
from clevertap_mcp.privacy.kinds import Kind

WORD: Final = re.compile(r"[^\W_]+")
SHORTEST: Final = 3
"""Characters that a value must have to be looked for in texts."""
UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
"""Scripts that write no spaces between words; two characters are a whole name there."""
SHORTEST_UNSPACED: Final = 2
SHORTEST_NUMBER: Final = 100_000
"""Smaller numbers mean nobody by themselves."""
LONGEST_NUMBER: Final = 300
"""Digits; longer ones stand in no text as a number, and reading them takes more than their length."""
SPACED: Final = re.compile(r"(?<!\d)\d(?:[\s\-\u2010-\u2015.()/]{0,3}\d){6,14}(?!\d)")
"""A number that may be written with marks between its digits."""
MARKS: Final = 32
"""Characters after the first word of a value that may belong to it once they are put together."""
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def folded(text: str) -> str:
    """A text in which letters are the same that differ in case only, the two kinds of Turkish i among them."""
    return text.lower() if text.isascii() else text.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def words_in(text: str) -> frozenset[str]:
    """The words of a text in small letters, encoded ones too, and numbers without the marks between their digits."""
    found = WORD.findall(folded(text))
    if "%" in text or "\\u" in text:
        found += WORD.findall(folded(decoded(text)))
    return frozenset(found).union(digits(number) for number in SPACED.findall(text))


def decoded(text: str) -> str:
    """A text with what is percent-encoded, or escaped as JSON does it, as a reader means it."""
    return ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), unquote(text))


def first_look(value: str, kind: Kind) -> str:
    """A text that has the first word of each spelling of a value, and few others."""
    if kind is Kind.PHONE:
        number = digits(value)
        as_written = f"{value} {''.join(filter(str.isdecimal, value))}" if value.strip("+") != number else ""
        return f"{number} {number.lstrip('0')} {as_written}"
    if kind is Kind.NAME or kind is Kind.BARE_NAME:
        return value
    first = WORD.search(value)
    if first is None or value.isascii():
        return first[0] if first else ""
    return f"{value.lstrip()[:1]} {value[first.start() : first.end() + MARKS]}"


def spellings_of(value: str, kind: Kind) -> frozenset[str]:
    """What to look for when a value is known: itself, the words of a name, the digits of a phone number."""
    told = {value.strip()}
    if kind in {Kind.NAME, Kind.BARE_NAME}:
        told.update(word for word in value.split() if not word.isdecimal())
    elif kind is Kind.PHONE:
        told |= {digits(value), "".join(filter(str.isdecimal, value))}
    return frozenset(each for value in told for each in written(value) if long_enough(each))


def written(value: str) -> frozenset[str]:
    """A value in each way in which the same characters can be written."""
    told = {value.strip()}
    if not value.isascii():
        told |= {each.casefold() for each in told}
        told.update([normalize("NFC", each) for each in told] + [normalize("NFD", each) for each in told])
    return frozenset(told)


def long_enough(value: str) -> bool:
    """Whether a value is long enough to mean somebody when it stands in a text; `1997` is a year as well."""
    if value.isdecimal() and len(value) <= LONGEST_NUMBER and int(value) < SHORTEST_NUMBER:
        return False
    return len(value) >= (SHORTEST_UNSPACED if UNSPACED.match(value) else SHORTEST)
