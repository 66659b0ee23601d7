"""Ranks actions by what an operator's words mean: no network, no language model.

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
from clevertap_mcp.search.signs import signs
from clevertap_mcp.toolsets import key_of
from clevertap_tools.action import Action

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MEANINGS = "meanings.toml"


def rank(wish: str, offered: Mapping[str, Action[Any, Any]]) -> list[Action[Any, Any]]:
    """The actions that fit a wish, the best first; none when no word of it is known.

    Args:
        wish: What somebody wants to do, in plain words.
        offered: The actions to choose from, by key.
    """
    shown = signs(wish, meanings())
    scores = evidence().scores(shown) if evidence().knows(shown) else {}
    names = named(wish)
    fitting = [key for key in offered if scores.get(key, 0.0) > 0 or key in names]
    fitting.sort(key=lambda key: (key in names, scores.get(key, 0.0)), reverse=True)
    return [offered[key] for key in fitting]


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
    read = tomllib.loads(vocabulary().joinpath(MEANINGS).read_text(encoding="utf-8"))
    return Meanings(read["meanings"], read["things"])


@cache
def sayings() -> dict[str, list[str]]:
    """What people say when they want an action, by its key."""
    texts = (file.read_text(encoding="utf-8") for file in vocabulary().iterdir() if file.name != MEANINGS)
    return {key: said.split("\n")[:-1] for text in texts for key, said in tomllib.loads(text).items()}


def vocabulary() -> Traversable:
    """The folder of what people say."""
    return files(__package__) / "vocabulary"
