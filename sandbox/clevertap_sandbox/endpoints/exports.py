"""Get Events, Get User Profiles, Get a single profile. Reference: data 7."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.language.names import UNEXPORTED_KEYS, setting
from clevertap_sandbox.language.query import events_where, people_where
from clevertap_sandbox.state.cursors import Place, read_cursor, write_cursor
from clevertap_sandbox.state.pages import event_page, person_alone, person_page
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, find
from clevertap_sandbox.state.store import event_key
from clevertap_sandbox.state.walks import EVENTS, PEOPLE, Lifetime, Spread, Walk, settle, settle_buckets

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

EVENTS_PATH = "/1/events.json"
UNLIMITED_BELOW = 23
LARGEST_BATCH = 5000
FLAG_DEFAULTS = {"app": "false", "events": "true", "profile": "true"}
EVERYTHING = frozenset(FLAG_DEFAULTS)
INCORRECT_USAGE = 3
NOT_READY = {"status": "fail", "error": "Request still in progress, please retry later", "code": 2}


def export(project: Project, asked: Asked) -> Answer:
    """Begin a walk, or give a page of one; POST will do for a page too. Reference: data 7.1."""
    if "cursor" in asked.query:
        return _page(project, asked)
    query = asked.document()
    name = query.get("event_name")
    if isinstance(name, str) and event_key(name) in UNEXPORTED_KEYS:
        raise RefusedError("Export not allowed for this event")
    batch_size = _batch_size(asked, project)
    now = project.clock()
    with project.database() as db:
        project.walks.forget(db, now)
        spread = _settled(db, project, asked.path, query, batch_size)
    walk = Walk(asked.path, _flags(asked), spread, _lifetime(project, asked.path), now, now)
    return success(cursor=_cursor(project, Place(project.walks.begin(walk), 0)))


def next_page(project: Project, asked: Asked) -> Answer:
    """Give a page of a walk. Reference: data 7.1."""
    if "cursor" not in asked.query:
        raise _incorrect_usage(project)
    return _page(project, asked)


def _settled(db: sqlite3.Connection, project: Project, path: str, query: dict[str, Any], size: int) -> Spread:
    """Settle what the walk will give."""
    read_against = setting(db, project)
    if path == EVENTS_PATH:
        source, where = EVENTS, events_where(query, read_against)
    else:
        source, where = PEOPLE, people_where(query, read_against)
    if size and project.behaviours.page_shape == "buckets":
        return settle_buckets(db, source, where, size)
    return settle(db, source, where, size, gaps=project.behaviours.page_shape == "gaps")


def _batch_size(asked: Asked, project: Project) -> int:
    """Read `batch_size`: from 1, over 5000 is 5000, under 23 is everything at once. Reference: data 7.1."""
    text = asked.query.get("batch_size", str(project.behaviours.default_batch_size))
    if not re.fullmatch(r"0{0,9}[1-9][0-9]{0,8}", text):
        raise RefusedError("Invalid batch_size")
    if int(text) < UNLIMITED_BELOW and project.behaviours.small_batch_is_unlimited:
        return 0
    return min(int(text), LARGEST_BATCH)


def _flags(asked: Asked) -> frozenset[str]:
    sent = {flag: asked.query.get(flag, default).lower() for flag, default in FLAG_DEFAULTS.items()}
    return frozenset(flag for flag, value in sent.items() if value == "true")


def _lifetime(project: Project, path: str) -> Lifetime:
    behaviours = project.behaviours
    if path == EVENTS_PATH:
        return Lifetime(behaviours.event_cursor_life, behaviours.event_cursor_idle)
    return Lifetime(behaviours.profile_cursor_life, behaviours.profile_cursor_life)


def _incorrect_usage(project: Project) -> RefusedError:
    return RefusedError("Incorrect Usage", project.behaviours.incorrect_usage_status, INCORRECT_USAGE)


def _page(project: Project, asked: Asked) -> Answer:
    place = read_cursor(asked.query["cursor"])
    if place is None:
        raise _incorrect_usage(project)
    walk = project.walks.resume(place.walk, project.clock(), project.behaviours.expired_cursor)
    if walk.path != asked.path or not walk.spread.has(place.page):
        raise _incorrect_usage(project)
    walk.asked[place.page] += 1
    if walk.asked[place.page] <= project.behaviours.pages_not_ready:
        return answer(NOT_READY, project.behaviours.not_ready_status)
    write = event_page if walk.path == EVENTS_PATH else person_page
    with project.database() as db:
        rows = write(db, walk.spread.places(place.page), walk.flags, project.behaviours)
    return _written_page(project, place, walk, rows)


def _written_page(project: Project, place: Place, walk: Walk, rows: list[str]) -> Answer:
    """Put the page together as text: its rows are JSON already."""
    fields = {"status": '"success"'}
    for key, page in (("previous_cursor", place.page - 1), ("next_cursor", place.page + 1)):
        if walk.spread.has(page):
            fields[key] = json.dumps(_cursor(project, Place(place.walk, page)))
    if rows or not project.behaviours.empty_page_omits_records:
        fields["records"] = f"[{','.join(rows)}]"
    return Answer(("{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}").encode())


def _cursor(project: Project, place: Place) -> str:
    return write_cursor(place, project.behaviours.cursor_padding)


def profile(project: Project, asked: Asked) -> Answer:
    """Give one person's profile, by exactly one of email, identity, objectId. Reference: data 7.3."""
    given = {key: asked.query[key] for key in ("email", IDENTITY, OBJECT_ID) if asked.query.get(key)}
    if len(given) != 1:
        raise RefusedError("Invalid parameters")
    ((kind, value),) = given.items()
    with project.database() as db:
        person = _by_email(db, value) if kind == "email" else find(db, Handle(kind, value))
        row = None if person is None else person_alone(db, person, EVERYTHING, project.behaviours)
    if row is None:
        return _nobody(project)
    return Answer(f'{{"status":"success","record":{row}}}'.encode())


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
