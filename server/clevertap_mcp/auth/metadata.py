"""What clients are told about where to get a token for this server (RFC 9728)."""

from __future__ import annotations

from collections.abc import Iterable

from mcp.server.auth.handlers.metadata import ProtectedResourceMetadataHandler
from mcp.server.auth.routes import build_resource_metadata_url
from mcp.shared.auth import ProtectedResourceMetadata
from pydantic import AnyHttpUrl
from starlette.routing import BaseRoute, Route

from clevertap_mcp.auth.scopes import LEVEL_SCOPES
from clevertap_mcp.network import Network

NAME = "CleverTap"


def with_all_scopes(routes: Iterable[BaseRoute], network: Network) -> list[BaseRoute]:
    """The routes of the SDK's web application, with the metadata of ours in place of its own.

    The SDK names only the scope that every call needs, so clients would ask for no more, and it lets the scripts of
    every web page read them.
    """
    own = metadata_routes(network)
    replaced = {route.path for route in own}
    return [*own, *(route for route in routes if getattr(route, "path", None) not in replaced)]


def metadata_routes(network: Network) -> list[Route]:
    """The route of the metadata, which asks for no token; none without an authorization server."""
    if network.issuer is None or network.url is None:
        return []
    metadata = ProtectedResourceMetadata.model_validate(
        {
            "resource": network.url,
            "authorization_servers": [network.issuer.url],
            "scopes_supported": list(LEVEL_SCOPES),
            "resource_name": NAME,
        }
    )
    path = build_resource_metadata_url(AnyHttpUrl(network.url)).path
    assert path is not None
    return [Route(path, ProtectedResourceMetadataHandler(metadata).handle, methods=["GET"])]
