"""Personal values that are known to belong to a record, found again in its texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final
from unicodedata import normalize

from clevertap_mcp.free_text import Hide, digits
from clevertap_mcp.personal import Kind
from clevertap_mcp.pseudonyms import PSEUDONYM

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

Value = tuple[str, Kind]
"""A personal value and its kind."""


def words_in(text: str) -> frozenset[str]:
    """The words of a text in small letters."""
    return frozenset(WORD.findall(text.casefold()))


class Known:
    """The values that are known where a text is read.

    Args:
        values: Each with its kind.
        around: What is known around it as well.
    """

    def __init__(self, values: Iterable[Value] = (), around: Known | None = None) -> None:
        self._values = list(values)
        self._around = around

    @property
    def values(self) -> frozenset[Value]:
        """All of the values."""
        return frozenset(self._values).union(self._around.values if self._around else ())

    def may_be_in(self, words: list[frozenset[str]]) -> bool:
        """Whether any of the values can stand in texts of these words; a first look that costs little."""
        if self._values:
            told = " ".join([first_look(value, kind) for value, kind in self._values])
            if not told.isascii():
                told = " ".join((told, normalize("NFC", told), normalize("NFD", told)))
            if not words_in(told).isdisjoint(chain.from_iterable(words)) or UNSPACED.search(told):
                return True
        return self._around is not None and self._around.may_be_in(words)


@lru_cache(16_384)
def first_look(value: str, kind: Kind) -> str:
    """A text that has the first word of each spelling of a value, and few others."""
    if kind is Kind.PHONE:
        number = digits(value)
        return f"{value} {number} {number.lstrip('0')} {''.join(filter(str.isdecimal, value))}"
    if kind is Kind.NAME or kind is Kind.BARE_NAME or not value.isascii():
        return value
    first = WORD.search(value)
    return first[0] if first else ""


class Search:
    """Finds known values in texts.

    Args:
        known: The values.
        hide: Gives the pseudonym of a value.
    """

    def __init__(self, known: Known, hide: Hide) -> None:
        self._hide = hide
        self._by_word: dict[str, set[str]] = {}
        self._anywhere: set[str] = set()
        spellings = frozenset[str]().union(*[spellings_of(value, kind) for value, kind in known.values])
        for spelling in spellings:
            first = WORD.search(spelling.casefold())
            if first and not UNSPACED.match(spelling):
                self._by_word.setdefault(first[0], set()).add(spelling)
            else:
                self._anywhere.add(spelling)
        self._numbers = {int(each) for each in spellings if each.isdecimal()}

    def text(self, text: str) -> str:
        """A text with each of the values replaced, whatever its case, where it stands as whole words."""
        near = [value for word in words_in(text) & self._by_word.keys() for value in self._by_word[word]]
        near += [value for value in self._anywhere if value in text]
        return mentions(frozenset(near)).sub(self._hidden, text) if near else text

    def number(self, number: int) -> int | str:
        """The pseudonym of a number that is one of the values; any other number as it is."""
        return self._hide(str(number)) if number >= SHORTEST_NUMBER and number in self._numbers else number

    def _hidden(self, found: re.Match[str]) -> str:
        return found[0] if found["pseudonym"] else self._hide(found[0])


def spellings_of(value: str, kind: Kind) -> frozenset[str]:
    """What to look for when a value is known: itself, the words of a name, the digits of a phone number."""
    told = {value.strip()}
    if kind in {Kind.NAME, Kind.BARE_NAME}:
        told.update(word for word in value.split() if not word.isdecimal())
    elif kind is Kind.PHONE:
        told |= {digits(value), "".join(filter(str.isdecimal, value))}
    if not value.isascii():
        told |= {each.casefold() for each in told}
        told.update([normalize("NFC", each) for each in told] + [normalize("NFD", each) for each in told])
    return frozenset(each for each in told if long_enough(each))


def long_enough(value: str) -> bool:
    """Whether a value is long enough to mean somebody when it stands in a text; `1997` is a year as well."""
    if value.isdecimal() and int(value) < SHORTEST_NUMBER:
        return False
    return len(value) >= (SHORTEST_UNSPACED if UNSPACED.match(value) else SHORTEST)


@lru_cache(256)
def mentions(values: frozenset[str]) -> re.Pattern[str]:
    """Finds each of these values, the longest first, and pseudonyms, so that nothing is looked for inside of them."""
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    known = "|".join(rf"{before(value)}{re.escape(value)}{after(value)}" for value in longest_first)
    return re.compile(rf"(?P<pseudonym>{PSEUDONYM.pattern})|{known}", re.IGNORECASE)


def before(value: str) -> str:
    """What may not stand before a value for it to be a word of its own."""
    return "" if UNSPACED.match(value) else r"(?<![^\W_])"


def after(value: str) -> str:
    """What may not stand after it."""
    return "" if UNSPACED.match(value) else r"(?![^\W_])"
