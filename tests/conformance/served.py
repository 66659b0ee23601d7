"""The shipped server's class and transports, with what the conformance suite calls by name beside the shipped tools.

Run as `python -m conformance.served`; it prints its addresses on stderr.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import anyio
from mcp import MCPDeprecationWarning
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, GetPromptResult, InputRequiredResult, Tool

from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.guard.access import Caller
from clevertap_mcp.logs import announce
from clevertap_mcp.server import CleverTapServer
from clevertap_mcp.settings import read_settings
from clevertap_mcp.transports.web_server import run_web
from conformance.calling import add_tools, json_schema_2020_12_tool
from conformance.forms import EVERY_KEYWORD
from conformance.reading import add_reading, add_requests
from conformance.rounds import add_rounds


class FixtureServer(CleverTapServer):
    """The server as it ships, and the suite's fixtures; what has a shipped name goes the shipped way."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts)
        add_tools(self)
        add_rounds(self)
        add_reading(self)
        add_requests(self.connections)

    async def list_tools(self) -> list[Tool]:
        """The shipped tools, then the fixtures."""
        return [*await super().list_tools(), *map(published, await MCPServer.list_tools(self))]

    async def _answered(
        self, name: str, arguments: dict[str, Any], who: Caller, context: Context[Any, Any] | None
    ) -> CallToolResult | InputRequiredResult:
        """Call a fixture, or what is shipped; either is watched like any call."""
        if name in {tool.name for tool in await MCPServer.list_tools(self)}:
            return await MCPServer.call_tool(self, name, arguments, context)
        return await super()._answered(name, arguments, who, context)

    async def get_prompt(  # type: ignore[override]  # the shipped server has no prompts
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Get a fixture; all others are unknown."""
        if name in {prompt.name for prompt in await self.list_prompts()}:
            return await MCPServer.get_prompt(self, name, arguments, context)
        return await super().get_prompt(name, arguments, context)


def published(tool: Tool) -> Tool:
    """A fixture as it is listed; the schema of one of them cannot be said in Python's types."""
    if tool.name == json_schema_2020_12_tool.__name__:
        return tool.model_copy(update={"input_schema": EVERY_KEYWORD})
    return tool


async def main() -> None:
    """Serve on a free port of loopback until a signal comes."""
    settings = read_settings(os.environ, sandbox=True)
    async with opened_accounts(settings) as accounts:
        await run_web(FixtureServer(accounts), settings.network, port=0, on_ready=announce)


if __name__ == "__main__":
    # The suite asks for what the newest revision deprecates, too.
    warnings.filterwarnings("ignore", category=MCPDeprecationWarning)
    anyio.run(main)
