"""The copy that questions are asked of: made of the files of exports, and made anew in what has changed of them.

Whoever asks meanwhile goes on with the copy that they have; the listing, which names the copy's file, is replaced last.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from clevertap_bulk.questions.files import MOMENT, TIME, Staged
from clevertap_bulk.questions.listing import LAYOUT, Column, Listing, Table, read_listing, written
from clevertap_bulk.questions.mask import Mask, fingerprint
from clevertap_bulk.questions.masking import Masking, copy_as_it_is
from clevertap_bulk.questions.sources import Group, found_groups
from clevertap_bulk.questions.wording import literal, quoted
from clevertap_bulk.workspace import NoRoomError, Workspace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

log = logging.getLogger(__name__)

FOLDER: Final = "questions"
LISTING: Final = "listing.json"
ENDING: Final = ".duckdb"
SPILL: Final = ".spill"
"""The folder for what does not fit into memory meanwhile."""
MEMORY: Final = 384
"""Mebibytes that making a copy may take; what is more goes to the disk."""
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

    def current(self) -> Listing:
        """The copy as the files are now, made if need be.

        Raises:
            NoRoomError: The quota or the disk would be full.
        """
        from filelock import FileLock  # noqa: PLC0415 - only where a copy is made

        groups = self._groups()
        if held := self._held(groups):
            return held
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with FileLock(self.folder / "lock", mode=0o600):
            groups = self._groups()
            return self._held(groups) or self._made(groups)

    def _groups(self) -> list[Group]:
        groups = found_groups(self._workspace)
        names = self._mask.texts([group.name for group in groups]) if self._mask else None
        return [replace(group, name=name) for group, name in zip(groups, names, strict=True)] if names else groups

    def _making(self) -> str:
        return json.dumps([LAYOUT, self.zone, fingerprint(self._mask)])

    def _held(self, groups: Sequence[Group]) -> Listing | None:
        held = self._latest()
        return held if held and held.is_of(groups) else None

    def _latest(self) -> Listing | None:
        """The last copy that was made in the way that it would be now."""
        known = read_listing(self.folder / LISTING)
        usable = known and known.made == self._making() and (self.folder / known.database).exists()
        return known if usable else None

    def _made(self, groups: Sequence[Group]) -> Listing:
        self._workspace.check_room(GROWTH * sum(source.size for group in groups for source in group.sources))
        before = self._latest()
        file = self.folder / (secrets.token_hex(8) + ENDING)
        with self._database(file) as db:
            if before:
                db.execute(f"ATTACH {literal(str(self.folder / before.database))} AS before (READ_ONLY)")
            tables = tuple(self._table(db, group, before) for group in groups)
        file.chmod(0o600)
        listing = Listing(file.name, self._making(), tables)
        with self._workspace.written(self.folder / LISTING) as temporary:
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
        except duckdb.OutOfMemoryException:
            raise NoRoomError(f"The copy of {group.name!r} takes more than {MEMORY} MiB of memory.") from None
        except duckdb.Error:  # its words may quote what is in the file
            log.warning("questions.unreadable_table", extra={"files": len(group.sources)})
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
        """Remove earlier copies, and what is left of one whose making was broken off."""
        for other in self.folder.iterdir():
            if other.suffix == SPILL:
                shutil.rmtree(other, ignore_errors=True)
            elif other.suffix in {ENDING, ".wal"} and other != file:
                other.unlink(missing_ok=True)


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
