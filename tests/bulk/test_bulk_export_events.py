"""Every event of CleverTap comes into its file once, whatever goes wrong on the way."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import anyio
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from bulk.exporting_site import PATH, Site, bought, exporting, purchases, rows_of
from clevertap_bulk.exporting import records
from clevertap_bulk.exporting.days import Stamps
from clevertap_bulk.exporting.names import folder_name
from clevertap_bulk.exporting.pages import Pages
from clevertap_bulk.exporting.room import Room, Sink
from clevertap_bulk.exporting.spool import Spool
from clevertap_bulk.exporting.walking import glimpsed
from clevertap_bulk.job import Job, State
from clevertap_bulk.job import Kind as JobKind
from clevertap_bulk.workspace import Workspace
from clevertap_sandbox import Kind
from clevertap_tools.errors import InvalidRequestError
from clevertap_tools.wire import Answer, dump

pytestmark = pytest.mark.anyio

SLOW = pytest.mark.slow
MONTH: dict[str, Any] = {"event_names": ["Charged"], "from": "1997-01-01", "to": "1997-01-31"}
WEEK: dict[str, Any] = {"event_names": ["Charged"], "from": "1997-02-01", "to": "1997-02-07", "batch_size": 23}
DAY: dict[str, Any] = {"event_names": ["Tasted"], "from": "2026-01-01", "to": "2026-01-01"}
NEW_YEAR = 1_767_225_600
"""1 January 2026, 00:00 UTC."""


def span(plan: dict[str, Any]) -> tuple[str, str]:
    return plan["from"], plan["to"]


def tasted(ts: int = NEW_YEAR, who: str = "c-1", name: str = "Tasted", **properties: Any) -> dict[str, Any]:
    return {"type": "event", "identity": who, "evtName": name, "ts": ts, "evtData": properties}


@pytest.fixture(scope="module")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with exporting(tmp_path_factory.mktemp("unused")) as site:
        yield site


@pytest.fixture
def shop(_shop: Site, tmp_path: Path) -> Site:
    """The sample shop with a data folder of its own."""
    _shop.sandbox.faults.clear()
    _shop.sandbox.requests.clear()
    return Site(_shop.sandbox, _shop.url, tmp_path / "data")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    """A project with nothing in it."""
    with exporting(tmp_path / "data", seed=None, loses_silently=False) as site:
        yield site


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
async def test_files_hold_exactly_what_the_shop_sold(shop: Site, form: str) -> None:
    job = await shop.export(**MONTH, format=form)
    assert (job.state, job.tally.rows) == (State.DONE, purchases(*span(MONTH)).total())
    assert bought(shop.rows()) == purchases(*span(MONTH))
    assert [path.name for path in shop.files()][:2] == [f"1997-01-01.{form}", f"1997-01-02.{form}"]
    assert job.tally.bytes == sum(path.stat().st_size for path in shop.files())
    assert shop.sandbox.peak(PATH) <= 3


async def test_every_page_is_asked_for_once(shop: Site) -> None:
    await shop.export(**WEEK)
    cursors = [each.query["cursor"] for each in shop.sandbox.requests if each.method == "GET"]
    assert len(cursors) == len(set(cursors)) > 14


@pytest.mark.slow
async def test_a_file_for_each_of_eighteen_months_days(shop: Site) -> None:
    plan: dict[str, Any] = {"event_names": ["Charged"], "from": "1997-01-01", "to": "1998-06-30"}
    await shop.export(**plan)
    assert bought(shop.rows()) == purchases(*span(plan))
    assert len(shop.files()) == 546


@pytest.mark.parametrize(
    "behaviours",
    [
        {"page_shape": "gaps", "empty_page_omits_records": True},
        {"page_shape": "buckets", "undocumented_fields": True, "cursor_padding": 4000},
        {"pages_not_ready": 2, "not_ready_status": 202, "anonymous_identity_is_empty": True},
    ],
    ids=str,
)
async def test_whatever_the_pages_look_like_nothing_is_missing(tmp_path: Path, behaviours: dict[str, Any]) -> None:
    with exporting(tmp_path, **behaviours) as site:
        await site.export(**WEEK)
        assert bought(site.rows()) == purchases(*span(WEEK))


PASSING: list[tuple[Kind, dict[str, Any]]] = [
    (Kind.STATUS, {"status": 429, "times": 6}),
    (Kind.STATUS, {"status": 503, "times": 6}),
    (Kind.NOT_READY, {"status": 200, "times": 3, "method": "GET"}),
    (Kind.RESET_MIDWAY, {"times": 2}),
    (Kind.TRUNCATED, {"times": 2}),
    (Kind.HTML, {"status": 502, "times": 2}),
]


async def test_what_passes_is_waited_for(shop: Site) -> None:
    for place, (kind, how) in enumerate(PASSING):
        shop.breaks(kind, path=PATH, skip=3 * place, **how)
    job = await shop.export(**WEEK)
    assert job.state is State.DONE, job.note
    assert bought(shop.rows()) == purchases(*span(WEEK))


@pytest.mark.parametrize(
    "fault",
    [{"kind": Kind.STATUS, "status": 400, "error": "Invalid cursor"}, {"kind": Kind.REPEAT_CURSOR}],
    ids=["expired", "repeated"],
)
async def test_a_day_whose_cursor_breaks_is_walked_anew_without_doubles(shop: Site, fault: dict[str, Any]) -> None:
    shop.breaks(**fault, path=PATH, method="GET", skip=1, times=2)
    job = await shop.export(**WEEK)
    assert job.state is State.DONE, job.note
    assert bought(shop.rows()) == purchases(*span(WEEK))


async def test_a_day_that_breaks_each_time_is_named_and_done_when_resumed(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=400, error="Invalid cursor", path=PATH, method="GET", skip=2, times=None)
    failed = await shop.export(**WEEK)
    assert failed.state is State.FAILED
    assert "Event 'Charged' on 1997-02-" in failed.note
    assert "Invalid cursor" in failed.note
    assert not shop.files()
    shop.sandbox.faults.clear()
    assert (await shop.resume(failed.id)).state is State.DONE
    assert bought(shop.rows()) == purchases(*span(WEEK))


async def test_days_that_are_complete_are_not_asked_for_again(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=401, path=PATH, method="POST", skip=5, times=None)
    failed = await shop.export(**WEEK)
    done = failed.parts[State.DONE]
    shop.sandbox.faults.clear()
    shop.sandbox.requests.clear()
    await shop.resume(failed.id)
    begun = [each for each in shop.sandbox.requests if each.method == "POST"]
    assert done > 0
    assert len(begun) == 7 - done
    assert bought(shop.rows()) == purchases(*span(WEEK))


async def test_what_clevertap_does_not_export_is_refused_in_its_own_words(shop: Site) -> None:
    job = await shop.export(**WEEK | {"event_names": ["Notification Sent"]})
    assert job.state is State.FAILED
    assert "Event 'Notification Sent' on 1997-02-" in job.note
    assert "Export not allowed for this event" in job.note


@pytest.mark.parametrize("answers", [pytest.param(1, marks=SLOW), 9, pytest.param(17, marks=SLOW)])
async def test_a_killed_export_goes_on_where_it_was(shop: Site, answers: int) -> None:
    async with shop.workshop() as workshop:
        job = workshop.create(JobKind.EXPORT_EVENTS, {"folder": "out", **WEEK})
    killed_after(shop, job, answers)
    done = await shop.resume(job.id, ahead=60)
    assert done.state is State.DONE, done.note
    assert bought(shop.rows()) == purchases(*span(WEEK))
    assert not list(shop.folder.rglob("*.part"))
    assert not (shop.folder / ".clevertap" / job.id).exists()


@pytest.mark.slow
async def test_an_export_that_is_killed_again_and_again_among_faults_misses_nothing(shop: Site) -> None:
    moments = Random(7)
    for place in range(40):
        kind, how = moments.choice(PASSING)
        shop.breaks(kind, path=PATH, skip=5 * place, **how | {"times": 1})
    async with shop.workshop() as workshop:
        job = workshop.create(JobKind.EXPORT_EVENTS, {"folder": "out", **MONTH, "batch_size": 23})
    for number in range(12):
        killed_after(shop, job, moments.randint(1, 12), ahead=60 * number)
    done = await shop.resume(job.id, ahead=3600)
    assert done.state is State.DONE, done.note
    assert bought(shop.rows()) == purchases(*span(MONTH))


def killed_after(site: Site, job: Job, answers: int, ahead: float = 0) -> None:
    """Do a job in a process of its own whose clock is ahead, and kill it after some answers."""
    command = [sys.executable, "-m", "bulk.working_process", str(site.folder), site.url, job.id, str(ahead)]
    paths = os.pathsep.join(filter(None, (*sys.path, os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(2 * answers):  # a line when a request leaves, and one when it is answered
            assert process.stdout.readline(), "it ended by itself"
        process.kill()


async def test_who_waits_for_clevertap_hears_that_the_job_is_cancelled(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=503, path=PATH, method="GET", skip=1, times=None)
    async with shop.workshop() as workshop:
        job = workshop.create(JobKind.EXPORT_EVENTS, {"folder": "out", **WEEK})
        shop.meanwhile = lambda: workshop.cancel(job.id)
        assert (await workshop.do(job.id)).state is State.CANCELLED
    assert max(shop.waits) < 30
    assert not list(shop.folder.rglob("*.part"))


async def test_a_cancelled_export_stops_between_two_days_and_can_be_resumed(shop: Site) -> None:
    async with shop.workshop() as workshop:
        job = workshop.create(JobKind.EXPORT_EVENTS, {"folder": "out", **MONTH})
        async with anyio.create_task_group() as group:
            group.start_soon(workshop.do, job.id)
            while workshop.known(job.id).tally.rows == 0:
                await anyio.lowlevel.checkpoint()
            workshop.cancel(job.id)
        cancelled = workshop.known(job.id)
        assert cancelled.state is State.CANCELLED
        assert cancelled.parts[State.WAITING] > 0
        assert not shop.files()
        await workshop.do(job.id)
    assert bought(shop.rows()) == purchases(*span(MONTH))


async def test_a_quota_that_is_too_small_ends_it_with_nothing_half_written(shop: Site) -> None:
    job = await shop.export(**WEEK, quota=50_000)
    assert job.state is State.FAILED
    assert "no room" in job.note
    assert "CLEVERTAP_DATA_QUOTA" in job.note
    assert not shop.files()
    assert not list(shop.folder.rglob("*.part"))
    assert (await shop.resume(job.id)).state is State.DONE


async def test_files_that_were_written_before_it_stopped_are_not_written_again(shop: Site) -> None:
    obstacle = shop.folder / "out" / "events" / "Charged" / "1997-02-03.parquet"
    shop.breaks(Kind.STATUS, status=503, path=PATH, method="GET", times=9)
    shop.meanwhile = lambda: obstacle.mkdir(parents=True, exist_ok=True)
    failed = await shop.export(**WEEK)
    assert failed.state is State.FAILED
    assert "no export wrote" in failed.note
    obstacle.rmdir()
    before = {path: path.stat().st_mtime_ns for path in shop.files()}
    assert len(before) >= 2
    done = await shop.resume(failed.id)
    assert done.state is State.DONE, done.note
    assert before.items() <= {path: path.stat().st_mtime_ns for path in shop.files()}.items()
    assert bought(shop.rows()) == purchases(*span(WEEK))
    assert done.tally.bytes == sum(path.stat().st_size for path in shop.files())


async def test_two_exports_to_one_folder_leave_whole_files(shop: Site) -> None:
    async with anyio.create_task_group() as group:
        for days in (WEEK, WEEK | {"from": "1997-02-05", "to": "1997-02-10"}):
            group.start_soon(lambda plan: shop.export(**plan), days)
    assert bought(shop.rows()) == purchases("1997-02-01", "1997-02-10")


async def test_files_are_for_their_owner_alone(shop: Site) -> None:
    await shop.export(**WEEK)
    assert {stat.S_IMODE(path.stat().st_mode) for path in shop.files()} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in shop.files()} == {0o700}


@pytest.mark.parametrize("folder", ["../out", "/out", ".clevertap/out", "link"])
async def test_nothing_is_written_outside_of_the_data_folder(shop: Site, tmp_path: Path, folder: str) -> None:
    shop.folder.mkdir()
    (shop.folder / "link").symlink_to(tmp_path)
    job = await shop.export(**WEEK | {"folder": folder})
    assert job.state is State.FAILED
    assert "'folder' names nothing inside the data folder" in job.note


async def test_a_link_among_the_folders_of_an_export_is_not_followed_out(shop: Site, tmp_path: Path) -> None:
    (shop.folder / "out").mkdir(parents=True)
    (shop.folder / "out" / "events").symlink_to(tmp_path)
    job = await shop.export(**WEEK)
    assert job.state is State.FAILED
    assert not (tmp_path / "Charged").exists()


NAMES = ["a/b", ".hidden", "../../up", "Größe 尺寸 🎂", "x" * 200, "尺" * 200, "100% a\\b:*?"]
WORSE = ["", ".", "..", " ", "a%2Fb", "%2E.", "~", "尺" * 201, "line\nbreak", "nul\0", "\u202egpj.exe", "half \ud800"]


@pytest.mark.parametrize("name", NAMES)
async def test_an_event_of_any_name_has_a_folder_of_its_own(empty: Site, name: str) -> None:
    empty.tell({"identity": "c-1", "evtName": name, "ts": NEW_YEAR, "evtData": {"Price": 1}})
    await empty.export(**DAY | {"event_names": [name]})
    (path,) = empty.files()
    assert path.parent.parent == empty.folder / "out" / "events"
    assert [row["props.Price"] for row in rows_of(path)] == [1]


@pytest.mark.parametrize("name", NAMES + WORSE[1:])
def test_a_folder_can_be_called_so_and_lies_where_it_should(tmp_path: Path, name: str) -> None:
    path = tmp_path / "events" / folder_name(name)
    path.mkdir(parents=True)
    assert path.resolve().parent == tmp_path / "events"
    assert path.name.isprintable()


def test_events_never_share_a_folder() -> None:
    names = [*NAMES, *WORSE, *map(folder_name, [*NAMES, *WORSE])]
    assert len(set(map(folder_name, names))) == len(set(names))


@given(st.text(min_size=1, max_size=40))
def test_the_name_can_be_read_back_from_the_folder(name: str) -> None:
    assert unquote(folder_name(name)) == name


async def test_all_files_of_an_event_have_the_same_columns(empty: Site) -> None:
    empty.upload(
        tasted(Price=1, Gift=True, Code="007", Size=2**60, Mixed=1, Half=1),
        tasted(NEW_YEAR + 86_400, Price=2.5, Code="8", Mixed="one", Half=0.5, Late=True),
        tasted(NEW_YEAR + 2 * 86_400, Price=3, Mixed=True, Large=2**60),
        tasted(NEW_YEAR + 2 * 86_400 + 1, Mixed=2.0, Half=1.0),
        tasted(NEW_YEAR + 3 * 86_400, Large=0.5, Mixed=3.0),
    )
    await empty.export(**DAY | {"to": "2026-01-04"})
    schemas = [parquet.read_schema(path) for path in empty.files()]
    assert len(schemas) == 4
    assert all(schema == schemas[0] for schema in schemas)
    assert schemas[0].names[:7] == ["ts", "identity", "object_id", "email", "phone", "name", "platform"]
    assert {name: str(schemas[0].field(name).type) for name in schemas[0].names[7:]} == {
        "props.Code": "string",
        "props.Gift": "bool",
        "props.Half": "double",
        "props.Large": "string",
        "props.Late": "bool",
        "props.Mixed": "string",
        "props.Price": "double",
        "props.Size": "int64",
    }
    rows = empty.rows()
    assert [row["props.Mixed"] for row in rows] == ["1", "one", "true", "2", "3"]
    assert [row["props.Large"] for row in rows] == [None, None, str(2**60), None, "0.5"]
    assert [row["props.Code"] for row in rows] == ["007", "8", None, None, None]
    assert rows[0]["props.Size"] == 2**60


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_readable_files_have_all_columns_in_each_row(empty: Site, form: str) -> None:
    empty.upload(tasted(Price=1.5), tasted(NEW_YEAR + 1, Note='a "b",\nc;=1+1', Gift=False))
    await empty.export(**DAY, format=form)
    first, second = empty.rows()
    assert list(first) == list(second)
    assert list(first)[7:] == ["props.Gift", "props.Note", "props.Price"]
    assert second["props.Note"] == 'a "b",\nc;=1+1'
    assert first["ts"] == "2026-01-01T00:00:00+00:00"
    if form == "csv":
        raw = next(csv.reader(empty.files()[0].read_text(encoding="utf-8").splitlines()[1:2]))
        assert raw[7:] == ["", "", "1.5"]


async def test_session_and_current_properties_of_people_come_along(empty: Site) -> None:
    empty.upload({"type": "profile", "identity": "c-1", "profileData": {"Plan": "Gold", "Email": "a@example.org"}})
    empty.tell(
        {"identity": "c-1", "evtName": "Tasted", "ts": NEW_YEAR, "evtData": {}, "session": {"utm_source": "mail"}}
    )
    await empty.export(**DAY, profile=True)
    (row,) = empty.rows()
    assert row["session.utm_source"] == "mail"
    assert row["profile.Plan"] == "Gold"
    assert row["email"] == "a@example.org"


async def test_moments_are_real_ones_on_the_days_that_clocks_change(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    told = [
        datetime(2025, 3, 30, 1, 59, 59, tzinfo=berlin),
        datetime(2025, 3, 30, 3, 0, 0, tzinfo=berlin),
        datetime(2025, 10, 26, 1, 59, 59, tzinfo=berlin),
        datetime(2025, 10, 26, 3, 0, 1, tzinfo=berlin),
        datetime(2025, 12, 24, 18, 0, 0, tzinfo=berlin),
    ]
    with exporting(tmp_path, seed=None, zone=berlin) as site:
        site.upload(*(tasted(int(when.timestamp())) for when in told))
        for day in ("2025-03-30", "2025-10-26", "2025-12-24"):
            await site.export(**DAY | {"from": day, "to": day})
        tables = [parquet.read_table(path) for path in site.files()]
    column = pa.concat_tables(tables).column("ts")
    assert column.type == pa.timestamp("ms", tz="Europe/Berlin")
    assert column.to_pylist() == told


async def test_the_hour_that_comes_twice_is_taken_for_the_first(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    again = datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=berlin)
    with exporting(tmp_path, seed=None, zone=berlin) as site:
        site.upload(tasted(int(again.timestamp())))
        await site.export(**DAY | {"from": "2025-10-26", "to": "2025-10-26"}, format="jsonl")
        assert site.rows()[0]["ts"] == "2025-10-26T02:30:00+02:00"


async def test_without_a_zone_it_says_how_to_name_it(shop: Site) -> None:
    shop.zone = None
    job = await shop.export(**WEEK)
    assert job.state is State.FAILED
    assert "CLEVERTAP_TIMEZONE" in job.note
    assert not list(shop.sandbox.requests)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"event_names": []}, "'event_names'"),
        ({"event_names": [""]}, "'event_names'"),
        ({"from": "1997-02-30"}, "'from'"),
        ({"from": "1997-03-01"}, "'from' is after 'to'"),
        ({"format": "xlsx"}, "'format'"),
        ({"batch_size": 5001}, "'batch_size'"),
        ({"from": "1000-01-01"}, "50,000"),
    ],
    ids=str,
)
async def test_a_plan_that_means_nothing_is_refused_before_anything_is_asked(
    shop: Site, wrong: dict[str, Any], said: str
) -> None:
    job = await shop.export(**WEEK | wrong)
    assert job.state is State.FAILED
    assert said in job.note
    assert not list(shop.sandbox.requests)


async def test_further_parts_of_the_query_narrow_it(shop: Site) -> None:
    large = [{"name": "Quantity", "operator": "greater_than", "value": 5}]
    await shop.export(**WEEK, query={"event_properties": large})
    expected = {each: count for each, count in purchases(*span(WEEK)).items() if each[2] > 5}
    assert bought(shop.rows()) == expected


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.lists(st.integers(0, 3), max_size=2), st.sampled_from(["2026-01-01", "1", "true"]),
)  # fmt: skip
NARROW = st.sampled_from([st.integers(0, 9), st.floats(0, 9), st.text(max_size=3), st.booleans(), VALUES])


@st.composite
def pages_of_events(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Some pages that look alike for the most part."""
    properties = {name: draw(NARROW) for name in draw(st.lists(st.text(min_size=1, max_size=3), max_size=3))}
    record = st.fixed_dictionaries(
        {
            "ts": st.one_of(st.integers(20260101000000, 20260101235959), st.integers()),
            "profile": st.fixed_dictionaries(
                {"objectId": st.text(max_size=3)},
                optional={"identity": st.text(max_size=3), "phone": st.integers(0, 9)},
            ),
            "session_props": st.just({}),
        },
        optional={"event_props": st.fixed_dictionaries({}, optional=properties)},
    )
    return draw(st.lists(st.lists(record, max_size=4), min_size=2, max_size=4))


@given(pages=pages_of_events())
@settings(max_examples=60)
def test_a_page_says_the_same_whichever_way_it_is_read(pages: list[list[dict[str, Any]]]) -> None:
    stamps = Stamps(ZoneInfo("Europe/Berlin"))
    learning, plain = (
        Pages.of_events(ZoneInfo("Europe/Berlin")),
        Pages(lambda found: records.event_columns(found, stamps)),
    )
    for page in pages:
        answer = Answer(200, dump({"status": "success", "next_cursor": "on", "records": page}))
        one, other = learning.read(answer), plain.read(answer)
        assert one.next_cursor == other.next_cursor
        assert (one.batch and one.batch.num_rows) == (other.batch and other.batch.num_rows)
        assert said(one) == said(other)


def said(page: Any) -> dict[str, Any]:
    """The columns of a page that hold anything."""
    columns = {} if page.batch is None else page.batch.to_pydict()
    return {name: values for name, values in columns.items() if any(value is not None for value in values)}


def test_pages_that_look_alike_are_not_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages.of_events(ZoneInfo("UTC"))
    page = {
        "status": "success",
        "records": [{"ts": 20260101000000, "profile": {"identity": "c"}, "event_props": {"a": 1}}],
    }
    first = pages.read(Answer(200, dump(page)))
    pages._in_full = lambda _: pytest.fail("it was read in full")
    assert pages.read(Answer(200, dump(page))).batch.equals(first.batch)


@pytest.mark.parametrize("value", [2**53 + 1, 2**70, "2026-01-01", True, [1], {"a": 1}, None, "\ud800"], ids=repr)
def test_a_value_unlike_those_before_is_not_bent_to_their_shape(value: Any) -> None:
    learnt, fresh = Pages.of_events(ZoneInfo("UTC")), Pages.of_events(ZoneInfo("UTC"))
    learnt.read(page_of(0.5))
    assert said(learnt.read(page_of(value))) == said(fresh.read(page_of(value)))


@pytest.mark.parametrize(
    ("page", "cursor"),
    [
        (b'{"status":"success","previous_cursor":"a","next_cursor":"b","records":[]}', "b"),
        (b'{ "next_cursor" : "b", "records": [{"next_cursor":"c"}]}', "b"),
        (b'{"status":"success","records":[{"next_cursor":"c"}],"next_cursor":"b"}', None),
        (b'{"status":"success","next_cursor":"b"}', None),
        (b'{"status":"success","next_cursor":"\\u0062","records":[]}', None),
    ],
)
def test_a_cursor_is_foretold_only_from_before_the_records(page: bytes, cursor: str | None) -> None:
    assert glimpsed(page) == cursor


def test_a_refusal_that_looks_like_a_page_is_a_refusal() -> None:
    pages = Pages.of_events(ZoneInfo("UTC"))
    pages.read(page_of(1))
    with pytest.raises(InvalidRequestError):
        pages.read(page_of(1, "fail"))


def page_of(value: Any, status: str = "success") -> Answer:
    record = {"ts": 20260101000000, "profile": {"identity": "c"}, "event_props": {"a": value}}
    return Answer(200, json.dumps({"status": status, "records": [record]}).encode())


async def test_records_whose_time_is_none_are_kept_and_counted(tmp_path: Path) -> None:
    pages = Pages.of_events(ZoneInfo("UTC"))
    odd = {"ts": 20261301000000, "profile": {"identity": "c"}, "event_props": {}}
    with Sink(tmp_path / "spool", Room(Workspace(tmp_path))) as sink:
        spool = Spool(sink)
        spool.add(pages.read(Answer(200, dump({"status": "success", "records": [odd]}))))
    assert (spool.rows, spool.found["untimed"]) == (1, 1)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001 - local times are the matter
def test_every_local_time_is_the_moment_that_the_zone_says(local: datetime) -> None:
    zone = ZoneInfo("America/New_York")
    local = local.replace(microsecond=0)
    (moment,) = Stamps(zone).moments(pa.array([int(f"{local:%Y%m%d%H%M%S}")], pa.int64())).to_pylist()
    assert moment.timestamp() == local.replace(tzinfo=zone, fold=0).timestamp()
    assert abs(moment.replace(tzinfo=None) - local) <= timedelta(hours=1)
