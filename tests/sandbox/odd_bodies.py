"""A body that each endpoint takes, and what can be put in the place of anything in it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_780_000_000
URL = "http://127.0.0.1/_storage/x?X-Amz-Expires=1"
FILTER = {"name": "Plan", "operator": "equals", "value": ["Gold"]}
GROUPS = {"a": {"property_type": "event_properties", "name": "Amount", "top_n": 3, "order": "asc"}}
DAYS = {"from": 20260501, "to": 20260531}
QUERY: dict[str, Any] = {"event_name": "Charged", **DAYS, "event_properties": [FILTER]}
PEOPLE = {
    **QUERY,
    "common_profile_properties": {
        "profile_fields": [FILTER],
        "demographics": {"age": {"operator": "between", "value": [18, 30]}, "gender": ["M"]},
    },
    "advanced_query": {"did_all": [{**QUERY, "operator": "equals", "value": 1}], "did_not_do": [QUERY]},
}
RECORDS = [
    {
        "type": "profile",
        "identity": "u-1",
        "ts": NOW,
        "profileData": {
            "Email": "a@example.org",
            "Phone": "+34911222333",
            "Age": 30,
            "MSG-dndemail": True,
            "Score": {"$incr": 5},
            "Tags": {"$add": ["new"]},
            "DOB": "$D_631152000",
            "category-unsubscribe": {"email": ["News"]},
        },
    },
    {
        "type": "event",
        "identity": "u-1",
        "evtName": "Charged",
        "ts": NOW,
        "evtData": {"Amount": 5, "Items": [{"a": 1}]},
    },
    {"type": "profile", "objectId": "__d1", "profileData": {"identity": "u-1"}},
    {"type": "token", "objectId": "__d1", "tokenData": {"type": "fcm", "id": "t"}},
]
CAMPAIGN: dict[str, Any] = {
    "name": "x",
    "where": PEOPLE,
    "when": "now",
    "respect_frequency_caps": False,
    "conversion_goal": {"event_name": "Charged", "filter_type": {}, "conversion_time": "1D"},
    "control_group": {"type": "campaign", "percentage": 5},
    "labels": ["a"],
    "users_limit_overall": 100,
    "ttl": {"ttl_type": "relative", "value": 5},
    "dnd": {"message_state": "delay", "dnd_timezone": "user"},
}
PUSH = {"title": "t", "body": "b", "platform_specific": {"android": {"wzrk_cid": "c"}}}
EMAIL = {"subject": "s", "body": "b", "sender_name": "n"}
WHATSAPP = {"message_type": "template", "template_name": "t", "locale": "en"}
RECURRING = {
    "type": "recurring",
    "start_time": "20270101 10:00",
    "end_by_occurrences": 3,
    "end_by_date": "20270301",
    "repeats_every": 1,
    "repeat_type": "week",
    "repeat_on_days_of_week": [1, 2],
    "campaign_cutoff": "10:00",
    "delivery_timezone": "user",
}
TO = {"Identity": ["u-1"], "objectId": ["__d1"], "Email": ["a@example.org"]}
TRIGGER = {"to": {"identity": ["u-1"]}, "campaign_id": "1", "ExternalTrigger": {"a": "b"}}
MESSAGE = {"to": TO, "tag_group": "otp", "respect_frequency_caps": False}
ADDRESS = {"type": "email", "value": "a@example.org", "status": "Unsubscribe"}
PHONE = {"type": "phone", "value": "+34911222333"}
SEGMENT = {"segment_name": "Gold", "customer_segment_id": "S"}
MOVE = {"customer_segment_id": "S", "action": "ADD"}
UPLOADED = {"name": "n", "email": "e", "creator": "c", "filename": "f", "replace": True}
ATTRIBUTE = {"name": "price", "type": "number"}
CATALOG = {
    "catalogName": "c",
    "catalogSchema": [ATTRIBUTE],
    "fieldMappings": {"identity": "sku"},
    "description": "d",
    "createdBy": "a",
    "updatedBy": "a",
    "status": "ACTIVE",
    "recurringSyncConfig": {"url": "u"},
}
PRODUCT = {"identity": "p", "name": "n", "imageUrl": "u", "attributes": {"price": 5}}
BLOCK = {"name": "b", "type": "Text", "content": "c", "createdBy": "a", "updatedBy": "a", "id": 172_594_000_000_001}
BODIES: list[tuple[str, str, Any]] = [
    ("POST", "/1/upload", {"d": RECORDS}),
    ("POST", "/1/profiles.json", PEOPLE),
    ("POST", "/1/events.json", QUERY),
    ("POST", "/1/counts/profiles.json", PEOPLE),
    ("POST", "/1/counts/events.json", QUERY),
    ("POST", "/1/counts/top.json", {**QUERY, "groups": GROUPS}),
    (
        "POST",
        "/1/counts/trends.json",
        {**QUERY, "unique": False, "sum_event_prop": "Amount", "groups": {"a": {"trend_type": "daily"}}},
    ),
    ("POST", "/1/now.json", {"user_type": True, "new": True}),
    (
        "POST",
        "/1/message/report.json",
        {"from": "20260501", "to": "20260531", "channel": ["push"], "label": ["a"], "daily": True},
    ),
    ("POST", "/1/delete/profiles.json", {"identity": ["u-1"]}),
    ("POST", "/1/targets/create.json", {**CAMPAIGN, "target_mode": "push", "content": PUSH, "devices": ["android"]}),
    ("POST", "/1/targets/create.json", {**CAMPAIGN, "segment": "all", "target_mode": "webpush", "content": PUSH}),
    (
        "POST",
        "/1/targets/create.json",
        {**CAMPAIGN, "target_mode": "email", "content": EMAIL, "subscription_groups": ["News"], "when": RECURRING},
    ),
    (
        "POST",
        "/1/targets/create.json",
        {
            **CAMPAIGN,
            "target_mode": "notificationinbox",
            "content": [{}],
            "when": {"type": "later", "delivery_date_time": ["20270101 10:00"]},
            "template_type": "simple",
        },
    ),
    (
        "POST",
        "/1/targets/create.json",
        {**CAMPAIGN, "target_mode": "whatsapp", "content": WHATSAPP, "provider_nick_name": "p"},
    ),
    ("POST", "/1/targets/list.json", DAYS),
    ("POST", "/1/targets/stop.json", {"id": NOW}),
    ("POST", "/1/targets/result.json", {"id": NOW}),
    ("POST", "/1/send/push.json", {**MESSAGE, "content": PUSH, "campaign_id": 1}),
    ("POST", "/1/send/email.json", {**MESSAGE, "content": EMAIL}),
    ("POST", "/1/send/sms.json", {**MESSAGE, "content": {"body": "b"}}),
    ("POST", "/1/send/webpush.json", {**MESSAGE, "content": PUSH}),
    (
        "POST",
        "/1/send/whatsapp.json",
        {**MESSAGE, "content": WHATSAPP, "provider_nick_name": "p", "message_id": "m"},
    ),
    ("POST", "/1/send/externaltrigger.json", TRIGGER),
    ("POST", "/2/send/externaltrigger.json", {"d": [TRIGGER]}),
    (
        "POST",
        "/1/targets/trigger.json",
        {"business_event": "b", "name": "n", "c-by": "c", "properties": {"a": "b"}, "when": "now"},
    ),
    ("POST", "/1/subscribe", {"d": [ADDRESS]}),
    ("POST", "/1/disassociate", {"d": [PHONE]}),
    ("POST", "/1/demerge/profiles.json", {"identities": ["u-1"]}),
    ("POST", "/1/update/templateIds.json", [{"campaign_id": 1, "template_id": "t"}]),
    ("POST", "/upload_custom_list_segment_completed", {**UPLOADED, "url": URL}),
    ("POST", "/upload_catalog_completed", {**UPLOADED, "url": URL, "override": False}),
    (
        "POST",
        "/upload_catalog_completed",
        {**UPLOADED, "uploadId": "x", "eTags": [{"partNumber": 1, "eTag": "e"}], "isLocationCatalog": True},
    ),
    ("POST", "/api/createSegment", [SEGMENT]),
    (
        "POST",
        "/api/updateSegment",
        {"bulk_profiles": [{"user_profiles": [{"identity": "u-1"}, {"guid": "__d1"}], "segments": [MOVE]}]},
    ),
    (
        "POST",
        "/api/updateSegment",
        {"bulk_profiles": [{"user_profiles": [{"identity": "u-1"}], "segments": [{"ct_segment_id": NOW}]}]},
    ),
    ("POST", "/1/segments/list.json", {"page": 1, "limit": 10}),
    ("POST", "/1/segments/get.json", {"segment_id": NOW}),
    ("POST", "/1/createVars", {"variableDefinitions": {"v": {"type": "number", "defaultValue": 1}}}),
    ("POST", "/1/getVars", {"identity": "u-1", "includeDefaults": True}),
    ("POST", "/1/deleteVars", {"variableNames": ["v"], "deleteAllVars": False}),
    ("POST", "/v1/contentBlock/create", BLOCK),
    ("POST", "/v1/contentBlock/update", BLOCK),
    ("POST", "/v2/catalogs", CATALOG),
    ("PUT", "/v2/catalogs/{id}", CATALOG),
    ("POST", "/v2/catalogs/{id}/products", PRODUCT),
    ("POST", "/v2/catalogs/{id}/products/bulk", {"products": [PRODUCT]}),
    ("PUT", "/v2/catalogs/{id}/products/bulk", {"products": [PRODUCT]}),
    ("PUT", "/v2/catalogs/{id}/products/{product}", PRODUCT),
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, 2**63, -(2**64), 10**400),
    *("", " ", "x", "\0", "٣", "9" * 5000, "$D_999999999999999999", "20260101 10:00", "{{x}}", "prompt"),
    *([], [[]], [1], ["x"], [None], [{}], [2**63], {}, {"x": 1}, {"x": []}, {"": None}, {"$incr": 1e308}),
]
odd_values = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
Spot = tuple[str | int, ...]


def spots(body: Any, here: Spot = ()) -> Iterator[Spot]:
    """Every place in a body, the whole of it first."""
    yield here
    for key, value in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        yield from spots(value, (*here, key))


def put(body: Any, spot: Spot, value: Any) -> Any:
    """The body with another value in one place; left as it is where an earlier change has taken the place away."""
    if not spot:
        return value
    changed = copy.deepcopy(body)
    holder = changed
    for key in spot[:-1]:
        holder = _inside(holder, key)
    if _inside(holder, spot[-1]) is not None:
        holder[spot[-1]] = value
    return changed


def _inside(holder: Any, key: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(str(key))
    return holder[key] if isinstance(holder, list) and isinstance(key, int) and key < len(holder) else None


@st.composite
def odd_requests(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A request with up to three odd values in it."""
    method, path, body = draw(st.sampled_from(BODIES))
    for spot in draw(st.lists(st.sampled_from(list(spots(body))), min_size=1, max_size=3)):
        body = put(body, spot, draw(odd_values))
    return method, path, body
