"""How much one call, and one day, may do at most."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from clevertap_mcp.refusals import OverCapError
from clevertap_mcp.trail.quota import Quota
from clevertap_tools.effect import Effect

if TYPE_CHECKING:
    from clevertap_tools.action import Arguments


@dataclass(frozen=True, slots=True)
class Caps:
    """The operator's figures; None is no cap.

    Args:
        audience: People that one send may reach.
        records: Records that one call may write, or people that it may erase.
        sends_per_day: Sends (campaigns, messages, triggers) of one project day, whatever each of them reaches.
        clock: The time of day in epoch seconds.
    """

    audience: int | None = None
    records: int | None = None
    sends_per_day: int | None = None
    clock: Callable[[], float] = time.time

    def check_records(self, effect: Effect, asked: Arguments) -> None:
        """Refuse a call with too many records.

        Raises:
            OverCapError: It has more than the cap, or nobody can tell how many.
        """
        self.check_count(effect, (asked.record_count or 0) if asked.countable else None)

    def check_count(self, effect: Effect, count: int | None) -> None:
        """Refuse so many records; None is as many as nobody can count.

        Raises:
            OverCapError: They are more than the cap, or nobody can tell.
        """
        if effect is Effect.READ or self.records is None or (count is not None and count <= self.records):
            return
        figure = "records that cannot be counted" if count is None else f"{count:,} records"
        raise OverCapError(
            f"This call has {figure}; the operator's cap is {self.records:,} a call. Nothing was sent.",
            next_step="Split the call, or have the operator raise max_records (CLEVERTAP_MAX_RECORDS).",
        )

    def check_reach(self, reach: int | None, *, may_send: bool) -> None:
        """Refuse what may message too many people, or nobody knows how many.

        Raises:
            OverCapError: It reaches more than the cap, or cannot be held against it.
        """
        if not may_send or self.audience is None or (reach is not None and reach <= self.audience):
            return
        figure = "nobody can tell how many people" if reach is None else f"{reach:,} people"
        raise OverCapError(
            f"This would reach {figure}; the operator's cap is {self.audience:,}. Nothing was sent.",
            next_step="Narrow the audience, or have the operator raise max_audience (CLEVERTAP_MAX_AUDIENCE).",
        )

    def quota(self, account: str, zone: tzinfo | None, sends: int = 1) -> Quota | None:
        """How many sends this project day may have (a day in UTC as long as its zone is not known).

        Args:
            account: The account.
            zone: The project's zone.
            sends: How many are to be made now.
        """
        if self.sends_per_day is None:
            return None
        midnight = datetime.fromtimestamp(self.clock(), zone or UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Quota(account, self.sends_per_day, midnight.timestamp(), sends)


NO_CAPS = Caps()
