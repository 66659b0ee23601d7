"""The same launch twice is almost always a mistake: within an hour the first one is the answer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from clevertap_mcp.guard.plans import Deed
from clevertap_mcp.refusals import RepeatedError
from clevertap_tools.action import Result

Meaning = tuple[str, str, str]

HOUR = 3600.0
MOST_REMEMBERED = 10_000


@dataclass(slots=True, eq=False)
class First:
    """What was done first.

    Args:
        deed: What.
        since: When it was begun.
        before: What it took the place of, because it was done once more on purpose.
        result: What came of it; None as long as nobody knows.
    """

    deed: Deed
    since: float
    before: First | None = None
    result: Result | None = None


class Repeats:
    """What was launched in the last hour.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._firsts: OrderedDict[Meaning, First] = OrderedDict()

    def earlier(self, deed: Deed) -> Result | None:
        """What came of the same deed within the hour, with a warning; None if there was none.

        Raises:
            RepeatedError: It was begun, and nobody knows how it ended.
        """
        first = self._firsts.get(meaning(deed))
        if first is None or self._clock() - first.since >= HOUR:
            return None
        minutes = int((self._clock() - first.since) // 60)
        if first.result is None:
            raise RepeatedError(
                f"The same was begun {minutes} minutes ago, and its outcome is not known (or it is still going on).",
                next_step="Look whether it exists with clevertap_get_campaigns; to do it once more pass again=true.",
            )
        warning = (
            f"Nothing was done now: exactly this was done {minutes} minutes ago, and this is what came of it. "
            "To do it once more pass again=true."
        )
        return first.result.model_copy(update={"warning": warning})

    def begin(self, deed: Deed) -> First:
        """Remember a deed from now on; the oldest give way."""
        first = First(deed, self._clock(), self._firsts.pop(meaning(deed), None))
        self._firsts[meaning(deed)] = first
        while len(self._firsts) > MOST_REMEMBERED:
            self._firsts.popitem(last=False)
        return first

    def came_to_nothing(self, first: First) -> None:
        """Nothing changed, for sure, so the one before counts again; unless it was done once more meanwhile."""
        if self._firsts.get(meaning(first.deed)) is not first:
            return
        del self._firsts[meaning(first.deed)]
        if first.before is not None:
            self._firsts[meaning(first.deed)] = first.before


def meaning(deed: Deed) -> Meaning:
    """What makes two deeds the same, whoever asks for them and however they put it."""
    return deed.account, deed.action, deed.meaning
