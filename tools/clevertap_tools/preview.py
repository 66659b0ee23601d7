"""What a call would do, in plain words, for the person who has to say yes."""

from __future__ import annotations

from dataclasses import dataclass

ESTIMATE = "Estimated reach:"
"""What the line begins with that tells an estimate; no other begins with it, for each begins with a word of ours."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would do.

    Args:
        deed: One sentence: `Send the push campaign "Win-back" now.`
        details: One line for each thing to know: the audience, the first lines of the content, who is erased.
        reach: How many people it would reach at most; None when nobody can tell.
        comes_again: Whether it may happen more than once, so that the reach is only that of one run.
    """

    deed: str
    details: tuple[str, ...] = ()
    reach: int | None = None
    comes_again: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What is said beside the estimate, whose figures move by themselves."""
        return (self.deed, *(line for line in self.details if not line.startswith(ESTIMATE)))
