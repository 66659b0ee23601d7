"""The commands that move much data: what they print, how they end, and how they are stopped and gone on with."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shlex
import signal
import struct
import subprocess
import termios
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from bulk.importing_site import Purchase, held, purchases, purchases_in, write_csv
from clevertap_bulk.job import Job, Kind, State, Tally
from clevertap_bulk.journal import Journal
from clevertap_mcp.cli import status_of
from clevertap_mcp.commands.progress import BETWEEN_LINES, Speed, Standing, clock_time, lines
from clevertap_sandbox import ACCOUNT_ID, Fault, Sandbox
from clevertap_sandbox import Kind as FaultKind
from clevertap_sandbox.serve import serving
from cli.conftest import AccountAt
from hosts import COMMAND

UPLOAD = "/1/upload"
EVENTS = ("--kind", "events", "--event", "Charged")
FIRST, LAST = "2026-01-01", "2026-01-31"


class Ended(Protocol):
    """Runs a command line; tells its exit status, stdout and stderr."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@dataclass
class Site:
    """A sandbox that is served, and a data folder with the file `orders.csv`."""

    sandbox: Sandbox
    url: str
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "orders.csv"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of this process, which leads to the sandbox."""
        return {**os.environ}

    def jobs(self) -> list[Job]:
        journal = Journal(self.folder / ".clevertap" / "jobs.sqlite")
        found = journal.jobs()
        journal.close()
        return found

    def uploads(self) -> int:
        """How many batches have arrived."""
        return sum(each.path == UPLOAD for each in self.sandbox.requests)

    def held(self) -> Counter[Purchase]:
        return held(self.url)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account_at: AccountAt) -> Iterator[Site]:
    folder = tmp_path / "data"
    folder.mkdir()
    write_csv(folder / "orders.csv", purchases(50))
    for name in [name for name in os.environ if name.startswith("CLEVERTAP_")]:
        monkeypatch.delenv(name)
    with Sandbox(seed=None) as sandbox, serving(sandbox) as url:
        for name, value in account_at(url).items():
            monkeypatch.setenv(name, value)
        yield Site(sandbox, url, folder)


@pytest.fixture
def ended(capsys: pytest.CaptureFixture[str]) -> Ended:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = status_of(list(arguments))
        return (status, *capsys.readouterr())

    return run


def imported(ended: Ended, site: Site, *more: str) -> dict[str, Any]:
    """What an import without questions prints for programs."""
    _, out, _ = ended("import", str(site.file), *EVENTS, "--yes", "--json", *more)
    told: dict[str, Any] = json.loads(out)
    return told


def test_a_preview_shows_the_mapping_and_the_first_records_and_sends_nothing(ended: Ended, site: Site) -> None:
    status, out, err = ended("import", str(site.file), *EVENTS, "--preview")
    assert (status, err) == (0, "")
    assert "orders.csv (csv): 50 rows, 0 of them refused by the published rules." in out
    assert '"identity": "customer_id", "time": "date", "event": "Charged"' in out
    assert out.count('Record: {"type": "event", "identity": "c-') == 5
    assert site.sandbox.requests == []
    assert site.jobs() == []


def test_a_preview_for_programs_is_one_json_object(ended: Ended, site: Site) -> None:
    status, out, err = ended("import", str(site.file), *EVENTS, "--preview", "--json")
    told = json.loads(out)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert (told["rows"], told["refused"], told["effect"], len(told["records"])) == (50, 0, "append", 5)
    again = ended("import", str(site.file), "--kind", "events", "--mapping", json.dumps(told["mapping"]), "--preview")
    assert again[0] == 0, "what it shows can be typed"


def test_a_preview_names_rows_that_would_be_refused_and_says_so_by_its_status(ended: Ended, site: Site) -> None:
    write_csv(site.file, [*purchases(3), ("", "2026-01-01", 1, 2.5)])
    status, out, _ = ended("import", str(site.file), *EVENTS, "--preview")
    assert status == 1
    assert "1 of them refused by the published rules" in out
    assert "Refused: row 3: " in out


def test_a_preview_of_an_import_without_a_time_is_refused_until_somebody_says_that_all_happens_now(
    ended: Ended, site: Site
) -> None:
    write_csv(site.file, [("c-1", 2.5)], ("customer_id", "amount"))
    status, _, err = ended("import", str(site.file), *EVENTS, "--preview")
    assert status == 1
    assert "no column says when the events happened; name it with 'time'" in err
    status, out, _ = ended("import", str(site.file), *EVENTS, "--time", "", "--preview")
    assert status == 0
    assert "No time: all 1 events are dated now.\n" in out
    assert "Recent enough to set off live campaigns: 1 events.\n" in out
    status, out, _ = ended(
        "import", str(site.file), *EVENTS, "--mapping", '{"time": "", "properties": []}', "--preview"
    )
    assert (status, "Left out: amount\n" in out) == (0, True)


def test_rows_of_an_import_that_were_refused_are_mended_and_imported_with_the_same_options(
    ended: Ended, site: Site
) -> None:
    write_csv(site.file, [*purchases(3), ("", "2026-01-01", 1, 99.5)])
    assert ended("import", str(site.file), *EVENTS, "--yes")[0] == 1
    (mended,) = site.folder.glob("orders.refused.*.csv")
    mended.write_text(mended.read_text().replace("\n,", "\nc-9,"))
    assert ended("import", str(mended), *EVENTS, "--yes")[0] == 0
    (sent,) = json.loads(site.sandbox.requests[-1].body)["d"]
    assert (sent["identity"], sent["evtData"]) == ("c-9", {"quantity": 1, "amount": 99.5})


def test_a_dry_run_has_the_verdict_of_clevertap_and_stores_nothing(ended: Ended, site: Site) -> None:
    status, out, _ = ended("import", str(site.file), *EVENTS, "--dry-run", "--json")
    assert (status, json.loads(out)["verdict"]) == (0, {"accepted": 50, "refused": [], "errors": []})
    assert [each.path for each in site.sandbox.requests] == [UPLOAD]
    assert site.held() == Counter()


def test_where_nobody_can_be_asked_nothing_is_imported_without_a_yes(ended: Ended, site: Site) -> None:
    status, out, err = ended("import", str(site.file), *EVENTS)
    assert (status, out) == (2, "")
    assert "--preview" in err
    assert "--yes" in err
    assert site.sandbox.requests == []


def test_an_import_ends_with_its_account_as_one_json_object(ended: Ended, site: Site) -> None:
    status, out, err = ended("import", str(site.file), *EVENTS, "--yes", "--json")
    told = json.loads(out)
    assert (status, out.count("\n")) == (0, 1)
    assert (told["state"], told["rows"], told["accepted"], told["refused"]) == ("done", 50, 50, 0)
    assert "50 rows, 0 of them refused" in err, "what it would do is shown before it is done"
    assert site.held() == purchases_in(site.file)


def test_an_import_for_people_ends_with_a_sentence(ended: Ended, site: Site) -> None:
    status, out, _ = ended("import", str(site.file), *EVENTS, "--yes")
    (job,) = site.jobs()
    assert status == 0
    assert out == f"{job.id} is done: {job.note}\n"
    assert "50 accepted" in out


def test_an_import_of_which_a_row_is_refused_does_not_end_with_zero(ended: Ended, site: Site) -> None:
    write_csv(site.file, [*purchases(3), ("", "2026-01-01", 1, 2.5)])
    status, out, err = ended("import", str(site.file), *EVENTS, "--yes")
    (job,) = site.jobs()
    assert status == 1
    assert f"1 refused (listed in orders.refused.{job.id}.csv)" in out
    assert "Not every row was accepted" in err
    assert (site.folder / f"orders.refused.{job.id}.csv").is_file()


def test_the_audit_log_has_a_line_before_an_import_and_one_after(ended: Ended, site: Site) -> None:
    imported(ended, site)
    log = Path(os.environ["XDG_STATE_HOME"], "clevertap-mcp", "audit.jsonl")
    began, end = map(json.loads, log.read_text().splitlines())
    said = ("started", "import-file", "append", 50, "local")
    assert tuple(began[name] for name in ("event", "action", "effect", "reach", "caller")) == said
    assert (end["event"], end["outcome"], end["call"]) == ("done", "done", began["call"])
    assert ended("audit", "verify")[0] == 0


@pytest.mark.parametrize(
    ("variable", "value", "word"), [("CLEVERTAP_ACCESS", "read", "access"), ("CLEVERTAP_MAX_RECORDS", "49", "cap")]
)
def test_the_operators_rules_hold_for_imports_too(
    ended: Ended, site: Site, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, word: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, out, err = ended("import", str(site.file), *EVENTS, "--yes", "--json")
    assert (status, out) == (1, "")
    assert word in err.lower()
    assert site.uploads() == 0
    log = Path(os.environ["XDG_STATE_HOME"], "clevertap-mcp", "audit.jsonl")
    assert json.loads(log.read_text())["event"] == "refused"


def test_the_data_folder_is_the_one_of_the_file_unless_somebody_names_one(ended: Ended, site: Site) -> None:
    imported(ended, site)
    assert (site.folder / ".clevertap").is_dir()


@pytest.mark.parametrize("by_link", [False, True])
def test_a_file_outside_of_the_data_folder_is_not_imported(
    ended: Ended, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_link: bool
) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    write_csv(elsewhere, purchases(3))
    monkeypatch.setenv("CLEVERTAP_DATA_DIR", str(site.folder))
    if by_link:
        (site.folder / "link.csv").symlink_to(elsewhere)
        elsewhere = site.folder / "link.csv"
    status, _, err = ended("import", str(elsewhere), *EVENTS, "--yes")
    assert status == 2
    assert f"lies outside of the data folder, {site.folder}" in err
    assert site.sandbox.requests == []


def test_deletions_are_never_done_by_a_yes_that_was_typed(ended: Ended, site: Site) -> None:
    file = site.folder / "calls.jsonl"
    file.write_text('{"type": "delete", "userId": "c-1"}\n')
    status, _, err = ended("import", str(file), "--kind", "segment", "--deletions", "--yes")
    assert status == 1
    assert "a person has to be asked" in err
    assert site.sandbox.requests == []


def exported(ended: Ended, site: Site, *more: str) -> tuple[int, str, str]:
    days = ("--from", FIRST, "--to", LAST, "--data-dir", str(site.folder))
    return ended("export", "events", "Charged", *days, *more)


def test_an_export_writes_a_file_for_each_day_and_tells_where(ended: Ended, site: Site) -> None:
    imported(ended, site)
    status, out, err = exported(ended, site, "--format", "jsonl")
    assert (status, err) == (0, "")
    assert "50 events in 31 files" in out
    assert "exports/events" in out
    files = sorted((site.folder / "exports/events/Charged").glob("*.jsonl"))
    assert len(files) == 31
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert sorted(row["props.amount"] for row in rows) == sorted(each[3] for each in purchases(50))


def test_an_export_for_programs_is_one_json_object(ended: Ended, site: Site) -> None:
    imported(ended, site)
    status, out, err = exported(ended, site, "--json")
    told = json.loads(out)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert (told["kind"], told["state"], told["rows"], told["parts"]) == ("export-events", "done", 50, "31 of 31")


def test_people_are_exported_once_however_many_events_they_did(ended: Ended, site: Site) -> None:
    imported(ended, site)
    days = ("--from", FIRST, "--to", LAST, "--data-dir", str(site.folder))
    status, out, _ = ended("export", "people", "--event", "Charged", *days, "--format", "jsonl")
    people = [json.loads(line) for line in (site.folder / "exports/people.jsonl").read_text().splitlines()]
    assert status == 0
    assert "7 people" in out
    assert {each["identity"] for each in people} == {f"c-{n}" for n in range(7)}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["people"], "--event"),
        (["people", "--event", "Charged", "--from", FIRST], "go together"),
        (["events", "Charged", "--from", "yesterday", "--to", LAST], "--from must be a day"),
        (["events", "Charged", "--from", LAST, "--to", FIRST], "Swap them"),
        (["people", "--query", '{"event_name": "Charged", "from": "-1d", "to": "today"}', "--event", "A"], "--event"),
    ],
)
def test_an_export_of_what_means_nothing_is_refused(ended: Ended, site: Site, arguments: list[str], word: str) -> None:
    status, _, err = ended("export", *arguments, "--data-dir", str(site.folder))
    assert status == 1
    assert word in err
    assert site.sandbox.requests == []
    assert site.jobs() == []


def test_an_export_that_would_replace_somebodys_own_file_is_not_begun(ended: Ended, site: Site) -> None:
    own = site.folder / "people.csv"
    own.write_text("theirs")
    days = ("--from", FIRST, "--to", LAST, "--data-dir", str(site.folder))
    status, _, err = ended("export", "people", "--event", "Charged", *days, "--folder", ".", "--format", "csv")
    assert status == 1
    assert "a file that no export wrote: people.csv. Name another folder" in err
    assert own.read_text() == "theirs"
    assert site.sandbox.requests == []
    assert site.jobs() == []


def test_what_can_only_end_the_same_is_not_to_be_gone_on_with(ended: Ended, site: Site) -> None:
    imported(ended, site)
    days = ("--from", FIRST, "--to", LAST, "--data-dir", str(site.folder))
    status, out, err = ended("export", "events", "Charged", "Nope", *days, "--format", "jsonl")
    assert status == 1
    assert "50 events in 31 files" in err
    assert "Invalid event : Nope. Start a new one" in err
    assert "jobs resume" not in out + err


def test_who_cancels_a_failed_job_removes_what_is_half_done(ended: Ended, site: Site) -> None:
    imported(ended, site)
    site.sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=401, path="/1/events.json", skip=9, times=None))
    assert "Go on with: clevertap-mcp jobs resume" in exported(ended, site)[2]
    (job, _) = site.jobs()
    assert (site.folder / ".clevertap" / job.id).is_dir()
    status, _, err = ended("jobs", "cancel", job.id, "--data-dir", str(site.folder))
    assert (status, err) == (0, f"{job.id} had failed; what was half-done of it is removed.\n")
    assert not (site.folder / ".clevertap" / job.id).exists()
    assert site.jobs()[0].state is State.CANCELLED


def test_a_question_is_answered_without_personal_data(ended: Ended, site: Site) -> None:
    imported(ended, site)
    exported(ended, site)
    sql = 'SELECT identity, sum("props.amount") AS paid FROM "Charged" GROUP BY 1 ORDER BY 2'
    status, out, _ = ended("query", sql, "--data-dir", str(site.folder), "--json")
    told = json.loads(out)
    spent: Counter[str] = Counter()
    for who, _, _, amount in purchases(50):
        spent[who] += amount  # type: ignore[assignment] # amounts are no whole numbers
    assert status == 0
    assert [each["paid"] for each in told["records"]] == sorted(spent.values())
    assert all(each["identity"].startswith("person_") for each in told["records"])
    table = ended("query", sql, "--data-dir", str(site.folder))[1].splitlines()
    assert table[0].split() == ["identity", "paid"]
    assert len(table) == 8


def test_without_a_question_the_tables_are_listed(ended: Ended, site: Site) -> None:
    imported(ended, site)
    exported(ended, site)
    _, out, _ = ended("query", "--data-dir", str(site.folder))
    assert out.startswith('"Charged" (events): 50 rows, 2026-01-01')
    assert '  "props.amount" DOUBLE\n' in out
    (table,) = json.loads(ended("query", "--data-dir", str(site.folder), "--json")[1])
    assert (table["name"], table["rows"]) == ("Charged", 50)


def test_a_question_that_writes_or_reads_files_is_refused(ended: Ended, site: Site) -> None:
    imported(ended, site)
    exported(ended, site)
    for sql in (f"FROM read_csv('{site.file}')", "CREATE TABLE a AS SELECT 1"):
        status, out, err = ended("query", sql, "--data-dir", str(site.folder))
        assert (status, out) == (1, "")
        assert err.startswith("Error: ")


def test_jobs_are_listed_the_newest_first_and_shown_one_by_one(ended: Ended, site: Site) -> None:
    first = imported(ended, site)
    exported(ended, site)
    where = ("--data-dir", str(site.folder))
    status, out, _ = ended("jobs", *where)
    assert status == 0
    assert [line.split()[1:3] for line in out.splitlines()] == [["export-events", "done"], ["import", "done"]]
    assert [each["kind"] for each in json.loads(ended("jobs", "list", *where, "--json")[1])] == [
        "export-events",
        "import",
    ]
    assert json.loads(ended("jobs", "show", first["id"], *where)[1]) == first


@pytest.mark.parametrize("command", [["jobs"], ["jobs", "show", "job_x"], ["query", "SELECT 1"]])
def test_where_nothing_was_done_yet_nothing_is_made(
    ended: Ended, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = ended(*command)
    assert status == 2
    assert "--data-dir" in err
    assert not (tmp_path / ".clevertap").exists()


def test_what_is_done_is_neither_stopped_nor_gone_on_with(ended: Ended, site: Site) -> None:
    job = imported(ended, site)["id"]
    for command in ("cancel", "resume"):
        status, _, err = ended("jobs", command, job, "--data-dir", str(site.folder))
        assert status == 1
        assert f"{job} is done" in err
    assert ended("jobs", "resume", "job_nothing", "--data-dir", str(site.folder))[0] == 2


@pytest.fixture
def waiting(ended: Ended, site: Site) -> tuple[Journal, Job]:
    """A job that was begun elsewhere and is not done, in a journal."""
    plan = dict(Site.jobs(site)[0].plan) if imported(ended, site) else {}
    journal = Journal(site.folder / ".clevertap" / "jobs.sqlite")
    return journal, journal.create(Kind.IMPORT, plan)


def test_a_job_that_somebody_holds_is_left_to_them(ended: Ended, site: Site, waiting: tuple[Journal, Job]) -> None:
    journal, job = waiting
    journal.hold(job.id, "somebody", 20)
    status, _, err = ended("jobs", "resume", job.id, "--data-dir", str(site.folder))
    assert status == 1
    assert "it is free in" in err
    status, _, err = ended("jobs", "cancel", job.id, "--data-dir", str(site.folder))
    assert status == 0
    assert f"clevertap-mcp jobs resume {job.id} --data-dir {site.folder}" in err
    assert site.jobs()[0].state is State.CANCELLING
    journal.close()


@pytest.mark.parametrize(
    ("rows", "cap", "word"), [(50, 49, "50 records"), (None, 49, "cannot be counted"), (50, 50, "")]
)
def test_the_cap_on_records_holds_for_what_is_left_of_a_job(
    ended: Ended,
    site: Site,
    waiting: tuple[Journal, Job],
    monkeypatch: pytest.MonkeyPatch,
    rows: int | None,
    cap: int,
    word: str,
) -> None:
    journal, job = waiting
    journal.replan(job.id, {**job.plan, "rows": rows})
    journal.close()
    monkeypatch.setenv("CLEVERTAP_MAX_RECORDS", str(cap))
    uploads = site.uploads()
    status, _, err = ended("jobs", "resume", job.id, "--data-dir", str(site.folder))
    assert word in err
    assert (status, site.uploads() > uploads) == ((1, False) if word else (0, True))


def test_a_job_of_another_account_is_not_gone_on_with(ended: Ended, site: Site, waiting: tuple[Journal, Job]) -> None:
    journal, job = waiting
    assert job.plan["account"] == ACCOUNT_ID
    journal.replan(job.id, {**job.plan, "account": "ANOTHER"})
    uploads = site.uploads()
    status, _, err = ended("jobs", "resume", job.id, "--data-dir", str(site.folder))
    assert status == 1
    assert "belongs to another account, ANOTHER" in err
    assert site.uploads() == uploads
    journal.close()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_stops_an_import_where_it_can_be_gone_on_with(site: Site, number: signal.Signals) -> None:
    write_csv(site.file, purchases(9_000, people=500))
    site.sandbox.faults.add(Fault(kind=FaultKind.SLOW, seconds=1, path=UPLOAD, skip=1, times=3))
    command = [COMMAND, "import", str(site.file), *EVENTS, "--yes", "--json"]
    with subprocess.Popen(
        command, env=site.variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        arrived(site, 3, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert process.returncode == 130
    assert (told["state"], told["unaccounted"]) == ("cancelled", 0), "what was on its way is still answered"
    assert 0 < told["accepted"] < 9_000
    assert "Stopping: " in err
    resume = shlex.split(err.splitlines()[-1].partition("Go on with: ")[2])
    assert resume[:3] == ["clevertap-mcp", "jobs", "resume"]
    site.sandbox.faults.clear()
    done = subprocess.run([COMMAND, *resume[1:]], env=site.variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "9,000 accepted" in done.stdout
    assert site.held() == purchases_in(site.file)


def test_a_second_signal_stops_at_once_and_what_was_on_its_way_is_unaccounted(ended: Ended, site: Site) -> None:
    write_csv(site.file, purchases(9_000, people=500))
    site.sandbox.faults.add(Fault(kind=FaultKind.SLOW, seconds=30, path=UPLOAD, skip=1, times=3))
    with subprocess.Popen(
        [COMMAND, "import", str(site.file), *EVENTS, "--yes"], env=site.variables, stderr=subprocess.PIPE, text=True
    ) as process:
        arrived(site, 3, process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert any("Stopping" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130
    (job,) = site.jobs()
    assert job.state is State.CANCELLED
    site.sandbox.faults.clear()
    status, out, _ = ended("jobs", "resume", job.id, "--data-dir", str(site.folder), "--json")
    told = json.loads(out)
    assert (status, told["state"]) == (1, "done")
    assert told["unaccounted"] > 0
    assert told["accepted"] + told["unaccounted"] == 9_000
    assert site.held() == purchases_in(site.file), "nothing was sent twice"


def test_who_prefers_twice_to_never_says_so_when_they_go_on(
    ended: Ended, site: Site, waiting: tuple[Journal, Job]
) -> None:
    journal, job = waiting
    more = ("--data-dir", str(site.folder), "--resend-unaccounted", "--json")
    status, out, _ = ended("jobs", "resume", job.id, *more)
    assert (status, json.loads(out)["accepted"]) == (0, 50)
    assert site.jobs()[0].plan["resend_unaccounted"] is True
    journal.close()


def arrived(site: Site, uploads: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many batches have arrived."""
    tick = threading.Event()
    for _ in range(3_000):
        if site.uploads() >= uploads:
            return
        assert process.poll() is None, "it ended too early"
        tick.wait(0.02)
    pytest.fail("nothing arrives")


def at_terminal(answer: str | signal.Signals, site: Site, *command: str) -> tuple[int, str]:
    """The status of a command at a terminal where somebody answers, and all that is shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *command], env=site.variables, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    if isinstance(answer, str):
        os.write(ours, answer.encode())
    else:
        until_it_waits(process)
        process.send_signal(answer)
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the terminal is gone with the process
        pass
    os.close(ours)
    watchdog.cancel()
    return process.wait(timeout=60), shown.decode()


def until_it_waits(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process waits for input: between a question and that, Python may miss a signal."""
    tick = threading.Event()
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        tick.wait(0.01)


def test_at_a_terminal_a_yes_lets_it_be_imported_with_a_bar(site: Site) -> None:
    status, shown = at_terminal("y\n", site, "import", str(site.file), *EVENTS)
    assert status == 0
    assert "Import 50 rows? [y/N]" in shown
    assert "Importing  [########################]  100%  50 rows" in shown
    assert site.held() == purchases_in(site.file)


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_at_a_terminal_anything_else_does_not(site: Site, answer: str) -> None:
    status, shown = at_terminal(answer, site, "import", str(site.file), *EVENTS)
    assert status == 1
    assert "you did not say yes" in shown
    assert site.uploads() == 0
    assert site.jobs() == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux")
def test_at_the_question_ctrl_c_ends_it(site: Site) -> None:
    status, _ = at_terminal(signal.SIGINT, site, "import", str(site.file), *EVENTS)
    assert status == 130
    assert site.uploads() == 0


def test_at_a_terminal_a_yes_lets_segments_calls_erase_people(ended: Ended, site: Site) -> None:
    imported(ended, site)
    file = site.folder / "calls.jsonl"
    file.write_text('{"type": "delete", "userId": "c-1", "timestamp": "2026-03-01T09:30:00Z"}\n')
    status, shown = at_terminal("y\n", site, "import", str(file), "--kind", "segment", "--deletions")
    assert status == 0
    assert "Import 1 rows and erase for good whoever they delete? [y/N]" in shown
    assert [each.path for each in site.sandbox.requests][-1] == "/1/delete/profiles.json"


def job_at(rows: int, total: int | None = 1_000) -> Job:
    return Job("job_a", Kind.IMPORT, {"rows": total}, State.RUNNING, "", 0, None, 0, {}, Tally(rows=rows))


def test_rate_and_time_left_are_those_since_it_was_gone_on_with() -> None:
    moments = iter([100.0, 104.0, 110.0])
    speed = Speed(lambda: next(moments))
    words = [speed.words(Standing.of(job_at(rows))) for rows in (500, 700, 1_000)]
    assert words == ["500 rows", "700 rows, 50 a second, 0:06 left", "1,000 rows, 50 a second, finishing"]


def test_the_time_left_is_not_told_where_nobody_knows_the_end() -> None:
    moments = iter([0.0, 4.0])
    speed = Speed(lambda: next(moments))
    assert [speed.words(Standing.of(job_at(rows, None))) for rows in (0, 8)] == ["0 rows", "8 rows, 2 a second"]


def test_the_standing_of_an_export_is_in_days_and_its_rows() -> None:
    parts = {State.DONE: 3, State.WAITING: 4}
    job = Job("job_a", Kind.EXPORT_EVENTS, {}, State.RUNNING, "", 0, None, 0, parts, Tally(rows=12))
    assert Standing.of(job) == Standing(3, 7, 12)


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0:00"), (61, "1:01"), (3_661, "1:01:01"), (360_000, "100:00:00")])
def test_a_length_of_time_is_told_as_on_a_clock(seconds: float, told: str) -> None:
    assert clock_time(seconds) == told


def test_without_a_terminal_a_line_is_written_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    tell = lines("Importing", Speed(lambda: now), lambda: now)
    for rows, moment in ((0, 0.0), (100, BETWEEN_LINES / 2), (200, BETWEEN_LINES), (220, BETWEEN_LINES + 1)):
        now = moment
        tell(job_at(rows))
    assert capsys.readouterr().err == "Importing: 20%, 200 rows, 40 a second, 0:20 left\n"
