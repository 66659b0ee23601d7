"""API segments by the typed actions: every segment and every person is accounted for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, UnavailableError
from clevertap_tools.segment_answers import read_creation, read_membership
from clevertap_tools.upload import Batch
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

MAKE, MOVE = "create-segments", "update-segments"
CREATE, UPDATE = "/api/createSegment", "/api/updateSegment"
NOW = 1_780_000_000
GOLD = {"segment_name": "Gold users", "customer_segment_id": "SEG-77"}
RISK = {"segment_name": "At risk", "customer_segment_id": "AR1"}
ADD = {"customer_segment_id": "SEG-77", "action": "ADD"}
REMOVE = {"ct_segment_id": 1_750_000_042, "action": "REMOVE"}


def segments(count: int) -> list[dict[str, str]]:
    return [{"segment_name": f"s-{n}", "customer_segment_id": f"S{n}"} for n in range(count)]


def outcomes(result: Any) -> list[str]:
    return [each.outcome for each in result.segments]


def figures(result: Any) -> tuple[int, ...]:
    assert result.accepted + result.refused + result.unaccounted == result.sent
    return (result.sent, result.accepted, result.refused, result.unaccounted, result.unsent)


@pytest.mark.parametrize("example", [[GOLD], [{"segment_name": "Gold 2026", "customer_segment_id": "G26"}, RISK]])
async def test_the_references_examples_of_segments_arrive_equal(
    site: Site, perform: Perform, example: list[dict[str, str]]
) -> None:
    await perform(site, MAKE, {"segments": example})
    assert site.bodies(CREATE) == [example]


@pytest.mark.parametrize(
    ("given", "example"),
    [
        (
            {"identity": ["cust-9001"], "guid": ["__f00dbabe"], "segments": [ADD, REMOVE]},
            {"user_profiles": [{"identity": "cust-9001"}, {"guid": "__f00dbabe"}], "segments": [ADD, REMOVE]},
        ),
        (
            {"identity": ["u-1001"], "segments": [{"ct_segment_id": "1761060001", "action": "ADD"}]},
            {"user_profiles": [{"identity": "u-1001"}], "segments": [{"ct_segment_id": "1761060001", "action": "ADD"}]},
        ),
    ],
)
async def test_the_references_examples_of_changes_arrive_equal(
    site: Site, perform: Perform, given: dict[str, Any], example: dict[str, Any]
) -> None:
    await perform(site, MOVE, given)
    assert site.bodies(UPDATE) == [{"bulk_profiles": [example]}]


@pytest.mark.parametrize("shape", ["processed", "segments"])
async def test_every_segment_is_told_with_its_id_or_its_reason(
    make_site: MakeSite, perform: Perform, shape: str
) -> None:
    site = make_site(created_segments=shape)
    await perform(site, MAKE, {"segments": [RISK]})
    result = await perform(site, MAKE, {"segments": [GOLD, RISK]})
    assert figures(result) == (2, 1, 1, 0, 0)
    gold, risk = result.segments
    assert (gold.outcome, gold.ct_segment_id, gold.reason) == ("accepted", NOW + 1, None)
    assert (risk.outcome, risk.ct_segment_id, risk.reason) == ("refused", None, "Duplicate customer_segment_id")
    assert (result.complete, result.failure) == (False, None)
    refused = await perform(site, MAKE, {"segments": [RISK]})
    assert figures(refused) == (1, 0, 1, 0, 0)
    assert refused.failure.changed == "no"


async def test_segments_leave_a_hundred_at_a_time(site: Site, perform: Perform) -> None:
    result = await perform(site, MAKE, {"segments": segments(205)})
    assert [len(body) for body in site.bodies(CREATE)] == [100, 100, 5]
    assert figures(result) == (205, 205, 0, 0, 0)
    assert len({each.ct_segment_id for each in result.segments}) == 205


async def test_a_lost_answer_leaves_segments_unaccounted_and_is_not_repeated(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, CREATE, skip=1)
    result = await perform(site, MAKE, {"segments": segments(205)})
    assert figures(result) == (205, 105, 0, 100, 0)
    assert outcomes(result) == ["accepted"] * 100 + ["unaccounted"] * 100 + ["accepted"] * 5
    assert (result.failure.changed, len(site.asked(CREATE))) == ("unknown", 3)
    assert "refused as duplicates" in result.failure.next


async def test_a_refusal_of_a_whole_request_stops_the_rest(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, CREATE, status=403, error="Not enabled", times=None)
    result = await perform(site, MAKE, {"segments": segments(101)})
    assert figures(result) == (100, 0, 100, 0, 1)
    assert outcomes(result) == ["refused"] * 100 + ["unsent"]
    assert result.segments[0].reason == "HTTP 403: Not enabled"


async def test_segments_that_never_left_are_unsent(site: Site, perform: Perform) -> None:
    site.breaks(Kind.SLOW, CREATE, seconds=30)
    result = await perform(site, MAKE, {"segments": segments(101)}, deadline=0.3)
    assert outcomes(result) == ["unaccounted"] * 100 + ["unsent"]


@pytest.mark.parametrize(
    ("key", "given", "words"),
    [
        (MAKE, {"segments": []}, "'segments' needs at least 1 entries"),
        (
            MAKE,
            {"segments": [GOLD, {**GOLD, "customer_segment_id": "x"}]},
            "'segments' give the same segment_name twice",
        ),
        (
            MAKE,
            {"segments": [GOLD, {**GOLD, "segment_name": "x"}]},
            "'segments' give the same customer_segment_id twice",
        ),
        (MAKE, {"segments": [{"segment_name": ""}]}, "'segments\\[0\\].segment_name' is shorter than 1"),
        (MAKE, {"segments": segments(2501)}, "'segments' takes at most 2500 entries"),
        (MOVE, {"segments": [ADD]}, "name people by 'identity' or 'guid'"),
        (MOVE, {"identity": ["a", "a"], "segments": [ADD]}, "'identity' or 'guid' name somebody twice"),
        (MOVE, {"identity": ["null"], "segments": [ADD]}, "'identity\\[0\\]' is a value that CleverTap refuses"),
        (MOVE, {"identity": ["a"], "segments": []}, "'segments' needs at least 1 entries"),
        (MOVE, {"identity": ["a"], "segments": [ADD, {**ADD, "action": "REMOVE"}]}, "'segments' name a segment twice"),
        (
            MOVE,
            {"identity": ["a"], "segments": [{"action": "ADD"}]},
            "needs either ct_segment_id or customer_segment_id",
        ),
        (MOVE, {"identity": ["a"], "segments": [{**ADD, "ct_segment_id": 1}]}, "needs either ct_segment_id or"),
        (MOVE, {"identity": ["a"], "segments": [{**ADD, "action": "add"}]}, "must be one of 'ADD' or 'REMOVE'"),
        (MOVE, {"identity": ["a"], "segments": [{**REMOVE, "ct_segment_id": 1.5}]}, "ct_segment_id"),
    ],
)
async def test_wrong_arguments_never_leave(
    site: Site, perform: Perform, key: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidArgumentsError, match=words):
        await perform(site, key, given)
    assert site.sandbox.requests == []


async def test_people_leave_a_hundred_at_a_time(site: Site, perform: Perform) -> None:
    await perform(site, MAKE, {"segments": [GOLD]})
    people = {"identity": [f"c-{n}" for n in range(150)], "guid": [f"__{n}" for n in range(60)]}
    result = await perform(site, MOVE, {**people, "segments": [ADD]})
    assert [len(body["bulk_profiles"][0]["user_profiles"]) for body in site.bodies(UPDATE)] == [100, 100, 10]
    assert figures(result) == (210, 210, 0, 0, 0)
    assert result.complete


@pytest.mark.parametrize("shape", ["counted", "named"])
async def test_each_person_is_accounted_for_in_both_readings(make_site: MakeSite, perform: Perform, shape: str) -> None:
    site = make_site(updated_segments=shape)
    await perform(site, MAKE, {"segments": [GOLD]})
    done = await perform(site, MOVE, {"identity": ["a", "b"], "segments": [ADD]})
    assert (figures(done), done.complete) == ((2, 2, 0, 0, 0), True)
    failed = await perform(site, MOVE, {"identity": ["a"], "guid": ["__b"], "segments": [ADD, REMOVE]})
    assert figures(failed) == (2, 0, 2, 0, 0)
    assert [(each.index, each.reason) for each in failed.refusals] == [
        (0, "Segment not found"),
        (1, "Segment not found"),
    ]


async def test_a_lost_answer_leaves_people_unaccounted_and_is_not_repeated(site: Site, perform: Perform) -> None:
    await perform(site, MAKE, {"segments": [GOLD]})
    site.breaks(Kind.RESET_AFTER, UPDATE)
    result = await perform(site, MOVE, {"identity": [f"c-{n}" for n in range(101)], "segments": [ADD]})
    assert figures(result) == (101, 1, 0, 100, 0)
    assert (result.failure.changed, len(site.asked(UPDATE))) == ("unknown", 2)


async def test_a_segment_deleted_in_the_dashboard_is_told_of_everybody(site: Site, perform: Perform) -> None:
    await perform(site, MAKE, {"segments": [GOLD]})
    with site.sandbox._store.transaction() as db:
        db.execute("UPDATE segments SET status = 'deleted'")
    result = await perform(site, MOVE, {"identity": ["a", "b"], "segments": [ADD]})
    assert [(each.index, each.code, each.reason) for each in result.refusals] == [
        (0, 400, "Segment deleted"),
        (1, 400, "Segment deleted"),
    ]


async def test_taking_people_out_is_guarded_and_told_in_words(site: Site) -> None:
    action = CATALOGUE[MOVE]
    assert action.preview is not None
    asked = action.parse({"identity": ["a", "b"], "segments": [ADD, REMOVE]})
    async with site.client() as client:
        preview = await action.preview(client.for_call(), asked, asked)
    assert preview.deed == "Take 2 people out of 1 segment."
    assert preview.details[:3] == (
        'Out of: ct_segment_id "1750000042"',
        'Into: customer_segment_id "SEG-77"',
        'Who: identity "a"; identity "b"',
    )
    assert (preview.reach, asked.record_count, action.effect_of(asked)) == (2, 4, Effect.DESTROY)
    assert action.effect_of(action.parse({"identity": ["a"], "segments": [ADD]})) is Effect.APPEND


def answered(body: Any) -> Answer:
    return Answer(200, json.dumps(body).encode())


TWO_SEGMENTS = Batch(0, [GOLD, RISK])
TWO_PEOPLE = Batch(100, [{"identity": "a"}, {"guid": "__b"}])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"status": "success"}, ["accepted", "accepted"]),
        ({"status": "success", "segments": [{"id": "7", "segment_name": "At risk"}]}, ["accepted", "accepted"]),
        ({"status": "partial"}, ["unaccounted", "unaccounted"]),
        ({"status": "partial", "processed": [GOLD]}, ["accepted", "unaccounted"]),
        ({"status": "success", "errors": [{"segment_name": "At risk", "error": "x"}]}, ["unaccounted", "refused"]),
        ({"status": "fail", "unprocessed": [GOLD, RISK]}, ["refused", "refused"]),
        ({"status": "partial", "processed": 1, "unprocessed": [7, None]}, ["unaccounted", "unaccounted"]),
    ],
)
def test_odd_answers_about_segments_are_read_without_a_guess(body: Any, found: list[str]) -> None:
    assert [fate.outcome for fate in read_creation(TWO_SEGMENTS, answered(body))] == found


@pytest.mark.parametrize(
    ("body", "accepted", "refused", "unaccounted"),
    [
        ({"status": "success"}, 2, [], 0),
        ({"status": "success", "processed": 2, "unprocessed": []}, 2, [], 0),
        ({"status": "success", "processed": "1"}, 1, [], 1),
        ({"status": "success", "processed": 99}, 2, [], 0),
        ({"status": "partial", "unprocessed": [{"guid": "__b", "error": "x"}]}, 1, [101], 0),
        ({"status": "partial", "unprocessed": [{"guid": "__b"}, {"guid": "__b"}]}, 1, [101], 0),
        ({"status": "partial", "processed": 0, "unprocessed": [{"error": "x"}]}, 0, [None], 1),
        ({"status": "fail", "processed": 0, "unprocessed": [{"error": "x"}] * 5}, 0, [None, None], 0),
        ({"status": "partial", "unprocessed": [{"identity": "nobody", "error": "x"}]}, 1, [None], 0),
    ],
)
def test_odd_answers_about_people_never_account_for_more_than_were_sent(
    body: Any, accepted: int, refused: list[int | None], unaccounted: int
) -> None:
    outcome = read_membership(TWO_PEOPLE, answered(body))
    assert (outcome.accepted, [each.index for each in outcome.refused], outcome.unaccounted) == (
        accepted,
        refused,
        unaccounted,
    )


@pytest.mark.parametrize("body", [{}, {"status": "odd"}, {"processed": 2}, [], {"status": None}])
def test_an_answer_that_says_nothing_is_no_account(body: Any) -> None:
    for read in (
        lambda: read_creation(TWO_SEGMENTS, answered(body)),
        lambda: read_membership(TWO_PEOPLE, answered(body)),
    ):
        with pytest.raises(UnavailableError):
            read()
