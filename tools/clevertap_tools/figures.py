"""Figures beside each other."""

from __future__ import annotations

from dataclasses import dataclass

Number = int | float


def percent(part: Number, of: Number) -> float | None:
    """What per cent a figure is of another, with two decimals; None of nothing."""
    return round(100 * part / of, 2) if of else None


@dataclass(frozen=True, slots=True)
class Change:
    """The same figure of two periods.

    Args:
        before: Of the first.
        after: Of the second.
        absolute: The second less the first.
        percent: That in per cent of the first, with two decimals; None if the first is nothing.
    """

    before: Number
    after: Number
    absolute: Number
    percent: float | None

    @classmethod
    def of(cls, before: Number, after: Number) -> Change:
        """Two figures as they changed."""
        difference = after - before
        absolute = round(difference, 6) if isinstance(difference, float) else difference
        return cls(before, after, absolute, percent(difference, abs(before)))
