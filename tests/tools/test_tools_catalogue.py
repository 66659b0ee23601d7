from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from clevertap_tools.action import CATALOGUE, Action, Arguments, Listing, Result, Toolset
from clevertap_tools.actions.proxy import Request
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, InvalidArgumentsError
from clevertap_tools.routes import effect_of

if TYPE_CHECKING:
    from tools.conftest import Perform, Site

CORE = {
    "upload-user-profiles", "upload-events", "upload-device-tokens", "get-user-profiles",
    "get-user-profiles-by-cursor", "get-events", "get-events-by-cursor", "get-profile-count", "get-event-count",
    "real-time-user-count", "get-campaigns", "get-campaign-report", "create-campaign", "stop-campaign",
    "delete-user-profile", "request",
}  # fmt: skip
TOOLSETS = {
    Toolset.CORE: CORE,
    Toolset.PEOPLE: {"get-user-profile", "demerge-user-profiles", "set-subscription", "disassociate-phone"},
    Toolset.INSIGHTS: {"get-event-trends", "get-top-property-counts", "get-message-reports", "get-schema"},
    Toolset.MESSAGING: {"send-message", "trigger-campaign", "trigger-bulletin", "get-subscription-groups"},
    Toolset.AUDIENCES: {"upload-custom-list", "create-segments", "update-segments"},
    Toolset.CONTENT: {
        "upload-catalog", "list-catalogs", "get-catalog", "create-catalog", "upsert-catalog-products",
        "update-catalog", "delete-catalog", "delete-catalog-product",
        "list-content-blocks", "get-content-block", "create-content-block", "update-content-block",
        "create-variables", "get-variables", "delete-variables",
    },
    Toolset.DATA: {
        "import-file", "export-events", "export-profiles", "list-jobs", "get-job", "cancel-job", "resume-job",
        "query-data", "get-funnel", "get-retention", "compare-periods", "get-revenue",
    },
}  # fmt: skip
SEVERAL_EFFECTS = {
    "upload-user-profiles": {Effect.UPSERT, Effect.APPEND, Effect.SEND},
    "create-campaign": {Effect.READ, Effect.SEND},
    "set-subscription": {Effect.UPSERT, Effect.SEND},
    "upload-custom-list": {Effect.UPSERT, Effect.DESTROY},
    "update-segments": {Effect.APPEND, Effect.DESTROY},
    "upload-catalog": {Effect.UPSERT, Effect.DESTROY},
    "upsert-catalog-products": {Effect.UPSERT, Effect.DESTROY},
    "import-file": {Effect.UPSERT, Effect.APPEND, Effect.DESTROY},
    "cancel-job": {Effect.READ, Effect.UPSERT},  # which of them shows when it is known which job is meant
    "request": set(Effect),
}
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 1024
LONGEST_FIRST_SENTENCE = 140
ACTIONS = pytest.mark.parametrize("action", CATALOGUE.values(), ids=CATALOGUE)

PUSH = {
    "name": "n", "target_mode": "push", "where": {}, "when": "now", "devices": ["ios"],
    "content": {"title": "t", "body": "b"},
}  # fmt: skip
RANGE = {"event_name": "App Launched", "from": "2026-01-01", "to": "2026-01-31"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {"Plan": "Gold"}}]}),
    ("upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {"Visits": {"$incr": 1}}}]}),
    ("upload-events", {"events": [{"identity": "a", "evtName": "Tasted"}]}),
    ("upload-device-tokens", {"tokens": [{"objectId": "__a", "tokenData": {"id": "t", "type": "fcm"}}]}),
    ("get-user-profiles", RANGE),
    ("get-events", RANGE),
    ("get-profile-count", RANGE),
    ("get-event-count", RANGE),
    ("real-time-user-count", {}),
    ("get-campaigns", {"from": "2026-05-01", "to": "2026-05-31"}),
    ("create-campaign", {**PUSH, "estimate_only": True}),
    ("create-campaign", PUSH),
    ("stop-campaign", {"id": 1_780_000_000}),
    ("get-campaign-report", {"id": 1_780_000_000}),
    ("get-user-profile", {"identity": "a"}),
    ("delete-user-profile", {"identity": ["a"]}),
    ("send-message", {"channel": "sms", "to": {"identity": ["a"]}, "content": {"body": "b"}}),
    ("trigger-campaign", {"triggers": [{"campaign_id": "1", "to": {"identity": ["a"]}}]}),
    ("trigger-campaign", {"triggers": [{"campaign_id": each, "to": {"identity": ["a"]}} for each in ("1", "2")]}),
    ("trigger-bulletin", {"business_event": "e", "name": "n", "properties": {}, "c-by": "a@example.org"}),
    ("get-subscription-groups", {}),
    ("set-subscription", {"subscriptions": [{"type": "email", "value": "a@b.co", "status": "Unsubscribe"}]}),
    ("set-subscription", {"subscriptions": [{"type": "email", "value": "a@b.co", "status": "Resubscribe"}]}),
    ("disassociate-phone", {"phones": ["+34911222333"]}),
    ("demerge-user-profiles", {"identities": ["a"]}),
]


def test_the_catalogue_holds_every_action_in_its_toolset() -> None:
    held = {toolset: {key for key, action in CATALOGUE.items() if action.toolset is toolset} for toolset in Toolset}
    assert held == TOOLSETS


def test_core_insights_and_looking_a_person_up_are_on_by_default() -> None:
    on = {key for key, action in CATALOGUE.items() if action.default}
    assert on == CORE | TOOLSETS[Toolset.INSIGHTS] | {"get-user-profile"}


@ACTIONS
def test_an_action_is_described_for_an_agent_within_bounds(action: Action[Any, Any]) -> None:
    first = action.description.split("\n")[0].split(". ")[0]
    assert action.title
    assert len(f"clevertap_{action.key}") <= LONGEST_NAME
    assert 0 < len(first) <= LONGEST_FIRST_SENTENCE
    assert len(action.description) <= LONGEST_DESCRIPTION
    assert not {"Raises:", "Reference:", "Returns:"} & set(action.description.split())


@ACTIONS
def test_a_neighbour_that_is_named_exists(action: Action[Any, Any]) -> None:
    words = action.description.replace(",", " ").replace(".", " ").replace(";", " ").split()
    for name in (word for word in words if word.startswith("clevertap_")):
        assert name.removeprefix("clevertap_").replace("_", "-") in CATALOGUE


@ACTIONS
def test_an_action_says_what_it_takes_gives_and_does(action: Action[Any, Any]) -> None:
    assert issubclass(action.arguments, Arguments)
    assert issubclass(action.result, Result)
    assert action.effects <= set(Effect)
    assert action.usual
    assert action.rare <= action.effects
    if issubclass(action.result, Listing):
        assert action.result.rows in action.result.model_fields


def test_an_action_with_several_effects_tells_which_by_its_arguments() -> None:
    many = {key: set(action.effects) for key, action in CATALOGUE.items() if len(action.effects) > 1}
    assert many == SEVERAL_EFFECTS


@pytest.mark.anyio
@pytest.mark.parametrize(("key", "given"), CALLS)
async def test_an_actions_own_calls_have_the_effect_that_the_table_of_paths_gives_them(
    site: Site, perform: Perform, key: str, given: dict[str, Any]
) -> None:
    action = CATALOGUE[key]
    try:
        await perform(site, key, given)
    except CleverTapError:
        assert "campaign" in key, "only campaigns that do not exist are refused"
    effect = action.effect_of(action.parse(given))
    assert effect in action.effects
    assert site.sandbox.requests
    for sent in site.sandbox.requests:
        assert effect_of(sent.method, sent.path, json.loads(sent.body) if sent.body else None) is effect


@over(
    data=st.dictionaries(
        st.sampled_from(["Plan", "MSG-dndEmail", "msg-DNDphone", "MSG-email", "category-resubscribe"]),
        st.booleans()
        | st.text(max_size=3)
        | st.dictionaries(st.sampled_from(["$incr", "$delete", "MSG-sms"]), st.just(1)),
    )
)
def test_profiles_have_the_effect_that_the_table_of_paths_gives_their_upload(data: dict[str, Any]) -> None:
    action = CATALOGUE["upload-user-profiles"]
    effect = action.effect_of(action.parse({"profiles": [{"identity": "a", "profileData": data}]}))
    sent = {"d": [{"type": "profile", "identity": "a", "profileData": data}]}
    assert effect is effect_of("POST", "/1/upload", sent)


@pytest.mark.parametrize(("key", "given"), [call for call in CALLS if call[0].startswith("upload")])
def test_a_dry_run_of_an_upload_reads_but_is_not_what_the_upload_is_for(key: str, given: dict[str, Any]) -> None:
    action = CATALOGUE[key]
    assert action.effect_of(action.parse({**given, "dry_run": True})) is Effect.READ
    assert Effect.READ not in action.effects


@pytest.mark.parametrize("value", ["true", 1, None, False])
def test_only_true_makes_an_estimate(value: object) -> None:
    action = CATALOGUE["create-campaign"]
    try:
        asked = action.parse({**PUSH, "estimate_only": value})
    except InvalidArgumentsError:
        return
    assert action.effect_of(asked) is Effect.SEND


def test_the_effect_of_a_request_is_never_judged_by_a_raw_body() -> None:
    path = "/1/targets/create.json"
    asked = Request(method="POST", path=path, raw_body='{"estimate_only": true}', content_type="application/json")
    assert asked.effect is Effect.SEND
    assert Request(method="POST", path=path, body={"estimate_only": True}).effect is Effect.READ
    assert Request(method="POST", path=path, body='{"estimate_only": true}').effect is Effect.SEND


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "Multipart/form-data; boundary=x"])
def test_a_form_is_as_good_as_unknown_since_its_fields_are_parameters(form: str) -> None:
    asked = Request(method="POST", path="/1/now.json", raw_body="_method=DELETE", content_type=form)
    assert asked.effect is Effect.DESTROY
    assert not asked.is_known
    assert Request(method="POST", path="/1/now.json", raw_body="{}", content_type="text/plain").effect is Effect.READ


def test_a_parameter_that_is_not_documented_makes_a_read_as_good_as_unknown() -> None:
    asked = CATALOGUE["request"].parse(
        {"method": "GET", "path": "/v2/catalogs/7", "query": [{"name": "_method", "value": "DELETE"}]}
    )
    assert asked.effect is Effect.DESTROY


@pytest.mark.parametrize(
    ("effect", "repeatable", "guarded"),
    [
        (Effect.READ, True, False),
        (Effect.UPSERT, True, False),
        (Effect.APPEND, False, False),
        (Effect.SEND, False, True),
        (Effect.DESTROY, False, True),
    ],
)
def test_each_effect_says_whether_it_may_be_repeated_and_must_be_allowed(
    effect: Effect, repeatable: bool, guarded: bool
) -> None:
    assert (effect.repeatable, effect.guarded) == (repeatable, guarded)


def test_a_result_without_a_failure_is_complete() -> None:
    result = Result()
    assert result.failure is None
    assert result.complete
