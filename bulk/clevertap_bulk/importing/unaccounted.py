"""Which rows left and were never answered: found by cutting their slices once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from clevertap_bulk.importing.batches import Batch
from clevertap_bulk.importing.source import dealer, rows_of
from clevertap_bulk.job import Job, Part, Refused
from clevertap_bulk.work import Bench

LOST = "it left and the answer was lost: CleverTap may have taken it or not"


def lost_rows(job: Job, bench: Bench, parts: Iterable[Part]) -> Iterator[Refused]:
    """The unaccounted rows of some slices, in the order of the file.

    Where an answer came that does not account for all of its batch, these are all of that batch that was not refused.
    """
    found = chain.from_iterable(sorted(lost_in(job, part, bench)) for part in parts)
    refused = (each.row for each in bench.journal.refusals(job.id))
    return (Refused(row, None, LOST) for row in without(found, refused))


def lost_in(job: Job, part: Part, bench: Bench) -> Iterator[int]:
    """The rows of those batches of a slice that are not all accounted for."""
    lost = {key for key, (_, tally) in bench.journal.batches(part).items() if tally.unaccounted}
    return (row for batch in batches(job, part, bench) if batch.key in lost for row in set(batch.rows))


def batches(job: Job, part: Part, bench: Bench) -> Iterator[Batch]:
    """All batches of a slice, as they were cut."""
    dealing = dealer(job, part, bench)
    for row in rows_of(job, part, bench):
        if dealt := dealing.deal(row):
            yield dealt[1]
    yield from (batch for _, batch in dealing.rest())


def without(rows: Iterable[int], others: Iterator[int]) -> Iterator[int]:
    """Some rows without others; both ascend."""
    other = next(others, None)
    for row in rows:
        while other is not None and other < row:
            other = next(others, None)
        if row != other:
            yield row
