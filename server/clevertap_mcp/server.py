"""The MCP server: what it says about itself, which tools it lists, and what a call goes to.

The only module that touches names the SDK keeps to itself; `CleverTapServer` offers under public names what the
transports need of them.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import Any, NoReturn

from mcp import MCPError
from mcp.server import CacheHint, MCPServer
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import Context
from mcp.server.subscriptions import ListenHandler
from mcp.types import INVALID_PARAMS, CallToolResult, Tool

from clevertap_mcp.app import App
from clevertap_mcp.cursors import Cursors
from clevertap_mcp.expose import Desk, listed
from clevertap_mcp.settings import Settings
from clevertap_tools.action import tool_name
from clevertap_tools.effect import Effect

NAME = "clevertap-mcp"
TITLE = "CleverTap"
FRESH = CacheHint(ttl_ms=300_000, scope="public")
"""The list of tools is the same for everybody and for as long as the process lives."""
SHOP = (
    "It holds a music shop (CDNOW): 6,919 Charged purchases of 2,357 customers, 1997-01-01 to 1998-06-30 "
    "(properties Amount, Quantity); every second customer has an Email. Ask for days in that range."
)


class CleverTapServer(MCPServer[Any]):
    """The actions of an app as MCP tools.

    The app is opened outside: the SDK enters its own lifespan once for every SSE connection, so what belongs to the
    process does not live there.
    """

    def __init__(self, app: App, cursors: Cursors | None = None) -> None:
        super().__init__(
            NAME,
            title=TITLE,
            version=version(NAME),
            instructions=instructions(app.settings),
            cache_hints={"tools/list": FRESH, "server/discover": FRESH},
            log_level="WARNING",
        )
        self._desk = Desk(app, cursors or Cursors())
        self._actions = {tool_name(key): action for key, action in app.actions.items()}

    @cached_property
    def _tools(self) -> list[Tool]:
        return [listed(action) for action in self._actions.values()]

    async def list_tools(self) -> list[Tool]:
        """Every tool, always in the same order; schemas are made when they are first asked for."""
        return self._tools

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult:
        """Call a tool.

        Raises:
            MCPError: There is no tool of that name.
        """
        action = self._actions.get(name)
        if action is None:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {name[:100]}")
        return await self._desk.call(action, arguments, context.report_progress if context else None)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> NoReturn:
        """There are no prompts; the SDK would call that a crash.

        Raises:
            MCPError: Always.
        """
        del arguments, context
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {name[:100]}")

    @property
    def connections(self) -> Server[Any]:
        """What serves a single connection; the SDK runs it from its own transports only, and ours is different."""
        return self._lowlevel_server

    def end_subscriptions(self) -> None:
        """End every open `subscriptions/listen`, each with its proper answer; they would wait for ever.

        The SDK gives no way to the handler that it made for them but the table of handlers.
        """
        entry = self._lowlevel_server.get_request_handler("subscriptions/listen")
        if entry is not None and isinstance(entry.handler, ListenHandler):
            entry.handler.close()


def build_server(app: App) -> CleverTapServer:
    """The MCP server of an open app."""
    return CleverTapServer(app)


def instructions(settings: Settings) -> str:
    """What an agent should know from the start; the same as long as the process lives."""
    return " ".join((whereabouts(settings), days(settings), permissions(settings.allow)))


def whereabouts(settings: Settings) -> str:
    """Whether this is an account or the sandbox."""
    if settings.sandbox:
        return f"CleverTap sandbox: nothing leaves this machine, nobody is messaged. {SHOP}"
    account = settings.account
    return f"Live CleverTap project, {f'region {account.region}' if account.region else account.base_url}."


def days(settings: Settings) -> str:
    """What days mean."""
    zone = settings.account.zone
    if zone is None:
        return "The project's time zone is not set: give days as YYYY-MM-DD and times with an offset."
    return f"Days are in the project's time zone, {zone.key}."


def permissions(allowed: frozenset[Effect]) -> str:
    """What the operator has allowed."""
    deeds = {Effect.SEND: "Messages to people", Effect.DESTROY: "Deletions, stops and replacements"}
    return " ".join(f"{deed} are {'' if effect in allowed else 'not '}allowed." for effect, deed in deeds.items())
