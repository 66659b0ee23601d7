"""What is said to an HTTP request that does not get as far as MCP: a status and a few words as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SOON = {"Retry-After": "1"}
LATER = {"Retry-After": "60"}
CLOSE = {"Connection": "close"}
ALIVE = "/healthz"
FULL = "Too many connections are open; try again in a moment."
NOT_FOUND = "Nothing is here. MCP is at /mcp, for older clients also at /sse; /healthz and /readyz tell of the server."


def refusal(status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a status, its name and a few words."""
    return Response(refusal_body(status, message), status, headers, "application/json")


def alive_only(application: ASGIApp) -> ASGIApp:
    """What an application is to those for whom there is no room: it lives, and they may come again."""
    full = refusal(HTTPStatus.SERVICE_UNAVAILABLE, FULL, SOON | CLOSE)

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        await (application if scope["path"] == ALIVE else full)(scope, receive, send)

    return answered


def refusal_body(status: HTTPStatus, message: str) -> bytes:
    """The same without its head."""
    return json.dumps({"error": status.name.lower(), "message": message}).encode()


async def refused(_request: Request, error: Exception) -> Response:
    """The answer to a request that met an HTTP error on its way."""
    if not isinstance(error, HTTPException):
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "This server made a mistake of its own; its log says more.")
    status = HTTPStatus(error.status_code)
    said = NOT_FOUND if status is HTTPStatus.NOT_FOUND else error.detail
    return refusal(status, said, error.headers)
