"""Rows go to lanes by whom they are about, so that one person's records keep their order.

What one lane sends leaves one batch after the other; different lanes send at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

from clevertap_bulk.importing.batches import WEIGHTS, Batch, Cutter, Way, encoded
from clevertap_bulk.job import Refused
from clevertap_bulk.reading import Row
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.records import NAMES
from clevertap_tools.wire import JsonObject, clipped

WHO = (*NAMES, "guid")
"""What a record can name somebody by; an `objectId` and a `guid` are the same."""
Records = Callable[[Row], Sequence[JsonObject]]
"""Turns a row into records; one of `UNMADE` says why it cannot."""
Dealt = tuple[int, Batch]
"""A batch and its lane."""
UNMADE = (ValueError, ArithmeticError, InvalidArgumentsError)
"""What is raised where a row makes no record: that row is refused, and the others go on."""
NOTHING = "holds nothing that CleverTap could take"


def lane_of(record: JsonObject, lanes: int) -> int:
    """The lane of a record: always the same for the same person, in every process."""
    for name in WHO:
        if name in record:
            return crc32(str(record[name]).encode()) % lanes
    return 0


class Dealer:
    """Deals the rows of one slice out to lanes, as batches.

    Args:
        records: What a row means.
        lanes: How many lanes there are.
        most: Records in a batch.
    """

    def __init__(self, records: Records, lanes: int, most: int) -> None:
        self._records = records
        self._cutters = [Cutter(lane, most) for lane in range(lanes)]

    def deal(self, row: Row) -> Dealt | None:
        """Take one row; gives a batch when one is full."""
        try:
            records = self._meant(row)
            written = list(map(encoded, records))
        except UNMADE as error:
            lane, batch = 0, self._cutters[0].refuse(Refused(row.number, None, reason(error)))
        else:
            lane = lane_of(records[0], len(self._cutters))
            batch = self._cutters[lane].add(row.number, written, weight(records), way(records[0]))
        return None if batch is None else (lane, batch)

    def rest(self) -> Iterator[Dealt]:
        """What is left at the end of the slice."""
        for lane, cutter in enumerate(self._cutters):
            if batch := cutter.rest():
                yield lane, batch

    def _meant(self, row: Row) -> Sequence[JsonObject]:
        if row.fault is not None:
            raise ValueError(row.fault)
        records = self._records(row)
        if not records:
            raise ValueError(NOTHING)
        return records


def weight(records: Sequence[JsonObject]) -> int:
    """What the records of a row count for in a batch."""
    total = 0
    for record in records:
        total += WEIGHTS.get(record["type"], 1)
    return total


def way(record: JsonObject) -> Way:
    """How a record is sent."""
    if record["type"] != "deletion":
        return "upload"
    return "identity" if "identity" in record else "guid"


def reason(error: Exception) -> str:
    """Why a row is refused, in one line."""
    return clipped(error.message if isinstance(error, InvalidArgumentsError) else str(error))
