"""An account that gives any answer one likes, in place of the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from clevertap_tools.ways import Transport, in_process

Answering = Callable[[Any], Awaitable[tuple[int, Any]]]
"""From the JSON of a request to the HTTP status and the JSON of its answer."""


def account(answering: Answering) -> Transport:
    """The way to an account that answers each request so."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        status, said = await answering(await request.json() if request.method == "POST" else None)
        await JSONResponse(said, status)(scope, receive, send)

    application: ASGIApp = answer
    return in_process(application)


def saying(said: Any) -> Transport:
    """The way to an account that says the same to everything."""

    async def answer(_asked: Any) -> tuple[int, Any]:
        return 200, said

    return account(answer)
