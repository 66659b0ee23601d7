"""Files that last: what has been written is on the disk, and nobody but this user can read it."""

from __future__ import annotations

import os
from errno import ENOSPC
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
BINARY = getattr(os, "O_BINARY", 0)
"""Windows would write two characters at the end of a line."""


def appending(file: Path) -> BinaryIO:
    """A file to read, and to write at its end; it is made if there is none.

    Raises:
        OSError: It cannot be opened.
    """
    return os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | BINARY, PRIVATE), "a+b")


def put(descriptor: int, text: bytes) -> None:
    """Write a text to the disk, the whole of it.

    Raises:
        OSError: It has no room, or cannot be written.
    """
    if os.write(descriptor, text) < len(text):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
    os.fsync(descriptor)


def replace(file: Path, text: bytes) -> None:
    """Give a file a new content, in one step: whoever looks finds the old or the new.

    Raises:
        OSError: It has no room, or cannot be written; then the file is as it was.
    """
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, PRIVATE)
    try:
        put(descriptor, text)
    finally:
        os.close(descriptor)
    fresh.replace(file)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last; without this a crash could bring replaced files back.

    Raises:
        OSError: The disk does not take it.
    """
    if os.name == "nt":
        return  # no folder can be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
