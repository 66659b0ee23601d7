"""Records out of rows: what a mapping says is worked out once, then done for every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from clevertap_bulk.mapping.times import clock
from clevertap_bulk.mapping.values import Convert, as_json, as_text, converter
from clevertap_bulk.reading import Row
from clevertap_tools.checking import problems
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.records import EventRecord, ProfileRecord, TokenRecord
from clevertap_tools.wire import JsonObject

if TYPE_CHECKING:
    from clevertap_bulk.mapping.mapping import Mapping

Checked = TypeVar("Checked", EventRecord, ProfileRecord, TokenRecord)
Maker = Callable[[Row], JsonObject]
Values = dict[str, Any]
Step = Callable[[Values, JsonObject], None]
"""Puts a part of a record in its place."""
EMPTY = (None, "")
NO_TIME = "is empty, and CleverTap would take the time of the import instead"
NO_OBJECT = "is no object"


def maker(mapping: Mapping, time: ProjectTime) -> Maker:
    """What makes records of rows.

    Args:
        mapping: What the columns mean.
        time: The project's zone and the time of day.

    Returns:
        A function that raises what `Mapping.record` does.
    """
    zoned = replace(time, zone=ZoneInfo(mapping.zone)) if mapping.zone else time
    steps = list(steps_of(mapping, zoned))
    finish = FINISHES[mapping.kind]

    def make(row: Row) -> JsonObject:
        if row.fault is not None:
            raise ValueError(row.fault)
        given: JsonObject = {}
        for step in steps:
            step(row.values, given)
        return finish(given)

    return make


def steps_of(mapping: Mapping, time: ProjectTime) -> Iterator[Step]:
    """What a record is made of, in order."""
    for name, column in mapping.names.items():
        yield taking(column, name, as_name)
    if mapping.time and mapping.kind != "tokens":
        yield taking(mapping.time, "ts", clock(mapping.time_unit, time, mapping.time), needed=mapping.kind == "events")
    if mapping.kind == "events":
        yield saying("evtName", mapping.event) if mapping.event else taking(mapping.event_column, "evtName", as_text)
        yield holding("evtData", mapping, time)
    elif mapping.kind == "people":
        yield holding("profileData", mapping, time)
    else:
        yield token_of(mapping)


def column_of(column: str) -> Callable[[Values], Any]:
    """What finds a column; a name with dots may lead into objects."""
    path = column.split(".")

    def inside(values: Values) -> Any:
        found: Any = values.get(column)
        if found is None and column not in values:
            found = values
            for name in path:
                found = found.get(name) if isinstance(found, dict) else None
        return found

    return inside if len(path) > 1 else lambda values: values.get(column)


def taking(column: str, name: str, convert: Convert, *, needed: bool = False) -> Step:
    """A step that converts one cell, if there is something in it."""
    find = column_of(column)

    def step(values: Values, into: JsonObject) -> None:
        value = find(values)
        if value is not None and value != "":
            try:
                into[name] = convert(value)
            except ValueError as error:
                raise ValueError(f"{column!r} {error}") from None
        elif needed:
            raise ValueError(f"{column!r} {NO_TIME}")

    return step


def saying(name: str, value: str) -> Step:
    """A step that says the same for every row."""

    def step(_: Values, into: JsonObject) -> None:
        into[name] = value

    return step


def holding(name: str, mapping: Mapping, time: ProjectTime) -> Step:
    """A step that gathers all properties."""
    inner = [
        taking(each.column, each.key, converter(each.type, each.separator, clock(each.unit, time, each.column)))
        for each in mapping.properties
    ]
    if mapping.spread:
        inner.insert(0, spreading(mapping.spread))

    def step(values: Values, into: JsonObject) -> None:
        held: JsonObject = {}
        for each in inner:
            each(values, held)
        into[name] = held

    return step


def spreading(column: str) -> Step:
    """A step that takes the entries of an object."""
    find = column_of(column)

    def step(values: Values, into: JsonObject) -> None:
        value = find(values)
        if value in EMPTY:
            return
        entries = as_json(value)
        if not isinstance(entries, dict):
            raise ValueError(f"{column!r} {NO_OBJECT}")  # noqa: TRY004 - a fault of the row, not of the code
        into.update(entries)

    return step


def token_of(mapping: Mapping) -> Step:
    """A step that makes the token."""
    kind = taking(mapping.token_type_column, "type", as_kind) if mapping.token_type_column else None
    inner = [taking(mapping.token, "id", as_text), kind or saying("type", mapping.token_type)]

    def step(values: Values, into: JsonObject) -> None:
        held: JsonObject = {}
        for each in inner:
            each(values, held)
        into["tokenData"] = held

    return step


def as_name(value: Any) -> str:
    """Who somebody is; a whole number that a table keeps with a fraction is the number."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else as_text(value)


def as_kind(value: Any) -> str:
    """The kind of a token, however it is capitalised."""
    return as_text(value).strip().lower()


def accepted(model: type[Checked], given: JsonObject) -> Checked:
    """A record that the rules for all uploads let pass.

    Raises:
        InvalidArgumentsError: They do not.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidArgumentsError(problems(error, model)) from None


def event(given: JsonObject) -> JsonObject:
    """A checked event; the steps have made it as CleverTap reads it."""
    accepted(EventRecord, given)
    return {"type": "event", **given}


def person(given: JsonObject) -> JsonObject:
    """A checked profile; see `event`."""
    accepted(ProfileRecord, given)
    return {"type": "profile", **given}


def token(given: JsonObject) -> JsonObject:
    """A checked token."""
    return accepted(TokenRecord, given).record()


FINISHES: dict[str, Callable[[JsonObject], JsonObject]] = {
    "events": event,
    "people": person,
    "tokens": token,
}
