"""How one slice of a file is sent: what the journal knows as answered is not sent again, what was lost is told.

A batch is entered before it leaves and again when it is answered, so that after a crash it is known which ones nobody
knows about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from anyio.streams.memory import MemoryObjectReceiveStream

from clevertap_bulk.importing.batches import Batch
from clevertap_bulk.job import Part, Refused, Tally
from clevertap_bulk.pace import Places
from clevertap_bulk.work import Bench, StoppedError
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError, UnavailableError
from clevertap_tools.upload import BatchOutcome
from clevertap_tools.wire import Answer, Call

PAUSES: Final = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds before a batch that may leave again does, after the client has given up on it; then the job fails."""
LOST_IN_A_ROW = 5
"""Answers that may be lost one after the other before somebody has to look."""
TOO_MANY = 429
CHANGED = "the rows of 'file' are cut otherwise than when the import began; import it anew"


@dataclass(slots=True)
class Losses:
    """How many answers were lost since the last one that came."""

    running: int = 0


class Sender:
    """Sends the batches of one slice and keeps its account.

    Args:
        bench: The account and the journal.
        part: The slice.
        effect: What sending a record again would do.
        places: Who may send at the moment.
        losses: Shared by all slices.
    """

    def __init__(self, bench: Bench, part: Part, effect: Effect, places: Places, losses: Losses) -> None:
        self._bench, self._part, self._effect = bench, part, effect
        self._places, self._losses = places, losses
        self._before = bench.journal.batches(part)
        self.tally = Tally()
        self.failures: list[Exception] = []
        """Why it cannot go on, if it cannot; every lane ends at its next batch."""

    async def lane(self, batches: MemoryObjectReceiveStream[Batch]) -> None:
        """Send what comes, one batch after the other."""
        async with batches:  # closed, it tells whoever deals that nobody takes any more
            async for batch in batches:
                if self.failures:
                    return
                try:
                    await self._settle(batch)
                except (StoppedError, CleverTapError) as error:
                    self.failures.append(error)
                    return

    async def _settle(self, batch: Batch) -> None:
        answered, tally = self._before.get(batch.key, (False, None))
        if tally is None or (not answered and self._effect.repeatable):
            await self._send(batch)
            return
        if tally.rows != batch.count:
            raise InvalidArgumentsError.of("file", CHANGED)
        if answered:
            self.tally += tally
        else:
            await self._enter(batch, batch.lost(), batch.refused)

    async def _send(self, batch: Batch) -> None:
        if not batch.records:
            await self._enter(batch, *batch.settled(BatchOutcome(0, (), 0)))
            return
        for pause in (*PAUSES, None):
            self._bench.check_on()
            try:
                await self._sent(batch)
            except UnavailableError as error:
                if pause is None or error.lasting:
                    raise
                await self._bench.client.for_call().pause(pause)
            else:
                return

    async def _sent(self, batch: Batch) -> None:
        """Send a batch and enter what became of it.

        Raises:
            UnavailableError: It did not leave, or nobody knows and it may be repeated.
            RejectedError: CleverTap refused it whole.
        """
        journal, part = self._bench.journal, self._part
        async with self._places.place():
            await journal.leaves(part, batch.key, batch.count)
            try:
                outcome = await self._bench.client.for_call().send(watched(batch.call(self._effect), self._places))
            except CleverTapError as error:
                if not (isinstance(error, UnavailableError) and error.taken):
                    await journal.never_left(part, batch.key)
                    raise
                if self._effect.repeatable:
                    raise
                await self._enter(batch, batch.lost(), batch.refused)
                self._lose(error)
            else:
                self._losses.running = 0
                await self._enter(batch, *batch.settled(outcome))

    def _lose(self, error: CleverTapError) -> None:
        self._losses.running += 1
        if self._losses.running >= LOST_IN_A_ROW:
            self._losses.running = 0
            self.failures.append(error)

    async def _enter(self, batch: Batch, tally: Tally, refused: Sequence[Refused]) -> None:
        await self._bench.journal.answered(self._part, batch.key, tally, refused)
        self.tally += tally
        self._bench.progress(self._part, self.tally)


def watched(call: Call[BatchOutcome], places: Places) -> Call[BatchOutcome]:
    """A call of which each answer sets the pace."""
    read: Callable[[Answer], BatchOutcome] = call.read

    def paced(answer: Answer) -> BatchOutcome:
        (places.throttled if answer.status == TOO_MANY else places.answered)()
        return read(answer)

    return replace(call, read=paced)
