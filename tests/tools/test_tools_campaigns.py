from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from clevertap_sandbox import SHOP, Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.campaign import Campaign, Options
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CredentialsError,
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
)
from clevertap_tools.moments import ProjectTime

if TYPE_CHECKING:
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
LIST = "/1/targets/list.json"
STOP = "/1/targets/stop.json"
RESULT = "/1/targets/result.json"
TIME = ProjectTime(ZoneInfo("UTC"), datetime(2026, 11, 1, tzinfo=UTC).timestamp())
PUSH = {
    "name": "Win-back", "target_mode": "push", "where": {}, "devices": ["ios"], "when": "now",
    "content": {"title": "Hi", "body": "Back soon?"},
}  # fmt: skip
MAIL = {
    "name": "Digest", "target_mode": "email", "where": {}, "when": "now",
    "content": {"subject": "Your month", "body": "<p>Hi</p>", "sender_name": "Acme"},
}  # fmt: skip
MAY = {"from": "2026-05-01", "to": "2026-12-31"}

SNEAKERS = {
    "name": "Price drop - sneakers", "target_mode": "push",
    "devices": ["android", "ios"],
    "content": {
        "title": "Prices just fell", "body": "Your size is back",
        "platform_specific": {
            "android": {"wzrk_cid": "offers", "deep_link": "shop://sale", "large_icon": "https://cdn.example.net/i.png"},
            "ios": {"mutable-content": "true", "deep_link": "shop://sale", "badge_count": 1},
        },
    },
    "ttl": {"ttl_type": "relative", "value": 240},
    "respect_frequency_caps": True, "labels": ["sale"], "when": "now",
}  # fmt: skip
VIEWED = {
    "event_name": "Product Viewed", "from": "2026-10-01", "to": "2026-10-07",
    "event_properties": [{"name": "Category", "operator": "equals", "value": "Sneakers"}],
}  # fmt: skip
DIGEST = {
    "name": "October digest", "target_mode": "email", "provider_nick_name": "ses-main", "where": {},
    "content": {"subject": "Your October", "body": "<p>Hi</p>", "sender_name": "Acme"},
    "subscription_groups": ["Newsletter"],
}  # fmt: skip
SLOT = {
    "name": "Delivery slot", "target_mode": "sms", "provider_nick_name": "twilio-in", "segment": 1759900001,
    "content": {"body": "Your slot opens at 6pm"}, "when": "now",
}  # fmt: skip
BACK = {
    "name": "Come back", "target_mode": "webpush", "where": {}, "when": "now",
    "content": {"title": "Still thinking?", "body": "Cart saved", "platform_specific": {
        "chrome": {"deep_link": "https://shop.example.net/cart", "ttl": 12, "require_interaction": True}}},
}  # fmt: skip
TEMPLATE = {
    "message_type": "template", "template_name": "ship_v2", "locale": "en",
    "body": {"replacements": ["${Name}", "A-991"]}, "buttons": [{"replacements": ["A-991"]}],
}  # fmt: skip
SHIP = {"name": "Ship note", "target_mode": "whatsapp", "provider_nick_name": "wa-in-1", "segment": 1759900001}
CARD = {
    "title": {"text": "Welcome"}, "message": {"text": "Start here"},
    "icon": {"content_type": "image/png", "url": "https://cdn.example.net/w.png"},
}  # fmt: skip
INBOX = {
    "name": "Inbox - welcome", "target_mode": "notificationinbox", "template_type": "message-icon",
    "orientation": "p", "time_to_live": 14, "where": {}, "devices": ["android", "ios"], "when": "now",
}  # fmt: skip
HOOK = {
    "name": "Sync VIPs", "target_mode": "webhook", "webhook_endpoint_name": "crm-sync",
    "webhook_fields": ["identities", "profile-attributes"], "webhook_key_value": {"source": "vip"},
    "where": {}, "when": "now",
}  # fmt: skip
EXAMPLES: list[Any] = [
    pytest.param({**SNEAKERS, "where": VIEWED},
                 {**SNEAKERS, "where": {**VIEWED, "from": 20261001, "to": 20261007}}, id="push"),
    pytest.param({**DIGEST, "when": "2026-11-05 09:00"}, {**DIGEST, "when": "20261105 09:00"}, id="email"),
    pytest.param(SLOT, SLOT, id="sms"),
    pytest.param(BACK, BACK, id="webpush"),
    pytest.param({**SHIP, "content": {"whatsapp": TEMPLATE}, "when": "20261106 10:30"},
                 {**SHIP, "content": TEMPLATE, "when": "20261106 10:30"}, id="whatsapp"),
    pytest.param({**INBOX, "content": {"cards": [CARD]}}, {**INBOX, "content": [CARD]}, id="notificationinbox"),
    pytest.param({**HOOK, "content": {}}, {**HOOK, "content": {}}, id="webhook"),
    pytest.param(HOOK, {**HOOK, "content": {}}, id="webhook without content"),
]  # fmt: skip


def sent(given: dict[str, Any]) -> Any:
    return CATALOGUE["create-campaign"].parse(given).sent(TIME)


def refused(given: dict[str, Any]) -> str:
    with pytest.raises(InvalidArgumentsError) as caught:
        sent(given)
    return caught.value.message


@pytest.mark.parametrize(("given_", "expected"), EXAMPLES)
async def test_each_channels_example_arrives_equal_as_json(
    site: Site, perform: Perform, given_: dict[str, Any], expected: dict[str, Any]
) -> None:
    site.breaks(Kind.STATUS, CREATE, status=400)
    with pytest.raises(InvalidRequestError):
        await perform(site, "create-campaign", given_)
    assert site.bodies(CREATE) == [expected]


@pytest.mark.parametrize(("given_", "expected"), EXAMPLES)
def test_an_estimate_differs_from_its_campaign_in_one_field(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sent({**given_, "estimate_only": True}) == {**expected, "estimate_only": True}


def test_an_estimate_needs_no_start_but_clevertap_does() -> None:
    campaign = {key: value for key, value in PUSH.items() if key != "when"}
    assert sent({**campaign, "estimate_only": True}) == {**PUSH, "estimate_only": True}


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "later", "delivery_date_time": ["20261105 18:30", "20261106 18:30"], "delivery_timezone": "account"},
        {"type": "now", "campaign_cutoff": "22:00", "delivery_timezone": "user", "user_timezone_wrap_around": True},
        {
            "type": "recurring",
            "start_time": "20261105 18:30",
            "repeats_every": 2,
            "repeat_type": "week",
            "repeat_on_days_of_week": [1, 7],
            "end_by_date": "20261231",
            "end_by_occurrences": 5,
        },
    ],
)
def test_a_schedule_goes_out_as_the_object_form_of_when(schedule: dict[str, Any]) -> None:
    campaign = {key: value for key, value in PUSH.items() if key != "when"}
    assert sent({**campaign, "schedule": schedule})["when"] == schedule


def test_moments_and_days_of_a_schedule_are_written_as_clevertap_reads_them() -> None:
    campaign = {key: value for key, value in PUSH.items() if key != "when"}
    schedule = {"type": "recurring", "start_time": "2026-11-05T18:30", "end_by_date": "2026-12-31"}
    assert sent({**campaign, "schedule": schedule})["when"] == {
        "type": "recurring",
        "start_time": "20261105 18:30",
        "end_by_date": "20261231",
    }


OPTIONS = {
    "provider_group_nickname": "g", "respect_throttle": True, "users_limit_per_run": 100,
    "upper_cap_for_target_segment": 100, "system_control_group_include": False,
    "send_email_to_opted_out_users": False, "notification_sent": True, "wzrk_bc": 2,
    "wzrk_bi": "i", "wzrk_acts": "[]", "pa_webhook_name": "p", "tags": ["a"],
}  # fmt: skip
FIELDS = {
    "skip_estimate": True, "draft": True, "send_to_all_devices": True, "users_limit_overall": 100,
    "control_group": {"type": "custom", "name": "held"},
    "conversion_goal": {"event_name": "Charged", "filter_type": {}, "conversion_time": "1D", "revenue_property": "Amount"},
    "dnd": {"message_state": "delay", "dnd_timezone": "user", "dnd_info": {"1": [{"from": "22:00", "to": "07:00"}]}},
}  # fmt: skip


def test_every_option_goes_out_under_its_own_name_beside_the_others() -> None:
    assert set(OPTIONS) == set(Options.model_fields)
    assert sent({**PUSH, **FIELDS, "options": OPTIONS}) == {**PUSH, **FIELDS, **OPTIONS}


def test_no_campaign_sends_a_field_that_clevertap_does_not_know() -> None:
    assert sent(PUSH) == PUSH
    assert sent({**PUSH, "options": {}}) == PUSH
    ours = {"schedule", "options"}
    assert ours <= set(Campaign.model_fields)
    assert ours.isdisjoint(sent({**PUSH, "options": {"wzrk_bc": 1}}))


def test_a_null_inside_a_free_object_is_the_callers_own() -> None:
    content = {"title": "a", "body": "b", "platform_specific": {"ios": {"deep_link": None}}}
    assert sent({**PUSH, "content": content})["content"] == content


def test_a_draft_goes_out_as_a_draft_and_is_called_one() -> None:
    assert sent({**PUSH, "draft": True})["draft"] is True


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({**PUSH, "where": None}, "give either 'where' or 'segment'; where={} means everybody"),
        ({**PUSH, "segment": 5}, "give either 'where' or 'segment'"),
        ({**PUSH, "when": None}, "'when' is missing"),
        ({**PUSH, "schedule": {"type": "now"}}, "give either 'when' or 'schedule'"),
        ({**PUSH, "when": "soon"}, "'when' must be a moment like '2026-11-05 18:30'"),
        ({**PUSH, "when": "2026-02-30 10:00"}, "'when' is no day of the calendar"),
        ({**PUSH, "when": "2026-11-05 24:00"}, "'when' has no such time of day"),
        ({**PUSH, "when": "2026-11-05 18:60"}, "'when' has no such time of day"),
        ({**PUSH, "target_mode": "fax"}, "'target_mode' must be one of 'push', 'email'"),
        ({**PUSH, "target_mode": "Push"}, "'target_mode' must be one of 'push', 'email'"),
        ({**PUSH, "content": None}, "'content' needs title and body for target_mode=push"),
        ({**PUSH, "content": {"title": "a"}}, "'content' needs body for target_mode=push"),
        ({**PUSH, "content": {"title": "", "body": "b"}}, "'content' needs title"),
        ({**MAIL, "content": {"subject": "a", "body": "b"}}, "'content' needs sender_name for target_mode=email"),
        ({**SLOT, "content": {"title": "a"}}, "'content' needs body for target_mode=sms"),
        ({**SHIP, "when": "now", "content": {"body": "b"}}, "'content' needs whatsapp for target_mode=whatsapp"),
        ({**INBOX, "content": {"body": "b"}}, "'content' needs cards for target_mode=notificationinbox"),
        ({**PUSH, "content": {"title": "a", "body": "b", "cards": []}}, "'content.cards' belongs to target_mode=notificationinbox only"),
        ({**PUSH, "content": {"title": "a", "body": "b", "whatsapp": {"msg": "c"}}}, "'content.whatsapp' belongs to target_mode=whatsapp only"),
        ({**HOOK, "webhook_endpoint_name": None}, "'webhook_endpoint_name' is missing"),
        ({**MAIL, "content": {**MAIL["content"], "bcc": "a@b.co; c@d.co"}}, "'content.bcc' takes one e-mail address"),  # type: ignore[dict-item] # a dict
        ({**PUSH, "content": {"title": "a", "body": "b", "cc": "a@b.co"}}, "'content.cc' belongs to target_mode=email only"),
        ({**PUSH, "skip_estimate": True, "estimate_only": True}, "contradict each other"),
        ({**PUSH, "where": {"event_name": "A", "from": "2026-03-02", "to": "2026-02-01"}}, "'where.from' is after 'where.to'"),
        ({**PUSH, "where": {"prompt": "everybody"}}, "'where.prompt' is not an argument"),
        ({**PUSH, "ttl": {"ttl_type": "hours", "value": 1}}, "'ttl.ttl_type' must be one of"),
        ({**PUSH, "ttl": 60}, "'ttl' must be an object"),
        ({**PUSH, "devices": ["blackberry"]}, "'devices[0]' must be one of"),
        ({**PUSH, "name": ""}, "'name' is shorter than 1"),
    ],
)  # fmt: skip
def test_a_campaign_that_cannot_be_meant_is_refused(given_: dict[str, Any], told: str) -> None:
    assert told in refused(given_)


async def test_an_estimate_tells_the_reach_and_creates_nothing(shop: Site, perform: Perform) -> None:
    result = await perform(shop, "create-campaign", {**MAIL, "estimate_only": True})
    assert (result.id, result.status) == (None, "estimate")
    assert result.estimates == {"web": 2357 // 2}
    assert result.reach == 2357 // 2
    listed = await perform(shop, "get-campaigns", MAY)
    assert listed.campaigns == []


async def test_copies_are_among_those_who_are_reached(shop: Site, perform: Perform) -> None:
    content = {**MAIL["content"], "cc": "one@example.org", "bcc": "two@example.org"}  # type: ignore[dict-item] # a dict
    copied = {**MAIL, "content": content, "estimate_only": True}
    assert (await perform(shop, "create-campaign", copied)).reach == 2357 // 2 + 2
    action = CATALOGUE["create-campaign"]
    assert action.preview is not None
    async with shop.client() as client:
        asked = action.parse(copied)
        assert (await action.preview(client.for_call(), asked, asked)).reach == 2357 // 2 + 2


async def test_the_reach_is_the_sum_of_the_estimates(shop: Site, perform: Perform) -> None:
    content = {**PUSH["content"], "platform_specific": {"android": {"wzrk_cid": "offers"}}}  # type: ignore[dict-item] # a dict
    campaign = {**PUSH, "devices": ["android", "ios"], "content": content, "estimate_only": True}
    result = await perform(shop, "create-campaign", campaign)
    assert result.estimates == {"android": 2357 // 3, "ios": 0}
    assert result.reach == 2357 // 3


async def test_a_campaign_now_is_created_listed_and_reported(site: Site, perform: Perform) -> None:
    await perform(
        site, "upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {"Email": "a@example.org"}}]}
    )
    made = await perform(site, "create-campaign", MAIL)
    assert (made.status, made.name, made.reach) == ("created", "Digest", 1)
    (row,) = (await perform(site, "get-campaigns", MAY)).campaigns
    assert (row.id, row.name, row.status, row.scheduled_on) == (
        made.id,
        "Digest",
        "completed",
        "2026-05-28T20:26+00:00",
    )
    report = await perform(site, "get-campaign-report", {"id": made.id})
    assert (report.id, report.finished, report.sent, report.clicked) == (made.id, True, 1, 0)
    assert report.result == {"sent": 1, "clicked": 0}


async def test_skip_estimate_leaves_the_reach_unknown(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-campaign", {**MAIL, "skip_estimate": True})
    assert made.id
    assert (made.estimates, made.reach) == (None, None)


async def test_a_draft_is_called_a_draft(site: Site, perform: Perform) -> None:
    assert (await perform(site, "create-campaign", {**MAIL, "draft": True})).status == "draft"


@pytest.mark.parametrize("as_number", [False, True])
@pytest.mark.parametrize(("zone", "offset"), [(None, ""), (ZoneInfo("UTC"), "+00:00")])
async def test_a_campaigns_start_is_told_as_iso_8601_in_whichever_form_it_comes(
    make_site: MakeSite, perform: Perform, as_number: bool, zone: ZoneInfo | None, offset: str
) -> None:
    site = make_site(scheduled_on_as_number=as_number)
    await perform(site, "create-campaign", {**MAIL, "when": "2026-11-06 10:30"})
    listed = await perform(site, "get-campaigns", MAY, account=site.account(zone=zone))
    assert [(row.status, row.scheduled_on) for row in listed.campaigns] == [("pending", f"2026-11-06T10:30{offset}")]
    assert (listed.returned, listed.truncated) == (1, False)
    assert site.bodies(LIST) == [{"from": 20260501, "to": 20261231}]


async def test_a_scheduled_campaign_can_be_stopped_and_stopping_twice_is_harmless(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-campaign", {**MAIL, "when": "2026-11-06 10:30"})
    for _ in range(2):
        stopped = await perform(site, "stop-campaign", {"id": made.id})
        assert (stopped.id, stopped.status) == (made.id, "stopped")
    (row,) = (await perform(site, "get-campaigns", MAY)).campaigns
    assert row.status == "stopped"
    assert site.bodies(STOP) == [{"id": made.id}] * 2


async def test_an_unknown_campaign_is_refused_in_clevertaps_words(site: Site, perform: Perform) -> None:
    for key in ("stop-campaign", "get-campaign-report"):
        with pytest.raises(InvalidRequestError, match="Invalid campaign id"):
            await perform(site, key, {"id": 17})


@pytest.mark.parametrize("unfinished", ["error_500", "conflict_409", "fail_200", "only_error_200"])
async def test_a_report_of_an_unfinished_campaign_is_not_finished_and_asked_for_once(
    make_site: MakeSite, perform: Perform, unfinished: str
) -> None:
    site = make_site(unfinished_result=unfinished)
    made = await perform(site, "create-campaign", {**MAIL, "when": "2026-11-06 10:30"})
    report = await perform(site, "get-campaign-report", {"id": made.id})
    assert report.model_dump(exclude_none=True) == {"id": made.id, "finished": False}
    assert len(site.asked(RESULT)) == 1
    assert site.waits == []


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (Kind.STATUS, {"status": 400, "error": "This target hasn't been completed"}),
        (Kind.STATUS, {"status": 500, "error": "This target has no result as of yet."}),
        (Kind.FAIL, {"error": "This target has no result as of yet"}),
        (Kind.ERROR_ONLY, {"error": "Not yet"}),
    ],
)
async def test_clevertaps_words_for_unfinished_count_under_any_status(
    site: Site, perform: Perform, kind: Kind, how: dict[str, Any]
) -> None:
    site.breaks(kind, RESULT, **how)
    report = await perform(site, "get-campaign-report", {"id": 17})
    assert not report.finished
    assert len(site.asked(RESULT)) == 1


async def test_another_500_of_a_report_is_retried_and_told(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, RESULT, status=500, times=None)
    with pytest.raises(ServiceError, match="An unknown error occurred"):
        await perform(site, "get-campaign-report", {"id": 17})
    assert len(site.asked(RESULT)) == 4


async def test_wrong_credentials_are_not_mistaken_for_an_unfinished_campaign(site: Site, perform: Perform) -> None:
    with pytest.raises(CredentialsError):
        await perform(site, "get-campaign-report", {"id": 17}, account=site.account(passcode="wrong"))


@pytest.mark.parametrize("kind", [Kind.RESET_AFTER, Kind.RESET_MIDWAY, Kind.TRUNCATED, Kind.GZIP])
async def test_a_campaign_whose_answer_is_lost_is_sent_once_and_looked_for_by_its_name(
    site: Site, perform: Perform, kind: Kind
) -> None:
    site.breaks(kind, CREATE)
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, "create-campaign", MAIL)
    assert len(site.asked(CREATE)) == 1
    assert caught.value.changed == "unknown"
    assert "'Digest'" in caught.value.next
    assert "clevertap_get_campaigns" in caught.value.next
    listed = await perform(site, "get-campaigns", MAY)
    assert [row.name for row in listed.campaigns] == ["Digest"]


async def test_an_estimate_whose_answer_is_lost_is_asked_for_again(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, CREATE)
    result = await perform(site, "create-campaign", {**MAIL, "estimate_only": True})
    assert result.reach == 0
    assert len(site.asked(CREATE)) == 2


async def test_a_stop_whose_answer_is_lost_is_sent_once_and_says_where_to_look(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-campaign", {**MAIL, "when": "2026-11-06 10:30"})
    site.breaks(Kind.RESET_AFTER, STOP)
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, "stop-campaign", {"id": made.id})
    assert len(site.asked(STOP)) == 1
    assert "clevertap_get_campaigns" in caught.value.next


async def test_a_campaign_that_was_turned_away_was_not_created(site: Site, perform: Perform) -> None:
    site.breaks(Kind.STATUS, CREATE, status=429, times=None)
    with pytest.raises(RateLimitedError) as caught:
        await perform(site, "create-campaign", MAIL)
    assert caught.value.changed == "no"
    assert (await perform(site, "get-campaigns", MAY)).campaigns == []


@pytest.mark.parametrize("status", [200, 400])
async def test_clevertaps_own_checks_are_told_in_its_words(make_site: MakeSite, perform: Perform, status: int) -> None:
    site = make_site(campaign_refusal_status=status)
    campaign = {**PUSH, "devices": ["android"]}
    with pytest.raises(InvalidRequestError, match="Notification channel is required for devices having Android 8"):
        await perform(site, "create-campaign", campaign)


@pytest.mark.parametrize(
    ("words", "field"),
    [("Field subject is empty (inside content)", "content.subject"), ("Field when is in the past", "when")],
)
async def test_a_refusal_names_the_field_that_clevertap_names(
    site: Site, perform: Perform, words: str, field: str
) -> None:
    site.breaks(Kind.STATUS, CREATE, status=400, error=words)
    with pytest.raises(InvalidRequestError) as caught:
        await perform(site, "create-campaign", MAIL)
    assert caught.value.field == field


def test_only_an_estimate_reads() -> None:
    action = CATALOGUE["create-campaign"]
    assert action.effect_of(action.parse(PUSH)) is Effect.SEND
    assert action.effect_of(action.parse({**PUSH, "draft": True})) is Effect.SEND
    assert action.effect_of(action.parse({**PUSH, "estimate_only": True})) is Effect.READ


async def test_a_push_without_its_android_channel_is_refused_with_the_field_to_fill(
    make_site: MakeSite, perform: Perform
) -> None:
    content = {"title": "Hi", "body": "There"}
    push = {"name": "x", "target_mode": "push", "where": {}, "devices": ["android"], "content": content, "when": "now"}
    with pytest.raises(InvalidRequestError) as caught:
        await perform(make_site(seed=SHOP), "create-campaign", push)
    assert caught.value.field == "wzrk_cid"
    assert not (await perform(make_site(seed=SHOP), "create-campaign", {**push, "wzrk_cid": "offers"})).warning
