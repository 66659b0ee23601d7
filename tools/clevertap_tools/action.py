"""What an action is, and the catalogue of all of them.

An action is one async function: typed arguments in, typed result out. Its decorator says everything else that the
server, the command line, the docs and the tests need to know, so nothing lists actions a second time.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from clevertap_tools import wire
from clevertap_tools.borders import border
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, Problem
from clevertap_tools.preview import Preview


class Toolset(StrEnum):
    """A group of actions that is switched on or off together."""

    CORE = "core"
    PEOPLE = "people"
    INSIGHTS = "insights"
    MESSAGING = "messaging"
    AUDIENCES = "audiences"
    CONTENT = "content"
    DATA = "data"


class Arguments(BaseModel):
    """What an action takes: closed, strict, and `null` for an optional argument means absent."""

    # What checks the arguments is built at their first use: most actions are never called in the life of a process.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            return {name: value for name, value in given.items() if value is not None}
        return given

    of_masked: ClassVar[frozenset[str]] = frozenset()
    """The arguments that are compared with masked data only: a pseudonym in them stands for itself."""

    @property
    def record_count(self) -> int | None:
        """How many records or people a call names; None where it names none."""
        return None

    @property
    def countable(self) -> bool:
        """Whether `record_count` is sure to see every record."""
        return True

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the server's machine that it names."""
        return ()

    @property
    def may_send(self) -> bool:
        """Whether it may message people although its effect does not say so."""
        return False

    @property
    def sends(self) -> int:
        """How many sends it makes, if it makes any."""
        return 1

    @property
    def meaning(self) -> dict[str, Any]:
        """What it asks for, however it is put: a second call that means the same is a repetition."""
        return self.model_dump(mode="python")


class Result(BaseModel):
    """What an action answers."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True, defer_build=True)

    @property
    def theirs(self) -> frozenset[str]:
        """The fields that hold what CleverTap or its customers wrote; the others are our own words and figures."""
        return frozenset()

    @property
    def masked(self) -> bool:
        """Whether pseudonyms stand in it already where personal data was."""
        return False

    @property
    def about_people(self) -> bool:
        """Whether what they wrote is about people, so that a `name` in it is a person's."""
        return False

    @property
    def failure(self) -> CleverTapError | None:
        """What went wrong although figures came with it; None when all is well."""
        return None

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.failure is None


class Listing(Result):
    """A result with rows that may be many; a host with little room may cut them and say so in `truncated`."""

    rows: ClassVar[str]
    """The name of the field that holds the rows."""


A = TypeVar("A", bound=Arguments)
R = TypeVar("R", bound=Result)
Previewing = Callable[[Client, A, A], Awaitable[Preview]]
"""Finds out what a call would do, by its arguments with persons named and by the same as they were written.

All words come from the latter, so that nobody stands in them more clearly than the caller wrote it.
"""


@dataclass(frozen=True, slots=True)
class Action(Generic[A, R]):
    """One thing that can be done with CleverTap.

    Args:
        key: The name with dashes (`get-profile-count`).
        title: A few words for a person.
        description: For the agent: what it does, when to use it, which neighbour to use instead.
        toolset: The group it is switched on with.
        default: Whether it is offered when nobody chose.
        calls: The endpoints of CleverTap that it may call, such as `POST /1/upload`.
        effects: Every effect a call of it may have.
        effect_of: The effect of one call, by its arguments.
        arguments: What it takes.
        result: What it answers.
        function: The action itself.
        preview: What a call would do and whom it would reach, found out by reading only; every action that may
            send or destroy has one.
        once: Whether the same arguments within an hour are taken for a mistake.
        rare: Those of its effects that few calls have: they are guarded like all, but no hint warns of them.
    """

    key: str
    title: str
    description: str
    toolset: Toolset
    default: bool
    calls: tuple[str, ...]
    effects: frozenset[Effect]
    effect_of: Callable[[A], Effect]
    arguments: type[A]
    result: type[R]
    function: Callable[[Client, A], Awaitable[R]]
    preview: Previewing[A] | None = None
    once: bool = False
    rare: frozenset[Effect] = frozenset()

    @property
    def usual(self) -> frozenset[Effect]:
        """The effects that are told of the action as a whole."""
        return self.effects - self.rare

    def parse(self, given: Mapping[str, Any]) -> A:
        """The typed arguments.

        Raises:
            InvalidArgumentsError: With one line for each thing that is wrong.
        """
        check_json(given)
        return checked(self.arguments, given)

    async def __call__(self, client: Client, asked: A) -> R:
        """Do it."""
        return await self.function(client, asked)


def tool_name(key: str) -> str:
    """The name under which agents know the action of that key."""
    return f"clevertap_{key.replace('-', '_')}"


CATALOGUE: dict[str, Action[Any, Any]] = {}
"""Every action by its key, in the order in which agents see them."""


def action(  # noqa: PLR0913 (all that is to be known of an action, by keyword)
    *,
    title: str,
    effect: Effect | Callable[[Any], Effect],
    toolset: Toolset,
    calls: tuple[str, ...],
    default: bool = True,
    effects: frozenset[Effect] | None = None,
    preview: Previewing[Any] | None = None,
    once: bool = False,
    rare: frozenset[Effect] = frozenset(),
) -> Callable[[Callable[[Client, A], Awaitable[R]]], Action[A, R]]:
    """Make an async function of a client and its arguments an action of the catalogue.

    Args:
        title: A few words for a person.
        effect: The effect, or a function that tells it from the arguments.
        toolset: The group it is switched on with.
        calls: The endpoints of CleverTap that it may call, such as `POST /1/upload`.
        default: Whether it is offered when nobody chose toolsets.
        effects: Every effect it may have; needed when `effect` is a function.
        preview: What a call would do, for the person who has to say yes.
        once: Whether the same arguments within an hour are taken for a mistake.
        rare: Those of its effects that few calls have.

    Raises:
        TypeError: It may send or destroy and has no preview.
    """

    def register(function: Callable[[Client, A], Awaitable[R]]) -> Action[A, R]:
        hints = get_type_hints(function)
        asked = list(inspect.signature(function).parameters)[1]
        made: Action[A, R] = Action(
            key=function.__name__.replace("_", "-"),
            title=title,
            description=description(function),
            toolset=toolset,
            default=default,
            calls=calls,
            effects=frozenset({effect}) if isinstance(effect, Effect) else cast("frozenset[Effect]", effects),
            effect_of=(lambda _: effect) if isinstance(effect, Effect) else effect,
            arguments=hints[asked],
            result=hints["return"],
            function=function,
            preview=preview,
            once=once,
            rare=rare,
        )
        if preview is None and any(each.guarded for each in made.effects):
            raise TypeError(f"{made.key} may send or destroy, so it needs a preview")
        CATALOGUE[made.key] = made
        return made

    return register


def checked(model: type[A], given: Mapping[str, Any]) -> A:
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


def description(function: Callable[..., Any]) -> str:
    """The part of a docstring that is written for agents: all before the sections for developers."""
    text = inspect.getdoc(function) or ""
    told = re.split(r"\n\n(?:Raises|Returns|Reference):", text, maxsplit=1)[0]
    return "\n".join(" ".join(paragraph.split()) for paragraph in told.split("\n\n"))


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
