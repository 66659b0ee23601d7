"""The shipped server as hosts start it: a process of its own, on each transport, for each protocol generation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client

COMMAND = str(Path(sys.executable).with_name("clevertap-mcp"))
GENERATIONS = {"2026-07-28": "auto", "2025-11-25": "legacy"}
TRANSPORTS = ("stdio", "http", "sse")


@contextmanager
def listening(transport: str) -> Iterator[str]:
    """The sandbox server on a port of its own; yields its address."""
    server = subprocess.Popen(
        [COMMAND, "--sandbox", "serve", "--transport", transport, "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        yield next(line.strip() for line in server.stderr if line.startswith("http"))
    finally:
        server.terminate()
        server.communicate(timeout=20)


@asynccontextmanager
async def attached(transport: str, generation: str) -> AsyncIterator[Client]:
    """A host attached to a fresh sandbox server over one transport, speaking one protocol generation."""
    mode = GENERATIONS[generation]
    if transport == "stdio":
        # All of our environment, so that coverage is measured in the server too.
        stdio = StdioServerParameters(command=COMMAND, args=["--sandbox"], env=dict(os.environ))
        async with Client(stdio, mode=mode, cache=None) as host:
            yield host
        return
    with listening(transport) as address:
        target = address if transport == "http" else sse_client(address)
        async with Client(target, mode=mode, cache=None) as host:
            yield host
