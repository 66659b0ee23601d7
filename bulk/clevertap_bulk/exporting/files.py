"""The files that an export leaves: Parquet, JSON Lines or CSV, each with exactly the columns that it was promised.

Moments are timestamps with the project's zone in Parquet, ISO 8601 with the offset elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import csv, parquet

from clevertap_bulk.exporting.columns import TYPES, Kind
from clevertap_bulk.exporting.days import written_at
from clevertap_bulk.exporting.records import MOMENT, WHO
from clevertap_bulk.exporting.room import Sink

GROUP = 16 << 20
"""Bytes in memory of what is written to a file at once."""


class Writer(Protocol):
    """A format."""

    def write_table(self, table: Any) -> None:
        """Write some rows."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def schema(kinds: Mapping[str, Kind], zone: ZoneInfo | None = None) -> Any:
    """The columns of a file: the moment if there is a zone, who it was, then all others as they come."""
    moment = [] if zone is None else [pa.field(MOMENT, pa.timestamp("ms", tz=zone.key))]
    who = [pa.field(name, pa.string()) for name in WHO]
    return pa.schema([*moment, *who, *(pa.field(name, TYPES[kind]) for name, kind in kinds.items())])


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a file.

    Args:
        columns: What `schema` made.
        batches: The rows; what they lack of the columns is empty.
        zone: Whose offset moments are told with; None if there are no moments.
    """

    columns: Any
    batches: Iterable[Any]
    zone: ZoneInfo | None = None


def write(form: str, sink: Sink, content: Content) -> int:
    """Write a file.

    Args:
        form: `parquet`, `jsonl` or `csv`.
        sink: Where to.
        content: What to write.

    Returns:
        How many rows there were.

    Raises:
        NoRoomError: There is no room for them.
    """
    rows = 0
    with WRITERS[form](sink, content.columns, content.zone) as writer:
        for table in grouped(conformed(batch, content.columns) for batch in content.batches):
            writer.write_table(table)
            rows += table.num_rows
    return rows


def conformed(batch: Any, columns: Any) -> Any:
    """A batch with exactly these columns."""
    there = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type) if field.name in there else pa.nulls(batch.num_rows, field.type)
        for field in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def grouped(batches: Iterable[Any]) -> Iterator[Any]:
    """Batches put together to what is worth a write."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if sum(each.nbytes for each in group) >= GROUP:
            yield pa.Table.from_batches(group)
            group = []
    if group:
        yield pa.Table.from_batches(group)


def to_parquet(sink: Sink, columns: Any, _zone: ZoneInfo | None) -> Writer:
    """Parquet, packed by zstd."""
    writer: Writer = parquet.ParquetWriter(sink, columns, compression="zstd")
    return writer


class ToText:
    """A format for readers that know no types.

    Args:
        columns: What `schema` made.
        zone: Whose offset moments are told with.
    """

    def __init__(self, columns: Any, zone: ZoneInfo | None) -> None:
        self.columns = columns
        self._zone = zone

    def readable(self, table: Any) -> Any:
        """A table with its moments as texts."""
        if self._zone is None:
            return table
        seconds = table.column(MOMENT).cast(pa.int64()).to_pylist()
        moments = [None if each is None else written_at(each // 1000, self._zone) for each in seconds]
        return table.set_column(0, MOMENT, pa.array(moments, pa.string()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is held back."""


class ToJsonLines(ToText):
    """One JSON object a line, with the same keys in each."""

    def __init__(self, sink: Sink, columns: Any, zone: ZoneInfo | None) -> None:
        super().__init__(columns, zone)
        self._sink = sink
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def write_table(self, table: Any) -> None:
        """Write some rows."""
        names = self.columns.names
        for batch in self.readable(table).to_batches():
            values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            lines = [self._encode(dict(zip(names, row, strict=True))) for row in values]
            self._sink.write("".join(f"{line}\n" for line in lines).encode())


class ToCsv(ToText):
    """A heading, then a line for each row; an empty field is no value, a quoted empty one an empty text."""

    def __init__(self, sink: Sink, columns: Any, zone: ZoneInfo | None) -> None:
        super().__init__(columns, zone)
        textual = [field.with_type(pa.string()) if field.name == MOMENT else field for field in columns]
        self._writer = csv.CSVWriter(sink, pa.schema(textual))

    def write_table(self, table: Any) -> None:
        """Write some rows."""
        self._writer.write_table(self.readable(table))

    def __exit__(self, *error: object) -> None:
        self._writer.close()


WRITERS: Mapping[str, Callable[[Sink, Any, ZoneInfo | None], Writer]] = {
    "parquet": to_parquet,
    "jsonl": ToJsonLines,
    "csv": ToCsv,
}
