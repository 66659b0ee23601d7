"""The command `serve`: the MCP server on one of its transports. Importing this imports the MCP SDK."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio
import click

from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.commands.exits import DONE
from clevertap_mcp.guard.access import Access
from clevertap_mcp.logs import announce
from clevertap_mcp.refusals import TrailError
from clevertap_mcp.server import NAME, build_server
from clevertap_mcp.telemetry.opening import telemetry_for
from clevertap_mcp.transports.listening import ListenError
from clevertap_mcp.transports.stdio import run_stdio
from clevertap_tools.errors import ConfigurationError

if TYPE_CHECKING:
    from clevertap_mcp.accounts.accounts import Accounts
    from clevertap_mcp.network import Network
    from clevertap_mcp.settings import Settings
    from clevertap_mcp.telemetry.telemetry import Telemetry

log = logging.getLogger(__name__)

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
        ConfigurationError: Other machines could reach the server unguarded, the audit log cannot be written, or spans
            or metrics are wanted and what that takes is not installed.
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
            log.info("%s", introduction(settings, "stdio"))
            await run_stdio(build_server(accounts, local=True))
            log.info("Stopped.")
        else:
            await serve_web(accounts, port, FIRST_PATHS[transport])


async def serve_web(accounts: Accounts, port: int, first: str) -> None:
    """Serve over HTTP, and say so to whoever started this.

    Raises:
        ConfigurationError: The audit log cannot be written.
        ListenError: The port is taken.
    """
    from clevertap_mcp.transports.web_server import run_web  # noqa: PLC0415 - stdio needs nothing of the web

    settings = accounts.settings
    await check_trail(accounts)
    announce(introduction(settings, "HTTP"))
    await run_web(build_server(accounts), settings.network, port=port, on_ready=announce, first=first)
    announce("Stopped.")


async def check_trail(accounts: Accounts) -> None:
    """Refuse to serve others where nothing but reading would work; over stdio the calls tell the same person.

    Raises:
        ConfigurationError: The audit log cannot be written or is damaged, and more than reading is allowed.
    """
    if all(each.access is Access.READ for each in accounts.settings.each):
        return
    try:
        await accounts.trail.check()
    except TrailError as error:
        raise ConfigurationError(
            f"{error.message} Without it only reading works; mend that, or set CLEVERTAP_ACCESS=read.",
            field="CLEVERTAP_AUDIT_LOG",
        ) from None


def introduction(settings: Settings, transport: str) -> str:
    """What starts here, in one line."""
    asked = "" if transport == "stdio" else f"; authentication: {', '.join(known_by(settings.network)) or 'none'}"
    return f"{NAME} {version(NAME)} starts over {transport}: {worked(settings)}; store: {store(settings)}{asked}."


def worked(settings: Settings) -> str:
    """What is worked here, by the names that the operator knows."""
    if settings.sandbox:
        return "the sandbox"
    names = ", ".join(each.name for each in settings.each)
    return f"accounts {names}" if names else f"an account at {settings.account.region or 'an address of its own'}"


def store(settings: Settings) -> str:
    """The kind of the store; its address can hold a password."""
    return settings.store_url.get_secret_value().partition(":")[0] if settings.store_url else "memory"


def known_by(network: Network) -> Iterator[str]:
    """What says who a caller is."""
    if network.tokens_file:
        yield "tokens file"
    if network.issuer:
        yield network.issuer.url
