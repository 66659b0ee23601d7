"""The tool that finds actions by what somebody wants to do, and how its answer looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from mcp.types import CallToolResult, Tool
from pydantic import Field

from clevertap_mcp.accounts.choice import Offer
from clevertap_mcp.environment import Confirm
from clevertap_mcp.expose import answer, hints, listed
from clevertap_mcp.rendering.figures import figures
from clevertap_mcp.rendering.render import Rest, render, size
from clevertap_mcp.rendering.table import compact
from clevertap_mcp.schema import input_schema, output_schema
from clevertap_tools.action import Arguments, Listing
from clevertap_tools.checking import check_json, checked
from clevertap_tools.effect import Effect

FIND = "clevertap_find_actions"
TITLE = "Find actions"
DESCRIPTION = (
    "Find the actions that do what you want with CleverTap, by plain words, with the schema of their arguments.\n"
    "Call this first, then clevertap_run_action. All of it is here: looking people up, counting, exporting, trends, "
    "uploads, campaigns, messages, deletion, segments, catalogs, content blocks, remote config, raw requests.\n"
    'Example: {"intent": "who dropped off after adding to cart"}'
)
MOST = 10
USUAL = 3
ROOM_FOR_OUTPUTS = 12_000
"""Bytes up to which actions are told with the schemas of their results too."""


class Wish(Arguments):
    """What somebody wants to do."""

    intent: Annotated[
        str, Field(min_length=1, max_length=1_000, description="What you want to do, in the words of whoever asks")
    ]
    limit: Annotated[int, Field(ge=1, le=MOST, description="Actions to describe, 1 to 10")] = USUAL


class Found(Listing):
    """The actions that fit, the best first."""

    rows: ClassVar[str] = "actions"

    actions: list[dict[str, Any]] = Field(
        description="Best first: key, title, description, effects, input_schema, output_schema"
    )
    returned: int
    truncated: bool | None = None
    known: str | None = Field(default=None, description="All keys, where no action fits the words")


def find_tool() -> Tool:
    """The tool as hosts see it."""
    return Tool(
        name=FIND,
        title=TITLE,
        description=DESCRIPTION,
        input_schema=input_schema(Wish),
        output_schema=output_schema(Found),
        annotations=hints(TITLE, frozenset({Effect.READ})).model_copy(update={"open_world_hint": False}),
    )


def shown(found: Found) -> CallToolResult:
    """What was found, on the wire."""
    return answer(render(figures(found), Found.rows, Rest("Ask again in narrower words to see the others.")))


def find(given: Mapping[str, Any], offers: Mapping[str, Offer], confirm: Confirm) -> Found:
    """The actions that fit a wish best.

    Args:
        given: The arguments of the call.
        offers: The actions that the caller may use, by key.
        confirm: How a person says yes.

    Raises:
        InvalidArgumentsError: The arguments are wrong.
    """
    from clevertap_mcp.search.ranking import rank  # noqa: PLC0415 - whoever never searches need not wait for it

    check_json(given)
    wish = checked(Wish, given)
    fitting = rank(wish.intent, {key: offer.action for key, offer in offers.items()})[: wish.limit]
    rows = [described(offers[action.key], confirm) for action in fitting]
    known = None if fitting else f"No action fits these words. There are: {', '.join(offers)}"
    return Found(actions=list(with_room(rows)), returned=len(rows), known=known)


def described(offer: Offer, confirm: Confirm) -> dict[str, Any]:
    """An action as an agent that wants to run it has to know it."""
    action = offer.action
    tool = listed(action, offer.access, confirm, offer.choice)
    return {
        "key": action.key,
        "title": action.title,
        "description": action.description,
        "effects": sorted(filter(offer.access.permits, action.effects)),
        "input_schema": tool.input_schema,
        "output_schema": tool.output_schema,
    }


def with_room(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows, each with the schema of its result for as long as there is room: arguments matter more."""
    used = 0
    for row in rows:
        used += size(compact(row))
        yield {name: part for name, part in row.items() if name != "output_schema" or used <= ROOM_FOR_OUTPUTS}
