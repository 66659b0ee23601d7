"""Rows come out of files as they stand there, in whichever format and packing, and from any place on."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from clevertap_bulk.reading import Form, Row, columns, form_of, rows, slices
from clevertap_bulk.reading.csv_records import records
from clevertap_bulk.reading.parquet_pages import groups, pages
from clevertap_tools.errors import InvalidArgumentsError

TABLE = [{"id": f"c-{n}", "note": f"n{n}", "amount": str(n)} for n in range(1, 24)]
PACKINGS: dict[str, Callable[[bytes], bytes]] = {"none": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


def as_csv(table: list[dict[str, Any]], **how: Any) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), **how)
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode()


def as_jsonl(table: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in table).encode()


def as_parquet(table: list[dict[str, Any]], **how: Any) -> bytes:
    into = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(table), into, **how)
    return into.getvalue()


def read(path: Path, first: int = 0, offset: int | None = None) -> list[Row]:
    return list(rows(path, *form_of(path), first, offset))


def values(found: list[Row]) -> list[dict[str, Any]]:
    assert [row.fault for row in found] == [None] * len(found)
    return [row.values for row in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


WRITTEN = {
    "csv": as_csv(TABLE),
    "csv with semicolons": as_csv(TABLE, delimiter=";"),
    "csv with tabs": as_csv(TABLE, delimiter="\t"),
    "csv, all quoted": as_csv(TABLE, quoting=csv.QUOTE_ALL, lineterminator="\n"),
    "csv with a byte order mark": b"\xef\xbb\xbf" + as_csv(TABLE),
    "csv without a last newline": as_csv(TABLE).rstrip(),
    "csv with blank lines": as_csv(TABLE).replace(b"c-5", b"\r\n\r\nc-5"),
    "json lines": as_jsonl(TABLE),
    "json lines with a byte order mark": b"\xef\xbb\xbf" + as_jsonl(TABLE),
    "json lines with blank lines": as_jsonl(TABLE).replace(b"\n", b"\r\n\r\n"),
    "parquet": as_parquet(TABLE),
    "parquet in groups": as_parquet(TABLE, row_group_size=4, use_dictionary=False),
    "parquet in new pages": as_parquet(TABLE, data_page_version="2.0", compression="zstd", row_group_size=10),
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("how", WRITTEN)
def test_a_file_is_read_whole_from_any_row_and_in_slices(path: Path, how: str, packing: str) -> None:
    packed = PACKINGS[packing](WRITTEN[how])
    path.write_bytes(packed)
    if packing != "none" and how.startswith("parquet"):
        with pytest.raises(InvalidArgumentsError, match="unpack it"):
            form_of(path)
        return
    found = read(path)
    form = form_of(path)
    assert form.packing == packing
    assert values(found) == TABLE
    assert [row.number for row in found] == list(range(len(TABLE)))
    for row in found:
        assert read(path, row.number) == found[row.number :]
        assert row.offset is None or read(path, row.number, row.offset) == found[row.number :]
    cut = list(slices(path, *form, 5))
    assert [each["first"] for each in cut] == ([0, 5, 10, 15, 20] if packing == "none" else [0])
    pieces = [islice(rows(path, *form, each["first"], each["offset"]), each["rows"]) for each in cut]
    assert [row for piece in pieces for row in piece] == found
    assert columns(path, *form) == (None if "json" in how else ("id", "note", "amount"))


CELLS = st.text(st.sampled_from('ab,;"\n\r é'), max_size=6)


@given(table=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), ending=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_written_as_csv_is_read_as_it_was(
    table: list[list[str]], ending: str, tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.mktemp("law") / "law.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL)
        writer.writerows([["a", "b", "c"], *table])
    found = list(rows(path, "csv", "none"))
    assert [list(each.values()) for each in values(found)] == table
    for row in found:
        assert next(rows(path, "csv", "none", row.number, row.offset)) == row


@given(text=st.text(st.sampled_from('ab,"\n'), max_size=40))
def test_rows_of_any_text_end_where_the_csv_module_ends_them(text: str) -> None:
    data = text.encode()
    try:
        found = [record.decode() for _, record in records(io.BufferedReader(io.BytesIO(data)), b",", 0)]
    except InvalidArgumentsError:
        assert text.count('"')
        found = None
    reader = csv.reader(io.StringIO(text, newline=""))
    expected = [row for row in reader if row]
    if found is None:
        # The module takes what is never closed for a cell that goes on to the end.
        assert len(expected) >= 1
    else:
        assert [next(csv.reader([record])) for record in found] == expected


def test_parquet_gives_the_kinds_that_it_was_written_with(path: Path) -> None:
    when = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)
    table = pa.table(
        {
            "text": ["a", None],
            "whole": [1, None],
            "fraction": [0.5, None],
            "flag": [True, None],
            "day": [date(2026, 3, 31), None],
            "when": pa.array([when, None], pa.timestamp("ns", "UTC")),
            "naive": pa.array([when.replace(tzinfo=None), None], pa.timestamp("ns")),
            "listed": [["a", "b"], None],
            "numbers": [[1, 2], None],
        }
    )
    parquet.write_table(table, path)
    first, empty = values(read(path))
    assert first == {
        "text": "a",
        "whole": 1,
        "fraction": 0.5,
        "flag": True,
        "day": date(2026, 3, 31),
        "when": when,
        "naive": when.replace(tzinfo=None),
        "listed": ["a", "b"],
        "numbers": [1, 2],
    }
    assert set(empty.values()) == {None}


@pytest.mark.parametrize(
    "how", [{}, {"data_page_version": "2.0"}, {"use_dictionary": False}, {"write_statistics": True}]
)
@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_every_page_of_a_parquet_file_is_found_by_its_header(path: Path, compression: str, how: Any) -> None:
    count = 30_000
    table = pa.table({"a": [f"text {n}" for n in range(count)], "b": range(count)})
    parquet.write_table(table, path, compression=compression, row_group_size=20_000, data_page_size=4_096, **how)
    assert page_counts(path) == [20_000, 20_000, 10_000, 10_000]


def test_every_page_of_another_writer_is_found_too(path: Path) -> None:
    duckdb.sql(f"COPY (SELECT range AS a, 'x' || range AS b FROM range(5000)) TO '{path}' (FORMAT parquet)")  # noqa: S608 - a path of ours
    assert page_counts(path) == [5_000, 5_000]
    assert values(read(path))[4_999] == {"a": 4_999, "b": "x4999"}


def page_counts(path: Path) -> list[int]:
    """The values of each column of each row group, as the headers of its data pages count them."""
    counts = []
    footer = parquet.read_metadata(path)
    with path.open("rb") as file:
        file.seek(-8 - footer.serialized_size, io.SEEK_END)
        for place, group in enumerate(groups(file.read(footer.serialized_size))):
            assert group.rows == footer.row_group(place).num_rows
            for column, chunk in enumerate(group.chunks):
                found = list(pages(file, chunk))
                assert (
                    sum(page.size for page in found) <= footer.row_group(place).column(column).total_uncompressed_size
                )
                counts.append(sum(page.values for page in found))
    return counts


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", b"a,b\n1,2\n", Form("csv", "none")),
        ("a.txt", b"a;b\n1;2\n", Form("csv", "none")),
        ("a", b'{"a":1}\n', Form("jsonl", "none")),
        ("a.csv", b'{"a":1}\n', Form("jsonl", "none")),
        ("a.json.gz", gzip.compress(b'{"a":1}\n', mtime=0), Form("jsonl", "gzip")),
        ("a.csv", zstandard.compress(b"a\n1\n"), Form("csv", "zstd")),
        ("a.csv", as_parquet(TABLE), Form("parquet", "none")),
        ("a.csv", b"ORCID,name\n1,x\n", Form("csv", "none")),
        ("a.tsv", b"BZhours\tn\n1\t2\n", Form("csv", "none")),
        ("a.csv.gz", gzip.compress(b"PAR1;b\n1;2\n", mtime=0), Form("csv", "gzip")),
    ],
)
def test_what_a_file_is_shows_in_it(tmp_path: Path, name: str, content: bytes, form: Form) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert form_of(path) == form


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.xlsx", b"PK\x03\x04 and more", "save it as CSV"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "save it as UTF-8"),
        ("a.json", b'[{"a": 1}]', "one object on each line"),
        ("a.json", b'"a"', "does not start with an object"),
        ("a.parquet", b"a,b\n1,2\n", "is called Parquet and is none"),
        ("a.csv.bz2", b"BZh91AY", "use gzip or zstd"),
        ("a.csv.bz2", bz2.compress(b"a,b\n1,2\n"), "use gzip or zstd"),
        ("a.orc", b"ORC\n,\x00\x01", "save it as Parquet"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy(tmp_path: Path, name: str, content: bytes, remedy: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidArgumentsError, match=remedy):
        form_of(path)


OPENING = """
import sys
from pathlib import Path
from clevertap_bulk.reading import form_of
form_of(Path(sys.argv[1]))
"""


def test_a_pipe_is_refused_without_waiting_for_anybody(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    command = [sys.executable, "-c", OPENING, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "'file' is no file: it is a pipe" in done.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentsError, match="cannot be read: No such file"):
        form_of(tmp_path / "nothing.csv")
    with pytest.raises(InvalidArgumentsError, match="cannot be read: No such file"):
        list(rows(tmp_path / "nothing.csv", "csv", "none"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'"a,b\n1,2\n', "no header"),
        (b"a,a\n1,2\n", "same name"),
        (b"\xff\n1\n", "no header"),
        (b"a\0b\n1\n", "no header"),
    ],
)
def test_a_header_that_names_no_columns_is_refused(path: Path, content: bytes, why: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InvalidArgumentsError, match=why):
        list(rows(path, "csv", "none"))


def test_a_column_without_a_name_is_called_by_its_place(path: Path) -> None:
    path.write_bytes(b",a\n0,1\n")
    assert values(read(path)) == [{"column 1": "0", "a": "1"}]
