"""What an import reads: the file it began with, one slice at a time, as the records that its rows mean.

Both are the same whenever they are asked for, so that batches are always cut the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from clevertap_bulk.importing.lanes import Dealer, Records
from clevertap_bulk.job import Job, Part, Plan
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.reading import Row, rows
from clevertap_bulk.work import Bench
from clevertap_tools.account import Account
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.opt_outs import lifted
from clevertap_tools.records import counts_up
from clevertap_tools.upload import RECORDS_PER_CALL
from clevertap_tools.wire import JsonObject

SEGMENT = "segment"
CHANGING_PEOPLE = ("people", SEGMENT)
OTHER_FILE = "'file' is not the file that the import began with; put that one back, or import this one anew"


def source(job: Job, bench: Bench) -> Path:
    """The file of an import."""
    return bench.workspace.inside(job.plan["file"], "file")


def rows_of(job: Job, part: Part, bench: Bench) -> Iterator[Row]:
    """The rows of a slice."""
    plan, path = part.plan, source(job, bench)
    return islice(rows(path, job.plan["format"], job.plan["packing"], plan["first"], plan["offset"]), plan["rows"])


def meaning(plan: Plan, account: Account, now: float) -> Records:
    """What a row of the file means.

    Args:
        plan: The import's.
        account: Whose zone counts.
        now: When the import was asked for, in epoch seconds.
    """
    make = maker(plan, ProjectTime.of(account, now))
    if plan["kind"] not in CHANGING_PEOPLE:
        return make
    effect = Effect(plan["effect"])

    def records(row: Row) -> Sequence[JsonObject]:
        made = make(row)
        for record in made:
            check_harmless(record, effect)
        return made

    return records


def maker(plan: Plan, time: ProjectTime) -> Records:
    """What makes records of rows: a mapping, or what Segment calls mean."""
    if plan["kind"] == SEGMENT:
        from clevertap_bulk import segment  # noqa: PLC0415 - only who needs it waits for it

        options = {**plan.get("options", {}), "deletions": bool(plan.get("deletions"))}
        return segment.maker(segment.Options.from_json(options), time)
    make = Mapping.from_json(plan["mapping"]).maker(time)
    return lambda row: (make(row),)


def check_harmless(record: JsonObject, effect: Effect) -> None:
    """Refuse a record that would do more than the import was said to do.

    Raises:
        ValueError: It counts up, or lifts somebody's opt-out.
    """
    profile = record.get("profileData") or {}
    if lifted(profile):
        raise ValueError("lifts an opt-out, which needs a person's yes; use clevertap_upload_user_profiles")
    if effect is Effect.UPSERT and counts_up(profile):
        raise ValueError("counts up or down ($incr, $decr); use clevertap_upload_user_profiles")


def dealer(job: Job, part: Part, bench: Bench) -> Dealer:
    """Whoever deals the rows of a slice out to lanes."""
    records = meaning(job.plan, bench.client.account, job.created)
    return Dealer(records, part.plan["lanes"], min(RECORDS_PER_CALL, job.plan.get("batch", RECORDS_PER_CALL)))


def plan_of(path: Path, name: str, **more: Any) -> Plan:
    """The plan of an import of a file as it is now.

    Args:
        path: Where it is.
        name: What it is called in the data folder.
        more: The rest of the plan.
    """
    return {"file": name, "size": path.stat().st_size, "digest": digest(path), **more}


def check_same(path: Path, plan: Plan) -> None:
    """Refuse another file than the plan's.

    Raises:
        InvalidArgumentsError: It is gone, or another one.
    """
    try:
        same = path.stat().st_size == plan["size"] and digest(path) == plan["digest"]
    except OSError as error:
        raise InvalidArgumentsError.of("file", f"'file' cannot be read: {error.strerror}") from None
    if not same:
        raise InvalidArgumentsError.of("file", OTHER_FILE)


def digest(path: Path) -> str:
    """The SHA-256 of a file, by which an import knows it again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
