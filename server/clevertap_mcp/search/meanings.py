"""What words and expressions mean, each group of one meaning under one name (`vocabulary/meanings.toml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from clevertap_mcp.search.words import stem, stems

PERSONAL = re.compile(r"[a-z]{3,}(?:ers|ors|ists|ees|ians)")
"""Words for people by their ending, such as `farmers`; those for things are known by name."""
PEOPLE = "person"
Span = tuple[int, int]


class Meanings:
    """Finds meanings in words.

    Args:
        groups: The words and expressions of each meaning, with commas.
        things: Words that end like words for people.
    """

    def __init__(self, groups: Mapping[str, str], things: str) -> None:
        self._meant: dict[str, dict[tuple[str, ...], list[str]]] = {}
        self._things = frozenset(stems(things))
        for meaning, words in groups.items():
            for expression in words.split(","):
                self._add(stems(expression), meaning)

    def _add(self, expression: tuple[str, ...], meaning: str) -> None:
        self._meant.setdefault(expression[0], {}).setdefault(expression, []).append(meaning)

    def of(self, words: Sequence[str]) -> Iterator[str]:
        """The meanings of words without endings, in order; what lies inside a longer expression does not count."""
        for span in outermost(list(self._spans(words))):
            yield from self._meant[words[span[0]]][tuple(words[slice(*span)])]

    def _spans(self, words: Sequence[str]) -> Iterator[Span]:
        for start, word in enumerate(words):
            for expression in self._meant.get(word, ()):
                end = start + len(expression)
                if tuple(words[start:end]) == expression:
                    yield start, end

    def person(self, word: str) -> bool:
        """Whether a word, as it was written, is one for people by its ending."""
        return bool(PERSONAL.fullmatch(word)) and stem(word) not in self._things


def outermost(spans: Sequence[Span]) -> list[Span]:
    """The spans that lie in no longer one."""
    return [
        (start, end)
        for start, end in spans
        if not any(low <= start and end <= high and high - low > end - start for low, high in spans)
    ]
