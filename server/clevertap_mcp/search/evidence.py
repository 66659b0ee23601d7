"""What each sign of a wish says for each action, learned by counting in what people say (`vocabulary`).

A sign speaks for an action as far as the action's sayings show it more often than those of the others: rare words
weigh more than common ones. Then every saying is put to the test: one that speaks for another action as strongly as
for its own moves the weights a little, so that what two neighbours have in common counts less than what parts them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import log
from operator import itemgetter

from clevertap_mcp.search.signs import Signs

Weights = dict[str, dict[str, float]]
"""By sign and action."""

UNSEEN = 0.02
"""The share of sayings that every sign is taken to have beyond what was counted."""
MARGIN = 4.0
"""By how much a saying should speak more for its own action than for any other."""
LESSON = 0.03
"""How much one failed test moves a weight."""
ROUNDS = 3


class Evidence:
    """Weighs signs.

    Args:
        sayings: The signs of each saying of each action.
    """

    def __init__(self, sayings: Mapping[str, list[Signs]]) -> None:
        self._weights = counted(sayings)
        for _ in range(ROUNDS):
            for action, shown in by_turns(sayings):
                self._test(action, shown)

    def scores(self, shown: Signs) -> dict[str, float]:
        """How strongly signs speak for each action that any of them speaks for or against."""
        scores: defaultdict[str, float] = defaultdict(float)
        for sign, strength in shown.items():
            for action, weight in self._weights.get(sign, {}).items():
                scores[action] += strength * weight
        return scores

    def knows(self, shown: Signs) -> bool:
        """Whether any of the signs that say something by themselves is known."""
        return any(sign in self._weights for sign, strength in shown.items() if strength == 1 and telling(sign))

    def _test(self, action: str, shown: Signs) -> None:
        scores = self.scores(shown)
        own = scores.pop(action)
        rival = max(scores, key=scores.__getitem__, default=action)
        if rival != action and own < scores[rival] + MARGIN:
            self._move(shown, action, LESSON)
            self._move(shown, rival, -LESSON)

    def _move(self, shown: Signs, action: str, by: float) -> None:
        for sign, strength in shown.items():
            weights = self._weights[sign]
            weights[action] = weights.get(action, 0.0) + by * strength


def telling(sign: str) -> bool:
    """Whether a sign is about what is wanted, not about how it is put."""
    return sign.startswith(("word ", "means "))


def counted(sayings: Mapping[str, list[Signs]]) -> Weights:
    """For each sign the actions whose sayings show it more often than others do, and how much more often."""
    shares: Weights = {}
    for action, shown in sayings.items():
        for signs in shown:
            for sign in signs:
                by_action = shares.setdefault(sign, {})
                by_action[action] = by_action.get(action, 0.0) + 1 / len(shown)
    return {sign: compared(by_action, len(sayings) - 1) for sign, by_action in shares.items()}


def compared(shares: Mapping[str, float], others: int) -> dict[str, float]:
    """How much more often each action shows a sign than the others on average, as a logarithm; never less."""
    total = sum(shares.values())
    weights = {action: log((share + UNSEEN) / ((total - share) / others + UNSEEN)) for action, share in shares.items()}
    return {action: weight for action, weight in weights.items() if weight > 0}


def by_turns(sayings: Mapping[str, list[Signs]]) -> list[tuple[str, Signs]]:
    """Every saying with its action, those of each action spread evenly, so that none has the last word."""
    placed = [
        (place / len(shown), action, signs) for action, shown in sayings.items() for place, signs in enumerate(shown, 1)
    ]
    return [(action, signs) for _, action, signs in sorted(placed, key=itemgetter(0))]
