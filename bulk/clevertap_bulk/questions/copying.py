"""The copy that questions are asked of: made of the files of exports, and made anew in what has changed of them.

Whoever asks meanwhile goes on with the copy that they have; the listing, which names the copy's file, is replaced last.
Processes that mask in different ways, each with a key of its own, have copies of their own.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from clevertap_bulk.questions.files import MOMENT, TIME, Staged, TooWideError
from clevertap_bulk.questions.listing import LAYOUT, Column, Listing, Table, read_listing, written
from clevertap_bulk.questions.mask import Mask, fingerprint
from clevertap_bulk.questions.masking import Masking, copy_as_it_is
from clevertap_bulk.questions.sources import Group, found_groups
from clevertap_bulk.questions.wording import literal, quoted, told_apart
from clevertap_bulk.workspace import Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

FOLDER: Final = "questions"
LISTING: Final = ".json"
ENDING: Final = ".duckdb"
LOCK: Final = "lock"
SPILL: Final = ".spill"
"""The folder for what does not fit into memory meanwhile."""
MEMORY: Final = 384
"""Mebibytes that making a copy may take; what is more goes to the disk."""
UNUSED: Final = 3600
"""Seconds after which a copy that others have made in another way, or the rest of an answer, is used no more."""
GROWTH: Final = 6
"""How many times its files a copy may be while it is made: Parquet is small."""


class MaskedCopy:
    """The copy of one data folder.

    Args:
        workspace: The data folder.
        mask: What is put in place of personal data; None where it may be shown.
        zone: The project's time zone, in which moments are told.
    """

    def __init__(self, workspace: Workspace, mask: Mask | None, zone: ZoneInfo | None) -> None:
        self._workspace = workspace
        self._mask = mask
        self.zone = zone.key if zone else "UTC"
        self.folder = workspace.own / FOLDER
        self._making = json.dumps([LAYOUT, self.zone, fingerprint(mask)])
        self._name = sha256(self._making.encode()).hexdigest()[:12]

    def current(self) -> Listing:
        """The copy as the files are now, made if need be.

        Raises:
            NoRoomError: The quota or the disk would be full.
        """
        from filelock import FileLock  # noqa: PLC0415 - only where a copy is made

        groups = self._groups()
        if held := self._held(groups):
            self._listed.touch()
            return held
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with FileLock(self.folder / LOCK, mode=0o600):
            groups = self._groups()
            return self._held(groups) or self._made(groups)

    @property
    def _listed(self) -> Path:
        """Where the listing lies."""
        return self.folder / (self._name + LISTING)

    def _groups(self) -> list[Group]:
        groups = found_groups(self._workspace)
        if not self._mask or not groups:
            return groups
        names = told_apart(self._mask.texts([group.name for group in groups]))
        return [replace(group, name=name) for group, name in zip(groups, names, strict=True)]

    def _held(self, groups: Sequence[Group]) -> Listing | None:
        held = self._latest()
        return held if held and held.is_of(groups) else None

    def _latest(self) -> Listing | None:
        """The last copy that was made in the way that it would be now."""
        known = read_listing(self._listed)
        usable = known and known.made == self._making and (self.folder / known.database).exists()
        return known if usable else None

    def _made(self, groups: Sequence[Group]) -> Listing:
        self._workspace.check_room(GROWTH * sum(source.size for group in groups for source in group.sources))
        before = self._latest()
        file = self.folder / f"{self._name}-{secrets.token_hex(8)}{ENDING}"
        with self._database(file) as db:
            if before:
                db.execute(f"ATTACH {literal(str(self.folder / before.database))} AS before (READ_ONLY)")
            tables = tuple(self._table(db, group, before) for group in groups)
        file.chmod(0o600)
        listing = Listing(file.name, self._making, tables)
        with self._workspace.written(self._listed) as temporary:
            temporary.write_text(written(listing), encoding="utf-8")
        self._remove_others(file)
        return listing

    @contextmanager
    def _database(self, file: Path) -> Iterator[DuckDBPyConnection]:
        """A new database."""
        import duckdb  # noqa: PLC0415 - only where a copy is made

        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{MEMORY}MiB",
            "preserve_insertion_order": False,
            "temp_directory": str(file.with_suffix(SPILL)),
            "threads": 2,
        }
        db = duckdb.connect(file, config=settings)
        try:
            db.execute(f"SET TimeZone = {literal(self.zone)}")
            yield db
        finally:
            db.close()

    def _table(self, db: DuckDBPyConnection, group: Group, before: Listing | None) -> Table:
        if before and (known := before.table_of(group)) and known.columns:
            db.execute(f"CREATE TABLE {quoted(group.name)} AS FROM before.main.{quoted(group.name)}")
            return known
        import duckdb  # noqa: PLC0415 - only where a copy is made

        db.execute("ATTACH ':memory:' AS raw")
        try:
            self._copied(db, group)
        except (duckdb.Error, TooWideError) as error:  # its words may quote what is in the file
            log.warning("questions.unreadable_table: %s", type(error).__name__, extra={"files": len(group.sources)})
            return Table(group.name, group.holds, 0, None, None, (), group.sources)
        finally:
            db.execute("DETACH raw")
        return described(db, group)

    def _copied(self, db: DuckDBPyConnection, group: Group) -> None:
        staged = Staged(db, self._workspace.folder, group)
        if self._mask:
            Masking(db, staged, self._mask).copy(group.name)
        else:
            copy_as_it_is(db, staged, group.name)

    def _remove_others(self, file: Path) -> None:
        """Remove earlier copies, what is left of one whose making was broken off, and what nobody uses any more."""
        used = {listing.stem for listing in self.folder.glob(f"*{LISTING}") if age(listing) <= UNUSED}
        for other in set(self.folder.iterdir()) - {file, self._listed, self.folder / LOCK}:
            whose = other.name.partition("-")[0]
            if whose != self._name and (whose in used or age(other) <= UNUSED):
                continue  # somebody else's, with a key of their own
            if other.suffix == SPILL:
                shutil.rmtree(other, ignore_errors=True)
            else:
                other.unlink(missing_ok=True)


def age(file: Path) -> float:
    """How many seconds ago a file was written, or touched."""
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def described(db: DuckDBPyConnection, group: Group) -> Table:
    """What a table is, now that it is made."""
    table = quoted(group.name)
    columns = tuple(Column(row[0], row[1]) for row in db.execute(f"DESCRIBE {table}").fetchall())
    timed = Column(TIME, MOMENT) in columns
    span = f"CAST(min({TIME}) AS VARCHAR), CAST(max({TIME}) AS VARCHAR)" if timed else "NULL, NULL"
    told = db.execute(f"SELECT count(*), {span} FROM {table}").fetchone()  # noqa: S608 - our name
    rows, *moments = told or (0, None, None)
    first, last = (moment and datetime.fromisoformat(moment).isoformat() for moment in moments)
    return Table(group.name, group.holds, rows, first, last, columns, group.sources)
