"""What CleverTap would tell by e-mail alone: what came of uploaded files. Nothing is ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def write_mail(db: sqlite3.Connection, now: float, address: str, text: str) -> None:
    """Keep a mail."""
    db.execute("INSERT INTO mails (ts, address, text) VALUES (?, ?, ?)", (now, address, text))


def all_mails(db: sqlite3.Connection) -> list[str]:
    """Read every mail in order."""
    return [text for (text,) in db.execute("SELECT text FROM mails ORDER BY id")]
