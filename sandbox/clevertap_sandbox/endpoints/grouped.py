"""What trends and top values have in common: one query, several labelled groups. Reference: data 8.4 and 8.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer
from clevertap_sandbox.endpoints.counts import hold
from clevertap_sandbox.language.names import setting
from clevertap_sandbox.language.query import events_where

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Mapping

    from clevertap_sandbox.language.clauses import Clause
    from clevertap_sandbox.project import Asked, Project

INVALID_GROUP = "Invalid group"
"""Reference: data 8.4."""

Group = dict[str, Any]
"""One group as it was asked for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a grouped count is asked.

    Args:
        query: The query with its further keys.
        groups: What to tell, by label.
        db: The project's data.
        where: The occurrences it is about, as a condition on `e`.
    """

    query: Mapping[str, Any]
    groups: Mapping[str, Group]
    db: sqlite3.Connection
    where: Clause


def grouped(
    project: Project, asked: Asked, further: Collection[str], tell: Callable[[Question], dict[str, Any]]
) -> Answer:
    """Answer each group under its label, at once or when it is asked for again.

    A label `status` does not come back: CleverTap's own word stands in its place.

    Args:
        project: The project.
        asked: The request.
        further: The keys of the body besides those of the query language and `groups`.
        tell: Finds out the groups.
    """
    body = asked.document()
    groups = _groups(body.get("groups"))
    query = {key: value for key, value in body.items() if key not in {*further, "groups"}}
    with project.database() as db:
        told = tell(Question(body, groups, db, events_where(query, setting(db, project))))
    computed = answer({"status": "success"} | told | {"status": "success"})
    polls = project.behaviours.partial_polls
    return computed if polls is None else hold(project, asked.path, computed, polls)


def _groups(raw: object) -> dict[str, Group]:
    if not isinstance(raw, dict) or not raw or not all(isinstance(each, dict) for each in raw.values()):
        raise RefusedError(INVALID_GROUP)
    return raw
