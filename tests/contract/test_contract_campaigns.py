"""Campaigns as engagement 3, 6, 7 and 8 describe them: each example, each error, each doubtful reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

NOW = 1_780_000_000
"""28 May 2026, 20:26:40 UTC: what the sandbox's clock shows."""
CREATE, LIST, STOP, RESULT = (f"/1/targets/{name}.json" for name in ("create", "list", "stop", "result"))
PUSH: dict[str, Any] = {
    "name": "Price drop – sneakers",  # noqa: RUF001 - as the reference has it
    "target_mode": "push",
    "where": {
        "event_name": "Product Viewed",
        "from": 20260501,
        "to": 20260507,
        "event_properties": [{"name": "Category", "operator": "equals", "value": "Sneakers"}],
    },
    "devices": ["android", "ios"],
    "content": {
        "title": "Prices just fell",
        "body": "Your size is back",
        "platform_specific": {
            "android": {
                "wzrk_cid": "offers",
                "deep_link": "shop://sale",
                "large_icon": "https://cdn.example.net/i.png",
            },
            "ios": {"mutable-content": "true", "deep_link": "shop://sale", "badge_count": 1},
        },
    },
    "ttl": {"ttl_type": "relative", "value": 240},
    "respect_frequency_caps": True,
    "labels": ["sale"],
    "when": "now",
}
EMAIL: dict[str, Any] = {
    "name": "October digest",
    "target_mode": "email",
    "provider_nick_name": "ses-main",
    "where": {},
    "content": {"subject": "Your October", "body": "<p>Hi</p>", "sender_name": "Acme"},
    "subscription_groups": ["Newsletter"],
    "when": "20261105 09:00",
}
SMS: dict[str, Any] = {
    "name": "Delivery slot",
    "target_mode": "sms",
    "provider_nick_name": "twilio-in",
    "segment": 1759900001,
    "content": {"body": "Your slot opens at 6pm"},
    "when": "now",
}
WEBPUSH: dict[str, Any] = {
    "name": "Come back",
    "target_mode": "webpush",
    "where": {},
    "when": "now",
    "content": {
        "title": "Still thinking?",
        "body": "Cart saved",
        "platform_specific": {
            "chrome": {"deep_link": "https://shop.example.net/cart", "ttl": 12, "require_interaction": True}
        },
    },
}
WHATSAPP: dict[str, Any] = {
    "name": "Ship note",
    "target_mode": "whatsapp",
    "provider_nick_name": "wa-in-1",
    "segment": 1759900001,
    "content": {
        "message_type": "template",
        "template_name": "ship_v2",
        "locale": "en",
        "body": {"replacements": ["${Name}", "A-991"]},
        "buttons": [{"replacements": ["A-991"]}],
    },
    "when": "20261106 10:30",
}
INBOX: dict[str, Any] = {
    "name": "Inbox – welcome",  # noqa: RUF001 - as the reference has it
    "target_mode": "notificationinbox",
    "template_type": "message-icon",
    "orientation": "p",
    "time_to_live": 14,
    "where": {},
    "devices": ["android", "ios"],
    "when": "now",
    "content": [
        {
            "title": {"text": "Welcome"},
            "message": {"text": "Start here"},
            "icon": {"content_type": "image/png", "url": "https://cdn.example.net/w.png"},
        }
    ],
}
WEBHOOK: dict[str, Any] = {
    "name": "Sync VIPs",
    "target_mode": "webhook",
    "webhook_endpoint_name": "crm-sync",
    "webhook_fields": ["identities", "profile-attributes"],
    "webhook_key_value": {"source": "vip"},
    "where": {},
    "content": {},
    "when": "now",
}
GOAL: dict[str, Any] = {
    "event_name": "Charged",
    "filter_type": {
        "event_property": [
            {"property_name": "Amount", "operator": "greater_than", "property_value": 999},
            {"property_name": "Items|SKU", "operator": "equals", "property_value": "S-77"},
        ],
        "first_time": "yes",
        "last_time": "yes",
        "time_of_day": [["18:00", "23:00"]],
        "day_of_week": [1, 7],
        "day_of_month": [1, 15],
    },
    "conversion_time": "1D",
    "revenue_property": "Amount",
}
VIEW = {"type": "event", "evtName": "Product Viewed", "ts": 1_777_680_000, "evtData": {"Category": "Sneakers"}}
"""2026-05-02."""


def make_shop(door: Door) -> None:
    """Two viewers with Android phones and one with an iPhone; two of them have an address."""
    for device, token in (("__a", "fcm"), ("__b", "fcm"), ("-c", "apns")):
        door.upload(
            {
                "type": "profile",
                "objectId": device,
                "profileData": {"identity": device, "Phone": f"+3491122233{len(device)}"},
            },
            {"type": "token", "objectId": device, "tokenData": {"id": f"t{device}", "type": token}},
            {**VIEW, "objectId": device},
        )
    door.upload(
        {"type": "profile", "identity": "__a", "profileData": {"Email": "a@example.org"}},
        {"type": "profile", "identity": "__b", "profileData": {"Email": "b@example.org"}},
    )


def changed(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body with some fields changed; `...` takes one away."""
    return {key: value for key, value in {**body, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "estimates"),
    [
        (PUSH, {"android": 2, "ios": 1}),
        (EMAIL, {"web": 2}),
        (WEBPUSH, {"chrome": 0}),
        (INBOX, {"android": 2, "ios": 1}),
        (WEBHOOK, {"webhook": 3}),
    ],
    ids=lambda value: value.get("target_mode", ""),
)
def test_each_channels_example_creates_estimates_and_comes_in_three_answers(
    door: Door, body: dict[str, Any], estimates: dict[str, int]
) -> None:
    make_shop(door)
    dry = door.gets("POST", CREATE, {**body, "estimate_only": True})
    assert dry == {"status": "success", "estimates": estimates}
    assert door.gets("POST", CREATE, body) == {"status": "success", "id": NOW, "estimates": estimates}
    assert door.gets("POST", CREATE, {**body, "skip_estimate": True}) == {"status": "success", "id": NOW + 1}


@pytest.mark.parametrize("body", [SMS, WHATSAPP], ids=["sms", "whatsapp"])
def test_the_examples_with_a_saved_segment_are_taken(door: Door, body: dict[str, Any]) -> None:
    key = "whatsapp" if body is WHATSAPP else "web"
    assert door.gets("POST", CREATE, body) == {"status": "success", "id": NOW, "estimates": {key: 0}}


@pytest.mark.parametrize(
    ("body", "changes", "error"),
    [
        (PUSH, {"name": ...}, "Field name is empty"),
        (PUSH, {"when": ...}, "Field when is empty"),
        (PUSH, {"where": ...}, "Query specified in where failed to parse"),
        (PUSH, {"content": ...}, "Field title is empty (inside content)"),
        (EMAIL, {"content": ...}, "Field subject is empty (inside content)"),
        (SMS, {"content": ...}, "Field body is empty (inside content)"),
        (EMAIL, {"target_mode": ...}, "Field title is empty (inside content)"),
        (
            PUSH,
            {"where": {"event_name": "Product Viewed", "from": 20260507, "to": 20260501}},
            "Query parse failure - The from date cannot be after the to date",
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
    ],
)
@pytest.mark.parametrize("status", [400, 200])
def test_a_documented_error_has_its_text_with_either_http_status(
    make_door: MakeDoor, body: dict[str, Any], changes: dict[str, Any], error: str, status: int
) -> None:
    door = make_door(campaign_refusal_status=status)
    make_shop(door)
    answer = door.ask("POST", CREATE, changed(body, **changes))
    assert answer == (status, {"status": "fail", "error": error, "code": 400})


def test_an_unknown_android_channel_is_refused_where_channels_are_known(make_door: MakeDoor) -> None:
    door = make_door(notification_channels=frozenset({"news"}))
    make_shop(door)
    assert door.ask("POST", CREATE, PUSH)[1]["error"] == "Invalid Notification Channel ID"


def test_the_checks_come_in_the_order_name_when_audience_content_terms(door: Door) -> None:
    body: dict[str, Any] = {"content": {}, "target_mode": "push", "users_limit_overall": 1}
    steps: list[dict[str, Any]] = [
        {},
        {"name": "x"},
        {"when": "now"},
        {"where": {}},
        {"content": {"title": "t", "body": "b"}},
        {"users_limit_overall": 100},
    ]
    told = []
    for fields in steps:
        body |= fields
        told.append(door.ask("POST", CREATE, body)[1]["error"])
    assert told == [
        "Field name is empty",
        "Field when is empty",
        "Query specified in where failed to parse",
        "Field title is empty (inside content)",
        "Field users_limit_overall should be at least 100",
        "Field devices is empty",
    ]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (EMAIL, {"conversion_goal": GOAL}),
        (EMAIL, {"conversion_goal": {"event_name": "Charged", "filter_type": {}}}),
        (EMAIL, {"control_group": {"type": "campaign", "percentage": 10}}),
        (
            EMAIL,
            {
                "dnd": {
                    "message_state": "delay",
                    "dnd_timezone": "user",
                    "dnd_info": {"1": [{"from": "22:00", "to": "07:00"}]},
                }
            },
        ),
        (PUSH, {"ttl": {"ttl_type": "absolute", "value": 202610312359}}),
        (PUSH, {"ttl": 90}),
        (PUSH, {"content": {**PUSH["content"], "title": "Hi {{ Profile.Name }}"}}),
        (EMAIL, {"users_limit_overall": 100, "users_limit_per_run": 100, "upper_cap_for_target_segment": 100}),
    ],
)
def test_the_other_documented_fields_are_taken(door: Door, body: dict[str, Any], changes: dict[str, Any]) -> None:
    make_shop(door)
    assert door.gets("POST", CREATE, changed(body, **changes))["status"] == "success"


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (EMAIL, {"conversion_goal": {"event_name": "Charged"}}),
        (EMAIL, {"conversion_goal": {"filter_type": {}}}),
        (EMAIL, {"conversion_goal": {**GOAL, "conversion_time": "3W"}}),
        (EMAIL, {"control_group": {"type": "campaign", "percentage": 101}}),
        (EMAIL, {"control_group": {"type": "campaign"}}),
        (EMAIL, {"control_group": "campaign"}),
        (EMAIL, {"dnd": {"message_state": "shout"}}),
        (EMAIL, {"labels": "sale"}),
        (PUSH, {"ttl": {"ttl_type": "minutes", "value": 90}}),
        (PUSH, {"ttl": {"ttl_type": "relative", "value": "90"}}),
        (INBOX, {"template_type": "poster"}),
        (INBOX, {"orientation": "landscape"}),
        (WHATSAPP, {"when": {"type": "now"}}),
        (WHATSAPP, {"content": {**WHATSAPP["content"], "body": {"replacements": ["{{ Profile.Name }}"]}}}),
        (WHATSAPP, {"provider_nick_name": ...}),
        (EMAIL, {"users_limit_per_run": 99}),
    ],
)
def test_what_is_none_of_the_documented_values_is_refused(
    door: Door, body: dict[str, Any], changes: dict[str, Any]
) -> None:
    make_shop(door)
    status, answer = door.ask("POST", CREATE, changed(body, **changes))
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)


def test_the_doubtful_fields_of_a_campaign_have_their_other_readings(make_door: MakeDoor) -> None:
    door = make_door(
        ttl_types="units",
        liquid_in_push=False,
        control_groups=frozenset({"holdout"}),
        webhook_estimate_key="web",
        whatsapp_estimate_key="web",
        missing_where_is_everybody=True,
    )
    make_shop(door)
    assert door.ask("POST", CREATE, PUSH)[1]["error"] == "Field ttl is not valid"
    minutes = {"ttl": {"ttl_type": "minutes", "value": 240}}
    assert door.gets("POST", CREATE, changed(PUSH, **minutes))["status"] == "success"
    liquid = {**PUSH["content"], "title": "Hi {{ Profile.Name }}"}
    assert door.ask("POST", CREATE, changed(PUSH, content=liquid, **minutes))[0] == 400
    group = {"type": "custom", "name": "holdout"}
    everybody = door.gets("POST", CREATE, changed(WEBHOOK, where=..., control_group=group))
    assert everybody["estimates"] == {"web": 3}, "a control group holds nobody out"
    assert door.gets("POST", CREATE, WHATSAPP)["estimates"].keys() == {"web"}


def test_a_prompt_for_where_is_refused_or_means_what_the_switch_says(make_door: MakeDoor) -> None:
    body = changed(WEBHOOK, where={"prompt": "who bought last month"})
    assert make_door().ask("POST", CREATE, body)[0] == 400
    meant = {"event_name": "Product Viewed", "from": 20260501, "to": 20260507}
    door = make_door(prompt_means=meant)
    make_shop(door)
    answer = door.gets("POST", CREATE, {**body, "estimate_only": True})
    assert answer == {"status": "success", "estimates": {"webhook": 3}, "cql": meant}


def test_an_estimate_can_be_asked_for_later_under_one_reading(make_door: MakeDoor) -> None:
    body = changed(WEBHOOK, async_estimate=True)
    assert make_door().gets("POST", CREATE, body)["estimates"] == {"webhook": 0}
    assert make_door().ask("GET", f"{CREATE}?req_id=1")[0] == 405
    door = make_door(async_estimate_is_partial=True, req_id_as_text=True)
    partial = door.gets("POST", CREATE, body)
    assert partial == {"status": "partial", "req_id": "412000000000001"}
    assert door.gets("GET", f"{CREATE}?req_id={partial['req_id']}") == {
        "status": "success",
        "id": NOW,
        "estimates": {"webhook": 0},
    }


def test_creating_and_stopping_can_be_limited_to_some_a_second(make_door: MakeDoor) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0], campaigns_per_second=3, reports_per_minute=1)
    for _ in range(3):
        door.gets("POST", CREATE, WEBHOOK)
    limited = (429, {"status": "fail", "error": "Too many concurrent requests", "code": 429})
    assert door.ask("POST", CREATE, WEBHOOK) == limited
    now[0] += 1
    created = door.gets("POST", CREATE, WEBHOOK)["id"]
    assert door.gets("POST", RESULT, {"id": created})["status"] == "success"
    assert door.ask("POST", RESULT, {"id": created}) == limited
    now[0] += 60
    assert door.gets("POST", RESULT, {"id": created})["status"] == "success"


def listed(door: Door, first: int = 20260101, last: int = 20261231) -> list[dict[str, Any]]:
    """The campaigns of a range."""
    answer = door.gets("POST", LIST, {"from": first, "to": last})
    assert answer.keys() == {"status", "targets"}
    assert answer["status"] == "success"
    targets: list[dict[str, Any]] = answer["targets"]
    return targets


def test_the_list_has_the_references_shape(door: Door) -> None:
    make_shop(door)
    done, ahead = (door.gets("POST", CREATE, body)["id"] for body in (PUSH, WHATSAPP))
    assert listed(door) == [
        {"id": done, "name": PUSH["name"], "scheduled_on": "20260528 20:26", "status": "completed"},
        {"id": ahead, "name": "Ship note", "scheduled_on": "20261106 10:30", "status": "pending"},
    ]
    assert [each["id"] for each in listed(door, 20261106, 20261106)] == [ahead]


@pytest.mark.parametrize("days", [{}, {"from": 20260102, "to": 20260101}, {"from": "20260101", "to": "20260102"}])
def test_a_range_that_is_none_is_refused(door: Door, days: dict[str, Any]) -> None:
    assert door.ask("POST", LIST, days) == (400, {"status": "fail", "error": "Invalid date range", "code": 400})


def test_the_list_has_its_other_readings(make_door: MakeDoor) -> None:
    door = make_door(scheduled_on_as_number=True, future_status="scheduled")
    door.gets("POST", CREATE, WHATSAPP)
    (ahead,) = listed(door)
    assert (ahead["scheduled_on"], ahead["status"]) == (202611061030, "scheduled")


def test_a_campaign_that_waits_for_approval_never_goes_out(make_door: MakeDoor) -> None:
    door = make_door(approval_workflow=True)
    number = door.gets("POST", CREATE, WEBHOOK)["id"]
    assert [each["status"] for each in listed(door)] == ["approval pending"]
    assert door.ask("POST", RESULT, {"id": number})[0] == 500
    assert door.gets("POST", STOP, {"id": number}) == {"status": "success"}
    assert [each["status"] for each in listed(door)] == ["stopped"]


def test_more_people_than_the_target_cap_stop_a_campaign_or_are_left_out(make_door: MakeDoor) -> None:
    body = changed(WEBHOOK, upper_cap_for_target_segment=100)
    people = [{"type": "profile", "identity": f"c-{number}", "profileData": {}} for number in range(101)]
    for cancels, status in ((True, "stopped"), (False, "completed")):
        door = make_door(target_cap_cancels=cancels)
        door.upload(*people)
        number = door.gets("POST", CREATE, body)["id"]
        assert [each["status"] for each in listed(door)] == [status]
    assert door.gets("POST", RESULT, {"id": number})["result"]["sent"] == 100


def test_campaigns_of_the_dashboard_are_listed_and_stopped_or_not(make_door: MakeDoor) -> None:
    made = [{"name": "Journey mail", "channel": "email", "starts": NOW + 60, "estimates": {"web": 9}}]
    for seen in (True, False):
        door = make_door(dashboard_campaigns_listed=seen, dashboard_campaigns_stop=seen)
        assert door.ask("POST", "/_sandbox/campaigns", made) == (201, {"stored": 1})
        assert [each["name"] for each in listed(door)] == (["Journey mail"] if seen else [])
        assert door.ask("POST", STOP, {"id": NOW})[0] == (200 if seen else 400)


@pytest.mark.parametrize(
    "made", [{}, [5], [{"name": "x"}], [{"name": "x", "channel": "email", "starts": "now"}],
             [{"name": "x", "channel": "email", "estimates": {"web": "9"}}]]
)  # fmt: skip
def test_a_dashboard_campaign_that_is_none_is_refused(door: Door, made: Any) -> None:
    assert door.ask("POST", "/_sandbox/campaigns", made)[0] == 400


def test_a_stopped_campaign_is_told_as_stopped(door: Door) -> None:
    number = door.gets("POST", CREATE, EMAIL)["id"]
    assert door.gets("POST", STOP, {"id": number}) == {"status": "success"}
    assert [each["status"] for each in listed(door)] == ["stopped"]


@pytest.mark.parametrize("path", [STOP, RESULT])
@pytest.mark.parametrize("number", [7, "1761034501", None, True, 10**30])
def test_an_id_that_is_none_is_refused(door: Door, path: str, number: Any) -> None:
    assert door.ask("POST", path, {"id": number}) == (
        400,
        {"status": "fail", "error": "Invalid campaign id", "code": 400},
    )


@pytest.mark.parametrize(
    ("unfinished", "status", "body"),
    [
        ("error_500", 500, {"status": "fail", "error": "This target has no result as of yet", "code": 500}),
        ("conflict_409", 409, {"status": "fail", "error": "This target hasn't been completed", "code": 409}),
        ("fail_200", 200, {"status": "fail", "error": "This target hasn't been completed"}),
        ("only_error_200", 200, {"error": "This target hasn't been completed"}),
    ],
)
def test_a_report_comes_when_a_campaign_is_completed_and_not_before(
    make_door: MakeDoor, unfinished: str, status: int, body: dict[str, Any]
) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0], unfinished_result=unfinished, campaign_run=600)
    make_shop(door)
    number = door.gets("POST", CREATE, PUSH)["id"]
    assert door.ask("POST", RESULT, {"id": number}) == (status, body)
    now[0] += 600
    assert door.gets("POST", RESULT, {"id": number}) == {"status": "success", "result": {"sent": 3, "clicked": 0}}


def test_a_report_may_have_more_than_the_old_two_figures(make_door: MakeDoor) -> None:
    door = make_door(result_metadata=True)
    make_shop(door)
    number = door.gets("POST", CREATE, PUSH)["id"]
    result = door.gets("POST", RESULT, {"id": number})["result"]
    assert result == {
        "sent": 3,
        "clicked": 0,
        "delivered": 3,
        "viewed": 1,
        "name": PUSH["name"],
        "channel": "push",
    }
