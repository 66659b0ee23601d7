"""A typed result as JSON values, however deep CleverTap's own values inside it are."""

from __future__ import annotations

from typing import Any

from clevertap_mcp.rendering.clip import writable
from clevertap_tools.action import Result


def figures(result: Result) -> dict[str, Any]:
    """The fields of a result that have a value, as JSON values.

    pydantic refuses to write what is deeper than some 250 levels; then the deepest levels are given as text.
    """
    try:
        return result.model_dump(mode="json", exclude_none=True)
    except (ValueError, RecursionError):
        flat = {name: writable(value) for name, value in result}
        return result.model_copy(update=flat).model_dump(mode="json", exclude_none=True)
