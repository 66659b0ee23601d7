"""What `audit verify` finds in a log, and that it finds everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.commands.audit import examine, verify_audit
from clevertap_mcp.trail.trail import Trail

LINES = 6
KEY = b"the operator's"


@dataclass(frozen=True)
class Written:
    """A log of six lines, and its head after each."""

    log: bytes
    heads: tuple[bytes, ...]

    @property
    def lines(self) -> list[bytes]:
        return self.log.splitlines(keepends=True)


def write(file: Path, *, key: bytes | None = KEY, lines: int = LINES) -> Written:
    """Write a log and tell what stands in its files."""
    trail = Trail(file, key=key)
    heads = []
    for number in range(lines):
        anyio.run(partial(trail.write, {"event": "done", "call": str(number), "ids": [number]}))
        heads.append(file.with_name(f"{file.name}.head").read_bytes())
    return Written(file.read_bytes(), tuple(heads))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write(tmp_path_factory.mktemp("log") / "audit.jsonl")


@contextmanager
def copied(log: bytes | None, head: bytes | None) -> Iterator[Path]:
    """A log and a head in a folder of their own."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "audit.jsonl"
        for path, text in ((file, log), (file.with_name("audit.jsonl.head"), head)):
            if text is not None:
                path.write_bytes(text)
        yield file


def found(log: bytes | None, head: bytes | None, key: bytes = KEY) -> list[tuple[str, int | None]]:
    """What is wrong with a log and its head."""
    with copied(log, head) as file:
        return [(finding.fault.value, finding.line) for finding in examine(file, key).findings]


# The law: whatever is done to the log without the key is found


@given(data=st.data())
def test_any_changed_byte_is_found(written: Written, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(written.log) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != written.log[place]))
    assert found(written.log[:place] + bytes([byte]) + written.log[place + 1 :], written.heads[-1])


@given(data=st.data())
def test_any_changed_byte_of_the_head_is_found(written: Written, data: st.DataObject) -> None:
    head = written.heads[-1]
    place = data.draw(st.integers(0, len(head) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != head[place]))
    assert found(written.log, head[:place] + bytes([byte]) + head[place + 1 :]) == [("head_changed", None)]


@given(chosen=st.lists(st.integers(0, LINES - 1), max_size=2 * LINES))
def test_any_other_choice_or_order_of_the_lines_is_found(written: Written, chosen: list[int]) -> None:
    whole = chosen == list(range(LINES))
    assert bool(found(b"".join(written.lines[place] for place in chosen), written.heads[-1])) is not whole


@given(data=st.data())
def test_any_cut_at_the_end_is_found(written: Written, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(written.log) - 1))
    kept = written.log[:length]
    assert found(kept, written.heads[-1]) == [("cut_off", None)]


@given(tail=st.binary(min_size=1, max_size=300))
def test_anything_added_is_found(written: Written, tail: bytes) -> None:
    assert found(written.log + tail, written.heads[-1])


@given(key=st.binary(min_size=1).filter(lambda key: key.rstrip(b"\0") != KEY))  # HMAC fills a key up with zeros
def test_another_key_is_found(written: Written, key: bytes) -> None:
    assert found(written.log, written.heads[-1], key) == [("key", None)]


def test_a_log_as_it_was_after_any_line_is_whole(written: Written) -> None:
    for number in range(1, LINES + 1):
        assert found(b"".join(written.lines[:number]), written.heads[number - 1]) == []


# What is found, by name


def test_the_first_changed_line_is_named(written: Written) -> None:
    changed = [line.replace(b'"ids":[2]', b'"ids":[7]').replace(b'"ids":[4]', b"[]") for line in written.lines]
    assert found(b"".join(changed), written.heads[-1]) == [("changed", 3)]


def test_missing_lines_are_named(written: Written) -> None:
    assert found(b"".join(written.lines[:2] + written.lines[4:]), written.heads[-1]) == [("missing", 3)]
    assert found(b"".join(written.lines[1:]), written.heads[-1]) == [("missing", 1)]


def test_a_torn_tail_is_named(written: Written) -> None:
    assert found(written.log + b'{"n":7,', written.heads[-1]) == [("torn", LINES + 1)]


def test_a_missing_head_is_named_beside_what_else_is_wrong(written: Written) -> None:
    assert found(written.log, None) == [("head_missing", None)]
    assert found(b"".join(written.lines[1:]), None) == [("missing", 1), ("head_missing", None)]


def test_an_older_head_is_named_unless_it_is_older_by_the_line_of_a_writer_that_was_stopped(written: Written) -> None:
    assert found(written.log, written.heads[-2]) == []
    assert found(written.log, written.heads[-3]) == [("head_behind", None)]


def test_the_head_of_another_log_is_named(written: Written, tmp_path: Path) -> None:
    other = write(tmp_path / "audit.jsonl")
    assert found(written.log, other.heads[-1]) == [("head_changed", None)]


def test_a_log_of_which_only_the_head_is_left_is_cut_off(written: Written) -> None:
    assert found(None, written.heads[-1]) == [("cut_off", None)]


# What is said


def test_a_whole_log_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "audit.jsonl"
    write(file, key=None)
    assert verify_audit(file, None, compact=False) == 0
    assert capsys.readouterr().out == "6 lines, whole; head agrees.\n"


def test_a_stopped_writer_is_told_and_nothing_is_wrong(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    with copied(written.log, written.heads[-2]) as file:
        assert verify_audit(file, KEY, compact=False) == 0
    assert capsys.readouterr().out.startswith("6 lines, whole; its last line is not in the head yet")


def test_what_is_wrong_is_told_in_a_line_each(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    with copied(written.log.replace(b'"ids":[2]', b'"ids":[7]'), None) as file:
        assert verify_audit(file, KEY, compact=False) == 1
    assert capsys.readouterr().out == "6 lines, not whole.\nLine 3 is changed.\nThe head is missing.\n"


def test_programs_read_the_same_as_json(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    with copied(b"".join(written.lines[:4]), written.heads[-1]) as file:
        assert verify_audit(file, KEY, compact=True) == 1
        message = "Lines are cut off at the end: the head says 6 lines, the file has 4."
        assert json.loads(capsys.readouterr().out) == {
            "lines": 4,
            "whole": False,
            "findings": [{"fault": "cut_off", "message": message}],
        }
    with copied(written.log, written.heads[-1]) as file:
        assert verify_audit(file, KEY, compact=True) == 0
        assert json.loads(capsys.readouterr().out) == {"lines": 6, "whole": True, "findings": []}


@pytest.mark.parametrize("missing", ["audit.jsonl.key", "*"])
def test_a_log_that_cannot_be_read_is_for_the_operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    file = tmp_path / "audit.jsonl"
    write(file, key=None)
    for path in tmp_path.glob(missing):
        path.unlink()
    assert verify_audit(file, None, compact=True) == 2
    said: Any = capsys.readouterr()
    assert said.out == ""
    assert f"Error: The audit log {file} cannot be read" in said.err


def test_without_the_key_it_is_said_where_to_put_it(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    with copied(written.log, written.heads[-1]) as file:
        assert verify_audit(file, None, compact=False) == 2
        assert "set CLEVERTAP_AUDIT_KEY" in capsys.readouterr().err
        assert verify_audit(file, b"another key", compact=False) == 1
        assert "set CLEVERTAP_AUDIT_KEY" in capsys.readouterr().out


def test_reading_leaves_nothing_behind(written: Written) -> None:
    with copied(written.log, written.heads[-1]) as file:
        assert verify_audit(file, KEY, compact=True) == 0
        assert sorted(path.name for path in file.parent.iterdir()) == ["audit.jsonl", "audit.jsonl.head"]


def test_a_log_whose_writers_do_not_pause_is_not_waited_for_forever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.jsonl"
    write(file)
    with FileLock(file.with_name("audit.jsonl.lock")):
        assert verify_audit(file, KEY, compact=True, longest_wait=0) == 2
    assert "another process" in capsys.readouterr().err
