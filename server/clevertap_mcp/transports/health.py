"""What machines ask about this server beside MCP: whether it lives, whether it can work, and its figures."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from clevertap_mcp.transports.refusing import ALIVE, refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from clevertap_mcp.transports.readiness import Readiness

READY = "/readyz"
FOR_ALL = "Figures are told only to those to whom all accounts are open."
FRESH = {"Cache-Control": "no-store"}


def health_routes(readiness: Readiness) -> list[Route]:
    """The routes that need no token: they tell nothing but how this server is."""

    async def alive(_request: Request) -> Response:
        return told({"status": "ok"})

    async def ready(_request: Request) -> Response:
        reasons = await readiness.reasons()
        if reasons:
            return told({"status": "unready", "reasons": reasons}, HTTPStatus.SERVICE_UNAVAILABLE)
        return told({"status": "ok"})

    return [Route(ALIVE, alive), Route(READY, ready)]


def metrics(open_to_caller: Callable[[], bool]) -> Callable[[Request], Awaitable[Response]]:
    """What tells the figures, as Prometheus reads them.

    Args:
        open_to_caller: Whether every account is open to whoever asks: the figures are those of all.
    """
    from clevertap_mcp.telemetry.prometheus import metrics_text  # noqa: PLC0415 - only who wants figures pays for them

    async def told_figures(_request: Request) -> Response:
        if not open_to_caller():
            return refusal(HTTPStatus.FORBIDDEN, FOR_ALL)
        return Response(metrics_text(), headers=FRESH, media_type="text/plain; version=0.0.4; charset=utf-8")

    return told_figures


def told(body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A small JSON answer that nobody keeps."""
    return Response(json.dumps(body), status, FRESH, "application/json")
