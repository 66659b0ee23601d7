"""Taking a profile apart again: each of its devices becomes a person without a name. Reference: data 9.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def settle_demerges(db: sqlite3.Connection, now: float) -> None:
    """Carry out the demerges that have become due."""
    due = db.execute("SELECT DISTINCT person FROM demerges WHERE due <= ?", (now,)).fetchall()
    for (person,) in due:
        _take_apart(db, person)
    if due:
        db.execute("DELETE FROM demerges WHERE due <= ?", (now,))


def _take_apart(db: sqlite3.Connection, person: int) -> None:
    """Leave the person what came without a device, and the first device; every other device starts anew."""
    db.execute("DELETE FROM identities WHERE person = ?", (person,))
    own = "SELECT d.object_id FROM devices AS d JOIN people AS p ON p.id = d.person WHERE p.id = ?"
    devices = [device for (device,) in db.execute(f"{own} ORDER BY d.object_id <> p.object_id, d.rowid", (person,))]
    for device in devices[1:]:
        stranger = db.execute("INSERT INTO people (object_id) VALUES (?)", (device,)).lastrowid
        db.execute("UPDATE devices SET person = ? WHERE object_id = ?", (stranger, device))
        db.execute("UPDATE events SET person = ? WHERE person = ? AND device = ?", (stranger, person, device))
