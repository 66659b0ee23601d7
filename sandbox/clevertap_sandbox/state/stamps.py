"""Stamps of many moments that lie near each other, as in uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.language.days import local_stamp

if TYPE_CHECKING:
    from datetime import tzinfo

QUARTER = 900
"""Seconds. Zones differ by whole quarters of an hour, and change their clocks on one."""


class Stamps:
    """Writes epoch seconds as yyyyMMddHHmmss in one zone, and asks the zone once per quarter of an hour."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._quarters: dict[int, int | None] = {}

    def stamp(self, ts: int) -> int:
        """Write a moment."""
        rest = ts % QUARTER
        try:
            quarter = self._quarters[ts - rest]
        except KeyError:
            quarter = self._quarters[ts - rest] = self._begin(ts - rest)
        if quarter is None:
            return local_stamp(ts, self._zone)
        return quarter + rest // 60 * 100 + rest % 60

    def _begin(self, ts: int) -> int | None:
        """Stamp the beginning of a quarter; None if it is none there: local mean times, the end of the calendar."""
        stamp = local_stamp(ts, self._zone)
        return stamp if stamp % 100 == 0 and stamp // 100 % 100 % 15 == 0 else None
