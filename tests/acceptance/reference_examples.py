"""The reference's own examples, letter for letter, and the tool call that each is expressed by.

Two kinds of its examples have no row: a natural-language `where` (`{"prompt": ...}`), which CleverTap may misread without
a word, so that no tool takes it; and a single text where the reference also shows a list (delete), which tools always
send as a list of one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]


class Example(NamedTuple):
    """A body of the reference, and the call that must send it."""

    place: str
    """Section of the reference, and what it shows."""
    path: str
    body: Json | list[Any]
    tool: str
    arguments: Json
    query: Json = {}
    """The query parameters that must arrive with it."""


def query(
    base: tuple[str, int, int] | None = None,
    *,
    common: Json | None = None,
    advanced: Json | None = None,
    **filters: list[Json],
) -> Json:
    """A query as the reference writes it."""
    based = {} if base is None else dict(zip(("event_name", "from", "to"), base, strict=True))
    whole = {**based, **filters, "common_profile_properties": common, "advanced_query": advanced}
    return {name: part for name, part in whole.items() if part is not None}


FEMALE_LEARNERS = query(
    ("Course Started", 20260101, 20260131),
    event_properties=[{"name": "Price", "operator": "greater_than_equals", "value": 40}],
    session_properties=[{"name": "first_time", "value": "True"}],
    common={
        "profile_fields": [{"name": "Plan", "operator": "equals", "value": ["Gold", "Silver"]}],
        "demographics": [{"name": "Gender", "value": "Female"}],
        "geo_fields": [["Spain", "Madrid", "Madrid"]],
    },
    advanced={
        "did_all": [
            {
                "event_name": "App Launched",
                "from": 20260101,
                "to": 20260131,
                "operator": "greater_than",
                "value": 3,
            }
        ],
        "did_any": {
            "any_events": [{"event_name": "Course Shared", "from": 20260101, "to": 20260131}],
            "operator": "equals",
            "value": 1,
        },
        "did_none": [{"event_name": "App Uninstalled", "from": 20260101, "to": 20260131}],
    },
)
JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}
FEMALE_LEARNERS_ASKED: Json = {
    "event_name": "Course Started",
    **JANUARY,
    "event_properties": [{"name": "Price", "operator": "greater_than_equals", "value": 40}],
    "profile_filters": [
        {"kind": "session_properties", "name": "first_time", "value": "True"},
        {"kind": "profile_fields", "name": "Plan", "operator": "equals", "value": ["Gold", "Silver"]},
        {"kind": "demographics", "name": "Gender", "value": "Female"},
    ],
    "geo": [{"country": "Spain", "region": "Madrid", "city": "Madrid"}],
    "did": [
        {"which": "did_all", "event_name": "App Launched", **JANUARY, "times_operator": "greater_than", "times": 3},
        {"which": "did_any", "event_name": "Course Shared", **JANUARY, "times_operator": "equals", "times": 1},
        {"which": "did_none", "event_name": "App Uninstalled", **JANUARY},
    ],
}
BUYERS = query(
    ("Charged", 20260801, 20260831),
    event_properties=[{"name": "Amount", "operator": "greater_than_equals", "value": 2500}],
    common={
        "profile_fields": [{"name": "Tier", "operator": "equals", "value": ["Gold", "Black"]}],
        "technographics": [{"name": "Device", "operator": "equals", "value": ["Mobile"]}],
        "reachability": [{"name": "has_token", "value": "True"}],
    },
    advanced={
        "did_all": [
            {
                "event_name": "App Launched",
                "from": 20260825,
                "to": 20260831,
                "operator": "greater_than_equals",
                "value": 3,
            }
        ],
        "did_none": [{"event_name": "App Uninstalled", "from": 20260701, "to": 20260831}],
        "did_any": {
            "any_events": [{"event_name": "Wishlist Add"}, {"event_name": "Price Viewed"}],
            "operator": "greater_than_equals",
            "value": 1,
        },
    },
)
BUYERS_ASKED: Json = {
    "event_name": "Charged",
    "from": "2026-08-01",
    "to": "2026-08-31",
    "event_properties": [{"name": "Amount", "operator": "greater_than_equals", "value": 2500}],
    "profile_filters": [
        {"kind": "profile_fields", "name": "Tier", "operator": "equals", "value": ["Gold", "Black"]},
        {"kind": "technographics", "name": "Device", "operator": "equals", "value": ["Mobile"]},
        {"kind": "reachability", "name": "has_token", "value": "True"},
    ],
    "did": [
        {
            "which": "did_all",
            "event_name": "App Launched",
            "from": "20260825",
            "to": "20260831",
            "times_operator": "greater_than_equals",
            "times": 3,
        },
        {"which": "did_none", "event_name": "App Uninstalled", "from": "2026-07-01", "to": "2026-08-31"},
        {"which": "did_any", "event_name": "Wishlist Add", "times_operator": "greater_than_equals", "times": 1},
        {"which": "did_any", "event_name": "Price Viewed"},
    ],
}
CIRCLE = {"common_profile_properties": {"geo_radius": [[12.97, 77.59, 8]], "geo_fields": [["India", "Karnataka"]]}}
CIRCLE_ASKED = {
    "geo": [{"latitude": 12.97, "longitude": 77.59, "radius": 8}, {"country": "India", "region": "Karnataka"}]
}
EVENING = query(
    ("Course Started", 20260101, 20260131),
    session_properties=[{"name": "time_of_day", "value": ["18:00", "23:00"]}],
)
EVENING_ASKED: Json = {
    "event_name": "Course Started",
    **JANUARY,
    "profile_filters": [{"kind": "session_properties", "name": "time_of_day", "value": ["18:00", "23:00"]}],
}

QUERIES = [
    Example(
        "data 6.3, whole query", "/1/counts/profiles.json", FEMALE_LEARNERS, "get_profile_count", FEMALE_LEARNERS_ASKED
    ),
    Example(
        "data 6.3, of occurrences", "/1/counts/events.json", FEMALE_LEARNERS, "get_event_count", FEMALE_LEARNERS_ASKED
    ),
    Example("data 6.3, exported", "/1/events.json", FEMALE_LEARNERS, "get_events", FEMALE_LEARNERS_ASKED),
    Example("engagement 2.6, whole query", "/1/counts/profiles.json", BUYERS, "get_profile_count", BUYERS_ASKED),
    Example("engagement 2.6, exported", "/1/profiles.json", BUYERS, "get_user_profiles", BUYERS_ASKED),
    Example("engagement 2.3, places", "/1/counts/profiles.json", CIRCLE, "get_profile_count", CIRCLE_ASKED),
    Example("engagement 2.3, session", "/1/counts/profiles.json", EVENING, "get_profile_count", EVENING_ASKED),
    Example(
        "data 7.2, people",
        "/1/profiles.json",
        query(("App Launched", 20260110, 20260116)),
        "get_user_profiles",
        {
            "event_name": "App Launched",
            "from": "2026-01-10",
            "to": "2026-01-16",
            "batch_size": 46,
            "app": True,
            "events": True,
            "profile": True,
        },
        {"batch_size": "46", "app": "true", "events": "true", "profile": "true"},
    ),
    Example(
        "data 7.4, events",
        "/1/events.json",
        query(
            ("Course Started", 20260101, 20260102),
            event_properties=[{"name": "Course", "operator": "contains", "value": "Pottery"}],
        ),
        "get_events",
        {
            "event_name": "Course Started",
            "from": "2026-01-01",
            "to": "2026-01-02",
            "event_properties": [{"name": "Course", "operator": "contains", "value": "Pottery"}],
            "batch_size": 4600,
            "app": False,
            "events": False,
            "profile": False,
        },
        {"batch_size": "4600", "app": "false", "events": "false", "profile": "false"},
    ),
    Example(
        "data 8.1, people",
        "/1/counts/profiles.json",
        query(("Course Started", 20260101, 20260131)),
        "get_profile_count",
        {"event_name": "Course Started", **JANUARY},
    ),
    Example(
        "data 8.2, occurrences",
        "/1/counts/events.json",
        query(
            ("Charged", 20260101, 20260107),
            event_properties=[{"name": "Amount", "operator": "greater_than", "value": 10}],
        ),
        "get_event_count",
        {
            "event_name": "Charged",
            "from": "2026-01-01",
            "to": "2026-01-07",
            "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 10}],
        },
    ),
]

PROFILE: Json = {
    "identity": "cust-9001",
    "type": "profile",
    "ts": 1767225600,
    "profileData": {
        "Name": "Mira Solano",
        "Email": "mira@example.org",
        "Phone": "+34911222333",
        "Gender": "F",
        "DOB": "$D_631152000",
        "Employed": "Y",
        "Education": "Graduate",
        "Married": "N",
        "MSG-email": True,
        "Plan": "Gold",
        "Last Visit": "$D_1767000000",
        "Favourite Teams": {"$add": ["Blue", "Green"]},
        "Old Tags": {"$remove": ["beta"]},
        "Colours": {"$set": ["red", "teal"]},
        "Visits": {"$incr": 3},
        "Credits": {"$decr": 10},
        "Legacy Key": {"$delete": 1},
    },
}
EVENTS: list[Json] = [
    {
        "identity": "cust-9001",
        "type": "event",
        "ts": 1767225660,
        "evtName": "Course Started",
        "evtData": {"Course": "Pottery 101", "Price": 49.5, "Gift": False, "Starts": "$D_1768000000"},
    },
    {
        "objectId": "__a0b1c2d3e4f5",
        "type": "event",
        "ts": 1767225720,
        "evtName": "Charged",
        "evtData": {
            "Amount": 62.0,
            "Currency": "EUR",
            "Payment Mode": "Card",
            "Charged ID": "inv-771",
            "Items": [
                {"Category": "Craft", "Title": "Clay 2kg", "Quantity": 2},
                {"Category": "Craft", "Title": "Glaze", "Quantity": 1},
            ],
        },
    },
]
TOKENS: list[Json] = [
    {"type": "token", "objectId": "__f00dbabe", "tokenData": {"id": "fcmtok:AA-1", "type": "fcm"}},
    {
        "type": "token",
        "objectId": "webguid0001",
        "tokenData": {"id": "webtok-2", "type": "chrome", "keys": {"p256dh": "BBpub", "auth": "aUtH=="}},
    },
]
APP_TOKEN: Json = {"type": "token", "objectId": "_ab", "tokenData": {"id": "tok", "type": "fcm"}}

UPLOADS = [
    Example("data 5.1, profile", "/1/upload", {"d": [PROFILE]}, "upload_user_profiles", {"profiles": [PROFILE]}),
    Example("data 5.2, events", "/1/upload", {"d": EVENTS}, "upload_events", {"events": EVENTS}),
    Example("data 5.3, tokens", "/1/upload", {"d": TOKENS}, "upload_device_tokens", {"tokens": TOKENS}),
    Example("engagement 15.6, token", "/1/upload", {"d": [APP_TOKEN]}, "upload_device_tokens", {"tokens": [APP_TOKEN]}),
]

FIGURES = [
    Example(
        "data 8.3, now",
        "/1/now.json",
        {"user_type": True, "os": True},
        "real_time_user_count",
        {"user_type": True, "os": True},
    ),
    Example("data 8.3, empty", "/1/now.json", {}, "real_time_user_count", {}),
    Example(
        "data 8.4, top values",
        "/1/counts/top.json",
        {
            "event_name": "Course Started",
            "from": 20260101,
            "to": 20260131,
            "groups": {
                "price_bands": {"property_type": "event_properties", "name": "Price", "top_n": 5},
                "plans": {"property_type": "profile_fields", "name": "Plan", "order": "asc"},
            },
        },
        "get_top_property_counts",
        {
            "event_name": "Course Started",
            **JANUARY,
            "groups": [
                {"label": "price_bands", "property_type": "event_properties", "name": "Price", "top_n": 5},
                {"label": "plans", "property_type": "profile_fields", "name": "Plan", "order": "asc"},
            ],
        },
    ),
    Example(
        "engagement 10.3, top values",
        "/1/counts/top.json",
        {
            "event_name": "Charged",
            "from": 20260901,
            "to": 20260930,
            "groups": {
                "g1": {"property_type": "event_properties", "name": "Amount"},
                "g2": {"property_type": "profile_fields", "name": "Tier", "top_n": 3, "order": "asc"},
            },
        },
        "get_top_property_counts",
        {
            "event_name": "Charged",
            "from": "2026-09-01",
            "to": "2026-09-30",
            "groups": [
                {"label": "g1", "property_type": "event_properties", "name": "Amount"},
                {"label": "g2", "property_type": "profile_fields", "name": "Tier", "top_n": 3, "order": "asc"},
            ],
        },
    ),
    Example(
        "data 8.5, trends",
        "/1/counts/trends.json",
        {
            "event_name": "Course Started",
            "from": 20251230,
            "to": 20260102,
            "unique": False,
            "groups": {
                "d": {"trend_type": "daily"},
                "w": {"trend_type": "weekly"},
                "m": {"trend_type": "monthly"},
            },
        },
        "get_event_trends",
        {
            "event_name": "Course Started",
            "from": "2025-12-30",
            "to": "2026-01-02",
            "unique": False,
            "groups": [
                {"label": "d", "trend_type": "daily"},
                {"label": "w", "trend_type": "weekly"},
                {"label": "m", "trend_type": "monthly"},
            ],
        },
    ),
    Example(
        "engagement 10.4, trends",
        "/1/counts/trends.json",
        {
            "event_name": "App Launched",
            "from": 20260901,
            "to": 20260930,
            "unique": True,
            "groups": {"d": {"trend_type": "daily"}, "w": {"trend_type": "weekly"}},
        },
        "get_event_trends",
        {
            "event_name": "App Launched",
            "from": "2026-09-01",
            "to": "2026-09-30",
            "unique": True,
            "groups": [{"label": "d", "trend_type": "daily"}, {"label": "w", "trend_type": "weekly"}],
        },
    ),
    Example(
        "data 8.6, message reports",
        "/1/message/report.json",
        {"from": "20260101", "to": "20260107", "channel": ["push", "email"], "status": ["completed"], "daily": False},
        "get_message_reports",
        {
            "from": "2026-01-01",
            "to": "2026-01-07",
            "channel": ["push", "email"],
            "status": ["completed"],
            "daily": False,
        },
    ),
    Example(
        "engagement 9, message reports",
        "/1/message/report.json",
        {
            "from": "20261001",
            "to": "20261007",
            "channel": ["push", "whatsapp"],
            "status": ["completed"],
            "daily": False,
        },
        "get_message_reports",
        {
            "from": "2026-10-01",
            "to": "2026-10-07",
            "channel": ["push", "whatsapp"],
            "status": ["completed"],
            "daily": False,
        },
    ),
]

CREATE = "/1/targets/create.json"


def campaign(place: str, body: Json, **asked: Any) -> Example:
    """A campaign of the reference; `asked` are the arguments that differ from its fields."""
    return Example(place, CREATE, body, "create_campaign", {**body, **asked})


PUSH: Json = {
    "name": "Price drop – sneakers",  # noqa: RUF001 - as the reference has it
    "target_mode": "push",
    "where": query(
        ("Product Viewed", 20261001, 20261007),
        event_properties=[{"name": "Category", "operator": "equals", "value": "Sneakers"}],
    ),
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
SNEAKERS: Json = {
    "event_name": "Product Viewed",
    "from": "2026-10-01",
    "to": "2026-10-07",
    "event_properties": [{"name": "Category", "operator": "equals", "value": "Sneakers"}],
}
EMAIL: Json = {
    "name": "October digest",
    "target_mode": "email",
    "provider_nick_name": "ses-main",
    "where": {},
    "content": {"subject": "Your October", "body": "<p>Hi</p>", "sender_name": "Acme"},
    "subscription_groups": ["Newsletter"],
    "when": "20261105 09:00",
}
SMS: Json = {
    "name": "Delivery slot",
    "target_mode": "sms",
    "provider_nick_name": "twilio-in",
    "segment": 1759900001,
    "content": {"body": "Your slot opens at 6pm"},
    "when": "now",
}
WEBPUSH: Json = {
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
TEMPLATE: Json = {
    "message_type": "template",
    "template_name": "ship_v2",
    "locale": "en",
    "body": {"replacements": ["${Name}", "A-991"]},
    "buttons": [{"replacements": ["A-991"]}],
}
WHATSAPP: Json = {
    "name": "Ship note",
    "target_mode": "whatsapp",
    "provider_nick_name": "wa-in-1",
    "segment": 1759900001,
    "content": TEMPLATE,
    "when": "20261106 10:30",
}
CARDS: list[Json] = [
    {
        "title": {"text": "Welcome"},
        "message": {"text": "Start here"},
        "icon": {"content_type": "image/png", "url": "https://cdn.example.net/w.png"},
    }
]
INBOX: Json = {
    "name": "Inbox – welcome",  # noqa: RUF001 - as the reference has it
    "target_mode": "notificationinbox",
    "template_type": "message-icon",
    "orientation": "p",
    "time_to_live": 14,
    "where": {},
    "devices": ["android", "ios"],
    "when": "now",
    "content": CARDS,
}
WEBHOOK: Json = {
    "name": "Sync VIPs",
    "target_mode": "webhook",
    "webhook_endpoint_name": "crm-sync",
    "webhook_fields": ["identities", "profile-attributes"],
    "webhook_key_value": {"source": "vip"},
    "where": {},
    "content": {},
    "when": "now",
}
GOAL: Json = {
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
TERMS: Json = {
    "conversion_goal": GOAL,
    "ttl": {"ttl_type": "absolute", "value": 202610312359},
    "dnd": {
        "message_state": "delay",
        "dnd_timezone": "user",
        "dnd_info": {"1": [{"from": "22:00", "to": "07:00"}]},
    },
    "control_group": {"type": "campaign", "percentage": 10},
    "when": {
        "type": "recurring",
        "delivery_timezone": "user",
        "user_timezone_wrap_around": True,
        "campaign_cutoff": "21:00",
        "start_time": "20261105 18:30",
        "repeats_every": 1,
        "repeat_type": "week",
        "repeat_on_days_of_week": [1, 7],
        "end_by_occurrences": 4,
    },
}

CAMPAIGNS = [
    campaign("engagement 3.5.1, push", PUSH, where=SNEAKERS),
    campaign("engagement 3.5.2, email", EMAIL),
    campaign("engagement 3.5.3, sms", SMS),
    campaign("engagement 3.5.4, web push", WEBPUSH),
    campaign("engagement 3.5.5, whatsapp", WHATSAPP, content={"whatsapp": TEMPLATE}),
    campaign("engagement 3.5.6, inbox", INBOX, content={"cards": CARDS}),
    campaign("engagement 3.5.7, webhook", WEBHOOK),
    campaign(
        "engagement 3.2, 3.4 and 3.6, terms",
        {**PUSH, **TERMS},
        where=SNEAKERS,
        when=None,
        schedule=TERMS["when"],
    ),
    campaign("engagement 3.3, estimate", {**EMAIL, "estimate_only": True}),
    campaign("engagement 3.3, no estimate", {**EMAIL, "skip_estimate": True}),
    campaign("engagement 3.2, everybody", {**SMS, "segment": 1759900001, "users_limit_overall": 100}),
    Example(
        "engagement 7, campaigns",
        "/1/targets/list.json",
        {"from": 20261001, "to": 20261130},
        "get_campaigns",
        {"from": "2026-10-01", "to": "2026-11-30"},
    ),
]

SENDS = [
    Example(
        "engagement 4, named users",
        "/1/send/push.json",
        {
            "to": {"Identity": ["u-1001", "u-1002"], "objectId": ["_ab12cd"]},
            "tag_group": "otp",
            "respect_frequency_caps": False,
            "content": {
                "title": "Code 4411",
                "body": "Valid 5 min",
                "platform_specific": {"android": {"wzrk_cid": "otp"}, "ios": {"mutable-content": "true"}},
            },
        },
        "send_message",
        {
            "channel": "push",
            "to": {"identity": ["u-1001", "u-1002"], "objectId": ["_ab12cd"]},
            "tag_group": "otp",
            "respect_frequency_caps": False,
            "content": {
                "title": "Code 4411",
                "body": "Valid 5 min",
                "platform_specific": {"android": {"wzrk_cid": "otp"}, "ios": {"mutable-content": "true"}},
            },
        },
    ),
    Example(
        "engagement 5, one campaign",
        "/1/send/externaltrigger.json",
        {
            "to": {"identity": ["u-1001"]},
            "campaign_id": "1761000042",
            "ExternalTrigger": {"Name": "Mira", "items": [{"sku": "A1", "price": "12.50"}]},
        },
        "trigger_campaign",
        {
            "triggers": [
                {
                    "to": {"identity": ["u-1001"]},
                    "campaign_id": "1761000042",
                    "ExternalTrigger": {"Name": "Mira", "items": [{"sku": "A1", "price": "12.50"}]},
                }
            ]
        },
    ),
    Example(
        "engagement 5, several campaigns",
        "/2/send/externaltrigger.json",
        {
            "d": [
                {"to": {"email": ["a@example.net"]}, "campaign_id": "1761000042", "ExternalTrigger": {"pts": "100"}},
                {"to": {"email": ["b@example.net"]}, "campaign_id": "1761000043", "ExternalTrigger": {}},
            ]
        },
        "trigger_campaign",
        {
            "triggers": [
                {"to": {"email": ["a@example.net"]}, "campaign_id": "1761000042", "ExternalTrigger": {"pts": "100"}},
                {"to": {"email": ["b@example.net"]}, "campaign_id": "1761000043", "ExternalTrigger": {}},
            ]
        },
    ),
    Example(
        "engagement 15.1, bulletin",
        "/1/targets/trigger.json",
        {
            "business_event": "Episode Released",
            "name": "Ep 7",
            "properties": {"series_id": "88"},
            "c-by": "mira@example.net",
            "when": "now",
        },
        "trigger_bulletin",
        {
            "business_event": "Episode Released",
            "name": "Ep 7",
            "properties": {"series_id": "88"},
            "c-by": "mira@example.net",
            "when": "now",
        },
    ),
]

ADDRESSES = [
    Example(
        "data 9.3, subscriptions",
        "/1/subscribe",
        {
            "d": [
                {"type": "email", "value": "mira@example.org", "status": "Unsubscribe"},
                {"type": "phone", "value": "+34911222333", "status": "Resubscribe"},
            ]
        },
        "set_subscription",
        {
            "subscriptions": [
                {"type": "email", "value": "mira@example.org", "status": "Unsubscribe"},
                {"type": "phone", "value": "+34911222333", "status": "Resubscribe"},
            ]
        },
    ),
    Example(
        "data 9.4, phones",
        "/1/disassociate",
        {"d": [{"type": "phone", "value": "+34911222333"}]},
        "disassociate_phone",
        {"phones": ["+34911222333"]},
    ),
    Example(
        "data 9.2, demerge",
        "/1/demerge/profiles.json",
        {"identities": ["cust-9001", "cust-9010"]},
        "demerge_user_profiles",
        {"identities": ["cust-9001", "cust-9010"]},
    ),
    Example(
        "data 9.1, erase",
        "/1/delete/profiles.json",
        {"identity": ["cust-9001", "cust-9002"]},
        "delete_user_profile",
        {"identity": ["cust-9001", "cust-9002"]},
    ),
]

EXAMPLES = [*QUERIES, *UPLOADS, *FIGURES, *CAMPAIGNS, *SENDS, *ADDRESSES]
