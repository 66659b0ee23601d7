"""Where jobs are done: begun, resumed, watched and ended, by whoever holds them in the journal.

A process that is killed holds its jobs no longer than their lease; then anybody may take them up again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping

import anyio

from clevertap_bulk.job import Job, Kind, Part, Plan, State, Tally
from clevertap_bulk.journal import Journal
from clevertap_bulk.work import Bench, StoppedError, Work
from clevertap_bulk.workspace import Workspace
from clevertap_tools.client import Client
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError
from clevertap_tools.traces import traces

log = logging.getLogger(__name__)

LEASE = 20.0
"""Seconds after which a job of a process that was killed is free."""
RENEWAL = 5.0


class Workshop:
    """The jobs of one account in one process.

    Args:
        client: The account.
        workspace: The data folder.
        journal: Where every step is written down.
        works: Who does which kind of job.
    """

    def __init__(self, client: Client, workspace: Workspace, journal: Journal, works: Mapping[Kind, Work]) -> None:
        self._client = client
        self.workspace = workspace
        self.journal = journal
        self._works = works
        self._holder = secrets.token_hex(8)
        self._stopped: set[str] = set()

    def create(self, kind: Kind, plan: Plan) -> Job:
        """A new job, to be done by `do`, here or by whoever else works this account."""
        return self.journal.create(kind, {**plan, "account": self._client.account.id})

    def known(self, name: str) -> Job:
        """The job of that id.

        Raises:
            InvalidArgumentsError: There is none.
        """
        job = self.journal.job(name)
        if job is None:
            raise InvalidArgumentsError.of("id", "'id' names no job of this data folder; list-jobs tells them")
        return job

    def cancel(self, name: str) -> Job:
        """Ask for a job to stop; it can be resumed.

        Raises:
            InvalidArgumentsError: There is no such job.
        """
        self.known(name)
        self.journal.cancel(name)
        return self.known(name)

    async def do(self, name: str) -> Job:
        """Do a job, from where it was left, until it is done, failed or stopped.

        Args:
            name: The job's id.

        Raises:
            InvalidArgumentsError: There is no such job, it is done, it is another account's, or somebody else works at
                it.
        """
        job = self.known(name)
        if job.plan.get("account", self._client.account.id) != self._client.account.id:
            raise InvalidArgumentsError.of("id", "'id' names a job of another account; resume it there")
        if not self.journal.hold(name, self._holder, LEASE):
            raise InvalidArgumentsError.of("id", f"'id' names a job that is {job.state}; nothing is left to do for you")
        state, note = State.FAILED, ""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._keep, name)
                state, note = await self._done(job)
                group.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            state, note = State.CANCELLED, "Stopped before its end; resume it to go on."
            raise
        finally:
            self._stopped.discard(name)
            self.journal.end(name, self._holder, state, note)
        return self.known(name)

    async def _keep(self, name: str) -> None:
        """Hold a job for as long as it goes on, and hear whether it is to stop."""
        while True:
            self._hear(name)
            await anyio.sleep(RENEWAL)
            self.journal.hold(name, self._holder, LEASE)

    def _hear(self, name: str) -> None:
        job = self.journal.job(name)
        if job is None or job.state is State.CANCELLING or not self.journal.holds(name, self._holder):
            self._stopped.add(name)

    async def _done(self, job: Job) -> tuple[State, str]:
        work = self._works[job.kind]
        bench = self._bench(job)
        try:
            await work.divide(job, bench)
            await self._parts_done(work, job, bench)
            return State.DONE, await work.end(job, bench)
        except StoppedError:
            return State.CANCELLED, "Stopped as asked; resume it to go on."
        except CleverTapError as error:
            return State.FAILED, f"{error.message} {error.next}".strip()
        except OSError as error:
            return State.FAILED, f"The data folder cannot be used: {error.strerror}. Nothing that was done is lost."
        except Exception as error:  # noqa: BLE001 - one job shall not end the others; the trace is for the operator
            log.error("Job %s failed with %s", job.id, "".join(traces(error)))  # noqa: TRY400 - see traces
            return State.FAILED, "This program made a mistake of its own; its log says more."

    async def _parts_done(self, work: Work, job: Job, bench: Bench) -> None:
        """Do what is left of the parts, as many at once as the work allows; the first failure ends them all."""
        left = iter([part for part in self.journal.parts(job.id) if part.state is not State.DONE])
        failures: list[Exception] = []

        async def take(one_after_the_other: Iterator[Part]) -> None:
            for part in one_after_the_other:
                if failures:
                    return
                try:
                    bench.check_on()
                    self.journal.write_part(part, State.RUNNING, part.tally)
                    tally = await work.do(job, part, bench)
                    self.journal.write_part(part, State.DONE, tally)
                except Exception as error:  # noqa: BLE001 - raised below, outside of the group, which would wrap it
                    failures.append(error)
                    return

        async with anyio.create_task_group() as group:
            for _ in range(work.at_once(job)):
                group.start_soon(take, left)
        if failures:
            raise failures[0]

    def _bench(self, job: Job) -> Bench:
        def progress(part: Part, tally: Tally) -> None:
            self.journal.write_part(part, State.RUNNING, tally)

        return Bench(self._client, self.workspace, self.journal, lambda: self._is_stopping(job.id), progress)

    def _is_stopping(self, name: str) -> bool:
        self._hear(name)
        return name in self._stopped
