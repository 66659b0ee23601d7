"""The audit log: what it takes, what it mends after a crash, and what it refuses to go on with."""
# ruff: noqa: ASYNC240 - nobody else waits while a test reads a file

from __future__ import annotations

import hashlib
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from filelock import FileLock

from clevertap_mcp.commands.audit import examine
from clevertap_mcp.refusals import SpentError, TrailError
from clevertap_mcp.trail.quota import Quota
from clevertap_mcp.trail.trail import Trail, default_file

pytestmark = pytest.mark.anyio

NOON = 1_772_366_400.0
DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


@pytest.fixture
def head(file: Path) -> Path:
    return file.with_name("audit.jsonl.head")


@pytest.fixture
def trail(file: Path, clock: Clock) -> Trail:
    return Trail(file, clock=clock)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def send(call: str, account: str = "A") -> dict[str, Any]:
    return {"event": "started", "call": call, "effect": "send", "sends": True, "account": account}


async def test_a_line_says_what_was_written_with_its_number_and_the_time(trail: Trail, file: Path) -> None:
    await trail.write({"event": "planned", "reach": 7})
    await trail.write({"event": "done", "ids": ["1\n2", "Zoë\ud800"]})
    first, second = lines(file)
    assert len(first.pop("mac")) == len(second.pop("mac")) == 64
    assert first == {"n": 1, "time": "2026-03-01T12:00:00.000Z", "event": "planned", "reach": 7}
    assert second == {"n": 2, "time": "2026-03-01T12:00:00.000Z", "event": "done", "ids": ["1\n2", "Zoë\ud800"]}


async def test_all_files_are_for_this_user_alone(trail: Trail, file: Path) -> None:
    await trail.write({"event": "planned"})
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {
        "audit.jsonl": 0o600,
        "audit.jsonl.head": 0o600,
        "audit.jsonl.key": 0o600,
        "audit.jsonl.lock": 0o600,
    }


async def test_the_next_process_goes_on_with_the_same_chain(file: Path) -> None:
    for _ in range(3):
        await Trail(file).write({"event": "planned"})
    assert [line["n"] for line in lines(file)] == [1, 2, 3]
    assert examine(file, None).whole


async def test_two_processes_take_turns_in_one_chain(file: Path) -> None:
    one, other = Trail(file), Trail(file)
    for _ in range(3):
        await one.write({"by": "one"})
        await other.write({"by": "other"})
    assert [line["by"] for line in lines(file)] == ["one", "other"] * 3
    assert examine(file, None).whole


async def test_with_a_key_of_the_operators_none_is_stored(file: Path) -> None:
    await Trail(file, key=b"the operator's").write({"event": "planned"})
    assert not file.with_name("audit.jsonl.key").exists()
    assert examine(file, b"the operator's").whole


async def test_the_stored_key_is_the_same_key_when_it_is_given_as_text(trail: Trail, file: Path) -> None:
    await trail.write({"event": "planned"})
    stored = file.with_name("audit.jsonl.key").read_text().strip()
    await Trail(file, key=stored.encode()).write({"event": "planned"})
    assert examine(file, None).whole


def test_a_digest_is_the_same_wherever_the_key_is_and_nothing_without_it(file: Path) -> None:
    canonical = b'{"identity":"7"}'
    digest = Trail(file).digest(canonical)
    assert digest == Trail(file).digest(canonical)
    assert digest != Trail(file, key=b"another").digest(canonical)
    assert digest != hashlib.sha256(canonical).hexdigest()
    assert digest != Trail(file).digest(b'{"identity":"8"}')


def test_the_log_lies_in_the_state_of_this_users_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_file().parts[-2:] == ("clevertap-mcp", "audit.jsonl")


# A writer that was stopped


async def test_a_line_whose_head_was_not_written_is_taken_in(trail: Trail, file: Path, head: Path) -> None:
    await trail.write(send("1"))
    before = head.read_bytes()
    await trail.write(send("2"))
    head.write_bytes(before)
    assert examine(file, None).ahead
    await Trail(file).write({"event": "planned"})
    assert [line["n"] for line in lines(file)] == [1, 2, 3]
    verdict = examine(file, None)
    assert verdict.whole
    assert not verdict.ahead


async def test_the_very_first_line_may_be_the_one_whose_head_was_not_written(file: Path, head: Path) -> None:
    with pytest.raises(SpentError):
        await Trail(file).write(send("0"), Quota("A", 0, NOON))
    before = head.read_bytes()
    await Trail(file).write(send("1"))
    head.write_bytes(before)
    await Trail(file).write(send("2"))
    assert [line["n"] for line in lines(file)] == [1, 2]
    assert examine(file, None).whole


async def test_wherever_a_writer_stops_in_a_line_the_next_one_cuts_it_off_and_says_so(
    trail: Trail, file: Path, head: Path
) -> None:
    await trail.write(send("1"))
    log, first_head = file.read_bytes(), head.read_bytes()
    await trail.write(send("2"))
    torn = file.read_bytes()[len(log) : -1]
    for length in range(1, len(torn) + 1):
        file.write_bytes(log + torn[:length])
        head.write_bytes(first_head)
        await Trail(file).write({"event": "planned"})
        assert [(line["n"], line["event"], line.get("cut")) for line in lines(file)[1:]] == [
            (2, "recovered", length),
            (3, "planned", None),
        ]
        assert examine(file, None).whole


WRITER = """
import sys
from pathlib import Path
import anyio
from clevertap_mcp.trail.quota import Quota
from clevertap_mcp.refusals import SpentError
from clevertap_mcp.trail.trail import Trail

async def main(file, name, times, most):
    trail = Trail(Path(file))
    quota = Quota("A", int(most), 0.0) if most else None
    for number in range(int(times)):
        try:
            await trail.write({"event": "started", "sends": True, "account": "A", "call": f"{name}-{number}"}, quota)
            print("written", flush=True)
        except SpentError:
            print("spent", flush=True)

anyio.run(main, *sys.argv[1:])
"""


def writer(file: Path, name: str, times: int, most: str = "") -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(file), name, str(times), most]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


async def test_processes_that_write_at_the_same_time_make_one_whole_chain(file: Path) -> None:
    writers = [writer(file, name, 25) for name in "abcd"]
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(line["call"] for line in lines(file)) == sorted(f"{name}-{n}" for name in "abcd" for n in range(25))
    assert examine(file, None).whole


async def test_after_a_writer_was_killed_everything_it_was_told_of_is_there(file: Path) -> None:
    told = 0
    for round_ in range(1, 6):
        with writer(file, str(round_), 1_000_000) as process:
            assert process.stdout
            for _ in range(7 * round_):
                process.stdout.readline()
            process.kill()
            told += 7 * round_ + len(process.stdout.readlines())
        await Trail(file).write({"event": "planned"})
        assert examine(file, None).whole
        assert sum(line["event"] == "started" for line in lines(file)) >= told


async def test_a_line_that_is_cancelled_is_there_whole_or_not_at_all(trail: Trail, file: Path) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(trail.write, send(str(number)))
        while not (file.exists() and file.stat().st_size):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    written = len(lines(file))
    assert 1 <= written < 20
    assert examine(file, None).whole
    await trail.write({"event": "planned"})
    assert lines(file)[-1]["n"] == written + 1


# What cannot be written


async def refused(trail: Trail, file: Path) -> TrailError:
    """The error of a write that leaves every file as it was."""
    before = {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
    with pytest.raises(TrailError) as raised:
        await trail.write({"event": "planned"})
    assert {path: path.read_bytes() for path in file.parent.iterdir() if path.is_file() and path in before} == before
    error = raised.value
    assert error.code == "audit"
    assert error.changed == "no"
    assert "CLEVERTAP_AUDIT_LOG" in error.message
    assert str(file.parent) not in error.message + error.next
    return error


@pytest.mark.parametrize("room", [0, 10, 100])
async def test_on_a_full_disk_nothing_is_written(trail: Trail, file: Path, head: Path, room: int) -> None:
    for _ in range(3):
        await trail.write(send("1"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + room, limits[1]))
    try:
        error = await refused(trail, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be written" in error.message
    await trail.write(send("2"))
    assert [line["n"] for line in lines(file)] == [1, 2, 3, 4]
    assert examine(file, None).whole


async def test_a_line_whose_head_cannot_be_written_is_taken_back(trail: Trail, file: Path, head: Path) -> None:
    await trail.write(send("1"))
    obstacle = head.with_name("audit.jsonl.head.new")
    obstacle.mkdir()
    assert "Is a directory" in (await refused(trail, file)).message
    obstacle.rmdir()
    await trail.write(send("2"))
    assert [line["call"] for line in lines(file)] == ["1", "2"]
    assert examine(file, None).whole


async def test_what_cannot_be_mended_now_is_mended_later(trail: Trail, file: Path, head: Path) -> None:
    await trail.write(send("1"))
    before = head.read_bytes()
    await Trail(file).write(send("2"))
    head.write_bytes(before)
    obstacle = head.with_name("audit.jsonl.head.new")
    obstacle.mkdir()
    assert "Is a directory" in (await refused(trail, file)).message
    obstacle.rmdir()
    await trail.write(send("3"))
    assert [line["call"] for line in lines(file)] == ["1", "2", "3"]
    assert examine(file, None).whole


async def test_a_log_that_is_a_folder_is_refused(trail: Trail, file: Path) -> None:
    file.mkdir(parents=True)
    assert "Is a directory" in (await refused(trail, file)).message


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    with pytest.raises(TrailError, match="cannot be written"):
        await Trail(tmp_path / "occupied" / "audit.jsonl").write({"event": "planned"})
    with pytest.raises(TrailError, match="cannot be written"):
        Trail(tmp_path / "occupied" / "audit.jsonl").digest(b"{}")


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="nothing is forbidden to this user")
async def test_a_folder_that_may_not_be_written_is_refused(trail: Trail, file: Path) -> None:
    file.parent.mkdir(mode=0o500)
    assert "Permission denied" in (await refused(trail, file)).message


async def test_a_lock_that_another_process_does_not_release_is_not_waited_for_forever(file: Path) -> None:
    trail = Trail(file, longest_wait=0)
    await trail.write({"event": "planned"})
    with FileLock(file.with_name("audit.jsonl.lock")):
        assert "another process" in (await refused(trail, file)).message


def cut_off(file: Path) -> None:
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))


def cut_in_the_middle(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def change(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"call":"2"', b'"call":"9"'))


def add(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b'{"n":4,"event":"done"}\n')


def empty(file: Path) -> None:
    file.write_bytes(b"")


def delete(file: Path) -> None:
    file.unlink()


def lose_the_head(file: Path) -> None:
    file.with_name("audit.jsonl.head").unlink()


def change_the_head(file: Path) -> None:
    head = file.with_name("audit.jsonl.head")
    head.write_bytes(head.read_bytes().replace(b'"lines":3', b'"lines":2'))


def lose_the_key(file: Path) -> None:
    file.with_name("audit.jsonl.key").unlink()


def change_the_key(file: Path) -> None:
    file.with_name("audit.jsonl.key").write_text("7" * 64)


def shorten_the_key(file: Path) -> None:
    file.with_name("audit.jsonl.key").write_text("7")


DAMAGES: list[Callable[[Path], None]] = [
    cut_off, cut_in_the_middle, change, add, empty, lose_the_head, change_the_head,
    lose_the_key, change_the_key, shorten_the_key,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_log_is_not_continued(trail: Trail, file: Path, damage: Callable[[Path], None]) -> None:
    for call in "123":
        await trail.write(send(call))
    damage(file)
    error = await refused(Trail(file), file)
    assert "is damaged" in error.message
    assert "clevertap-mcp audit verify" in error.next
    assert "move the log and its .head file away" in error.next


@pytest.mark.parametrize("damage", [cut_off, cut_in_the_middle, add, empty, delete, lose_the_head, change_the_head])
async def test_a_process_that_wrote_it_itself_notices_too(
    trail: Trail, file: Path, damage: Callable[[Path], None]
) -> None:
    for call in "123":
        await trail.write(send(call))
    damage(file)
    assert "is damaged" in (await refused(trail, file)).message


async def test_an_older_head_and_an_older_log_are_noticed_by_who_has_seen_the_newer(
    trail: Trail, file: Path, head: Path
) -> None:
    await trail.write(send("1"))
    older = file.read_bytes(), head.read_bytes()
    await trail.write(send("2"))
    head.write_bytes(older[1])
    assert "does not fit" in (await refused(trail, file)).message
    file.write_bytes(older[0])
    assert "cut off" in (await refused(trail, file)).message


async def test_once_both_files_are_moved_away_the_next_process_begins_a_new_log(
    trail: Trail, file: Path, head: Path
) -> None:
    await trail.write(send("1"))
    file.rename(file.with_name("old"))
    head.rename(file.with_name("old.head"))
    assert "is damaged" in (await refused(trail, file)).message
    await Trail(file).write(send("2"))
    assert [line["n"] for line in lines(file)] == [1]
    assert examine(file, None).whole


# The quota


async def test_a_quota_lets_so_many_sends_pass_and_no_more(trail: Trail, file: Path) -> None:
    quota = Quota("A", 2, NOON)
    await trail.write(send("1"), quota)
    await trail.write(send("2"), quota)
    with pytest.raises(SpentError, match="2 of 2 sends") as raised:
        await trail.write(send("3"), quota)
    assert raised.value.changed == "no"
    assert "CLEVERTAP_MAX_SENDS_PER_DAY" in raised.value.next
    assert len(lines(file)) == 2


async def test_a_call_of_several_sends_needs_room_for_all_of_them(trail: Trail, file: Path, clock: Clock) -> None:
    with pytest.raises(SpentError, match=r"0 of 4 sends .* this call makes 5"):
        await trail.write({**send("1"), "sends": 5}, Quota("A", 4, NOON, 5))
    await trail.write({**send("1"), "sends": 3}, Quota("A", 4, NOON, 3))
    for each in (trail, Trail(file, clock=clock)):
        with pytest.raises(SpentError, match="3 of 4 sends"):
            await each.write({**send("2"), "sends": 2}, Quota("A", 4, NOON, 2))
    await trail.write({"event": "done", "call": "1", "outcome": "failed"})
    await trail.write({**send("2"), "sends": 4}, Quota("A", 4, NOON, 4))


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [("refused", False), ("failed", False), ("done", True), ("unknown", True), ("cancelled", True)],
)
async def test_only_a_send_that_sent_nothing_gives_its_place_back(trail: Trail, outcome: str, counts: bool) -> None:
    await trail.write(send("1"))
    await trail.write({"event": "done", "call": "1", "outcome": outcome})
    if counts:
        with pytest.raises(SpentError):
            await trail.write(send("2"), Quota("A", 1, NOON))
    else:
        await trail.write(send("2"), Quota("A", 1, NOON))


async def test_other_accounts_other_effects_and_other_days_do_not_count(trail: Trail, clock: Clock) -> None:
    await trail.write(send("yesterday"))
    clock.now += DAY
    await trail.write(send("other account", account="B"))
    await trail.write({**send("a deletion"), "effect": "destroy", "sends": False})
    await trail.write({**send("a plan"), "event": "planned"})
    await trail.write(send("1"), Quota("A", 1, clock.now))
    with pytest.raises(SpentError):
        await trail.write(send("2"), Quota("A", 1, clock.now))


async def test_a_send_in_the_very_moment_from_which_is_counted_counts(trail: Trail, clock: Clock) -> None:
    clock.now = NOON + 0.0005
    await trail.write(send("1"))
    with pytest.raises(SpentError):
        await trail.write(send("2"), Quota("A", 1, clock.now))


async def test_a_quota_is_kept_over_processes_and_restarts(file: Path, clock: Clock) -> None:
    one, other = Trail(file, clock=clock), Trail(file, clock=clock)
    await other.write({"event": "planned"})
    await one.write(send("1"))
    for trail in (other, Trail(file, clock=clock)):
        with pytest.raises(SpentError):
            await trail.write(send("2"), Quota("A", 1, NOON))


async def test_of_many_tasks_exactly_one_takes_the_last_place(file: Path, clock: Clock) -> None:
    trails = [Trail(file, clock=clock) for _ in range(4)]
    outcomes: list[bool] = []

    async def attempt(number: int) -> None:
        try:
            await trails[number % 4].write(send(str(number)), Quota("A", 1, NOON))
        except SpentError:
            outcomes.append(False)
        else:
            outcomes.append(True)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(attempt, number)
    assert sorted(outcomes) == [False] * 19 + [True]
    assert len(lines(file)) == 1


async def test_of_many_processes_exactly_one_takes_the_last_place(file: Path) -> None:
    writers = [writer(file, name, 5, "7") for name in "abcd"]
    told = "".join(process.communicate(timeout=60)[0] for process in writers)
    assert told.count("written") == len(lines(file)) == 7
    assert told.count("spent") == 13
