"""An action becomes an MCP tool: how it is listed, how it is called, and what its result or error looks like."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel

from clevertap_mcp.accounts.choice import NAMED, Choice
from clevertap_mcp.app import App
from clevertap_mcp.cursors import Cursors
from clevertap_mcp.elicitation import QuestionAskedError
from clevertap_mcp.environment import Confirm
from clevertap_mcp.guard.access import Access
from clevertap_mcp.guard.host import HERE, Requester
from clevertap_mcp.guard.plans import Planned
from clevertap_mcp.paging import Paging, warned
from clevertap_mcp.rendering.clip import clip, whole_characters
from clevertap_mcp.rendering.figures import figures
from clevertap_mcp.rendering.framing import ACCOUNT, NO_FRAME, Frame
from clevertap_mcp.rendering.render import Body, Rendered, Rest, render
from clevertap_mcp.rendering.table import ERROR
from clevertap_mcp.running import RunningCalls
from clevertap_mcp.schema import Schema, input_schema, output_schema
from clevertap_mcp.telemetry.facts import PLANNED, facts
from clevertap_mcp.trail.quota import Outcome
from clevertap_tools.action import Action, Listing, Result, tool_name
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
from clevertap_tools.page import Page

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 4_000
IDEMPOTENT = frozenset({Effect.READ, Effect.UPSERT, Effect.DESTROY})
GUARDED = frozenset(effect for effect in Effect if effect.guarded)
PLAN: Schema = {"type": "string", "description": "Approved plan"}
AGAIN: Schema = {"type": "boolean", "description": "Repeat within an hour"}


def listed(
    action: Action[Any, Any],
    access: Access = Access.FULL,
    confirm: Confirm = Confirm.AUTO,
    choice: Choice | None = None,
) -> Tool:
    """An action as agents see it in the list of tools.

    Args:
        action: The action.
        access: What may be done at all.
        confirm: How a person says yes.
        choice: The argument that names the account; None where there is only one.
    """
    schema = input_schema(action.arguments)
    given = {**schema, "properties": schema["properties"] | controls(action, access, confirm)}
    answered = output_schema(action.result)
    return Tool(
        name=tool_name(action.key),
        title=action.title,
        description=action.description,
        input_schema=choice.into(given) if choice else given,
        output_schema=naming_account(answered) if choice else answered,
        annotations=hints(action.title, frozenset(filter(access.permits, action.usual))),
    )


def controls(action: Action[Any, Any], access: Access, confirm: Confirm) -> dict[str, Schema]:
    """The arguments that the guard reads, where they mean something."""
    plannable = {Confirm.AUTO: {Effect.SEND}, Confirm.PLAN: GUARDED}.get(confirm, frozenset[Effect]())
    harmful = {effect for effect in action.effects if effect.guarded and access.permits(effect)}
    with_plan = not harmful.isdisjoint(plannable)
    repeatable = action.once and bool(harmful)
    return ({"plan": PLAN} if with_plan else {}) | ({"again": AGAIN} if repeatable else {})


def naming_account(answered: Schema) -> Schema:
    """The schema of a result that names its account."""
    return {**answered, "properties": {ACCOUNT: NAMED, **answered["properties"]}}


def hints(title: str, effects: frozenset[Effect]) -> ToolAnnotations:
    """What a host may assume about a tool; the strictest of its effects counts."""
    return ToolAnnotations(
        title=title,
        read_only_hint=effects == {Effect.READ},
        destructive_hint=not effects.isdisjoint(GUARDED),
        idempotent_hint=effects <= IDEMPOTENT,
        open_world_hint=True,
    )


class Desk:
    """Takes the calls of agents, has them done, and hands out what the agents may read.

    Args:
        app: What does them.
        cursors: The handles that stand for CleverTap's cursors.
        running: Where calls are entered while they are going on.
        account: What answers call the account; empty where there is only one.
    """

    def __init__(self, app: App, cursors: Cursors, running: RunningCalls | None = None, account: str = "") -> None:
        self._app = app
        self._account = account
        self._paging = Paging(app, cursors, account)
        self._running = RunningCalls() if running is None else running

    async def call(
        self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester = HERE
    ) -> CallToolResult:
        """Do one call; whatever goes wrong is told in the result.

        Args:
            action: What is called.
            given: Its arguments.
            requester: Where the call comes from.

        Raises:
            QuestionAskedError: A person has to be asked first.
        """

        def effects() -> frozenset[Effect]:
            return effects_of(action, given)

        async def done() -> CallToolResult:
            return await self._done(action, unpacked(given, action.arguments), requester)

        tool = tool_name(action.key)
        return await attempt(tool, lambda: self._running.until_given_up(done, effects), effects, self._account)

    async def _done(self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester) -> CallToolResult:
        if issubclass(action.result, Page):
            return answer(await self._paging.show(action, given, requester))
        result, beyond = await self._app.perform_for_model(action, given, requester)
        if result.failure:
            facts().stopped_by(result.failure)
        elif isinstance(result, Planned):
            facts().ended(PLANNED)
        rows = result.rows if isinstance(result, Listing) else None
        shown = render(warned(body(result), self._app), rows, Rest(count=beyond), Frame.of(result).at(self._account))
        return answer(shown, failed=result.failure is not None)


async def attempt(
    tool: str,
    work: Callable[[], Awaitable[CallToolResult]],
    effects: Callable[[], frozenset[Effect]],
    account: str = "",
) -> CallToolResult:
    """What comes of some work; whatever goes wrong is told in the result.

    Args:
        tool: The tool that was called, for the log.
        work: The work.
        effects: What the work may do, asked if we ourselves fail.
        account: What answers call the account; empty where there is only one, or none is meant yet.

    Raises:
        QuestionAskedError: A person has to be asked first.
    """
    try:
        return await work()
    except QuestionAskedError:
        raise
    except CleverTapError as error:
        facts().stopped_by(error)
        return refusal(told(error), Frame.of_error(quotes=error.quotes).at(account))
    except Exception as error:  # noqa: BLE001 - an agent must get an answer; the trace is for the operator
        report(tool, error)
        said = internal(effects())
        facts().ended(Outcome.FAILED if said["changed"] == "no" else Outcome.UNKNOWN, said["code"])
        return refusal(said, NO_FRAME.at(account))


def body(result: Result) -> Body:
    """A result as JSON values; what went wrong stands first."""
    failure = {ERROR: told(result.failure)} if result.failure else {}
    return failure | figures(result)


def answer(shown: Rendered, *, failed: bool = False) -> CallToolResult:
    """A rendered result on the wire."""
    return CallToolResult(
        content=[TextContent(type="text", text=shown.text)], structured_content=shown.structured, is_error=failed
    )


def refusal(error: Body, frame: Frame) -> CallToolResult:
    """An error on the wire."""
    return answer(render({ERROR: error}, frame=frame), failed=True)


def told(error: CleverTapError) -> Body:
    """An error as an agent reads it."""
    return {key: within_reason(part) for key, part in error.told().items()}


def within_reason(text: str) -> str:
    """A text that no reader chokes on: CleverTap's words can be a whole web page."""
    return whole_characters(clip(text, lambda part: len(part) <= LONGEST_MESSAGE))


def effects_of(action: Action[Any, Any], given: Mapping[str, Any]) -> frozenset[Effect]:
    """The effect of one call, where that can be told; else whatever the action may have."""
    try:
        return frozenset({action.effect_of(action.parse(unpacked(given, action.arguments)))})
    except Exception:  # noqa: BLE001 - that this may be what failed is why it is asked
        return action.effects


def internal(effects: frozenset[Effect]) -> Body:
    """The constant answer when we ourselves failed."""
    harmless = effects == {Effect.READ}
    return {
        "code": "internal",
        "message": "This server made a mistake of its own; its log says more.",
        "changed": "no" if harmless else "unknown",
        "next": "Try once more." if harmless else "Do not repeat it blindly: look first whether it took effect.",
    }


def report(tool: str, error: Exception) -> None:
    """Tell the operator where we failed, without the exception's own words: they can hold arguments."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed with %s\n%s", tool, type(error).__qualname__, trace)


def unpacked(given: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The arguments, with objects and lists that a host sent as JSON text turned back, never a text."""
    structured = no_texts(model)
    return {name: parsed(value) if name in structured else value for name, value in given.items()}


@cache
def no_texts(model: type[BaseModel]) -> frozenset[str | None]:
    """The names of the arguments that are never a text."""
    return frozenset(
        name
        for field, info in model.model_fields.items()
        if not takes_text(info.annotation)
        for name in (field, info.alias)
    )


def parsed(value: Any) -> Any:
    """What a text holds if it is a JSON object or list; else the value as it is, for the check to refuse."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def takes_text(annotation: Any) -> bool:
    """Whether an annotation lets a text through."""
    annotation = getattr(annotation, "__value__", annotation)  # what a named type, such as JsonValue, stands for
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return takes_text(inner[0])
    if origin in (Union, UnionType):
        return any(map(takes_text, inner))
    if origin is Literal:
        return any(isinstance(value, str) for value in inner)
    return annotation in (Any, object) or (isinstance(annotation, type) and issubclass(annotation, str))
