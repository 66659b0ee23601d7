"""The effects of CleverTap's paths, written down a second time from the reference, on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_tools.disguises import HARMLESS_HEADERS, OWN_HEADERS
from clevertap_tools.effect import Effect
from clevertap_tools.routes import ROUTES, about_people, effect_of, is_known, route_of, wants_token

READS = """
POST /1/profiles.json
GET /1/profiles.json
GET /1/profile.json
POST /1/events.json
GET /1/events.json
POST /1/counts/profiles.json
GET /1/counts/profiles.json
POST /1/counts/events.json
GET /1/counts/events.json
POST /1/now.json
POST /1/counts/top.json
GET /1/counts/top.json
POST /1/counts/trends.json
GET /1/counts/trends.json
POST /1/message/report.json
POST /1/targets/list.json
POST /1/targets/result.json
POST /1/getVars
POST /1/segments/list.json
POST /1/segments/get.json
POST /get_custom_list_segment_url
POST /get_catalog_url
GET /get_multipart_upload_catalog_url
GET /getSchema
GET /category-groups
GET /v1/contentBlock/list
GET /v1/contentBlock/info
GET /v1/email/templates/localise
GET /v1/connect
GET /v2/catalogs
GET /v2/catalogs/501
GET /v2/catalogs/signedurl
"""
UPSERTS = """
POST /1/createVars
"""
APPENDS = """
POST /api/createSegment
POST /v1/contentBlock/create
POST /v2/catalogs
POST /v2/catalogs/501/products
POST /v2/catalogs/501/products/bulk
"""
SENDS = """
POST /1/targets/trigger.json
POST /1/send/push.json
POST /1/send/email.json
POST /1/send/sms.json
POST /1/send/webpush.json
POST /1/send/whatsapp.json
POST /1/send/externaltrigger.json
POST /2/send/externaltrigger.json
"""
DESTROYS = """
POST /1/targets/stop.json
POST /1/delete/profiles.json
POST /1/demerge/profiles.json
POST /1/disassociate
POST /1/deleteVars
POST /v1/contentBlock/update
PUT /v2/catalogs/501
PUT /v2/catalogs/delete/501
PATCH /v2/catalogs/501/schema/attributes/brand/filterable
PUT /v2/catalogs/501/products/7
PUT /v2/catalogs/501/products/bulk
DELETE /v2/catalogs/501/products/7
"""
TABLE = [
    (effect, *line.split())
    for effect, lines in [
        (Effect.READ, READS),
        (Effect.UPSERT, UPSERTS),
        (Effect.APPEND, APPENDS),
        (Effect.SEND, SENDS),
        (Effect.DESTROY, DESTROYS),
    ]
    for line in lines.strip().splitlines()
]
BY_BODY = {
    "/1/upload",
    "/1/targets/create.json",
    "/1/subscribe",
    "/upload_custom_list_segment_completed",
    "/upload_catalog_completed",
    "/api/updateSegment",
}
PROFILE = {"type": "profile", "identity": "c-1", "profileData": {"Plan": "Gold"}}
TOKEN = {"type": "token", "objectId": "__f00d", "tokenData": {"id": "t", "type": "fcm"}}
EVENT = {"type": "event", "identity": "c-1", "evtName": "Tasted"}


@pytest.mark.parametrize(("effect", "method", "path"), TABLE, ids=[f"{row[1]} {row[2]}" for row in TABLE])
def test_each_documented_path_has_the_effect_that_the_reference_describes(
    effect: Effect, method: str, path: str
) -> None:
    assert effect_of(method, path, {}) is effect
    assert effect_of(method, path, None) is effect


def test_the_table_knows_no_path_that_is_not_checked_here() -> None:
    checked = {(method, path) for _, method, path in TABLE} | {("POST", path) for path in BY_BODY}
    assert set(ROUTES) - checked == {("GET", "/v1/email/templates/localise/")}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/1/upload"),
        ("DELETE", "/1/events.json"),
        ("PUT", "/1/upload"),
        ("POST", "/1/Events.json"),
        ("POST", "/1/events.json/"),
        ("POST", "/1/%65vents.json"),
        ("POST", "/1/events.json;x"),
        ("POST", "/1/unheard-of.json"),
        ("GET", "/1/unheard-of.json"),
        ("GET", "/v2/catalogs/501/"),
        ("GET", "/v2/catalogs/x"),
        ("GET", "/v2/catalogs/%2e%2e"),
        ("GET", "/v2/catalogs/\u0665"),
        ("post", "/1/events.json"),
        ("GET", "/"),
    ],
)
def test_what_the_table_does_not_know_counts_as_destructive(method: str, path: str) -> None:
    assert effect_of(method, path, {}) is Effect.DESTROY


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    path=st.from_regex(r"/[a-z0-9/.]{0,20}", fullmatch=True),
)
def test_any_other_path_counts_as_destructive(method: str, path: str) -> None:
    if (method, path) not in ROUTES:
        assert effect_of(method, path, None) is Effect.DESTROY


@pytest.mark.parametrize(
    ("records", "effect"),
    [
        ([PROFILE, TOKEN], Effect.UPSERT),
        ([EVENT], Effect.APPEND),
        ([PROFILE, EVENT], Effect.APPEND),
        ([{**PROFILE, "profileData": {"Visits": {"$incr": 1}}}], Effect.APPEND),
        ([PROFILE, {**PROFILE, "profileData": {"Credits": {"$decr": 1}}}], Effect.APPEND),
        ([{**PROFILE, "profileData": {"Teams": {"$add": ["a"]}}}], Effect.UPSERT),
        ([{**PROFILE, "type": "novelty"}], Effect.APPEND),
        ([{"identity": "c-1"}], Effect.APPEND),
        (["profile"], Effect.SEND),
        ([{**PROFILE, "profileData": '{"MSG-dndEmail": false}'}], Effect.SEND),
        ([{**PROFILE, "profileData": [{"Plan": "Gold"}]}], Effect.SEND),
        ([{"identity": "c-1", "profileData": {"MSG-dndEmail": False}}], Effect.SEND),
        ([{**EVENT, "evtData": {"MSG-dndEmail": False}}], Effect.SEND),
        ([{**TOKEN, "MSG-dndPhone": False}], Effect.SEND),
        ([{**PROFILE, "profileData": {"MSG-dndEmail": {"$set": True}}}], Effect.SEND),
        ([{**PROFILE, "profileData": {" MSG - dndSMS": False}}], Effect.SEND),
        ([{**PROFILE, "profileData": {"MSG_dndEmail": False}}], Effect.SEND),
        ([{**PROFILE, "profileData": None}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"MSG-dndEmail": True, "MSG-email": False}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"MSG-dndEmail": True, "MSG-email": True}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"MSG-whatsapp": "true"}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"MSG-push-all": {"$delete": 1}}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"category-resubscribe": {"email": ["News"]}}}], Effect.SEND),
        ([{**PROFILE, "profileData": {"category-unsubscribe": {"email": ["News"]}}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"category-unsubscribe": {"$remove": ["News"]}}}], Effect.SEND),
        ([{**PROFILE, "profileData": {"category-unsubscribe": {"$delete": 1}}}], Effect.SEND),
        ([{**PROFILE, "profileData": {"Plan": {"$delete": 1}}}], Effect.UPSERT),
        ([{**PROFILE, "profileData": {"MSG-dndEmail": False}}], Effect.SEND),
        ([EVENT, {**PROFILE, "profileData": {"msg-DNDphone": {"$delete": 1}}}], Effect.SEND),
        ({"type": "profile"}, Effect.SEND),
        (None, Effect.SEND),
    ],
)
def test_an_upload_may_be_repeated_if_every_record_may(records: Any, effect: Effect) -> None:
    assert effect_of("POST", "/1/upload", {"d": records}) is effect


@pytest.mark.parametrize("body", [None, [], "text", 1, {}])
def test_an_upload_that_is_not_read_may_lift_opt_outs(body: object) -> None:
    assert effect_of("POST", "/1/upload", body) is Effect.SEND


def test_opt_outs_are_looked_for_beside_the_list_of_records_too() -> None:
    body = {"d": [PROFILE], "defaults": [{"profileData": {"MSG-dndEmail": False}}]}
    assert effect_of("POST", "/1/upload", body) is Effect.SEND


@pytest.mark.parametrize(
    "beside",
    [
        {"skip_estimate": True},
        {"skip_estimate": 0},
        {"skip_estimate": "false"},
        {"skipEstimate": True},
        {"Skip_Estimate": True},
        {"async_estimate": True},
        {"draft": True},
        {"Estimate_Only": False},
        {"estimateOnly": None},
    ],
)
def test_an_estimate_beside_another_switch_is_taken_for_a_launch(beside: dict[str, object]) -> None:
    assert effect_of("POST", "/1/targets/create.json", {"estimate_only": True, **beside}) is Effect.SEND


@pytest.mark.parametrize("beside", [{"skip_estimate": False}, {"skip_estimate": None}, {"async_estimate": False}])
def test_an_estimate_beside_a_switch_that_is_off_reads(beside: dict[str, object]) -> None:
    assert effect_of("POST", "/1/targets/create.json", {"estimate_only": True, **beside}) is Effect.READ


@pytest.mark.parametrize("value", [False, None, 0, 1, "true", "True", [], [True], {"a": True}])
def test_a_campaign_that_is_not_exactly_an_estimate_is_sent(value: object) -> None:
    assert effect_of("POST", "/1/targets/create.json", {"estimate_only": value}) is Effect.SEND


@pytest.mark.parametrize("body", [None, [], [{"estimate_only": True}], "estimate_only", {}])
def test_a_campaign_whose_body_says_nothing_is_sent(body: object) -> None:
    assert effect_of("POST", "/1/targets/create.json", body) is Effect.SEND


def test_only_an_estimate_of_a_campaign_reads() -> None:
    assert effect_of("POST", "/1/targets/create.json", {"estimate_only": True}) is Effect.READ


@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ({"d": [{"type": "email", "value": "a@example.org", "status": "Unsubscribe"}]}, Effect.UPSERT),
        ({"d": [{"status": "Unsubscribe"}, {"status": "Resubscribe"}]}, Effect.SEND),
        ({"d": [{"status": "unsubscribe"}]}, Effect.SEND),
        ({"d": [{"status": "Unsubscribe", "Status": "Resubscribe"}]}, Effect.SEND),
        ({"d": [{"status": "Unsubscribe"}], "D": [{"status": "Resubscribe"}]}, Effect.SEND),
        ({"d": [{"status": ["Unsubscribe"]}]}, Effect.SEND),
        ({"d": [{"status": {}}]}, Effect.SEND),
        ({"d": [{}]}, Effect.SEND),
        ({"d": ["Unsubscribe"]}, Effect.SEND),
        ({"d": []}, Effect.SEND),
        ({"d": {"status": "Unsubscribe"}}, Effect.SEND),
        ({}, Effect.SEND),
        (None, Effect.SEND),
    ],
)
def test_only_pure_unsubscribing_is_harmless(body: object, effect: Effect) -> None:
    assert effect_of("POST", "/1/subscribe", body) is effect


@pytest.mark.parametrize("path", ["/upload_custom_list_segment_completed", "/upload_catalog_completed"])
@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ({"name": "VIP"}, Effect.APPEND),
        ({"replace": False}, Effect.APPEND),
        ({"replace": True}, Effect.DESTROY),
        ({"replace": "false"}, Effect.DESTROY),
        ({"replace": 1}, Effect.DESTROY),
        ({"replace": 0}, Effect.DESTROY),
        ({"Replace": True}, Effect.DESTROY),
        ({"replace": False, "REPLACE": True}, Effect.DESTROY),
        ({"override": True}, Effect.DESTROY),
        (None, Effect.DESTROY),
        ([], Effect.DESTROY),
    ],
)
def test_a_list_or_catalog_that_replaces_another_takes_it_away(path: str, body: object, effect: Effect) -> None:
    assert effect_of("POST", path, body) is effect


ADD, REMOVE = {"ct_segment_id": "1", "action": "ADD"}, {"ct_segment_id": "1", "action": "REMOVE"}


@pytest.mark.parametrize(
    ("groups", "effect"),
    [
        ([{"user_profiles": [{"identity": "c-1"}], "segments": [ADD]}], Effect.APPEND),
        ([{"segments": [ADD]}, {"segments": [ADD, REMOVE]}], Effect.DESTROY),
        ([{"segments": [{"action": "add"}]}], Effect.DESTROY),
        ([{"segments": [{**ADD, "Action": "REMOVE"}]}], Effect.DESTROY),
        ([{"segments": ["ADD"]}], Effect.DESTROY),
        ([{"segments": ADD}], Effect.DESTROY),
        ([{}], Effect.DESTROY),
        (["ADD"], Effect.DESTROY),
        ({"segments": [ADD]}, Effect.DESTROY),
        (None, Effect.DESTROY),
    ],
)
def test_who_only_joins_segments_is_appended(groups: object, effect: Effect) -> None:
    assert effect_of("POST", "/api/updateSegment", {"bulk_profiles": groups}) is effect


@pytest.mark.parametrize("body", [None, [], "text", {}])
def test_a_change_of_segments_that_is_not_read_may_take_people_out(body: object) -> None:
    assert effect_of("POST", "/api/updateSegment", body) is Effect.DESTROY


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/1/events.json", ["batch_size", "app", "events", "profile"]),
        ("GET", "/1/events.json", ["cursor"]),
        ("GET", "/1/profile.json", ["identity"]),
        ("GET", "/1/counts/top.json", ["req_id"]),
        ("GET", "/getSchema", ["type"]),
        ("GET", "/v2/catalogs", ["status", "page"]),
        ("GET", "/v2/catalogs/signedurl", ["catalogId", "fileName", "contentType", "multiPart", "totalParts"]),
        ("GET", "/v1/connect", ["partner"]),
    ],
)
def test_documented_parameters_leave_a_read_a_read(method: str, path: str, query: list[str]) -> None:
    assert effect_of(method, path, {}, query) is Effect.READ
    assert is_known(method, path, query)


@given(
    row=st.sampled_from(sorted(ROUTES)),
    name=st.sampled_from(["_method", "estimate_only", "replace", "deletedBy", "Cursor", "dryrun", "x", ""]),
)
def test_any_other_parameter_makes_a_request_as_good_as_unknown(row: tuple[str, str], name: str) -> None:
    method, path = row
    assert effect_of(method, path, {"estimate_only": True}, [name]) is Effect.DESTROY
    assert not is_known(method, path, [name])


@given(
    row=st.sampled_from(sorted(ROUTES)),
    name=st.sampled_from(["X-Http-Verb", "X-Original-Method", "X-Forwarded-Uri", "X-Note", "Accept2", "Cookie", ""]),
)
def test_a_header_that_is_not_known_makes_a_request_as_good_as_unknown(row: tuple[str, str], name: str) -> None:
    method, path = row
    assert effect_of(method, path, {"estimate_only": True}, (), ["Accept", name]) is Effect.DESTROY
    assert not is_known(method, path, (), ["Accept", name])


@pytest.mark.parametrize("name", [*sorted(HARMLESS_HEADERS), "Accept", "User_Agent", "X-Request-ID"])
def test_a_header_that_says_nothing_of_what_is_done_leaves_a_read_a_read(name: str) -> None:
    assert effect_of("POST", "/1/now.json", {}, (), [name]) is Effect.READ
    assert is_known("POST", "/1/now.json", (), [name])


def test_no_header_is_both_harmless_and_ours() -> None:
    assert HARMLESS_HEADERS.isdisjoint(OWN_HEADERS)


def test_a_dry_run_asked_for_in_the_query_makes_no_upload_harmless() -> None:
    assert effect_of("POST", "/1/upload", {"d": [EVENT]}, ["dryRun"]) is Effect.APPEND
    assert effect_of("POST", "/1/upload", None, ["dryRun"]) is Effect.SEND


@pytest.mark.parametrize(
    ("method", "path", "row"),
    [
        ("POST", "/1/upload", "/1/upload"),
        ("PUT", "/v2/catalogs/501/products/bulk", "/v2/catalogs/{id}/products/bulk"),
        ("PUT", "/v2/catalogs/501/products/sku-7", "/v2/catalogs/{id}/products/{product}"),
        ("PUT", "/v2/catalogs/{catalogId}/products/bulk", "/v2/catalogs/{id}/products/bulk"),
        ("DELETE", "/v2/catalogs/{catalogId}/products/{productId}", "/v2/catalogs/{id}/products/{product}"),
        ("DELETE", "/1/upload", None),
        ("GET", "/unheard-of", None),
    ],
)
def test_an_endpoint_is_found_by_a_path_and_by_names_that_stand_for_its_parts(
    method: str, path: str, row: str | None
) -> None:
    found = route_of(method, path)
    assert (found and found.path) == row


@pytest.mark.parametrize(
    "path",
    [
        "/1/targets/list.json",
        "/1/targets/result.json",
        "/1/message/report.json",
        "/1/now.json",
        "/1/counts/trends.json",
        "/1/segments/list.json",
        "/getSchema",
        "/category-groups",
        "/v1/connect",
        "/v1/contentBlock/info",
        "/v1/email/templates/localise/",
        "/v2/catalogs",
        "/v2/catalogs/501",
        "/v2/catalogs/501/products/bulk",
        "/get_catalog_url",
    ],
)
def test_paths_of_campaigns_and_catalogues_tell_of_things(path: str) -> None:
    assert not about_people(path)


@pytest.mark.parametrize(
    "path",
    [
        "/1/profile.json",
        "/1/profiles.json",
        "/1/events.json",
        "/1/upload",
        "/1/subscribe",
        "/1/getVars",
        "/1/counts/top.json",
        "/1/delete/profiles.json",
        "/api/updateSegment",
        "/1/send/push.json",
        "/v2/catalogs/x",
        "/unheard-of",
        "/1/targets/list.json/",
    ],
)
def test_every_other_path_may_tell_of_people(path: str) -> None:
    assert about_people(path)


@given(
    path=st.sampled_from(sorted(path for _, path in ROUTES)),
    body=st.recursive(
        st.none() | st.booleans() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["d", "type", "status", "replace", "profileData", "estimate_only"]), inner
            )
        ),
        max_leaves=6,
    ),
)
def test_any_body_has_an_effect(path: str, body: object) -> None:
    assert effect_of("POST", path, body) in Effect


@pytest.mark.parametrize(
    "path", ["/2/send/externaltrigger.json", "/v2/catalogs", "/v2/catalogs/501", "/v2/catalogs/signedurl"]
)
def test_the_token_is_for_the_paths_that_ask_for_it(path: str) -> None:
    assert wants_token(path)


@pytest.mark.parametrize(
    "path", ["/1/send/externaltrigger.json", "/1/upload", "/v1/contentBlock/list", "/v2/catalogsx", "/getSchema"]
)
def test_no_other_path_gets_the_token(path: str) -> None:
    assert not wants_token(path)
