"""The files beside a log: the head of its chain, its key, and the lock over the processes that share it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from clevertap_mcp.trail.chain import BrokenChainError, Fault
from clevertap_mcp.trail.durable import PRIVATE, replace

LONGEST_WAIT = 10.0
"""Seconds to wait for another process that writes."""
POLL = 0.005
"""Seconds between two looks at the lock; a line takes about as long."""
OWN_KEY = re.compile(rb"[0-9a-f]{64}")


def head_of(file: Path) -> Path:
    """The file beside a log that holds its head."""
    return file.with_name(f"{file.name}.head")


def key_of(file: Path) -> Path:
    """The file beside a log that holds its key."""
    return file.with_name(f"{file.name}.key")


def lock_of(file: Path, longest_wait: float = LONGEST_WAIT) -> FileLock:
    """The lock over the processes that share a log."""
    return FileLock(file.with_name(f"{file.name}.lock"), timeout=longest_wait, poll_interval=POLL, mode=PRIVATE)


@contextmanager
def locked(file: Path, longest_wait: float) -> Iterator[None]:
    """Keep every other writer out, in a folder that is there for this user alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_of(file, longest_wait):
        yield


def key_beside(file: Path) -> bytes:
    """The key of a log that has its own; a log that has not begun gets a random one.

    Raises:
        BrokenChainError: The key of a log that has begun is gone, or is no key.
        OSError: It cannot be read or written.
    """
    if not key_of(file).exists() and not begun(file):
        replace(key_of(file), secrets.token_hex(32).encode("ascii") + b"\n")
    return stored_key(file)


def begun(file: Path) -> bool:
    """Whether a log has a head or a line."""
    return head_of(file).exists() or (file.is_file() and file.stat().st_size > 0)


def stored_key(file: Path) -> bytes:
    """The key in the file beside a log, as text: the same text as a setting is the same key.

    Raises:
        BrokenChainError: There is none, or it is no key.
        OSError: It cannot be read.
    """
    try:
        key = key_of(file).read_bytes().strip()
    except FileNotFoundError:
        raise BrokenChainError(Fault.KEY, "Its key is missing.") from None
    if not OWN_KEY.fullmatch(key):
        raise BrokenChainError(Fault.KEY, "Its key is changed.")
    return key
