"""When Python looks for garbage: objects that only point at each other and do not go by themselves."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 10_000, 10, 20
"""How many objects more, and collections of younger ones, come before a collection."""


def collected_seldom() -> None:
    """Look for garbage less often than Python does by itself, which is at every 700 objects.

    A call makes thousands that go by themselves; a tenth of it would be spent on looking at them.
    """
    gc.set_threshold(*SELDOM)


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports make no garbage: not looking for it until they are done saves a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
