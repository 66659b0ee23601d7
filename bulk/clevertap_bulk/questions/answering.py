"""One question answered, in a process of its own: what it takes can be bounded, and ended, from outside.

A database in this process could not be kept from taking all memory, or from computing on when it is told to stop. The
question comes on standard input and the answer goes to standard output, as JSON; nothing else is inherited.
"""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from clevertap_bulk.questions.allowed import NotAllowedHereError, check
from clevertap_bulk.questions.wording import literal

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

Json = dict[str, Any]
Setting = str | bool | int | float | list[str]

TOGETHER: Final = 2_048
"""Rows that are taken from the database at a time."""
LONGEST: Final = 1_000
"""Characters of a text that are shown."""
CUT: Final = "…"
INTERVAL: Final = 3
"""Parts of a stretch of time: months, days, nanoseconds."""
BESIDES: Final = 1 << 30
"""Bytes that the process may take beside what the database is allowed: itself, and what it computes with."""
CLOSED: Final[dict[str, Setting]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "max_expression_depth": 250,
}


class TooLargeError(Exception):
    """There is no room for the whole answer."""


class Answering:
    """One question.

    Args:
        asked: What was asked, see `asking`.
    """

    def __init__(self, asked: Json) -> None:
        self._asked = asked
        self._rows: list[list[Any]] = []
        self._bytes = 0
        self._cut = False
        self._total = 0
        self._held: list[pa.RecordBatch] = []

    def answer(self) -> Json:
        """What was found: the first rows, and whether the rest is in the file."""
        import duckdb  # noqa: PLC0415 - its limits come first

        if not Path(self._asked["database"]).exists():
            return failed("gone", "")
        try:
            db = opened(self._asked)
            check(db, self._asked["sql"], self._asked["tables"])
            db.execute("SET lock_configuration = true")
            return self._read(db)
        except NotAllowedHereError as error:
            return failed("not_allowed", str(error))
        except (MemoryError, duckdb.OutOfMemoryException):
            return failed("memory", "")
        except TooLargeError:
            return failed("room", "")
        except duckdb.Error as error:
            return failed("sql", str(error)) if Path(self._asked["database"]).exists() else failed("gone", "")

    def _read(self, db: DuckDBPyConnection) -> Json:
        found = db.sql(self._asked["sql"], params=self._asked["parameters"] or None)
        reader = found.to_arrow_reader(TOGETHER)
        batches = iter(reader)
        self._show(batches)
        whole = not self._cut
        if not whole:
            self._write(reader.schema, batches)
        return {
            "columns": [
                {"name": name, "type": str(kind)} for name, kind in zip(found.columns, found.types, strict=True)
            ],
            "rows": self._rows,
            "total": self._total,
            "whole": whole,
        }

    def _show(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Take rows until no more can be shown; what was taken is held for the file."""
        for batch in batches:
            self._held.append(batch)
            for row in rows_of(batch):
                if not self._fits(row):
                    self._cut = True
                    return
            self._total += batch.num_rows

    def _fits(self, row: list[Any]) -> bool:
        shown = [clipped(value) for value in row]
        self._cut |= shown != row
        self._bytes += len(json.dumps(shown, ensure_ascii=False).encode(errors="replace"))
        if len(self._rows) >= self._asked["rows"] or self._bytes > self._asked["bytes"]:
            return False
        self._rows.append(shown)
        return True

    def _write(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """Write all rows to the file, those that were taken first."""
        with Path(self._asked["file"]).open("wb") as file:
            table = Table(file, schema, self._asked["file_bytes"])
            for each in chain(self._held, batches):
                table.write(each)
        self._total = table.rows


class Table:
    """A file of comma-separated values.

    Args:
        file: Where it is written.
        schema: The columns.
        most: Bytes that it may have.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema, most: int) -> None:
        import pyarrow as pa  # noqa: PLC0415 - its limits come first
        from pyarrow import csv  # noqa: PLC0415 - as above

        self._plain = [is_plain(field.type) for field in schema]
        columns = [
            pa.field(field.name, field.type if plain else pa.string())
            for field, plain in zip(schema, self._plain, strict=True)
        ]
        self._schema = pa.schema(columns)
        self._file = file
        self._most = most
        self._writer = csv.CSVWriter(file, self._schema)
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows.

        Raises:
            TooLargeError: The file has more bytes than it may.
        """
        import pyarrow as pa  # noqa: PLC0415 - as above

        columns = [
            column if plain else pa.array(map(as_text, column.to_pylist()), pa.string())
            for column, plain in zip(batch.columns, self._plain, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self.rows += batch.num_rows
        if self._file.tell() > self._most:
            raise TooLargeError


def opened(asked: Json) -> DuckDBPyConnection:
    """The masked copy, closed to everything but reading it."""
    import duckdb  # noqa: PLC0415 - its limits come first

    limits: dict[str, Setting] = {"threads": asked["threads"], "memory_limit": f"{asked['memory']}B"}
    db = duckdb.connect(asked["database"], read_only=True, config={**CLOSED, **limits})
    db.execute(f"SET TimeZone = {literal(asked['zone'])}")
    return db


def rows_of(batch: pa.RecordBatch) -> Iterator[list[Any]]:
    """The rows of a batch as JSON has them."""
    columns = [[as_json(value) for value in column.to_pylist()] for column in batch.columns]
    return map(list, zip(*columns, strict=True))


def as_json(value: Any) -> Any:
    """A value as JSON has it: moments in ISO 8601, whole numbers as such, what JSON lacks as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    if isinstance(value, tuple):
        if len(value) != INTERVAL:  # an entry of a map
            return [as_json(inner) for inner in value]
        months, days, nanoseconds = value
        return f"{months} months {days} days {nanoseconds / 1e9:g} seconds"
    return value.hex() if isinstance(value, bytes) else str(value)


def as_text(value: Any) -> str | None:
    """A value as it stands in a file of comma-separated values."""
    told = as_json(value)
    return told if told is None or isinstance(told, str) else json.dumps(told, ensure_ascii=False)


def is_plain(kind: pa.DataType) -> bool:
    """Whether values of a type can be written as they are."""
    from pyarrow import types as of  # noqa: PLC0415 - its limits come first

    return bool(of.is_integer(kind) or of.is_floating(kind) or of.is_boolean(kind) or of.is_string(kind))


def clipped(value: Any) -> Any:
    """A value as it is shown, long ones cut off."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + CUT
    if isinstance(value, list | dict) and len(told := json.dumps(value, ensure_ascii=False)) > LONGEST:
        return told[:LONGEST] + CUT
    return value


def failed(why: str, message: str) -> Json:
    """An answer that says why there is none."""
    return {"failed": why, "message": message}


def confine(asked: Json) -> None:
    """Bound what this process may take, whatever is computed in it, and leave nothing behind if it breaks."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - where there is one

    most = asked["memory"] + BESIDES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"])  # ends the process, whatever it does and whoever is gone


def main() -> None:
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    confine(asked)
    try:
        told = Answering(asked).answer()
    except RecursionError:
        told = failed("deep", "")
    except (ValueError, OverflowError, OSError, MemoryError) as error:
        told = failed("value", type(error).__name__)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
