"""Commands that do actions: finding one by its key or by words, doing it, and how that ends."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import anyio
import click

from clevertap_mcp.commands.exits import DONE, FAILED, complain, say
from clevertap_mcp.commands.printing import described, show, spoken, table
from clevertap_mcp.commands.terminal import Terminal
from clevertap_mcp.guard.host import Requester
from clevertap_mcp.opening import opened
from clevertap_mcp.rendering.figures import figures
from clevertap_mcp.toolsets import EVERYTHING, Catalogue, choose, key_of
from clevertap_tools.action import Action, Result
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_mcp.cli import Start
    from clevertap_mcp.settings import Settings

ActionOf = Action[Any, Any]


def offered(start: Start) -> dict[str, ActionOf]:
    """The actions that the command line does: all that the access is good for, unless somebody chose."""
    choice = start.choice()
    return choose(EVERYTHING if choice is None else choice, CATALOGUE, start.permitted())


def find(key: str, start: Start) -> ActionOf:
    """The action of that key, however it is written.

    Raises:
        UsageError: There is none, or it is not offered; names the nearest.
    """
    known = offered(start)
    wanted = key_of(key)
    if wanted in known:
        return known[wanted]
    if wanted in CATALOGUE and not start.permitted().offers(CATALOGUE[wanted]):
        raise click.UsageError(f"{wanted} is excluded by --access (or CLEVERTAP_ACCESS) {start.permitted()}.")
    if wanted in CATALOGUE:
        raise click.UsageError(f"{wanted} is not among the chosen toolsets; leave --toolsets out or add +{wanted}.")
    nearest = get_close_matches(wanted, known, n=3, cutoff=0.4)
    hint = f"; nearest: {', '.join(nearest)}" if nearest else "; `clevertap-mcp actions` lists them"
    raise click.UsageError(f"There is no action {key!r}{hint}.")


def list_actions(start: Start, intent: str | None, limit: int | None, *, compact: bool) -> int:
    """Print the actions, those that fit an intent first and alone."""
    known = offered(start)
    listed = (list(known.values()) if intent is None else fitting(intent, known))[:limit]
    if compact:
        show([described(action) for action in listed], compact=True)
    elif listed:
        say(table(listed))
    else:
        complain("No action fits these words; `clevertap-mcp actions` lists them all.")
    return DONE


def fitting(intent: str, known: Catalogue) -> list[ActionOf]:
    """The actions that fit an intent, the best first."""
    from clevertap_mcp.search.ranking import rank  # noqa: PLC0415 - its vocabulary takes longer than all the rest

    return rank(intent, known)


def perform(settings: Settings, action: ActionOf, given: Mapping[str, Any], *, compact: bool, go_on: bool) -> int:
    """Do an action, print what came of it, and tell the exit status."""
    try:
        result = anyio.run(performed, settings, action, given)
    except CleverTapError as error:
        return conclude({}, error, complete=False, compact=compact, go_on=go_on)
    return conclude(figures(result), result.failure, complete=result.complete, compact=compact, go_on=go_on)


async def performed(settings: Settings, action: ActionOf, given: Mapping[str, Any]) -> Result:
    """The result of one action, done with connections of its own."""
    async with opened(settings) as app:
        return await app.perform(action, given, Requester(host=Terminal, local=True))


def conclude(told: dict[str, Any], error: CleverTapError | None, *, complete: bool, compact: bool, go_on: bool) -> int:
    """Print what is told and the error where they belong, and tell the exit status."""
    if go_on and error:
        told = {**told, "error": error.told()}
    if told:
        show(told, compact=compact)
    if go_on:
        return DONE
    if error:
        complain(spoken(error))
    elif not complete:
        complain("Not every record was accepted; the result says which and why.")
    return DONE if complete else FAILED
