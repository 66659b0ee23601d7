"""Who is who: people, their identities and devices, found, made, joined, deleted. Reference: data 4.1, 9."""

from __future__ import annotations

import json
from hashlib import blake2s
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

OBJECT_ID = "objectId"
IDENTITY = "identity"
MOST_DEVICES = 50
KNOWN_NAMES = (
    "SELECT i.value, i.person FROM json_each(:wanted) AS wanted "
    "CROSS JOIN identities AS i ON i.kind = :kind AND i.value = wanted.value"
)
KNOWN_DEVICES = (
    "SELECT d.object_id, d.person FROM json_each(:wanted) AS wanted "
    "CROSS JOIN devices AS d ON d.object_id = wanted.value"
)


class Handle(NamedTuple):
    """How a record names its user: a kind (`identity`, `objectId`, `FBID`, `GPID`) and a value."""

    kind: str
    value: str


def platform_of(object_id: str) -> str:
    """Tell the platform by the prefix of a CleverTap ID. Reference: data 4.1."""
    if object_id.startswith("_"):
        return "Android"
    if object_id.startswith("-"):
        return "iOS"
    return "Windows" if object_id.startswith("~") else "Web"


def made_object_id(handle: Handle) -> str:
    """Make up the CleverTap ID of someone who came without a device; the same for the same handle."""
    return blake2s(f"{handle.kind}:{handle.value}".encode(), digest_size=16).hexdigest()


def find(db: sqlite3.Connection, handle: Handle) -> int | None:
    """Find the person a handle names."""
    if handle.kind == OBJECT_ID:
        sql = (
            "SELECT person FROM devices WHERE object_id = ?1 UNION ALL "
            "SELECT id FROM people WHERE object_id = ?1 LIMIT 1"
        )
        row = db.execute(sql, (handle.value,)).fetchone()
    else:
        row = db.execute("SELECT person FROM identities WHERE kind = ? AND value = ?", handle).fetchone()
    return None if row is None else int(row[0])


def find_known(db: sqlite3.Connection, handles: Iterable[Handle]) -> dict[tuple[str, str], int]:
    """Find the people whom many handles name, with one question per kind; who has no device or name is left out."""
    values: dict[str, set[str]] = {}
    for kind, value in handles:
        values.setdefault(kind, set()).add(value)
    found: dict[tuple[str, str], int] = {}
    for kind, wanted in values.items():
        sql = KNOWN_DEVICES if kind == OBJECT_ID else KNOWN_NAMES
        rows = db.execute(sql, {"kind": kind, "wanted": json.dumps(list(wanted))})
        found |= {(kind, value): person for value, person in rows}
    return found


def find_or_create(db: sqlite3.Connection, handle: Handle) -> int:
    """Find the person a handle names, or let a new one begin with it."""
    found = find(db, handle)
    return _create(db, handle) if found is None else found


def _create(db: sqlite3.Connection, handle: Handle) -> int:
    is_device = handle.kind == OBJECT_ID
    object_id = handle.value if is_device else made_object_id(handle)
    person = db.execute("INSERT INTO people (object_id) VALUES (?)", (object_id,)).lastrowid
    assert person is not None
    if is_device:
        add_device(db, person, handle.value)
    else:
        db.execute("INSERT INTO identities (kind, value, person) VALUES (?, ?, ?)", (*handle, person))
    return person


def add_device(db: sqlite3.Connection, person: int, object_id: str) -> None:
    """Give a person a device that nobody has yet."""
    sql = "INSERT OR IGNORE INTO devices (object_id, person, platform) VALUES (?, ?, ?)"
    db.execute(sql, (object_id, person, platform_of(object_id)))


def attach_identity(db: sqlite3.Connection, person: int, identity: str) -> int:
    """Tie an identity to the person of a device; the person the device belongs to afterwards.

    A person without identity joins the one who already has this identity. Two people who both have one stay
    apart, and so does a 51st device. Reference: data 4.1 and 9.5.
    """
    owner = find(db, Handle(IDENTITY, identity))
    if owner == person:
        return person
    if owner is None:
        sql = "INSERT INTO identities (kind, value, person) VALUES (?, ?, ?)"
        db.execute(sql, (IDENTITY, identity, person))
        return person
    anonymous = not db.execute("SELECT 1 FROM identities WHERE person = ?", (person,)).fetchone()
    if not anonymous or _device_count(db, owner) >= MOST_DEVICES:
        return person
    _join(db, person, owner)
    return owner


def _device_count(db: sqlite3.Connection, person: int) -> int:
    return int(db.execute("SELECT count(*) FROM devices WHERE person = ?", (person,)).fetchone()[0])


def _join(db: sqlite3.Connection, anonymous: int, owner: int) -> None:
    """Hand everything of an anonymous person to another, whose own profile values win."""
    for table in ("members", "unsubscribed", "devices", "events"):
        # What the other has already is the same.
        db.execute(f"UPDATE OR IGNORE {table} SET person = ? WHERE person = ?", (owner, anonymous))  # noqa: S608 (fixed names)
    for table in ("members", "unsubscribed"):
        db.execute(f"DELETE FROM {table} WHERE person = ?", (anonymous,))  # noqa: S608 (fixed names)
    (profile,) = db.execute("SELECT profile FROM people WHERE id = ?", (anonymous,)).fetchone()
    db.execute("UPDATE people SET profile = json_patch(?, profile) WHERE id = ?", (profile, owner))
    db.execute("DELETE FROM people WHERE id = ?", (anonymous,))


def settle_deletions(db: sqlite3.Connection, now: float) -> None:
    """Carry out the deletions that have become due. Reference: data 9.1."""
    due = db.execute("SELECT person FROM deletions WHERE due <= ?", (now,)).fetchall()
    if not due:
        return
    for statement in (
        "DELETE FROM events WHERE person = ?",
        "DELETE FROM devices WHERE person = ?",
        "DELETE FROM identities WHERE person = ?",
        "DELETE FROM members WHERE person = ?",
        "DELETE FROM unsubscribed WHERE person = ?",
        "DELETE FROM people WHERE id = ?",
        "DELETE FROM deletions WHERE person = ?",
    ):
        db.executemany(statement, due)
