"""The tool that runs an action by its key: what it takes, and which direct call it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from mcp.types import Tool
from pydantic import Field

from clevertap_mcp.accounts.choice import Offer
from clevertap_mcp.expose import hints, naming_account, unpacked
from clevertap_mcp.schema import input_schema, output_schema
from clevertap_mcp.search.finding import FIND
from clevertap_mcp.toolsets import key_of
from clevertap_tools.action import Arguments, Result
from clevertap_tools.checking import checked
from clevertap_tools.errors import InvalidArgumentsError

RUN = "clevertap_run_action"
TITLE = "Run an action"
DESCRIPTION = (
    f"Run an action by its key, with arguments as its input schema wants them.\nUse {FIND} first to learn key and "
    "schema. Where a text names a tool such as clevertap_get_events, run the key get-events. `plan` and `again` belong "
    'in `arguments`.\nExample: {"key": "get-user-profile", "arguments": {"identity": "42"}}'
)


class Run(Arguments):
    """Which action, and what it is given."""

    key: Annotated[str, Field(min_length=1, max_length=100, description="The action's key, such as get-events")]
    arguments: Annotated[dict[str, Any], Field(description="Its arguments, by its own input schema")] = {}


class Trouble(Result):
    """Why an action did not do what was asked."""

    code: str
    message: str
    changed: str
    next: str


class Outcome(Result):
    """What many actions answer; each has fields of its own besides."""

    error: Trouble | None = None
    next_cursor: str | None = None
    truncated: bool | None = None
    done: bool | None = Field(default=None, description="false: nothing happened yet, show the plan to a person")
    plan: str | None = None


def run_tool(offers: Mapping[str, Offer]) -> Tool:
    """The tool as hosts see it; the worst that any action may do is told of it.

    Args:
        offers: The actions that it can run, by key.
    """
    effects = frozenset(
        effect for offer in offers.values() for effect in offer.action.effects if offer.access.permits(effect)
    )
    several, answered = any(offer.choice for offer in offers.values()), output_schema(Outcome)
    return Tool(
        name=RUN,
        title=TITLE,
        description=DESCRIPTION.replace("`plan`", "`account`, `plan`") if several else DESCRIPTION,
        input_schema=input_schema(Run),
        output_schema=naming_account(answered) if several else answered,
        annotations=hints(TITLE, effects),
    )


def meant(given: Mapping[str, Any], offers: Mapping[str, Offer]) -> tuple[Offer, dict[str, Any]]:
    """The action that a call runs, and its arguments.

    Args:
        given: The arguments of the call.
        offers: The actions that the caller may use, by key.

    Raises:
        InvalidArgumentsError: They name no action that is offered, or are malformed.
    """
    asked = checked(Run, unpacked(given, Run))
    key = key_of(asked.key)
    if key not in offers:
        nearest = get_close_matches(key, offers, n=1)
        hint = f"nearest: {nearest[0]!r}" if nearest else f"{FIND} names those there are"
        raise InvalidArgumentsError.of("key", f"'key' names no action here; {hint}")
    return offers[key], asked.arguments
