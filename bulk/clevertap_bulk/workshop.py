"""Where jobs are done: begun, resumed, watched and ended, by whoever holds them in the journal.

A process that is killed holds its jobs no longer than their lease; then anybody may take them up again. Who finds that
somebody did stops at once and leaves the job to them.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio

from clevertap_bulk.database import BusyError, Sleep, patiently
from clevertap_bulk.entries import Held
from clevertap_bulk.job import Job, Kind, LostError, Part, Plan, State, Tally
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
THEIRS = "Another process took this job over or cancelled it; it was stopped here."
FAREWELL = 3.0
"""Seconds for which whoever is ended waits to write down that a job has."""


class Workshop:
    """The jobs of one account in one process.

    Args:
        client: The account.
        workspace: The data folder.
        journal: Where every step is written down.
        works: Who does which kind of job.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        client: Client,
        workspace: Workspace,
        journal: Journal,
        works: Mapping[Kind, Work],
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._client = client
        self.workspace = workspace
        self.journal = journal
        self._works = works
        self._sleep = sleep

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
            CleverTapError: The journal cannot be written.
        """
        self.known(name)
        self.journal.cancel(name)
        return self.known(name)

    def resend(self, name: str) -> Job:
        """Have whatever of a job has no answer sent again when it is resumed, which it can be then if it is done too.

        Raises:
            InvalidArgumentsError: There is no such job.
            CleverTapError: The journal cannot be written.
        """
        job = self.known(name)
        if job.kind is Kind.IMPORT:
            self.journal.replan(name, {**job.plan, "resend_unaccounted": True})
            self.journal.reopen(name)
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
        holder = secrets.token_hex(8)  # another one each time: what was lost is not had again by going on
        if not await patiently(lambda: self.journal.hold(name, holder, LEASE), self._sleep):
            raise InvalidArgumentsError.of("id", f"'id' names a job that is {job.state}; nothing is left to do for you")
        held = self.journal.held(name, holder, self._sleep)
        state, note = State.CANCELLED, "Stopped before its end; resume it to go on."
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._keep, held, group.cancel_scope)
                state, note = await self._done(job, held)
                group.cancel_scope.cancel()
        finally:
            told = await self._let_go(name, held, state, note)
        return replace(self.known(name), **told)

    async def _keep(self, held: Held, scope: anyio.CancelScope) -> None:
        """Hold a job for as long as it goes on; once it is lost, end it here."""
        while True:
            await self._sleep(RENEWAL)
            try:
                await held.keep(LEASE)
            except LostError:
                scope.cancel()
                return
            except CleverTapError as error:  # the job meets the same when it writes, and says so
                log.warning("A job could not be kept: %s", error.message)

    async def _let_go(self, name: str, held: Held, state: State, note: str) -> dict[str, Any]:
        """Write down how a job ended; what cannot be written is free all the same when its lease has lapsed.

        Returns:
            What the journal does not say of it.
        """
        with anyio.move_on_after(FAREWELL, shield=True):
            try:
                await held.end(state, note)
            except LostError:
                log.warning("%s is somebody else's by now; it was stopped here.", name)
                return {"note": THEIRS}
            except CleverTapError as error:
                log.error("That %s is %s could not be written: %s", name, state, error.message)  # noqa: TRY400 - ours
            else:
                return {}
        return {"state": state, "note": note}

    async def _done(self, job: Job, held: Held) -> tuple[State, str]:
        work = self._works[job.kind]
        bench = self._bench(held)
        try:
            await work.divide(job, bench)
            await self._parts_done(work, job, bench)
            return State.DONE, await work.end(job, bench)
        except StoppedError:
            return State.CANCELLED, "Stopped as asked; resume it to go on."
        except CleverTapError as error:
            return State.FAILED, f"{sentence(error.message)} {error.next}".strip()
        except OSError as error:
            return State.FAILED, f"The data folder cannot be used: {error.strerror}. Nothing that was done is lost."
        except Exception as error:  # noqa: BLE001 - one job shall not end the others; the trace is for the operator
            log.error("Job %s failed with %s", job.id, "".join(traces(error)))  # noqa: TRY400 - see traces
            return State.FAILED, "This program made a mistake of its own; its log says more."

    async def _parts_done(self, work: Work, job: Job, bench: Bench) -> None:
        """Do what is left of the parts, as many at once as the work allows; the first failure ends them all."""
        left = iter([part for part in bench.journal.parts(job.id) if part.state is not State.DONE])
        failures: list[Exception] = []

        async def take(one_after_the_other: Iterator[Part]) -> None:
            for part in one_after_the_other:
                if failures:
                    return
                try:
                    bench.check_on()
                    await bench.journal.write_part(part, State.RUNNING, part.tally)
                    tally = await work.do(job, part, bench)
                    await bench.journal.write_part(part, State.DONE, tally)
                except Exception as error:  # noqa: BLE001 - raised below, outside of the group, which would wrap it
                    failures.append(error)
                    return

        async with anyio.create_task_group() as group:
            for _ in range(work.at_once(job)):
                group.start_soon(take, left)
        if failures:
            raise failures[0]

    def _bench(self, held: Held) -> Bench:
        def progress(part: Part, tally: Tally) -> None:
            with suppress(BusyError):
                held.tell(part, tally)

        return Bench(self._client, self.workspace, held, lambda: not held.goes_on(), progress)


def sentence(words: str) -> str:
    """Words with a stop at their end: CleverTap's have none."""
    return words if words.endswith((".", "!", "?")) else f"{words}."
