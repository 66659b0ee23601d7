"""What CleverTap said a moment ago and need not be asked for again."""

from __future__ import annotations

from collections.abc import Callable


class Memory:
    """Answers that stay good for a while, shared by all calls of one client.

    Args:
        clock: The time of day in epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, object]] = {}

    def recall(self, name: str) -> object | None:
        """What was kept under a name, None when it is too old or was never there."""
        until, value = self._kept.get(name, (0.0, None))
        return value if self._clock() < until else None

    def keep(self, name: str, value: object, seconds: float) -> None:
        """Keep a value under a name for some seconds."""
        self._kept[name] = (self._clock() + seconds, value)
