"""The commands `jobs list`, `show`, `cancel` and `resume`: what was imported and exported, and going on with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from clevertap_bulk.deed import effect_of, left_of
from clevertap_bulk.job import Job, State
from clevertap_bulk.stopping import stop
from clevertap_mcp.commands.data_folder import Folder, journal_of, opened_room
from clevertap_mcp.commands.doing import agreed, carried_out, declined, done, resuming, told
from clevertap_mcp.commands.exits import DONE, FAILED, complain, say
from clevertap_mcp.commands.printing import columns, show
from clevertap_mcp.commands.recording import check_allowed, check_asked
from clevertap_mcp.logs import note

if TYPE_CHECKING:
    from clevertap_mcp.cli import Start


def list_jobs(folder: Folder, *, compact: bool) -> int:
    """Print the latest jobs of a folder, the newest first, and tell the exit status."""
    with journal_of(folder) as journal:
        jobs = [told(job, time.time()) for job in journal.jobs()]
    if compact:
        show(jobs, compact=True)
    elif jobs:
        say(columns([row(job) for job in jobs]))
    else:
        note("There are no jobs.")
    return DONE


def show_job(folder: Folder, name: str, *, compact: bool) -> int:
    """Print how far a job is, and tell the exit status.

    Raises:
        UsageError: There is no such job.
    """
    with journal_of(folder) as journal:
        show(told(known(journal.job(name), name), time.time()), compact=compact)
    return DONE


def cancel_job(start: Start, folder: Folder, name: str, *, compact: bool) -> int:
    """Ask for a job to stop, or give up one that failed, and tell the exit status: 1 if it had ended already.

    Raises:
        UsageError: There is no such job.
    """
    with journal_of(folder) as journal:
        before = known(journal.job(name), name).state
        stop(journal, folder.journal.parent, name)
        job = known(journal.job(name), name)
    if compact:
        show(told(job, time.time()), compact=True)
    if before is State.FAILED:
        note(f"{job.id} had failed; what was half-done of it is removed.")
        return DONE
    if job.state in {State.CANCELLED, State.CANCELLING}:
        note(f"{job.id} is {job.state}; this goes on with it: {resuming(start, job, folder)}")
        return DONE
    complain(f"{job.id} is {job.state}: there is nothing to stop.")
    return FAILED


def resume_job(start: Start, folder: Folder, name: str, *, yes: bool, resend_unaccounted: bool, compact: bool) -> int:
    """Go on with a job, print its account at the end, and tell the exit status.

    Raises:
        UsageError: There is no such job.
        ConfigurationError: The settings cannot be used.
    """
    with journal_of(folder) as journal:
        known(journal.job(name), name)
    return carried_out(resumed, start, folder, name, yes, resend_unaccounted, compact)


async def resumed(start: Start, folder: Folder, name: str, yes: bool, resend: bool, compact: bool) -> int:
    """Go on with a job."""
    async with opened_room(start, folder) as room:
        job = room.data.workshop.known(name)
        effect = effect_of(job)
        check_free(job, room.app.settings.account.id, time.time(), resend=resend)
        await check_allowed(room.app, effect, left_of(job))
        if effect.guarded:
            check_asked(room.app, effect, yes=yes)
            if not yes and not agreed(f"Go on with {name}, which erases people?"):
                return declined()
        if resend:
            room.data.workshop.resend(name)
        return await done(start, folder, room, room.data.workshop.known(name), compact=compact)


def check_free(job: Job, account: str, now: float, *, resend: bool = False) -> None:
    """Refuse to go on with a job that is done, held by somebody or another account's.

    Args:
        job: The job.
        account: Which account this is.
        now: Epoch seconds.
        resend: Whether what has no answer is to be sent again, which may be left of a job that is done.

    Raises:
        ClickException: It is.
    """
    if job.state is State.DONE and not (resend and job.tally.unaccounted):
        raise click.ClickException(f"{job.id} is done; nothing of it is left.")
    if job.state.held and not job.interrupted(now):
        seconds = job.until - now
        raise click.ClickException(
            f"Somebody works at {job.id}, or was killed just now: then it is free in {seconds:.0f} seconds."
        )
    if job.plan.get("account", account) != account:
        raise click.ClickException(f"{job.id} belongs to another account, {job.plan['account']}.")


def row(job: dict[str, Any]) -> tuple[str, ...]:
    """A job as people read it, a cell for each part."""
    return job["id"], job["kind"], job["state"], f"{job['rows']:,} rows", job["created"], job["about"]


def known(job: Job | None, name: str) -> Job:
    """A job that is there.

    Raises:
        UsageError: It is not.
    """
    if job is None:
        raise click.UsageError(f"There is no job {name!r} in this data folder; `clevertap-mcp jobs` lists them.")
    return job
