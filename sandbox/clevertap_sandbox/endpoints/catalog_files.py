"""Classic catalogs: a CSV of items, whole or in parts, in three steps. Reference: data 10.3, engagement 13.1."""

from __future__ import annotations

import json
import shutil
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.endpoints.lists import UnusableFileError, read_table
from clevertap_sandbox.endpoints.storage import expiry, presigned
from clevertap_sandbox.fields import filled
from clevertap_sandbox.state.mails import write_mail

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from clevertap_sandbox.project import Asked, Project
    from clevertap_sandbox.state.shelf import Place

REQUIRED = ("Identity", "Name", "ImageURL")
MOST_COLUMNS = 20
MOST_ROWS = {False: 5_000_000, True: 1_000_000}
MOST_CATALOGS = 5
"""Of each kind: of products and of places."""
PARTS = {"2": 2, "3": 3, "4": 4}


class Table(NamedTuple):
    """What a file of items holds."""

    columns: list[str]
    items: int


def catalog_url(project: Project, asked: Asked) -> Answer:
    """Step 1: give out an address for the file."""
    return success(presignedS3URL=presigned(project, asked), **expiry(project))


def part_urls(project: Project, asked: Asked) -> Answer:
    """Step 1 for a file in parts: give out an address for each. The keys are made up."""
    count = PARTS.get(asked.query.get("totalParts", ""))
    if count is None:
        raise RefusedError("totalParts should be between 2 and 4")  # made up
    urls = [presigned(project, asked) for _ in range(count)]
    objects = [{"partNumber": number, "presignedS3URL": url} for number, url in enumerate(urls, 1)]
    listed = urls if project.behaviours.multipart_urls == "texts" else objects
    upload = project.shelf.begin(urls)
    return success(presignedS3URLs=listed, uploadId=upload, **expiry(project))


def complete_catalog(project: Project, asked: Asked) -> Answer:
    """Step 3: take the file as a catalog; what is in it is looked at later, here at once."""
    body = asked.document()
    name, email, _creator = (filled(body, field) for field in ("name", "email", "creator"))
    places = _places(project, body)
    with project.database() as db:
        row = db.execute("SELECT location, columns FROM catalog_files WHERE name = ?", (name,)).fetchone()
        if row is not None and body.get("replace") is not True:
            raise RefusedError(project.behaviours.duplicate_catalog, project.behaviours.duplicate_name_code)
        location = body.get("isLocationCatalog") is True if row is None else bool(row[0])
        db.execute("INSERT OR IGNORE INTO catalog_files (name, location) VALUES (?, ?)", (name, location))
        columns = [] if row is None or body.get("override") is True else json.loads(row[1])
        try:
            _check_room(db, name, location=location)
            told = _stored(db, name, _checked(db, project, _joined(places), columns, location=location))
        except UnusableFileError as error:
            told = str(error)
        write_mail(db, project.clock(), email, f"Catalog {name}: {told}")  # made up
    for place in places:
        place.clear()
    return success()


def _places(project: Project, body: dict[str, Any]) -> list[Place]:
    """Find what was uploaded: at `url`, or in the parts of `uploadId` with their `eTags`."""
    if "uploadId" not in body:
        place = project.shelf.of_url(filled(body, "url"))
        if place is None:
            raise RefusedError("Invalid url")  # made up
        return [place]
    places = project.shelf.parts(body["uploadId"])
    if not places or not _are_tags(body.get("eTags"), places):
        raise RefusedError("Invalid eTags")  # made up
    return places


def _are_tags(given: object, places: list[Place]) -> bool:
    """Whether these are the names that the store gave the parts, with or without its quotes, in any order."""
    named = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    tags = [(each.get("partNumber"), str(each.get("eTag")).strip('"')) for each in named]
    return len(tags) == len(places) and all((number, place.etag) in tags for number, place in enumerate(places, 1))


def _joined(places: list[Place]) -> IO[bytes] | None:
    """Put the parts of a file behind its first one."""
    first, *others = places
    for place in others:
        if first.file is not None and place.file is not None:
            first.file.seek(0, SEEK_END)
            place.file.seek(0)
            shutil.copyfileobj(place.file, first.file)
    return first.file


def _check_room(db: sqlite3.Connection, name: str, *, location: bool) -> None:
    """See that there is room for a catalog beside the others; a name whose file was never usable is no other.

    Raises:
        UnusableFileError: There is none.
    """
    sql = "SELECT count(*) FROM catalog_files WHERE location = ? AND name <> ? AND columns <> '[]'"
    if db.execute(sql, (location, name)).fetchone()[0] >= MOST_CATALOGS:
        raise UnusableFileError(f"there are more than {MOST_CATALOGS} catalogs")


def _checked(
    db: sqlite3.Connection, project: Project, file: IO[bytes] | None, earlier: list[str], *, location: bool
) -> Table:
    """Read a file of items.

    Raises:
        UnusableFileError: It breaks a rule of catalog files.
    """
    rows = read_table(file)
    columns = next(rows, [])
    required = [*REQUIRED, *(["Category"] if project.behaviours.catalog_needs_category else [])]
    lacking = [column for column in [*required, *earlier] if column not in columns]
    if lacking:
        raise UnusableFileError(f"these columns are missing: {', '.join(lacking)}")
    if len(columns) > MOST_COLUMNS:
        raise UnusableFileError(f"there are more than {MOST_COLUMNS} columns")
    return Table(columns, _counted(db, _identities(rows, columns, MOST_ROWS[location])))


def _identities(rows: Iterator[list[str]], columns: list[str], most: int) -> Iterator[tuple[str]]:
    place = columns.index("Identity")
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns) or not row[place]:
            raise UnusableFileError(f"row {number} is no item")
        if number > most:
            raise UnusableFileError(f"there are more than {most} rows")
        yield (row[place],)


def _counted(db: sqlite3.Connection, identities: Iterator[tuple[str]]) -> int:
    """Count different identities, of which there may be millions."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS catalog_items (identity TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("DELETE FROM catalog_items")
    db.executemany("INSERT OR IGNORE INTO catalog_items (identity) VALUES (?)", identities)
    return int(db.execute("SELECT count(*) FROM catalog_items").fetchone()[0])


def _stored(db: sqlite3.Connection, name: str, table: Table) -> str:
    sql = "UPDATE catalog_files SET columns = ?, items = ? WHERE name = ?"
    db.execute(sql, (json.dumps(table.columns), table.items, name))
    return f"{table.items} items"
