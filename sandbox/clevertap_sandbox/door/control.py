"""The control path `/_sandbox/`, from this machine only.

Plan faults, read the request log and how many requests there were at once, and play the SDKs: tell of devices and
events that uploads cannot bring.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clevertap_sandbox.door.dashboard import store_campaigns
from clevertap_sandbox.door.devices import store_devices, store_events
from clevertap_sandbox.door.faults import FaultPlan, read_fault
from clevertap_sandbox.state.mails import all_mails

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from clevertap_sandbox.door.gate import Traffic
    from clevertap_sandbox.door.log import Recorded, RequestLog
    from clevertap_sandbox.project import Project

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})


def control_routes(project: Project, traffic: Traffic, faults: FaultPlan, requests: RequestLog) -> list[Route]:
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

    async def read_peaks(request: Request) -> Response:
        _need_loopback(request)
        return JSONResponse(traffic.peaks())

    async def read_mails(request: Request) -> Response:
        _need_loopback(request)
        with project.database() as db:
            return JSONResponse(all_mails(db))

    return [
        Route("/_sandbox/faults", change_faults, methods=["POST", "DELETE"]),
        Route("/_sandbox/requests", read_requests, methods=["GET", "DELETE"]),
        Route("/_sandbox/peaks", read_peaks, methods=["GET"]),
        Route("/_sandbox/mails", read_mails, methods=["GET"]),
        Route("/_sandbox/campaigns", _storing(project, store_campaigns), methods=["POST"]),
        Route("/_sandbox/devices", _storing(project, store_devices), methods=["POST"]),
        Route("/_sandbox/events", _storing(project, store_events), methods=["POST"]),
    ]


def _storing(project: Project, store: Callable[[Project, object], int]) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        _need_loopback(request)
        try:
            return JSONResponse({"stored": store(project, json.loads(await request.body()))}, 201)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return take


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
