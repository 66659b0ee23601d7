"""Opening a file, and nothing else that may lie under its name: whoever opens a pipe may wait for ever."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from clevertap_bulk.reading.row import unreadable

NO_FILE = "is no file: it is a pipe, a device or a socket"


def opened_file(path: Path) -> io.FileIO:
    """A file, open for reading.

    Raises:
        OSError: It cannot be opened.
        InvalidArgumentsError: It is no file.
    """
    file = io.FileIO(path, opener=at_once)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise unreadable(NO_FILE)
    return file


def at_once(path: str, flags: int) -> int:
    """Open something without waiting for anybody to write into it."""
    return os.open(path, flags | os.O_NONBLOCK)
