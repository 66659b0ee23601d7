"""What an import reads: the file it began with, one slice at a time, as the records that its rows mean.

Both are the same whenever they are asked for, so that batches are always cut the same.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from clevertap_bulk.importing.lanes import Dealer, Records
from clevertap_bulk.job import Job, Part, Plan
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.reading import Row, rows
from clevertap_bulk.reading.opening import opened_file
from clevertap_bulk.reading.row import unreadable
from clevertap_bulk.work import Bench
from clevertap_bulk.workspace import Workspace, owned
from clevertap_tools.account import Account
from clevertap_tools.effect import Effect
from clevertap_tools.moments import ProjectTime
from clevertap_tools.opt_outs import lifted
from clevertap_tools.records import counts_up
from clevertap_tools.upload import RECORDS_PER_CALL
from clevertap_tools.wire import JsonObject

COPY = "copy"
BITE = 1 << 20
REMEMBERED = 64
SEGMENT = "segment"
CHANGING_PEOPLE = ("people", SEGMENT)
OTHER_FILE = "is not the file that the import began with; put that one back and resume: what was sent before stays sent"
BEING_WRITTEN = "is written to at this moment; wait until it is complete, then call again"


def given(job: Job, bench: Bench) -> Path:
    """The file that an import was asked for."""
    return bench.workspace.inside(job.plan["file"], "file")


def source(job: Job, bench: Bench) -> Path:
    """The file that an import reads: where people are erased a copy, which nobody changes after somebody said yes."""
    return bench.workspace.own / job.id / COPY if job.plan.get("deletions") else given(job, bench)


def taken_up(job: Job, bench: Bench) -> Path:
    """The file that an import reads, which is the one that it began with; of one that erases people a copy is made.

    Raises:
        InvalidArgumentsError: It is gone, or another one.
        NoRoomError: There is no room for the copy.
    """
    path = source(job, bench)
    if job.plan.get("deletions") and not path.exists():
        copied(given(job, bench), path, job.plan, bench.workspace)
    check_same(path, job.plan)
    return path


def copied(path: Path, copy: Path, plan: Plan, workspace: Workspace) -> None:
    """Copy the file of a plan to where only we write.

    Raises:
        InvalidArgumentsError: It cannot be read, or is another one.
        NoRoomError: There is no room for it.
    """
    copy.parent.mkdir(mode=0o700, exist_ok=True)
    with opened(path) as file, workspace.written(copy) as temporary:
        workspace.check_room(os.fstat(file.fileno()).st_size)
        with owned(temporary) as into:
            shutil.copyfileobj(file, into, BITE)
        check_same(temporary, plan)


def put_away(job: Job, bench: Bench) -> None:
    """Remove what an import kept for itself."""
    shutil.rmtree(bench.workspace.own / job.id, ignore_errors=True)


def rows_of(job: Job, part: Part, bench: Bench) -> Iterator[Row]:
    """The rows of a slice.

    Raises:
        InvalidArgumentsError: The file is another one than the import began with, or is changed while it is read.
    """
    plan, path = part.plan, source(job, bench)
    check_same(path, job.plan)
    yield from islice(rows(path, job.plan["format"], job.plan["packing"], plan["first"], plan["offset"]), plan["rows"])
    check_same(path, job.plan)


def undated(plan: Plan) -> bool:
    """Whether CleverTap takes the time of the import for all events."""
    return plan["kind"] == "events" and not plan["mapping"].get("time")


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
    found = seen(path)
    return {"file": name, "size": found.size, "digest": digest(path, found), **more}


def check_same(path: Path, plan: Plan) -> None:
    """Refuse another file than the plan's; it is read again only if it was written to since it was looked at last.

    Raises:
        InvalidArgumentsError: It is gone, or another one.
    """
    found = seen(path)
    if found.size != plan["size"] or digest(path, found) != plan["digest"]:
        raise unreadable(OTHER_FILE)


class Stamp(NamedTuple):
    """What becomes another when a file is written to or replaced."""

    device: int
    inode: int
    size: int
    written: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """The stamp of a file as it was found."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def seen(path: Path) -> Stamp:
    """A file as it is now.

    Raises:
        InvalidArgumentsError: It is gone.
    """
    try:
        return Stamp.of(path.stat())
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror}") from None


@lru_cache(REMEMBERED)
def digest(path: Path, found: Stamp) -> str:
    """The SHA-256 of a file, by which an import knows it again.

    Args:
        path: Where it is.
        found: How it was found there.

    Raises:
        InvalidArgumentsError: It cannot be read, is no file, or is written to at this moment.
    """
    with opened(path) as file:
        read = hashlib.file_digest(file, "sha256").hexdigest()
        if Stamp.of(os.fstat(file.fileno())) != found:
            raise unreadable(BEING_WRITTEN)
    return read


def opened(path: Path) -> io.BufferedReader:
    """A file, open for reading.

    Raises:
        InvalidArgumentsError: It cannot be read, or is no file.
    """
    try:
        return io.BufferedReader(opened_file(path))
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror}") from None
