"""Names by which CleverTap, or a server before it, may take two keys for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

LONGEST_REMEMBERED = 200
"""Characters of a name that is kept at hand with its plain form: the records of an upload share their keys."""


def loosely(name: str) -> str:
    """A name without case, spaces, underscores and dashes."""
    return _remembered(name) if len(name) <= LONGEST_REMEMBERED else _plainly(name)


def _plainly(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


_remembered = lru_cache(16_384)(_plainly)


def spelt(body: Mapping[str, Any], name: str) -> list[Any]:
    """What a body says under a name in any spelling: some servers do not look at case."""
    return [value for key, value in body.items() if loosely(key) == loosely(name)]
