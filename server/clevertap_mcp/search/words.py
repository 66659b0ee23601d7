"""Words as the ranking reads them: in lower case, without their endings, and with marks in the place of values."""

from __future__ import annotations

import re
from functools import cache

MARKS = (
    (re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\b(?! (?:a|the|this|that|all|my|our)\b)"), " #method "),
    (re.compile(r"https?://\S+|(?<![\w<])/[A-Za-z0-9_]\S*"), " #path "),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+"), " #email "),
    (re.compile(r"(?<!\w)\+\d[\d ]{6,}\b"), " #phone "),
    (re.compile(r"\b__\w+"), " #objectid "),
    (re.compile(r"[₹$€£]\s?[\d.,]+k?"), " #money "),
    (re.compile(r"\b\d{7,}\b"), " #longid "),
    (re.compile(r"\b\d[\d,.]*k?\b"), " #number "),
)
"""What stands for values, whose letters and digits mean nothing by themselves, in the order in which they are put."""
CURLED = "\N{RIGHT SINGLE QUOTATION MARK}"
"""The apostrophe that word processors write."""
WORD = re.compile(r"#?[a-z']+")
ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ss", "ss"),
    ("ations", "at"),
    ("ation", "at"),
    ("ings", ""),
    ("ing", ""),
    ("edly", ""),
    ("ed", ""),
    ("ers", "er"),
    ("es", ""),
    ("s", ""),
    ("ly", ""),
    ("e", ""),
)
"""Endings and what stands in their place; the first that fits is taken off."""
SHORTEST_STEM = 3
NEVER_DOUBLED = "ls"
"""Letters that are doubled for their own sake (`sell`, `pass`), not before an ending (`stopped`)."""


def stems(text: str) -> tuple[str, ...]:
    """The words of a text without their endings, in order."""
    for pattern, mark in MARKS:
        text = pattern.sub(mark, text)
    return tuple(map(stem, WORD.findall(text.lower().replace(CURLED, "'"))))


@cache
def stem(word: str) -> str:
    """A word without its ending; what is left need not be a word."""
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= SHORTEST_STEM:
            word = word.removesuffix(ending) + instead
            break
    if len(word) > SHORTEST_STEM:
        word = word.removesuffix("e")
    doubled = len(word) > SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in NEVER_DOUBLED
    return word[:-1] if doubled else word
