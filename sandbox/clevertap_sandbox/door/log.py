"""The request log: what arrived lately, as it arrived."""

from __future__ import annotations

from dataclasses import dataclass

MOST_RECORDED = 1000
"""Requests that the log keeps: a sandbox may run for months."""
MOST_BYTES = 16_000_000
"""Bytes of their bodies that it keeps: uploads are large."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived. Header names are in lower case; `query` is decoded once."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]


class RequestLog(list[Recorded]):
    """The last requests in order of arrival; only `record` and `clear` change it."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

    def record(self, recorded: Recorded) -> None:
        """Add a request, and forget the oldest ones if there are too many."""
        self.append(recorded)
        self._bytes += len(recorded.body)
        while len(self) > MOST_RECORDED or (self._bytes > MOST_BYTES and len(self) > 1):
            self._bytes -= len(self.pop(0).body)

    def clear(self) -> None:
        """Forget them all."""
        super().clear()
        self._bytes = 0
