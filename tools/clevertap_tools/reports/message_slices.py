"""Long ranges of message reports, asked for a fortnight at a time: a long one takes CleverTap minutes (data 8.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import anyio

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, CredentialsError
from clevertap_tools.limits import CONCURRENCY
from clevertap_tools.wire import JsonObject

REPORT = "/1/message/report.json"
MOST_DAYS = 14
"""Days of one request."""


@dataclass(slots=True)
class Slice:
    """Some days and what CleverTap says of them.

    Args:
        first: The first day.
        last: The last one.
        messages: What was read; None until then.
        error: What stood in the way.
    """

    first: date
    last: date
    messages: list[JsonObject] | None = None
    error: CleverTapError | None = None


def slices(first: date, last: date) -> list[Slice]:
    """A range cut into fortnights, in order."""
    starts = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, MOST_DAYS)]
    return [Slice(start, min(last, start + timedelta(days=MOST_DAYS - 1))) for start in starts]


async def read_slices(client: Client, parts: Sequence[Slice], filters: JsonObject) -> None:
    """Ask for every slice, as many at a time as CleverTap lets; each keeps its messages or its error.

    Credentials that were refused once are not tried again.
    """
    places, done = anyio.CapacityLimiter(CONCURRENCY), 0

    async def ask(part: Slice) -> None:
        nonlocal done
        async with places:
            part.error = next((each.error for each in parts if isinstance(each.error, CredentialsError)), None)
            try:
                part.messages = None if part.error else await messages(client, part, filters)
            except CleverTapError as error:
                part.error = error
        done += 1
        await client.report(done, len(parts), f"{part.first} to {part.last}")

    async with anyio.create_task_group() as together:
        for part in parts:
            together.start_soon(ask, part)


async def messages(client: Client, part: Slice, filters: JsonObject) -> list[JsonObject]:
    """The messages that began on the days of a slice.

    Raises:
        CleverTapError: See `Client.send`.
    """
    body = {"from": plain(part.first), "to": plain(part.last), **filters}
    said = await client.send(wire.post(REPORT, body, Effect.READ, wire.read_envelope))
    return [each for each in wire.listed(said, "messages") if isinstance(each, dict)]


def plain(day: date) -> str:
    """A day as message reports take it: the text YYYYMMDD."""
    return day.isoformat().replace("-", "")


def spans(parts: Iterable[Slice]) -> list[str]:
    """The days of some slices, neighbours joined: `2026-01-15 to 2026-02-11`."""
    joined: list[tuple[date, date]] = []
    for part in parts:
        if joined and part.first - joined[-1][1] == timedelta(days=1):
            joined[-1] = (joined[-1][0], part.last)
        else:
            joined.append((part.first, part.last))
    return [f"{first} to {last}" for first, last in joined]
