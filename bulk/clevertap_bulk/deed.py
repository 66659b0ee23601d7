"""What a job does and how far it is: whoever may not do that may neither go on with it nor stop it."""

from __future__ import annotations

from clevertap_bulk.job import Job, Kind, State
from clevertap_tools.effect import Effect


def effect_of(job: Job) -> Effect:
    """What doing a job does."""
    if job.kind is not Kind.IMPORT:
        return Effect.READ
    return Effect.DESTROY if job.plan.get("deletions") else Effect(job.plan["effect"])


def left_of(job: Job) -> int | None:
    """How many records of an import may still leave; None where nobody knows how many rows its file has.

    What has no answer counts as left, since some of that is sent again.
    """
    rows = job.plan.get("rows")
    return None if rows is None else max(0, int(rows) - job.tally.accepted - job.tally.refused)


def what_of(job: Job) -> str:
    """What a job is about: the file of an import, the events of an export."""
    if job.kind is Kind.IMPORT:
        return str(job.plan.get("file", ""))
    return ", ".join(job.plan.get("event_names") or [str(job.plan.get("query", {}).get("event_name", ""))])


def standing(job: Job) -> str:
    """How far a job is."""
    parts, done = sum(job.parts.values()), job.parts.get(State.DONE, 0)
    if not parts:
        return f"{job.kind}: not begun."
    if job.kind is Kind.IMPORT:
        rows = job.plan.get("rows")
        return f"{job.kind}: {job.tally.rows:,} {'rows' if rows is None else f'of {rows:,} rows'} so far."
    return f"{job.kind}: {done} of {parts} parts are done, {job.tally.rows:,} rows so far."
