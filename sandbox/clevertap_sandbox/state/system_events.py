"""Events that CleverTap raises itself when something becomes of a person. Reference: data 4.3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from clevertap_sandbox.project import Project


def raise_event(
    db: sqlite3.Connection, project: Project, name: str, people: Iterable[int], told: Mapping[str, Any]
) -> None:
    """Note with everybody concerned that something has happened now.

    Args:
        db: The project's data.
        project: The project.
        name: What the event is called.
        people: With whom it is noted.
        told: Its properties.
    """
    now, key = int(project.clock()), event_key(name)
    happened = (key, now, project.stamp(now), json.dumps(told, ensure_ascii=False))
    db.execute("INSERT OR IGNORE INTO event_names (key, name) VALUES (?, ?)", (key, name))
    sql = "INSERT INTO events (person, key, ts, local, props) VALUES (?, ?, ?, ?, ?)"
    db.executemany(sql, [(person, *happened) for person in people])
