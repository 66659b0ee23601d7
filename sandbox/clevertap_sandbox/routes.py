"""Which endpoint answers which method and path.

To add an endpoint: write a function of (project, asked) that returns an Answer or raises RefusedError, in the module
of its area, and enter it here. Everything else (credentials, limits, faults, methods) follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.endpoints import campaigns, counts, exports, lifecycle, uploads
from clevertap_sandbox.project import Asked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    from clevertap_sandbox.answers import Answer
    from clevertap_sandbox.project import Project

    Endpoint = Callable[[Project, Asked], Answer]

ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/1/upload": {"POST": uploads.upload},
    "/1/profiles.json": {"POST": exports.export, "GET": exports.next_page},
    "/1/profile.json": {"GET": exports.profile},
    "/1/events.json": {"POST": exports.export, "GET": exports.next_page},
    "/1/counts/profiles.json": {"POST": counts.count, "GET": counts.poll},
    "/1/counts/events.json": {"POST": counts.count, "GET": counts.poll},
    "/1/now.json": {"POST": counts.live},
    "/1/delete/profiles.json": {"POST": lifecycle.delete},
    "/1/targets/create.json": {"POST": campaigns.create},
    "/1/targets/list.json": {"POST": campaigns.listing},
    "/1/targets/stop.json": {"POST": campaigns.stop},
    "/1/targets/result.json": {"POST": campaigns.result},
    "/v1/connect": {"GET": lifecycle.connect},
}


def routes(project: Project) -> list[Route]:
    """Make the routes of the API."""
    return [Route(path, _entry(project, methods), methods=list(methods)) for path, methods in ENDPOINTS.items()]


def _entry(project: Project, methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def entry(request: Request) -> Response:
        asked = Asked(request.url.path, dict(request.query_params), await request.body())
        try:
            # Starlette lets HEAD in wherever GET is.
            given = methods["GET" if request.method == "HEAD" else request.method](project, asked)
        except RefusedError as refused:
            given = refused.answer
        return as_response(given)

    return entry


def as_response(given: Answer) -> Response:
    """Turn an answer into what Starlette sends."""
    return Response(given.body, given.status, media_type=given.content_type or None)


def wrong_method(_request: Request, _error: HTTPException) -> Response:
    """Reference: data 3.2."""
    return as_response(RefusedError("Method Not Allowed", 405).answer)


def unknown_path(project: Project) -> Callable[[Request, HTTPException], Response]:
    """Many unknown GET paths answer 200 with nothing. Reference: engagement 1.1, data 3.1."""

    def answer_unknown(request: Request, _error: HTTPException) -> Response:
        if request.method == "GET" and project.behaviours.unknown_get_is_empty:
            return Response(b"")
        return as_response(RefusedError("Not Found", 404).answer)

    return answer_unknown
