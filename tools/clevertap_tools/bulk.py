"""Moving much data between CleverTap and files, and questions about it, as actions see it.

Who does it lives elsewhere and takes libraries that most never need; here is what an action asks of it, and what it
answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import WithJsonSchema

from clevertap_tools.action import Listing, Result
from clevertap_tools.client import Client, Progress
from clevertap_tools.effect import Effect
from clevertap_tools.errors import Changed, CleverTapError, ConfigurationError, IncompleteError
from clevertap_tools.preview import Preview

Plan = Mapping[str, Any]
"""What was asked for, as JSON."""
ANEW = "Start a new one with that put right: this one would only end the same."
"""How the note of a job ends that cannot succeed as it is, so that nobody goes on with it."""
MEND = "Mend the cause, then resume the job; nothing is done twice."


class ExportResult(Result):
    """A job, as far as an export goes."""

    id: str
    state: str
    """waiting, running, interrupted, cancelling, cancelled, failed or done."""
    rows: int
    note: str = ""

    @property
    def theirs(self) -> frozenset[str]:
        """The note, which may quote CleverTap."""
        return frozenset({"note"})

    @property
    def failure(self) -> CleverTapError | None:
        """The job has failed."""
        if self.state != "failed":
            return None
        return IncompleteError(
            f"The job {self.id} failed: {self.note}",
            changed=self.changed,
            next_step=ANEW if self.note.endswith(ANEW) else MEND,
        )

    @property
    def changed(self) -> Changed:
        """Whether it has changed anything on CleverTap."""
        return "no"

    @property
    def complete(self) -> bool:
        """Whether all was done."""
        return self.state == "done"


class JobResult(ExportResult):
    """A job: of an import accepted + refused + unaccounted = rows, once it is done."""

    accepted: int = 0
    refused: int = 0
    unaccounted: int = 0

    @property
    def changed(self) -> Changed:
        """Whether it has changed anything on CleverTap."""
        return "partly" if self.accepted or self.unaccounted else "no"

    @property
    def complete(self) -> bool:
        """Whether all was done, and every record was taken."""
        return self.state == "done" and not self.refused and not self.unaccounted


class ListedJob(JobResult):
    """A job among others."""

    kind: str = ""
    """import, export-events or export-profiles."""
    what: str = ""
    """The file of an import, the events of an export."""
    created: str = ""


class JobsResult(Listing):
    """Jobs, the newest first."""

    rows: ClassVar[str] = "jobs"

    jobs: Annotated[list[ListedJob], WithJsonSchema({"type": "array", "items": {"type": "object"}})]
    truncated: bool = False

    @property
    def theirs(self) -> frozenset[str]:
        """Their notes, which may quote CleverTap."""
        return frozenset({"jobs"})


class ImportResult(JobResult):
    """An import, or with `preview` what one would do: then it has no id."""

    mapping: list[str] = []
    """What each column means."""
    records: list[dict[str, Any]] = []
    """The first ones, as CleverTap will get them."""
    refusals: list[str] = []
    """The first rows that break a rule."""

    @property
    def theirs(self) -> frozenset[str]:
        """What stood in the file, and the note."""
        return frozenset({"mapping", "records", "refusals", "note"})

    @property
    def about_people(self) -> bool:
        """Every record is of a person."""
        return True


class Answered(Listing):
    """Rows that answer a question."""

    rows: ClassVar[str] = "records"

    records: list[dict[str, Any]]
    truncated: bool = False
    note: str = ""
    """What it rests on; where all rows are, if these are not all."""

    @property
    def theirs(self) -> frozenset[str]:
        """What CleverTap's customers wrote; the note names their events."""
        return frozenset({"records", "note"})

    @property
    def masked(self) -> bool:
        """Questions are asked of a masked copy."""
        return True


class Bulk(Protocol):
    """What moves data and answers questions about it, for one account."""

    async def start(self, kind: str, plan: Plan, progress: Progress) -> ImportResult:
        """Begin a job, and wait for it as long as this call may take; it goes on by itself.

        Raises:
            CleverTapError: It cannot be begun, or would erase others than `deletions` told of.
        """

    async def resume(self, name: str, progress: Progress) -> JobResult:
        """Go on with a job, and wait for it as long as this call may take.

        Raises:
            InvalidArgumentsError: There is no such job, or nothing is left to do.
        """

    def rest(self, name: str) -> tuple[Effect, int | None]:
        """What going on with a job would do, and to how many records; None where nobody knows.

        Raises:
            InvalidArgumentsError: There is no such job.
        """

    def job(self, name: str) -> JobResult:
        """How far a job is.

        Raises:
            InvalidArgumentsError: There is no such job.
        """

    def jobs(self) -> JobsResult:
        """The latest jobs."""

    def cancel(self, name: str) -> JobResult:
        """Ask for a job to stop; it can be resumed. Of one that failed what is half-done is removed.

        Raises:
            InvalidArgumentsError: There is no such job.
        """

    async def preview(self, plan: Plan, *, dry_run: bool) -> ImportResult:
        """What an import would do, nothing of it done.

        Raises:
            InvalidArgumentsError: The file cannot be read, or not be understood.
        """

    async def deletions(self, plan: Plan) -> Preview:
        """Whom an import would erase, in words for whoever has to say yes.

        Raises:
            InvalidArgumentsError: The file cannot be read, or not be understood.
        """

    async def ask(self, sql: str) -> Answered:
        """The answer to a question in SQL; without one the tables that there are.

        Raises:
            InvalidArgumentsError: It is no question, or takes too long.
        """

    async def answer(self, question: str, asked: Plan) -> Answered:
        """The answer to a question that many ask: `funnel`, `retention`, `periods` or `revenue`.

        Raises:
            InvalidArgumentsError: It cannot be answered from what was exported.
        """


def bulk_of(client: Client) -> Bulk:
    """Who moves the data of an account.

    Raises:
        ConfigurationError: Nobody does: there is no data folder, it cannot be used, or what it takes is not installed.
    """
    if client.bulk is None:
        raise ConfigurationError(
            "Moving data takes a data folder: the operator sets CLEVERTAP_DATA_DIR and installs clevertap-mcp[data].",
            field="CLEVERTAP_DATA_DIR",
        )
    return client.bulk()
