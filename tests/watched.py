"""The shipped server with everything recorded that comes out of it: stderr, answers, questions, spans, audit log."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from mcp import Client, MCPError, StdioServerParameters
from mcp.client import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.types import ElicitRequestParams, ElicitResult

import told_spans
from calls import data_folder
from canaries import PERSON, SECRETS, Parrot
from hosts import COMMAND, GENERATIONS, account_variables, says_yes


class Case:
    """A server under test, all that came out of it, and the host that it works.

    Args:
        folder: Where it writes.
        parrot: The host.
        url: The host's address.
    """

    def __init__(self, folder: Path, parrot: Parrot, url: str) -> None:
        self.parrot = parrot
        self.stderr = folder / "stderr"
        self.heard: list[str] = []
        self._trail = folder / "audit.jsonl"
        self.env = account_variables(
            url,
            **SECRETS,
            **told_spans.installed(folder / "spans"),
            CLEVERTAP_LOG_LEVEL="debug",
            CLEVERTAP_AUDIT_LOG=str(self._trail),
            CLEVERTAP_DEADLINE="0.5",
            CLEVERTAP_TOOLSETS="all",
            CLEVERTAP_PII="show",
            CLEVERTAP_DATA_DIR=str(data_folder(folder / "data", PERSON)),
        )

    @property
    def log(self) -> str:
        """What stood on stderr, spans among it."""
        return self.stderr.read_text()

    @property
    def trail(self) -> list[str]:
        """The audit log and its head."""
        return [file.read_text() for file in (self._trail, *self._trail.parent.glob("audit.jsonl.head*"))]

    async def call(self, host: Client, tool: str, arguments: dict[str, Any], seconds: float = 60) -> None:
        """Call a tool and keep what comes of it; after so many seconds the call is cancelled."""

        async def progress(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append(f"{progress} {total} {message}")

        with anyio.move_on_after(seconds):
            try:
                answer = await host.call_tool(f"clevertap_{tool}", arguments, progress_callback=progress)
                self.heard += [answer.model_dump_json(), repr(answer)]
            except MCPError as error:
                self.heard += [repr(error), str(error.error)]

    async def person(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Somebody who agrees to everything, and whom we hear being asked."""
        self.heard.append(repr(params))
        return await says_yes(context, params)


@asynccontextmanager
async def address_of(process: Process, stderr: Path) -> AsyncIterator[str]:
    """Where a server listens; what it writes to stderr goes to a file until it ends."""
    addresses: list[bytes] = []
    listening = anyio.Event()

    async def keep() -> None:
        assert process.stderr
        async with await anyio.open_file(stderr, "ab") as file:
            async for chunk in process.stderr:
                await file.write(chunk)
                await file.flush()
                addresses.extend(re.findall(rb"^http://\S+$", chunk, re.MULTILINE))
                if addresses:
                    listening.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep)
        await listening.wait()
        yield addresses[0].decode()
        process.terminate()


@asynccontextmanager
async def attached(case: Case, transport: str, generation: str) -> AsyncIterator[Client]:
    """A host attached to the shipped server, whose stderr is kept."""
    mode = GENERATIONS[generation]
    if transport == "stdio":
        with case.stderr.open("w") as errors:
            stdio = stdio_client(StdioServerParameters(command=COMMAND, env=case.env), errlog=errors)
            async with Client(stdio, mode=mode, cache=None, elicitation_callback=case.person) as host:
                yield host
        return
    start = [COMMAND, "serve", "--transport", transport, "--port", "0"]
    async with (
        await anyio.open_process(start, env=case.env, stdin=subprocess.DEVNULL) as process,
        address_of(process, case.stderr) as address,
        Client(
            address if transport == "http" else sse_client(address),
            mode=mode,
            cache=None,
            elicitation_callback=case.person,
        ) as host,
    ):
        yield host
