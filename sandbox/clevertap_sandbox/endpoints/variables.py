"""Remote Config: variables with a value for everybody. Reference: engagement 15.3 and data 10.5.

Values of single people come from the dashboard, which the sandbox lacks; so everybody has the defaults. The texts of
refusals are made up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.state.people import IDENTITY, OBJECT_ID, Handle, find

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

LONGEST_NAME = 120
TYPES: dict[object, type | tuple[type, ...]] = {"string": str, "boolean": bool, "number": (int, float)}


def create(project: Project, asked: Asked) -> Answer:
    """Define variables, or define them anew. Reference: engagement 15.3."""
    definitions = asked.document().get("variableDefinitions")
    if not isinstance(definitions, dict) or not definitions:
        raise RefusedError("variableDefinitions is required")
    for name, definition in definitions.items():
        if not 0 < len(name) <= LONGEST_NAME or not _is_definition(definition):
            raise RefusedError(f"Invalid variable : {name}")
    with project.database() as db:
        rows = [(name, json.dumps(each, ensure_ascii=False)) for name, each in definitions.items()]
        db.executemany("INSERT OR REPLACE INTO variables (name, definition) VALUES (?, ?)", rows)
    return success()


def _is_definition(given: object) -> bool:
    if not isinstance(given, dict):
        return False
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return False
    value = given.get("defaultValue")
    return isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def values(project: Project, asked: Asked) -> Answer:
    """Show a person's values; somebody unknown has the defaults. Reference: engagement 15.3, data 10.5."""
    body = asked.document()
    identity, device = body.get("identity"), body.get("clevertapId")
    if (identity is None) == (device is None):
        raise RefusedError("Either identity or clevertapId should be specified")
    handle = Handle(OBJECT_ID, str(device)) if identity is None else Handle(IDENTITY, str(identity))
    with project.database() as db:
        wanted = body.get("includeDefaults") is True or find(db, handle) is None
        rows = db.execute("SELECT name, definition FROM variables ORDER BY name").fetchall()
    given = {name: json.loads(definition)["defaultValue"] for name, definition in rows}
    shown: dict[str, Any] = given if wanted and not project.behaviours.variables_need_publishing else {}
    return success(**{project.behaviours.variables_key: shown})


def delete(project: Project, asked: Asked) -> Answer:
    """Delete the variables that are named, or all. Reference: engagement 15.3."""
    body = asked.document()
    names, everything = body.get("variableNames"), body.get("deleteAllVars") is True
    if not everything and not (isinstance(names, list) and names and all(isinstance(each, str) for each in names)):
        raise RefusedError("Either variableNames or deleteAllVars should be specified")
    with project.database() as db:
        if everything:
            db.execute("DELETE FROM variables")
        else:
            db.executemany("DELETE FROM variables WHERE name = ?", [(each,) for each in names or ()])
    return success()
