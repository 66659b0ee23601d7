"""Whoever calls, as the transport has authenticated them."""

from __future__ import annotations

import re
from hashlib import sha256

from mcp import MCPError
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, principal_components
from mcp.types import INVALID_REQUEST

from clevertap_mcp.auth.scopes import accounts_in, level_in
from clevertap_mcp.guard.access import OPERATOR, Caller

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._|:-]{0,63}")
"""What can stand in the audit log as it is: no e-mail address, and no end of one part of a name."""
DIGITS = 32
"""Hexadecimal digits of a digest that stands for a name."""
OWN = "token"
"""The issuer of tokens of our own, as callers are named."""
NOBODY = "This call is not authenticated."
NO_LEVEL = "This token allows nothing here: it has no scope such as clevertap:read."


def caller(*, authenticated: bool = False) -> Caller:
    """Whoever the transport has authenticated; without authentication only the operator can reach us.

    Args:
        authenticated: Whether everybody has to say who they are.

    Raises:
        MCPError: Everybody has to and this call's sender has not, or their token allows nothing.
    """
    token = get_access_token()
    if token is not None:
        return caller_of(token)
    if authenticated:
        raise MCPError(INVALID_REQUEST, NOBODY)
    return OPERATOR


def caller_of(token: AccessToken) -> Caller:
    """Who somebody with a token is, and what they may do.

    Raises:
        MCPError: Its scopes name no level of access.
    """
    level = level_in(token.scopes)
    if level is None:
        raise MCPError(INVALID_REQUEST, NO_LEVEL)
    return Caller(name_of(token), level, accounts_in(token.scopes))


def name_of(token: AccessToken) -> str:
    """The name of whoever has a token: a different one for each client and person of each issuer.

    A token of our own has a subject too, its thumbprint: a token that is made anew under the name of one that
    was revoked is another caller, and comes into nothing that the first one left.

    A subject can be somebody's e-mail address, and what is not plain could be made to look like another name, so a
    digest stands for it.
    """
    client, issuer, subject = principal_components(token)
    return "/".join((issuer or OWN, shown(client), shown(subject)))


def shown(part: str | None) -> str:
    """A part of a name as it stands in the audit log."""
    if not part:
        return "-"
    return part if PLAIN.fullmatch(part) else f"~{sha256(part.encode()).hexdigest()[:DIGITS]}"
