"""The command `health`: whether a server over HTTP says that it is well, for schedulers and containers without curl."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

import click

from clevertap_mcp.commands.exits import DONE, FAILED, complain, say

PATIENCE = 5.0
"""Seconds that a server gets to answer."""
LONGEST_BODY = 4_096
"""Bytes of an answer that are shown."""


def show_health(url: str, *, patience: float = PATIENCE) -> int:
    """Print what a server answers and tell the exit status: 0 if it is well, else 1.

    Args:
        url: A health route, such as http://127.0.0.1:8000/healthz. Proxies of the environment are not used.
        patience: Seconds to wait for each part of the answer.

    Raises:
        UsageError: The URL is none.
    """
    target = checked(url)
    try:
        status, body = answer_of(target, patience)
    except (OSError, HTTPException) as error:
        complain(f"Nothing answers as a server would at {shown(target)}: {type(error).__name__}.")
        return FAILED
    if status != HTTPStatus.OK:
        complain(f"{shown(target)} answers {status}: {body}")
        return FAILED
    say(body)
    return DONE


def checked(url: str) -> SplitResult:
    """A URL in its parts.

    Raises:
        UsageError: It is no URL of a web server.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise click.UsageError("--url must look like http://127.0.0.1:8000/healthz.")
    return parts


def shown(url: SplitResult) -> str:
    """A URL without what could be a secret in it."""
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def answer_of(url: SplitResult, patience: float) -> tuple[int, str]:
    """The status and the beginning of the body of one answer.

    Raises:
        OSError: Nothing answers, or not in time.
        HTTPException: What answers speaks no HTTP.
    """
    connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=patience)
    try:
        connection.request("GET", url.path or "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST_BODY).decode("utf-8", "replace").strip()
    finally:
        connection.close()
