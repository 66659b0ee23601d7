"""The web server in a thread of this process, so that a test can give it less patience and less room than it has."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio

from clevertap_mcp.accounts.opening import opened_accounts
from clevertap_mcp.auth.tokens_file import MARK, digest_of
from clevertap_mcp.network import Network
from clevertap_mcp.server import CleverTapServer, build_server
from clevertap_mcp.settings import Settings, read_settings
from clevertap_mcp.transports.listening import base_url, listening
from clevertap_mcp.transports.patience import PATIENCE, Patience
from clevertap_mcp.transports.web_server import WebServer

LONGEST = 30
TOOL = "clevertap_get_event_count"
SPRING = {"event_name": "Charged", "from": "1997-03-01", "to": "1997-05-31"}
MODERN = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": TOOL,
}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
COUNT: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": TOOL, "arguments": SPRING, "_meta": META},
}
LISTEN: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "subscriptions/listen",
    "params": {"notifications": {"toolsListChanged": True}, "_meta": META},
}
LISTENING = MODERN | {"Mcp-Method": "subscriptions/listen"}
LEGACY = {"Accept": "application/json, text/event-stream"}
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

ANSWER = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{"status": "success", "count": 3}'
)
"""What CleverTap says to a count."""


@dataclass(frozen=True)
class Served:
    """A server that listens.

    Args:
        url: Its base URL.
        server: What it serves.
        network: To whom and to how many.
        stop: Does what the first signal does.
        ended: Set when it is over.
    """

    url: str
    server: CleverTapServer
    network: Network
    stop: Callable[[], None]
    ended: threading.Event

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"


def sandbox_settings() -> Settings:
    return read_settings({}, sandbox=True)


@contextmanager
def served(settings: Settings | None = None, patience: Patience = PATIENCE, **network: Any) -> Iterator[Served]:
    """A server on loopback, on the sandbox unless settings say otherwise; ended when the test is done with it."""
    settings = settings or sandbox_settings()
    settings = replace(settings, network=replace(settings.network, **network))
    ready = threading.Event()
    ended = threading.Event()
    started: list[Served] = []

    async def serve() -> None:
        async with opened_accounts(settings) as accounts:
            server = build_server(accounts)
            with listening(settings.network.host, 0) as taken:
                web = WebServer(server, settings.network, patience, ready.set)
                url = base_url(settings.network.host, taken[0].getsockname()[1])
                started.append(Served(url, server, settings.network, lambda: web.handle_exit(0, None), ended))
                await web.serve(taken)

    def run() -> None:
        try:
            anyio.run(serve)
        finally:
            ended.set()
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(LONGEST)
    try:
        yield started[0]
    finally:
        started[0].stop()
        thread.join(LONGEST)
    assert not thread.is_alive()


@contextmanager
def silent_account() -> Iterator[socket.socket]:
    """Something that takes connections in CleverTap's place and never answers; accept one to know that a call hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LONGEST)
        yield listener


def on(listener: socket.socket, **variables: str) -> Settings:
    """The settings of a server whose account is there."""
    port = listener.getsockname()[1]
    account = {"CLEVERTAP_ACCOUNT_ID": "A", "CLEVERTAP_PASSCODE": "P"}
    return read_settings({**account, "CLEVERTAP_BASE_URL": f"http://127.0.0.1:{port}", **variables})


def accounts_file(folder: Path, **urls: str) -> Path:
    """A file of accounts by their names, each at an address of its own."""
    file = folder / "accounts.toml"
    file.write_text(
        "\n".join(
            f'[accounts.{name}]\naccount_id = "{name.upper()}"\npasscode = "P"\nbase_url = "{url}"\n'
            for name, url in urls.items()
        )
    )
    file.chmod(0o600)
    return file


def until(done: Callable[[], object]) -> None:
    """Ask again and again until something is done."""
    last = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < last


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A bare connection to a server."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LONGEST) as connection:
        yield connection


def heard_until_closed(connection: socket.socket) -> bytes:
    """Everything that comes until the server hangs up."""
    heard = bytearray()
    try:
        while part := connection.recv(65536):
            heard += part
    except ConnectionResetError:
        pass  # that is hanging up too
    return bytes(heard)


def status_of(answer: bytes) -> int:
    """The status in the first line of an answer."""
    return int(answer.split(maxsplit=2)[1])


def tokens_file(folder: Path, *names: str, **accounts: Iterable[str]) -> Path:
    """A file of tokens, one for each name, good for everything; of those with accounts, only for reading those."""
    entries = (
        entry(name, accounts.get(name, "*"), "read" if name in accounts else "full") for name in [*names, *accounts]
    )
    file = folder / "tokens.toml"
    file.write_text("\n".join(entries))
    file.chmod(0o600)
    return file


def entry(name: str, accounts: Iterable[str], access: str) -> str:
    """Somebody's place in that file."""
    opened = json.dumps(list(accounts))
    hashed = digest_of(token_of(name))
    return f'[[token]]\nname = "{name}"\nhash = "{hashed}"\naccounts = {opened}\naccess = "{access}"\n'


def token_of(name: str) -> str:
    """The token of somebody there."""
    return MARK + name.ljust(43, "_")


def bearer(name: str) -> dict[str, str]:
    """The header that says who calls."""
    return {"Authorization": f"Bearer {token_of(name)}"}
