"""Figures: at once or after a while, and what an unknown event is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from clevertap_sandbox import SHOP, Kind
from clevertap_tools.actions.counts import whole
from clevertap_tools.errors import (
    CredentialsError,
    DeadlineError,
    InvalidRequestError,
    NotReadyError,
    UnreadableAnswerError,
)
from clevertap_tools.polling import Pending, read_pollable
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

EVENTS = "/1/counts/events.json"
PROFILES = "/1/counts/profiles.json"
WHOLE = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
JANUARY = {"event_name": "Charged", "from": "19970101", "to": "1997-01-31"}
SHORT = 0.25


@pytest.mark.parametrize(
    ("key", "query", "count"),
    [
        ("get-event-count", WHOLE, 6919),
        ("get-profile-count", WHOLE, 2357),
        ("get-event-count", JANUARY, 885),
    ],
)
async def test_the_shop_counts_as_its_csv_does(
    shop: Site, perform: Perform, key: str, query: dict[str, Any], count: int
) -> None:
    assert (await perform(shop, key, query)).count == count


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("key", ["get-event-count", "get-profile-count"])
async def test_a_count_that_is_not_ready_is_asked_for_again_until_it_is(
    make_site: MakeSite, perform: Perform, key: str, as_text: bool
) -> None:
    site = make_site(partial_polls=7, req_id_as_text=as_text)
    result = await perform(site, key, {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"})
    assert result.count == 0
    path = EVENTS if "event" in key else PROFILES
    polls = site.asked(path, "GET")
    assert len(polls) == 8
    assert len({each.query["req_id"] for each in polls}) == 1
    assert all(each.body == b"" and "content-type" not in each.headers for each in polls)
    assert len(site.asked(path, "POST")) == 1


async def test_waits_between_polls_grow_from_one_second_to_five(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(partial_polls=7)
    await perform(site, "get-event-count", {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"})
    assert site.waits[0] == 1.0
    assert site.waits == sorted(site.waits)
    assert site.waits[-1] == 5.0


async def test_progress_is_told_at_each_poll(shop: Site, perform: Perform) -> None:
    shop.breaks(Kind.PARTIAL, EVENTS, polls=2)
    told = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    await perform(shop, "get-event-count", WHOLE, progress=listen)
    assert told == [(number, None, "CleverTap is still computing") for number in (1, 2, 3)]


@pytest.mark.parametrize("as_text", [False, True])
async def test_a_count_that_takes_too_long_is_carried_on_by_its_req_id(
    make_site: MakeSite, perform: Perform, as_text: bool
) -> None:
    site = make_site(req_id_as_text=as_text)
    query = {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"}
    site.breaks(Kind.PARTIAL, EVENTS, polls=0)
    with pytest.raises(NotReadyError) as caught:
        await perform(site, "get-event-count", query, deadline=SHORT, sleep=anyio.sleep)
    req_id = caught.value.req_id
    assert len(req_id) == 15
    assert req_id in caught.value.next
    assert caught.value.changed == "no"
    assert (await perform(site, "get-event-count", {"req_id": req_id})).count == 0
    assert len(site.asked(EVENTS, "POST")) == 1


async def test_asking_again_may_take_too_long_again(make_site: MakeSite, perform: Perform) -> None:
    site = make_site()
    site.breaks(Kind.PARTIAL, EVENTS, polls=None)
    query = {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"}
    for _ in range(2):
        with pytest.raises(NotReadyError) as caught:
            await perform(site, "get-event-count", query, deadline=SHORT, sleep=anyio.sleep)
        query = {"req_id": caught.value.req_id}
    assert len(site.asked(EVENTS, "POST")) == 1


async def test_a_count_whose_first_answer_never_comes_has_no_req_id_to_carry_on(site: Site, perform: Perform) -> None:
    site.breaks(Kind.SLOW, EVENTS, seconds=30.0)
    with pytest.raises(DeadlineError):
        await perform(site, "get-event-count", WHOLE, deadline=SHORT)


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.RESET_BEFORE, Kind.HTML])
async def test_a_poll_that_fails_for_ever_keeps_the_req_id(site: Site, perform: Perform, kind: Kind) -> None:
    site.breaks(Kind.PARTIAL, EVENTS, polls=0)
    site.breaks(kind, EVENTS, method="GET", times=4)
    query = {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"}
    with pytest.raises(NotReadyError) as caught:
        await perform(site, "get-event-count", query)
    assert (await perform(site, "get-event-count", {"req_id": caught.value.req_id})).count == 0


async def test_a_poll_that_fails_once_is_repeated(site: Site, perform: Perform) -> None:
    site.breaks(Kind.PARTIAL, EVENTS, polls=0)
    site.breaks(Kind.STATUS, EVENTS, method="GET", status=503)
    query = {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"}
    assert (await perform(site, "get-event-count", query)).count == 0


async def test_an_unknown_req_id_is_refused_in_clevertaps_words(site: Site, perform: Perform) -> None:
    with pytest.raises(InvalidRequestError, match="Invalid request id"):
        await perform(site, "get-event-count", {"req_id": "412000000000999"})


async def test_wrong_credentials_are_not_mistaken_for_a_figure_that_is_not_ready(site: Site, perform: Perform) -> None:
    with pytest.raises(CredentialsError):
        await perform(site, "get-event-count", {"req_id": "1"}, account=site.account(passcode="wrong"))


@pytest.mark.parametrize("req_id", [412000000000123, "412000000000123"])
def test_a_req_id_is_understood_as_number_and_as_text(req_id: object) -> None:
    answer = Answer(200, json.dumps({"req_id": req_id, "status": "partial"}).encode())
    assert read_pollable(answer) == Pending("412000000000123")


def test_a_poll_that_does_not_repeat_the_req_id_is_still_pending() -> None:
    assert read_pollable(Answer(200, b'{"status":"partial"}'), "7") == Pending("7")


def test_a_first_answer_without_a_req_id_cannot_be_carried_on() -> None:
    with pytest.raises(UnreadableAnswerError, match="no req_id"):
        read_pollable(Answer(200, b'{"status":"partial"}'))


async def test_a_misspelt_standard_event_is_told_with_its_nearest(shop: Site, perform: Perform) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await perform(shop, "get-event-count", {**WHOLE, "event_name": "Chargd"})
    assert caught.value.message == "Chargd is not an event of this project; nearest: Charged."
    assert caught.value.field == "event_name"


async def test_an_unknown_event_that_resembles_nothing_has_no_nearest(shop: Site, perform: Perform) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await perform(shop, "get-profile-count", {**WHOLE, "event_name": "Xylophone Zapped"})
    assert caught.value.message == "Xylophone Zapped is not an event of this project."


async def test_an_unknown_event_among_the_others_is_the_one_that_is_named(shop: Site, perform: Perform) -> None:
    did = [{"which": "did_none", "event_name": "App Lunched", "from": "1997-01-01", "to": "1997-01-31"}]
    for query in ({**WHOLE, "did": did}, {"did": did}):
        with pytest.raises(InvalidRequestError) as caught:
            await perform(shop, "get-profile-count", query)
        assert caught.value.message == "App Lunched is not an event of this project; nearest: App Launched."
        assert caught.value.field == "did"


async def test_another_refusal_of_a_count_stays_in_clevertaps_words(shop: Site, perform: Perform) -> None:
    shop.breaks(Kind.STATUS, EVENTS, status=400, error="Something else")
    with pytest.raises(InvalidRequestError, match=r"^Something else$"):
        await perform(shop, "get-event-count", WHOLE)


@pytest.mark.parametrize("body", [{}, {"count": None}, {"count": "many"}])
def test_an_answer_without_its_figure_is_no_answer(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswerError, match="holds no count"):
        whole(body, "count")


async def test_filters_arrive_and_narrow_the_count(shop: Site, perform: Perform) -> None:
    twice = {"which": "did_all", "event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
    more = [{"name": "Amount", "operator": "greater_than", "value": 100}]
    dear = await perform(shop, "get-event-count", {**WHOLE, "event_properties": more})
    again = await perform(
        shop, "get-profile-count", {"did": [{**twice, "times_operator": "greater_than_equals", "times": 2}]}
    )
    mailed = await perform(
        shop, "get-profile-count", {"profile_filters": [{"kind": "reachability", "name": "has_email", "value": True}]}
    )
    assert 0 < dear.count < 6919
    assert 0 < again.count < 2357
    assert mailed.count == 2357 // 2


async def test_active_users_come_with_the_breakdowns_that_were_asked_for(site: Site, perform: Perform) -> None:
    await perform(site, "upload-events", {"events": [{"identity": "a", "evtName": "Tasted"}]})
    plain = await perform(site, "real-time-user-count")
    assert plain.model_dump(exclude_none=True) == {"count": 1, "last_processed": "2026-05-28T20:26:40+00:00"}
    every = dict.fromkeys(("user_type", "session_source", "browser", "os", "device", "new"), True)
    full = await perform(site, "real-time-user-count", every)
    assert sum(full.user_type.values()) == 1
    assert sum(full.os.values()) == 1
    assert set(full.new) == {"session_source", "browser", "os", "device"}
    assert site.bodies("/1/now.json") == [{}, every]


async def test_active_users_are_told_in_the_projects_time(site: Site, perform: Perform) -> None:
    result = await perform(site, "real-time-user-count", account=site.account(zone=ZoneInfo("Asia/Kolkata")))
    assert result.last_processed == "2026-05-29T01:56:40+05:30"


async def test_nothing_found_by_a_property_says_how_names_are_compared(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(seed=SHOP)
    query = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}
    misspelt = {**query, "event_properties": [{"name": "amount", "operator": "exists"}]}
    assert (await perform(site, "get-event-count", misspelt)).warning
    assert (await perform(site, "get-events", misspelt)).warning
    assert (await perform(site, "get-event-count", query)).warning is None
