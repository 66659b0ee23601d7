"""Batches that go out one after the other, where the first failure must stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.errors import CleverTapError
from clevertap_tools.upload import Batch, BatchOutcome, Ledger, Record, cut
from clevertap_tools.wire import Answer, Call


async def in_turn(
    client: Client, records: Sequence[Record], size: int, call_of: Callable[[Batch], Call[BatchOutcome]], told: str
) -> Ledger:
    """Send records in batches and account for every one; what comes after a refused or lost batch stays unsent.

    Args:
        client: The account, with the deadline of this call.
        records: All records.
        size: Records of one request.
        call_of: The request that sends one batch.
        told: What became of the accepted ones, for the progress: `accepted for deletion`.
    """
    ledger = Ledger()
    for batch in cut(records, size):
        if ledger.errors:
            ledger.unsent.append(batch.span)
            continue
        try:
            ledger.enter(batch, await client.send(call_of(batch)))
        except CleverTapError as error:
            ledger.enter_failure(batch, error)
        await client.report(ledger.sent, len(records), f"{ledger.accepted} {told}")
    return ledger


def all_or_none(batch: Batch) -> Callable[[Answer], BatchOutcome]:
    """Reads answers that speak for the whole batch: success means that all of it was accepted."""

    def read(answer: Answer) -> BatchOutcome:
        wire.read_envelope(answer)
        return BatchOutcome(len(batch.records), (), 0)

    return read
