"""Random and mutated requests: none is answered with a fault of ours, none leaves a trace of one, and work goes on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from fuzzed import Fuzz
from hosts import COMMAND
from web import COUNT, LONGEST, MODERN, bearer, token_of, tokens_file, until

AT_ONCE = 8
SILENCE = 0.3
"""Seconds after which a request is taken for one that the server still waits for the rest of."""
NAME = "fuzz"
FAULTS = ("Traceback", "mistake of its own", "ERROR clevertap", "ERROR uvicorn", "ERROR asyncio", "CRITICAL")


@contextmanager
def listening(folder: Path, *, tokens: bool) -> Iterator[tuple[str, Path]]:
    """A server as operators start it: its address, and what it says on stderr."""
    said = folder / "stderr"
    more = {"CLEVERTAP_MCP_MAX_SESSIONS": "50"}
    if tokens:
        more["CLEVERTAP_MCP_TOKENS_FILE"] = str(tokens_file(folder, NAME))
    start = [COMMAND, "--sandbox", "serve", "--transport", "http", "--port", "0"]
    with said.open("w") as stderr, subprocess.Popen(start, env={**os.environ, **more}, stderr=stderr) as process:
        try:
            yield address(said, process), said
        finally:
            process.terminate()


def address(said: Path, process: subprocess.Popen[bytes]) -> str:
    """Where a server listens, as soon as it says so."""
    until(lambda: told(said) or process.poll() is not None)
    return told(said)[0]


def told(said: Path) -> list[str]:
    """The addresses that a server has said."""
    return [line.strip() for line in said.read_text().splitlines(keepends=True) if re.fullmatch(r"http://.*\n", line)]


def status(url: str, request: bytes) -> int | None:
    """How a request is answered; None if it is not, because it is not all there or the connection was cut."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=LONGEST) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(SILENCE)
            heard = connection.recv(4096)
        except (ConnectionError, TimeoutError):
            return None
    return int(heard.split(maxsplit=2)[1]) if heard else None


@pytest.mark.parametrize("tokens", [False, True], ids=["open", "tokens"])
@pytest.mark.parametrize("many", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_no_request_brings_the_server_down(tmp_path: Path, tokens: bool, many: int) -> None:
    fuzz = Fuzz(many, token_of(NAME) if tokens else None)
    requests = [fuzz.request() for _ in range(many)]
    with listening(tmp_path, tokens=tokens) as (url, said), ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda request: status(url, request), requests))
        assert not [(code, request) for code, request in zip(statuses, requests, strict=True) if (code or 0) >= 500]
        assert {200, 202, 400, 404, 405, 406, 413, 421} <= set(statuses)
        assert (401 in statuses) is tokens
        answer = httpx2.post(url, json=COUNT, headers=MODERN | (bearer(NAME) if tokens else {}))
        assert answer.json()["result"]["structuredContent"] == {"count": 1_857}
    log = said.read_text()
    assert not [fault for fault in FAULTS if fault in log]
