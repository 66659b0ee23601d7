"""The store behind presigned URLs, as far as clients see of it: PUT a file, get its ETag.

It speaks as S3 does: XML, no CleverTap headers, 403 when the address is unknown or too old. Reference: data 10.1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from clevertap_sandbox.state.shelf import STORAGE, spool

if TYPE_CHECKING:
    from starlette.requests import Request

    from clevertap_sandbox.project import Asked, Project

ERROR = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>'
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
LARGEST = 5 << 30
"""Bytes of one file."""


def presigned(project: Project, asked: Asked) -> str:
    """Give out an address on this very host to which a file can be PUT."""
    ticket = project.shelf.reserve(project.clock(), project.behaviours.presigned_life)
    scheme = asked.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{asked.headers['host']}{STORAGE}{ticket}"


def expiry(project: Project) -> dict[str, Any]:
    """Say until when an address that is given out now is good, in the words of the project's age."""
    ends = datetime.fromtimestamp(project.clock() + project.behaviours.presigned_life, UTC)
    if project.behaviours.presigned_expiry == "expiryEpoch":
        return {"expiryEpoch": {"$date": f"{ends:%Y-%m-%dT%H:%M:%S}.000Z"}}
    local = ends.astimezone(project.zone)
    return {"expiry": f"{local.day} {local:%b, %I:%M %p}"}


def storage_route(project: Project) -> Route:
    """Make the route of the store."""

    async def receive(request: Request) -> Response:
        if request.method != "PUT":
            return _refused("SignatureDoesNotMatch", "The request signature does not match the signature provided.")
        place = project.shelf.at(f"{request.path_params['name']}?{request.url.query}")
        if place is None:
            return _refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        if place.expires <= project.clock():
            return _refused("AccessDenied", "Request has expired")
        if "content-length" not in request.headers:
            return _refused("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
        if int(request.headers["content-length"]) > LARGEST:
            return _refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400)
        file, digest = spool(), md5(usedforsecurity=False)
        try:
            async for chunk in request.stream():
                digest.update(chunk)
                file.write(chunk)
        except ClientDisconnect:
            file.close()
            raise
        place.put(file, digest.hexdigest())
        return Response(headers={"ETag": f'"{place.etag}"'})

    return Route(f"{STORAGE}{{name}}", receive, methods=METHODS)


def _refused(code: str, message: str, status: int = 403) -> Response:
    return Response(ERROR.format(code, message), status, media_type="application/xml")
