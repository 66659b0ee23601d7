"""Content blocks: create, update, show, list. Reference: engagement 14.1 and data 10.4.

The reference knows two texts of refusals; the others are made up.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, answer, success
from clevertap_sandbox.endpoints.bare import BareRefusedError, whole_number
from clevertap_sandbox.state.numbers import is_id, next_id

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

FEATURE_OFF = "Content Blocks isn't enabled on your account"
WRONG_DATE = "Enter date in ISO format"
FIRST_ID = 172_594_000_000_001
"""Made up, like the id of the reference's example."""
TYPES = ("Text", "HTML")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-() ]*")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)
LARGEST_PAGE = 100
DEFAULT_PAGE = 10
COLUMNS = "id, name, type, content, created, created_by, updated, updated_by"
SHOWN = ("id", "name", "type", "content", "createdAt", "createdBy", "updatedAt", "updatedBy")
BOUNDS = {
    "createdAtFrom": "created >= :createdAtFrom",
    "createdAtTo": "created <= :createdAtTo",
    "updatedFrom": "updated >= :updatedFrom",
    "updatedTo": "updated <= :updatedTo",
}
"""The parameters of a list that narrow it; moments compare as texts, all being written alike."""


def _refused(project: Project, error: str, status: int = 400) -> BareRefusedError:
    bodies: dict[str, dict[str, Any]] = {
        "fail_error": {"status": "fail", "error": error},
        "code_msg": {"code": status, "msg": error},
        "message": {"message": error},
    }
    return BareRefusedError(error, status, bodies[project.behaviours.content_block_refusal])


def _check_on(project: Project) -> None:
    if not project.behaviours.content_blocks:
        raise _refused(project, FEATURE_OFF, 403)


def _now(project: Project) -> str:
    return datetime.fromtimestamp(project.clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(SHOWN, row, strict=True))


def _found(db: sqlite3.Connection, project: Project, number: object) -> dict[str, Any]:
    sql = f"SELECT {COLUMNS} FROM content_blocks WHERE id = ?"  # noqa: S608 (own words only)
    row = db.execute(sql, (number,)).fetchone() if is_id(number) else None
    if row is None:
        raise _refused(project, "Content block not found", 404)
    return _shown(row)


def create(project: Project, asked: Asked) -> Answer:
    """Make a content block under a name of its own. Reference: engagement 14.1."""
    _check_on(project)
    body = asked.document()
    name, kind, content = body.get("name"), body.get("type"), body.get("content")
    if kind not in TYPES:
        raise _refused(project, "Type must be Text or HTML")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _refused(project, "Name is not valid")
    if not isinstance(content, str) or not content:
        raise _refused(project, "Content is required")
    now, author = _now(project), str(body.get("createdBy", ""))
    with project.database() as db:
        if db.execute("SELECT 1 FROM content_blocks WHERE name = ?", (name,)).fetchone():
            raise _refused(project, "A content block with this name already exists", 409)
        number = next_id(db, "content_blocks", FIRST_ID)
        sql = f"INSERT INTO content_blocks ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 (own words only)
        db.execute(sql, (number, name, kind, content, now, author, now, author))
        return answer(_found(db, project, number))


def update(project: Project, asked: Asked) -> Answer:
    """Put another content in place; the type stays. Reference: engagement 14.1."""
    _check_on(project)
    body = asked.document()
    content, author = body.get("content"), body.get("updatedBy")
    if not isinstance(content, str) or not content:
        raise _refused(project, "Content is required")
    if not isinstance(author, str) or not author:
        raise _refused(project, "updatedBy is required")
    with project.database() as db:
        number = _found(db, project, body.get("id"))["id"]
        sql = "UPDATE content_blocks SET content = ?, updated = ?, updated_by = ? WHERE id = ?"
        db.execute(sql, (content, _now(project), author, number))
        return answer(_found(db, project, number))


def info(project: Project, asked: Asked) -> Answer:
    """Show one content block. Reference: engagement 14.1."""
    _check_on(project)
    number = whole_number(asked.query.get("id", ""), 0, 10**18)
    if number is None:
        raise _refused(project, "id must be a number")
    with project.database() as db:
        return answer(_found(db, project, number))


def listing(project: Project, asked: Asked) -> Answer:
    """List content blocks a page at a time, the first page being 1. Reference: engagement 14.1, data 10.4."""
    _check_on(project)
    page = whole_number(asked.query.get("pageNumber", "1"), 1, 10**9)
    size = whole_number(asked.query.get("pageSize", str(DEFAULT_PAGE)), 1, LARGEST_PAGE)
    if page is None or size is None:
        raise _refused(project, "pageNumber or pageSize is not valid")
    given = {name: asked.query[name] for name in BOUNDS if name in asked.query}
    if not all(map(MOMENT.fullmatch, given.values())):
        raise _refused(project, WRONG_DATE)
    where = f"FROM content_blocks WHERE {' AND '.join(['TRUE', *map(BOUNDS.__getitem__, given)])}"
    with project.database() as db:
        (total,) = db.execute(f"SELECT count(*) {where}", given).fetchone()
        sql = f"SELECT {COLUMNS} {where} ORDER BY id LIMIT :size OFFSET :skip"
        rows = db.execute(sql, {**given, "size": size, "skip": (page - 1) * size}).fetchall()
    blocks = list(map(_shown, rows))
    if project.behaviours.content_blocks_in_envelope:
        return success(contentBlocks=blocks, total=total)
    return answer({"contentBlocks": blocks, "total": total, "pageNumber": page, "pageSize": size})
