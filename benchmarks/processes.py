"""The processes that are measured: MCP servers on a pipe, and the sandbox. Each ends with its block."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2

Message = dict[str, Any]
HERE = Path(__file__).parent
HOST = "127.0.0.1"
SCRIPT = str(Path(sys.executable).with_name("clevertap-mcp"))
BARE_SERVER = (sys.executable, str(HERE / "bare_server.py"))
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
CONNECTING = 30.0
"""Seconds that a server gets until it takes connections."""
LONGEST = 1800.0
"""Seconds after which a process is killed, so that nothing waits for ever."""
HELLO: Message = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmarks", "version": "1"},
}


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with no CleverTap variables but these, and with bytecode kept as after any install."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_") and name != NO_BYTECODE
    }
    return {**kept, **variables}


class Pipe:
    """JSON-RPC, line by line, with a process."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        assert process.stdin is not None, "both ends are pipes"
        assert process.stdout is not None, "both ends are pipes"
        self.into, self.out, self._errors = process.stdin, process.stdout, errors
        self._last = 0
        self.number = process.pid
        """The process's."""

    def line(self) -> bytes:
        """The next line.

        Raises:
            RuntimeError: The process has ended; holds what it said on stderr.
        """
        if line := self.out.readline():
            return line
        self._errors.seek(0)
        raise RuntimeError(f"the process ended early: {self._errors.read().decode(errors='replace')}")

    def notify(self, method: str) -> None:
        """Send a notification."""
        self._write({"method": method})

    def request(self, method: str, parameters: Message) -> Message:
        """Send a request and wait for its result.

        Raises:
            RuntimeError: The process ended, or refused.
        """
        self._last += 1
        self._write({"id": self._last, "method": method, "params": parameters})
        answer = json.loads(self.line())
        while answer.get("id") != self._last:
            answer = json.loads(self.line())
        if "error" in answer or answer["result"].get("isError"):
            raise RuntimeError(f"{method} failed: {answer}")
        result: Message = answer["result"]
        return result

    def shake_hands(self) -> None:
        """Wait until the server has answered `initialize`."""
        self.request("initialize", HELLO)

    def _write(self, message: Message) -> None:
        self.into.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.into.flush()


@contextmanager
def started(command: Sequence[str], variables: Mapping[str, str] | None = None) -> Iterator[Pipe]:
    """A process that is asked to end, and has ended, when the block is left.

    Args:
        command: What to run.
        variables: The CleverTap variables it gets.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(variables or {}),
        ) as process,
    ):
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        try:
            yield Pipe(process, errors)
        finally:
            process.terminate()
            process.wait()
            watchdog.cancel()


@contextmanager
def sandbox(*options: str) -> Iterator[dict[str, str]]:
    """A sandbox in a process of its own; gives the variables that lead there."""
    with sandbox_process(*options) as (variables, _):
        yield variables


@contextmanager
def sandbox_process(*options: str) -> Iterator[tuple[dict[str, str], int]]:
    """The same, and the number of the process."""
    with started([SCRIPT, "sandbox", "--port", "0", *options]) as pipe:
        lines = (pipe.line().decode() for _ in range(5))
        exported = (line.removeprefix("export ").strip().partition("=") for line in lines)
        yield {name: value for name, _, value in exported}, pipe.number


@contextmanager
def serving(command: Sequence[str], variables: Mapping[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """A web server that takes connections; gives its port and the number of its process.

    Args:
        command: What to run; its last argument is the port, and is added here.
        variables: The CleverTap variables it gets.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with started([*command, str(port)], variables) as pipe:
        until_listening(port)
        yield port, pipe.number


def until_listening(port: int) -> None:
    """Wait until connections are taken.

    Raises:
        OSError: They are not, after a while.
    """
    until = time.monotonic() + CONNECTING
    while True:
        try:
            socket.create_connection((HOST, port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def connected(variables: Mapping[str, str]) -> httpx2.Client:
    """A bare HTTP client with the credentials that lead to a sandbox."""
    headers = {
        "X-CleverTap-Account-Id": variables["CLEVERTAP_ACCOUNT_ID"],
        "X-CleverTap-Passcode": variables["CLEVERTAP_PASSCODE"],
        "Content-Type": "application/json",
    }
    return httpx2.Client(base_url=variables["CLEVERTAP_BASE_URL"], headers=headers, timeout=LONGEST)
