"""Whose files an export replaces, and what becomes of it where CleverTap refuses an event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk.exporting_site import PATH, Site, bought, exporting, purchases, rows_of
from clevertap_bulk.job import Kind as JobKind
from clevertap_bulk.job import State
from clevertap_bulk.stopping import stop
from clevertap_sandbox import Kind
from clevertap_tools.bulk import ANEW

pytestmark = pytest.mark.anyio

DAYS = ("1997-02-01", "1997-02-03")
CHARGED: dict[str, Any] = {"event_names": ["Charged"], "from": DAYS[0], "to": DAYS[1], "format": "csv"}
EVENTS, PEOPLE = JobKind.EXPORT_EVENTS, JobKind.EXPORT_PROFILES


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


def own(site: Site, name: str) -> Path:
    """A file that somebody has put into the data folder."""
    file = site.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("theirs")
    return file


@pytest.mark.parametrize(
    ("kind", "folder", "name"),
    [
        (PEOPLE, ".", "people.csv"),
        (PEOPLE, "out", "out/people.csv"),
        (EVENTS, ".", "events/Charged/1997-02-02.csv"),
        (EVENTS, "out", "out/events/Charged/1997-02-03.csv"),
    ],
)
async def test_a_file_that_no_export_wrote_is_not_replaced_and_nothing_is_asked(
    shop: Site, kind: JobKind, folder: str, name: str
) -> None:
    file = own(shop, name)
    job = await shop.export(kind, **CHARGED | {"folder": folder})
    assert job.state is State.FAILED
    assert f"a file that no export wrote: {name}. Name another folder" in job.note
    assert file.read_text() == "theirs"
    assert not shop.sandbox.requests


async def test_neither_is_a_link_that_leads_nowhere(shop: Site) -> None:
    shop.folder.mkdir()
    (shop.folder / "people.csv").symlink_to(shop.folder / "nothing")
    job = await shop.export(PEOPLE, **CHARGED | {"folder": "."})
    assert job.state is State.FAILED
    assert (shop.folder / "people.csv").is_symlink()


@pytest.mark.parametrize("kind", [EVENTS, PEOPLE])
async def test_what_an_export_wrote_the_next_one_replaces(shop: Site, kind: JobKind) -> None:
    for job in (await shop.export(kind, **CHARGED), await shop.export(kind, **CHARGED)):
        assert job.state is State.DONE, job.note
    own(shop, "out/notes.csv")
    assert (await shop.export(kind, **CHARGED)).state is State.DONE


async def test_a_file_that_somebody_edited_is_theirs_from_then_on(shop: Site) -> None:
    await shop.export(PEOPLE, **CHARGED)
    file = own(shop, "out/people.csv")
    assert (await shop.export(PEOPLE, **CHARGED)).state is State.FAILED
    assert file.read_text() == "theirs"


async def test_a_file_that_comes_meanwhile_is_not_replaced_either(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=503, path=PATH, method="GET", times=9)
    shop.meanwhile = lambda: own(shop, "out/events/Charged/1997-02-02.csv")
    failed = await shop.export(**CHARGED)
    assert failed.state is State.FAILED
    assert "no export wrote: out/events/Charged/1997-02-02.csv" in failed.note
    file = shop.folder / "out/events/Charged/1997-02-02.csv"
    assert file.read_text() == "theirs"
    file.unlink()
    shop.meanwhile = list
    assert (await shop.resume(failed.id)).state is State.DONE
    assert bought(shop.rows()) == purchases(*DAYS)


async def test_a_wrong_event_name_keeps_no_other_event_back(shop: Site) -> None:
    job = await shop.export(**CHARGED | {"event_names": ["Nope", "Charged"], "from": "1997-01-01"})
    assert job.state is State.FAILED
    assert "events in 34 files" in job.note
    assert "Not exported: Event 'Nope' on 1997-01-01: Invalid event : Nope. " in job.note
    assert job.note.endswith(ANEW)
    assert bought(shop.rows()) == purchases("1997-01-01", DAYS[1])
    refused = [each for each in shop.sandbox.requests if b"Nope" in each.body]
    assert len(refused) <= 3, "it is asked for once by each of the three that walk at once"
    assert not (shop.folder / ".clevertap" / job.id).exists()


async def test_a_wrong_event_name_keeps_nobody_back_who_did_another(shop: Site) -> None:
    job = await shop.export(PEOPLE, **CHARGED | {"event_names": ["Charged", "Nope"]})
    assert job.state is State.FAILED
    assert "Not exported: People who did 'Nope': Invalid event : Nope. " in job.note
    (path,) = shop.files("out")
    assert {row["identity"] for row in rows_of(path)} == {who for who, *_ in purchases(*DAYS)}


async def test_where_all_events_are_refused_no_file_is_made(shop: Site) -> None:
    job = await shop.export(**CHARGED | {"event_names": ["Nope"]})
    assert job.note == f"Event 'Nope' on 1997-02-01: Invalid event : Nope. {ANEW}"
    assert not shop.files("out")


async def test_what_is_half_done_of_a_failed_export_goes_when_it_is_given_up(shop: Site) -> None:
    shop.breaks(Kind.STATUS, status=401, path=PATH, method="POST", skip=1, times=None)
    failed = await shop.export(**CHARGED)
    half_done = shop.folder / ".clevertap" / failed.id
    assert failed.state is State.FAILED
    assert list(half_done.iterdir())
    async with shop.workshop() as workshop:
        stop(workshop.journal, workshop.workspace.own, failed.id)
        given_up = workshop.known(failed.id)
    assert (given_up.state, given_up.note.endswith("is removed.")) == (State.CANCELLED, True)
    assert not half_done.exists()
    shop.sandbox.faults.clear()
    assert (await shop.resume(failed.id)).state is State.DONE, "it begins anew"
    assert bought(shop.rows()) == purchases(*DAYS)
