"""What an action on many records answers: the account of every one of them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from clevertap_tools.action import Arguments, Listing, Result
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import Changed, CleverTapError, CredentialsError, IncompleteError, RateLimitedError
from clevertap_tools.upload import RECORDS_PER_CALL, Ledger, upload
from clevertap_tools.wire import JsonObject

MOST_RECORDS = 10_000
"""Records of one call; more belong into several calls, or into a file."""

DryRun = Annotated[bool, Field(description="Judge records, store none")]


class Uploading(Arguments):
    """What every upload takes besides its records."""

    dry_run: DryRun = False


def rows(given: object) -> object:
    """A range that was written as a list: its beginning, end and step."""
    return range(*given) if isinstance(given, list) else given


Rows = Annotated[range, BeforeValidator(rows)]


class RefusedRecord(Result):
    """One record that CleverTap refused."""

    index: int | None = Field(default=None, description="From 0")
    code: int | None = None
    reason: str


class UploadResult(Listing):
    """What became of every record: accepted + refused + unaccounted = sent, sent + unsent = given."""

    rows: ClassVar[str] = "refusals"

    sent: int
    """Records that left."""
    accepted: int
    refused: int
    """Refused by CleverTap, see `refusals`."""
    unaccounted: int = Field(description="Answer lost")
    unsent: int
    first_unsent: int | None = None
    """Index of the first unsent record."""
    refusals: list[RefusedRecord] = []
    truncated: bool = False
    """Whether `refusals` are cut."""
    warning: str | None = None
    errors: Annotated[tuple[str, ...], Field(exclude=True)] = ()
    """What went wrong with whole batches, in CleverTap's words where it had any."""
    at_fault: Annotated[str | None, Field(exclude=True)] = None
    """The field for which whole batches were refused."""
    lost: Annotated[tuple[Rows, ...], Field(exclude=True)] = ()
    left_behind: Annotated[tuple[Rows, ...], Field(exclude=True)] = ()
    advice: Annotated[str, Field(exclude=True)] = ""
    dry_run: Annotated[bool, Field(exclude=True)] = False

    model_config = Listing.model_config | {"arbitrary_types_allowed": True}

    @property
    def theirs(self) -> frozenset[str]:
        """The reasons, and what went wrong with whole batches."""
        return frozenset({"refusals", "errors"})

    @property
    def complete(self) -> bool:
        """Whether CleverTap accepted every record."""
        return self.accepted == self.sent + self.unsent

    @property
    def failure(self) -> CleverTapError | None:
        """Nothing was accepted, or some records are unaccounted or unsent."""
        if self.accepted and not self.unaccounted and not self.unsent:
            return None
        failed = IncompleteError(self._what_happened(), changed=self._changed(), next_step=self._what_next())
        failed.field = self.at_fault
        return failed

    def _changed(self) -> Changed:
        if self.dry_run:
            return "no"
        return "unknown" if self.unaccounted else "partly" if self.accepted else "no"

    def _what_happened(self) -> str:
        given = self.sent + self.unsent
        figures = f"{self.accepted} of {given} records were accepted"
        return f"{figures}. {' '.join(self.errors)}" if self.errors else f"{figures}."

    def _what_next(self) -> str:
        steps = []
        if self.unaccounted:
            steps.append(f"Records {spans(self.lost)} are unaccounted: {self.advice}")
        if self.left_behind:
            steps.append(f"Records {spans(self.left_behind)} were not sent: send just these again.")
        busy = sum(each.code == RateLimitedError.status for each in self.refusals)
        if busy:
            steps.append("Records refused with 429 were not looked at: send just these again, later.")
        if self.refused > busy:
            steps.append("Correct the refused records and send just these again.")
        return " ".join(steps)


def spans(ranges: tuple[range, ...]) -> str:
    """Places in a list as people write them: `0-999, 3000-3999`."""
    joined: list[range] = []
    for span in sorted(ranges, key=lambda span: span.start):
        if joined and joined[-1].stop == span.start:
            joined[-1] = range(joined[-1].start, span.stop)
        else:
            joined.append(span)
    return ", ".join(f"{span.start}-{span.stop - 1}" for span in joined)


ADVICE = {
    Effect.UPSERT: "sending them again is harmless.",
    Effect.APPEND: "sending them again may double them; count or export first what arrived.",
    Effect.SEND: "look first whether they arrived; what counts ($incr, $decr) counts twice when sent again.",
    Effect.READ: "it was a dry run, so nothing was stored.",
}


async def uploaded(
    client: Client,
    given: list[JsonObject],
    *,
    effect: Effect,
    dry_run: bool,
    batch_size: int = RECORDS_PER_CALL,
    warning: str | None = None,
) -> UploadResult:
    """Send records and tell what became of each."""
    ledger = await upload(client, given, effect=effect, batch_size=batch_size, dry_run=dry_run, total=len(given))
    return result_of(ledger, ADVICE[effect], warning, dry_run=dry_run)


def result_of(ledger: Ledger, advice: str, warning: str | None = None, *, dry_run: bool = False) -> UploadResult:
    """The account of many records as an answer.

    Args:
        ledger: What became of each record.
        advice: What to do about records whose answer was lost.
        warning: What else the caller should know.
        dry_run: Whether nothing was to be stored.
    """
    return UploadResult(
        sent=ledger.sent,
        accepted=ledger.accepted,
        refused=ledger.refused,
        unaccounted=ledger.unaccounted,
        unsent=ledger.unsent_count,
        first_unsent=ledger.first_unsent,
        refusals=[RefusedRecord(index=each.index, code=each.code, reason=each.reason) for each in ledger.refusals],
        warning=warning,
        errors=explained(ledger),
        at_fault=next((error.field for error in ledger.errors if error.field), None),
        lost=tuple(ledger.lost),
        left_behind=tuple(ledger.unsent),
        advice=advice,
        dry_run=dry_run,
    )


def explained(ledger: Ledger) -> tuple[str, ...]:
    """Each thing that went wrong with whole batches, once; after a 401 with what to check."""
    told = (
        f"{error.message} {error.next}" if isinstance(error, CredentialsError) else error.message
        for error in ledger.errors
    )
    return tuple(dict.fromkeys(told))
