"""Pages of an export as columns, each read in the fastest way that shows it as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from clevertap_bulk.exporting import records, shape
from clevertap_bulk.exporting.columns import Arrays, Kind, kinds_of
from clevertap_bulk.exporting.days import Stamps
from clevertap_bulk.exporting.shape import RECORDS, Shape, UnlikeError
from clevertap_tools.page import Unfinished, read_page, read_records
from clevertap_tools.wire import Answer, JsonObject

OK = 200
SUCCESS = "success"
SMALL = 4096
"""Bytes; what is shorter may be a refusal, and is read before it is called an answer."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What one page holds.

    Args:
        next_cursor: The way on, None at the end.
        batch: Its records as an Arrow record batch, None if there are none.
        kinds: What was seen in the columns whose kind is open.
    """

    next_cursor: str | None
    batch: Any = None
    kinds: dict[str, set[Kind]] = field(default_factory=dict)

    @classmethod
    def of(cls, next_cursor: str | None, arrays: Arrays) -> Columns:
        """A page of some arrays."""
        kinds = {name: kinds_of(column) for name, column in arrays.items() if name not in records.FIXED}
        return cls(next_cursor, pa.RecordBatch.from_pydict(arrays), kinds)


class Pages:
    """The pages of one walk.

    Args:
        in_full: Makes columns of records.
        at_once: Makes columns of records that Arrow has read; None if it cannot.
    """

    def __init__(
        self, in_full: Callable[[list[JsonObject]], Arrays], at_once: Callable[[Any], Arrays] | None = None
    ) -> None:
        self._in_full = in_full
        self._at_once = at_once
        self._shape = Shape()

    @classmethod
    def of_events(cls, zone: ZoneInfo) -> Pages:
        """Pages of events of a project in a zone."""
        stamps = Stamps(zone)
        return cls(partial(records.event_columns, stamps=stamps), partial(shape.event_columns, stamps=stamps))

    @classmethod
    def of_people(cls) -> Pages:
        """Pages of people."""
        return cls(records.people_columns)

    def read(self, answer: Answer) -> Columns:
        """What a page holds.

        Raises:
            TooWideError: More properties than a file has columns.
            CleverTapError: It is no page; see `page.read_page`.
        """
        if self._at_once is not None:
            try:
                return self._by_shape(self._at_once, answer)
            except UnlikeError:
                pass  # the rest of this reads whatever there is
        body = read_once(answer)
        found = read_records(body, None)
        if not found.records:
            return Columns(found.next_cursor)
        self._shape.learn(body)
        return Columns.of(found.next_cursor, self._in_full(found.records))

    def _by_shape(self, at_once: Callable[[Any], Arrays], answer: Answer) -> Columns:
        page = self._shape.read(answer.body)
        said = {name: page.column(name)[0] for name in page.schema.names}
        if page.num_rows != 1 or answer.status != OK or said["status"].as_py() != SUCCESS or not said[RECORDS].is_valid:
            raise UnlikeError
        following, found = said.get("next_cursor"), said[RECORDS].values
        if not len(found):
            raise UnlikeError
        return Columns.of(following and following.as_py(), at_once(found))


def unread(answer: Answer) -> Answer | Unfinished:
    """An answer as it came, if it can only be a page; else if it is one.

    Raises:
        CleverTapError: It is none; see `page.read_page`.
    """
    if answer.status == OK and len(answer.body) >= SMALL:
        return answer
    body = read_page(answer)
    return body if isinstance(body, Unfinished) else answer


def read_once(answer: Answer) -> JsonObject:
    """What `page.read_page` says of a page, which it parses twice.

    Raises:
        CleverTapError: See `page.read_page`.
    """
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if answer.status == OK and isinstance(body, dict) and body.get("status") == SUCCESS:
        return body
    told = read_page(answer)
    return {} if isinstance(told, Unfinished) else told
