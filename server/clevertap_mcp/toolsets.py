"""Which actions are on: an operator's choice of toolsets and single actions, applied to a catalogue.

The toolset `search` holds no action: it puts two tools in front of the others, one that finds an action and one that
runs it, for hosts with little context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clevertap_mcp.guard.access import Access
from clevertap_tools.action import Action
from clevertap_tools.errors import ConfigurationError

Catalogue = Mapping[str, Action[Any, Any]]
EVERYTHING = "all"
SEARCH = "search"
TOOL_PREFIX = "clevertap-"


def choose(choice: str | None, catalogue: Catalogue, access: Access = Access.FULL) -> dict[str, Action[Any, Any]]:
    """The actions that are on, in the order of the catalogue.

    Args:
        choice: Names of toolsets and actions with commas, or `all`. Plain names are the whole choice; `+name` adds
            to it and `-name` takes away, from left to right. Without a plain name they change the default; with
            `search` as the only plain name they change everything. None is the default.
        catalogue: Every action by its key.
        access: What may be done at all; what it excludes is not on, whoever chose it.

    Raises:
        ConfigurationError: A name is unknown, or nothing is left.
    """
    names = entries(choice)
    on = beginning(names, catalogue)
    for position, name in enumerate(names, 1):
        meant = set(members(name.removeprefix(sign(name)), position, catalogue))
        on = on - meant if sign(name) == "-" else on | meant
    if not on:
        raise ConfigurationError("CLEVERTAP_TOOLSETS (or --toolsets) leaves no tool; name one, or leave it unset.")
    return kept(on, catalogue, access)


def searched(choice: str | None) -> bool:
    """Whether agents find and run the actions that are on through two tools, in place of a tool for each."""
    signs = [sign(name) for name in entries(choice) if key_of(name.removeprefix(sign(name))) == SEARCH]
    return bool(signs) and signs[-1] != "-"


def entries(choice: str | None) -> list[str]:
    """The names of a choice as they were written."""
    return [] if choice is None else [name.strip() for name in choice.split(",")]


def sign(name: str) -> str:
    """Whether a name adds (`+`), takes away (`-`), or stands for itself (nothing)."""
    return name[:1] if name.startswith(("+", "-")) else ""


def beginning(names: list[str], catalogue: Catalogue) -> set[str]:
    """What is on before the names of a choice are gone through."""
    plain = {key_of(name) for name in names if not sign(name)}
    if not plain:
        return {key for key, action in catalogue.items() if action.default}
    return set(catalogue) if plain == {SEARCH} else set()


def kept(on: set[str], catalogue: Catalogue, access: Access) -> dict[str, Action[Any, Any]]:
    """The part of a catalogue that is on and of some use at an access, in its order.

    Raises:
        ConfigurationError: Nothing is.
    """
    left = {key: action for key, action in catalogue.items() if key in on and access.offers(action)}
    if not left:
        raise ConfigurationError(
            f"CLEVERTAP_ACCESS={access} (or --access) leaves none of the chosen tools; raise it, or choose others."
        )
    return left


def members(name: str, position: int, catalogue: Catalogue) -> Iterator[str]:
    """The keys that a name stands for: all, those of a toolset, one, or none for `search`.

    Raises:
        ConfigurationError: It stands for nothing. The name is not repeated: it is the value of a variable.
    """
    key = key_of(name)
    found = [other for other, action in catalogue.items() if key in (EVERYTHING, other, action.toolset.value)]
    if not found and key != SEARCH:
        toolsets = dict.fromkeys(action.toolset.value for action in catalogue.values())
        raise ConfigurationError(
            f"Entry {position} of CLEVERTAP_TOOLSETS (or --toolsets) is not known; choose from {EVERYTHING}, "
            f"the toolsets {', '.join(toolsets)}, {SEARCH}, or single tools: {', '.join(catalogue)}."
        )
    yield from found


def key_of(name: str) -> str:
    """An action's key, however its name is written: with underscores, with the prefix of a tool."""
    return name.strip().lower().replace("_", "-").removeprefix(TOOL_PREFIX)
