"""What is sent in one request, and the account of its rows.

Batches are cut from the rows alone, so that the same slice of a file is always cut the same: that is how a resumed
import knows what has been sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from pydantic_core import to_json

from clevertap_bulk.job import Refused, Tally
from clevertap_tools import upload
from clevertap_tools.effect import Effect
from clevertap_tools.limits import UPLOAD_PATH
from clevertap_tools.upload import RECORDS_PER_CALL, TOKENS_PER_CALL, BatchOutcome, read_upload
from clevertap_tools.wire import Call, JsonObject, dump

MOST_BYTES = 4 << 20
"""Bytes of one body; CleverTap publishes no limit, other hosts of its kind take 5 MB."""
FRAME = len(b'{"d":[]}')
WEIGHTS = {"token": RECORDS_PER_CALL // TOKENS_PER_CALL, "deletion": RECORDS_PER_CALL // TOKENS_PER_CALL}
"""What records count for that go by the hundred, all others being 1 (reference: data 5 and 9.1)."""
Way = Literal["upload", "identity", "guid"]
"""How records are sent: uploaded, or the people erased that they name by the one or the other."""


def encoded(record: JsonObject) -> bytes:
    """A record as it is sent.

    Raises:
        ValueError: It holds a number that JSON does not know, or half a character.
    """
    written = to_json(record)
    if b"NaN" in written or b"Infinity" in written:  # they may stand in a text as well
        return dump(record)
    return written


class Written(Sequence[JsonObject]):
    """Records that are kept as they are sent, and read back only when somebody looks at one.

    Args:
        records: Each as JSON.
    """

    def __init__(self, records: Sequence[bytes]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, place: int) -> JsonObject: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[JsonObject]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return Written(self._records[place])
        return json.loads(self._records[place])


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one lane.

    Args:
        key: What the journal calls it: its lane and its number there.
        rows: The row of each record; a row may have several records, one after the other.
        records: Each record as it is sent.
        refused: Rows that never leave, because the published rules refuse them.
        way: How it is sent.
    """

    key: str
    rows: Sequence[int]
    records: Sequence[bytes]
    refused: Sequence[Refused]
    way: Way = "upload"

    @property
    def sent(self) -> int:
        """How many rows leave with it."""
        return len(set(self.rows))

    @property
    def count(self) -> int:
        """How many rows it accounts for."""
        return self.sent + len(self.refused)

    def call(self, effect: Effect) -> Call[BatchOutcome]:
        """The request that sends it."""
        if self.way != "upload":
            return erasing(self.way, self.records)
        given = upload.Batch(0, Written(self.records))
        body = b'{"d":[%b]}' % b",".join(self.records)
        return Call("POST", UPLOAD_PATH, effect, lambda answer: read_upload(given, answer), body=body)

    def settled(self, outcome: BatchOutcome) -> tuple[Tally, list[Refused]]:
        """The account of its rows: a row is refused as soon as one of its records is."""
        named = {
            self.rows[each.index]: Refused(self.rows[each.index], each.code, each.reason)
            for each in outcome.refused
            if each.index is not None
        }
        unnamed = sum(each.index is None for each in outcome.refused)
        refused = min(self.sent, len(named) + unnamed)
        unaccounted = min(self.sent - refused, outcome.unaccounted)
        accepted = self.sent - refused - unaccounted
        tally = Tally(self.count, accepted, refused + len(self.refused), unaccounted)
        return tally, [*self.refused, *named.values()]

    def lost(self) -> Tally:
        """Its account when it left and was never answered."""
        return Tally(self.count, 0, len(self.refused), self.sent)


def erasing(kind: Literal["identity", "guid"], records: Sequence[bytes]) -> Call[BatchOutcome]:
    """The request that erases the people whom records name."""
    from clevertap_bulk.segment.deletion import Deletion, deletion_call  # noqa: PLC0415 - only who needs it waits for it

    return deletion_call([Deletion(kind, record[kind]) for record in Written(records)])


class Cutter:
    """Cuts the rows of one lane into batches.

    Args:
        lane: The lane's number.
        most: Records in a batch, at most 1000; a push token counts for ten.
        most_bytes: Bytes in its body.
    """

    _rows: list[int]
    _records: list[bytes]
    _refused: list[Refused]
    _weight: int
    _bytes: int
    _way: Way

    def __init__(self, lane: int, most: int, most_bytes: int = MOST_BYTES) -> None:
        self._lane, self._most, self._most_bytes = lane, most, most_bytes
        self._made = 0
        self._begin()

    def add(self, row: int, records: Sequence[bytes], weight: int, way: Way = "upload") -> Batch | None:
        """One more row; gives the batch before it, if it has no place in that."""
        size = sum(map(len, records)) + len(records)  # with a comma each
        full = self._weight + weight > self._most or self._bytes + size > self._most_bytes
        batch = self._cut() if self._rows and (full or way != self._way) else None
        self._way = way
        self._rows.extend([row] * len(records))
        self._records.extend(records)
        self._weight += weight
        self._bytes += size
        return batch

    def refuse(self, refused: Refused) -> Batch | None:
        """One more row, which is not sent; gives the batch before it, if that refuses enough."""
        batch = self._cut() if len(self._refused) >= self._most else None
        self._refused.append(refused)
        return batch

    def rest(self) -> Batch | None:
        """The last batch."""
        return self._cut() if self._rows or self._refused else None

    def _cut(self) -> Batch:
        batch = Batch(f"{self._lane}-{self._made}", self._rows, self._records, self._refused, self._way)
        self._made += 1
        self._begin()
        return batch

    def _begin(self) -> None:
        self._rows, self._records, self._refused = [], [], []
        self._weight, self._bytes, self._way = 0, FRAME, "upload"
