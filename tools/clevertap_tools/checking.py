"""Whether arguments are what a model wants, and what is said of those that are not.

Each fault is one sentence that names the field and the remedy; no value is repeated, because it may be personal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from clevertap_tools import wire
from clevertap_tools.borders import border
from clevertap_tools.errors import InvalidArgumentsError, Problem

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], given: Mapping[str, Any]) -> M:
    """Arguments as a model wants them.

    Raises:
        InvalidArgumentsError: With one line for each thing that is wrong.
    """
    most = len(model.model_fields) + MOST_UNKNOWN
    if len(given) > most:
        raise InvalidArgumentsError.of("", f"there are {len(given):,} arguments; at most {most} can be looked at")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidArgumentsError(problems(error, model)) from None


MOST_UNKNOWN = 100
"""Arguments beyond those there are; each of them is looked at to say what it may have been meant for."""
MOST_KEYS = 10_000
"""Different keys, at all levels together: no project has so many properties, and each of them has to be understood."""
MOST_HOLDERS = 200_000
"""Objects and lists, at all levels together: records enough for the largest call, with all that stands in them."""
TOO_MANY_KEYS = f"the arguments have more than {MOST_KEYS:,} different keys; split the call"
TOO_MANY_HOLDERS = f"the arguments hold more than {MOST_HOLDERS:,} objects and lists; split the call"
HOLDERS = (dict, list)
UNCARRIED = (
    "the arguments hold something that JSON cannot carry: a NaN or infinite number, half a character, "
    "or nesting too deep; leave it out"
)


def check_json(given: Mapping[str, Any]) -> None:
    """Refuse what JSON and UTF-8 cannot carry, wherever it hides, and what nobody could mean.

    Raises:
        InvalidArgumentsError: There is an infinite number, half a character, nesting or different keys without end.
    """
    if reason := unwalkable(given):
        raise InvalidArgumentsError.of("", reason)
    try:
        wire.dump(given)
    except (ValueError, TypeError, RecursionError):
        raise InvalidArgumentsError.of("", UNCARRIED) from None


def unwalkable(given: Mapping[str, Any]) -> str | None:
    """Why nobody walks through all of the arguments; None if somebody does. Each value is looked at once."""
    keys: set[str] = set()
    level: list[Any] = [given]
    left = MOST_HOLDERS
    for _ in range(wire.DEEPEST):
        level, above = [], level
        for holder in above:
            inside = holder
            if isinstance(holder, dict):
                keys.update(holder)
                inside = holder.values()
            level += [inner for inner in inside if isinstance(inner, HOLDERS)]
            if len(keys) > MOST_KEYS:
                return TOO_MANY_KEYS
            if len(level) > left:
                return TOO_MANY_HOLDERS
        if not level:
            return None
        left -= len(level)
    return UNCARRIED


def problems(error: ValidationError, model: type[BaseModel], *, most: int = 20) -> list[Problem]:
    """Every fault of a validation as one line that names the field and the remedy, without repeating values."""
    lines = [problem(fault, model) for fault in islice(faults(error), most)]
    if error.error_count() > most:
        lines.append(Problem("", f"and {error.error_count() - most} more"))
    return lines


def faults(error: ValidationError) -> Iterator[Mapping[str, Any]]:
    """The faults of a validation; of very many each is made when it is asked for, which costs a fraction."""
    if error.error_count() <= MANY_FAULTS:
        yield from cast("list[Mapping[str, Any]]", error.errors(include_url=False, include_input=False))
        return
    written, place, read = error.json(include_url=False, include_input=False), 1, json.JSONDecoder().raw_decode
    for _ in range(error.error_count()):
        fault, place = read(written, place)
        yield fault
        place += 1  # the comma


def problem(fault: Mapping[str, Any], model: type[BaseModel]) -> Problem:
    """One fault; what is wrong between several fields stands under the first one that its sentence names."""
    field = place(fault["loc"])
    told = sentence(field, fault, model)
    named = NAMED.search(told)
    return Problem(field or (named[1] if named else ""), told)


def place(location: Sequence[int | str]) -> str:
    """A field's place as people write it: `events[3].ts`; what is too long for a name is cut."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{in_short(step)}" for step in location)
    return "".join(parts).removeprefix(".")


def in_short(name: str) -> str:
    """A name as a sentence can quote it."""
    return name if len(name) <= LONGEST_NAME else f"{name[: border(name[: 2 * LONGEST_NAME], LONGEST_NAME)]}…"


MANY_FAULTS = 1_000
LONGEST_NAME = 200
"""Characters of a name that a sentence quotes."""
NAMED = re.compile(r"'([a-zA-Z_.]+)'")
EXPECTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "missing": "is missing; it is required",
    "finite_number": "must be a finite number",
}
LIMITED = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is shorter than {min_length} characters",
    "string_pattern_mismatch": "must look like {pattern}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


def sentence(field: str, fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What is wrong with one field and what would be right."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown(field, fault["loc"], model)
    if kind == "too_short":
        return f"{field!r} needs at least {context['min_length']} entries, got {context['actual_length']}"
    if kind == "too_long":
        return f"{field!r} takes at most {context['max_length']} entries; split the call"
    if kind == "value_error":
        subject = f"{field!r} " if field else ""
        return f"{subject}{context['error']}"
    if kind in LIMITED:
        return f"{field!r} {LIMITED[kind].format_map(context)}"
    return f"{field!r} {EXPECTED.get(kind, str(fault['msg']))}"


def unknown(field: str, location: Sequence[int | str], model: type[BaseModel]) -> str:
    """The sentence for an argument that does not exist, with the one that was probably meant."""
    names = [info.alias or name for name, info in model.model_fields.items()] if len(location) == 1 else []
    meant = get_close_matches(in_short(str(location[-1])), names, n=1)
    hint = f"; nearest: {meant[0]!r}" if meant else f"; known: {', '.join(names)}" if names else "; leave it out"
    return f"{field!r} is not an argument here{hint}"
