"""Personal values that are known to belong to a record, found again in its texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Final
from unicodedata import normalize

from clevertap_mcp.privacy.cuts import CUT, Beginnings, beginnings_in, may_begin
from clevertap_mcp.privacy.free_text import Hide, digits
from clevertap_mcp.privacy.index import Index, Span
from clevertap_mcp.privacy.kinds import Kind
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM
from clevertap_mcp.privacy.spellings import (
    SHORTEST_NUMBER,
    UNSPACED,
    WORD,
    decoded,
    first_look,
    spellings_of,
    words_in,
    written,
)

SHORTEST_PHONE: Final = 7
"""Digits of a phone number that is also found when it is written with other marks between them."""

Value = tuple[str, Kind]
"""A personal value and its kind."""


class Known:
    """The values that are known where a text is read; what it takes to find them is made once, when it is needed.

    Args:
        values: Each with its kind.
        around: What is known around it as well.
        persons: Values of people whom a call names by pseudonyms: they are found however short they are, because
            whoever calls knows whom an answer can only be about.
    """

    def __init__(
        self, values: Iterable[Value] = (), around: Known | None = None, persons: Collection[str] = ()
    ) -> None:
        self.values = frozenset(values)
        self.around = around
        self.persons = frozenset(persons)

    def may_be_in(self, words: Collection[frozenset[str]]) -> bool:
        """Whether any of the values can stand in texts of these words; a first look that costs little."""
        return any(each.is_unspaced or not each.words.isdisjoint(chain.from_iterable(words)) for each in self.all)

    def near(self, texts: Collection[str]) -> Known:
        """What of it can stand in some texts, whole or cut off."""
        words = frozenset[str]().union(*map(words_in, texts))
        beginnings = frozenset[str]().union(*map(beginnings_in, texts))
        if not beginnings and not self.may_be_in((words,)):
            return Known()
        return Known(each for each in self.values if stands(first_look(*each), words) or may_begin(each[0], beginnings))

    @property
    def all(self) -> Iterator[Known]:
        """What is known here, and around."""
        if self.values or self.persons:
            yield self
        if self.around:
            yield from self.around.all

    @cached_property
    def told(self) -> str:
        """A text in which each value stands, by its first word at least."""
        return " ".join([*(first_look(value, kind) for value, kind in self.values), *self.persons])

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of which one stands wherever a value does."""
        return words_in(every_way(self.told))

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether a value may stand within a word."""
        return not self.told.isascii() and UNSPACED.search(self.told) is not None

    @cached_property
    def index(self) -> Index:
        """The values, to be found in texts."""
        spellings = frozenset[str]().union(*(spellings_of(value, kind) for value, kind in self.values))
        spellings |= frozenset().union(*map(written, filter(WORD.search, self.persons)))
        phones = (digits(value) for value, kind in self.values if kind is Kind.PHONE)
        return Index(spellings, [each for each in phones if len(each) >= SHORTEST_PHONE])

    @cached_property
    def beginnings(self) -> Beginnings:
        """The values, to be found where they are cut off."""
        return Beginnings(value for value, _ in self.values)


def stands(look: str, words: frozenset[str]) -> bool:
    """Whether a value can stand in texts of these words, by the first look at it."""
    return UNSPACED.search(look) is not None or not words_in(every_way(look)).isdisjoint(words)


def every_way(text: str) -> str:
    """A text with its characters put together, and taken apart, as the same text may be written elsewhere."""
    return text if text.isascii() else " ".join((text, normalize("NFC", text), normalize("NFD", text)))


class Search:
    """Finds known values in texts.

    Args:
        known: The values.
        hide: Gives the pseudonym of a value.
    """

    def __init__(self, known: Known, hide: Hide) -> None:
        self._indexes = [each.index for each in known.all]
        self._hide = hide

    def text(self, text: str) -> str:
        """A text with each of the values replaced, whatever its case, where it stands as whole words."""
        plain = decoded(text)
        told, covered = self._hidden(text)
        if plain != text and (seen := self._hidden(plain))[1] > covered:
            return seen[0]
        return told

    def number(self, number: int) -> int | str:
        """The pseudonym of a number that is one of the values; any other number as it is."""
        known = number >= SHORTEST_NUMBER and any(number in each.numbers for each in self._indexes)
        return self._hide(str(number)) if known else number

    def _hidden(self, text: str) -> tuple[str, int]:
        """A text with the values replaced, and how much of it that is."""
        spans = [span for index in self._indexes for span in index.spans(text)]
        if not spans:
            return text, 0
        parts, done, covered = [], 0, 0
        for start, end in apart(spans, [found.span() for found in PSEUDONYM.finditer(text)]):
            parts += [text[done:start], self._hide(text[start:end])]
            done, covered = end, covered + end - start
        return "".join([*parts, text[done:]]), covered


def apart(spans: list[Span], pseudonyms: list[Span]) -> Iterator[Span]:
    """The places that do not overlap: the first, of several that begin together the longest; none in a pseudonym."""
    taken = sorted(
        [(start, -1, end, True) for start, end in pseudonyms] + [(s, 0, e, False) for s, e in spans],
        key=lambda each: (each[0], each[1], -each[2]),
    )
    done = 0
    for start, _, end, is_pseudonym in taken:
        if start >= done:
            done = end
            if not is_pseudonym:
                yield start, end


def cut_hidden(text: str, known: Known, hide: Hide) -> str:
    """A text with the beginnings of known values replaced where they are cut off."""
    if CUT not in text:
        return text
    for each in known.all:
        text = each.beginnings.hidden(text, hide)
    return text
