"""What a request is to this server: as far as its head tells, and, if that is not far enough, as its message says."""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers

from clevertap_mcp.transports.bodies import announced

if TYPE_CHECKING:
    from starlette.types import Scope

ENDPOINT = "/mcp"
EVENTS = "/sse"
MESSAGES = "/messages/"
CALL = "tools/call"
LISTEN = "subscriptions/listen"
SHORT = 64 << 10
"""Bytes; answers of persons are shorter."""


class Kind(Enum):
    """What a request is."""

    CALL = auto()
    """A call of a tool, or a message that may be one."""
    OPENING = auto()
    """A message that begins a session."""
    STREAM = auto()
    """Stays open for as long as its client likes."""
    OTHER = auto()
    """Waits for nothing: it is answered from this server's own memory or refused, or it answers something itself."""


def kind_of(scope: Scope) -> Kind:
    """What a request is by its head."""
    method, path = scope["method"], scope["path"]
    if method == "GET" and path in {ENDPOINT, EVENTS}:
        return Kind.STREAM
    if method != "POST" or not path.startswith((ENDPOINT, MESSAGES)):
        return Kind.OTHER
    return Kind.CALL if path.startswith(MESSAGES) else posted(scope)


def posted(scope: Scope) -> Kind:
    """What a message to the MCP endpoint is; the SDK refuses one that is something else than its headers say."""
    headers = Headers(scope=scope)
    if newer(headers):
        if headers.get("mcp-method") == LISTEN:
            return Kind.STREAM
        return Kind.CALL if headers.get("mcp-method", CALL) == CALL or not short(scope) else Kind.OTHER
    return Kind.CALL if "mcp-session-id" in headers else Kind.OPENING


def newer(headers: Headers) -> bool:
    """Whether a message is one of the generation whose headers tell what it is."""
    return headers.get("mcp-protocol-version") not in {None, *HANDSHAKE_PROTOCOL_VERSIONS}


def short(scope: Scope) -> bool:
    """Whether a message is so short that it needs no place of its own, unless it is a call."""
    return 0 < announced(scope) <= SHORT


def worth_a_look(scope: Scope) -> bool:
    """Whether a request may bring something else than a call to what is open already, and its head does not tell."""
    headers = Headers(scope=scope)
    within = scope["path"].startswith(MESSAGES) or ("mcp-session-id" in headers and not newer(headers))
    return within and short(scope)


def is_call(message: bytes) -> bool:
    """Whether a message is a call by what it says; true if that cannot be told."""
    try:
        said: Any = json.loads(message)
    except (ValueError, RecursionError):
        return True
    return not isinstance(said, dict) or said.get("method") == CALL
