"""Counts that are not ready at once: the partial / req_id flow. Reference: data 8.0."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass

from clevertap_sandbox.answers import Answer, RefusedError, answer

FIRST_REQ_ID = 412_000_000_000_001


@dataclass(slots=True)
class Held:
    """An answer kept back for some polls more (None: for ever), and until when it is kept at all."""

    answer: Answer
    polls: int | None
    until: float
    """Epoch seconds."""


class Pending:
    """Answers kept back until they have been polled for often enough, each known to one path."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(FIRST_REQ_ID)
        self._held: dict[tuple[str, int], Held] = {}

    def hold(self, path: str, held: Held, *, as_text: bool) -> Answer:
        """Keep an answer back and say `partial` in its place."""
        with self._lock:
            number = next(self._numbers)
            self._held[path, number] = held
        return _partial(number, as_text=as_text)

    def poll(self, path: str, req_id: str, now: float, *, as_text: bool) -> Answer:
        """Give the answer if its time has come, else `partial` with the same req_id.

        Raises:
            RefusedError: 400 `Invalid request id`: there is none of this path, or not any more.
        """
        number = int(req_id) if re.fullmatch(r"[0-9]{1,18}", req_id) else 0
        with self._lock:
            self._held = {key: held for key, held in self._held.items() if held.until > now}
            held = self._held.get((path, number))
            if held is None:
                raise RefusedError("Invalid request id")
            if held.polls == 0:
                return held.answer
            if held.polls is not None:
                held.polls -= 1
        return _partial(number, as_text=as_text)


def _partial(number: int, *, as_text: bool) -> Answer:
    return answer({"req_id": str(number) if as_text else number, "status": "partial"})
