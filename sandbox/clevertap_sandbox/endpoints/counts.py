"""Event counts, profile counts, real-time counts. Reference: data 8.0 to 8.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.language.names import setting
from clevertap_sandbox.language.query import events_where, people_where

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

EVENTS_PATH = "/1/counts/events.json"
LIVE_SECONDS = 300

# The people of the last five minutes, one row each. The four user types are made to add up to the count, as
# in the vendor's sample: a customer has bought at some time, an addressable person can be written to, a new
# one has done nothing before. Where the API does not know a session's source or browser, it says so.
LIVE = """
SELECT
    NOT EXISTS (SELECT 1 FROM events AS old WHERE old.person = p.id AND old.ts < :since) AS is_new,
    CASE
        WHEN EXISTS (SELECT 1 FROM events AS paid WHERE paid.person = p.id AND paid.key = 'charged')
            THEN 'customer'
        WHEN p.email IS NOT NULL OR p.phone IS NOT NULL OR EXISTS (
            SELECT 1 FROM devices WHERE person = p.id AND push_token IS NOT NULL) THEN 'addressable'
        WHEN NOT EXISTS (SELECT 1 FROM events AS old WHERE old.person = p.id AND old.ts < :since) THEN 'new'
        ELSE 'repeat'
    END AS user_type,
    coalesce((SELECT platform FROM devices WHERE person = p.id ORDER BY rowid LIMIT 1), '') AS platform
FROM people AS p
WHERE p.id IN (SELECT person FROM events WHERE ts BETWEEN :since AND :now)
"""
BUCKETS = {
    "session_source": ("direct", "others", "search", "social", "email", "unavailable"),
    "browser": ("others", "firefox", "chrome", "ie", "mobileapp"),
    "os": ("others", "android", "ios", "windows", "mac", "linux"),
    "device": ("desktop", "mobile", "tablet"),
}
USER_TYPES = ("new", "repeat", "addressable", "customer")
MOBILE = frozenset({"Android", "iOS"})


def count(project: Project, asked: Asked) -> Answer:
    """Count occurrences or people. Reference: data 8.1 and 8.2."""
    query = asked.document()
    with project.database() as db:
        read_against = setting(db, project)
        if asked.path == EVENTS_PATH:
            where, table = events_where(query, read_against), "events AS e"
        else:
            where, table = people_where(query, read_against), "people AS p"
        sql = f"SELECT count(*) FROM {table} WHERE {where.sql}"  # noqa: S608 (made of clauses, values bound)
        (number,) = db.execute(sql, where.parameters).fetchone()
    counted = success(count=number)
    if project.behaviours.partial_polls is None:
        return counted
    return hold(project, asked.path, counted, project.behaviours.partial_polls)


def hold(project: Project, path: str, counted: Answer, polls: int | None) -> Answer:
    """Say `partial` first. Reference: data 8.0."""
    return project.pending.hold(path, counted, polls, as_text=project.behaviours.req_id_as_text)


def poll(project: Project, asked: Asked) -> Answer:
    """Ask again for a count. Reference: data 8.0."""
    req_id = asked.query.get("req_id", "")
    return project.pending.poll(asked.path, req_id, as_text=project.behaviours.req_id_as_text)


def live(project: Project, asked: Asked) -> Answer:
    """Count who was active in the last five minutes. Reference: data 8.3."""
    flags = asked.document()
    if any(not isinstance(value, bool) for value in flags.values()):
        raise RefusedError("Invalid parameters")
    now = int(project.clock())
    with project.database() as db:
        people = _live_people(db, now)
    body: dict[str, Any] = {"status": "success", "count": len(people)}
    if flags.get("user_type"):
        body["user_type"] = _tally((kind for _, kind, _ in people), USER_TYPES)
    body |= {block: _block(block, people) for block in BUCKETS if flags.get(block)}
    if flags.get("new"):
        fresh = [person for person in people if person[0]]
        body["new"] = {block: _block(block, fresh) for block in BUCKETS}
    return answer({**body, "last_processed_ts": now})


def _live_people(db: sqlite3.Connection, now: int) -> list[tuple[bool, str, str]]:
    rows = db.execute(LIVE, {"since": now - LIVE_SECONDS, "now": now})
    return [(bool(new), kind, platform) for new, kind, platform in rows]


def _block(block: str, people: list[tuple[bool, str, str]]) -> dict[str, int]:
    return _tally((_bucket(block, platform) for _, _, platform in people), BUCKETS[block])


def _bucket(block: str, platform: str) -> str:
    if block == "session_source":
        return "unavailable"
    if block == "browser":
        return "mobileapp" if platform in MOBILE else "others"
    if block == "device":
        return "mobile" if platform in MOBILE else "desktop"
    return platform.lower() if platform.lower() in BUCKETS["os"] else "others"


def _tally(found: Any, buckets: tuple[str, ...]) -> dict[str, int]:
    seen = list(found)
    return {bucket: seen.count(bucket) for bucket in buckets}
