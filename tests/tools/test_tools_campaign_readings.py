"""Campaigns and counts under every reading of what the reference leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_tools.errors import InvalidRequestError, RateLimitedError

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform

pytestmark = pytest.mark.anyio
CREATE = "/1/targets/create.json"
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
SAID = {"message_type": "template", "template_name": "ship", "locale": "en"}
MAIL: dict[str, Any] = {
    "name": "Digest",
    "target_mode": "email",
    "where": {},
    "when": "now",
    "content": {"subject": "Your May", "body": "<p>Hi</p>", "sender_name": "Acme"},
}
WHATSAPP = MAIL | {"target_mode": "whatsapp", "provider_nick_name": "wa", "content": {"whatsapp": SAID}}
WEBHOOK = MAIL | {"target_mode": "webhook", "webhook_endpoint_name": "crm", "content": None}


@pytest.mark.parametrize("campaign", [WHATSAPP, WEBHOOK], ids=["whatsapp", "webhook"])
@pytest.mark.parametrize("key", ["own", "web"])
async def test_an_estimate_is_read_under_whichever_key_it_comes(
    make_site: MakeSite, perform: Perform, campaign: dict[str, Any], key: str
) -> None:
    mode = campaign["target_mode"]
    own = mode if key == "own" else key
    site = make_site(**{f"{mode}_estimate_key": own})
    estimate = await perform(site, "create-campaign", {**campaign, "estimate_only": True})
    assert (estimate.estimates, estimate.reach) == ({own: 0}, 0)


@pytest.mark.parametrize("word", ["pending", "scheduled"])
async def test_a_campaign_ahead_is_told_in_clevertaps_word(make_site: MakeSite, perform: Perform, word: str) -> None:
    site = make_site(future_status=word)
    await perform(site, "create-campaign", {**MAIL, "when": "2026-11-06 10:30"})
    (row,) = (await perform(site, "get-campaigns", YEAR)).campaigns
    assert row.status == word


@pytest.mark.parametrize("metadata", [False, True])
async def test_a_report_gives_all_the_figures_there_are(make_site: MakeSite, perform: Perform, metadata: bool) -> None:
    site = make_site(result_metadata=metadata)
    made = await perform(site, "create-campaign", MAIL)
    report = await perform(site, "get-campaign-report", {"id": made.id})
    more = {"delivered": 0, "viewed": 0, "name": "Digest", "channel": "email"} if metadata else {}
    assert report.result == {"sent": 0, "clicked": 0} | more


async def test_a_campaign_that_waits_for_approval_has_no_report(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(approval_workflow=True)
    made = await perform(site, "create-campaign", MAIL)
    assert not (await perform(site, "get-campaign-report", {"id": made.id})).finished
    (row,) = (await perform(site, "get-campaigns", YEAR)).campaigns
    assert row.status == "approval pending"


async def test_a_running_campaign_is_not_finished_and_can_be_stopped(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(campaign_run=600)
    made = await perform(site, "create-campaign", MAIL)
    assert not (await perform(site, "get-campaign-report", {"id": made.id})).finished
    assert (await perform(site, "stop-campaign", {"id": made.id})).status == "stopped"


@pytest.mark.parametrize("status", [400, 200])
async def test_a_ttl_of_the_other_reading_is_refused_in_clevertaps_words(
    make_site: MakeSite, perform: Perform, status: int
) -> None:
    site = make_site(ttl_types="units", campaign_refusal_status=status)
    push = MAIL | {"target_mode": "push", "devices": ["ios"], "content": {"title": "t", "body": "b"}}
    with pytest.raises(InvalidRequestError, match="Field ttl is not valid"):
        await perform(site, "create-campaign", {**push, "ttl": {"ttl_type": "relative", "value": 5}})


async def test_too_many_campaigns_in_a_second_are_told_and_not_made(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(campaigns_per_second=3)
    for number in range(3):
        await perform(site, "create-campaign", {**MAIL, "name": f"Digest {number}"})
    with pytest.raises(RateLimitedError) as caught:
        await perform(site, "create-campaign", MAIL)
    assert caught.value.changed == "no"
    assert len((await perform(site, "get-campaigns", YEAR)).campaigns) == 3


@pytest.mark.parametrize("listed", [False, True])
async def test_campaigns_of_the_dashboard_are_there_if_clevertap_lists_them(
    make_site: MakeSite, perform: Perform, listed: bool
) -> None:
    site = make_site(dashboard_campaigns_listed=listed)
    made = [{"name": "Journey mail", "channel": "email"}]
    await perform(site, "request", {"method": "POST", "path": "/_sandbox/campaigns", "body": made})
    rows = (await perform(site, "get-campaigns", YEAR)).campaigns
    assert [row.name for row in rows] == (["Journey mail"] if listed else [])


@pytest.mark.parametrize("only", [False, True])
async def test_breakdowns_of_who_is_here_are_told_as_far_as_they_come(
    make_site: MakeSite, perform: Perform, only: bool
) -> None:
    flags = dict.fromkeys(("user_type", "session_source", "browser", "os", "device", "new"), True)
    active = await perform(make_site(now_has_only_user_type=only), "real-time-user-count", flags)
    assert active.user_type is not None
    assert (active.os is None, active.new is None) == (only, only)


async def test_a_count_that_has_expired_is_refused_as_unknown(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(partial_polls=100, req_id_life=0)
    query = {"event_name": "App Launched", "from": "2026-05-01", "to": "2026-05-02"}
    with pytest.raises(InvalidRequestError, match="Invalid request id"):
        await perform(site, "get-event-count", query)
