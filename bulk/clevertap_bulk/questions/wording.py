"""Names and texts as SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name of a table or column, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a constant."""
    return "'" + text.replace("'", "''") + "'"


def told_apart(names: Iterable[str]) -> list[str]:
    """Names of columns or tables, no two of which differ in case only."""
    told: list[str] = []
    for name in names:
        alike, again = name, 1
        while alike.casefold() in map(str.casefold, told):
            again += 1
            alike = f"{name} ({again})"
        told.append(alike)
    return told
