"""Days and moments of a project: ranges cut into days, and local times made real ones.

A day is what a cursor can finish before it expires and what one file holds; CleverTap's query language knows nothing
smaller (reference: data 6 and 7.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import compute

from clevertap_tools.moments import stamped

MINUTE = "%Y%m%d%H%M"
DIGITS_OF_MINUTE = 12
HUNDRED = 100
SECONDS = 60


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last one, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


class Stamps:
    """Exported `ts` (yyyyMMddHHmmss, local, without an offset) as moments (reference: data 7.5).

    In the hour that a clock runs through twice nobody can tell which time is meant; the first is taken.

    Args:
        zone: The project's.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._type = pa.timestamp("s", tz=zone.key)
        self._begins: dict[int | None, int | None] = {None: None}

    def moments(self, stamps: Any) -> Any:
        """An array of stamps as one of moments; what is no time is missing."""
        minutes = compute.divide(stamps, HUNDRED)
        seconds = compute.subtract(stamps, compute.multiply(minutes, HUNDRED))
        different = minutes.unique()
        begins = pa.array([self._begin(minute) for minute in different.to_pylist()], pa.int64())
        moments = compute.add(begins.take(compute.index_in(minutes, different)), seconds)
        return compute.if_else(compute.less(seconds, SECONDS), moments, None).cast(self._type)

    def _begin(self, minute: int | None) -> int | None:
        """When a minute begins, in epoch seconds."""
        if minute not in self._begins:
            when = stamped(str(minute), MINUTE, DIGITS_OF_MINUTE)
            self._begins[minute] = None if when is None else int(when.replace(tzinfo=self._zone).timestamp())
        return self._begins[minute]


def written_at(epoch: int, zone: ZoneInfo) -> str:
    """A moment as ISO 8601 with the offset of its day."""
    return datetime.fromtimestamp(epoch, zone).isoformat()
