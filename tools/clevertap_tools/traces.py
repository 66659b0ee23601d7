"""What the operator's log says of a failure: of what kind it is and where it came from."""

from __future__ import annotations

import traceback
from collections.abc import Iterator


def traces(error: BaseException) -> Iterator[str]:
    """Of what kind an exception is and where it came from, and so for each of a group; no words, no values."""
    yield f"{type(error).__qualname__}\n"
    yield from traceback.format_tb(error.__traceback__)
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from traces(inner)
