"""The control path `/_sandbox/`: plan faults and read the request log over HTTP, from this machine only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clevertap_sandbox.door.faults import FaultPlan, read_fault

if TYPE_CHECKING:
    from starlette.requests import Request

    from clevertap_sandbox.door.front import Recorded

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


def control_routes(faults: FaultPlan, requests: list[Recorded]) -> list[Route]:
    """Make the routes of the control path."""

    async def change_faults(request: Request) -> Response:
        _need_loopback(request)
        if request.method == "DELETE":
            faults.clear()
            return Response(status_code=204)
        try:
            planned = [read_fault(entry) for entry in json.loads(await request.body())]
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        faults.add(*planned)
        return JSONResponse({"planned": len(planned)}, 201)

    async def read_requests(request: Request) -> Response:
        _need_loopback(request)
        if request.method == "DELETE":
            requests.clear()
            return Response(status_code=204)
        return JSONResponse([_readable(recorded) for recorded in list(requests)])

    return [
        Route("/_sandbox/faults", change_faults, methods=["POST", "DELETE"]),
        Route("/_sandbox/requests", read_requests, methods=["GET", "DELETE"]),
    ]


def _need_loopback(request: Request) -> None:
    """Nobody elsewhere is to know that this path exists."""
    if request.client is None or request.client.host not in LOOPBACK:
        raise HTTPException(404)


def _readable(recorded: Recorded) -> dict[str, object]:
    return {
        "method": recorded.method,
        "path": recorded.path,
        "query": recorded.query,
        "body": recorded.body.decode("utf-8", "replace"),
        "headers": recorded.headers,
    }
