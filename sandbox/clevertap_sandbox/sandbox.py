"""The sandbox put together: the only module that knows all the others."""

from __future__ import annotations

import time
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Self

from starlette.applications import Starlette
from starlette.middleware import Middleware

from clevertap_sandbox.behaviours import Behaviours
from clevertap_sandbox.credentials import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE
from clevertap_sandbox.door.control import control_routes
from clevertap_sandbox.door.faults import FaultPlan
from clevertap_sandbox.door.front import Door, Front
from clevertap_sandbox.door.gate import Gate, Traffic
from clevertap_sandbox.door.log import RequestLog
from clevertap_sandbox.door.skew import with_skew
from clevertap_sandbox.endpoints.storage import storage_route
from clevertap_sandbox.project import Project
from clevertap_sandbox.routes import family, routes, unknown_path, wrong_method
from clevertap_sandbox.shop import SHOP, seed
from clevertap_sandbox.state.mails import all_mails
from clevertap_sandbox.state.sends import Sent, all_sent
from clevertap_sandbox.state.store import Store

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp


class Sandbox:
    """A local CleverTap project.

    Args:
        database: Where the data lives; in memory, or a file that keeps it.
        seed: CSV of customer_id,date,quantity,amount (plain or .gz) that fills a new project; None: nothing.
        zone: The project's time zone; a database file keeps the one it was made with.
        clock: Epoch seconds now.
        behaviours: How it behaves where CleverTap's behaviour is uncertain.
        account_id: The one account there is.
        passcode: Its passcode.
        account_token: Its account token, for the endpoints that take one.
        control: Whether faults can be planned, requests read and devices told of over HTTP (`/_sandbox/`).
        region: If set, a request to another CleverTap region's host is answered 401; the bare host is eu1.

    Nothing is opened or seeded before `open` or the first request that needs data. Safe to use from any thread.
    """

    def __init__(  # noqa: PLR0913 (the whole configuration, by keyword)
        self,
        database: str | Path = ":memory:",
        *,
        seed: Path | None = SHOP,
        zone: tzinfo = UTC,
        clock: Callable[[], float] = time.time,
        behaviours: Behaviours = Behaviours(),  # noqa: B008 (immutable)
        account_id: str = ACCOUNT_ID,
        passcode: str = PASSCODE,
        account_token: str = ACCOUNT_TOKEN,
        region: str | None = None,
        control: bool = True,
    ) -> None:
        self.account_id = account_id
        self.passcode = passcode
        self.account_token = account_token
        self.faults = FaultPlan()
        """What shall go wrong."""
        self.requests = RequestLog()
        """The last requests to the API in order of arrival: a thousand, or as many as have 16 MB of bodies."""
        self._traffic = Traffic(behaviours)
        self._store = Store(database, str(zone), lambda db: _fill(db, seed, zone))
        project = Project(self._store, zone, with_skew(clock), behaviours, account_token)
        self._shelf = project.shelf
        gate = Gate(account_id, passcode, account_token, region, behaviours)
        door = Door(project, gate, self._traffic, self.faults, self.requests, family)
        self.app: ASGIApp = Starlette(
            routes=[
                *(control_routes(project, self._traffic, self.faults, self.requests) if control else ()),
                storage_route(project),
                *routes(project),
            ],
            middleware=[Middleware(Front, door=door)],
            exception_handlers={404: unknown_path(project), 405: wrong_method},  # type: ignore[dict-item]
        )
        """The ASGI application."""

    def peak(self, path: str) -> int:
        """The highest number of simultaneous requests seen for a path."""
        return self._traffic.peak(path)

    @property
    def sent(self) -> list[Sent]:
        """What was sent to named users so far, and to whom of those who are known."""
        with self._store.transaction() as db:
            return all_sent(db)

    @property
    def mails(self) -> list[str]:
        """What CleverTap would have told by e-mail so far: what came of uploaded files."""
        with self._store.transaction() as db:
            return all_mails(db)

    def open(self) -> bool:
        """Open the database now, and fill it if it is new.

        Returns:
            Whether it was; if not, it holds what it held.

        Raises:
            DatabaseError: the database cannot be opened, or is not this project's.
            SeedError: what shall fill it cannot be read.
        """
        return self._store.open()

    def close(self) -> None:
        """Close the database; what was in memory is gone, and so are uploaded files that nobody took."""
        self._shelf.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _fill(db: sqlite3.Connection, purchases: Path | None, zone: tzinfo) -> None:
    if purchases is not None:
        seed(db, purchases, zone)
