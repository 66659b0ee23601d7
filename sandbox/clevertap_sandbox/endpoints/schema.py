"""Which events and user properties the project has. Reference: data 10.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.language.names import RESERVED
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.project import Asked, Project

EVENTS = """
SELECT named.name, named.key, (SELECT count(*) FROM events AS e WHERE e.key = named.key)
FROM event_names AS named ORDER BY named.name
"""
PROPERTIES = "SELECT DISTINCT each.key FROM people AS p, json_each(p.profile) AS each ORDER BY each.key"


def schema(project: Project, asked: Asked) -> Answer:
    """List all events with how often they happened, or all user properties."""
    wanted = asked.query.get("type")
    with project.database() as db:
        if wanted == "events":
            return success(events=_events(db, project.behaviours))
        if wanted == "userProperties":
            return success(userProperties=[{"name": name} for (name,) in db.execute(PROPERTIES)])
    raise RefusedError("Invalid type")  # made up


def _events(db: sqlite3.Connection, behaviours: Behaviours) -> list[dict[str, Any]]:
    """The project's own events, then those that every project has."""
    own = [(name, key, count) for name, key, count in db.execute(EVENTS)]
    known = {key for _, key, _ in own}
    system = [(name, event_key(name), 0) for name in RESERVED if event_key(name) not in known]
    return [_event(*each, discarded=behaviours.discarded_events) for each in (*own, *system)]


def _event(name: str, key: str, count: int, *, discarded: frozenset[str]) -> dict[str, Any]:
    # Discarded events stay listed with a marker; nobody wrote down which.
    return {"name": name, "eventCount": count} | ({"discarded": True} if key in discarded else {})
