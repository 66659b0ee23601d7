"""Where known spellings stand in a text, found in a time that hangs on the text and not on how many are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from clevertap_mcp.privacy.free_text import digits
from clevertap_mcp.privacy.spellings import LONGEST_NUMBER, SPACED, UNSPACED, WORD, folded

Span = tuple[int, int]
"""Beginning and end of a place in a text."""
START: Final = 2
"""Characters at the beginning of a spelling without words by which it is found."""


class Index:
    """Spellings by the words that they are made of.

    Args:
        spellings: What is looked for, whatever its case, as whole words; in scripts without spaces, anywhere.
        phones: Numbers that are also found with marks between their digits.
    """

    def __init__(self, spellings: Iterable[str], phones: Collection[str] = ()) -> None:
        self._spellings: set[str] = set()
        self._phrases: dict[tuple[str, ...], set[Span]] = {}
        self._lengths: dict[str, set[int]] = {}
        self._starts: dict[str, set[int]] = {}
        self._phones = frozenset(phones)
        self.numbers: set[int] = set()
        """The spellings that are numbers."""
        for spelling in spellings:
            self._enter(spelling)

    def _enter(self, spelling: str) -> None:
        self._spellings.add(folded(spelling))
        words = list(WORD.finditer(spelling))
        if words and not UNSPACED.match(spelling):
            phrase = tuple(folded(word[0]) for word in words)
            self._phrases.setdefault(phrase, set()).add((words[0].start(), len(spelling) - words[-1].end()))
            self._lengths.setdefault(phrase[0], set()).add(len(phrase))
        else:
            self._starts.setdefault(folded(spelling[:START]), set()).add(len(spelling))
        if spelling.isdecimal() and len(spelling) <= LONGEST_NUMBER:
            self.numbers.add(int(spelling))

    def spans(self, text: str) -> Iterator[Span]:
        """Every place in a text where a spelling stands; they may overlap."""
        yield from self._whole_words(text)
        if self._starts:
            yield from self._anywhere(text)
        if self._phones:
            found = (each for each in SPACED.finditer(text) if digits(each[0]) in self._phones)
            yield from (each.span() for each in found if is_apart(text, *each.span()))

    def _whole_words(self, text: str) -> Iterator[Span]:
        found = list(WORD.finditer(text))
        words = [folded(word[0]) for word in found]
        for first, word in enumerate(words):
            for last in (first + length - 1 for length in self._lengths.get(word, ())):
                if last >= len(words):
                    continue
                for before, after in self._phrases.get(tuple(words[first : last + 1]), ()):
                    start, end = found[first].start() - before, found[last].end() + after
                    if start >= 0 and self._stands(text, start, end) and is_apart(text, start, end):
                        yield start, end

    def _anywhere(self, text: str) -> Iterator[Span]:
        for start in range(len(text)):
            for begin in {folded(text[start : start + size]) for size in range(1, START + 1)}:
                for end in (start + length for length in self._starts.get(begin, ())):
                    unspaced = UNSPACED.match(text, start)
                    if self._stands(text, start, end) and (unspaced or is_apart(text, start, end)):
                        yield start, end

    def _stands(self, text: str, start: int, end: int) -> bool:
        return folded(text[start:end]) in self._spellings


def is_apart(text: str, start: int, end: int) -> bool:
    """Whether neither a letter nor a digit stands before or after a place."""
    return not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()
