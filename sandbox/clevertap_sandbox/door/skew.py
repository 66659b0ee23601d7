"""A clock that a fault can put out for one request."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SKEW: ContextVar[float] = ContextVar("skew", default=0.0)


@contextmanager
def skewed(seconds: float) -> Iterator[None]:
    """Put the clock out for what this request does in the block; negative: behind."""
    token = _SKEW.set(seconds)
    try:
        yield
    finally:
        _SKEW.reset(token)


def with_skew(clock: Callable[[], float]) -> Callable[[], float]:
    """Make a clock that can be put out."""
    return lambda: clock() + _SKEW.get()
