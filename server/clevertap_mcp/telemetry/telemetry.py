"""Who is told what happens here, and by default is told nothing: the rest of the server knows only this."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from clevertap_mcp.telemetry.facts import Facts, facts
from clevertap_tools.flight import Flight, Observer

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

SCOPE = "clevertap-mcp"
"""What spans and metrics are made by."""
CALLS, SESSIONS, STORE_GONE = "clevertap_mcp.calls.in_flight", "clevertap_mcp.sessions", "clevertap_mcp.store.gone"
FIGURES = {
    CALLS: "Tool calls going on",
    SESSIONS: "Sessions and open streams over HTTP",
    STORE_GONE: "1 while the store cannot be reached, as far as anybody has tried",
}


class Telemetry(Observer, Protocol):
    """Whoever counts and measures; as an `Observer` also the requests to CleverTap. Nothing here raises."""

    @property
    def tracer(self) -> Tracer:
        """Makes the spans of messages."""

    def follow(self, figure: str, read: Callable[[], int]) -> None:
        """Read a figure whenever metrics are taken, maybe in another thread.

        Args:
            figure: One of `FIGURES`.
            read: Tells what it is at the moment; quick, and raises nothing.
        """

    def ended(self, call: Facts, seconds: float) -> None:
        """A tool call is over.

        Args:
            call: All that is known of it.
            seconds: How long it took, without the time that a person was asked.
        """


class Counting(AbstractContextManager[None]):
    """Adds the attempts of a request to those of the call that makes it.

    Args:
        flight: Where the request is.
    """

    __slots__ = ("_flight",)

    def __init__(self, flight: Flight) -> None:
        self._flight = flight

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        facts().attempts += self._flight.attempts


class Silent:
    """Tells nobody; the log alone knows of calls."""

    @property
    def tracer(self) -> Tracer:
        """One whose spans go nowhere, unless somebody sets OpenTelemetry up for the whole process later."""
        from opentelemetry.trace import get_tracer  # noqa: PLC0415 - the command line starts without it

        return get_tracer(SCOPE)

    def follow(self, figure: str, read: Callable[[], int]) -> None:
        """Nothing."""

    def ended(self, call: Facts, seconds: float) -> None:
        """Nothing."""

    def flying(self, _method: str, _path: str, flight: Flight) -> AbstractContextManager[object]:
        """Count the attempts, for the log."""
        return Counting(flight)


SILENT = Silent()
