"""What may be done at all: the operator's word for the process, narrowed by the rights of whoever calls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from clevertap_tools.effect import Effect

if TYPE_CHECKING:
    from clevertap_tools.action import Action


class Access(StrEnum):
    """One of four levels; each includes those before it."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    FULL = "full"

    def permits(self, effect: Effect) -> bool:
        """Whether something with this effect may be done."""
        return LEVELS.index(self) >= LEVELS.index(NEEDED[effect])

    def narrowed(self, other: Access) -> Access:
        """The lower of two levels: nothing that is laid over an access can widen it."""
        return min(self, other, key=LEVELS.index)

    def offers(self, action: Action[Any, Any]) -> bool:
        """Whether any use of an action is left at this level."""
        return any(map(self.permits, action.effects))


LEVELS = tuple(Access)
NEEDED = {
    Effect.READ: Access.READ,
    Effect.UPSERT: Access.WRITE,
    Effect.APPEND: Access.WRITE,
    Effect.SEND: Access.SEND,
    Effect.DESTROY: Access.FULL,
}
"""The least level at which each effect is permitted."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever calls.

    Args:
        name: Who, as the audit log says it; never an address or a token.
        access: What they may do at most.
        accounts: The names of the accounts that they may use; None for all.
    """

    name: str
    access: Access = Access.FULL
    accounts: frozenset[str] | None = None

    def may_use(self, account: str) -> bool:
        """Whether an account, by its name here, is open to them."""
        return self.accounts is None or account in self.accounts


OPERATOR = Caller("local")
"""Whoever started this process, over stdio, on loopback or at the command line."""
