"""The command `serve`: the MCP server on one of its transports. Importing this imports the MCP SDK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio
import click

from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.commands.exits import DONE
from clevertap_mcp.logs import announce
from clevertap_mcp.server import build_server
from clevertap_mcp.telemetry.opening import telemetry_for
from clevertap_mcp.transports.listening import ListenError
from clevertap_mcp.transports.stdio import run_stdio

if TYPE_CHECKING:
    from clevertap_mcp.settings import Settings
    from clevertap_mcp.telemetry.telemetry import Telemetry

DEFAULT_PORT = 8000
FIRST_PATHS = {"http": "/mcp", "sse": "/sse"}
"""The path of the address that is told first; both are served."""


def serve_mcp(settings: Settings, transport: str, port: int | None) -> int:
    """Serve until the host closes the pipe or a signal comes.

    Args:
        settings: What the operator decided.
        transport: stdio, http or sse.
        port: The port of http and sse; 0 picks one, None is 8000.

    Raises:
        ClickException: The port is taken.
        ConfigurationError: Other machines could reach the server unguarded, or spans or metrics are wanted and what
            that takes is not installed.
        OSError: stdin cannot be read, or stdout not be written to.
    """
    web = transport != "stdio"
    if web:
        settings.network.check_open()
    try:
        with telemetry_for(os.environ, page=settings.network.metrics and web) as telemetry:
            anyio.run(serve, settings, transport, DEFAULT_PORT if port is None else port, telemetry)
    except ListenError as error:
        raise click.ClickException(str(error)) from None
    return DONE


async def serve(settings: Settings, transport: str, port: int, telemetry: Telemetry) -> None:
    """One server for the life of the process, whatever connects, and one app for each account."""
    async with opened_accounts(settings, telemetry) as accounts:
        if transport == "stdio":
            await run_stdio(build_server(accounts, local=True))
            return
        from clevertap_mcp.transports.web_server import run_web  # noqa: PLC0415 - stdio needs nothing of the web

        first = FIRST_PATHS[transport]
        await run_web(build_server(accounts), settings.network, port=port, on_ready=announce, first=first)
