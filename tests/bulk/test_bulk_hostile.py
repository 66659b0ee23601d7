"""Files that mean harm, or are broken: rows are refused or the file is, in clear words and within bounded memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from clevertap_bulk.reading import form_of, rows
from clevertap_bulk.reading.packing import LARGEST_WINDOW
from clevertap_bulk.reading.row import LONGEST
from clevertap_bulk.workspace import Workspace
from clevertap_tools.errors import InvalidArgumentsError

PROCESS = Path(__file__).with_name("reading_process.py")
MIB = 1 << 20


def read_in(path: Path, format: str, packing: str = "none", *, memory: int) -> dict[str, Any]:  # noqa: A002 - as plans call it
    """What a process makes of a file that may have so many MiB beside what it needs anyway."""
    command = [sys.executable, str(PROCESS), str(path), format, packing, str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refusal(path: Path) -> str:
    """Why a file is refused as a whole."""
    with pytest.raises(InvalidArgumentsError) as refused:
        list(rows(path, *form_of(path)))
    return refused.value.message


def with_hole(path: Path, before: bytes, size: int, after: bytes) -> Path:
    """A file with so many NULs in its middle, which take no room on the disk."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(size, os.SEEK_CUR)
        file.write(after)
    return path


@pytest.mark.parametrize(
    ("form", "before", "after"), [("csv", b"a,b\n1,2\n", b"\n3,4\n"), ("jsonl", b'{"a":1}\n', b'\n{"a":2}\n')]
)
def test_a_line_without_end_is_one_refused_row(tmp_path: Path, form: str, before: bytes, after: bytes) -> None:
    path = with_hole(tmp_path / "long", before, 200 * MIB, after)
    found = read_in(path, form, memory=64)
    assert found == {"good": 2, "faults": {f"is longer than {LONGEST:,} bytes": 1}, "slices": 1}


def test_a_line_without_end_that_has_quotation_marks_ends_the_reading(tmp_path: Path) -> None:
    path = with_hole(tmp_path / "long", b"a,b\n1,2\n", 200 * MIB, b'"\n3,4\n')
    assert "has a line of more than" in read_in(path, "csv", memory=64)["error"]


@pytest.mark.parametrize("content", [b'a,b\n1,"2\n' + b"3,4\n" * 500_000, b'a,b\n1,"2\n3,4\n'])
def test_a_quotation_mark_that_is_never_closed_ends_the_reading(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "open.csv"
    path.write_bytes(content)
    assert "in the row that starts at byte 4" in refusal(path)


@pytest.mark.parametrize("filling", [b"a", b"1," + b"2" * 98 + b"\n"])
@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_what_unpacks_to_many_times_its_size_is_refused(tmp_path: Path, packing: str, filling: bytes) -> None:
    path = tmp_path / "bomb"
    unpacked = b"a,b\n1,2\n" + filling * (20 * MIB // len(filling))
    path.write_bytes(gzip.compress(unpacked) if packing == "gzip" else zstandard.compress(unpacked))
    assert "unpacks to more than" in read_in(path, "csv", packing, memory=96)["error"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_of_blank_lines_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "blank"
    path.write_bytes(b"a\n" + b"\n" * 100_001)
    with pytest.raises(InvalidArgumentsError, match="more than 100,000 blank lines"):
        list(rows(path, form, "none"))


def test_a_packing_that_wants_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide"
    level = zstandard.ZstdCompressionParameters(window_log=26)
    with path.open("wb") as file, zstandard.ZstdCompressor(compression_params=level).stream_writer(file) as into:
        into.write(random.Random(1).randbytes(MIB))
    assert f"{LARGEST_WINDOW >> 20} MiB" in read_in(path, "csv", "zstd", memory=96)["error"]


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_packed_file_that_is_cut_off_is_refused(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "cut"
    unpacked = b"a\n" + b"".join(b"%d\n" % n for n in range(100_000))
    packed = gzip.compress(unpacked) if packing == "gzip" else zstandard.compress(unpacked)
    path.write_bytes(packed[: len(packed) // 2])
    assert "damaged" in refusal(path)


BAD = {
    b"\xff\xfe": "is not UTF-8 text",
    b"\xc3": "is not UTF-8 text",
    b"x\0y": "holds a NUL character",
    b"1,1": "has 3 cells where the header has 2",
    b"x\ry": "is no CSV: a line break is out of place, or a cell has more than 131,072 characters",
    b"x" * 200_000: "is no CSV: a line break is out of place, or a cell has more than 131,072 characters",
    b'"'
    + b"x" * 200_000
    + b'\n"': "is no CSV: a line break is out of place, or a cell has more than 131,072 characters",
}


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_broken_row_of_csv_is_refused_and_the_others_go_on(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"a,b\n1,2\n%s,2\n3,4\n" % bad)
    found = list(rows(path, "csv", "none"))
    assert [row.fault for row in found] == [None, BAD[bad], None]
    assert [row.values for row in found][::2] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


BAD_JSON = {
    b'{"a": "\xff"}': "is not UTF-8 text",
    b'{"a": "\\u0000"}': "holds a NUL character",
    b'{"a": "\\ud800"}': "holds half a character",
    b'{"a": NaN}': "holds NaN, which is no JSON",
    b'{"a": 1': "is no JSON at character 9",
    b"[1]": "is no JSON object",
    b"[" * 100_000: "is nested too deep, or has a number without end",
    b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}": "is nested too deep, or has a number without end",
    b'{"a": ' + b"1" * 100_000 + b"}": "is nested too deep, or has a number without end",
    json.dumps(dict.fromkeys(map(str, range(2_000)))).encode(): "has 2,000 keys; at most 1,000 can be read",
}


@pytest.mark.parametrize("bad", BAD_JSON, ids=range(len(BAD_JSON)))
def test_a_broken_row_of_json_lines_is_refused_and_the_others_go_on(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"a":1}\n%s\n{"a":2}' % bad)
    found = list(rows(path, "jsonl", "none"))
    fault = found[1].fault
    assert fault is not None
    assert fault.startswith(BAD_JSON[bad])
    assert [row.values for row in found][::2] == [{"a": 1}, {"a": 2}]


def test_text_that_looks_like_a_nul_or_half_a_character_is_text(tmp_path: Path) -> None:
    path = tmp_path / "good.jsonl"
    path.write_text('{"a": "\\\\u0000 \\\\ud800 \\ud83d\\ude00"}\n')
    assert [row.values for row in rows(path, "jsonl", "none")] == [{"a": "\\u0000 \\ud800 \U0001f600"}]


def test_formulas_stay_the_text_that_they_are(tmp_path: Path) -> None:
    path = tmp_path / "formulas.csv"
    formulas = ["=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1"]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *([each, "x"] for each in formulas)])
    assert [row.values["a"] for row in rows(path, "csv", "none")] == formulas


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/passwd", "a/../../x.csv", "link.csv", ".clevertap/jobs.sqlite", "\0"]
)
def test_a_name_that_leads_out_of_the_data_folder_names_nothing(tmp_path: Path, name: str) -> None:
    workspace = Workspace(tmp_path / "data")
    (tmp_path / "x.csv").write_text("a\n1\n")
    (workspace.folder / "link.csv").symlink_to(tmp_path / "x.csv")
    with pytest.raises(InvalidArgumentsError, match="names nothing inside the data folder"):
        workspace.inside(name, "file")


def test_a_csv_file_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(5_000)) + "\n")
    assert "has 5,000 columns" in refusal(path)


def test_a_parquet_file_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    parquet.write_table(pa.table({f"c{n}": [1] for n in range(1_001)}), path)
    assert "has 1,001 columns; at most 1,000 can be read" in refusal(path)


def footer(path: Path, content: bytes, length: int | None = None) -> Path:
    """A Parquet file that is nothing but a footer."""
    told = len(content) if length is None else length
    path.write_bytes(b"PAR1" + content + told.to_bytes(4, "little") + b"PAR1")
    return path


ABSURD = {
    "a list of two thousand million columns": bytes.fromhex("15022cfcffffffff07") + b"\x4c" * 4_000,
    "a text of two thousand million bytes": bytes.fromhex("15021920fcffffffff07") + b"\x88\xff\xff\xff\xff\x07" * 400,
    "nothing": b"",
    "noise": random.Random(7).randbytes(5_000),
    "nesting without end": b"\x1c" * 100_000,
}


@pytest.mark.parametrize("content", ABSURD.values(), ids=ABSURD)
def test_a_footer_of_absurd_sizes_is_refused(tmp_path: Path, content: bytes) -> None:
    found = read_in(footer(tmp_path / "absurd.parquet", content), "parquet", memory=256)
    assert found["error"] == "'file' is no Parquet file, or a damaged one"


def test_a_footer_that_claims_more_bytes_than_there_are_is_refused(tmp_path: Path) -> None:
    assert "no Parquet file" in refusal(footer(tmp_path / "lie.parquet", b"\x15", 0xFFFFFFF0))


def test_a_footer_as_a_million_columns_need_it_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = with_hole(tmp_path / "million.parquet", b"PAR1", 300 * MIB, (300 * MIB).to_bytes(4, "little") + b"PAR1")
    found = read_in(path, "parquet", memory=256)
    assert "has a footer of 314,572,800 bytes" in found["error"]


def test_a_parquet_page_that_unpacks_to_hundreds_of_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    table = pa.table({"a": ["x" * MIB] * 140})
    parquet.write_table(
        table, path, compression="zstd", use_dictionary=False, write_batch_size=140, data_page_size=1 << 30
    )
    assert path.stat().st_size < MIB
    assert "unpacks to pages of more than 128 MiB" in read_in(path, "parquet", memory=256)["error"]


@pytest.mark.parametrize("size", [pytest.param(MIB, marks=pytest.mark.slow), 2 * MIB])
@pytest.mark.parametrize("encoding", ["dictionary", "prefixes"])
def test_a_long_text_that_many_rows_share_takes_bounded_memory(tmp_path: Path, encoding: str, size: int) -> None:
    path = tmp_path / "shared.parquet"
    table = pa.table({"a": pa.DictionaryArray.from_arrays([0] * 300, ["x" * size])})
    how: dict[str, Any] = {"use_dictionary": True}
    if encoding == "prefixes":
        table = pa.table({"a": ["x" * size] * 100})
        how = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}}
    parquet.write_table(table, path, compression="zstd", **how)
    assert path.stat().st_size < MIB
    found = read_in(path, "parquet", memory=400)
    if size <= LONGEST:
        assert found == {"good": table.num_rows, "faults": {}, "slices": 1}
    else:
        assert found["faults"] == {f"has a text of more than {LONGEST:,} bytes": table.num_rows}


def test_lists_without_end_are_refused_rows(tmp_path: Path) -> None:
    path = tmp_path / "lists.parquet"
    parquet.write_table(pa.table({"a": [["x"], ["y"] * 50_000, None], "b": [1, 2, 3]}), path)
    assert [row.fault is None for row in rows(path, "parquet", "none")] == [True, False, True]


def test_lists_without_end_in_a_few_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lists.parquet"
    values = pa.nulls(20_000_000, pa.int8())
    parquet.write_table(pa.table({"a": pa.ListArray.from_arrays([0, 20_000_000], values)}), path)
    assert "has lists of more than 16,000,000 values" in read_in(path, "parquet", memory=256)["error"]


def test_a_parquet_file_of_more_rows_than_its_bytes_could_tell_apart_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"a": pa.nulls(3_000_000, pa.int8())}), path)
    assert "says that it has 3,000,000 rows" in refusal(path)


def test_parquet_texts_and_times_that_are_none_are_refused_rows(tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    raw = pa.array([b"a", b"\xff", b"c"])
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    times = pa.array([0, 0, 2**62], pa.timestamp("ms"))
    parquet.write_table(pa.table({"a": text, "b": times}), path)
    assert [row.fault for row in rows(path, "parquet", "none")] == [
        None,
        "is not UTF-8 text",
        "holds a time that no calendar has",
    ]


READING = """
import sys
from pathlib import Path
from clevertap_bulk.reading import rows
from clevertap_tools.errors import InvalidArgumentsError
for path in Path(sys.argv[1]).iterdir():
    try:
        print(sum(1 for _ in rows(path, "parquet", "none")))
    except InvalidArgumentsError as error:
        print(error.message)
"""


def test_no_damage_to_a_footer_ends_the_process_that_reads_it(tmp_path: Path) -> None:
    whole = io.BytesIO()
    parquet.write_table(pa.table({"a": ["x", "y"] * 50, "c": [["x"]] * 100}), whole)
    length = int.from_bytes(whole.getvalue()[-8:-4], "little")
    for place in range(-8 - length, -8):
        damaged = bytearray(whole.getvalue())
        damaged[place] ^= 1 + place % 3
        (tmp_path / str(-place)).write_bytes(damaged)
    done = subprocess.run(
        [sys.executable, "-c", READING, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert len(done.stdout.splitlines()) == length


def test_damage_anywhere_ends_in_rows_or_in_a_refusal(tmp_path: Path) -> None:
    whole = io.BytesIO()
    table = pa.table(
        {"a": [f"t{n % 7}" for n in range(300)], "b": range(300), "c": [["x", str(n)] for n in range(300)]}
    )
    parquet.write_table(table, whole, compression="gzip", row_group_size=100)
    texts = b"a,b\n" + b"".join(b'%d,"x\n%d"\n' % (n, n) for n in range(300))
    originals = [whole.getvalue(), gzip.compress(texts), zstandard.compress(texts), texts]
    chance = random.Random(3)
    for number in range(400):
        damaged = bytearray(originals[number % len(originals)])
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / f"{number}"
        path.write_bytes(damaged)
        try:
            assert sum(1 for _ in rows(path, *form_of(path))) <= 3_000
        except InvalidArgumentsError as error:
            assert error.message.startswith("'file' ")  # noqa: PT017 - the other outcome is as good
