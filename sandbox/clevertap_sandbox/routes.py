"""Which endpoint answers which method and path.

To add an endpoint: write a function of (project, asked) that returns an Answer or raises RefusedError, in the module
of its area, and enter it here. Everything else (credentials, limits, faults, methods) follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route, compile_path

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.endpoints import (
    addresses,
    campaigns,
    catalog_feeds,
    catalog_files,
    catalogs,
    content_blocks,
    counts,
    exports,
    groups,
    lifecycle,
    lists,
    live,
    messages,
    products,
    schema,
    segments,
    sends,
    templates,
    top,
    trends,
    triggers,
    uploads,
    variables,
)
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
    "/1/counts/top.json": {"POST": top.top, "GET": counts.poll},
    "/1/counts/trends.json": {"POST": trends.trends, "GET": counts.poll},
    "/1/now.json": {"POST": live.live},
    "/1/message/report.json": {"POST": messages.report},
    "/1/delete/profiles.json": {"POST": lifecycle.delete},
    "/1/targets/create.json": {"POST": campaigns.create, "GET": campaigns.created_at_last},
    "/1/targets/list.json": {"POST": campaigns.listing},
    "/1/targets/stop.json": {"POST": campaigns.stop},
    "/1/targets/result.json": {"POST": campaigns.result},
    "/1/send/push.json": {"POST": sends.send},
    "/1/send/email.json": {"POST": sends.send},
    "/1/send/sms.json": {"POST": sends.send},
    "/1/send/webpush.json": {"POST": sends.send},
    "/1/send/whatsapp.json": {"POST": sends.send},
    "/1/send/externaltrigger.json": {"POST": triggers.trigger},
    "/2/send/externaltrigger.json": {"POST": triggers.trigger_several},
    "/1/targets/trigger.json": {"POST": triggers.bulletin},
    "/1/subscribe": {"POST": addresses.subscribe},
    "/1/disassociate": {"POST": addresses.disassociate},
    "/1/demerge/profiles.json": {"POST": addresses.demerge},
    "/1/update/templateIds.json": {"POST": templates.map_sms},
    "/category-groups": {"GET": groups.listing},
    "/v1/email/templates/localise": {"GET": templates.emails},
    "/v1/email/templates/localise/": {"GET": templates.emails},
    "/get_custom_list_segment_url": {"POST": lists.list_url},
    "/upload_custom_list_segment_completed": {"POST": lists.complete_list},
    "/get_catalog_url": {"POST": catalog_files.catalog_url},
    "/get_multipart_upload_catalog_url": {"GET": catalog_files.part_urls},
    "/upload_catalog_completed": {"POST": catalog_files.complete_catalog},
    "/api/createSegment": {"POST": segments.create},
    "/api/updateSegment": {"POST": segments.update},
    "/1/segments/list.json": {"POST": segments.listing},
    "/1/segments/get.json": {"POST": segments.details},
    "/getSchema": {"GET": schema.schema},
    "/1/createVars": {"POST": variables.create},
    "/1/getVars": {"POST": variables.values},
    "/1/deleteVars": {"POST": variables.delete},
    "/v1/contentBlock/create": {"POST": content_blocks.create},
    "/v1/contentBlock/update": {"POST": content_blocks.update},
    "/v1/contentBlock/info": {"GET": content_blocks.info},
    "/v1/contentBlock/list": {"GET": content_blocks.listing},
    "/v2/catalogs": {"GET": catalogs.listing, "POST": catalogs.create},
    "/v2/catalogs/signedurl": {"GET": catalog_feeds.signed_url},
    "/v2/catalogs/delete/{id}": {"PUT": catalogs.delete},
    "/v2/catalogs/{id}": {"GET": catalogs.one, "PUT": catalogs.update},
    "/v2/catalogs/{id}/schema/attributes/{attribute}/filterable": {"PATCH": catalogs.set_filterable},
    "/v2/catalogs/{id}/products": {"POST": products.create},
    "/v2/catalogs/{id}/products/bulk": {"POST": products.create_many, "PUT": products.update_many},
    "/v2/catalogs/{id}/products/{product}": {"PUT": products.update, "DELETE": products.delete},
    "/v1/connect": {"GET": lifecycle.connect},
}


def _pattern(path: str) -> str:
    """A path as Starlette reads it; the id of a product may hold a slash."""
    return path.replace("{product}", "{product:path}")


SHAPES = [(compile_path(_pattern(path))[0], path) for path in ENDPOINTS if "{" in path]


def family(path: str) -> str | None:
    """The endpoint that a path belongs to, as it stands in `ENDPOINTS`; None where there is none."""
    if path in ENDPOINTS:
        return path
    return next((shape for pattern, shape in SHAPES if pattern.match(path)), None)


def routes(project: Project) -> list[Route]:
    """Make the routes of the API."""
    return [
        Route(_pattern(path), _entry(project, methods), methods=list(methods)) for path, methods in ENDPOINTS.items()
    ]


def _entry(project: Project, methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def entry(request: Request) -> Response:
        query, body = dict(request.query_params), await request.body()
        asked = Asked(request.url.path, query, body, request.headers, request.path_params)
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
