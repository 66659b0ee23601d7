"""Personal values that are known to belong to a record, found again in its texts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import chain
from typing import Final
from unicodedata import normalize
from urllib.parse import quote, unquote

from clevertap_mcp.privacy.free_text import Hide, digits
from clevertap_mcp.privacy.kinds import Kind
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM

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

SHORTEST_PHONE: Final = 7
"""Digits of a phone number that is also found when it is written with other marks between them."""
MARKS: Final = r"[\s\-\u2010-\u2015.()/]{0,3}"
SPACED: Final = re.compile(rf"(?<!\d)\d(?:{MARKS}\d){{6,14}}(?!\d)")
"""A number that may be written with marks between its digits."""
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
CUT: Final = "…"
"""What stands where a text was cut off."""

Value = tuple[str, Kind]
"""A personal value and its kind."""


def words_in(text: str) -> frozenset[str]:
    """The words of a text in small letters, encoded ones too, and numbers without the marks between their digits."""
    found = WORD.findall(text.casefold())
    if "%" in text or "\\u" in text:
        found += WORD.findall(decoded(text).casefold())
    return frozenset(found).union(digits(number) for number in SPACED.findall(text))


def decoded(text: str) -> str:
    """A text with what is percent-encoded, or escaped as JSON does it, as a reader means it."""
    return ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), unquote(text))


class Known:
    """The values that are known where a text is read.

    Args:
        values: Each with its kind.
        around: What is known around it as well.
        persons: Values of people whom a call names by pseudonyms: they are found however short they are, because
            whoever calls knows whom an answer can only be about.
    """

    def __init__(
        self, values: Iterable[Value] = (), around: Known | None = None, persons: Collection[str] = ()
    ) -> None:
        self._values = list(values)
        self._around = around
        self._persons = frozenset(persons)

    @property
    def values(self) -> frozenset[Value]:
        """All of the values."""
        return frozenset(self._values).union(self._around.values if self._around else ())

    @property
    def persons(self) -> frozenset[str]:
        """The values of people who are named by pseudonyms."""
        return self._persons.union(self._around.persons if self._around else ())

    def may_be_in(self, words: list[frozenset[str]]) -> bool:
        """Whether any of the values can stand in texts of these words; a first look that costs little."""
        if self._values or self._persons:
            told = " ".join([*(first_look(value, kind) for value, kind in self._values), *self._persons])
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
        spellings |= frozenset().union(*map(written, filter(WORD.search, known.persons)))
        for spelling in spellings:
            first = WORD.search(spelling.casefold())
            if first and not UNSPACED.match(spelling):
                self._by_word.setdefault(first[0], set()).add(spelling)
            else:
                self._anywhere.add(spelling)
        self._numbers = {int(each) for each in spellings if each.isdecimal()}
        self._phones = frozenset(digits(value) for value, kind in known.values if kind is Kind.PHONE)

    def text(self, text: str) -> str:
        """A text with each of the values replaced, whatever its case, where it stands as whole words."""
        near = [value for word in words_in(text) & self._by_word.keys() for value in self._by_word[word]]
        near += [value for value in self._anywhere if value in text]
        if not near:
            return text
        mentioned = mentions(frozenset(near), self._phones.intersection(near))
        found = mentioned.sub(self._hidden, text)
        if found == text and (plain := decoded(text)) != text and (seen := mentioned.sub(self._hidden, plain)) != plain:
            return seen
        return found

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
    if value.isdecimal() and int(value) < SHORTEST_NUMBER:
        return False
    return len(value) >= (SHORTEST_UNSPACED if UNSPACED.match(value) else SHORTEST)


@lru_cache(256)
def mentions(values: frozenset[str], phones: frozenset[str] = frozenset()) -> re.Pattern[str]:
    """Finds each of these values, the longest first, and pseudonyms, so that nothing is looked for inside of them."""
    longest_first = sorted(values, key=lambda value: (-len(value), value))
    known = "|".join(
        rf"{before(value)}{with_marks(value) if value in phones else re.escape(value)}{after(value)}"
        for value in longest_first
    )
    return re.compile(rf"(?P<pseudonym>{PSEUDONYM.pattern})|{known}", re.IGNORECASE)


def with_marks(phone: str) -> str:
    """Finds the digits of a phone number, whatever stands between them."""
    return MARKS.join(phone) if len(phone) >= SHORTEST_PHONE else phone


def cut_hidden(text: str, known: Known, hide: Hide) -> str:
    """A text with the beginnings of known values replaced where they are cut off."""
    *before_cuts, rest = text.split(CUT)
    return CUT.join([*(beginning_hidden(each, known, hide) for each in before_cuts), rest])


def beginning_hidden(text: str, known: Known, hide: Hide) -> str:
    """A text without the beginning of a known value at its end, the longest there is."""
    starts = ((start, value) for value, _ in known.values for form in forms_of(value) if (start := cut_at(text, form)))
    start, value = min(starts, default=(0, ""))
    return f"{text[:start]}{hide(value)}" if start else text


@lru_cache(16_384)
def forms_of(value: str) -> frozenset[str]:
    """How a value may be written in one line: as it is, percent-encoded, escaped as JSON does it."""
    flat = " ".join(value.split())
    return frozenset({flat, quote(flat, safe=""), json.dumps(flat)[1:-1], json.dumps(flat, ensure_ascii=False)[1:-1]})


def cut_at(text: str, value: str) -> int:
    """Where at the end of a text the beginning of a value stands as a word of its own; 0 if nowhere."""
    start = text.find(value[:SHORTEST], max(0, len(text) - len(value)))
    while start != -1:
        if value.startswith(text[start:]) and not text[start - 1 : start].isalnum():
            return start
        start = text.find(value[:SHORTEST], start + 1)
    return 0


def before(value: str) -> str:
    """What may not stand before a value for it to be a word of its own."""
    return "" if UNSPACED.match(value) else r"(?<![^\W_])"


def after(value: str) -> str:
    """What may not stand after it."""
    return "" if UNSPACED.match(value) else r"(?![^\W_])"
