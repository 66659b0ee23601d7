"""What the scopes of a token allow, the same for tokens of our own and for those of an authorization server.

`clevertap:read`, `clevertap:write`, `clevertap:send` and `clevertap:full` name a level of access, each with those
before it. `clevertap:account:NAME` opens an account by its name here, `clevertap:account:*` opens all. Everything else
is somebody else's scope and allows nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clevertap_mcp.guard.access import LEVELS, Access

PREFIX = "clevertap:"
ACCOUNT = f"{PREFIX}account:"
EVERY = "*"
"""In place of an account's name: all accounts, also those that come later."""
EVERY_ACCOUNT = f"{ACCOUNT}{EVERY}"


def scope_of(level: Access) -> str:
    """The scope that names a level."""
    return f"{PREFIX}{level}"


ENTRANCE = scope_of(LEVELS[0])
"""The least that a token needs to come in."""
LEVEL_SCOPES = tuple(map(scope_of, LEVELS))


def scopes_of(level: Access, accounts: Iterable[str]) -> list[str]:
    """The scopes that say what somebody may do, the levels below theirs among them."""
    return [*levels_up_to(level), *(f"{ACCOUNT}{name}" for name in accounts)]


def levels_up_to(level: Access) -> Sequence[str]:
    """The scopes of a level and of those that it holds."""
    return LEVEL_SCOPES[: LEVELS.index(level) + 1]


def level_in(scopes: Iterable[str]) -> Access | None:
    """The highest level that scopes name; None if they name none, which is no access at all."""
    named = frozenset(scopes)
    return max((level for level in LEVELS if scope_of(level) in named), key=LEVELS.index, default=None)


def accounts_in(scopes: Iterable[str]) -> frozenset[str] | None:
    """The names of the accounts that scopes open; None for all."""
    names = frozenset(scope.removeprefix(ACCOUNT) for scope in scopes if scope.startswith(ACCOUNT))
    return None if EVERY in names else names


def spelled_out(scopes: Sequence[str]) -> list[str]:
    """The same scopes with the levels below the highest, for whoever asks for a level to the letter."""
    level = level_in(scopes)
    return list(dict.fromkeys([*(levels_up_to(level) if level else ()), *scopes]))
