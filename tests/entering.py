"""Coming in over HTTP with one token or another, and seeing how far it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.auth.refused import UnfitTokenError
from clevertap_mcp.auth.tokens import Tokens
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_mcp.transports.web import WebApplication

BASE = "http://127.0.0.1"
ACCEPT = {"Accept": "application/json, text/event-stream"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
MODERN = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
LEGACY = {**ACCEPT, "MCP-Protocol-Version": "2025-11-25"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
SESSION = "Mcp-Session-Id"


def bearing(token: str | None) -> dict[str, str]:
    """The header that carries a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def works(tokens: Tokens, token: str) -> bool:
    """Whether a token is good for anything."""
    try:
        return bool(tokens.entry(token))
    except UnfitTokenError:
        return False


class Door:
    """A server's MCP endpoint, in both generations of the protocol.

    Args:
        http: The way to it.
        path: Where it is.
    """

    def __init__(self, http: httpx2.AsyncClient, path: str = "/mcp") -> None:
        self.http = http
        self._path = path

    async def list(self, token: str | None) -> httpx2.Response:
        """Ask for the tools, without a session."""
        return await self.http.post(self._path, headers={**MODERN, **bearing(token)}, json=LIST)

    async def status(self, token: str | None) -> int:
        """How far a token gets."""
        return (await self.list(token)).status_code

    async def tools(self, token: str | None) -> set[str]:
        """The tools that a token may see."""
        answer = await self.list(token)
        return {tool["name"] for tool in answer.json()["result"]["tools"]}

    async def call(self, token: str | None, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a tool tells programs, without a session."""
        headers = {**MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool, **bearing(token)}
        params = {"name": tool, "arguments": arguments, "_meta": META}
        answer = await self.http.post(
            self._path, headers=headers, json={**LIST, "method": "tools/call", "params": params}
        )
        return dict(answer.json()["result"]["structuredContent"])

    async def session(self, token: str | None) -> str:
        """Begin a session of the older generations; its id."""
        answer = await self.http.post(self._path, headers={**LEGACY, **bearing(token)}, json=INITIALIZE)
        assert answer.status_code == 200, answer.text
        return str(answer.headers[SESSION])

    async def status_in(self, session: str, token: str | None) -> int:
        """How far a token gets in a session."""
        headers = {**LEGACY, SESSION: session, **bearing(token)}
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
        return (await self.http.post(self._path, headers=headers, json=message)).status_code


@asynccontextmanager
async def door(**variables: str) -> AsyncIterator[Door]:
    """A server behind everything that stands before it on a network but the sockets.

    Args:
        variables: Its environment; without accounts it is on the sandbox in this process.
    """
    settings = read_settings(variables, sandbox="CLEVERTAP_ACCOUNTS_FILE" not in variables)
    async with opened_accounts(settings) as accounts:
        server = build_server(accounts)
        transport = httpx2.ASGITransport(WebApplication(server, settings.network))
        async with server.session_manager.run(), httpx2.AsyncClient(transport=transport, base_url=BASE) as http:
            yield Door(http)
