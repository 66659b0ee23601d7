"""What replicas need to run, each in a process of its own: Redis, an account, the shipped server, and a proxy before it.

Everything is on loopback, on ports that were free, and has ended when its block is left.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from clevertap_sandbox import ACCOUNT_ID, PASSCODE
from hosts import COMMAND, account_variables

LOOPBACK = "127.0.0.1"
STARTING = 60.0
"""Seconds that a process gets until it answers."""
ENDING = 30.0


@dataclass
class Redis:
    """A Redis server that can be lost and brought back.

    Args:
        command: What runs it.
        port: Where it listens.
    """

    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where replicas find it."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + STARTING
        while not answers(self.port):
            assert self.process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(ENDING)


def answers(port: int) -> bool:
    """Whether a Redis server answers there."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


@contextmanager
def redis(folder: Path) -> Iterator[Redis]:
    """A Redis server that keeps nothing on disk."""
    command = shutil.which("redis-server")
    assert command, "these tests need redis-server on the PATH: apt-get install redis-server"
    port = free_port()
    options = ["--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = Redis([command, *options], port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Account:
    """A sandbox in a process of its own, as it tells of itself on its control path."""

    url: str

    def requests(self) -> list[dict[str, Any]]:
        """What it was asked for lately."""
        return list(self._control("GET", "requests"))

    def peak(self, path: str) -> int:
        """The most requests for a path that were in flight at once."""
        return int(self._control("GET", "peaks").get(path, 0))

    def plan(self, **fault: Any) -> None:
        """Let something go wrong."""
        self._control("POST", "faults", [fault])

    def _control(self, method: str, what: str, body: Any = None) -> Any:
        answer = httpx2.request(method, f"{self.url}/_sandbox/{what}", json=body, trust_env=False)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def account() -> Iterator[Account]:
    """The sample shop, as an account on the network."""
    command = [COMMAND, "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = next(line.partition("=")[2].strip() for line in process.stdout if "BASE_URL" in line)
            yield Account(url)
        finally:
            end(process)


class Replica:
    """One process of the shipped server; its log is read all the time, so that it never waits for a reader.

    Args:
        process: The process, whose stderr is a pipe.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[str] = []
        self._url: str | None = None
        self._listening = threading.Event()
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    @property
    def url(self) -> str:
        """Where it is reached, as soon as it is."""
        assert self._listening.wait(STARTING), self.log
        assert self._url, self.log
        return self._url

    @property
    def base(self) -> str:
        """The same without a path."""
        return self.url.removesuffix("/mcp")

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return "".join(self._lines)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(ENDING)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.append(line)
            if line.startswith("http") and self._url is None:
                self._url = line.strip()
                self._listening.set()
        self._listening.set()


@contextmanager
def replica(variables: Mapping[str, str]) -> Iterator[Replica]:
    """The shipped server on Streamable HTTP, which may still be starting."""
    command = [COMMAND, "serve", "--transport", "http", "--port", "0"]
    with subprocess.Popen(command, env=dict(variables), stderr=subprocess.PIPE, text=True) as process:
        started = Replica(process)
        try:
            yield started
        finally:
            end(process)
            started.reading.join(ENDING)


def end(process: subprocess.Popen[str]) -> None:
    """Ask a process to end, and wait for it; one that does not listen is killed."""
    process.terminate()
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(ENDING)


def variables(account: Account, store: str, folder: Path, number: int = 0) -> dict[str, str]:
    """The environment of a replica of a team that works an account.

    Args:
        account: The account.
        store: What the replicas share.
        folder: Where each has an audit log of its own.
        number: Which replica it is.
    """
    return account_variables(account.url, **shared(store, folder, number))


def of_several(accounts: Mapping[str, Account], store: str, folder: Path, number: int) -> dict[str, str]:
    """The environment of a replica of a team that works several accounts.

    Args:
        accounts: The accounts by name.
        store: See `variables`.
        folder: Where the file is that names them; see `variables`.
        number: See `variables`.
    """
    file = folder / "accounts.toml"
    file.write_text("".join(entry(name, account) for name, account in accounts.items()))
    file.chmod(0o600)
    single = dict.fromkeys(("ACCOUNT_ID", "PASSCODE", "ACCOUNT_TOKEN", "BASE_URL", "TIMEZONE"))
    return account_variables(
        "",
        **{f"CLEVERTAP_{name}": None for name in single},
        **shared(store, folder, number),
        CLEVERTAP_ACCOUNTS_FILE=str(file),
    )


def entry(name: str, account: Account) -> str:
    """An account as the accounts file has it."""
    return (
        f'[accounts.{name}]\naccount_id = "{ACCOUNT_ID}"\npasscode = "{PASSCODE}"\n'
        f'base_url = "{account.url}"\ntimezone = "UTC"\n'
    )


def shared(store: str, folder: Path, number: int) -> dict[str, str]:
    """What all replicas of a team have in common, and each its own audit log; see `variables`."""
    return {
        "CLEVERTAP_STORE_URL": store,
        "CLEVERTAP_PSEUDONYM_KEY": "a-key-that-all-of-the-replicas-share",
        "CLEVERTAP_AUDIT_LOG": str(folder / f"audit-{number}.jsonl"),
    }
