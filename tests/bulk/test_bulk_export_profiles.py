"""Everybody of an export comes into the file once, as they were seen last."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from bulk.exporting_site import Site, exporting, purchases, rows_of
from clevertap_bulk.exporting.columns import texts
from clevertap_bulk.exporting.latest import latest
from clevertap_bulk.exporting.pages import Columns
from clevertap_bulk.exporting.room import Room, Sink
from clevertap_bulk.exporting.spool import Spool
from clevertap_bulk.job import Kind as JobKind
from clevertap_bulk.job import State
from clevertap_bulk.workspace import Workspace
from clevertap_sandbox import Kind

pytestmark = pytest.mark.anyio

PEOPLE = "/1/profiles.json"
NEW_YEAR = 1_767_225_600
"""1 January 2026, 00:00 UTC."""
FORTNIGHT: dict[str, Any] = {"event_names": ["Charged"], "from": "1997-02-01", "to": "1997-02-14", "batch_size": 92}
NEW_YEARS_DAY: dict[str, Any] = {"from": "2026-01-01", "to": "2026-01-01"}


@pytest.fixture(scope="module")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with exporting(tmp_path_factory.mktemp("unused")) as site:
        yield site


@pytest.fixture
def shop(_shop: Site, tmp_path: Path) -> Site:
    """The sample shop with a data folder of its own."""
    _shop.sandbox.faults.clear()
    return Site(_shop.sandbox, _shop.url, tmp_path / "data")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    """A project with nothing in it."""
    with exporting(tmp_path / "data", seed=None) as site:
        yield site


def customers() -> set[str]:
    """Who bought something in that fortnight, by the shop's own file."""
    return {who for who, *_ in purchases(FORTNIGHT["from"], FORTNIGHT["to"])}


def event(who: str, name: str, **properties: Any) -> dict[str, Any]:
    return {"type": "event", "identity": who, "evtName": name, "ts": NEW_YEAR, "evtData": properties}


def profile(who: str, **properties: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": who, "profileData": properties}


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
async def test_the_file_has_every_customer_once(shop: Site, form: str) -> None:
    job = await shop.export(JobKind.EXPORT_PROFILES, **FORTNIGHT, format=form)
    assert job.state is State.DONE, job.note
    (path,) = shop.files("out")
    rows = rows_of(path)
    assert path.name == f"people.{form}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(row["identity"] for row in rows) == sorted(customers())
    assert sum(bool(row["email"]) for row in rows) > 0
    assert list(rows[0])[:6] == ["identity", "object_id", "email", "phone", "name", "platform"]


async def test_who_did_several_events_is_there_once_with_all_properties(empty: Site) -> None:
    empty.upload(profile("c-1", Plan="Gold", Visits=3, Email="one@example.org"), profile("c-2", Plan=7))
    empty.upload(event("c-1", "Tasted"), event("c-2", "Tasted"), event("c-1", "Bought"))
    job = await empty.export(JobKind.EXPORT_PROFILES, event_names=["Tasted", "Bought"], **NEW_YEARS_DAY)
    assert job.tally.rows == 3
    assert "2 people out of 3 records" in job.note
    rows = {row["identity"]: row for row in empty.rows("out")}
    assert len(empty.rows("out")) == 2
    assert rows["c-1"]["email"] == "one@example.org"
    assert (rows["c-1"]["props.Plan"], rows["c-1"]["props.Visits"]) == ("Gold", 3)
    assert (rows["c-2"]["props.Plan"], rows["c-2"]["props.Visits"]) == ("7", None)


async def test_a_person_with_devices_is_named_by_the_first(shop: Site) -> None:
    await shop.export(JobKind.EXPORT_PROFILES, **FORTNIGHT)
    with_device = [row for row in shop.rows("out") if row["platform"]]
    assert with_device
    assert {row["platform"] for row in with_device} == {"Android"}
    assert all(row["object_id"].startswith("__shop") for row in with_device)


async def test_event_totals_come_along_only_when_asked_for(empty: Site) -> None:
    empty.upload(event("c-1", "Tasted"))
    await empty.export(JobKind.EXPORT_PROFILES, event_names=["Tasted"], **NEW_YEARS_DAY)
    assert "events" not in empty.rows("out")[0]
    await empty.export(JobKind.EXPORT_PROFILES, event_names=["Tasted"], **NEW_YEARS_DAY, events=True)
    assert '"Tasted": {"count": 1' in empty.rows("out")[0]["events"]


async def test_a_query_alone_finds_people_too(empty: Site) -> None:
    empty.upload(profile("c-1", Plan="Gold"), profile("c-2", Plan="Silver"))
    gold = [{"name": "Plan", "operator": "equals", "value": "Gold"}]
    await empty.export(JobKind.EXPORT_PROFILES, query={"common_profile_properties": {"profile_fields": gold}})
    assert [row["identity"] for row in empty.rows("out")] == ["c-1"]


async def test_nobody_makes_a_file_with_a_heading_and_no_rows(empty: Site) -> None:
    empty.upload(event("c-1", "Tasted"))
    plan: dict[str, Any] = {"event_names": ["Tasted"], "from": "2020-01-01", "to": "2020-01-01"}
    assert (await empty.export(JobKind.EXPORT_PROFILES, **plan)).state is State.DONE
    assert parquet.read_table(empty.files("out")[0]).num_rows == 0


async def test_everybody_without_a_question_is_refused(shop: Site) -> None:
    job = await shop.export(JobKind.EXPORT_PROFILES)
    assert job.state is State.FAILED
    assert "Ask for something" in job.note


@pytest.mark.parametrize("kind", [Kind.REPEAT_CURSOR, Kind.RESET_MIDWAY, Kind.NOT_READY])
async def test_faults_on_the_way_make_no_doubles(shop: Site, kind: Kind) -> None:
    shop.breaks(kind, path=PEOPLE, method="GET", skip=1, times=2)
    job = await shop.export(JobKind.EXPORT_PROFILES, **FORTNIGHT)
    assert job.state is State.DONE, job.note
    assert sorted(row["identity"] for row in shop.rows("out")) == sorted(customers())


async def test_a_failed_export_of_people_is_done_when_resumed(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=401, path=PEOPLE, method="GET", skip=1, times=None)
    failed = await shop.export(JobKind.EXPORT_PROFILES, **FORTNIGHT)
    assert failed.state is State.FAILED
    assert "People who did 'Charged'" in failed.note
    assert not shop.files("out")
    shop.sandbox.faults.clear()
    assert (await shop.resume(failed.id)).state is State.DONE
    assert len(shop.rows("out")) == len(customers())


def test_the_latest_of_a_person_is_kept_by_object_id_then_identity(tmp_path: Path) -> None:
    pages: list[dict[str, Any]] = [
        {"object_id": ["o1", "o2", None, None], "identity": ["a", None, "b", None], "n": [0, 1, 2, 3]},
        {"object_id": ["o2", None, None, "b"], "identity": ["z", "b", None, None], "n": [4, 5, 6, 7]},
        {"object_id": ["o1"], "identity": ["other"], "n": [8]},
    ]
    paths = [tmp_path / "0.arrow", tmp_path / "1.arrow"]
    for path, held in zip(paths, (pages[:2], pages[2:]), strict=True):
        with Sink(path, Room(Workspace(tmp_path))) as sink:
            spool = Spool(sink)
            for page in held:
                arrays = {name: texts(page[name]) for name in ("object_id", "identity")} | {"n": pa.array(page["n"])}
                spool.add(Columns(None, pa.RecordBatch.from_pydict(arrays)))
    kept = [number for batch in latest(paths, tmp_path) for number in batch.column("n").to_pylist()]
    assert kept == [3, 4, 5, 6, 7, 8]
