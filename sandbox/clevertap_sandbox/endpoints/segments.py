"""API segments: make them, and put people in and take them out. Reference: data 10.2, engagement 12.

None of the answers was ever seen; the two references disagree, so each shape is a switch.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.state.numbers import BEYOND, is_id
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, find_or_create
from clevertap_sandbox.state.records import is_somebody
from clevertap_sandbox.state.segments import (
    BY_API,
    COLUMNS,
    DELETED,
    Segment,
    add_segment,
    join_segment,
    leave_segment,
    segment_where,
)
from clevertap_sandbox.state.system_events import raise_event

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

MOST_SEGMENTS = 100
MOST_PEOPLE = 100
MOST_OF_ACCOUNT = 2_500
CHANGED = "Segment Membership Change"
MOVES = {"ADD": join_segment, "REMOVE": leave_segment}
DEFAULT_LIMIT = 100


class _Flaw(Exception):  # noqa: N818 (a verdict on one entry, not an error of this program)
    """An entry is refused with this text."""


def create(project: Project, asked: Asked) -> Answer:
    """Make empty segments, entry by entry. Reference: engagement 12.1."""
    entries = asked.value()
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_SEGMENTS:
        raise RefusedError("Invalid request")
    if not all(isinstance(entry, dict) for entry in entries):
        raise RefusedError("Invalid request")
    made, refused, names = [], [], list[object]()
    with project.database() as db:
        for entry in entries:
            try:
                made.append((entry, _made(db, project, entry, names)))
            except _Flaw as flaw:
                refused.append((entry, str(flaw)))
            names.append(entry.get("segment_name"))
    return _created(project, made, refused)


def _made(db: sqlite3.Connection, project: Project, entry: dict[str, Any], names: list[object]) -> int:
    name, own = entry.get("segment_name"), entry.get("customer_segment_id")
    if not isinstance(name, str) or not name.strip():
        raise _Flaw("Invalid segment_name")  # made up
    if name in names:
        raise _Flaw("Duplicate segment_name")  # made up, after the one below
    _check_own_id(db, project, own)
    (count,) = db.execute("SELECT count(*) FROM segments WHERE kind = ?", (BY_API,)).fetchone()
    if count >= MOST_OF_ACCOUNT:
        raise _Flaw("Too many segments")  # made up
    return add_segment(db, project.clock(), name, BY_API, own)


def _check_own_id(db: sqlite3.Connection, project: Project, own: object) -> None:
    if own is None and not project.behaviours.customer_segment_id_required:
        return
    if not isinstance(own, str) or not own:
        raise _Flaw("Invalid customer_segment_id")  # made up
    if segment_where(db, "customer_id", own):
        raise _Flaw("Duplicate customer_segment_id")


def _created(project: Project, made: list[tuple[Any, int]], refused: list[tuple[Any, str]]) -> Answer:
    if project.behaviours.created_segments == "segments":
        if refused and not made:
            raise RefusedError("Invalid request")
        segments = [{"id": number, **_named(entry)} for entry, number in made]
        if not refused:
            return success(segments=segments)
        errors = [{**_own_id(entry), "error": error} for entry, error in refused]
        return answer({"status": "partial", "segments": segments, "errors": errors})
    processed = [_with_id(entry, number) for entry, number in made]
    unprocessed = [{"status": "fail", "error": error, **_named(entry)} for entry, error in refused]
    status = "success" if not refused else "partial" if made else "fail"
    return answer({"status": status, "processed": processed, "unprocessed": unprocessed})


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("segment_name", "customer_segment_id") if key in entry}


def _own_id(entry: dict[str, Any]) -> dict[str, Any]:
    key = "customer_segment_id" if "customer_segment_id" in entry else "segment_name"
    return {key: entry.get(key)}


def _with_id(entry: dict[str, Any], number: int) -> dict[str, Any]:
    named = _named(entry)
    return {"segment_name": named.pop("segment_name"), "ct_segment_id": number, **named}


def update(project: Project, asked: Asked) -> Answer:
    """Change who is in which segment, person by person; unknown people are created. Reference: engagement 12.2."""
    groups = asked.document().get("bulk_profiles")
    pairs = _pairs(groups)
    failures: list[tuple[dict[str, Any], str]] = []
    with project.database() as db:
        for person, moves in pairs:
            try:
                _move(db, project, person, moves)
            except _Flaw as flaw:
                failures.append((person, str(flaw)))
    return _updated(project, len(pairs), failures)


def _pairs(groups: object) -> list[tuple[dict[str, Any], list[Any]]]:
    """Read each person with the moves of the group they stand in."""
    if not isinstance(groups, list) or not groups:
        raise RefusedError("Invalid request")
    pairs = []
    for group in groups:
        people, moves = (group.get("user_profiles"), group.get("segments")) if isinstance(group, dict) else (None, None)
        if not isinstance(people, list) or not isinstance(moves, list) or not people or not moves:
            raise RefusedError("Invalid request")
        pairs += [(person if isinstance(person, dict) else {}, moves) for person in people]
    if len(pairs) > MOST_PEOPLE:
        raise RefusedError("Invalid request")
    return pairs


def _move(db: sqlite3.Connection, project: Project, named: dict[str, Any], moves: list[Any]) -> None:
    kind = IDENTITY if "identity" in named else "guid"
    value = named.get(kind)
    if not isinstance(value, str) or not is_somebody(value):
        raise _Flaw("Invalid identity")  # made up
    meant = [_meant(db, move) for move in moves]
    person = find_or_create(db, Handle(IDENTITY if kind == IDENTITY else OBJECT_ID, value))
    for segment, action in meant:
        if MOVES[action](db, segment.id, person):
            raise_event(db, project, CHANGED, [person], _change(segment, action))


def _meant(db: sqlite3.Connection, move: Any) -> tuple[Segment, str]:
    """Find the segment of a move, which has to be one of the API's."""
    entry = move if isinstance(move, dict) else {}
    own, number, action = entry.get("customer_segment_id"), entry.get("ct_segment_id"), entry.get("action")
    found = segment_where(db, "customer_id", own) if own is not None else segment_where(db, "id", number)
    if found is None or found.kind != BY_API:
        raise _Flaw("Segment not found")
    if found.status == DELETED:
        raise _Flaw("Segment deleted")
    if not isinstance(action, str) or action not in MOVES:
        raise _Flaw("Invalid action")  # made up
    return found, action


def _change(segment: Segment, action: str) -> dict[str, Any]:
    own = {"Customer_Segment_ID": segment.customer_id} if segment.customer_id else {}
    return {"Action": action, "Segment Name": segment.name, "Segment ID": segment.id, **own}


def _updated(project: Project, given: int, failures: list[tuple[dict[str, Any], str]]) -> Answer:
    if {text for _, text in failures} == {"Segment deleted"} and len(failures) == given:
        raise RefusedError("Segment deleted")
    status = "success" if not failures else "partial" if len(failures) < given else "fail"
    if project.behaviours.updated_segments == "named":
        unprocessed = [{**person, "error": text} for person, text in failures]
        listed = {"unprocessed": unprocessed} if failures else {}
        return answer({"status": "partial" if failures else "success", **listed})
    anonymous = [{"status": "fail", "error": text} for _, text in failures]
    return answer({"status": status, "processed": given - len(failures), "unprocessed": anonymous})


def listing(project: Project, asked: Asked) -> Answer:
    """List the segments page by page, if this account has that at all. Reference: engagement 12.3."""
    _need_listing(project)
    body = asked.document()
    page, limit = body.get("page", 1), body.get("limit", DEFAULT_LIMIT)
    if not all(type(number) is int and number > 0 for number in (page, limit)) or page * limit >= BEYOND:
        raise RefusedError("Invalid request")
    with project.database() as db:
        (total,) = db.execute("SELECT count(*) FROM segments").fetchone()
        sql = f"SELECT {COLUMNS} FROM segments ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608 (fixed names)
        rows = [Segment(*row) for row in db.execute(sql, (limit, (page - 1) * limit))]
    return success(segments=list(map(_shown, rows)), total_pages=ceil(total / limit), total_count=total)


def details(project: Project, asked: Asked) -> Answer:
    """Tell of one segment, if this account has that at all. Reference: engagement 12.3."""
    _need_listing(project)
    wanted = asked.document().get("segment_id")
    with project.database() as db:
        found = segment_where(db, "id", wanted) if is_id(wanted) else None
    if found is None:
        raise RefusedError("Segment not found")
    return success(segments=[_shown(found)], total_pages=1, total_count=1)


def _need_listing(project: Project) -> None:
    if not project.behaviours.segments_listed:
        raise RefusedError("Not Found", 404)


def _shown(segment: Segment) -> dict[str, Any]:
    return {"id": segment.id, "name": segment.name, "status": segment.status}
