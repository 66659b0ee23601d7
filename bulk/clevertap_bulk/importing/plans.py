"""The plan of an import, made of what was asked for and of what the file shows."""

from __future__ import annotations

from typing import Any

from clevertap_bulk.importing.source import plan_of, undated
from clevertap_bulk.job import Plan
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.mapping.words import CALLED
from clevertap_bulk.preview import left_out, proposed
from clevertap_bulk.reading import form_of
from clevertap_bulk.workspace import Workspace
from clevertap_tools.errors import InvalidArgumentsError, Problem

PLACES = {
    "identity": "identity",
    "objectId": "objectId",
    "FBID": "FBID",
    "GPID": "GPID",
    "ts": "time",
    "evtName": "event_column",
    "token": "token",
    "token_type": "token_type_column",
}
"""What a column can become beside a property, and how a mapping calls it."""
KEPT = ("kind", "effect", "resend_unaccounted", "deletions", "batch")
SEGMENT, ZONE = "segment", "zone"


def import_plan(workspace: Workspace, asked: Plan) -> Plan:
    """The whole plan of an import; reads the file.

    Args:
        workspace: The data folder.
        asked: What was asked for: file, kind, effect, and what columns mean as far as it shall not be guessed.

    Raises:
        InvalidArgumentsError: The file cannot be read, or what its columns mean cannot be told.
    """
    path = workspace.inside(asked["file"], "file")
    form = form_of(path)
    more: dict[str, Any] = {name: asked[name] for name in KEPT if name in asked}
    more |= {"format": form.format, "packing": form.packing}
    if asked["kind"] == SEGMENT:
        more["options"] = {name: value for name, value in asked.get("options", {}).items() if name != ZONE}
    else:
        mapping = proposed(path, form, asked["kind"], mapping_of(asked), CALLED)
        more |= {"mapping": mapping.to_json(), "left_out": left_out(path, form, mapping)}
    return plan_of(path, asked["file"], **more)


def mapping_of(asked: Plan) -> Mapping | None:
    """What was said of the columns; None if nothing was.

    Raises:
        InvalidArgumentsError: It cannot be meant.
    """
    columns = asked.get("columns") or []
    places = {PLACES[each["to"]]: each["column"] for each in columns if each["to"] in PLACES}
    properties = [
        {"column": each["column"], "name": each["to"], "type": each.get("type", "auto")}
        for each in columns
        if each["to"] not in PLACES
    ]
    whole = {"event": asked.get("evtName"), ZONE: asked.get("options", {}).get(ZONE), "properties": properties}
    said = places | {name: value for name, value in whole.items() if value}
    try:
        return Mapping.from_json({"kind": asked["kind"], **said}) if said else None
    except InvalidArgumentsError as error:
        raise InvalidArgumentsError([called(problem) for problem in error.problems]) from None


def called(problem: Problem) -> Problem:
    """What is wrong with a mapping, under the name of the argument that it was made of."""
    column = "columns.to" if problem.field.endswith("name") else "columns.column"
    name = {"event": "evtName", ZONE: f"options.{ZONE}"}.get(problem.field, column)
    return Problem(name, problem.message.replace(repr(problem.field), repr(name)))


def meant(plan: Plan) -> list[str]:
    """What the columns mean by a plan, in words."""
    mapping = plan.get("mapping", {})
    properties = [
        f"{each['column']}: property {each.get('name') or each['column']}, {each.get('type', 'auto')}"
        for each in mapping.get("properties", ())
    ]
    places = {inner: outer for outer, inner in PLACES.items()}
    return [
        *(f"{column}: {places[name]}" for name, column in mapping.items() if name in places),
        *(f"every row: {name} {mapping[name]}" for name in ("event", ZONE) if name in mapping),
        *(["no column: ts, all events are dated now"] if mapping and undated(plan) else ()),
        *properties,
        *([f"left out: {', '.join(plan['left_out'])}"] if plan.get("left_out") else ()),
    ]
