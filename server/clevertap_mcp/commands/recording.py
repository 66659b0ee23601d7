"""What the operator's rules say to an import, and its two lines in the audit log."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable

import anyio

from clevertap_bulk.job import Job, State
from clevertap_mcp.app import App
from clevertap_mcp.commands.terminal import Terminal
from clevertap_mcp.environment import Confirm
from clevertap_mcp.guard.access import OPERATOR
from clevertap_mcp.guard.entries import Entry, ended
from clevertap_mcp.guard.guard import DEEDS
from clevertap_mcp.refusals import NotConfirmedError
from clevertap_mcp.trail.quota import Outcome
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, NotAllowedError


async def check_allowed(app: App, effect: Effect, rows: int | None) -> None:
    """Refuse an import that the operator does not allow; the audit log says so too.

    Args:
        app: The account, and the operator's rules.
        effect: What sending the rows does.
        rows: How many would be sent; None where nobody knows.

    Raises:
        NotAllowedError: It does what nobody may do here, or has too many rows.
    """
    try:
        app.guard.check(OPERATOR, effect, rows)
    except NotAllowedError as error:
        await app.guard.trail.write(entry("refused", app, effect) | {"reason": error.code})
        raise


def check_asked(app: App, effect: Effect, *, yes: bool) -> None:
    """Refuse what erases people unless a person can be asked, whatever was typed.

    Args:
        app: The operator's rules.
        effect: What would be done.
        yes: Whether the command came with its own yes.

    Raises:
        NotConfirmedError: The operator wants a person to be asked, and none would be.
    """
    if effect.guarded and app.settings.confirm is not Confirm.OFF and (yes or not Terminal().can_be_asked):
        raise NotConfirmedError(
            f"This would {DEEDS[effect]}, so a person has to be asked. Nothing was done.",
            next_step="Do it at a terminal, without --yes.",
        )


async def on_record(app: App, effect: Effect, job: Job, do: Callable[[], Awaitable[Job]]) -> Job:
    """Do a job between two lines of the audit log; if the first cannot be written, nothing is done.

    Args:
        app: The account, and the operator's rules.
        effect: What the job does.
        job: The job.
        do: Does it.

    Raises:
        TrailError: The audit log cannot be written.
        CleverTapError: It cannot be done.
    """
    if effect is Effect.READ:
        return await do()
    call = secrets.token_hex(8)
    began = entry("started", app, effect) | {"call": call, "reach": job.plan.get("rows")} | yes_of(effect)
    await app.guard.trail.write(began, None, json.dumps(job.plan, sort_keys=True).encode())
    outcome, code = Outcome.UNKNOWN, "cut_off"
    try:
        finished = await do()
        outcome, code = outcome_of(finished), finished.state.value
    except CleverTapError as error:
        outcome, code = Outcome.of(error), error.code
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await app.guard.trail.write(ended(call, outcome, None if outcome is Outcome.DONE else code))
    return finished


def entry(event: str, app: App, effect: Effect) -> Entry:
    """What each line about an import begins with."""
    named = {"name": app.name} if app.name else {}
    account = app.settings.account.id
    return {"event": event, "caller": OPERATOR.name, "account": account, **named} | {
        "action": "import-file",
        "effect": effect.value,
    }


def yes_of(effect: Effect) -> Entry:
    """Whose yes it has, where it needed one."""
    return {"confirmed": "person" if Terminal().can_be_asked else "operator"} if effect.guarded else {}


def outcome_of(job: Job) -> Outcome:
    """What came of a job, as the audit log says it."""
    if job.tally.unaccounted:
        return Outcome.UNKNOWN
    if job.state is State.DONE:
        return Outcome.DONE if job.tally.accepted == job.tally.rows else Outcome.PARTLY
    return Outcome.PARTLY if job.tally.accepted else Outcome.FAILED
