"""What an action is, and the catalogue of all of them.

An action is one async function: typed arguments in, typed result out. Its decorator says everything else that the
server, the command line, the docs and the tests need to know, so nothing lists actions a second time.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, model_validator

from clevertap_tools.checking import check_json, checked
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
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


def description(function: Callable[..., Any]) -> str:
    """The part of a docstring that is written for agents: all before the sections for developers."""
    text = inspect.getdoc(function) or ""
    told = re.split(r"\n\n(?:Raises|Returns|Reference):", text, maxsplit=1)[0]
    return "\n".join(" ".join(paragraph.split()) for paragraph in told.split("\n\n"))
