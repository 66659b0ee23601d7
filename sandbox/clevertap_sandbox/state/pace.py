"""How many requests a path has had lately, where CleverTap limits rates as well as concurrency. Reference: data 2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import RefusedError

if TYPE_CHECKING:
    import sqlite3


def keep_pace(db: sqlite3.Connection, path: str, now: float, most: int, seconds: float) -> None:
    """Let a request in and remember it.

    Args:
        db: The project's data.
        path: The path asked for.
        now: Epoch seconds.
        most: How many requests are let in within the window.
        seconds: The window.

    Raises:
        RefusedError: 429, there were as many already.
    """
    db.execute("DELETE FROM paces WHERE path = ? AND ts <= ?", (path, now - seconds))
    (lately,) = db.execute("SELECT count(*) FROM paces WHERE path = ?", (path,)).fetchone()
    if lately >= most:
        raise RefusedError("Too many concurrent requests", 429)
    db.execute("INSERT INTO paces (path, ts) VALUES (?, ?)", (path, now))
