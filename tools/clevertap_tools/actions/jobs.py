"""Imports and exports that go on by themselves: which there are, how far each is, stopping and going on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.bulk import JobResult, JobsResult, bulk_of
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect


class NoArguments(Arguments):
    """Nothing."""


class ByJob(Arguments):
    """Which job."""

    id: Annotated[str, Field(description="Of the job")]


@action(title="List jobs", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def list_jobs(client: Client, asked: NoArguments) -> JobsResult:
    """List imports and exports, the newest first.

    Reference: data 5, 7
    """
    del asked
    return bulk_of(client).jobs()


@action(title="Get job", effect=Effect.READ, toolset=Toolset.DATA, default=False, calls=())
async def get_job(client: Client, asked: ByJob) -> JobResult:
    """Tell how far an import or export is.

    Raises:
        InvalidArgumentsError: There is no such job.

    Reference: data 5, 7
    """
    return bulk_of(client).job(asked.id)


def effect_of_cancelling(_asked: ByJob) -> Effect:
    """Stopping an export. Which job it is shows only later: for an import its caller needs what that needs."""
    return Effect.READ


@action(
    title="Cancel job",
    effect=effect_of_cancelling,
    effects=frozenset({Effect.READ, Effect.UPSERT}),
    toolset=Toolset.DATA,
    default=False,
    calls=(),
)
async def cancel_job(client: Client, asked: ByJob) -> JobResult:
    """Stop a job; clevertap_resume_job goes on with it.

    Raises:
        InvalidArgumentsError: There is no such job.
        NotAllowedError: It is an import, and whoever calls may only read.

    Reference: data 5, 7
    """
    bulk = bulk_of(client)
    effect, _ = bulk.rest(asked.id)
    client.rule(effect, 0)
    return bulk.cancel(asked.id)


@action(
    title="Resume job",
    # An import that repeats nothing still adds what is left of it.
    effect=Effect.APPEND,
    toolset=Toolset.DATA,
    default=False,
    calls=(
        "POST /1/upload",
        "POST /1/events.json",
        "GET /1/events.json",
        "POST /1/profiles.json",
        "GET /1/profiles.json",
    ),
)
async def resume_job(client: Client, asked: ByJob) -> JobResult:
    """Go on with a job that was stopped or failed; nothing is done twice.

    Raises:
        InvalidArgumentsError: There is no such job, or nothing of it is left.
        NotAllowedError: More records of it are left than the operator's cap, or nobody can tell how many.

    Reference: data 5, 7
    """
    bulk = bulk_of(client)
    client.rule(*bulk.rest(asked.id))
    return await bulk.resume(asked.id, client.report)
