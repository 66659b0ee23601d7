"""Exports come in pages, each behind a cursor (reference: data 7.1).

A page may be empty and still lead on; only a missing `next_cursor` is the end. A page that CleverTap has not finished
is asked for again with the same cursor. A cursor that leads back would lead round for ever, so it ends the walk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote_to_bytes

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Listing
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import DeadlineError
from clevertap_tools.query import OUR_WARNINGS as OF_QUERIES
from clevertap_tools.wire import Answer, Call, JsonObject

FIRST_WAIT = 2.0
LONGEST_WAIT = 15.0
GROWTH = 1.5
NO_LIMIT_BELOW = 23
"""Smaller batch sizes mean "no limit" to CleverTap, which spreads data over 23 buckets."""
IN_PROGRESS = 2
"""The body's code for a page that is not ready, under HTTP 200."""
ACCEPTED = 202
REPEATED = "CleverTap's cursor led back to a page that was read already; the walk ends here and may be incomplete."
NOT_READY = "CleverTap has not finished this page; ask again with this cursor in a minute."
OUR_WARNINGS = OF_QUERIES | {REPEATED, NOT_READY}


class Page(Listing):
    """Some records and the way to the next ones."""

    rows: ClassVar[str] = "records"

    records: list[dict[str, Any]]
    returned: int
    truncated: bool = Field(default=False, description="More exist")
    next_cursor: str | None = Field(default=None, description="Absent at the end")
    warning: str | None = None
    own_cursor: Annotated[str | None, Field(exclude=True)] = None
    """The cursor that this very page was read with; reading it again gives the same page."""
    wanted: Annotated[int | None, Field(exclude=True)] = None
    """How many records were asked for, when CleverTap cannot be asked for so few."""

    @property
    def theirs(self) -> frozenset[str]:
        """The records, and a warning that names properties of the project."""
        return frozenset({"records"} if self.warning in OUR_WARNINGS else {"records", "warning"})

    @property
    def about_people(self) -> bool:
        """Every record is of a person."""
        return True


class Unfinished:
    """CleverTap's word that a page is not ready."""


class UnfinishedError(DeadlineError):
    """CleverTap did not finish a page before the deadline."""


def read_page(answer: Answer) -> JsonObject | Unfinished:
    """The page, or that it is not ready: HTTP 202, or HTTP 200 with code 2.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    if answer.status == ACCEPTED:
        return Unfinished()
    if answer.status < 300 and wire.json_object(answer).get("code") == IN_PROGRESS:  # noqa: PLR2004 - HTTP's own number
        return Unfinished()
    return wire.read_envelope(answer)


async def first_page(client: Client, path: str, query: JsonObject, options: dict[str, str]) -> Page:
    """Start a walk and read its first page.

    Args:
        client: The account, with the deadline of this call.
        path: `/1/events.json` or `/1/profiles.json`.
        query: CleverTap's query.
        options: The parameters of the first request: `batch_size` and which parts to include.

    Raises:
        DeadlineError: CleverTap did not even start in time.
    """
    call = wire.post(path, query, Effect.READ, read_page, wire.query_string(options))
    started = await finished(client, call)
    cursor = started.get("cursor")
    return await page(client, path, str(cursor)) if cursor else read_records(started, None)


async def page(client: Client, path: str, cursor: str) -> Page:
    """The page behind a cursor; an empty one with the same cursor if CleverTap does not finish it in time."""
    call = wire.get(path, read_page, wire.cursor_query(cursor))
    try:
        body = await finished(client, call)
    except UnfinishedError:
        return Page(records=[], returned=0, truncated=True, next_cursor=cursor, warning=NOT_READY, own_cursor=cursor)
    return read_records(body, cursor)


async def finished(client: Client, call: Call[JsonObject | Unfinished]) -> JsonObject:
    """The answer to a call that CleverTap may need some time for; asks again until it is there.

    Raises:
        UnfinishedError: It was still not there at the deadline.
        CleverTapError: See `Client.send`.
    """
    wait, asked = FIRST_WAIT, 0
    try:
        while isinstance(body := await client.send(call), Unfinished):
            asked += 1
            await client.report(asked, None, "CleverTap is preparing the page")
            await client.pause(wait)
            wait = min(LONGEST_WAIT, wait * GROWTH)
    except DeadlineError:
        if not asked:
            raise
        raise UnfinishedError(NOT_READY) from None
    return body


def read_records(body: JsonObject, cursor: str | None) -> Page:
    """A finished page; a cursor that leads to itself is no way on."""
    records = [record for record in wire.listed(body, "records") if isinstance(record, dict)]
    following = str(body["next_cursor"]) if body.get("next_cursor") else None
    repeated = following is not None and cursor is not None and same_cursor(following, cursor)
    return Page(
        records=records,
        returned=len(records),
        truncated=following is not None,
        next_cursor=None if repeated else following,
        warning=REPEATED if repeated else None,
        own_cursor=cursor,
    )


def same_cursor(one: str, other: str) -> bool:
    """Whether two cursors are the same, however each is percent-encoded."""
    return unquote_to_bytes(one) == unquote_to_bytes(other)


async def walk(client: Client, path: str, first: Page) -> AsyncIterator[Page]:
    """Every page from a first one to the end; a cursor that was used before ends it with a warning."""
    used = {first.own_cursor}
    current = first
    while True:
        if current.next_cursor in used and current.next_cursor != current.own_cursor:
            current = current.model_copy(update={"next_cursor": None, "warning": REPEATED})
        yield current
        if current.next_cursor is None:
            return
        used.add(current.next_cursor)
        current = await page(client, path, current.next_cursor)


def asked_size(batch_size: int) -> int:
    """The batch size to ask CleverTap for."""
    return max(batch_size, NO_LIMIT_BELOW)
