"""What an import would do is told before anything is sent."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bulk.importing_site import account
from clevertap_bulk.job import Refused
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.preview import ImportPreview, left_out, preview, proposed
from clevertap_bulk.reading import form_of
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime

pytestmark = pytest.mark.anyio

NOW = 1_780_000_000
TIME = ProjectTime(ZoneInfo("UTC"), NOW)
PURCHASES = ("customer_id", "date", "quantity", "amount")


def write_csv(path: Path, columns: tuple[str, ...], table: Sequence[tuple[object, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *table])
    return path


async def told(path: Path, kind: Any, judge: Client | None = None, **asked: Any) -> tuple[Mapping, ImportPreview]:
    form = form_of(path)
    mapping = proposed(path, form, kind, Mapping.from_json({"kind": kind} | asked))
    make = mapping.maker(TIME)
    return mapping, await preview(path, form, lambda row: (make(row),), NOW, judge)


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox(seed=None, clock=lambda: float(NOW)) as sandbox, serving(sandbox) as url:
        yield sandbox, url


async def test_the_mapping_the_first_records_and_the_counts_are_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", PURCHASES, [(f"c-{n}", "1997-01-01", 1, n + 0.5) for n in range(5_000)])
    mapping, found = await told(path, "events", event="Charged")
    assert (mapping.identity, mapping.time, mapping.event) == ("customer_id", "date", "Charged")
    assert (found.rows, found.refused, found.recent, found.effect) == (5_000, 0, 0, Effect.APPEND)
    assert [record["identity"] for record in found.first] == ["c-0", "c-1", "c-2", "c-3", "c-4"]
    assert found.first[0] == {
        "type": "event",
        "identity": "c-0",
        "ts": 852_076_800,
        "evtName": "Charged",
        "evtData": {"quantity": 1, "amount": 0.5},
    }
    assert found.verdict is None


async def test_every_refused_row_is_counted_and_the_first_twenty_are_told(tmp_path: Path) -> None:
    table = [("null" if n % 2 else f"c-{n}", "1997-01-01", 1, "x" if n == 4 else 1) for n in range(3_000)]
    path = write_csv(tmp_path / "a.csv", PURCHASES, table)
    properties = [{"column": "amount", "type": "number"}]
    _, found = await told(path, "events", event="Charged", properties=properties)
    assert (found.rows, found.refused) == (3_000, 1_501)
    assert [each.row for each in found.refusals][:4] == [1, 3, 4, 5]
    assert len(found.refusals) == 20
    assert "refuses as an identity" in found.refusals[0].reason
    assert found.refusals[2] == Refused(4, None, "'amount' is no number: write it like 1234.5")


@pytest.mark.parametrize(
    ("profiles", "effect"),
    [
        ([{"Plan": "Gold"}], Effect.UPSERT),
        ([{"Plan": "Gold"}, {"Visits": {"$incr": 1}}], Effect.APPEND),
        ([{"Visits": {"$incr": 1}}, {"MSG-dndEmail": False}], Effect.SEND),
    ],
)
async def test_the_effect_is_the_gravest_of_all_records(tmp_path: Path, profiles: list[Any], effect: Effect) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"identity": "c-1", "profileData": each}) + "\n" for each in profiles))
    mapping, found = await told(path, "people")
    assert mapping.spread == "profileData"
    assert found.effect is effect


async def test_events_that_may_trigger_live_campaigns_are_counted(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", PURCHASES, [("c", NOW - age, 1, 1) for age in (0, 7_200, 7_201, -120, -121)])
    assert (await told(path, "events", event="Charged"))[1].recent == 3
    assert (await told(path, "events", event="Charged", time=""))[1].recent == 5


async def test_clevertap_judges_the_first_thousand_and_stores_none(
    tmp_path: Path, sandbox: tuple[Sandbox, str]
) -> None:
    box, url = sandbox
    table = [("", "x"), *((f"c-{n}", "nobody" if n == 7 else f"c{n}@example.org") for n in range(1_500))]
    path = write_csv(tmp_path / "a.csv", ("identity", "email"), table)
    async with Client(account(url)) as client:
        _, found = await told(path, "people", client)
    verdict = found.verdict
    assert verdict is not None
    assert verdict.accepted == 999
    assert [(each.row, each.code) for each in verdict.refused] == [(8, 515)]
    assert found.refused == 1
    uploads = [each for each in box.requests if each.path == "/1/upload"]
    assert [each.query for each in uploads] == [{"dryRun": "1"}]


async def test_a_verdict_that_cannot_be_had_says_why(tmp_path: Path, sandbox: tuple[Sandbox, str]) -> None:
    _, url = sandbox
    path = write_csv(tmp_path / "a.csv", ("identity", "Plan"), [("c-1", "Gold")])
    async with Client(account(url, "wrong")) as client:
        _, found = await told(path, "people", client)
    assert found.verdict is not None
    assert found.verdict.accepted == 0
    assert found.verdict.errors


async def test_what_a_guess_leaves_open_is_asked_for(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("a", "b"), [(1, 2)])
    with pytest.raises(InvalidArgumentsError, match="no column says whom a row is about") as refused:
        await told(path, "events")
    assert "which event is it?" in refused.value.message
    assert "no column says when" in refused.value.message
    _, found = await told(path, "events", identity="a", event="Tasted", time="")
    assert found.first[0]["evtData"] == {"b": 2}


async def test_a_file_that_ends_badly_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", PURCHASES, [("c", "1997-01-01", 1, 1)] * 5_000)
    path.write_text(path.read_text() + '"c,1997-01-01,1,1\n')
    with pytest.raises(InvalidArgumentsError, match="quotation mark that is never closed"):
        await told(path, "events", event="Charged")


def left(path: Path, kind: Any, **asked: Any) -> list[str]:
    form = form_of(path)
    return left_out(path, form, proposed(path, form, kind, Mapping.from_json({"kind": kind} | asked)))


async def test_columns_that_a_mapping_makes_nothing_of_are_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", (*PURCHASES, "clevertap_code"), [("c", "1997-01-01", 1, 1, "")])
    asked = {"event": "Charged", "properties": [{"column": "amount"}]}
    assert left(path, "events", **asked) == ["quantity"]
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"type": "profile", "identity": "c", "profileData": {}, "a": {"b": 1}, "": 2, "c": 3}\n')
    assert left(lines, "people", spread="profileData", properties=[{"column": "a.b", "name": "b"}]) == ["c"]


@pytest.mark.parametrize("unreadable", ["unknown", "01/02/1997"])
async def test_a_time_that_cannot_be_read_is_refused_and_dates_nothing_now(tmp_path: Path, unreadable: str) -> None:
    path = write_csv(
        tmp_path / "a.csv", ("id", "ordered"), [("c-1", unreadable), ("c-2", "1997-01-01"), ("c-3", "1997-01-02")]
    )
    mapping, found = await told(path, "events", event="Charged")
    assert (mapping.time, found.rows, found.refused, found.undated) == ("ordered", 3, 1, 0)
    assert found.warnings == ()


async def test_events_without_a_time_are_refused_unless_somebody_says_that_they_happen_now(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("id", "amount"), [("c-1", 1), ("c-2", 2)])
    with pytest.raises(InvalidArgumentsError, match="no column says when the events happened"):
        await told(path, "events", event="Charged")
    _, found = await told(path, "events", event="Charged", time="")
    assert found.warnings == (
        "No time: all 2 events are dated now.",
        "Recent enough to set off live campaigns: 2 events.",
    )


async def test_a_number_without_end_is_one_refused_row_of_the_preview(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"identity": "c", "n": 1}}\n{{"identity": "c", "n": 9{"0" * 400}}}\n')
    _, found = await told(path, "people")
    assert (found.rows, found.refused) == (2, 1)
    assert found.refusals[0].reason == "'n' is no number: write it like 1234.5"
