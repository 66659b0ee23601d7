"""What the command line writes: results on stdout as JSON, errors as one sentence or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_mcp.commands.exits import say
from clevertap_mcp.schema import input_schema
from clevertap_tools.action import tool_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clevertap_tools.action import Action
    from clevertap_tools.errors import CleverTapError


def show(value: object, *, compact: bool) -> None:
    """Print a value as JSON: indented for people, in one line for programs."""
    separators = (",", ":") if compact else None
    text = json.dumps(value, ensure_ascii=False, indent=None if compact else 2, separators=separators)
    # Half a surrogate pair cannot be written as UTF-8; escaped with a backslash it is the same JSON.
    say(text.encode("utf-8", "backslashreplace"))


def spoken(error: CleverTapError) -> str:
    """An error as people read it: what happened, then what to do."""
    stop = "" if error.message.endswith((".", "!", "?")) else "."
    joint = "\n" if "\n" in error.message else " "
    return f"{error.message}{stop}{joint}{error.next}".strip()


def described(action: Action[Any, Any]) -> dict[str, Any]:
    """An action as programs read it."""
    return {
        "key": action.key,
        "tool": tool_name(action.key),
        "title": action.title,
        "description": action.description,
        "toolset": action.toolset.value,
        "default": action.default,
        "effects": sorted(action.effects),
        "input_schema": input_schema(action.arguments),
    }


def table(actions: Iterable[Action[Any, Any]]) -> str:
    """Actions as people read them: key, effect, toolset and title in columns."""
    return columns(
        [(action.key, "/".join(sorted(action.effects)), action.toolset.value, action.title) for action in actions]
    )


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as people read them, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
