"""Names by which CleverTap, or a server before it, may take two keys for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def loosely(name: str) -> str:
    """A name without case, spaces, underscores and dashes."""
    return re.sub(r"[\s_-]", "", name).casefold()


def spelt(body: Mapping[str, Any], name: str) -> list[Any]:
    """What a body says under a name in any spelling: some servers do not look at case."""
    return [value for key, value in body.items() if loosely(key) == loosely(name)]
