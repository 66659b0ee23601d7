"""Event counts and profile counts. Reference: data 8.0 to 8.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import Answer, success
from clevertap_sandbox.language.names import setting
from clevertap_sandbox.language.query import events_where, people_where
from clevertap_sandbox.state.polling import Held

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

EVENTS_PATH = "/1/counts/events.json"


def count(project: Project, asked: Asked) -> Answer:
    """Count occurrences or people. Reference: data 8.1 and 8.2."""
    query = asked.document()
    with project.database() as db:
        read_against = setting(db, project)
        if asked.path == EVENTS_PATH:
            where, table = events_where(query, read_against), "events AS e"
        else:
            where, table = people_where(query, read_against), "people AS p"
        sql = f"SELECT count(*) FROM {table} WHERE {where.sql}"  # noqa: S608 (made of clauses, values bound)
        (number,) = db.execute(sql, where.parameters).fetchone()
    counted = success(count=number)
    if project.behaviours.partial_polls is None:
        return counted
    return hold(project, asked.path, counted, project.behaviours.partial_polls)


def hold(project: Project, path: str, counted: Answer, polls: int | None) -> Answer:
    """Say `partial` first. Reference: data 8.0."""
    until = project.clock() + project.behaviours.req_id_life
    return project.pending.hold(path, Held(counted, polls, until), as_text=project.behaviours.req_id_as_text)


def poll(project: Project, asked: Asked) -> Answer:
    """Ask again for a count. Reference: data 8.0."""
    req_id = asked.query.get("req_id", "")
    return project.pending.poll(asked.path, req_id, project.clock(), as_text=project.behaviours.req_id_as_text)
