"""One row for each person: an export of people over many events meets them once for each (reference: data 7.1).

Memory is bounded whatever the number of people: DuckDB groups on disk, and what remains is a place of 8 bytes each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import compute

from clevertap_bulk.exporting.spool import batches

KEYS = pa.schema([("key", pa.string()), ("place", pa.int64())])
LAST_PLACES = "SELECT max(place) AS place FROM people GROUP BY key ORDER BY place"
MEMORY = "128MB"
NONE = pa.array([], pa.int64())


def latest(spools: Sequence[Path], folder: Path) -> Iterator[Any]:
    """The record batches of some spools with each person where they came last.

    Args:
        spools: In the order they were asked for.
        folder: For what does not fit into memory.
    """
    places = last_places(spools, folder)
    for start, batch in placed(spools):
        begin, end = bisect_left(places, start), bisect_left(places, start + batch.num_rows)
        yield batch.take(pa.array([place - start for place in places[begin:end]], pa.int64()))


def last_places(spools: Sequence[Path], folder: Path) -> memoryview:
    """The places, in order, of the last record of each person."""
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder), "threads": "1"}) as db:
        db.register("people", pa.RecordBatchReader.from_batches(KEYS, keys(spools)))
        found: Any = db.sql(LAST_PLACES).to_arrow_table()
    return memoryview(pa.concat_arrays(found.column("place").chunks or [NONE]).buffers()[1]).cast("q")


def keys(spools: Sequence[Path]) -> Iterator[Any]:
    """Whom each record is about: their objectId, else their identity, else nobody but this record."""
    for start, batch in placed(spools):
        place = pa.array(range(start, start + batch.num_rows), pa.int64())
        key = compute.coalesce(
            marked("object ", batch.column("object_id")),
            marked("identity ", batch.column("identity")),
            marked("place ", place.cast(pa.string())),
        )
        yield pa.RecordBatch.from_arrays([key, place], schema=KEYS)


def marked(mark: str, names: Any) -> Any:
    """Names that cannot be taken for another kind of name."""
    return compute.binary_join_element_wise(mark, names, "")


def placed(spools: Sequence[Path]) -> Iterator[tuple[int, Any]]:
    """The record batches of some spools, each with the place of its first row."""
    place = 0
    for path in spools:
        for batch in batches(path):
            yield place, batch
            place += batch.num_rows
