"""A question over 1,000,000 exported rows: seconds from asking to the answer, on one core.

The rows lie in 30 Parquet files, as an export leaves them, and are masked before the first question; how long that
takes is told too. Each question has a process of its own, whose start is part of its time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pyarrow as pa
from pyarrow import parquet

from benchmarks.finding import Finding, milliseconds
from clevertap_bulk.questions.asking import Answered, Questions
from clevertap_bulk.questions.mask import PERSONAL
from clevertap_bulk.workspace import Workspace
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms

AT_MOST = 1.0
"""Seconds of a question."""
MOST_TOKENS = 8_000
BYTES_PER_TOKEN = 2.6
ROWS = 1_000_000
DAYS = 30
PEOPLE = 50_000
PRODUCTS = 40
START = datetime(2026, 1, 1, tzinfo=UTC)
REPETITIONS = 7
WARM_UP = 1
MASK = Privacy(Pseudonyms("the key of a benchmark, long enough", "BENCHMARK")).of_columns(PERSONAL)
GROUPED = """
    SELECT "props.Product", count(*) AS events, count(DISTINCT identity) AS people, sum("props.Amount") AS revenue
    FROM "Charged" GROUP BY ALL ORDER BY revenue DESC
"""


def findings() -> Iterator[Finding]:
    """The time of the copy, of a question, and the size of its answer."""
    with TemporaryDirectory() as folder:
        fill(Path(folder, "export", "events", "Charged"))
        copied, asked, told = anyio.run(measured, Questions(Workspace(Path(folder)), MASK))
    assert sum(row[1] for row in told.rows) == ROWS, "not all rows were counted"
    yield Finding(f"masked copy of {ROWS:,} rows", f"{copied:.1f} s", "", copied, unit=" s")
    yield Finding(f"GROUP BY over {ROWS:,} rows", milliseconds(asked), "one core", asked, AT_MOST, " s")
    tokens = len(json.dumps(told.rows)) / BYTES_PER_TOKEN
    yield Finding("its answer", f"{tokens:.0f} tokens", f"{len(told.rows)} rows", tokens, MOST_TOKENS, " tokens")


async def measured(questions: Questions) -> tuple[float, float, Answered]:
    """Seconds of the copy, the median of the question's, and its answer."""
    began = time.perf_counter()
    await questions.tables()
    copied = time.perf_counter() - began
    taken = [await seconds(questions) for _ in range(WARM_UP + REPETITIONS)]
    return copied, median(taken[WARM_UP:]), await questions.ask(GROUPED)


async def seconds(questions: Questions) -> float:
    """Seconds of the question."""
    began = time.perf_counter()
    await questions.ask(GROUPED)
    return time.perf_counter() - began


def fill(folder: Path) -> None:
    """Write what was bought, a file a day."""
    folder.mkdir(parents=True)
    for day in range(DAYS):
        numbers = range(ROWS * day // DAYS, ROWS * (day + 1) // DAYS)
        moment = START + timedelta(days=day)
        parquet.write_table(pa.table(purchases(moment, numbers)), folder / f"{moment.date()}.parquet")


def purchases(moment: datetime, numbers: range) -> dict[str, Any]:
    """What was bought on a day, as columns."""
    who = [number * 7919 % PEOPLE for number in numbers]
    return {
        "ts": pa.array([moment + timedelta(seconds=n % 86_400) for n in numbers], pa.timestamp("ms", "UTC")),
        "identity": [f"customer-{person}" for person in who],
        "object_id": [f"__{person:08x}" for person in who],
        "email": [f"mira.{person}@example.org" for person in who],
        "phone": [f"+34911{person:06}" for person in who],
        "name": [f"Mira{person} Solano" for person in who],
        "platform": [("Web", "iOS", "Android")[person % 3] for person in who],
        "props.Amount": [number % 9973 / 100 for number in numbers],
        "props.Product": [f"Product {number % PRODUCTS}" for number in numbers],
        "props.Order": [f"ORD-2026-{number:07}" for number in numbers],
    }
