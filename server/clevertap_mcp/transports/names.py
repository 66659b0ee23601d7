"""Who a request believes to talk to, and which web page made a browser send it.

A web page can have a browser reach this machine or this network under a name of the page's own (DNS rebinding). Such a
request names that page in `Host` or `Origin`, so on every route only known ones are answered.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from clevertap_mcp.transports.refusing import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clevertap_mcp.network import Network

log = logging.getLogger(__name__)

THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "[::1]"})
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)
ORIGIN = re.compile(rf"https?://{HOST.pattern}", re.ASCII)
WRONG_HOST = (
    "This server is not known by that name (Host). Its operator sets CLEVERTAP_MCP_URL or CLEVERTAP_MCP_ALLOWED_HOSTS."
)
WRONG_ORIGIN = "Web pages of that origin may not call this server. Its operator sets CLEVERTAP_MCP_ALLOWED_ORIGINS."


class Named:
    """An ASGI application around another one that is only reached by names it is known by.

    Args:
        application: What answers.
        network: The names and origins that are known beside those of this machine.
    """

    def __init__(self, application: ASGIApp, network: Network) -> None:
        self._application = application
        self._hosts = frozenset(without_usual_port(host.lower()) for host in network.hosts)
        self._origins = frozenset(map(str.lower, network.allowed_origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that names us; refuse the others."""
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        if headers is None or (self._known_host(headers) and self._known_origin(headers)):
            await self._application(scope, receive, send)
        elif self._known_host(headers):
            log.info("A request was refused, its Origin is not allowed.")
            await refusal(HTTPStatus.FORBIDDEN, WRONG_ORIGIN)(scope, receive, send)
        else:
            log.info("A request was refused, its Host is not known.")
            await refusal(HTTPStatus.MISDIRECTED_REQUEST, WRONG_HOST)(scope, receive, send)

    def _known_host(self, headers: Headers) -> bool:
        """Whether a request has one Host, and a known one; a name that is known without a port goes with any."""
        hosts = [host.lower() for host in headers.getlist("host")]
        written = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return written is not None and (
            written["name"] in THIS_MACHINE or not self._hosts.isdisjoint({written["name"], hosts[0]})
        )

    def _known_origin(self, headers: Headers) -> bool:
        """Whether the web page that a request comes from, if it comes from one, may send it."""
        return all(origin in self._origins or here(origin) for origin in map(str.lower, headers.getlist("origin")))


def here(origin: str) -> bool:
    """Whether a web page is one of this machine."""
    written = ORIGIN.fullmatch(origin)
    return written is not None and written["name"] in THIS_MACHINE


def without_usual_port(host: str) -> str:
    """A host as clients write it: they leave out the port that everybody expects."""
    return host.removesuffix(":443").removesuffix(":80")
