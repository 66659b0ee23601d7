"""Segments with members of their own: uploaded lists, and those that are made by API. Reference: data 10.1, 10.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clevertap_sandbox.state.numbers import MADE, is_id, next_id

if TYPE_CHECKING:
    import sqlite3

LIST, BY_API = "list", "api"
DELETED = "deleted"


class Segment(NamedTuple):
    """A stored segment."""

    id: int
    name: str
    kind: str
    customer_id: str | None
    status: str


COLUMNS = ", ".join(Segment._fields)


def add_segment(db: sqlite3.Connection, now: float, name: str, kind: str, customer_id: str | None = None) -> int:
    """Make an empty segment; its id looks like epoch seconds."""
    number = next_id(db, MADE, now)
    sql = "INSERT INTO segments (id, name, kind, customer_id) VALUES (?, ?, ?, ?)"
    db.execute(sql, (number, name, kind, customer_id))
    return number


def segment_where(db: sqlite3.Connection, column: str, value: object) -> Segment | None:
    """Find a segment by one of its columns, whose values are texts and ids."""
    if not isinstance(value, str) and not is_id(value):
        return None
    row = db.execute(f"SELECT {COLUMNS} FROM segments WHERE {column} = ?", (value,)).fetchone()  # noqa: S608 (fixed names)
    return None if row is None else Segment(*row)


def list_named(db: sqlite3.Connection, name: str) -> Segment | None:
    """Find an uploaded list by its name."""
    row = db.execute(f"SELECT {COLUMNS} FROM segments WHERE kind = ? AND name = ?", (LIST, name)).fetchone()  # noqa: S608 (fixed names)
    return None if row is None else Segment(*row)


def join_segment(db: sqlite3.Connection, segment: int, person: int) -> bool:
    """Put a person into a segment; whether that changed anything."""
    sql = "INSERT OR IGNORE INTO members (segment, person) VALUES (?, ?)"
    return db.execute(sql, (segment, person)).rowcount > 0


def leave_segment(db: sqlite3.Connection, segment: int, person: int) -> bool:
    """Take a person out of a segment; whether that changed anything."""
    return db.execute("DELETE FROM members WHERE segment = ? AND person = ?", (segment, person)).rowcount > 0
