"""Exports as they lie in a data folder, and questions on them with the server's own pseudonyms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import parquet

from clevertap_bulk.questions.asking import Limits, Questions
from clevertap_bulk.questions.mask import PERSONAL, Mask
from clevertap_bulk.workspace import Workspace
from clevertap_mcp.privacy.columns import ColumnMask
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms

ZONE = ZoneInfo("Europe/Madrid")
PSEUDONYMS = Pseudonyms("a key of the tests that is long enough", "TEST-PROJECT")
WHO = ("identity", "object_id", "email", "phone", "name", "platform")
Row = Mapping[str, Any]


def masked_by(pseudonyms: Pseudonyms = PSEUDONYMS) -> ColumnMask:
    """The mask that the server has for columns."""
    mask = Privacy(pseudonyms).of_columns(PERSONAL)
    assert mask
    return mask


def asking(folder: Path, mask: Mask | None = None, **limits: Any) -> Questions:
    """Questions on a data folder; without a mask personal data is shown."""
    return Questions(Workspace(folder), mask, ZONE, Limits(**limits))


def at(text: str) -> datetime:
    """A moment in the project's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def export(folder: Path, event: str, rows: Iterable[Row]) -> list[Path]:
    """Write rows as an export of an event does: one Parquet file a day."""
    days: dict[str, list[Row]] = {}
    for row in rows:
        days.setdefault(row["ts"].date().isoformat(), []).append(row)
    return [write(folder / "events" / event / f"{day}.parquet", each) for day, each in days.items()]


def write(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows as one file, with the columns that they all have together."""
    names = dict.fromkeys([*("ts" for row in rows if "ts" in row), *WHO, *(name for row in rows for name in row)])
    columns = {name: pa.array([row.get(name) for row in rows], column_type(name)) for name in names}
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)
    return path


def column_type(name: str) -> Any:
    """The type that exports give a column; None where it depends on the values."""
    if name == "ts":
        return pa.timestamp("ms", tz=ZONE.key)
    return pa.string() if name in WHO else None
