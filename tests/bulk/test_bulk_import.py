"""Rows of a file become records at CleverTap, each accounted for, whatever goes wrong."""

from __future__ import annotations

import gzip
import json
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st
from pyarrow import parquet

from bulk.importing_site import Purchase, Site, held, importing, purchases, purchases_in, read_csv, write_csv
from clevertap_bulk.importing import batches
from clevertap_bulk.importing.batches import Batch
from clevertap_bulk.importing.lanes import Dealer
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Job, Part, Refused, State, Tally
from clevertap_bulk.journal import Journal
from clevertap_bulk.mapping import Mapping
from clevertap_bulk.preview import proposed
from clevertap_bulk.reading import Row, columns, form_of
from clevertap_bulk.reading import rows as rows_in
from clevertap_bulk.reading.form import Format
from clevertap_bulk.work import Bench
from clevertap_sandbox import Behaviours
from clevertap_tools.upload import BatchOutcome, Refusal

pytestmark = pytest.mark.anyio


PEOPLE: dict[str, Any] = {
    "kind": "people",
    "effect": "upsert",
    "mapping": {"kind": "people", "identity": "id", "properties": [{"column": "email", "name": "Email"}]},
}
TOKENS: dict[str, Any] = {
    "kind": "tokens",
    "effect": "upsert",
    "mapping": {"kind": "tokens", "objectId": "objectId", "token": "id", "token_type_column": "type"},
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with importing(tmp_path / "data") as made:
        yield made


def given(site: Site, count: int, name: str = "sales.csv", **how: Any) -> Counter[Purchase]:
    """A file of purchases in the data folder."""
    write_csv(site.folder / name, purchases(count, **how))
    return purchases_in(site.folder / name)


def account(job: Job) -> tuple[State, Tally]:
    assert job.tally.balanced
    return job.state, job.tally


async def test_every_row_becomes_one_event(site: Site) -> None:
    sold = given(site, 4_321)
    done = await site.done(site.job("sales.csv"), Import(rows_per_slice=1_500))
    assert account(done) == (State.DONE, Tally(4_321, 4_321))
    assert held(site.url) == sold
    assert "4,321 rows: 4,321 accepted, 0 refused, 0 unaccounted" in done.note
    assert done.parts == {State.DONE: 3}


async def test_no_request_holds_more_than_a_thousand_records(site: Site) -> None:
    given(site, 7_000, people=500)
    await site.done(site.job("sales.csv"))
    assert max(map(len, site.bodies())) == 1_000
    assert sum(map(len, site.bodies())) == 7_000


async def test_no_request_is_larger_than_the_bound(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    given(site, 2_000)
    monkeypatch.setattr(batches.Cutter.__init__, "__defaults__", (10_000,))
    done = await site.done(site.job("sales.csv"))
    assert done.tally == Tally(2_000, 2_000)
    sizes = [len(each.body) for each in site.sandbox.requests if each.path == "/1/upload"]
    assert 9_800 < max(sizes) <= 10_000


async def test_what_one_person_did_arrives_in_the_order_of_the_file(site: Site) -> None:
    given(site, 3_000)
    site.breaks("status", status=429, times=6, skip=3)
    await site.done(site.job("sales.csv", batch=50), Import(rows_per_slice=700))
    arrived: dict[str, list[float]] = {}
    for record in (record for body in site.bodies()[9:] for record in body):
        arrived.setdefault(record["identity"], []).append(record["evtData"]["amount"])
    assert len(arrived) == 7
    assert all(amounts == sorted(amounts) for amounts in arrived.values())


async def test_lanes_send_at_the_same_time_as_many_as_the_client_may(site: Site) -> None:
    given(site, 3_000, people=500)
    site.breaks("slow", seconds=0.05, times=None)
    await site.done(site.job("sales.csv", batch=100), upload_concurrency=5)
    assert httpx2.get(f"{site.url}/_sandbox/peaks").json()["/1/upload"] == 5


async def test_rows_that_the_published_rules_refuse_never_leave(site: Site) -> None:
    rows = [*purchases(10), ("", "2026-01-01", 1, 5.0), ("null", "2026-01-01", 1, 5.0), ("c-1", "yesterday", 1, 5.0)]
    write_csv(site.folder / "sales.csv", rows)
    done = await site.done(site.job("sales.csv"))
    assert account(done) == (State.DONE, Tally(13, 10, 3))
    assert sum(map(len, site.bodies())) == 10
    refused = read_csv(site.folder / f"sales.refused.{done.id}.csv")
    assert [row["date"] for row in refused] == ["2026-01-01", "2026-01-01", "yesterday"]
    assert all(row["clevertap_reason"] and not row["clevertap_code"] for row in refused)


async def test_what_clevertap_refuses_lies_beside_the_input_with_its_code_and_reason(site: Site) -> None:
    rows = purchases(2_500)
    for place in (7, 1_111, 2_499):
        rows[place] = (rows[place][0], "1700-01-01", 1, place + 0.5)  # a time that CleverTap does not take
    write_csv(site.folder / "sales.csv", rows)
    done = await site.done(site.job("sales.csv"), Import(rows_per_slice=1_000))
    assert account(done) == (State.DONE, Tally(2_500, 2_497, 3))
    file = site.folder / f"sales.refused.{done.id}.csv"
    assert [row["amount"] for row in read_csv(file)] == ["7.5", "1111.5", "2499.5"]
    assert list(read_csv(file)[0]) == [
        "customer_id",
        "date",
        "quantity",
        "amount",
        "clevertap_code",
        "clevertap_reason",
    ]
    assert all(row["clevertap_code"] and row["clevertap_reason"] for row in read_csv(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.name in done.note


async def test_a_file_of_which_every_row_is_refused_is_accounted_for(site: Site) -> None:
    write_csv(site.folder / "sales.csv", [("", "2026-01-01", 1, n) for n in range(3_000)])
    done = await site.done(site.job("sales.csv"))
    assert account(done) == (State.DONE, Tally(3_000, 0, 3_000))
    assert site.bodies() == []
    assert len(read_csv(site.folder / f"sales.refused.{done.id}.csv")) == 3_000


async def test_refused_rows_come_back_in_the_format_of_the_input(site: Site) -> None:
    good, bad = ("c-1", "2026-01-01", 2, 1.5), ("", "2026-01-01", 2, 2.5)
    rows = [dict(zip(("customer_id", "date", "quantity", "amount"), each, strict=True)) for each in (good, bad)]
    (site.folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet.write_table(pa.Table.from_pylist(rows), site.folder / "b.parquet")
    lines = await site.done(site.job("a.jsonl", format="jsonl"))
    table = await site.done(site.job("b.parquet", format="parquet"))
    assert lines.tally == table.tally == Tally(2, 1, 1)
    (line,) = (site.folder / f"a.refused.{lines.id}.jsonl").read_text().splitlines()
    (row,) = parquet.read_table(site.folder / f"b.refused.{table.id}.parquet").to_pylist()
    assert json.loads(line) == row
    assert {name: row[name] for name in rows[1]} == rows[1]
    assert row["clevertap_code"] is None
    assert row["clevertap_reason"]


async def test_a_lost_answer_leaves_its_rows_unaccounted_and_listed_and_is_not_sent_again(site: Site) -> None:
    sold = given(site, 3_000, people=500)
    site.breaks("reset_after", skip=1)
    done = await site.done(site.job("sales.csv", batch=200))
    assert done.state is State.DONE
    assert done.tally == Tally(3_000, 2_800, 0, 200)
    assert purchases_in(site.folder / f"sales.unaccounted.{done.id}.csv").total() == 200
    assert held(site.url) == sold


async def test_what_may_be_repeated_is_sent_again_until_it_is_answered(site: Site) -> None:
    sold = given(site, 1_000)
    for _ in range(3):
        site.breaks("reset_before")
    site.breaks("status", status=503, times=4)
    done = await site.done(site.job("sales.csv", resend_unaccounted=True, batch=100))
    assert account(done) == (State.DONE, Tally(1_000, 1_000))
    assert held(site.url) == sold


async def test_too_many_requests_lose_nothing_and_slow_it_down(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    site.breaks("status", status=429, times=25)
    work = Import()
    done = await site.done(site.job("sales.csv", batch=100), work)
    assert account(done) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold
    assert work.pace is not None
    assert work.pace.allowed < 3


async def test_when_it_never_gets_through_the_job_fails_and_the_rest_is_sent_when_it_is_resumed(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    site.breaks("status", status=429, times=None, skip=4)
    job = site.job("sales.csv", batch=100)
    failed = await site.done(job)
    assert account(failed) == (State.FAILED, Tally(400, 400))
    assert "too many requests" in failed.note
    site.sandbox.faults.clear()
    assert account(await site.done(job)) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold


async def test_wrong_credentials_end_it_at_once_and_what_was_on_its_way_is_accounted_for(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    job = site.job("sales.csv", batch=100)
    failed = await site.done(job, passcode="wrong")
    assert account(failed) == (State.FAILED, Tally())
    assert "refused the credentials" in failed.note
    assert len(site.sandbox.requests) <= 3
    assert account(await site.done(job)) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold


async def test_a_batch_that_is_refused_whole_ends_it_and_counts_as_never_sent(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    site.breaks("status", status=400, skip=5, error="Payload is malformed")
    job = site.job("sales.csv", batch=100)
    failed = await site.done(job)
    assert failed.state is State.FAILED
    assert "Payload is malformed" in failed.note
    assert failed.tally.unaccounted == 0
    assert account(await site.done(job)) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold


async def test_answers_lost_one_after_the_other_end_it_before_all_is_unaccounted(site: Site) -> None:
    given(site, 2_000, people=500)
    site.breaks("html", status=200, times=None)
    failed = await site.done(site.job("sales.csv", batch=100))
    assert failed.state is State.FAILED
    assert 500 <= failed.tally.unaccounted <= 700
    assert failed.tally.balanced


class StoppedAfter(Import):
    """An import that something happens to after some batches: it hears that it is to stop."""

    def __init__(
        self, journal: Journal, batches: int, happens: Callable[[str], object] | None = None, **more: int
    ) -> None:
        super().__init__(**more)
        self._left, self._happens = batches, happens or journal.cancel

    async def do(self, job: Job, part: Part, bench: Bench) -> Tally:
        def progress(part: Part, tally: Tally) -> None:
            bench.progress(part, tally)
            self._left -= 1
            if not self._left:
                self._happens(job.id)

        heard = Bench(bench.client, bench.workspace, bench.journal, bench.stopping, progress)
        return await super().do(job, part, heard)


async def test_it_stops_when_asked_without_losing_an_answer_and_goes_on_where_it_was(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    job = site.job("sales.csv", batch=100)
    stopped = await site.done(job, StoppedAfter(site.journal, 4))
    assert stopped.state is State.CANCELLED
    assert stopped.tally.unaccounted == 0
    assert 400 <= stopped.tally.accepted <= 700
    assert sum(map(len, site.bodies())) == stopped.tally.accepted
    assert account(await site.done(job)) == (State.DONE, Tally(2_000, 2_000))
    assert sum(map(len, site.bodies())) == 2_000
    assert held(site.url) == sold


async def test_whoever_slept_while_another_took_its_job_over_sends_no_more(site: Site) -> None:
    given(site, 2_000, people=500)
    later = Journal(site.workspace.own / "jobs.sqlite", lambda: time.time() + 60)
    job = site.job("sales.csv", batch=100)
    slept = await site.done(job, StoppedAfter(site.journal, 4, lambda name: later.hold(name, "another", 20)))
    assert slept.state is State.RUNNING
    assert later.holds(job.id, "another")
    assert 4 <= len(site.bodies()) <= 7
    later.close()


async def test_it_is_cut_as_before_when_it_is_resumed_with_more_lanes(site: Site) -> None:
    sold = given(site, 2_000, people=500)
    job = site.job("sales.csv", batch=100)
    await site.done(job, StoppedAfter(site.journal, 4))
    assert account(await site.done(job, upload_concurrency=7)) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold


async def test_another_file_under_the_name_is_not_taken_for_the_one_it_began_with(site: Site) -> None:
    given(site, 2_000, people=500)
    job = site.job("sales.csv", batch=100)
    await site.done(job, StoppedAfter(site.journal, 4))
    sent = len(site.bodies())
    given(site, 2_000, people=501)
    assert "not the file that the import began with" in (await site.done(job)).note
    (site.folder / "sales.csv").unlink()
    assert "cannot be read" in (await site.done(job)).note
    assert len(site.bodies()) == sent


async def test_people_are_imported_too(site: Site) -> None:
    write_csv(
        site.folder / "people.csv", [(f"c-{n}", f"c{n}@example.com", n) for n in range(50)], ("id", "email", "age")
    )
    done = await site.done(site.job("people.csv", **PEOPLE))
    assert account(done) == (State.DONE, Tally(50, 50))
    (sent,) = [body for body in site.bodies() if body[0]["identity"] == "c-0"]
    assert sent[0]["type"] == "profile"


async def test_push_tokens_leave_by_the_hundred(site: Site) -> None:
    write_csv(
        site.folder / "tokens.csv", [(f"__d{n}", f"t-{n}", "fcm") for n in range(450)], ("objectId", "id", "type")
    )
    done = await site.done(site.job("tokens.csv", **TOKENS))
    assert account(done) == (State.DONE, Tally(450, 450))
    assert max(map(len, site.bodies())) == 100


def dealt(people: list[int], lanes: int, most: int) -> list[Batch]:
    """The batches of a slice of so many rows; a negative person is nobody."""

    def records(row: Row) -> list[dict[str, Any]]:
        who = people[row.number]
        if who < 0:
            raise ValueError("nobody")
        kind = "token" if who % 5 == 0 else "event"
        return [{"type": kind, "identity": f"c-{who}", "n": row.number}] * (1 + who % 2)

    dealer = Dealer(records, lanes, most)
    taken = [dealer.deal(Row(number, {}, None, None)) for number in range(len(people))]
    return [batch for _, batch in [*filter(None, taken), *dealer.rest()]]


@supposing(st.lists(st.integers(-3, 20)), st.integers(1, 15), st.sampled_from([20, 50, 1_000]))
def test_each_row_is_in_one_batch_whole_and_every_cut_is_the_same(people: list[int], lanes: int, most: int) -> None:
    cut = dealt(people, lanes, most)
    rows = [row for batch in cut for row in [*sorted(set(batch.rows)), *(each.row for each in batch.refused)]]
    assert sorted(rows) == list(range(len(people)))
    assert cut == dealt(people, lanes, most)
    assert len({batch.key for batch in cut}) == len(cut)
    for batch in cut:
        tokens = sum(b'"token"' in record for record in batch.records)
        assert len(batch.records) - tokens + 10 * tokens <= most
        assert len(batch.refused) <= most


@supposing(
    st.lists(st.integers(0, 30), max_size=30),
    st.lists(st.one_of(st.none(), st.integers(0, 29)), max_size=40),
    st.integers(0, 40),
)
def test_the_account_of_a_batch_balances_whatever_is_answered(
    rows: list[int], refused: list[int | None], unaccounted: int
) -> None:
    batch = Batch("0-0", sorted(rows), [b"{}"] * len(rows), [Refused(99, None, "rule")])
    told = tuple(Refusal(index, 1, "no") for index in refused if index is None or index < len(rows))
    tally, named = batch.settled(BatchOutcome(0, told, unaccounted))
    assert tally.balanced
    assert tally.rows == len(set(rows)) + 1
    assert min(tally.accepted, tally.refused, tally.unaccounted) >= 0
    assert len(named) <= tally.refused


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "\ud800"])
def test_what_is_no_json_never_leaves(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
        batches.encoded({"type": "event", "evtData": {"a": value}})


def test_a_text_may_say_what_no_number_may_be() -> None:
    assert json.loads(batches.encoded({"a": "NaN, Infinity", "b": "ö"})) == {"a": "NaN, Infinity", "b": "ö"}


async def test_people_of_segment_calls_are_erased_in_their_turn_if_the_plan_says_so(tmp_path: Path) -> None:
    calls = [{"type": "identify", "userId": f"u-{n}", "timestamp": "2026-03-31T18:30:00Z"} for n in range(250)]
    calls += [{"type": "delete", "userId": f"u-{n}", "timestamp": "2026-03-31T18:30:01Z"} for n in range(0, 250, 2)]
    with importing(tmp_path / "data", behaviours=Behaviours(deletion_delay=0)) as site:
        (site.folder / "calls.jsonl").write_text("".join(f"{json.dumps(call)}\n" for call in calls))
        asked = {"format": "jsonl", "kind": "segment", "effect": "append"}
        kept = await site.done(site.job("calls.jsonl", **asked))
        assert account(kept) == (State.DONE, Tally(375, 250, 125))
        erased = await site.done(site.job("calls.jsonl", **asked, deletions=True))
        assert account(erased) == (State.DONE, Tally(375, 375))
        asked_for = [each for each in site.sandbox.requests if each.path == "/1/delete/profiles.json"]
        assert sorted(name for each in asked_for for name in json.loads(each.body)["identity"]) == sorted(
            call["userId"] for call in calls[250:]
        )


async def test_a_row_that_cannot_be_read_is_refused_and_shown_and_the_others_go_on(site: Site) -> None:
    text = b"customer_id,date,quantity,amount\nc-1,2026-01-01,1,1.5\nc-\xff,2026-01-01,1,2.5\nc-2,2026-01-01,1,3.5\n"
    (site.folder / "sales.2026.csv.gz").write_bytes(gzip.compress(text))
    done = await site.done(site.job("sales.2026.csv.gz", packing="gzip"))
    assert account(done) == (State.DONE, Tally(3, 2, 1))
    (row,) = read_csv(site.folder / f"sales.2026.refused.{done.id}.csv")
    assert row["clevertap_reason"].startswith("is not UTF-8")
    assert (row["date"], row["amount"]) == ("2026-01-01", "2.5")


async def test_refused_rows_are_not_written_over_the_quota_and_the_job_ends_once_there_is_room(site: Site) -> None:
    write_csv(site.folder / "sales.csv", [("", "2026-01-01", 1, n) for n in range(30)])
    job = site.job("sales.csv")
    quota, site.workspace.quota = site.workspace.quota, 100
    failed = await site.done(job)
    assert failed.state is State.FAILED
    assert "no room" in failed.note
    assert not list(site.folder.glob("*refused*"))
    site.workspace.quota = quota
    assert account(await site.done(job)) == (State.DONE, Tally(30, 0, 30))
    assert len(read_csv(site.folder / f"sales.refused.{job.id}.csv")) == 30


async def test_a_file_that_is_changed_while_it_is_sent_fails_clearly_and_is_finished_when_it_is_put_back(
    site: Site,
) -> None:
    sold = given(site, 2_000, people=500)
    before = (site.folder / "sales.csv").read_bytes()
    job = site.job("sales.csv", batch=100)

    def swapped(_: str) -> None:
        (site.folder / "sales.csv").write_bytes(before.replace(b"c-", b"d-"))

    work = StoppedAfter(site.journal, 2, swapped, rows_per_slice=500)
    failed = await site.done(job, work)
    assert failed.state is State.FAILED
    assert "not the file that the import began with" in failed.note
    sent = [record["identity"] for body in site.bodies() for record in body]
    assert 200 <= len(sent) <= 500
    assert not [name for name in sent if name.startswith("d-")]
    (site.folder / "sales.csv").write_bytes(before)
    assert account(await site.done(job)) == (State.DONE, Tally(2_000, 2_000))
    assert held(site.url) == sold


async def test_nobody_is_erased_whom_the_file_named_only_after_the_yes(tmp_path: Path) -> None:
    def calls(kind: str) -> str:
        lines = ({"type": kind, "userId": f"u-{n}", "timestamp": "2026-03-31T18:30:00Z"} for n in range(2_000))
        return "".join(f"{json.dumps(line):<90}\n" for line in lines)

    with importing(tmp_path / "data", behaviours=Behaviours(deletion_delay=0)) as site:
        file = site.folder / "calls.jsonl"
        file.write_text(calls("identify"))
        asked = {"format": "jsonl", "kind": "segment", "effect": "append", "deletions": True}
        job = site.job("calls.jsonl", **asked)
        kept = site.workspace.own / job.id
        modes: list[int] = []

        def swapped(_: str) -> None:
            file.write_text(calls("delete"))
            modes.extend(stat.S_IMODE(each.stat().st_mode) for each in kept.iterdir())

        done = await site.done(job, StoppedAfter(site.journal, 2, swapped, rows_per_slice=500))
        assert account(done) == (State.DONE, Tally(2_000, 2_000))
        assert modes == [0o600]
        assert not kept.exists()
        again = site.job("calls.jsonl", **asked | {"digest": job.plan["digest"]})
        assert "not the file that the import began with" in (await site.done(again)).note
        file.write_text(calls("identify"))
        assert account(await site.done(again)) == (State.DONE, Tally(2_000, 2_000))
        assert "/1/delete/profiles.json" not in {each.path for each in site.sandbox.requests}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
async def test_refused_rows_that_were_mended_are_imported_without_what_we_had_added(site: Site, form: Format) -> None:
    site.sandbox.requests.clear()
    bad = {"customer_id": "", "date": "2026-01-01", "quantity": 1, "amount": 2.5}
    rows = [bad | {"amount": amount, "clevertap_code": 1, "clevertap_reason": "before"} for amount in (2.5, 3.5)]
    file = site.folder / f"sales.{form}"
    if form == "csv":
        write_csv(file, [list(row.values()) for row in rows], rows[0])
    elif form == "jsonl":
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        parquet.write_table(pa.Table.from_pylist(rows), file)
    refused = await site.done(site.job(file.name, format=form))
    assert refused.tally == Tally(2, 0, 2)
    again = site.folder / f"sales.refused.{refused.id}.{form}"
    assert columns(again, form, "none") in (None, (*bad, "clevertap_code", "clevertap_reason"))
    values = [row.values for row in rows_in(again, form, "none")]
    assert all("names nobody" in each["clevertap_reason"] and not each["clevertap_code"] for each in values)
    found = proposed(again, form_of(again), "events", Mapping(kind="events", event="Charged")).to_json()
    assert [each["column"] for each in found["properties"]] == ["quantity", "amount"]


async def test_a_column_that_is_called_unread_is_a_column(site: Site) -> None:
    write_csv(site.folder / "sales.csv", [("", "2026-01-01", "mail")], ("customer_id", "date", "unread"))
    mapping = {"kind": "events", "identity": "customer_id", "time": "date", "event": "Charged"}
    done = await site.done(site.job("sales.csv", mapping=mapping))
    (row,) = read_csv(site.folder / f"sales.refused.{done.id}.csv")
    assert row["unread"] == "mail"
    assert "mail" not in row["clevertap_reason"]


async def test_a_number_beyond_all_bounds_refuses_its_row_and_no_other(site: Site) -> None:
    row = {"customer_id": "c-1", "date": "2026-01-01", "quantity": 1, "amount": 1.5}
    rows = [row, row | {"amount": 10**400}, row | {"date": 10**400}, row | {"customer_id": 10**400}]
    (site.folder / "sales.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    done = await site.done(site.job("sales.jsonl", format="jsonl"))
    assert account(done) == (State.DONE, Tally(4, 1, 3))


async def test_events_that_are_all_dated_now_are_told_of_at_the_end(site: Site) -> None:
    given(site, 3)
    mapping = {"kind": "events", "identity": "customer_id", "event": "Charged"}
    assert "No time: all events are dated now." in (await site.done(site.job("sales.csv", mapping=mapping))).note
