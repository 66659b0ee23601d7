"""What pages hold until all of them are there: one file for each part of a job, whole or not at all.

Each page stands in it as an Arrow stream of its own, since the next one may have other columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from clevertap_bulk.exporting.columns import Kind
from clevertap_bulk.exporting.pages import Columns
from clevertap_bulk.exporting.records import MOMENT
from clevertap_bulk.exporting.room import Sink
from clevertap_tools.wire import JsonObject

SUFFIX = ".arrow"
COLUMNS, UNTIMED = "columns", "untimed"
"""Under which keys the journal has what was found in a part."""
COMPRESSED = pa.ipc.IpcWriteOptions(compression="zstd")


@dataclass(slots=True)
class Spool:
    """A spool that is being written.

    Args:
        sink: Where to.
        rows: Records so far.
        kinds: What was seen in the columns whose kind is open.
        untimed: Records whose `ts` is no time.
    """

    sink: Sink
    rows: int = 0
    kinds: dict[str, set[Kind]] = field(default_factory=dict)
    untimed: int = 0

    def add(self, page: Columns) -> None:
        """Write the records of one page.

        Raises:
            NoRoomError: There is no room for them.
        """
        with pa.ipc.new_stream(self.sink, page.batch.schema, options=COMPRESSED) as stream:
            stream.write_batch(page.batch)
        self.rows += page.batch.num_rows
        self.untimed += page.batch.column(MOMENT).null_count if MOMENT in page.batch.schema.names else 0
        for name, kinds in page.kinds.items():
            self.kinds.setdefault(name, set()).update(kinds)

    @property
    def found(self) -> JsonObject:
        """What the end of the job has to know."""
        return {COLUMNS: {name: sorted(kinds) for name, kinds in self.kinds.items()}, UNTIMED: self.untimed}


def spool_path(folder: Path, part: int) -> Path:
    """Where the spool of a part lies among what is half-done of its job."""
    return folder / f"{part}{SUFFIX}"


def batches(path: Path) -> Iterator[Any]:
    """The record batches of a complete spool, in the order they came."""
    with pa.OSFile(str(path), "rb") as file:
        size = file.size()
        while file.tell() < size:
            with pa.ipc.open_stream(file) as stream:
                yield from stream
