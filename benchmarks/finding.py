"""What a benchmark found: two raw figures, what they come to, and the bound on that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

HEADING = f"{'':<34}{'ours':>22}{'reference':>22}{'comes to':>14}{'bound':>18}  holds"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Args:
        name: What was measured, ours against which reference.
        ours: Our raw figure with its unit.
        reference: The figure it stands beside, with its unit.
        figure: What both come to: a ratio, or a difference in `unit`.
        bound: What the figure may be at most; None if it is only told.
        unit: The figure's unit, empty for a ratio.
        at_least: The bound is what the figure must be at least instead.
    """

    name: str
    ours: str
    reference: str
    figure: float
    bound: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bound."""
        if self.bound is None:
            return True
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def line(self) -> str:
        """All of it in one line under `HEADING`."""
        verdict = "yes" if self.holds else "NO"
        return (
            f"{self.name:<34}{self.ours:>22}{self.reference:>22}"
            f"{f'{self.figure:.2f}{self.unit}':>14}{self._bound():>18}  {verdict}"
        )

    def _bound(self) -> str:
        if self.bound is None:
            return "none"
        return f"{'at least' if self.at_least else 'at most'} {self.bound:.2f}{self.unit}"


def medians(*measures: Callable[[], float], repetitions: int, warm_up: int) -> list[float]:
    """The median of each measure, all taken in turns so that whatever else the machine does meets them alike.

    Args:
        measures: Each does its work once and returns its figure.
        repetitions: How often each is taken.
        warm_up: How often each is taken before that, for nothing: disk caches, connections, bytecode.
    """
    rounds = [[measure() for measure in measures] for _ in range(warm_up + repetitions)]
    return [median(figures) for figures in zip(*rounds[warm_up:], strict=True)]


def milliseconds(seconds: float) -> str:
    """A duration as it is printed."""
    return f"{seconds * 1000:.2f} ms"
