"""Deleting profiles, and the credential check. Reference: data 9.1 and 10.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, find, settle_deletions

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

MOST_DELETIONS = 100
WRONG_NAMING = "Either identity or guid should be specified"  # made up


def delete(project: Project, asked: Asked) -> Answer:
    """Queue people for deletion; whoever is unknown does not show up. Reference: data 9.1."""
    handles = _named(asked.document())
    now = project.clock()
    with project.database() as db:
        people = {find(db, handle) for handle in handles} - {None}
        if not people and project.behaviours.unknown_deletion_fails:
            raise RefusedError("Profile not found")  # made up
        due = now + project.behaviours.deletion_delay
        db.executemany("INSERT INTO deletions (person, due) VALUES (?, ?)", [(person, due) for person in people])
        settle_deletions(db, now)
    return success()


def _named(body: dict[str, object]) -> list[Handle]:
    if ("identity" in body) == ("guid" in body):
        raise RefusedError(WRONG_NAMING)
    kind = IDENTITY if "identity" in body else OBJECT_ID
    value = body.get("identity", body.get("guid"))
    values = value if isinstance(value, list) else [value]
    handles = [Handle(kind, each) for each in values if isinstance(each, str) and each]
    if not handles or len(handles) < len(values):
        raise RefusedError(WRONG_NAMING)
    if len(values) > MOST_DELETIONS:
        raise RefusedError(f"Cannot have more than {MOST_DELETIONS} profiles in a request")  # made up
    return handles


def connect(_project: Project, _asked: Asked) -> Answer:
    """Say that the credentials are good: they have been checked before this. Reference: data 10.6."""
    return success()
