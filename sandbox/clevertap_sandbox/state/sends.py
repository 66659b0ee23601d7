"""What was sent to named users, and to whom. Nothing really goes out; it is kept so that it can be looked at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.state.numbers import MADE, is_id, next_id
from clevertap_sandbox.state.people import Handle, find

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

EMAIL = "email"
"""The kind of name that several people may share; the other kinds are those of `Handle`."""
WHO = "coalesce((SELECT value FROM identities WHERE person = p.id AND kind = 'identity' LIMIT 1), p.object_id)"


@dataclass(frozen=True, slots=True)
class Sent:
    """One send: over which channel, the body as it came, and everybody known whom it named."""

    channel: str
    body: dict[str, Any]
    people: tuple[str, ...]
    """By identity, else by CleverTap ID."""


def known(db: sqlite3.Connection, names: Iterable[Handle]) -> set[int]:
    """Find everybody who is named; whoever is unknown drops out without a word. Reference: engagement 4."""
    return {person for name in names for person in _people(db, name)}


def _people(db: sqlite3.Connection, name: Handle) -> list[int]:
    if name.kind == EMAIL:
        return [int(person) for (person,) in db.execute("SELECT id FROM people WHERE email = ?", (name.value,))]
    found = find(db, name)
    return [] if found is None else [found]


def have_android(db: sqlite3.Connection, people: set[int]) -> bool:
    """Whether any of these people has an Android device."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM json_each(?) AS wanted JOIN devices AS d ON d.person = wanted.value "
        "WHERE d.platform = 'Android')"
    )
    return bool(db.execute(sql, (json.dumps(sorted(people)),)).fetchone()[0])


def keep(db: sqlite3.Connection, now: float, sent: tuple[str, dict[str, Any]], people: set[int], campaign: int) -> None:
    """Write down one send.

    Args:
        db: The project.
        now: Epoch seconds.
        sent: The channel, and the body as it came.
        people: Everybody whom it reaches.
        campaign: What its figures are counted under.
    """
    channel, body = sent
    sql = "INSERT INTO sends (ts, channel, campaign, tag_group, body) VALUES (?, ?, ?, ?, ?)"
    row = (now, channel, campaign, body.get("tag_group"), json.dumps(body, ensure_ascii=False))
    number = db.execute(sql, row).lastrowid
    db.executemany("INSERT INTO receivers (send, person) VALUES (?, ?)", [(number, person) for person in people])


def campaign_of(db: sqlite3.Connection, now: float, channel: str, tag_group: str | None) -> int:
    """The campaign that bundles a channel's sends of one tag group; a new one for the first, or without a group."""
    sql = "SELECT campaign FROM sends WHERE channel = ? AND tag_group = ? LIMIT 1"
    found = db.execute(sql, (channel, tag_group)).fetchone()
    return next_id(db, MADE, now) if found is None else int(found[0])


def is_campaign(db: sqlite3.Connection, number: object) -> bool:
    """Whether there is a campaign of that id, whoever made it."""
    if not is_id(number):
        return False
    sql = "SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = ?1) OR EXISTS (SELECT 1 FROM sends WHERE campaign = ?1)"
    return bool(db.execute(sql, (number,)).fetchone()[0])


def all_sent(db: sqlite3.Connection) -> list[Sent]:
    """Read every send so far, in order."""
    receivers = (
        f"(SELECT json_group_array({WHO}) FROM receivers AS r JOIN people AS p ON p.id = r.person WHERE send = s.id)"  # noqa: S608 (fixed text)
    )
    rows = db.execute(f"SELECT s.channel, s.body, {receivers} FROM sends AS s ORDER BY s.id")  # noqa: S608 (same)
    return [Sent(channel, json.loads(body), tuple(json.loads(people))) for channel, body, people in rows]
