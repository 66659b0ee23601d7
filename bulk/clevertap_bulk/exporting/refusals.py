"""Events that CleverTap does not export: the other ones are finished all the same, and the job says which failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from clevertap_bulk.job import Part, State, Tally
from clevertap_bulk.work import Bench
from clevertap_tools.bulk import ANEW
from clevertap_tools.errors import InvalidRequestError
from clevertap_tools.wire import JsonObject

ABOUT_THE_EVENT = ("Invalid event", "Export not allowed")
"""What CleverTap's words begin with where it knows no such event, or does not export it."""
REFUSED = "refused"
"""Under which key the journal has CleverTap's words about the event of a part."""


class RefusedEventError(InvalidRequestError):
    """CleverTap does not export an event of that name."""

    next_step = ANEW


class Refusals:
    """What CleverTap said of events, so that it is asked once about each and not for every day."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str | None], str] = {}

    async def or_none(self, part: Part, bench: Bench, walk: Callable[[], Awaitable[Tally]]) -> Tally:
        """What walking over a part comes to; nothing, and a word in the journal, where its event is refused.

        Raises:
            CleverTapError: The walk cannot go on for another reason.
        """
        which = (part.job, part.plan["event"])
        if which not in self._said:
            try:
                return await walk()
            except RefusedEventError as error:
                self._said[which] = error.message
        await bench.journal.write_part(part, State.RUNNING, Tally(), {REFUSED: self._said[which]})
        return Tally()


def is_about_the_event(error: InvalidRequestError) -> bool:
    """Whether a refusal is one of the event, not of the rest of the query."""
    return error.message.removeprefix('["').startswith(ABOUT_THE_EVENT)


def refused_events(parts: Iterable[Part], found: Iterable[JsonObject]) -> Mapping[str | None, str]:
    """What CleverTap said of each event that it does not export."""
    said: dict[str | None, str] = {}
    for part, seen in zip(parts, found, strict=True):
        if REFUSED in seen:
            said.setdefault(part.plan["event"], seen[REFUSED])
    return said


def check_none_refused(said: Mapping[str | None, str], done: str = "") -> None:
    """End a job of which some events were refused.

    Args:
        said: What CleverTap said of them.
        done: What came of the others, in a sentence.

    Raises:
        RefusedEventError: There are some.
    """
    if said:
        refused = " ".join(said.values())
        raise RefusedEventError(f"{done} Not exported: {refused}" if done else refused, status=400)
