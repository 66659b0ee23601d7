"""What every endpoint works with: the project, and one request as asked."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import RefusedError
from clevertap_sandbox.language.days import local_stamp
from clevertap_sandbox.state.demerges import settle_demerges
from clevertap_sandbox.state.people import settle_deletions
from clevertap_sandbox.state.polling import Pending
from clevertap_sandbox.state.shelf import Shelf
from clevertap_sandbox.state.walks import Walks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.state.store import Store


@dataclass(frozen=True, slots=True)
class Project:
    """One CleverTap project: its data, its zone, its clock and its temper."""

    store: Store
    zone: tzinfo
    clock: Callable[[], float]
    behaviours: Behaviours
    account_token: str = ""
    walks: Walks = field(default_factory=Walks)
    pending: Pending = field(default_factory=Pending)
    shelf: Shelf = field(default_factory=Shelf)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Lend the database in one transaction, with every deletion and demerge carried out that is due."""
        with self.store.transaction() as connection:
            settle_deletions(connection, self.clock())
            settle_demerges(connection, self.clock())
            yield connection

    def today(self) -> date:
        """The day it is in the project's zone."""
        return datetime.fromtimestamp(self.clock(), UTC).astimezone(self.zone).date()

    def stamp(self, ts: float) -> int:
        """Write epoch seconds as yyyyMMddHHmmss in the project's zone."""
        return local_stamp(ts, self.zone)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as far as an endpoint needs to know it."""

    path: str
    query: dict[str, str]
    body: bytes

    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path for each `{name}` of the endpoint."""

    def document(self) -> dict[str, Any]:
        """Read the body as a JSON object.

        Raises:
            RefusedError: 400 `Malformed JSON`. Reference: data 3.2.
        """
        document = self.value()
        if not isinstance(document, dict):
            raise RefusedError("Malformed JSON")
        return document

    def value(self) -> Any:
        """Read the body as JSON of any kind.

        Raises:
            RefusedError: 400 `Malformed JSON`. Reference: data 3.2.
        """
        try:
            value = json.loads(self.body.decode(), parse_constant=_no_number, parse_float=_finite)
            if b"\\u" in self.body:
                # An escaped half of a surrogate pair gets through the reader, but is no text.
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise RefusedError("Malformed JSON") from None
        return value


def _no_number(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
