"""Get Events, Get User Profiles, Get a single profile. Reference: data 7."""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.language.names import UNEXPORTED_KEYS, setting
from clevertap_sandbox.language.query import Setting, events_where, people_where
from clevertap_sandbox.state.cursors import Lifetime, Place, Walk, read_cursor, write_cursor
from clevertap_sandbox.state.pages import event_rows, person_rows
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, find
from clevertap_sandbox.state.store import event_key

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.language.clauses import Clause
    from clevertap_sandbox.project import Asked, Project

EVENTS_PATH = "/1/events.json"
UNLIMITED_BELOW = 23
LARGEST_BATCH = 5000
FLAG_DEFAULTS = {"app": "false", "events": "true", "profile": "true"}
EVERYTHING = frozenset(FLAG_DEFAULTS)
INCORRECT_USAGE = 3


def export(project: Project, asked: Asked) -> Answer:
    """Begin a walk, or give a page of one; POST will do for a page too. Reference: data 7.1."""
    if "cursor" in asked.query:
        return _page(project, asked)
    query = asked.document()
    name = query.get("event_name")
    if isinstance(name, str) and event_key(name) in UNEXPORTED_KEYS:
        raise RefusedError("Export not allowed for this event")
    batch_size = _batch_size(asked, project)
    with project.database() as db:
        ids = _matching(db, asked.path, query, setting(db, project))
    now = project.clock()
    place = project.walks.begin(Walk(asked.path, ids, batch_size, _flags(asked), now, now))
    return success(cursor=write_cursor(place, project.behaviours.cursor_padding))


def next_page(project: Project, asked: Asked) -> Answer:
    """Give a page of a walk. Reference: data 7.1."""
    if "cursor" not in asked.query:
        raise _incorrect_usage(project)
    return _page(project, asked)


def _matching(db: sqlite3.Connection, path: str, query: dict[str, Any], read_against: Setting) -> array[int]:
    """Settle what the walk will give, in the order of its pages."""
    if path == EVENTS_PATH:
        return _ids(
            db,
            "SELECT e.id FROM events AS e WHERE {} ORDER BY e.local, e.id",
            events_where(query, read_against),
        )
    return _ids(db, "SELECT p.id FROM people AS p WHERE {} ORDER BY p.id", people_where(query, read_against))


def _ids(db: sqlite3.Connection, sql: str, where: Clause) -> array[int]:
    return array("q", (row[0] for row in db.execute(sql.format(where.sql), where.parameters)))


def _batch_size(asked: Asked, project: Project) -> int:
    """Read `batch_size`: from 1, over 5000 is 5000, under 23 is everything at once. Reference: data 7.1."""
    text = asked.query.get("batch_size", str(project.behaviours.default_batch_size))
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise RefusedError("Invalid batch_size")
    if int(text) < UNLIMITED_BELOW and project.behaviours.small_batch_is_unlimited:
        return 0
    return min(int(text), LARGEST_BATCH)


def _flags(asked: Asked) -> frozenset[str]:
    sent = {flag: asked.query.get(flag, default).lower() for flag, default in FLAG_DEFAULTS.items()}
    return frozenset(flag for flag, value in sent.items() if value == "true")


def _incorrect_usage(project: Project) -> RefusedError:
    return RefusedError("Incorrect Usage", project.behaviours.incorrect_usage_status, INCORRECT_USAGE)


def _page(project: Project, asked: Asked) -> Answer:
    place = read_cursor(asked.query["cursor"])
    if place is None:
        raise _incorrect_usage(project)
    walk = project.walks.resume(place, _lifetime(project, asked.path), project.clock())
    if walk.path != asked.path:
        raise _incorrect_usage(project)
    size = walk.batch_size or len(walk.ids) or 1
    ids = walk.ids[place.offset : place.offset + size]
    with project.database() as db:
        rows = (event_rows if walk.path == EVENTS_PATH else person_rows)(db, ids, walk.flags)
    return _written_page(project, place, walk, size, rows)


def _lifetime(project: Project, path: str) -> Lifetime:
    behaviours = project.behaviours
    if path == EVENTS_PATH:
        return Lifetime(behaviours.event_cursor_life, behaviours.event_cursor_idle)
    return Lifetime(behaviours.profile_cursor_life, behaviours.profile_cursor_life)


def _written_page(project: Project, place: Place, walk: Walk, size: int, rows: list[str]) -> Answer:
    """Put the page together as text: its rows are JSON already."""
    padding = project.behaviours.cursor_padding
    fields = {"status": '"success"'}
    if place.offset:
        fields["previous_cursor"] = json.dumps(write_cursor(Place(place.walk, max(place.offset - size, 0)), padding))
    if place.offset + size < len(walk.ids):
        fields["next_cursor"] = json.dumps(write_cursor(Place(place.walk, place.offset + size), padding))
    if rows or not project.behaviours.empty_page_omits_records:
        fields["records"] = f"[{','.join(rows)}]"
    return Answer(("{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}").encode())


def profile(project: Project, asked: Asked) -> Answer:
    """Give one person's profile, by exactly one of email, identity, objectId. Reference: data 7.3."""
    given = {key: asked.query[key] for key in ("email", IDENTITY, OBJECT_ID) if asked.query.get(key)}
    if len(given) != 1:
        raise RefusedError("Invalid parameters")
    ((kind, value),) = given.items()
    with project.database() as db:
        person = _by_email(db, value) if kind == "email" else find(db, Handle(kind, value))
        rows = [] if person is None else person_rows(db, [person], EVERYTHING)
    if not rows:
        return _nobody(project)
    return Answer(f'{{"status":"success","record":{rows[0]}}}'.encode())


def _by_email(db: sqlite3.Connection, email: str) -> int | None:
    row = db.execute("SELECT id FROM people WHERE email = ? ORDER BY id LIMIT 1", (email,)).fetchone()
    return None if row is None else int(row[0])


def _nobody(project: Project) -> Answer:
    match project.behaviours.profile_not_found:
        case "null_record":
            return success(record=None)
        case "no_record":
            return success()
        case "fail_200":
            return answer({"status": "fail", "error": "Profile not found", "code": 404})
        case "fail_404":
            raise RefusedError("Profile not found", 404)
