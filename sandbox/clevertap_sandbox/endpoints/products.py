"""The products of a catalog of version 2, one by one or many at once.

Reference: engagement 13.2. It knows no text of a refusal, so these are made up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from clevertap_sandbox.answers import Answer, answer
from clevertap_sandbox.endpoints.bare import DONE, BareRefusedError
from clevertap_sandbox.endpoints.catalogs import check_on, existing

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

KB = 1024
LARGEST_PRODUCT = 100 * KB
LARGEST_BULK = 500 * KB
LONGEST = {"identity": 500, "name": 1000, "imageUrl": 2000}
TOO_LARGE = "Request body is too large"
Write = Literal["create", "update"]


class SkippedError(Exception):
    """One product is not written; the text says why."""


def create(project: Project, asked: Asked) -> Answer:
    """Add one product. Reference: engagement 13.2."""
    return _single(project, asked, "create", asked.document())


def update(project: Project, asked: Asked) -> Answer:
    """Write one product anew. Reference: engagement 13.2."""
    return _single(project, asked, "update", {**asked.document(), "identity": asked.ids["product"]})


def _single(project: Project, asked: Asked, write: Write, product: dict[str, Any]) -> Answer:
    check_on(project)
    _check_size(asked, LARGEST_PRODUCT)
    if write == "create" and not product.get("imageUrl"):
        raise BareRefusedError("imageUrl is required")
    with project.database() as db:
        catalog = existing(db, asked.ids["id"])
        try:
            _write(db, project, catalog, write, product)
        except SkippedError as skipped:
            raise BareRefusedError(str(skipped)) from None
    return answer(DONE)


def create_many(project: Project, asked: Asked) -> Answer:
    """Add the valid ones of many products, and skip the others. Reference: engagement 13.2."""
    return _bulk(project, asked, "create")


def update_many(project: Project, asked: Asked) -> Answer:
    """Write the valid ones of many products anew, and skip the others. Reference: engagement 13.2."""
    return _bulk(project, asked, "update")


def _bulk(project: Project, asked: Asked, write: Write) -> Answer:
    check_on(project)
    _check_size(asked, LARGEST_BULK)
    products = asked.document().get("products")
    if not isinstance(products, list) or not products:
        raise BareRefusedError("products is required")
    skipped: list[dict[str, Any]] = []
    with project.database() as db:
        catalog = existing(db, asked.ids["id"])
        for product in products:
            try:
                _write(db, project, catalog, write, product)
            except SkippedError as error:
                identity = product.get("identity") if isinstance(product, dict) else None
                skipped.append({"identity": identity, "error": str(error)})
    return answer(DONE | _told(project, skipped))


def _told(project: Project, skipped: list[dict[str, Any]]) -> dict[str, Any]:
    """What a bulk write says of the products that it skipped: nothing is known of the shape."""
    match project.behaviours.product_failures:
        case "listed" if skipped:
            return {"failures": skipped}
        case "counted":
            return {"failedCount": len(skipped)}
        case _:
            return {}


def _check_size(asked: Asked, most: int) -> None:
    if len(asked.body) > most:
        raise BareRefusedError(TOO_LARGE)


def _write(db: sqlite3.Connection, project: Project, catalog: int, write: Write, product: Any) -> None:
    """Store one product.

    Raises:
        SkippedError: It is not valid, or is there already, or is not there.
    """
    _check(product, write)
    sql = "SELECT product FROM products WHERE catalog = ? AND identity = ?"
    row = db.execute(sql, (catalog, product["identity"])).fetchone()
    if write == "create" and row and project.behaviours.existing_product == "refused":
        raise SkippedError("Product already exists")
    if write == "update" and not row and project.behaviours.unknown_product == "refused":
        raise SkippedError("Product not found")
    stored = json.loads(row[0]) if row and write == "update" else {}
    made = _made(stored, product, merges=project.behaviours.product_update_merges)
    values = (catalog, product["identity"], json.dumps(made, ensure_ascii=False))
    db.execute("INSERT OR REPLACE INTO products (catalog, identity, product) VALUES (?, ?, ?)", values)


def _check(product: Any, write: Write) -> None:
    if not isinstance(product, dict):
        raise SkippedError("Product is not valid")
    for name in ("identity", "name") if write == "create" else ("identity",):
        if not product.get(name):
            raise SkippedError(f"{name} is required")
    for name, most in LONGEST.items():
        value = product.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise SkippedError(f"{name} is not valid")
    if not isinstance(product.get("attributes", {}), dict):
        raise SkippedError("attributes is not valid")


def _made(stored: dict[str, Any], given: dict[str, Any], *, merges: bool) -> dict[str, Any]:
    """A product as it is after a write; name and image stay unless they are given."""
    kept = stored.get("attributes", {}) if merges else {}
    return {**stored, **given, "attributes": kept | given.get("attributes", {})}


def delete(project: Project, asked: Asked) -> Answer:
    """Delete one product. Reference: engagement 13.2."""
    check_on(project)
    with project.database() as db:
        catalog = existing(db, asked.ids["id"])
        sql = "DELETE FROM products WHERE catalog = ? AND identity = ?"
        if not db.execute(sql, (catalog, asked.ids["product"])).rowcount:
            raise BareRefusedError("Product not found", 404)
    return answer(DONE)
