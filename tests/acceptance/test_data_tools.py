"""Data moved between CleverTap and files by the shipped server, and questions about it, as hosts ask for them."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult
from starlette.types import ASGIApp, Receive, Scope, Send

from bulk.importing_site import account as project
from clevertap_bulk.data_room import DataRoom
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.client import Client as CleverTap
from clevertap_tools.client import no_progress
from clevertap_tools.errors import InvalidArgumentsError
from hosts import COMMAND, account_variables, attached, says_yes
from two_projects import EU, PERSONS, US, two_projects

pytestmark = pytest.mark.anyio

DAYS = {"from": "1997-01-01", "to": "1997-01-05"}
CHARGED = {"event_names": ["Charged"], **DAYS}
ORDERS = {"file": "orders.csv", "kind": "events", "evtName": "Ordered"}
ROWS = 30_000
"""Enough for two slices of an import."""
LAPSED = 1.0
"""A lease that ran out long ago, in epoch seconds."""


class Gate:
    """Hands requests on to the sandbox; of the uploads only some, if it shall, until it is opened.

    Args:
        application: The sandbox.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._through = inf
        self._opened = threading.Event()
        self.open = self._opened.set

    def hold_after(self, uploads: int) -> None:
        """Let so many uploads through and no more."""
        self._through = uploads

    async def held(self) -> None:
        """Wait until it holds an upload back."""
        with anyio.fail_after(60):
            while self._through >= 0:  # noqa: ASYNC110 - another thread counts
                await anyio.sleep(0.01)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/1/upload":
            self._through -= 1
            while self._through < 0 and not self._opened.is_set():  # noqa: ASYNC110 - it is opened from another thread
                await anyio.sleep(0.01)
        await self._application(scope, receive, send)


Account = tuple[Sandbox, str, Gate]


@dataclass
class Desk:
    """A host at work on an account, with a data folder."""

    host: Client
    told: list[str] = field(default_factory=list)
    """What was told of progress, in order."""

    async def answer(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool, which must not be an error."""
        whole = await self._called(tool, arguments)
        assert "error" not in whole, (tool, whole)
        return whole

    async def complaint(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a tool, which must be one."""
        whole = await self._called(tool, arguments)
        assert "error" in whole, (tool, whole)
        return dict(whole["error"])

    async def _called(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        async def progress(progress: float, total: float | None, message: str | None) -> None:
            self.told.append(f"{message}: {progress} of {total}")

        answer = await self.host.call_tool(f"clevertap_{tool}", arguments, progress_callback=progress)
        return dict(answer.structured_content or {})

    async def ended(self, job: str) -> dict[str, Any]:
        """A job, once nobody works at it; asking is the waiting."""
        with anyio.fail_after(60):
            while (told := await self.answer("get_job", id=job))["state"] in {"waiting", "running", "cancelling"}:  # noqa: ASYNC110 - of another process
                await anyio.sleep(0.05)
        return told


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def account() -> Iterator[Account]:
    with Sandbox() as sandbox:
        sandbox.app = gate = Gate(sandbox.app)
        with serving(sandbox) as url:
            yield sandbox, url, gate


@asynccontextmanager
async def at_desk(url: str, data: Path | None, **more: str) -> AsyncIterator[Desk]:
    """A host attached over stdio, whose person agrees to everything."""
    folder = {"CLEVERTAP_DATA_DIR": str(data)} if data else {}
    env = account_variables(url, CLEVERTAP_TOOLSETS="all", **folder, **more)
    async with attached("stdio", "2025-11-25", env=env, person=says_yes) as host:
        yield Desk(host)


def files(folder: Path, pattern: str = "*") -> list[Path]:
    """What is in a folder."""
    return [*folder.glob(pattern)]


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as whole:
        whole.write(line)


def journal(data: Path, change: str, *values: object) -> None:
    """Change the journal behind the server's back."""
    with sqlite3.connect(data / ".clevertap" / "jobs.sqlite") as file:
        file.execute(change, values)


def write_orders(data: Path, rows: int) -> None:
    lines = (f"{1 + number % 50:04},1997-07-01T10:00:00Z,{number}\n" for number in range(rows))
    (data / "orders.csv").write_text("customer_id,time,Amount\n" + "".join(lines), encoding="utf-8")


async def test_what_was_exported_is_asked_about(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        job = await desk.answer("export_events", **CHARGED, profile=True)
        assert (job["state"], job["rows"]) == ("done", 101)
        assert desk.told
        assert (await desk.answer("get_job", id=job["id"]))["rows"] == 101
        tables = (await desk.answer("query_data"))["records"]
        assert [(each["table"], each["rows"]) for each in tables] == [("Charged", 101)]
        counted = await desk.answer("query_data", sql="SELECT count(*) AS n FROM Charged")
        assert counted["records"] == [{"n": 101}]
        assert (await desk.complaint("query_data", sql="DROP TABLE Charged"))["code"] == "invalid_question"


async def test_of_more_rows_than_an_answer_takes_all_are_in_a_file(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        await desk.answer("export_events", **CHARGED)
        pairs = await desk.answer("query_data", sql='SELECT a."props.Amount" AS n FROM Charged a, Charged b')
    assert pairs["truncated"]
    assert len(pairs["records"]) == 200
    (file,) = files(data / "answers")
    assert file.name in pairs["note"]
    assert len(read(file).splitlines()) == 1 + 101 * 101


async def test_ready_made_answers_say_what_they_rest_on(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        await desk.answer("export_events", **CHARGED)
        funnel = await desk.answer("get_funnel", steps=["Charged", "Charged"], **DAYS)
        retention = await desk.answer("get_retention", event_name="Charged", by="week", **DAYS)
        before = {"before_from": "1997-01-01", "before_to": "1997-01-02"}
        compared = await desk.answer(
            "compare_periods", event_name="Charged", **{**DAYS, "from": "1997-01-03"}, **before
        )
        summed = await desk.answer(
            "compare_periods", event_name="Charged", property="Amount", **{**DAYS, "from": "1997-01-03"}, **before
        )
        revenue = await desk.answer("get_revenue", event_name="Charged", by="Quantity", **DAYS)
    assert [each["people"] for each in funnel["records"]] == [100, 1]
    assert sum(each["people"] for each in retention["records"]) == 100
    assert [(each["before"], each["after"]) for each in compared["records"]] == [(40, 61), (40, 60)]
    *shares, whole = revenue["records"]
    assert whole["value"] == "(all)"
    assert round(sum(each["sum"] for each in shares), 2) == round(whole["sum"], 2)
    for each in (funnel, retention, summed, revenue):
        assert "Charged: 101 rows of 5 files" in each["note"]
    assert compared["note"] == "CleverTap's own counts."
    assert summed["records"][:2] == compared["records"]


async def test_a_wrong_day_is_named(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        await desk.answer("export_events", **CHARGED)
        wrong = await desk.complaint("get_revenue", event_name="Charged", by="Quantity", **{**DAYS, "to": "soon"})
        unknown = await desk.complaint("get_funnel", steps=["Charged", "Nothing"], **DAYS)
    assert (wrong["code"], wrong["field"]) == ("invalid_arguments", "to")
    assert unknown["code"] == "invalid_arguments"


async def test_persons_stand_in_the_files_and_their_pseudonyms_in_the_answers(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        await desk.answer("export_profiles", event_name="Charged", **DAYS, format="csv")
        (line,) = (await desk.answer("query_data", sql="SELECT * FROM people WHERE email IS NOT NULL LIMIT 1"))[
            "records"
        ]
        named = await desk.answer("get_user_profile", identity=line["identity"])
        (again,) = (await desk.answer("query_data", sql=f"FROM people WHERE identity = '{line['identity']}'"))[
            "records"
        ]
        # `people` is unmasked where the operator shows personal data.
        async with at_desk(account[1], data, CLEVERTAP_PII="show") as other:
            shown = (await other.answer("query_data", sql="SELECT email FROM people WHERE email IS NOT NULL"))[
                "records"
            ]
    assert line["identity"].startswith("person_")
    assert line["email"].count("person_") == 1
    assert again == line
    assert line["email"] in json.dumps(named)
    exported = read(data / "exports" / "people.csv")
    assert all(each["email"] in exported for each in shown)
    assert not any(each["email"] in json.dumps([line, named]) for each in shown)
    assert {stat.S_IMODE(each.stat().st_mode) for each in files(data, "**/*") if each.is_file()} == {0o600}


async def test_a_preview_sends_nothing_and_an_import_accounts_for_every_row(account: Account, data: Path) -> None:
    write_orders(data, 1_200)
    append(data / "orders.csv", ",1997-07-01T10:00:00Z,1\n")
    async with at_desk(account[1], data) as desk:
        shown = await desk.answer("import_file", **ORDERS, preview=True)
        assert not [each for each in account[0].requests if each.path == "/1/upload"]
        done = await desk.answer("import_file", **ORDERS)
        (listed,) = (await desk.answer("list_jobs"))["jobs"]
        assert (await desk.complaint("resume_job", id=done["id"]))["code"] == "invalid_arguments"
    assert (shown["rows"], shown["accepted"], shown["refused"], shown["id"]) == (1_201, 0, 1, "")
    assert "Nothing was sent; 1,200 rows would be." in shown["note"]
    assert done["mapping"] == shown["mapping"]
    assert {"customer_id: identity", "time: ts", "every row: event Ordered"} <= set(done["mapping"])
    assert "0001" not in json.dumps(shown["records"])
    assert (done["state"], done["accepted"], done["refused"], done["unaccounted"]) == ("done", 1_200, 1, 0)
    assert (listed["id"], listed["accepted"]) == (done["id"], 1_200)
    assert [each.name for each in files(data, "orders.refused.*.csv")] == [f"orders.refused.{done['id']}.csv"]


async def test_an_import_never_guesses_which_event_it_is_or_that_it_happens_now(account: Account, data: Path) -> None:
    rows = "0001,1980-01-01,9,4\n"
    append(data / "births.csv", f"customer_id,birthday,Amount,clevertap_code\n{rows}")
    asked = {"file": "births.csv", "kind": "events"}
    now = {"column": "", "to": "ts"}
    async with at_desk(account[1], data) as desk:
        nameless = await desk.complaint("import_file", **asked)
        undated = await desk.complaint("import_file", **asked, evtName="Ordered")
        both = await desk.complaint(
            "import_file", **asked, evtName="Ordered", columns=[now, {"column": "Amount", "to": "evtName"}]
        )
        refused = await desk.complaint("import_file", **asked, evtName="a.b")
        columns = [now, {"column": "Amount", "to": "Amount", "type": "number"}]
        shown = await desk.answer("import_file", **asked, evtName="Ordered", columns=columns, preview=True)
        done = await desk.answer("import_file", **asked, evtName="Ordered", columns=columns)
    assert nameless["field"] == both["field"] == refused["field"] == "evtName"
    assert "which event is it? give 'evtName', or name the column that tells it in 'columns'" in nameless["message"]
    assert undated["field"] == "columns"
    assert "no column says when the events happened; name it in 'columns', with 'to' ts" in undated["message"]
    assert {"no column: ts, all events are dated now", "left out: birthday"} <= set(shown["mapping"])
    assert "No time: all 1 events are dated now. Recent enough to set off live campaigns: 1 events." in shown["note"]
    assert "No time: all events are dated now." in done["note"]
    (sent,) = [json.loads(each.body)["d"] for each in account[0].requests if each.path == "/1/upload"]
    assert [(each["evtData"], "ts" in each) for each in sent] == [({"Amount": 9}, False)]


async def test_what_an_import_of_tokens_lacks_is_told_in_the_words_of_the_tool(account: Account, data: Path) -> None:
    append(data / "tokens.csv", "customer_id,push_token\n1,t-1\n")
    async with at_desk(account[1], data) as desk:
        wrong = await desk.complaint("import_file", file="tokens.csv", kind="tokens")
        of_people = await desk.complaint(
            "import_file", file="tokens.csv", kind="tokens", columns=[{"column": "customer_id", "to": "identity"}]
        )
    assert wrong["field"] == of_people["field"] == "columns"
    assert "name their columns in 'columns', with 'to' token and token_type" in wrong["message"]
    assert "name the column in 'columns', with 'to' objectId alone" in of_people["message"]


async def test_an_import_that_is_cancelled_goes_on_where_it_was(account: Account, data: Path) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    async with at_desk(account[1], data) as desk:
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(partial(desk.answer, "import_file", **ORDERS))
            await account[2].held()
            ((job, state),) = [(each["id"], each["state"]) for each in (await desk.answer("list_jobs"))["jobs"]]
            assert state == "running"
            assert (await desk.answer("cancel_job", id=job))["state"] == "cancelling"
            account[2].open()
        stopped = await desk.ended(job)
        assert stopped["state"] == "cancelled"
        assert 0 < stopped["accepted"] < ROWS
        await desk.answer("resume_job", id=job)
        done = await desk.ended(job)
        assert (done["state"], done["accepted"]) == ("done", ROWS)
        counted = await desk.answer(
            "get_event_count", event_name="Ordered", **{"from": "1997-07-01", "to": "1997-07-01"}
        )
    assert counted["count"] == ROWS
    assert any("records" in each for each in desk.told)


async def test_jobs_are_listed_with_what_they_are_about_and_how_far_they_are(account: Account, data: Path) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    async with at_desk(account[1], data) as desk:
        await desk.answer("export_events", **CHARGED)
        await desk.answer("import_file", **ORDERS, preview=True)
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(partial(desk.answer, "import_file", **ORDERS))
            await account[2].held()
            running, exported = (await desk.answer("list_jobs"))["jobs"]
            account[2].open()
        await desk.ended(running["id"])
    assert (running["kind"], running["what"]) == ("import", "orders.csv")
    assert running["note"].endswith(f"of {ROWS:,} rows so far.")
    assert (exported["kind"], exported["what"]) == ("export-events", "Charged")
    assert exported["created"] < running["created"]


async def test_whoever_may_only_read_stops_no_import(account: Account, data: Path) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    async with at_desk(account[1], data) as writer, at_desk(account[1], data, CLEVERTAP_ACCESS="read") as reader:
        export = await reader.answer("export_events", **CHARGED)
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(partial(writer.answer, "import_file", **ORDERS))
            await account[2].held()
            job = (await writer.answer("list_jobs"))["jobs"][0]["id"]
            refused = await reader.complaint("cancel_job", id=job)
            state = (await reader.answer("get_job", id=job))["state"]
            account[2].open()
        assert (refused["code"], refused["changed"]) == ("not_allowed", "no")
        assert state == "running"
        assert (await writer.ended(job))["accepted"] == ROWS
        assert (await reader.answer("cancel_job", id=export["id"]))["state"] == "done"


@pytest.mark.parametrize("counted", [True, False])
async def test_nobody_resumes_more_than_the_operators_cap(counted: bool, account: Account, data: Path) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    async with at_desk(account[1], data) as desk, anyio.create_task_group() as waiting:
        if counted:
            await desk.answer("import_file", **ORDERS, preview=True)
        waiting.start_soon(partial(desk.answer, "import_file", **ORDERS))
        await account[2].held()
        (job, *_) = [each["id"] for each in (await desk.answer("list_jobs"))["jobs"]]
        await desk.answer("cancel_job", id=job)
        account[2].open()
    async with at_desk(account[1], data, CLEVERTAP_MAX_RECORDS="10") as capped:
        left = await capped.answer("get_job", id=job)
        sent = len([each for each in account[0].requests if each.path == "/1/upload"])
        refused = await capped.complaint("resume_job", id=job)
    assert (refused["code"], refused["changed"]) == ("over_cap", "no")
    assert (f"{ROWS - left['accepted']:,} records" if counted else "cannot be counted") in refused["message"]
    assert len([each for each in account[0].requests if each.path == "/1/upload"]) == sent
    async with at_desk(account[1], data, CLEVERTAP_MAX_RECORDS=str(ROWS)) as desk:
        if counted:
            await desk.answer("resume_job", id=job)
            assert (await desk.ended(job))["accepted"] == ROWS


async def test_a_server_that_ends_leaves_jobs_that_the_next_one_resumes(account: Account, data: Path) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    async with at_desk(account[1], data) as desk, anyio.create_task_group() as waiting:
        waiting.start_soon(partial(desk.answer, "import_file", **ORDERS))
        await account[2].held()
        (job,) = [each["id"] for each in (await desk.answer("list_jobs"))["jobs"]]
        waiting.cancel_scope.cancel()
    account[2].open()
    async with at_desk(account[1], data) as desk:
        left = await desk.answer("get_job", id=job)
        assert left["state"] == "cancelled"
        done = await desk.answer("resume_job", id=job)
        done = await desk.ended(job)
    assert (done["state"], done["accepted"] + done["unaccounted"]) == ("done", ROWS)


async def test_a_job_of_a_server_that_was_killed_is_interrupted_and_can_be_resumed(
    account: Account, data: Path
) -> None:
    write_orders(data, ROWS)
    account[2].hold_after(5)
    env = account_variables(account[1], CLEVERTAP_TOOLSETS="all", CLEVERTAP_DATA_DIR=str(data))
    start = [COMMAND, "run", "import-file", "--input", json.dumps(ORDERS)]
    async with await anyio.open_process(start, env=env) as process:
        await account[2].held()
        process.kill()
        await process.wait()
    account[2].open()
    journal(data, "UPDATE jobs SET until = ?", LAPSED)
    async with at_desk(account[1], data) as desk:
        (left,) = (await desk.answer("list_jobs"))["jobs"]
        assert left["state"] == "interrupted"
        await desk.answer("resume_job", id=left["id"])
        done = await desk.ended(left["id"])
    assert (done["state"], done["accepted"] + done["unaccounted"]) == ("done", ROWS)


async def test_a_job_that_erases_is_asked_for_and_not_resumed(account: Account, data: Path) -> None:
    erasing = {"type": "delete", "userId": "0001", "messageId": "m-1", "timestamp": "2026-01-01T00:00:00Z"}
    append(data / "calls.jsonl", json.dumps(erasing) + "\n")
    wanted = {"file": "calls.jsonl", "kind": "segment"}
    async with at_desk(account[1], data) as desk:
        wrong = await desk.complaint("import_file", file="calls.jsonl", kind="people", deletions=True)
        assert wrong["field"] == "deletions"
        kept = await desk.answer("import_file", **wanted)
        assert kept["refused"] == 1
        done = await desk.answer("import_file", **wanted, deletions=True)
        assert (done["state"], done["accepted"]) == ("done", 1)
        journal(data, "UPDATE jobs SET state = 'cancelled' WHERE id = ?", done["id"])
        refused = await desk.complaint("resume_job", id=done["id"])
    assert refused["code"] == "not_allowed"
    assert len([each for each in account[0].requests if each.path == "/1/delete/profiles.json"]) == 1


def erasure(file: Path, *people: str) -> None:
    """Write a file of calls that erase people."""
    calls = ({"type": "delete", "userId": who, "messageId": who, "timestamp": "2026-01-01T00:00:00Z"} for who in people)
    file.write_text("".join(f"{json.dumps(call)}\n" for call in calls), encoding="utf-8")


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_nobody_is_erased_of_whom_the_person_was_not_told(transport: str, account: Account, data: Path) -> None:
    sandbox, url, _ = account
    erasure(data / "calls.jsonl", "0001")
    env = account_variables(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_DATA_DIR=str(data))
    erasing = {"file": "calls.jsonl", "kind": "segment", "deletions": True}

    async def meanwhile(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        erasure(data / "calls.jsonl", "0002")  # as many, but others
        return await says_yes(context, params)

    async with attached(transport, "2025-11-25", env=env, person=meanwhile) as host:
        answer = await host.call_tool("clevertap_import_file", erasing)
    assert "since the person was asked" in json.dumps(answer.structured_content)
    assert not [each for each in sandbox.requests if each.path == "/1/delete/profiles.json"]
    async with attached(transport, "2025-11-25", env=env, person=says_yes) as host:
        done = await host.call_tool("clevertap_import_file", erasing)
    assert (done.structured_content or {})["state"] == "done"
    erased = [json.loads(each.body) for each in sandbox.requests if each.path == "/1/delete/profiles.json"]
    assert erased == [{"identity": ["0002"]}]


async def test_a_file_that_changes_after_the_yes_erases_nobody(account: Account, data: Path) -> None:
    plan = {"file": "calls.jsonl", "kind": "segment", "effect": "append", "deletions": True}
    erasure(data / "calls.jsonl", "0001")
    async with CleverTap(project(account[1])) as client, anyio.create_task_group() as tasks:
        room = DataRoom(client, data, tasks)
        await room.deletions(plan)
        erasure(data / "calls.jsonl", "0002")
        with pytest.raises(InvalidArgumentsError, match="has changed since"):
            await room.start("import", plan, no_progress)
        assert not room.jobs().jobs
        room.close()


async def test_of_an_import_that_erases_nobody_is_told_from_a_file_that_changes_meanwhile(
    account: Account, data: Path
) -> None:
    plan = {"file": "calls.jsonl", "kind": "segment", "effect": "append", "deletions": True}
    erasure(data / "calls.jsonl", "0001")
    erasure(data / "others", "0002")

    async def meanwhile() -> None:
        (data / "others").replace(data / "calls.jsonl")

    async with CleverTap(project(account[1])) as client, anyio.create_task_group() as tasks:
        room = DataRoom(client, data, tasks)
        tasks.start_soon(meanwhile)
        with pytest.raises(InvalidArgumentsError, match="is written to at this moment"):
            await room.deletions(plan)
        room.close()


async def test_an_export_that_cannot_be_done_is_no_job(account: Account, data: Path) -> None:
    (data / "people.csv").write_text("theirs", encoding="utf-8")
    people = {"event_name": "Charged", **DAYS}
    async with at_desk(account[1], data, CLEVERTAP_ACCESS="read") as desk:
        own = await desk.complaint("export_profiles", **people, folder=".", format="csv")
        outside = await desk.complaint("export_profiles", **people, folder="../out")
        order = await desk.complaint("export_events", **CHARGED | {"from": DAYS["to"], "to": DAYS["from"]})
        assert (await desk.answer("list_jobs"))["jobs"] == []
    assert [each["field"] for each in (own, outside, order)] == ["folder", "folder", "from"]
    assert "no export wrote: people.csv" in own["message"]
    assert "Name another folder" in own["next"]
    assert read(data / "people.csv") == "theirs"
    assert not account[0].requests


async def test_what_can_only_end_the_same_is_not_to_be_resumed(account: Account, data: Path) -> None:
    async with at_desk(account[1], data) as desk:
        failed = await desk.complaint("export_events", **CHARGED | {"event_names": ["Nope", "Charged"]})
        tables = (await desk.answer("query_data"))["records"]
    assert "Invalid event : Nope" in failed["message"]
    assert failed["next"].startswith("Start a new one")
    assert [each["rows"] for each in tables] == [101], "the other event was exported"


async def test_under_a_cap_on_records_a_file_can_be_looked_at_and_not_imported(account: Account, data: Path) -> None:
    write_orders(data, 3)
    async with at_desk(account[1], data, CLEVERTAP_MAX_RECORDS="1000") as desk:
        assert (await desk.answer("import_file", **ORDERS, preview=True))["rows"] == 3
        refused = await desk.complaint("import_file", **ORDERS)
    assert (refused["code"], refused["changed"]) == ("over_cap", "no")
    assert "cannot be counted" in refused["message"]
    assert not [each for each in account[0].requests if each.path == "/1/upload"]


async def test_without_a_data_folder_the_operator_is_told_what_to_set(account: Account) -> None:
    async with at_desk(account[1], None) as desk:
        for tool, arguments in (
            ("query_data", {}),
            ("list_jobs", {}),
            ("import_file", ORDERS),
            ("export_events", CHARGED),
        ):
            refused = await desk.complaint(tool, **arguments)
            assert "CLEVERTAP_DATA_DIR" in refused["message"]
    assert not account[0].requests


async def test_whoever_may_only_read_exports_and_asks_and_imports_nothing(account: Account, data: Path) -> None:
    async with at_desk(account[1], data, CLEVERTAP_ACCESS="read") as desk:
        listed = {tool.name.removeprefix("clevertap_") for tool in (await desk.host.list_tools()).tools}
        assert {"export_events", "query_data", "cancel_job", "list_jobs"} <= listed
        assert not {"import_file", "resume_job"} & listed
        await desk.answer("export_events", **CHARGED)
        assert (await desk.answer("query_data", sql="SELECT count(*) AS n FROM Charged"))["records"] == [{"n": 101}]


async def test_files_jobs_and_tables_of_two_accounts_never_mix(tmp_path: Path, data: Path) -> None:
    single = dict.fromkeys(("ACCOUNT_ID", "PASSCODE", "ACCOUNT_TOKEN", "BASE_URL", "TIMEZONE"))
    with two_projects(tmp_path) as projects:
        more = {f"CLEVERTAP_{name}": value for name, value in single.items()}
        more |= {"CLEVERTAP_ACCOUNTS_FILE": str(projects.file), "CLEVERTAP_DATA_DIR": str(data)}
        env = account_variables("", CLEVERTAP_TOOLSETS="all", CLEVERTAP_PII="show", **more)
        wanted = {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-31"}
        async with attached("stdio", "2025-11-25", env=env) as host:
            desk = Desk(host)
            jobs = {name: (await desk.answer("export_profiles", account=name, **wanted))["id"] for name in (EU, US)}
            for name, other in ((EU, US), (US, EU)):
                listed = (await desk.answer("list_jobs", account=name))["jobs"]
                assert [each["id"] for each in listed] == [jobs[name]]
                assert (await desk.complaint("get_job", account=name, id=jobs[other]))["field"] == "id"
                people = json.dumps(await desk.answer("query_data", account=name, sql="SELECT * FROM people"))
                assert PERSONS[name]["identity"] in people
                assert PERSONS[other]["identity"] not in people
    assert {each.name for each in files(data)} == {EU, US}
