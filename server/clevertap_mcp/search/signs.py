"""What a wish shows of what is wanted: its words, which stand side by side, what they mean, and how it is put."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from clevertap_mcp.search.meanings import PEOPLE, Meanings
from clevertap_mcp.search.words import stems

Signs = dict[str, float]
"""How strongly a wish shows each sign."""

SIDE_BY_SIDE = 0.5
SMALL_WORD = 0.5
SMALL = frozenset(
    stems(
        "a about after again all also an and any anything are as at back be been before being but by can could did do "
        "does for from had has have he her here him his how i if in into is it its just let lot many me more most much "
        "my need no not now of off on one only or other our out over please quite really she should so some something "
        "still than that the their them then there these they thing things this those through to today too two under "
        "until up very want was we were what when which while who will with would yet you your"
    )
)
"""Words that say little by themselves."""
FILLERS = frozenset(stems("and but hey hi now oh ok okay oops please so the well"))
"""What people begin with before they begin."""
QUESTION = frozenset(stems("are can did do does had has have how is was were what when where which who whom whose why"))
COUNTED = re.compile(
    r"\b(?:how many|number of|count of|count|tally of|volume of|size of|sum of)\s+((?:[\w'-]+\s*){1,3})", re.IGNORECASE
)
DONE = re.compile(r"\W*[a-z]{3,}[^e\W]ed\b", re.IGNORECASE)
"""A beginning that names what was done (`deleted users`), where `delete users` would ask for it."""
COMMANDS = frozenset(
    {"delete", "forget", "membership", "merge", "send", "split-apart", "stop", "trigger", "update", "upload"}
)
"""Meanings that ask for something to be done, unless they tell that it was."""
COUNTABLE = (PEOPLE, "event", "catalog", "campaign", "segment", "message", "variable", "product")
"""Meanings of which there can be many."""


def signs(wish: str, meanings: Meanings) -> Signs:
    """All signs of a wish."""
    words = stems(wish)
    shown = {f"word {word}": SMALL_WORD if word in SMALL else 1.0 for word in words}
    shown |= {f"words {one} {other}": SIDE_BY_SIDE for one, other in pairwise(words)}
    shown |= dict.fromkeys((f"means {meaning}" for meaning in meant(wish, words, meanings)), 1.0)
    return shown | dict.fromkeys(form(wish, words, meanings), 1.0)


def meant(wish: str, words: tuple[str, ...], meanings: Meanings) -> Iterator[str]:
    """What the words of a wish mean."""
    commands = frozenset(meanings.of(words[1:])) if DONE.match(wish) else COMMANDS
    yield from (meaning for meaning in meanings.of(words) if meaning not in COMMANDS - commands)
    if any(map(meanings.person, re.findall(r"[a-z]+", wish.lower()))):
        yield PEOPLE


def form(wish: str, words: tuple[str, ...], meanings: Meanings) -> Iterator[str]:
    """How a wish is put: how it begins, whether it asks, and what it wants to have counted."""
    first = next((word for word in words if word not in FILLERS), "")
    yield "begins done" if DONE.match(wish) else f"begins {first}"
    yield "asks" if first in QUESTION or wish.rstrip().endswith("?") else "tells"
    counted = COUNTED.search(wish)
    if counted:
        yield f"counts {kind_of(counted[1], meanings)}"


def kind_of(counted: str, meanings: Meanings) -> str:
    """What the first words after `how many` are: people, or something else of which there are many."""
    known = (meaning for meaning in meanings.of(stems(counted)) if meaning in COUNTABLE)
    by_ending = PEOPLE if any(map(meanings.person, counted.lower().split()[:2])) else "event"
    return next(known, by_ending)
