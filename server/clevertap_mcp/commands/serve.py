"""The command `serve`: the MCP server on one of its transports. Importing this imports the MCP SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import click

from clevertap_mcp.app import opened
from clevertap_mcp.commands.exits import DONE, note
from clevertap_mcp.server import build_server
from clevertap_mcp.transports.run import ListenError, run_http, run_sse, run_stdio

if TYPE_CHECKING:
    from clevertap_mcp.settings import Settings

DEFAULT_PORT = 8000


def serve_mcp(settings: Settings, transport: str, port: int | None) -> int:
    """Serve until the host closes the pipe or a signal comes.

    Args:
        settings: What the operator decided.
        transport: stdio, http or sse.
        port: The loopback port of http and sse; 0 picks one, None is 8000.

    Raises:
        ClickException: The port is taken.
        OSError: stdin cannot be read, or stdout not be written to.
    """
    port = DEFAULT_PORT if port is None else port
    try:
        anyio.run(serve, settings, transport, port)
    except ListenError as error:
        raise click.ClickException(str(error)) from None
    return DONE


async def serve(settings: Settings, transport: str, port: int) -> None:
    """One app and one server for the life of the process, whatever connects."""
    async with opened(settings) as app:
        server = build_server(app, local=transport == "stdio")
        if transport == "stdio":
            await run_stdio(server)
        else:
            run = {"http": run_http, "sse": run_sse}[transport]
            await run(server, port=port, on_ready=note)
