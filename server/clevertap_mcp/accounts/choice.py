"""Which accounts a caller may use an action at, and how a call says which one it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_mcp.guard.access import Access
from clevertap_mcp.rendering.framing import ACCOUNT
from clevertap_tools.action import Action
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError

if TYPE_CHECKING:
    from clevertap_mcp.schema import Schema

NAMED: Schema = {"type": "string"}
"""The account in an answer."""
PROJECT = "Project"
MOST_ZONES = 4
"""Accounts whose time zones stand in every tool: each costs context with each of them."""
ONLY_READING = frozenset({Effect.READ})


@dataclass(frozen=True, slots=True)
class Choice:
    """The argument `account` of one tool, as one caller sees it.

    Args:
        names: The accounts that it may name.
        zones: The time zones of those that have one, by name.
        implied: Whether it may be left out, because there is no doubt and nothing can be done wrong.
    """

    names: tuple[str, ...]
    zones: tuple[tuple[str, str], ...] = ()
    implied: bool = False

    @property
    def schema(self) -> Schema:
        """How it is published."""
        zones = "; ".join(f"{name}: {zone}" for name, zone in self.zones) if len(self.zones) <= MOST_ZONES else ""
        return {
            "type": "string",
            "enum": list(self.names),
            "description": f"{PROJECT} ({zones})" if zones else PROJECT,
        }

    def into(self, arguments: Schema) -> Schema:
        """The schema of a tool's arguments with it."""
        required = [*([] if self.implied else [ACCOUNT]), *arguments.get("required", [])]
        properties = {ACCOUNT: self.schema, **arguments["properties"]}
        return {**arguments, "properties": properties} | ({"required": required} if required else {})

    def taken(self, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The account that a call means, and the rest of what it is given.

        Raises:
            InvalidArgumentsError: It names none, or none of these; both read the same for every other name.
        """
        rest = dict(given)
        name = rest.pop(ACCOUNT, None)
        if name is None and self.implied:
            return self.names[0], rest
        if name not in self.names:
            known = ", ".join(self.names)
            reason = "is missing; it must be" if name is None else "must be"
            raise InvalidArgumentsError.of(ACCOUNT, f"{ACCOUNT!r} {reason} one of {known}")
        return name, rest


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as one caller may use it.

    Args:
        action: The action.
        access: The most that they may do with it, at whichever account.
        choice: The argument that names the account; None where there is only one.
        home: The name of the only one.
    """

    action: Action[Any, Any]
    access: Access
    choice: Choice | None = None
    home: str = ""

    @property
    def only_reads(self) -> bool:
        """Whether nothing but reading is left of it."""
        return frozenset(filter(self.access.permits, self.action.effects)) <= ONLY_READING

    def taken(self, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The account that a call means, and the rest of what it is given.

        Raises:
            InvalidArgumentsError: It names none that can be meant.
        """
        return self.choice.taken(given) if self.choice else (self.home, dict(given))
