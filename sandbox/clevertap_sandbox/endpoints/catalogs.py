"""Catalogs of version 2: list, show, create, update, delete.

Reference: engagement 13.2. It knows no text of a refusal but two; the others are made up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, answer
from clevertap_sandbox.endpoints.bare import DONE, BareRefusedError, whole_number
from clevertap_sandbox.state.numbers import next_id

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

FEATURE_OFF = "Catalog feature is not enabled for this account."
FIRST_ID = 501
"""Made up, like the id of the reference's example."""
OWN_COLUMNS = 3
"""Columns of every catalog beside its attributes: identity, name, image."""
TYPES = ("string", "number", "boolean")
STATUSES = ("ACTIVE", "INACTIVE", "DELETED")
SORTED_BY = {"createdAt": "created", "catalogName": "name", "updatedAt": "updated"}
ORDERS = ("ASC", "DESC")
LARGEST_PAGE = 100
COLUMNS = "id, name, description, attributes, mappings, sync, status, created, created_by, updated_by"


def check_on(project: Project) -> None:
    """Check that the account has the feature.

    Raises:
        BareRefusedError: 401 or 403, it has not.
    """
    if project.behaviours.catalogs != "on":
        raise BareRefusedError(FEATURE_OFF, int(project.behaviours.catalogs.removeprefix("off_")))


def existing(db: sqlite3.Connection, number: str | None) -> int:
    """Find the catalog that a path names.

    Raises:
        BareRefusedError: 404, there is none, or no more.
    """
    row = db.execute("SELECT id FROM catalogs WHERE CAST(id AS TEXT) = ? AND status <> 'DELETED'", (number,)).fetchone()
    if row is None:
        raise BareRefusedError("Catalog not found", 404)  # made up
    return int(row[0])


def listing(project: Project, asked: Asked) -> Answer:
    """List catalogs a page at a time, deleted ones only if asked for. Reference: engagement 13.2."""
    check_on(project)
    page = whole_number(asked.query.get("page", "0"), 0, 10**9)
    size = whole_number(asked.query.get("size", "20"), 1, LARGEST_PAGE)
    order = asked.query.get("sortOrder", "DESC")
    column = SORTED_BY.get(asked.query.get("sortBy", "createdAt"))
    status = asked.query.get("status")
    if page is None or size is None or column is None or order not in ORDERS or status not in (None, *STATUSES):
        raise BareRefusedError("Invalid request parameters")  # made up
    condition = "status <> 'DELETED'" if status is None else "status = :status"
    where = f"FROM catalogs WHERE {condition} AND instr(fold(name), fold(:search))"
    values = {"status": status, "search": asked.query.get("search", ""), "size": size, "skip": page * size}
    with project.database() as db:
        (total,) = db.execute(f"SELECT count(*) {where}", values).fetchone()
        sql = f"SELECT {COLUMNS} {where} ORDER BY {column} {order}, id {order} LIMIT :size OFFSET :skip"
        content = [_shown(db, row) for row in db.execute(sql, values).fetchall()]
    return answer(_spring_page(content, page, size, total))


def _spring_page(content: list[dict[str, Any]], page: int, size: int, total: int) -> dict[str, Any]:
    """Only `content` is sure; the other keys are those of every page that Spring makes."""
    pages = -(-total // size)
    return {
        "content": content,
        "totalElements": total,
        "totalPages": pages,
        "number": page,
        "size": size,
        "numberOfElements": len(content),
        "first": page == 0,
        "last": page + 1 >= pages,
    }


def _shown(db: sqlite3.Connection, row: tuple[Any, ...]) -> dict[str, Any]:
    number, name, description, attributes, mappings, sync, status, created, created_by, updated_by = row
    (products,) = db.execute("SELECT count(*) FROM products WHERE catalog = ?", (number,)).fetchone()
    schema = json.loads(attributes)
    shown = {
        "id": number,
        "catalogName": name,
        "catalogSchema": schema,
        "fieldMappings": json.loads(mappings),
        "description": description,
        "totalProducts": products,
        "status": status,
        "createdAt": created,
        "createdBy": created_by,
        "updatedBy": updated_by,
        "isActive": status == "ACTIVE",
        "attributeCount": len(schema),
        "totalColumns": len(schema) + OWN_COLUMNS,
    }
    return shown if sync is None else shown | {"recurringSyncConfig": json.loads(sync)}


def _read(db: sqlite3.Connection, number: int) -> dict[str, Any]:
    sql = f"SELECT {COLUMNS} FROM catalogs WHERE id = ?"  # noqa: S608 (own words only)
    return _shown(db, db.execute(sql, (number,)).fetchone())


def one(project: Project, asked: Asked) -> Answer:
    """Show a catalog. Reference: engagement 13.2."""
    check_on(project)
    with project.database() as db:
        return answer(_read(db, existing(db, asked.ids["id"])))


def create(project: Project, asked: Asked) -> Answer:
    """Make a catalog without products. Reference: engagement 13.2."""
    check_on(project)
    body = asked.document()
    author = _author(body.get("createdBy"), "createdBy")
    if not body.get("catalogSchema"):
        raise BareRefusedError("catalogSchema is required")  # made up
    stated = _stated(body)
    with project.database() as db:
        _check_name_is_free(db, stated["name"])
        number = next_id(db, "catalogs", FIRST_ID)
        values = stated | {"id": number, "now": int(project.clock()), "author": author}
        db.execute(
            "INSERT INTO catalogs VALUES (:id, :name, :description, :attributes, :mappings, :sync, 'ACTIVE', "
            ":now, :author, :now, :author)",
            values,
        )
        return answer(_read(db, number))


def update(project: Project, asked: Asked) -> Answer:
    """Put all of a catalog anew: what the body does not repeat is lost. Reference: engagement 13.2."""
    check_on(project)
    body = asked.document()
    status = body.get("status", "ACTIVE")
    if status not in ("ACTIVE", "INACTIVE"):
        raise BareRefusedError("status must be ACTIVE or INACTIVE")  # made up
    with project.database() as db:
        number = existing(db, asked.ids["id"])
        stated = _stated(body)
        _check_name_is_free(db, stated["name"], number)
        values = stated | {"id": number, "now": int(project.clock()), "status": status}
        db.execute(
            "UPDATE catalogs SET name = :name, description = :description, attributes = :attributes, "
            "mappings = :mappings, sync = :sync, status = :status, updated = :now, updated_by = :author WHERE id = :id",
            values | {"author": str(body.get("updatedBy", ""))},
        )
        return answer(_read(db, number))


def _author(given: object, name: str) -> str:
    if not isinstance(given, str) or not given:
        raise BareRefusedError(f"{name} is required")  # made up
    return given


def _stated(body: dict[str, Any]) -> dict[str, Any]:
    """What a body says of a catalog, as it is stored."""
    name, schema = body.get("catalogName"), body.get("catalogSchema", [])
    if not isinstance(name, str) or not name:
        raise BareRefusedError("catalogName is required")  # made up
    if not isinstance(schema, list) or not all(map(_is_attribute, schema)):
        raise BareRefusedError("catalogSchema is not valid")  # made up
    sync = body.get("recurringSyncConfig")
    return {
        "name": name,
        "description": str(body.get("description", "")),
        "attributes": json.dumps(schema, ensure_ascii=False),
        "mappings": json.dumps(body.get("fieldMappings", {}), ensure_ascii=False),
        "sync": None if sync is None else json.dumps(sync, ensure_ascii=False),
    }


def _is_attribute(given: object) -> bool:
    return isinstance(given, dict) and bool(given.get("name")) and given.get("type") in TYPES


def _check_name_is_free(db: sqlite3.Connection, name: str, but: int = 0) -> None:
    sql = "SELECT 1 FROM catalogs WHERE name = ? AND status <> 'DELETED' AND id <> ?"
    if db.execute(sql, (name, but)).fetchone():
        raise BareRefusedError("Catalog already exists", 409)  # the text of engagement 13.1


def delete(project: Project, asked: Asked) -> Answer:
    """Delete a catalog with its products, for good. Reference: engagement 13.2."""
    check_on(project)
    with project.database() as db:
        number = existing(db, asked.ids["id"])
        author = _author(asked.query.get("deletedBy"), "deletedBy")
        sql = "UPDATE catalogs SET status = 'DELETED', updated = ?, updated_by = ? WHERE id = ?"
        db.execute(sql, (int(project.clock()), author, number))
        db.execute("DELETE FROM products WHERE catalog = ?", (number,))
    return answer({"message": f"Catalog - {number} deleted successfully"})


def set_filterable(project: Project, asked: Asked) -> Answer:
    """Say whether one attribute can be filtered by; no body. Reference: engagement 13.2."""
    check_on(project)
    filterable = asked.query.get("filterable")
    if filterable not in ("true", "false"):
        raise BareRefusedError("filterable is required")  # made up
    author = _author(asked.query.get("updatedBy"), "updatedBy")
    with project.database() as db:
        number = existing(db, asked.ids["id"])
        (stored,) = db.execute("SELECT attributes FROM catalogs WHERE id = ?", (number,)).fetchone()
        schema = json.loads(stored)
        found = [each for each in schema if each["name"] == asked.ids["attribute"]]
        if not found:
            raise BareRefusedError("Attribute not found", 404)  # made up
        found[0]["filterable"] = filterable == "true"
        sql = "UPDATE catalogs SET attributes = ?, updated = ?, updated_by = ? WHERE id = ?"
        db.execute(sql, (json.dumps(schema, ensure_ascii=False), int(project.clock()), author, number))
    return answer(DONE)
