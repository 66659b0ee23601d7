"""Finding an action by what a person wants to do, in plain words; no network, no model.

An action's score is the sum, over the words of the wish, of how rare a word is among all actions times where the
action says it: in its key or title, in its first sentence, or further down. Words of one meaning count as one.
A description that sends the reader to a neighbour speaks for the neighbour. A question is not answered by changing
something, and an order to change something not by reading.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clevertap_tools.action import Action
from clevertap_tools.effect import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clevertap_mcp.toolsets import Catalogue

ActionOf = Action[Any, Any]
Weights = dict[str, float]

CLAUSE_END = re.compile(r"[;.,]\s")
TOOL_NAME = re.compile(r"clevertap_(\w+)")
IN_NAME, IN_FIRST_SENTENCE, BY_NEIGHBOUR, FURTHER_DOWN = 4.0, 2.0, 1.5, 1.0
FULLY_NAMED = 2.0
"""What an action gains when the wish holds every word of its name."""
WRONG_KIND = 0.5
"""What is left of the score of an action that reads where something shall change, or the other way round."""
PHRASES: Mapping[str, str] = MappingProxyType(
    {
        r"\bhow (many times|often)\b|\bnumber of times\b": "count event",
        r"\bhow (many|much)\b|\bnumber of\b": "count",
        r"\b(right|just) now\b|\bat (the|this) moment\b|\breal[- ]?time\b|\blast (few|five) minutes\b": "live",
        r"\bapp (launch|open|start)\w*": "event",
        r"\bhow (did|is|was) .*\b(do|doing|go|going|perform|performing)\b": "report campaign",
        r"\bopen rate|\bopened the (newsletter|e-?mail|message|campaign)\b": "report campaign",
        r"^(e-?mail|text|notify|message)\b": "create campaign",
        r"\bcall off\b": "stop",
        r"^who\b": "which person",
        r"\bnext page\b|\bgo on\b": "cursor",
        r"^.*(?<!\S)/\w.*$": "request",
    }
)
"""Expressions whose single words mean something else, in the order in which they are replaced."""
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "person": "people person user customer shopper buyer subscriber member profile visitor contact audience",
        "one": "one single individual",
        "count": "count figure total tally amount size",
        "live": "live now current currently active online present",
        "campaign": "campaign blast message notification newsletter broadcast announcement promotion",
        "stop": "stop cancel halt abort pause end kill",
        "delete": "delete remove erase erasure forget forgotten gdpr purge wipe",
        "upload": "upload record import add insert store save update ingest log track sync register attach tag set",
        "create": "create launch send schedule start make plan",
        "event": "event occurrence behaviour behavioural action activity happen purchase order transaction bought "
        "charged records",
        "report": "report result performance click deliver conversion statistic",
        "cursor": "cursor page continue resume",
        "get": "get list show find look fetch read see export download give pull tell display",
        "token": "token device handset",
        "trend": "trend daily weekly monthly",
        "top": "top common popular frequent breakdown",
        "request": "request call raw proxy api endpoint path http",
        "": "a an the of to in on at for from by with and or is are was were be been do does did has have had it its "
        "this that these those there who what which when where i me my we us our you your they them their can could "
        "would should please want need let if so as not no use using clevertap first all any some",
    }
)
"""Words of the field that mean the same, each group under one name; those under no name mean nothing here."""
MEANING = MappingProxyType({word: name for name, words in MEANINGS.items() for word in words.split()})
QUESTION = re.compile(r"\s*(how|which|what|who|where|when|is|are|does|did)\b")
ASKING, CHANGING = frozenset({"get", "count", "live", "cursor"}), frozenset({"upload", "create", "stop", "delete"})
ENDINGS = (("ies", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("s", ""))


def rank(wish: str, catalogue: Catalogue) -> list[ActionOf]:
    """The actions that fit a wish, the best first; none when no word of it is known."""
    wish = wish.lower()
    weights = weigh(catalogue)
    asked = {*meanings(wish), *singular(wish)}
    said = Counter(word for told in weights.values() for word in told)
    rarity = {word: log(1 + len(weights) / said[word]) for word in asked if said[word]}
    scores = {
        key: (sum(rarity[word] * told[word] for word in asked & told.keys()) + named(asked, key))
        * kind(wish, catalogue[key])
        for key, told in weights.items()
        if asked & told.keys()
    }
    return [catalogue[key] for key in sorted(scores, key=lambda key: -scores[key])]


def named(asked: set[str], key: str) -> float:
    """What the share of an action's own name in the wish is worth."""
    name = set(meanings(key))
    return FULLY_NAMED * len(name & asked) / max(len(name), 1)


def kind(wish: str, action: ActionOf) -> float:
    """What is left of an action's score: all of it if it reads where the wish asks or changes where it orders."""
    first = next(meanings(wish), "")
    reads = action.effects == {Effect.READ}
    if QUESTION.match(wish) or first in ASKING:
        return 1.0 if reads else WRONG_KIND
    return WRONG_KIND if reads and first in CHANGING else 1.0


def weigh(catalogue: Catalogue) -> dict[str, Weights]:
    """How strongly each action says each word."""
    weights: dict[str, Weights] = {key: {} for key in catalogue}
    for key, action in catalogue.items():
        first, _, rest = action.description.lower().partition("\n")
        add(weights[key], f"{key} {action.title.lower()}", IN_NAME)
        add(weights[key], first, IN_FIRST_SENTENCE)
        for clause in CLAUSE_END.split(rest.partition("example")[0]):
            neighbours = [name.replace("_", "-") for name in TOOL_NAME.findall(clause)]
            for speaker in neighbours or [key]:
                weight = BY_NEIGHBOUR if neighbours else FURTHER_DOWN
                add(weights.get(speaker, {}), TOOL_NAME.sub("", clause), weight)
    return weights


def add(weights: Weights, text: str, weight: float) -> None:
    """Let a text speak, each word as strongly as the strongest place that says it."""
    for word in meanings(text):
        weights[word] = max(weights.get(word, 0.0), weight)


def singular(wish: str) -> set[str]:
    """Whoever speaks of a person in the singular means one of them."""
    persons = (word for word in re.findall(r"[a-z]+", wish) if MEANING.get(word) == "person")
    return {"one"} if any(word not in ("people", "audience") for word in persons) else set()


def meanings(text: str) -> Iterator[str]:
    """What the words of a text in lower case mean, in order, those that mean nothing left out."""
    for phrase, meaning in PHRASES.items():
        text = re.sub(phrase, f" {meaning} ", text)
    for word in re.findall(r"[a-z0-9]+", text):
        ways = list(forms(word))
        meaning = next((MEANING[way] for way in ways if way in MEANING), min(ways, key=len).removesuffix("e"))
        if meaning:
            yield meaning


def forms(word: str) -> Iterator[str]:
    """A word and what is left of it without its ending."""
    yield word
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004 - "bus" is no plural
            yield word.removesuffix(ending) + instead
