"""Do not disturb: addresses that are written to no more, whoever has them. Reference: data 4.4 and 9.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

SILENCE = "INSERT OR IGNORE INTO undisturbed (channel, address) VALUES (?, ?)"
OPEN = "DELETE FROM undisturbed WHERE channel = ? AND address = ?"


def set_disturbance(db: sqlite3.Connection, channel: str, address: str, *, quiet: bool) -> None:
    """Put an address on do-not-disturb on one channel, or take it off."""
    db.execute(SILENCE if quiet else OPEN, (channel, address))
