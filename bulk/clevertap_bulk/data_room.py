"""The data folder of one account with all that can be done there: jobs that go on by themselves, and questions.

It is what `clevertap_tools.bulk.Bulk` asks for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from clevertap_bulk.answering import ready_made
from clevertap_bulk.deed import effect_of, left_of, standing, what_of
from clevertap_bulk.exporting import events, profiles
from clevertap_bulk.exporting.events import EventExport
from clevertap_bulk.exporting.profiles import ProfileExport
from clevertap_bulk.importing.plans import import_plan, meant
from clevertap_bulk.importing.source import BEING_WRITTEN, meaning, seen
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Job, Kind, Plan, State
from clevertap_bulk.journal import Journal
from clevertap_bulk.preview import ImportPreview, preview
from clevertap_bulk.questions.asking import Answered as Found
from clevertap_bulk.questions.asking import Questions
from clevertap_bulk.questions.mask import Mask
from clevertap_bulk.questions.wording import told_apart
from clevertap_bulk.reading import Form
from clevertap_bulk.reading.row import unreadable
from clevertap_bulk.stopping import stop
from clevertap_bulk.work import Work
from clevertap_bulk.workshop import Workshop
from clevertap_bulk.workspace import QUOTA, Workspace
from clevertap_tools.bulk import Answered, ImportResult, JobResult, JobsResult, ListedJob
from clevertap_tools.client import Client, Progress
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, NotAllowedError
from clevertap_tools.preview import Preview
from clevertap_tools.traces import traces

CHECKS = {Kind.EXPORT_EVENTS: events.checked_plan, Kind.EXPORT_PROFILES: profiles.checked_plan}
JOURNAL = "jobs.sqlite"
PATIENCE = 20.0
"""Seconds for which a call waits for its job; after that it answers how far the job is."""
HASTE = 0.5
"""The share of the time that a call has left which it waits at most: the answer has to come before the deadline."""
LOOK = 0.25
"""Seconds between two looks at the journal."""
CHANGED = "'file' has changed since it was told whom it erases; call again, so that a person sees it as it is now"
log = logging.getLogger(__name__)


class DataRoom:
    """What can be done in one data folder.

    Args:
        client: The account.
        folder: The data folder.
        tasks: Where jobs go on when nobody waits for them.
        mask: What stands in for personal data in answers; None where it may be shown.
        quota: Bytes that all files together may have.
        clock: The time of day in epoch seconds.
    """

    def __init__(
        self,
        client: Client,
        folder: Path,
        tasks: TaskGroup,
        mask: Mask | None = None,
        quota: int = QUOTA,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._masked = mask is not None
        self.workspace = Workspace(folder, quota)
        self.journal = Journal(self.workspace.own / JOURNAL, clock)
        self.workshop = Workshop(client, self.workspace, self.journal, works())
        self.questions = Questions(self.workspace, mask, client.account.zone)
        self._rows: dict[str, int] = {}
        """How many rows files have that were looked at, by their digests."""
        self._told_of: dict[str, str] = {}
        """The digests of files by name, as they were when somebody was told whom they erase."""

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    async def start(self, kind: str, plan: Plan, progress: Progress) -> ImportResult:
        """See `clevertap_tools.bulk.Bulk`."""
        what = Kind(kind)
        whole = await self._whole(plan) if what is Kind.IMPORT else await self.export_plan(what, plan)
        if (rows := self._rows.get(whole.get("digest", ""))) is not None:
            whole = {**whole, "rows": rows}
        if whole.get("deletions") and self._told_of.pop(whole["file"], whole["digest"]) != whole["digest"]:
            raise InvalidArgumentsError.of("file", CHANGED)
        told = await self._watched(self.workshop.create(what, whole), progress)
        return told.model_copy(update={"mapping": meant(whole)})

    async def resume(self, name: str, progress: Progress) -> ImportResult:
        """See `clevertap_tools.bulk.Bulk`.

        Raises:
            InvalidArgumentsError: There is no such job, nothing of it is left, or somebody works at it.
            NotAllowedError: It erases people: that needs a yes of its own.
        """
        job = self.workshop.known(name)
        if job.state is State.DONE or (job.state.held and not job.interrupted(self._clock())):
            raise InvalidArgumentsError.of("id", f"'id' names a job that is {job.state}; nothing is left to do for you")
        if job.plan.get("deletions"):
            raise NotAllowedError(
                "This job erases people, so it is not resumed without a yes.",
                next_step="Import the file once more: erasing again is harmless, and the person is asked.",
            )
        return await self._watched(job, progress)

    def job(self, name: str) -> JobResult:
        """See `clevertap_tools.bulk.Bulk`."""
        return self._told(self.workshop.known(name))

    def rest(self, name: str) -> tuple[Effect, int | None]:
        """See `clevertap_tools.bulk.Bulk`."""
        job = self.workshop.known(name)
        return effect_of(job), left_of(job)

    def jobs(self) -> JobsResult:
        """See `clevertap_tools.bulk.Bulk`."""
        return JobsResult(jobs=[self._listed(job) for job in self.journal.jobs()])

    def cancel(self, name: str) -> JobResult:
        """See `clevertap_tools.bulk.Bulk`."""
        self.workshop.known(name)
        stop(self.journal, self.workspace.own, name)
        return self._told(self.workshop.known(name))

    async def export_plan(self, kind: Kind, asked: Plan) -> Plan:
        """The plan of an export, if it can be done.

        Raises:
            CleverTapError: It means nothing, or its files would replace somebody's own.
        """
        await to_thread.run_sync(CHECKS[kind], asked, self._client, self.workspace)
        return asked

    async def preview(self, plan: Plan, *, dry_run: bool) -> ImportResult:
        """See `clevertap_tools.bulk.Bulk`."""
        whole, survey = await self._surveyed(plan, judge=self._client if dry_run else None)
        verdict = survey.verdict
        good = survey.rows - survey.refused
        said = [f"Nothing was sent; {good:,} rows would be. Effect: {survey.effect}.", *survey.warnings]
        if verdict is not None:
            said.append(f"CleverTap would take {verdict.accepted:,} of the first ones.")
        told = [*survey.refusals, *(verdict.refused if verdict else ())]
        return ImportResult(
            id="",
            state="preview",
            rows=survey.rows,
            refused=survey.refused,
            note=" ".join(said),
            mapping=meant(whole),
            records=survey.first,
            refusals=[f"row {each.row}: {each.reason}" for each in told],
        )

    async def deletions(self, plan: Plan) -> Preview:
        """See `clevertap_tools.bulk.Bulk`."""
        path = self.workspace.inside(plan["file"], "file")
        before = seen(path)
        whole, survey = await self._surveyed(plan)
        if seen(path) != before:  # what was counted may be another file than the one whose digest is told
            raise unreadable(BEING_WRITTEN)
        self._told_of[whole["file"]] = whole["digest"]
        return Preview(
            f"Import {survey.rows:,} rows and erase {survey.deletions:,} people for good.",
            (f"Rows that are refused: {survey.refused:,}", f"SHA-256 of the file: {whole['digest']}", *survey.warnings),
            survey.deletions,
        )

    async def ask(self, sql: str) -> Answered:
        """See `clevertap_tools.bulk.Bulk`."""
        if not sql.strip():
            return await self._tables()
        return answered(await self.questions.ask(sql))

    async def answer(self, question: str, asked: Plan) -> Answered:
        """See `clevertap_tools.bulk.Bulk`."""
        return await ready_made(self.questions, question, asked)

    async def _whole(self, plan: Plan) -> Plan:
        """The whole plan of an import, for which its file is read."""
        return await to_thread.run_sync(import_plan, self.workspace, plan)

    async def _surveyed(self, plan: Plan, judge: Client | None = None) -> tuple[Plan, ImportPreview]:
        """The whole plan of an import, and what it would do."""
        whole = await self._whole(plan)
        path = self.workspace.inside(whole["file"], "file")
        records = meaning(whole, self._client.account, self._clock())
        form = Form(whole["format"], whole["packing"])
        survey = await preview(path, form, records, self._clock(), judge)
        self._rows[whole["digest"]] = survey.rows
        return whole, survey

    async def _watched(self, job: Job, progress: Progress) -> ImportResult:
        """Have a job done, and wait for it for some time."""
        ended = anyio.Event()
        self._tasks.start_soon(self._done, job.id, ended)
        with anyio.move_on_after(patience()):
            while not ended.is_set():
                now = self.workshop.known(job.id)
                await progress(now.tally.rows, None, f"{sum(now.parts.values())} parts, {now.tally.rows:,} records")
                with anyio.move_on_after(LOOK):
                    await ended.wait()
        return self._told(self.workshop.known(job.id))

    async def _done(self, name: str, ended: anyio.Event) -> None:
        try:
            await self.workshop.do(name)
        except CleverTapError as error:  # somebody else was quicker; whoever asks is told the job's own state
            log.info("%s was not begun here: %s", name, error.code)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and the server shall not end with it
            log.error("Job %s ended with %s", name, "".join(traces(error)))  # noqa: TRY400 - see traces
        finally:
            ended.set()

    async def _tables(self) -> Answered:
        rows = [
            {
                "table": each.name,
                "rows": each.rows,
                "from": each.first,
                "to": each.last,
                "columns": ", ".join(f"{column.name} {column.type}" for column in each.columns),
            }
            for each in await self.questions.tables()
        ]
        return Answered(records=rows, note="The tables that can be asked about.")

    def _told(self, job: Job) -> ImportResult:
        """A job as whoever asks is told."""
        return ImportResult(
            id=job.id,
            state="interrupted" if job.interrupted(self._clock()) else job.state,
            rows=job.tally.rows,
            accepted=job.tally.accepted,
            refused=job.tally.refused,
            unaccounted=job.tally.unaccounted,
            note=self._said(job.note) or standing(job),
        )

    def _listed(self, job: Job) -> ListedJob:
        """A job among others."""
        told = self._told(job).model_dump(include=set(JobResult.model_fields))
        created = datetime.fromtimestamp(job.created, self._client.account.zone or UTC).isoformat(timespec="seconds")
        return ListedJob(**told, kind=job.kind, what=what_of(job), created=created)

    def _said(self, note: str) -> str:
        """A note; where persons are masked without a record that CleverTap may quote, for nobody knows who is in it."""
        return f"{note.partition('{')[0]}…" if self._masked and "{" in note else note


def works() -> Mapping[Kind, Work]:
    """Who does which kind of job. Each account has its own: how fast it may be sent to is found out on the way."""
    return {Kind.IMPORT: Import(), Kind.EXPORT_EVENTS: EventExport(), Kind.EXPORT_PROFILES: ProfileExport()}


def patience() -> float:
    """Seconds for which the call that is going on can wait for its job."""
    return min(PATIENCE, HASTE * max(0.0, anyio.current_effective_deadline() - anyio.current_time()))


def answered(found: Found) -> Answered:
    """What a question found, as rows by name."""
    names = told_apart([column.name for column in found.columns])
    return Answered(
        records=[dict(zip(names, row, strict=True)) for row in found.rows],
        truncated=found.truncated,
        note=f"{found.total:,} rows; all of them in {found.file}." if found.file else f"{found.total:,} rows.",
    )
