"""The web application: MCP over Streamable HTTP and over SSE, health, figures, and what stands before them all.

From outside in: bodies have an end, every answer is whole, Host and Origin are known, CORS is closed unless an origin
is named, callers say who they are, and there is room for so much at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import RequireAuthMiddleware
from mcp.server.auth.routes import build_resource_metadata_url
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount, Route, request_response

from clevertap_mcp.auth.admission import Admission
from clevertap_mcp.telemetry.telemetry import SESSIONS
from clevertap_mcp.transports.answers import Answering
from clevertap_mcp.transports.bodies import Bodies
from clevertap_mcp.transports.event_streams import NAMED_ALREADY, EventStreams
from clevertap_mcp.transports.health import health_routes, metrics
from clevertap_mcp.transports.kinds import ENDPOINT, EVENTS, MESSAGES
from clevertap_mcp.transports.names import Named
from clevertap_mcp.transports.patience import LONGEST_BODY, PATIENCE, Patience
from clevertap_mcp.transports.places import Placed, Places
from clevertap_mcp.transports.readiness import Reach, Readiness
from clevertap_mcp.transports.refusing import refused
from clevertap_mcp.transports.stdio import run_connection

if TYPE_CHECKING:
    from mcp.server.auth.settings import AuthSettings
    from pydantic import AnyHttpUrl
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clevertap_mcp.network import Network
    from clevertap_mcp.server import CleverTapServer

FIGURES = "/metrics"
READ_BY_PAGES = ("Mcp-Session-Id", "WWW-Authenticate", "Retry-After")
"""The headers of answers that scripts of web pages may read."""


class WebApplication:
    """Everything that is served over HTTP, and the ways to end it.

    Args:
        server: What answers MCP.
        network: Who may come in, and how many at once.
        patience: How long it is waited for whom.
    """

    def __init__(self, server: CleverTapServer, network: Network, patience: Patience = PATIENCE) -> None:
        self._server = server
        self._streams = EventStreams(partial(run_connection, server), patience.silence)
        stream = server.streamable_http_app(
            streamable_http_path=ENDPOINT,
            transport_security=NAMED_ALREADY,
            max_request_body_size=LONGEST_BODY,
            session_idle_timeout=patience.silence,
            max_sessions=None,
        )
        self.places = Places(network, lambda: server.sessions)
        server.telemetry.follow(SESSIONS, lambda: self.places.open)
        verifier = server.verifier
        readiness = Readiness(
            [Reach(app.client, patience.probe, app.name) for app in server.apps],
            {"stopping": lambda: self.places.closed, "tokens": lambda: verifier is not None and not verifier.ready},
        )
        inner = Starlette(
            routes=[*stream.routes, *self._own_routes(network), *health_routes(readiness)],
            middleware=[*stream.user_middleware, *admission(server), Middleware(Placed, places=self.places)],
            exception_handlers={HTTPException: refused, Exception: refused},
            lifespan=self._lifespan,
        )
        inner.router.redirect_slashes = False  # behind a proxy it would send tokens to an address of its own guess
        self.answering = Answering(Named(paged(inner, network), network))
        self._entrance = Bodies(self.answering)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._entrance(scope, receive, send)

    def close(self, pause: float) -> None:
        """Take nothing new, and end what would stay open for ever; calls go on.

        Args:
            pause: Seconds that streams with calls stay open after the last answer.
        """
        self.places.closed = True
        self._server.end_subscriptions()
        self.answering.cancel("GET", ENDPOINT)
        self._streams.end(pause)

    @asynccontextmanager
    async def _lifespan(self, _application: Starlette) -> AsyncIterator[None]:
        async with self._server.session_manager.run():
            yield

    def _own_routes(self, network: Network) -> list[BaseRoute]:
        """What the SDK's own application does not have."""
        entrance = Entrance(self._server)
        routes: list[BaseRoute] = [
            Route(EVENTS, entrance.to(self._streams.open)),
            Mount(MESSAGES, entrance.to(self._streams.take)),
        ]
        if network.metrics:
            figures = request_response(metrics(self._server.all_open))
            routes.append(Route(FIGURES, entrance.to(figures), methods=["GET"]))
        return routes


@dataclass(frozen=True, slots=True)
class Entrance:
    """Lets those in who may come to MCP.

    Args:
        server: Knows who that is.
    """

    server: CleverTapServer

    def to(self, application: ASGIApp) -> ASGIApp:
        """An application that asks first who calls, if that is asked at all."""
        auth = self.server.settings.auth
        if auth is None:
            return Open(application)
        return RequireAuthMiddleware(application, auth.required_scopes or [], metadata_of(auth))


def admission(server: CleverTapServer) -> Iterator[Middleware]:
    """What refuses tokens that are good for nothing here, if anybody is asked for a token."""
    auth = server.settings.auth
    if auth is not None:
        yield Middleware(Admission, missing=server.missing_scope, metadata=metadata_of(auth))


def metadata_of(auth: AuthSettings) -> AnyHttpUrl | None:
    """Where clients read how to get a token; None if there is no authorization server to get one from."""
    return build_resource_metadata_url(auth.resource_server_url) if auth.resource_server_url else None


@dataclass(frozen=True, slots=True)
class Open:
    """An application that is nothing but another one: Starlette takes a plain function for something else."""

    application: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.application(scope, receive, send)


def paged(application: ASGIApp, network: Network) -> ASGIApp:
    """An application that the scripts of some web pages may call, if any are named."""
    if not network.allowed_origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=network.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=READ_BY_PAGES,
    )
