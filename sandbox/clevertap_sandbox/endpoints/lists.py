"""Custom lists: a CSV of people becomes a segment, in three steps. Reference: data 10.1, engagement 11.

What CleverTap only tells by e-mail, that a file cannot be used or how many people were found, is kept as a mail.
"""

from __future__ import annotations

import csv
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.endpoints.storage import expiry, presigned
from clevertap_sandbox.fields import filled
from clevertap_sandbox.state.mails import write_mail
from clevertap_sandbox.state.segments import LIST, add_segment, list_named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from clevertap_sandbox.project import Asked, Project

HEADER = ["type", "identity"]
# An identity is an own id, an e-mail address or a phone number (engagement 11).
FOUND = """
INSERT OR IGNORE INTO members (segment, person)
SELECT ?1, person FROM identities WHERE kind = 'identity' AND value IN (SELECT listed FROM list_rows WHERE type = 'i')
UNION SELECT ?1, id FROM people WHERE email IN (SELECT listed FROM list_rows WHERE type = 'i')
UNION SELECT ?1, id FROM people WHERE phone IN (SELECT ltrim(listed, '+') FROM list_rows WHERE type = 'i')
UNION SELECT ?1, id FROM people WHERE object_id IN (SELECT listed FROM list_rows WHERE type = 'g')
UNION SELECT ?1, person FROM devices WHERE object_id IN (SELECT listed FROM list_rows WHERE type = 'g')
"""


class UnusableFileError(Exception):
    """A file cannot be used; the message is what the mail says."""


def list_url(project: Project, asked: Asked) -> Answer:
    """Step 1: give out an address for the file."""
    return success(presignedS3URL=presigned(project, asked), **expiry(project))


def complete_list(project: Project, asked: Asked) -> Answer:
    """Step 3: take the file as a list; what is in it is looked at later, here at once."""
    body = asked.document()
    needed = ("name", "email", "creator", "filename", "url")
    name, email, _creator, _filename, url = (filled(body, field) for field in needed)
    place = project.shelf.of_url(url)
    if place is None:
        raise RefusedError("Invalid url")  # made up
    with project.database() as db:
        earlier = list_named(db, name)
        if earlier is not None and body.get("replace") is not True:
            raise RefusedError("duplicate_name", project.behaviours.duplicate_name_code)
        number = add_segment(db, project.clock(), name, LIST) if earlier is None else earlier.id
        try:
            told = _filled(db, number, place.file)
        except UnusableFileError as error:
            told = str(error)
        write_mail(db, project.clock(), email, f"Custom list {name}: {told}")  # made up
    place.clear()
    return success(**{project.behaviours.segment_id_key: number})


def _filled(db: sqlite3.Connection, segment: int, file: IO[bytes] | None) -> str:
    """Put the people of a file into a segment in place of those who were there."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS list_rows (type TEXT, listed TEXT)")
    db.execute("DELETE FROM list_rows")
    rows = read_table(file)
    if [column.strip().lower() for column in next(rows, [])] != HEADER:
        raise UnusableFileError("the header is not Type,Identity")
    pairs = ((row[0].strip().lower(), row[1].strip()) for row in rows if len(row) == len(HEADER))
    given = db.executemany("INSERT INTO list_rows (type, listed) VALUES (?, ?)", pairs).rowcount
    db.execute("DELETE FROM members WHERE segment = ?", (segment,))
    found = db.execute(FOUND, (segment,)).rowcount
    return f"{found} of {max(given, 0)} found"


def read_table(file: IO[bytes] | None) -> Iterator[list[str]]:
    """Read the rows of an uploaded CSV.

    Raises:
        UnusableFileError: There is none, or it is no CSV in UTF-8.
    """
    if file is None:
        raise UnusableFileError("no file was uploaded")
    file.seek(0)
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield from csv.reader(text, strict=True)
    except (csv.Error, UnicodeDecodeError):
        raise UnusableFileError("the file is no CSV in UTF-8") from None
    finally:
        text.detach()
