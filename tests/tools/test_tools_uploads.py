"""The truth about every record of an upload."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_sandbox import Kind
from clevertap_tools.effect import Effect
from clevertap_tools.errors import IncompleteError
from clevertap_tools.upload import Batch, cut, read_upload, upload
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import Perform, Site

pytestmark = pytest.mark.anyio

UPLOAD = "/1/upload"
COUNT = {"event_name": "Tasted", "from": "2023-11-14", "to": "2023-11-15"}


def balanced(result: Any, given: int) -> None:
    """The promise: no record goes missing from the account."""
    assert result.accepted + result.refused + result.unaccounted == result.sent
    assert result.sent + result.unsent == given
    assert result.refused == len(result.refusals)


async def stored(site: Site, perform: Perform) -> int:
    """How many of the events really are there."""
    site.sandbox.faults.clear()
    return int((await perform(site, "get-event-count", COUNT)).count)


def sizes(site: Site) -> list[int]:
    return sorted((len(body["d"]) for body in site.bodies(UPLOAD)), reverse=True)


async def test_events_leave_in_batches_of_a_thousand(site: Site, perform: Perform, make_events: Any) -> None:
    result = await perform(site, "upload-events", {"events": make_events(2345)})
    assert sizes(site) == [1000, 1000, 345]
    assert (result.sent, result.accepted, result.refused, result.unaccounted, result.unsent) == (2345, 2345, 0, 0, 0)
    assert result.failure is None
    assert result.complete
    assert await stored(site, perform) == 2345


async def test_profiles_leave_in_batches_of_a_thousand(site: Site, perform: Perform, make_profiles: Any) -> None:
    result = await perform(site, "upload-user-profiles", {"profiles": make_profiles(1001)})
    assert sizes(site) == [1000, 1]
    assert result.complete


async def test_tokens_leave_in_batches_of_a_hundred(site: Site, perform: Perform) -> None:
    tokens = [{"objectId": f"__{number}", "tokenData": {"id": f"t-{number}", "type": "fcm"}} for number in range(250)]
    result = await perform(site, "upload-device-tokens", {"tokens": tokens})
    assert sizes(site) == [100, 100, 50]
    assert result.accepted == 250
    assert site.bodies(UPLOAD)[0]["d"][0]["type"] == "token"


async def test_every_record_leaves_exactly_once_and_as_documented(site: Site, perform: Perform) -> None:
    events = [
        {"identity": "cust-9001", "ts": 1767225660, "evtName": "Course Started", "evtData": {"Price": 49.5, "Gift": False}},
        {"objectId": "__a0b1", "type": "event", "ts": "2026-01-01T00:02:00Z", "evtName": "Charged", "source": "till",
         "evtData": {"Amount": 62.0, "Items": [{"Title": "Clay 2kg", "Quantity": 2}]}},
        {"FBID": "f-1", "evtName": "Tasted"},
        {"GPID": 17, "evtName": "Tasted", "ts": None, "evtData": {}},
    ]  # fmt: skip
    await perform(site, "upload-events", {"events": events})
    assert site.bodies(UPLOAD) == [
        {
            "d": [
                {"type": "event", "identity": "cust-9001", "ts": 1767225660, "evtName": "Course Started",
                 "evtData": {"Price": 49.5, "Gift": False}},
                {"type": "event", "objectId": "__a0b1", "ts": 1767225720, "evtName": "Charged", "source": "till",
                 "evtData": {"Amount": 62.0, "Items": [{"Title": "Clay 2kg", "Quantity": 2}]}},
                {"type": "event", "FBID": "f-1", "evtName": "Tasted"},
                {"type": "event", "GPID": "17", "evtName": "Tasted", "evtData": {}},
            ]
        }
    ]  # fmt: skip


async def test_a_profile_with_every_operator_leaves_as_documented(site: Site, perform: Perform) -> None:
    profile = {
        "identity": "cust-9001",
        "type": "profile",
        "ts": 1767225600,
        "profileData": {
            "Name": "Mira Solano",
            "DOB": "$D_631152000",
            "MSG-email": True,
            "Favourite Teams": {"$add": ["Blue", "Green"]},
            "Old Tags": {"$remove": ["beta"]},
            "Colours": {"$set": ["red", "teal"]},
            "Visits": {"$incr": 3},
            "Credits": {"$decr": 10},
            "Legacy Key": {"$delete": 1},
        },
    }
    result = await perform(site, "upload-user-profiles", {"profiles": [profile]})
    assert site.bodies(UPLOAD) == [{"d": [profile]}]
    assert result.accepted == 1


@pytest.mark.parametrize("kind", ["fcm", "chrome"])
async def test_a_token_leaves_as_documented(site: Site, perform: Perform, kind: str) -> None:
    keys = {"keys": {"p256dh": "BBpub", "auth": "aUtH=="}} if kind == "chrome" else {}
    token = {"type": "token", "objectId": "webguid0001", "tokenData": {"id": "tok-2", "type": kind, **keys}}
    await perform(site, "upload-device-tokens", {"tokens": [token]})
    assert site.bodies(UPLOAD) == [{"d": [token]}]


async def test_a_refusal_names_the_callers_row_whatever_batch_it_fell_into(
    site: Site, perform: Perform, make_profiles: Any
) -> None:
    profiles = make_profiles(2500)
    for index in (0, 999, 1000, 1700, 2499):
        profiles[index]["profileData"] = {"Email": "not-an-email"}
    result = await perform(site, "upload-user-profiles", {"profiles": profiles})
    assert [refusal.index for refusal in result.refusals] == [0, 999, 1000, 1700, 2499]
    assert {(refusal.code, refusal.reason) for refusal in result.refusals} == {
        (515, "Profile data is incorrect. Email is not valid")
    }
    assert (result.accepted, result.refused) == (2495, 5)
    assert result.failure is None
    assert not result.complete


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"Gender": "X"}, 514, "Gender"),
        ({"Email": "a"}, 515, "Email is not valid"),
        ({"Phone": "12"}, 516, "Phone number is not valid"),
        ({"Employed": "maybe"}, 517, "Employed needs to be Y/N"),
        ({"Education": "None"}, 518, "Education needs to be School/College/Graduate"),
        ({"Married": 1}, 519, "Married needs to be Y/N"),
        ({"Age": "old"}, 520, "Age is invalid"),
    ],
)
async def test_field_rules_are_clevertaps_to_judge(
    site: Site, perform: Perform, data: dict[str, Any], code: int, words: str
) -> None:
    profiles = [{"identity": "good", "profileData": {}}, {"identity": "bad", "profileData": data}]
    result = await perform(site, "upload-user-profiles", {"profiles": profiles})
    (refusal,) = result.refusals
    assert (refusal.index, refusal.code) == (1, code)
    assert words in refusal.reason
    assert "record number" not in refusal.reason
    assert "ErrorCode" not in refusal.reason


async def test_nothing_accepted_is_a_failure_that_says_why(site: Site, perform: Perform) -> None:
    profiles = [{"identity": "bad", "profileData": {"Email": "x"}}]
    result = await perform(site, "upload-user-profiles", {"profiles": profiles})
    assert isinstance(result.failure, IncompleteError)
    assert result.failure.changed == "no"
    assert "0 of 1" in result.failure.message
    assert "Correct" in result.failure.next
    balanced(result, 1)


async def test_a_dry_run_judges_every_record_and_stores_nothing(site: Site, perform: Perform, make_events: Any) -> None:
    profiles = [{"identity": "a", "profileData": {}}, {"identity": "b", "profileData": {"Email": "x"}}]
    result = await perform(site, "upload-user-profiles", {"profiles": profiles, "dry_run": True})
    assert (result.accepted, result.refused) == (1, 1)
    await perform(site, "upload-events", {"events": make_events(3), "dry_run": True})
    assert all(each.query == {"dryRun": "1"} for each in site.asked(UPLOAD))
    assert await stored_people(site, perform) == 0


async def stored_people(site: Site, perform: Perform) -> int:
    found = [await perform(site, "get-user-profile", {"identity": name}) for name in ("a", "b", "c-0", "c-1")]
    return sum(each.found for each in found)


async def test_a_dry_run_whose_answer_is_lost_may_be_asked_again(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.RESET_AFTER, UPLOAD)
    result = await perform(site, "upload-events", {"events": make_events(3), "dry_run": True})
    assert result.accepted == 3
    assert len(site.asked(UPLOAD)) == 2


async def test_a_dry_run_that_left_and_got_no_answer_is_not_called_unsent(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=503, times=None)
    result = await perform(site, "upload-events", {"events": make_events(3), "dry_run": True})
    assert (result.sent, result.unaccounted, result.unsent) == (3, 3, 0)
    assert "nothing was stored" in result.failure.next


@pytest.mark.parametrize(("skip", "accepted", "refused", "unsent"), [(0, 0, 1000, 3500), (2, 2000, 1000, 1500)])
@pytest.mark.parametrize("status", [401, 400])
async def test_a_batch_refused_whole_stops_the_ones_after_it(
    site: Site, perform: Perform, make_events: Any, status: int, skip: int, accepted: int, refused: int, unsent: int
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=status, skip=skip, times=None)
    result = await perform(site, "upload-events", {"events": make_events(4500)}, upload_concurrency=1)
    assert (result.accepted, result.refused, result.unaccounted, result.unsent) == (accepted, refused, 0, unsent)
    assert result.first_unsent == accepted + refused
    assert {(each.code, each.index) for each in result.refusals} == {
        (status, index) for index in range(accepted, accepted + refused)
    }
    assert result.failure.changed == ("partly" if accepted else "no")
    assert f"{accepted + refused}-" in result.failure.next
    balanced(result, 4500)


async def test_after_a_401_the_account_says_that_a_wrong_region_looks_the_same(
    site: Site, perform: Perform, make_events: Any
) -> None:
    result = await perform(site, "upload-events", {"events": make_events(1)}, account=site.account(passcode="wrong"))
    assert "CLEVERTAP_PASSCODE" in result.failure.message
    assert result.refused == 1


async def test_of_several_batches_at_once_only_those_under_way_meet_the_refusal(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=401, times=None)
    result = await perform(site, "upload-events", {"events": make_events(9000)}, upload_concurrency=3)
    assert result.accepted == 0
    assert 1000 <= result.refused <= 3000
    balanced(result, 9000)


async def test_a_rate_limit_that_does_not_end_refuses_its_batch_and_not_the_others(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=429, times=4)
    result = await perform(site, "upload-events", {"events": make_events(3000)}, upload_concurrency=1)
    assert (result.accepted, result.refused, result.unaccounted, result.unsent) == (2000, 1000, 0, 0)
    assert {each.code for each in result.refusals} == {429}
    assert await stored(site, perform) == 2000


async def test_events_of_a_batch_that_met_a_503_are_unaccounted_after_one_attempt(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=503)
    result = await perform(site, "upload-events", {"events": make_events(2000)}, upload_concurrency=1)
    assert (result.accepted, result.unaccounted) == (1000, 1000)
    assert len(site.asked(UPLOAD)) == 2
    assert result.failure.changed == "unknown"
    assert "0-999" in result.failure.next
    assert "double" in result.failure.next
    balanced(result, 2000)


async def test_profiles_of_a_batch_that_met_nothing_but_503_are_unaccounted_after_four_attempts(
    site: Site, perform: Perform, make_profiles: Any
) -> None:
    site.breaks(Kind.STATUS, UPLOAD, status=503, times=None)
    result = await perform(site, "upload-user-profiles", {"profiles": make_profiles(10)})
    assert (result.sent, result.unaccounted) == (10, 10)
    assert len(site.asked(UPLOAD)) == 4
    assert "harmless" in result.failure.next


async def test_events_whose_answer_was_lost_are_stored_once_and_unaccounted(
    site: Site, perform: Perform, make_events: Any
) -> None:
    site.breaks(Kind.RESET_AFTER, UPLOAD)
    result = await perform(site, "upload-events", {"events": make_events(10)})
    assert (result.sent, result.accepted, result.unaccounted) == (10, 0, 10)
    assert await stored(site, perform) == 10


async def test_profiles_whose_answer_was_lost_are_sent_again(site: Site, perform: Perform, make_profiles: Any) -> None:
    site.breaks(Kind.RESET_AFTER, UPLOAD)
    result = await perform(site, "upload-user-profiles", {"profiles": make_profiles(10)})
    assert result.complete
    assert len(site.asked(UPLOAD)) == 2


@pytest.mark.parametrize("operator", ["$incr", "$decr"])
async def test_a_profile_that_counts_is_not_sent_again_after_a_lost_answer(
    site: Site, perform: Perform, operator: str
) -> None:
    site.breaks(Kind.RESET_AFTER, UPLOAD)
    profiles = [{"identity": "c-1", "profileData": {"Visits": {operator: 1}}}]
    result = await perform(site, "upload-user-profiles", {"profiles": profiles})
    assert result.unaccounted == 1
    assert len(site.asked(UPLOAD)) == 1


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.EMPTY, Kind.TRUNCATED, Kind.GZIP, Kind.RESET_MIDWAY])
async def test_an_answer_that_cannot_be_read_leaves_events_unaccounted(
    site: Site, perform: Perform, make_events: Any, kind: Kind
) -> None:
    site.breaks(kind, UPLOAD)
    result = await perform(site, "upload-events", {"events": make_events(10)})
    assert result.unaccounted == 10
    assert len(site.asked(UPLOAD)) == 1
    balanced(result, 10)


async def test_a_failure_that_names_no_record_refuses_the_batch(site: Site, perform: Perform, make_events: Any) -> None:
    site.breaks(Kind.FAIL, UPLOAD, error="Something is wrong")
    result = await perform(site, "upload-events", {"events": make_events(10)})
    assert (result.accepted, result.refused) == (0, 10)
    assert {each.reason for each in result.refusals} == {"Something is wrong"}


async def test_a_fresh_event_is_announced_as_able_to_trigger_campaigns(site: Site, perform: Perform) -> None:
    now = int(site.client().clock())
    stamps = [now, now - 7200, now + 120, now - 7201, now + 121, None]
    events = [{"identity": "a", "evtName": "Tasted", "ts": stamp} for stamp in stamps]
    result = await perform(site, "upload-events", {"events": events})
    assert result.warning == "Recent enough to trigger live campaigns that wait for them: 4 of these events."
    assert (await perform(site, "upload-events", {"events": events, "dry_run": True})).warning is None
    assert (await perform(site, "upload-events", {"events": events[3:5]})).warning is None


async def test_progress_tells_how_far_an_upload_is(site: Site, perform: Perform, make_events: Any) -> None:
    told: list[tuple[float, float | None, str]] = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    await perform(site, "upload-events", {"events": make_events(2500)}, progress=listen, upload_concurrency=1)
    assert [(done, total) for done, total, _ in told] == [(1000, 2500), (2000, 2500), (2500, 2500)]
    assert told[-1][2] == "2500 accepted, 0 refused"


async def test_records_are_taken_from_an_iterator_only_as_fast_as_they_leave(site: Site, make_events: Any) -> None:
    read = 0

    def stream() -> Iterator[dict[str, Any]]:
        nonlocal read
        for record in make_events(100):
            read += 1
            yield record

    ahead: list[float] = []

    async def listen(done: float, _total: float | None, _message: str) -> None:
        ahead.append(read - done)

    async with site.client(upload_concurrency=2) as client:
        ledger = await upload(client.for_call(listen), stream(), effect=Effect.APPEND, batch_size=5)
    assert ledger.accepted == 100
    assert max(ahead) <= 2 * 5


@given(count=st.integers(0, 50), size=st.integers(1, 12))
def test_batches_hold_every_record_once_and_in_order(count: int, size: int) -> None:
    records = [{"identity": str(number)} for number in range(count)]
    batches = list(cut(iter(records), size))
    assert [record for batch in batches for record in batch.records] == records
    assert all(len(batch.records) == size for batch in batches[:-1])
    assert [place for batch in batches for place in batch.span] == list(range(count))


BATCH = Batch(2000, [{"type": "profile", "identity": f"c-{number}", "ts": 5, "profileData": {}} for number in range(4)])


def account(**body: Any) -> Any:
    return read_upload(BATCH, Answer(200, json.dumps(body).encode()))


def entry(error: str, **record: Any) -> dict[str, Any]:
    return {"status": "fail", "code": 515, "error": error, "record": record}


def test_a_refusal_without_a_number_is_found_by_whom_its_echo_names() -> None:
    echo = {"type": "profile", "identity": "c-2", "ts": 5, "profileData": {"Phone": 35922333232}}
    outcome = account(status="partial", processed=3, unprocessed=[entry("Email is not valid.", **echo)])
    assert [refusal.index for refusal in outcome.refused] == [2002]


def test_a_number_that_no_record_has_gives_way_to_the_echo() -> None:
    echo = {"type": "profile", "identity": "c-3", "ts": "5"}
    outcome = account(status="partial", processed=3, unprocessed=[entry("Bad. Skipped record number : 9", **echo)])
    assert [(refusal.index, refusal.reason) for refusal in outcome.refused] == [(2003, "Bad")]


def test_a_refusal_that_points_nowhere_is_counted_without_an_index() -> None:
    outcome = account(status="partial", processed=3, unprocessed=[entry("Bad", identity="somebody else"), None])
    assert [refusal.index for refusal in outcome.refused] == [None, None]
    assert (outcome.accepted, outcome.unaccounted) == (2, 0)


def test_two_refusals_never_point_at_the_same_record() -> None:
    same = entry("Bad. Skipped record number : 1", type="profile", identity="c-0", ts=5)
    outcome = account(status="partial", processed=2, unprocessed=[same, same])
    assert [refusal.index for refusal in outcome.refused] == [2000, None]


@pytest.mark.parametrize("status", ["success", "partial", "fail", None])
def test_a_list_of_refusals_counts_whatever_the_status_says(status: str | None) -> None:
    unprocessed = [entry("Bad. Skipped record number : 2")]
    outcome = account(status=status, processed=4, unprocessed=unprocessed)
    assert (outcome.accepted, len(outcome.refused), outcome.unaccounted) == (3, 1, 0)


def test_a_fail_with_an_empty_list_is_all_rejected_as_its_status_says() -> None:
    outcome = account(status="fail", processed=0, unprocessed=[])
    assert [refusal.index for refusal in outcome.refused] == [2000, 2001, 2002, 2003]
    assert (outcome.accepted, outcome.unaccounted) == (0, 0)


def test_a_fail_with_an_empty_list_gives_the_reason_that_came_with_it() -> None:
    outcome = account(status="fail", processed=0, unprocessed=[], error="Event structure not valid")
    assert Counter(refusal.reason for refusal in outcome.refused) == {"Event structure not valid": 4}


def test_a_success_that_accounts_for_fewer_records_leaves_the_rest_unaccounted() -> None:
    outcome = account(status="success", processed=3, unprocessed=[])
    assert (outcome.accepted, outcome.unaccounted) == (3, 1)


def test_a_count_over_the_number_of_records_is_not_believed() -> None:
    outcome = account(status="success", processed=99, unprocessed=[])
    assert (outcome.accepted, outcome.unaccounted) == (4, 0)
