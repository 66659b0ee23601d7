"""Ranks actions by what an operator's words mean: no network, no language model.

Whoever is hardly understood must not be led to harm: an action that may send or destroy has to be asked for by what
it does, not only by what it does it to (`deeds`), and where nothing fits even roughly, nothing is found.

Everything that people say of an action stands in `vocabulary`, one saying a line; what is known of words beyond that,
in `vocabulary/meanings.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from clevertap_mcp.search.evidence import Evidence
from clevertap_mcp.search.meanings import Meanings
from clevertap_mcp.search.signs import Signs, signs
from clevertap_mcp.toolsets import key_of
from clevertap_tools.action import Action

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MEANINGS = "meanings.toml"
FAINT = 2.0
"""The score up to which even the best action fits by chance only."""
DOUBT = 1.5
"""What is taken off the score of an action that may send or destroy while its deed is not asked for."""
STRONG = 6.0
"""The score up to which such an action is not found at all."""


def rank(wish: str, offered: Mapping[str, Action[Any, Any]]) -> list[Action[Any, Any]]:
    """The actions that fit a wish, the best first; none when it says too little.

    Args:
        wish: What somebody wants to do, in plain words.
        offered: The actions to choose from, by key.
    """
    scores = scored(signs(wish, meanings()))
    names = named(wish)
    fitting = [key for key in offered if scores.get(key, 0.0) > 0 or key in names]
    fitting.sort(key=lambda key: (key in names, scores.get(key, 0.0)), reverse=True)
    return [offered[key] for key in fitting]


def scored(shown: Signs) -> dict[str, float]:
    """How well actions fit signs; none when the signs say too little."""
    if not evidence().knows(shown):
        return {}
    scores = {action: believed(score, action, shown) for action, score in evidence().scores(shown).items()}
    return scores if max(scores.values(), default=0.0) > FAINT else {}


def believed(score: float, action: str, shown: Signs) -> float:
    """What is left of a score: less for an action that may send or destroy and is not asked for by its deed."""
    if asked(action, shown):
        return score
    return score - DOUBT if score > STRONG else 0.0


def asked(action: str, shown: Signs) -> bool:
    """Whether signs ask for what an action does; an action that can do no harm need not be asked for."""
    deed = deeds().get(action)
    return deed is None or any(f"means {meaning}" in shown for meaning in deed)


def named(wish: str) -> set[str]:
    """The keys of actions that a wish says in so many words; a key of one word must be all of it."""
    return {key for key in map(key_of, wish.split()) if "-" in key} | {key_of(wish)}


@cache
def evidence() -> Evidence:
    """What signs say, learned once from all sayings."""
    return Evidence({key: [signs(saying, meanings()) for saying in said] for key, said in sayings().items()})


@cache
def meanings() -> Meanings:
    """What words mean."""
    read = known_meanings()
    return Meanings(read["meanings"], read["things"])


@cache
def deeds() -> dict[str, list[str]]:
    """By the key of each action that may send or destroy, the meanings that ask for it."""
    return {action: meant.split() for action, meant in known_meanings()["deeds"].items()}


@cache
def known_meanings() -> dict[str, Any]:
    """What stands in the file of meanings."""
    return tomllib.loads(vocabulary().joinpath(MEANINGS).read_text(encoding="utf-8"))


@cache
def sayings() -> dict[str, list[str]]:
    """What people say when they want an action, by its key."""
    texts = (file.read_text(encoding="utf-8") for file in vocabulary().iterdir() if file.name != MEANINGS)
    return {key: said.split("\n")[:-1] for text in texts for key, said in tomllib.loads(text).items()}


def vocabulary() -> Traversable:
    """The folder of what people say."""
    return files(__package__) / "vocabulary"
