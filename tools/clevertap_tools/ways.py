"""The ways to CleverTap: directly, or by the HTTP library where a proxy or a sandbox in this process is in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ssl import SSLContext
from typing import Any
from urllib.request import getproxies

import httpx2

from clevertap_tools.account import Account
from clevertap_tools.errors import ConfigurationError
from clevertap_tools.limits import CONCURRENCY, MOST_UPLOADS
from clevertap_tools.replies import Reply, Way, whole_body

Transport = httpx2.AsyncBaseTransport

CONNECTING = 5.0
"""Seconds for a connection."""
PATIENCE = 60.0
"""Seconds in which something must come."""
MOST_KEPT = MOST_UPLOADS + CONCURRENCY
"""Connections that are kept for the next request."""
SAID = ("user-agent", "accept-encoding")
"""What the HTTP library says in every request that means something to CleverTap."""
LEAVES = "http11.send_request_headers.started"
"""What the library tells a listener when a request begins to leave."""


class Ways:
    """All ways of one client.

    Args:
        account: Whom it asks.
        transport: Another way than the network, such as `in_process`.

    Raises:
        ConfigurationError: The environment's proxy or certificate settings cannot be used.
    """

    def __init__(self, account: Account, transport: Transport | None) -> None:
        try:
            context = httpx2.create_ssl_context() if transport is None else True
            self.library = connections(transport, context)
            """The HTTP library's, for hosts that are not CleverTap's."""
        except (ValueError, ImportError, OSError, httpx2.InvalidURL) as error:
            raise ConfigurationError(
                "The proxy or certificate settings of this environment cannot be used "
                f"({type(error).__name__}); check HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
            ) from None
        self.to_account: Way = ByLibrary(self.library)
        if isinstance(context, SSLContext) and not behind_proxy(account):
            self.to_account = directly(account, context, self.library.headers)

    async def close(self) -> None:
        """Hang up."""
        await self.to_account.close()
        await self.library.aclose()


def connections(transport: Transport | None, verify: SSLContext | bool) -> httpx2.AsyncClient:
    """The HTTP library's connections, as CleverTap and its limits want them."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(PATIENCE, connect=CONNECTING, pool=None),
        transport=transport,
        verify=verify,
        # Plain http is for this machine only; a proxy of the environment would carry the passcode off it.
        mounts={"http://": None},
        follow_redirects=False,
        headers={"User-Agent": "clevertap-mcp"},
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=MOST_KEPT),
    )


def directly(account: Account, context: SSLContext, usual: Mapping[str, str]) -> Way:
    """The direct way to an account."""
    from clevertap_tools.direct.host import Host  # noqa: PLC0415 - whoever tries the sandbox does not wait for it

    said = {name: usual[name] for name in SAID}
    return Host(account.base_url, context, said, connecting=CONNECTING, patience=PATIENCE, most_kept=MOST_KEPT)


class ByLibrary:
    """A way that the HTTP library knows.

    Args:
        http: Its connections.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes, leaves: Callable[[], None]
    ) -> Reply:
        """See `Way`."""

        async def watch(event: str, _info: dict[str, Any]) -> None:
            if event == LEAVES:
                leaves()

        request = self._http.build_request(
            method, address, headers=headers, content=body or None, extensions={"trace": watch}
        )
        response = await self._http.send(request, stream=True)
        try:
            return Reply(response.status_code, response.headers, await whole_body(response))
        finally:
            await response.aclose()

    async def close(self) -> None:
        """The connections are the library's."""


def behind_proxy(account: Account) -> bool:
    """Whether the environment has a proxy for an account."""
    return account.base_url.startswith("https://") and not {"https", "all"}.isdisjoint(getproxies())


class InProcess(httpx2.ASGITransport):
    """An ASGI application in this process, in place of a host on the network."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Hand the request over; it has left as soon as it was handed over."""
        if (watch := request.extensions.get("trace")) is not None:
            await watch(LEAVES, {})
        try:
            return await super().handle_async_request(request)
        except ConnectionResetError as error:  # the sandbox's way to break a connection that does not exist
            raise httpx2.ReadError(str(error), request=request) from error


def in_process(application: Any) -> Transport:
    """A way to an ASGI application, such as the sandbox, without a port."""
    return InProcess(application)
