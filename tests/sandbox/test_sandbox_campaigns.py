"""Create, list, stop and report on campaigns, as engagement 3, 6, 7, 8 describe them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Behaviours, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

CREATE, LIST, STOP, RESULT = (f"/1/targets/{name}.json" for name in ("create", "list", "stop", "result"))
ANDROID = {"android": {"wzrk_cid": "offers"}}
PUSH: dict[str, Any] = {
    "name": "Price drop",
    "target_mode": "push",
    "where": {},
    "devices": ["android", "ios"],
    "content": {"title": "Prices just fell", "body": "Your size is back", "platform_specific": ANDROID},
    "when": "now",
}
EMAIL: dict[str, Any] = {
    "name": "Digest",
    "target_mode": "email",
    "where": {},
    "content": {"subject": "Your October", "body": "<p>Hi</p>", "sender_name": "Acme"},
    "when": "now",
}
SMS: dict[str, Any] = {"name": "S", "target_mode": "sms", "where": {}, "content": {"body": "6pm"}, "when": "now"}
WEBPUSH: dict[str, Any] = {
    "name": "W",
    "target_mode": "webpush",
    "where": {},
    "content": {"title": "t", "body": "b", "platform_specific": {"chrome": {}, "safari": {}}},
    "when": "now",
}
WHATSAPP: dict[str, Any] = {
    "name": "Ship note",
    "target_mode": "whatsapp",
    "provider_nick_name": "wa",
    "where": {},
    "content": {"message_type": "template", "template_name": "ship_v2", "locale": "en"},
    "when": "now",
}
WEBHOOK: dict[str, Any] = {
    "name": "Sync",
    "target_mode": "webhook",
    "webhook_endpoint_name": "crm",
    "where": {},
    "content": {},
    "when": "now",
}
INBOX: dict[str, Any] = {
    "name": "Inbox",
    "target_mode": "notificationinbox",
    "where": {},
    "devices": ["android", "ios"],
    "content": [{"title": {"text": "Welcome"}}],
    "when": "now",
}


@pytest.fixture
def shop_now(opened: Callable[[Sandbox], httpx2.Client], clock: list[float]) -> httpx2.Client:
    """The shop at the changeable time."""
    return opened(Sandbox(clock=lambda: clock[0]))


def _create(client: httpx2.Client, body: dict[str, Any], **changes: Any) -> Any:
    sent = {key: value for key, value in {**body, **changes}.items() if value is not ...}
    return client.post(CREATE, json=sent).json()


def _status(client: httpx2.Client, campaign: int) -> str:
    targets = client.post(LIST, json={"from": 20260101, "to": 20261231}).json()["targets"]
    (found,) = [target for target in targets if target["id"] == campaign]
    return str(found["status"])


@pytest.mark.parametrize(
    ("body", "estimates"),
    [
        (PUSH, {"android": 785, "ios": 0}),
        (EMAIL, {"web": 1178}),
        (SMS, {"web": 0}),
        (WEBPUSH, {"chrome": 0, "safari": 0}),
        (WHATSAPP, {"whatsapp": 0}),
        (WEBHOOK, {"webhook": 2357}),
        (INBOX, {"android": 785, "ios": 0}),
    ],
)
def test_each_channel_creates_a_campaign_and_estimates_its_reach(
    shop_now: httpx2.Client, clock: list[float], body: dict[str, Any], estimates: dict[str, int]
) -> None:
    assert _create(shop_now, body) == {"status": "success", "id": int(clock[0]), "estimates": estimates}


def test_ids_have_ten_digits_and_differ(shop_now: httpx2.Client) -> None:
    ids = [_create(shop_now, EMAIL)["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert {len(str(number)) for number in ids} == {10}


def test_push_is_the_default_channel_and_channels_have_no_case(shop_now: httpx2.Client) -> None:
    assert _create(shop_now, PUSH, target_mode=...)["estimates"] == {"android": 785, "ios": 0}
    assert _create(shop_now, EMAIL, target_mode="Email")["estimates"] == {"web": 1178}


def test_an_estimate_creates_nothing_and_a_skipped_one_is_not_told(shop_now: httpx2.Client) -> None:
    assert _create(shop_now, EMAIL, estimate_only=True) == {"status": "success", "estimates": {"web": 1178}}
    created = _create(shop_now, EMAIL, skip_estimate=True)
    assert created.keys() == {"status", "id"}
    targets = shop_now.post(LIST, json={"from": 20260101, "to": 20261231}).json()["targets"]
    assert [target["id"] for target in targets] == [created["id"]]


def test_where_narrows_the_audience(shop_now: httpx2.Client) -> None:
    where = {"event_name": "Charged", "from": 19970101, "to": 19970131}
    everybody = shop_now.post("/1/counts/profiles.json", json=where).json()["count"]
    assert _create(shop_now, WEBHOOK, where=where)["estimates"] == {"webhook": everybody}


def test_a_segment_takes_the_place_of_where(shop_now: httpx2.Client) -> None:
    assert _create(shop_now, WEBHOOK, where=..., segment="all")["estimates"] == {"webhook": 2357}
    assert _create(shop_now, WEBHOOK, where=..., segment=1759900001)["estimates"] == {"webhook": 227}
    assert _create(shop_now, WEBHOOK, where=..., segment="x")["status"] == "fail"


@pytest.mark.parametrize(
    ("body", "changes", "error"),
    [
        (PUSH, {"name": ...}, "Field name is empty"),
        (PUSH, {"when": ...}, "Field when is empty"),
        (PUSH, {"where": ...}, "Query specified in where failed to parse"),
        (PUSH, {"content": ...}, "Field title is empty (inside content)"),
        (EMAIL, {"target_mode": ...}, "Field title is empty (inside content)"),
        (PUSH, {"content": {"body": "b"}}, "Field title is empty (inside content)"),
        (PUSH, {"content": {"title": "t"}}, "Field body is empty (inside content)"),
        (EMAIL, {"content": ...}, "Field subject is empty (inside content)"),
        (EMAIL, {"content": {"subject": "s", "body": "b"}}, "Field sender_name is empty (inside content)"),
        (SMS, {"content": ...}, "Field body is empty (inside content)"),
        (WEBPUSH, {"content": {}}, "Field title is empty (inside content)"),
        (WHATSAPP, {"provider_nick_name": ...}, "Field provider_nick_name is empty"),
        (
            WHATSAPP,
            {"content": {"message_type": "template", "template_name": "x"}},
            "Field locale is empty (inside content)",
        ),
        (WEBHOOK, {"webhook_endpoint_name": ...}, "Field webhook_endpoint_name is empty"),
        (INBOX, {"content": {}}, "Field content is empty"),
        (PUSH, {"devices": ...}, "Field devices is empty"),
        (
            PUSH,
            {"where": {"event_name": "Charged", "from": 20260102, "to": 20260101}},
            "Query parse failure - The from date cannot be after the to date",
        ),
        (
            PUSH,
            {"where": {"event_name": "Charged", "from": 20260102, "to": 20260110}},
            "Query parse failure - The to date cannot be in the future",
        ),
        (
            PUSH,
            {"where": {"event_name": "Chargd", "from": 20260102, "to": 20260102}},
            "Query parse failure - Invalid event : Chargd",
        ),
        (
            PUSH,
            {"control_group": {"type": "custom", "name": "holdout"}},
            "No custom control group with name holdout is defined",
        ),
        (
            PUSH,
            {"content": {"title": "t", "body": "b"}},
            "Notification channel is required for devices having Android 8.0 or above",
        ),
        (PUSH, {"target_mode": "pigeon"}, "Invalid target_mode"),
        (PUSH, {"where": {"prompt": "everybody nice"}}, "Query parse failure - Unknown key in query : prompt"),
        (PUSH, {"users_limit_overall": 99}, "Field users_limit_overall should be at least 100"),
    ],
)
def test_a_flawed_campaign_is_refused_with_the_exact_text(
    shop_now: httpx2.Client, body: dict[str, Any], changes: dict[str, Any], error: str
) -> None:
    assert _create(shop_now, body, **changes) == {"status": "fail", "error": error, "code": 400}


def test_refusals_and_channels_have_other_readings(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    behaviours = Behaviours(
        campaign_refusal_status=200,
        notification_channels=frozenset({"news"}),
        missing_where_is_everybody=True,
        whatsapp_estimate_key="web",
        scheduled_on_as_number=True,
    )
    client = opened(Sandbox(behaviours=behaviours))
    refused = client.post(CREATE, json=PUSH)
    expected = {"status": "fail", "error": "Invalid Notification Channel ID", "code": 400}
    assert (refused.status_code, refused.json()) == (200, expected)
    assert _create(client, PUSH, where=..., devices=["ios"])["status"] == "success"
    assert _create(client, WHATSAPP)["estimates"] == {"web": 0}
    targets = client.post(LIST, json={"from": 20200101, "to": 20991231}).json()["targets"]
    assert {type(target["scheduled_on"]) for target in targets} == {int}


def _upload(client: httpx2.Client, identity: str, **data: Any) -> None:
    record = {"type": "profile", "identity": identity, "profileData": data}
    assert client.post("/1/upload", json={"d": [record]}).json()["status"] == "success"


def test_those_who_opted_out_or_are_not_to_be_disturbed_are_not_reached(client: httpx2.Client) -> None:
    _upload(client, "a", Email="a@example.org", Phone="+34911222333")
    _upload(client, "b", Email="b@example.org", Phone="+34911222334")
    assert _create(client, EMAIL)["estimates"] == {"web": 2}
    _upload(client, "a", **{"MSG-email": False, "MSG-sms": False})
    assert _create(client, EMAIL)["estimates"] == _create(client, SMS)["estimates"] == {"web": 1}
    _upload(client, "b", **{"MSG-dndEmail": True, "MSG-DNDphone": True})
    assert _create(client, EMAIL)["estimates"] == _create(client, SMS)["estimates"] == {"web": 0}
    _upload(client, "c", Email="b@example.org")
    assert _create(client, EMAIL)["estimates"] == {"web": 0}, "everybody who shares the address"
    _upload(client, "c", **{"MSG-dndEmail": False})
    assert _create(client, EMAIL)["estimates"] == {"web": 2}


def test_an_email_reaches_who_is_subscribed_to_one_of_its_groups(client: httpx2.Client) -> None:
    _upload(client, "a", Email="a@example.org", **{"category-unsubscribe": {"email": ["News"]}})
    _upload(client, "b", Email="b@example.org", **{"category-unsubscribe": {"email": ["News", "Offers"]}})
    _upload(client, "c", Email="c@example.org")
    assert _create(client, EMAIL)["estimates"] == {"web": 3}
    assert _create(client, EMAIL, subscription_groups=["News"])["estimates"] == {"web": 1}
    assert _create(client, EMAIL, subscription_groups=["News", "Offers"])["estimates"] == {"web": 2}


def test_an_email_may_be_meant_for_those_who_opted_out_too(client: httpx2.Client) -> None:
    _upload(client, "a", Email="a@example.org", **{"MSG-email": False})
    _upload(client, "b", Email="b@example.org", **{"MSG-dndEmail": True})
    assert _create(client, EMAIL)["estimates"] == {"web": 0}
    assert _create(client, EMAIL, send_email_to_opted_out_users=True)["estimates"] == {"web": 2}


def test_a_web_push_is_estimated_by_browser(client: httpx2.Client) -> None:
    devices = [
        {"objectId": "weba", "platform": "Web", "browser": "Chrome"},
        {"objectId": "webb", "platform": "Web", "browser": "Safari"},
        {"objectId": "webc", "platform": "Web"},
    ]
    push = {"id": "web-token", "type": "chrome", "keys": {"p256dh": "BBpub", "auth": "aUtH=="}}
    tokens = [{"type": "token", "objectId": each["objectId"], "tokenData": push} for each in devices]
    assert client.post("/_sandbox/devices", json=devices).status_code == 201
    assert client.post("/1/upload", json={"d": tokens}).json()["processed"] == 3
    assert _create(client, WEBPUSH)["estimates"] == {"chrome": 2, "safari": 1}


def test_whatsapp_reaches_only_those_who_agreed(client: httpx2.Client) -> None:
    _upload(client, "a", Phone="+34911222333")
    assert _create(client, WHATSAPP)["estimates"] == {"whatsapp": 0}
    _upload(client, "a", **{"MSG-whatsapp": True})
    assert _create(client, WHATSAPP)["estimates"] == {"whatsapp": 1}
    _upload(client, "a", **{"MSG-dndWhatsApp": True})
    assert _create(client, WHATSAPP)["estimates"] == {"whatsapp": 0}


def test_a_push_counts_people_or_all_their_devices(client: httpx2.Client) -> None:
    for device in ("__1", "__2"):
        attach = {"type": "profile", "objectId": device, "profileData": {"identity": "a"}}
        token = {"type": "token", "objectId": device, "tokenData": {"id": device, "type": "fcm"}}
        client.post("/1/upload", json={"d": [attach, token]})
    assert _create(client, PUSH)["estimates"] == {"android": 1, "ios": 0}
    assert _create(client, PUSH, send_to_all_devices=True)["estimates"] == {"android": 2, "ios": 0}


def test_a_campaign_is_completed_when_its_run_has_taken_its_time(
    opened: Callable[[Sandbox], httpx2.Client], clock: list[float]
) -> None:
    client = opened(Sandbox(clock=lambda: clock[0], behaviours=Behaviours(campaign_run=600)))
    campaign = _create(client, PUSH)["id"]
    assert [_status(client, campaign) for _ in range(2)] == ["running", "running"]
    clock[0] += 600
    assert _status(client, campaign) == "completed"
    result = client.post(RESULT, json={"id": campaign}).json()
    assert result == {"status": "success", "result": {"sent": 785, "clicked": 23}}


def test_a_campaign_takes_no_time_unless_told_otherwise(shop_now: httpx2.Client) -> None:
    assert _status(shop_now, _create(shop_now, PUSH)["id"]) == "completed"


def test_the_list_has_the_references_shape_and_only_the_days_asked_for(shop_now: httpx2.Client) -> None:
    campaign = _create(shop_now, EMAIL, when="20260206 10:30")["id"]
    day = shop_now.post(LIST, json={"from": 20260206, "to": 20260206}).json()
    entry = {"id": campaign, "name": "Digest", "scheduled_on": "20260206 10:30", "status": "pending"}
    assert day == {"status": "success", "targets": [entry]}
    assert shop_now.post(LIST, json={"from": 20260207, "to": 20260228}).json()["targets"] == []


@pytest.mark.parametrize("days", [{}, {"from": 20260102, "to": 20260101}, {"from": "20260101", "to": 20260101}])
def test_the_list_needs_a_range_of_days(client: httpx2.Client, days: dict[str, Any]) -> None:
    answer = client.post(LIST, json=days)
    expected = {"status": "fail", "error": "Invalid date range", "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_scheduled_campaign_is_pending_until_its_time(shop_now: httpx2.Client, clock: list[float]) -> None:
    campaign = _create(shop_now, EMAIL, when="20260109 12:01")["id"]
    assert [_status(shop_now, campaign) for _ in range(2)] == ["pending", "pending"]
    clock[0] += 60
    assert _status(shop_now, campaign) == "completed"


DAILY = {"type": "recurring", "start_time": "20260110 09:00", "repeats_every": 2, "repeat_type": "day"}
WEEKLY = DAILY | {"repeat_type": "week", "repeat_on_days_of_week": [2, 6], "repeats_every": 1}
"""2026-01-10 is a Saturday; 2 is Monday and 6 is Friday."""


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ({"type": "now"}, "20260109 12:00", "20260109 12:00"),
        (
            {"type": "later", "delivery_date_time": ["20260111 09:00", "20260110 09:00"]},
            "20260110 09:00",
            "20260111 09:00",
        ),
        (DAILY | {"end_by_occurrences": 3}, "20260110 09:00", "20260114 09:00"),
        (DAILY | {"end_by_date": "20260131"}, "20260110 09:00", "20260130 09:00"),
        (WEEKLY | {"end_by_date": "20260122"}, "20260112 09:00", "20260119 09:00"),
        (WEEKLY | {"end_by_occurrences": 3}, "20260112 09:00", "20260119 09:00"),
        (WEEKLY | {"end_by_occurrences": 4, "repeats_every": 2}, "20260119 09:00", "20260206 09:00"),
    ],
)
def test_a_campaign_of_several_runs_is_completed_after_the_last(
    shop_now: httpx2.Client, clock: list[float], when: dict[str, Any], first: str, last: str
) -> None:
    campaign = _create(shop_now, PUSH, when=when)["id"]
    moments = [datetime.strptime(f"{each} +0000", "%Y%m%d %H:%M %z").timestamp() for each in (first, last)]
    clock[0] = moments[0] - 1
    assert _status(shop_now, campaign) == "pending"
    clock[0] = max(moments[0], moments[1] - 1)
    assert _status(shop_now, campaign) == ("completed" if first == last else "running")
    clock[0] = moments[1]
    assert _status(shop_now, campaign) == "completed"


def test_a_campaign_that_recurs_without_end_stays_running(shop_now: httpx2.Client, clock: list[float]) -> None:
    campaign = _create(shop_now, PUSH, when={"type": "recurring", "start_time": "20260110 09:00"})["id"]
    clock[0] += 100 * 86400
    assert _status(shop_now, campaign) == "running"


@pytest.mark.parametrize(
    "flaw",
    [
        {"repeats_every": 0},
        {"repeats_every": "2"},
        {"repeats_every": 10**9},
        {"repeat_type": "month"},
        {"repeat_type": "week", "repeat_on_days_of_week": [0]},
        {"repeat_type": "week", "repeat_on_days_of_week": 3},
        {"end_by_occurrences": 0},
        {"end_by_occurrences": 10**9},
        {"end_by_date": "20260109"},
        {"end_by_date": "soon"},
        {"end_by_date": 20260131},
        {"start_time": None},
        {"campaign_cutoff": "25:00"},
        {"delivery_timezone": "moon"},
        {"user_timezone_wrap_around": "yes"},
        {"type": "sometimes"},
        {"type": []},
    ],
)
def test_a_flawed_recurrence_is_refused(shop_now: httpx2.Client, flaw: dict[str, Any]) -> None:
    assert _create(shop_now, PUSH, when=DAILY | flaw)["status"] == "fail"


def test_a_recurrence_that_leaves_the_calendar_is_refused(shop_now: httpx2.Client) -> None:
    when = DAILY | {"start_time": "99991201 09:00", "repeats_every": 366, "end_by_occurrences": 1000}
    assert _create(shop_now, PUSH, when=when)["error"] == "Field when is not valid"


@pytest.mark.parametrize(
    "when",
    ["20260109 12:00", "20250101 00:00", "tomorrow", {"type": "later"}, {"type": "later", "delivery_date_time": []}, 5],
)
def test_a_time_that_is_past_or_none_is_refused(shop_now: httpx2.Client, when: Any) -> None:
    assert _create(shop_now, PUSH, when=when)["status"] == "fail"


def test_whatsapp_takes_no_object_for_when(shop_now: httpx2.Client) -> None:
    assert _create(shop_now, WHATSAPP, when={"type": "now"})["status"] == "fail"


def test_a_stopped_campaign_stays_stopped_and_can_be_stopped_again(shop_now: httpx2.Client, clock: list[float]) -> None:
    campaign = _create(shop_now, PUSH, when="20260109 12:01")["id"]
    assert shop_now.post(STOP, json={"id": campaign}).json() == {"status": "success"}
    assert shop_now.post(STOP, json={"id": campaign}).json() == {"status": "success"}
    clock[0] += 60
    assert _status(shop_now, campaign) == "stopped"


def test_a_completed_campaign_cannot_be_stopped(shop_now: httpx2.Client) -> None:
    campaign = _create(shop_now, PUSH)["id"]
    assert shop_now.post(STOP, json={"id": campaign}).status_code == 400
    assert _status(shop_now, campaign) == "completed"


def test_a_draft_is_never_sent(shop_now: httpx2.Client) -> None:
    campaign = _create(shop_now, PUSH, draft=True)["id"]
    assert _status(shop_now, campaign) == "draft"


@pytest.mark.parametrize("path", [STOP, RESULT])
@pytest.mark.parametrize("body", [{}, {"id": 1}, {"id": "x"}])
def test_an_unknown_campaign_is_refused(client: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    expected = {"status": "fail", "error": "Invalid campaign id", "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


@pytest.mark.parametrize(
    ("behaviours", "status", "body"),
    [
        (Behaviours(), 500, {"status": "fail", "error": "This target has no result as of yet", "code": 500}),
        (
            Behaviours(unfinished_result="conflict_409"),
            409,
            {"status": "fail", "error": "This target hasn't been completed", "code": 409},
        ),
        (
            Behaviours(unfinished_result="fail_200"),
            200,
            {"status": "fail", "error": "This target hasn't been completed"},
        ),
        (Behaviours(unfinished_result="only_error_200"), 200, {"error": "This target hasn't been completed"}),
    ],
)
def test_an_unfinished_campaign_has_no_result_in_each_of_four_ways(
    opened: Callable[[Sandbox], httpx2.Client], behaviours: Behaviours, status: int, body: dict[str, Any]
) -> None:
    client = opened(Sandbox(seed=None, behaviours=replace(behaviours, campaign_run=600)))
    answer = client.post(RESULT, json={"id": _create(client, PUSH)["id"]})
    assert (answer.status_code, answer.json()) == (status, body)
