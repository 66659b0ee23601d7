"""The project's data in SQLite: the schema, one connection, one transaction at a time.

Nothing is opened before the first use, so that making a sandbox costs nothing.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from clevertap_sandbox.language.geography import kilometres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERSION = 2
"""Of the schema; a file made with another one is refused, not guessed at."""
# Profiles are kept as the JSON they were uploaded as; the columns that look-ups need are derived from it, so
# the two cannot disagree. `local` is the time in the project's zone as yyyyMMddHHmmss: the form of exports
# (data 7.5) and, because it sorts, of the day windows of queries.
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    object_id TEXT NOT NULL UNIQUE,
    profile TEXT NOT NULL DEFAULT '{}',
    email TEXT GENERATED ALWAYS AS (json_extract(profile, '$.Email')) VIRTUAL,
    phone TEXT GENERATED ALWAYS AS (json_extract(profile, '$.Phone')) VIRTUAL,
    name TEXT GENERATED ALWAYS AS (json_extract(profile, '$.Name')) VIRTUAL
);
CREATE INDEX people_email ON people (email);
CREATE TABLE identities (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    person INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX identities_person ON identities (person, kind);
CREATE TABLE devices (
    object_id TEXT PRIMARY KEY,
    person INTEGER NOT NULL,
    platform TEXT NOT NULL,
    os_version TEXT,
    app_version TEXT,
    make TEXT,
    model TEXT,
    push_token TEXT,
    sdk_version TEXT,
    carrier TEXT,
    os TEXT,
    browser TEXT,
    form_factor TEXT,
    country TEXT,
    region TEXT,
    city TEXT,
    latitude REAL,
    longitude REAL
);
CREATE INDEX devices_person ON devices (person);
CREATE TABLE event_names (key TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    device TEXT,
    key TEXT NOT NULL,
    ts INTEGER NOT NULL,
    local INTEGER NOT NULL,
    props TEXT NOT NULL,
    session TEXT
);
CREATE INDEX events_day ON events (key, local, person);
CREATE INDEX events_person ON events (person, key, ts);
CREATE INDEX events_ts ON events (ts);
CREATE TABLE undisturbed (channel TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (channel, address));
CREATE TABLE unsubscribed (
    person INTEGER NOT NULL,
    channel TEXT NOT NULL,
    category TEXT NOT NULL,
    PRIMARY KEY (person, channel, category)
) WITHOUT ROWID;
CREATE TABLE deletions (person INTEGER NOT NULL, due REAL NOT NULL);
CREATE TABLE demerges (person INTEGER NOT NULL, due REAL NOT NULL);
CREATE TABLE sends (
    id INTEGER PRIMARY KEY,
    ts REAL NOT NULL,
    channel TEXT NOT NULL,
    campaign INTEGER,
    tag_group TEXT,
    body TEXT NOT NULL
);
CREATE TABLE receivers (send INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (send, person)) WITHOUT ROWID;
CREATE TABLE sms_templates (campaign INTEGER PRIMARY KEY, template TEXT NOT NULL);
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,
    starts REAL NOT NULL,
    last_starts REAL,
    scheduled INTEGER NOT NULL,
    estimates TEXT NOT NULL,
    held TEXT,
    held_at REAL,
    origin TEXT NOT NULL DEFAULT 'api'
);
CREATE TABLE paces (path TEXT NOT NULL, ts REAL NOT NULL);
CREATE TABLE catalogs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    attributes TEXT NOT NULL,
    mappings TEXT NOT NULL,
    sync TEXT,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated INTEGER NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE TABLE products (
    catalog INTEGER NOT NULL,
    identity TEXT NOT NULL,
    product TEXT NOT NULL,
    PRIMARY KEY (catalog, identity)
) WITHOUT ROWID;
CREATE TABLE content_blocks (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    created TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated TEXT NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE TABLE segments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    customer_id TEXT UNIQUE,
    status TEXT NOT NULL DEFAULT 'active'
);
CREATE TABLE members (segment INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (segment, person)) WITHOUT ROWID;
CREATE INDEX members_person ON members (person);
CREATE TABLE catalog_files (
    name TEXT PRIMARY KEY,
    location INTEGER NOT NULL,
    columns TEXT NOT NULL DEFAULT '[]',
    items INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE mails (id INTEGER PRIMARY KEY, ts REAL NOT NULL, address TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE variables (name TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
"""


# Uploads of millions of events touch a page of an index per person. So pages stay in 32 MB of memory, are written to
# a log that a killed process leaves whole, and only every 64 MB to where they belong.
TUNING = ("synchronous = OFF", "journal_mode = WAL", "wal_autocheckpoint = 16000", "cache_size = -32000")
# Belongs to the connection, not to the project: see `walks`. SQLite keeps it in a file of its own if it grows.
SCRATCH = "CREATE TEMP TABLE settled (place INTEGER PRIMARY KEY, id INTEGER NOT NULL)"


def _check_version(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise DatabaseError("another version of the sandbox made it; start with a new file")


@lru_cache(maxsize=4096)
def event_key(name: str) -> str:
    """Event names compare without regard to case and without spaces. Reference: data 4.3."""
    return "".join(name.split()).casefold()


def _fold(value: object) -> str:
    # SQLite may try this on a value whose type another condition rules out.
    return str(value).casefold()


class DatabaseError(ValueError):
    """A database cannot be opened, or is not this project's; the message says why."""


class Store:
    """One SQLite database behind one lock."""

    def __init__(self, database: str | Path, zone: str, on_new: Callable[[sqlite3.Connection], None]) -> None:
        self._database = str(database)
        self._zone = zone
        self._on_new = on_new
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._is_new = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside a transaction: kept on success, undone on an exception."""
        with self._lock:
            connection = self._opened()
            connection.execute("BEGIN")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def open(self) -> bool:
        """Open the database, and make a new project in an empty one.

        Returns:
            Whether the project was made by this store, and not found.

        Raises:
            DatabaseError: It cannot be opened, or is not this project's.
        """
        try:
            with self._lock:
                self._opened()
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error
        return self._is_new

    def close(self) -> None:
        """Close the connection; an in-memory project is gone with it."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._database, check_same_thread=False, isolation_level=None)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.create_function("fold", 1, _fold, deterministic=True)
        connection.create_function("kilometres", 4, kilometres, deterministic=True)
        for pragma in TUNING:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(SCRATCH)
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone():
            _check_version(connection)
            self._check_zone(connection)
            return
        connection.execute("BEGIN")
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("INSERT INTO meta (name, value) VALUES ('zone', ?)", (self._zone,))
        self._on_new(connection)
        connection.execute("COMMIT")
        self._is_new = True

    def _check_zone(self, connection: sqlite3.Connection) -> None:
        """Local times are stored as such, so a project cannot change its zone."""
        (zone,) = connection.execute("SELECT value FROM meta WHERE name = 'zone'").fetchone()
        if zone != self._zone:
            raise DatabaseError(f"this project's time zone is {zone}, not {self._zone}")
