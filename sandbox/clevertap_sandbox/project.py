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
from clevertap_sandbox.state.cursors import Walks
from clevertap_sandbox.state.people import settle_deletions
from clevertap_sandbox.state.polling import Pending

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from clevertap_sandbox.behaviours import Behaviours
    from clevertap_sandbox.state.store import Store


@dataclass(frozen=True, slots=True)
class Project:
    """One CleverTap project: its data, its zone, its clock and its temper."""

    store: Store
    zone: tzinfo
    clock: Callable[[], float]
    behaviours: Behaviours
    walks: Walks = field(default_factory=Walks)
    pending: Pending = field(default_factory=Pending)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Lend the database in one transaction, with every deletion carried out that has become due."""
        with self.store.transaction() as connection:
            settle_deletions(connection, self.clock())
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

    def document(self) -> dict[str, Any]:
        """Read the body as a JSON object.

        Raises:
            RefusedError: 400 `Malformed JSON`. Reference: data 3.2.
        """
        try:
            document = json.loads(self.body, parse_constant=_no_number, parse_float=_finite)
            # An escaped half of a surrogate pair gets through the reader, but is no text.
            json.dumps(document, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise RefusedError("Malformed JSON")
        return document


def _no_number(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
