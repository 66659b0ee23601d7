"""Which callers get no further than their token: it is good for nothing here, or there are two.

The SDK would let a token in that opens no account, and show it a server without tools; it would take the first of two.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.datastructures import Headers

from clevertap_mcp.auth.caller import NO_LEVEL, name_of
from clevertap_mcp.auth.refused import Refusals
from clevertap_mcp.auth.scopes import ENTRANCE, LEVEL_SCOPES
from clevertap_mcp.transports.kinds import ENDPOINT, EVENTS, MESSAGES
from clevertap_mcp.transports.refusing import refusal

if TYPE_CHECKING:
    from mcp.server.auth.provider import AccessToken
    from pydantic import AnyHttpUrl
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

Missing = Callable[["AccessToken"], str | None]
"""The scope without which a token is good for nothing; None if it is good for something."""

SEVERAL = "This request has several Authorization headers; send one."
NO_ACCOUNT = "This token opens no account here: it has no scope such as clevertap:account:NAME."
"""No account is named: whoever may use none is not told which there are."""


class Admission:
    """An ASGI application around another one, behind the SDK's look at tokens.

    Args:
        app: What answers.
        missing: What a token lacks.
        metadata: Where clients read how to get a better one; None if they cannot.
    """

    def __init__(self, app: ASGIApp, missing: Missing, metadata: AnyHttpUrl | None = None) -> None:
        self._application = app
        self._missing = missing
        self._metadata = metadata
        self._refusals = Refusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        refused = self._refused(scope) if scope["type"] == "http" else None
        await (refused or self._application)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        if len(Headers(scope=scope).getlist("authorization")) > 1:
            self._refusals.tell("A request was refused: it has several Authorization headers.")
            return refusal(HTTPStatus.BAD_REQUEST, SEVERAL, {"WWW-Authenticate": 'Bearer error="invalid_request"'})
        user = scope.get("user")
        if not isinstance(user, AuthenticatedUser) or not scope["path"].startswith((ENDPOINT, EVENTS, MESSAGES)):
            return None  # others have their own doors, or none
        missing = self._missing(user.access_token)
        return None if missing is None else self._insufficient(user.access_token, missing)

    def _insufficient(self, token: AccessToken, missing: str) -> Response:
        """What is said to a caller whose token lacks a scope; asking for a better one they should lose none."""
        reason = NO_LEVEL if missing == ENTRANCE else NO_ACCOUNT
        self._refusals.tell(f"{name_of(token)} was refused. {reason}")
        wanted = " ".join((*(level for level in LEVEL_SCOPES if level in token.scopes), missing))
        challenge = [f'scope="{wanted}"', f'error_description="{reason}"']
        if self._metadata is not None:
            challenge.append(f'resource_metadata="{self._metadata}"')
        header = f'Bearer error="insufficient_scope", {", ".join(challenge)}'
        return refusal(HTTPStatus.FORBIDDEN, reason, {"WWW-Authenticate": header})
