"""Sending many records and accounting for every one of them (reference: data 5).

Each record ends as accepted, refused (with CleverTap's reason), unaccounted (it left, the answer was lost) or unsent.
`accepted + refused + unaccounted == sent` and `sent + unsent == given`, whatever happens.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import anyio
import anyio.lowlevel

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnreadableAnswerError,
)
from clevertap_tools.limits import UPLOAD_PATH
from clevertap_tools.wire import Answer, Call, JsonObject

log = logging.getLogger(__name__)

Record = Mapping[str, Any]
RECORDS_PER_CALL = 1000
TOKENS_PER_CALL = 100
RECORD_NUMBER = "Skipped record number : "
ERROR_CODE_PREFIX = re.compile(r"ErrorCode: \d+ - ")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that CleverTap refused: its place among all records given, its code and its reason."""

    index: int | None
    code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of each record of one batch that left."""

    accepted: int
    refused: tuple[Refusal, ...]
    unaccounted: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of an upload and the place of the first one among all."""

    start: int
    records: Sequence[Record]

    @property
    def span(self) -> range:
        """The places of its records."""
        return range(self.start, self.start + len(self.records))


@dataclass(slots=True)
class Ledger:
    """The account of one upload, kept batch by batch."""

    sent: int = 0
    accepted: int = 0
    unaccounted: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    unsent: list[range] = field(default_factory=list)
    lost: list[range] = field(default_factory=list)
    errors: list[CleverTapError] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many records CleverTap refused."""
        return len(self.refusals)

    @property
    def unsent_count(self) -> int:
        """How many records never left."""
        return sum(map(len, self.unsent))

    @property
    def first_unsent(self) -> int | None:
        """The place of the first record that never left."""
        return min((span.start for span in self.unsent), default=None)

    def enter(self, batch: Batch, outcome: BatchOutcome) -> None:
        """A batch was answered."""
        self.sent += len(batch.records)
        self.accepted += outcome.accepted
        self.unaccounted += outcome.unaccounted
        self.refusals.extend(outcome.refused)
        if outcome.unaccounted:
            self.lost.append(batch.span)

    def enter_failure(self, batch: Batch, error: CleverTapError) -> None:
        """A batch got no account of its records: it was refused whole, lost, or never left."""
        self.errors.append(error)
        status = getattr(error, "status", None)
        if isinstance(error, RejectedError | RateLimitedError):
            reason = tuple(Refusal(index, status, error.message) for index in batch.span)
            self.enter(batch, BatchOutcome(0, reason, 0))
        elif isinstance(error, UnavailableError) and error.taken:
            self.enter(batch, BatchOutcome(0, (), len(batch.records)))
        else:
            self.unsent.append(batch.span)


async def upload(
    client: Client,
    records: Iterable[Record],
    *,
    effect: Effect,
    batch_size: int = RECORDS_PER_CALL,
    dry_run: bool = False,
    total: int | None = None,
) -> Ledger:
    """Send records in batches, several at a time, and account for every one.

    The records are taken from the iterable only as fast as they leave, so memory stays flat whatever their number.
    Nothing more is sent once CleverTap has refused a whole batch (401, 400) or the deadline has passed; the rest is
    read all the same and counted as unsent.

    Args:
        client: The account, with the deadline of this call.
        records: Records as CleverTap takes them.
        effect: `UPSERT` when repeating a record is harmless, else `APPEND`.
        batch_size: Records per request: at most 1000, for tokens 100.
        dry_run: Let CleverTap judge and store nothing.
        total: How many records there are, for the progress, if known.

    Returns:
        The account. It raises nothing for what happens to batches: see `Ledger.errors`.
    """
    ledger = Ledger()
    batches = cut(records, batch_size)
    flying: list[Batch] = []
    query = "dryRun=1" if dry_run else ""

    async def work() -> None:
        for batch in batches:
            if any(stops(error) for error in ledger.errors):
                ledger.unsent.append(batch.span)
                await anyio.lowlevel.checkpoint()  # the records may have no end
                continue
            flying.append(batch)
            try:
                ledger.enter(batch, await client.send(upload_call(batch, effect, query)))
            except CleverTapError as error:
                ledger.enter_failure(batch, error)
            flying.remove(batch)
            await client.report(ledger.sent, total, f"{ledger.accepted} accepted, {ledger.refused} refused")

    try:
        async with anyio.create_task_group() as group:
            for _ in range(client.upload_concurrency):
                group.start_soon(work)
    except anyio.get_cancelled_exc_class():
        for batch in flying:  # they may have left
            ledger.enter(batch, BatchOutcome(0, (), len(batch.records)))
        log.warning(
            "upload cancelled: %d sent, %d accepted, %d refused, %d unaccounted; unsent from index %d on",
            ledger.sent,
            ledger.accepted,
            ledger.refused,
            ledger.unaccounted,
            ledger.sent if ledger.first_unsent is None else ledger.first_unsent,
        )
        raise
    ledger.refusals.sort(key=lambda refusal: -1 if refusal.index is None else refusal.index)
    return ledger


def stops(error: CleverTapError) -> bool:
    """Whether the batches after this failure stay unsent: they would meet the same refusal, or no time is left."""
    return isinstance(error, RejectedError) or error.code == "deadline"


def cut(records: Iterable[Record], size: int) -> Iterator[Batch]:
    """Batches in order, made one at a time."""
    left = iter(records)
    start = 0
    while taken := list(islice(left, size)):
        yield Batch(start, taken)
        start += len(taken)


def upload_call(batch: Batch, effect: Effect, query: str) -> Call[BatchOutcome]:
    """The request that sends one batch."""
    return wire.post(UPLOAD_PATH, {"d": batch.records}, effect, lambda answer: read_upload(batch, answer), query)


def read_upload(batch: Batch, answer: Answer) -> BatchOutcome:
    """Account for every record of a batch, trusting the body over the HTTP status.

    Raises:
        CleverTapError: The batch was refused as a whole, or there is no account of it.
    """
    body = wire.read_body(answer)
    if "processed" not in body and "unprocessed" not in body:
        wire.read_envelope(answer)
        raise UnreadableAnswerError("CleverTap's answer to the upload does not account for its records.")
    refused = tuple(refusals(batch, wire.listed(body, "unprocessed"))) or refused_unnamed(batch, body)
    accepted = max(0, min(processed(body), len(batch.records) - len(refused)))
    return BatchOutcome(accepted, refused, len(batch.records) - accepted - len(refused))


def refused_unnamed(batch: Batch, body: JsonObject) -> tuple[Refusal, ...]:
    """All records of a batch, if CleverTap says that it refused every one without listing them; else none."""
    if processed(body) or str(body.get("status")).lower() != "fail":
        return ()
    return tuple(Refusal(index, None, wire.refusal_text(body)) for index in batch.span)


def processed(body: JsonObject) -> int:
    """How many records CleverTap says it took, 0 if it does not say."""
    return wire.natural(body.get("processed")) or 0


def refusals(batch: Batch, entries: Sequence[Any]) -> Iterator[Refusal]:
    """The refused records of a batch, each with its place among all records given; never more than it holds."""
    free = set(range(len(batch.records)))
    for entry in entries[: len(batch.records)]:
        told = entry if isinstance(entry, dict) else {}
        text = str(told.get("error", "no reason given"))
        position = position_of(text, told.get("record"), batch.records, free)
        free.discard(-1 if position is None else position)
        code = told.get("code")
        yield Refusal(
            None if position is None else batch.start + position,
            code if isinstance(code, int) else None,
            reason(text),
        )


def position_of(text: str, echo: object, records: Sequence[Record], free: set[int]) -> int | None:
    """Which record of the batch a refusal is about: by its number in the text, else by whom the echo names."""
    _, _, number = text.rpartition(RECORD_NUMBER)
    named = (wire.natural(number.strip()) or 0) - 1
    if named in free:
        return named
    if isinstance(echo, dict):
        return next((place for place in sorted(free) if same_subject(records[place], echo)), None)
    return None


def same_subject(record: Record, echo: Mapping[str, Any]) -> bool:
    """Whether an echoed record, which CleverTap has partly normalised, can be this one."""
    names = ("type", "identity", "objectId", "FBID", "GPID", "evtName", "ts", "value", "status")
    return all(str(record.get(name)) == str(echo.get(name)) for name in names)


def reason(text: str) -> str:
    """CleverTap's words without what the entry says anyway: the record's number in its batch and the code."""
    told, mark, number = text.rpartition(RECORD_NUMBER)
    words = told.rstrip(" .") if mark and number.strip().isdecimal() else text
    return ERROR_CODE_PREFIX.sub("", wire.clipped(words))
