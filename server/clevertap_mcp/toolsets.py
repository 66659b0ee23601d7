"""Which actions are on: an operator's choice of toolsets and single actions, applied to a catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clevertap_mcp.guard.access import Access
from clevertap_tools.action import Action
from clevertap_tools.errors import ConfigurationError

Catalogue = Mapping[str, Action[Any, Any]]
EVERYTHING = "all"
TOOL_PREFIX = "clevertap-"


def choose(choice: str | None, catalogue: Catalogue, access: Access = Access.FULL) -> dict[str, Action[Any, Any]]:
    """The actions that are on, in the order of the catalogue.

    Args:
        choice: Names of toolsets and actions with commas, or `all`. Plain names are the whole choice; `+name` adds
            to it and `-name` takes away, from left to right. Without a plain name they change the default. None is
            the default.
        catalogue: Every action by its key.
        access: What may be done at all; what it excludes is not on, whoever chose it.

    Raises:
        ConfigurationError: A name is unknown, or nothing is left.
    """
    default = {key for key, action in catalogue.items() if action.default}
    if choice is None:
        return kept(default, catalogue, access)
    names = [name.strip() for name in choice.split(",")]
    on = default if all(name.startswith(("+", "-")) for name in names) else set()
    for position, name in enumerate(names, 1):
        meant = set(members(name[1:] if name.startswith(("+", "-")) else name, position, catalogue))
        on = on - meant if name.startswith("-") else on | meant
    if not on:
        raise ConfigurationError("CLEVERTAP_TOOLSETS (or --toolsets) leaves no tool; name one, or leave it unset.")
    return kept(on, catalogue, access)


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
    """The keys that a name stands for: all, those of a toolset, or one.

    Raises:
        ConfigurationError: It stands for nothing. The name is not repeated: it is the value of a variable.
    """
    key = key_of(name)
    found = [other for other, action in catalogue.items() if key in (EVERYTHING, other, action.toolset.value)]
    if not found:
        toolsets = dict.fromkeys(action.toolset.value for action in catalogue.values())
        raise ConfigurationError(
            f"Entry {position} of CLEVERTAP_TOOLSETS (or --toolsets) is not known; choose from "
            f"{EVERYTHING}, the toolsets {', '.join(toolsets)}, or single tools: {', '.join(catalogue)}."
        )
    yield from found


def key_of(name: str) -> str:
    """An action's key, however its name is written: with underscores, with the prefix of a tool."""
    return name.strip().lower().replace("_", "-").removeprefix(TOOL_PREFIX)
