"""What previews say of real calls, and that asking for one changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE, Arguments, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, ServiceError
from clevertap_tools.estimate import read_estimate
from clevertap_tools.moments import ProjectTime
from clevertap_tools.routes import effect_of
from clevertap_tools.words.campaign import campaign_details

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
LIST = "/1/targets/list.json"
LONGEST_LINE = 420
MOST_DETAILS = 14
EVERY_DAY = {"type": "recurring", "start_time": "20260620 09:00", "repeats_every": 1, "repeat_type": "day"}
MAIL = {
    "name": "Digest", "target_mode": "email", "where": {}, "when": "now",
    "content": {"subject": "Your month", "body": "<p>Hi</p>", "sender_name": "Acme"},
}  # fmt: skip
PUSH = {
    "name": "Win-back", "target_mode": "push", "where": {}, "devices": ["android", "ios"], "when": "now",
    "wzrk_cid": "offers", "content": {"title": "Hi", "body": "Back soon?"},
}  # fmt: skip
ESTIMATE_OF_MAIL = {**MAIL, "estimate_only": True}
LIFTING = {"identity": "c-1", "profileData": {"MSG-dndEmail": False}}
OPTING_IN = {"identity": "c-2", "profileData": {"category-resubscribe": {"email": ["News"]}}}
PLAIN = {"identity": "c-3", "profileData": {"Plan": "Gold"}}

TO = {"identity": [f"c-{number}" for number in range(150)], "email": ["a@example.org"]}


def raw(path: str, body: object, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body, **more}


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create-campaign", MAIL),
    ("create-campaign", {**MAIL, "skip_estimate": True, "draft": True}),
    ("create-campaign", ESTIMATE_OF_MAIL),
    ("create-campaign", PUSH),
    ("stop-campaign", {"id": 123}),
    ("delete-user-profile", {"identity": ["c-1"]}),
    ("delete-user-profile", {"guid": [f"__{number}" for number in range(150)]}),
    ("upload-user-profiles", {"profiles": [LIFTING, OPTING_IN, PLAIN]}),
    ("send-message", {"channel": "email", "to": TO, "content": MAIL["content"], "tag_group": "x\ny" * 300}),
    ("trigger-campaign", {"triggers": [{"campaign_id": str(number), "to": TO} for number in range(1, 6)]}),
    ("trigger-campaign", {"triggers": [{"campaign_id": "1", "to": TO, "ExternalTrigger": {"a": "x\u2028y" * 300}}]}),
    ("trigger-bulletin", {"business_event": "a\nb", "name": "n" * 900, "properties": {"a": "b\n"}, "c-by": "a@b.co"}),
    ("set-subscription", {"subscriptions": [{"type": "phone", "value": "+34911222333", "status": "Resubscribe"}]}),
    ("disassociate-phone", {"phones": [f"+3491122{number:04}" for number in range(150)]}),
    ("demerge-user-profiles", {"identities": [f"c-{number}" for number in range(150)]}),
    ("request", raw(CREATE, MAIL)),
    ("request", raw(CREATE, {**MAIL, "skip_estimate": True, "async_estimate": True, "draft": True})),
    ("request", raw(CREATE, MAIL, query=[{"name": "estimate_only", "value": "false"}])),
    ("request", raw("/1/targets/trigger.json", {"business_event": "a\nb\u2028c", "padding": "x\r\n" * 500})),
    ("request", raw("/1/delete/profiles.json", {"identity": ["c-1", "c-2"]})),
    ("request", {"method": "POST", "path": CREATE, "raw_body": json.dumps(MAIL), "content_type": "text/plain"}),
    ("request", {"method": "DELETE", "path": "/v9/{id}", "path_params": {"id": "a\u00e9" * 300}}),
    ("request", {"method": "PUT", "path": "/v2/catalogs/7", "headers": {"X-Note": "n" * 900}, "body": {"a": 1}}),
]


async def preview(site: Site, key: str, given: dict[str, Any], told: dict[str, Any] | None = None) -> Preview:
    made = CATALOGUE[key].preview
    assert made
    async with site.client() as client:
        asked = CATALOGUE[key].parse(given)
        return await made(client.for_call(None), asked, asked if told is None else CATALOGUE[key].parse(told))


@pytest.mark.parametrize(("key", "given"), CALLS)
async def test_a_preview_only_reads(shop: Site, key: str, given: dict[str, Any]) -> None:
    await preview(shop, key, given)
    for sent in shop.sandbox.requests:
        assert effect_of(sent.method, sent.path, json.loads(sent.body)) is Effect.READ


@pytest.mark.parametrize(("key", "given"), CALLS)
async def test_each_thing_that_a_preview_says_is_one_short_line(shop: Site, key: str, given: dict[str, Any]) -> None:
    said = await preview(shop, key, given)
    assert said.deed
    assert len(said.details) <= MOST_DETAILS
    for line in (said.deed, *said.details):
        assert line.isprintable()
        assert 0 < len(line) <= LONGEST_LINE


def test_every_action_that_may_send_or_destroy_has_a_preview() -> None:
    guarded = {key for key, each in CATALOGUE.items() if any(effect.guarded for effect in each.effects)}
    assert guarded
    assert {key for key, each in CATALOGUE.items() if each.preview} == guarded


@pytest.mark.parametrize("effect", [Effect.SEND, Effect.DESTROY])
def test_an_action_that_may_send_or_destroy_cannot_be_made_without_a_preview(effect: Effect) -> None:
    async def launch_missiles(client: Client, asked: Arguments) -> Result:
        """Launch."""
        raise AssertionError

    with pytest.raises(TypeError, match="launch-missiles may send or destroy, so it needs a preview"):
        action(title="Launch", effect=effect, toolset=Toolset.CORE, calls=())(launch_missiles)
    assert "launch-missiles" not in CATALOGUE


def test_only_what_messages_people_is_taken_for_a_mistake_when_it_comes_twice() -> None:
    once = {key for key, each in CATALOGUE.items() if each.once}
    assert once == {"create-campaign", "send-message", "trigger-campaign", "trigger-bulletin"}


@pytest.mark.parametrize("switches", [{}, {"skip_estimate": True}, {"draft": True}])
async def test_the_reach_of_a_campaign_is_what_its_estimate_answers(
    shop: Site, perform: Perform, switches: dict[str, Any]
) -> None:
    for campaign in (MAIL, PUSH, {**MAIL, "where": None, "segment": 3}):
        estimate = await perform(shop, "create-campaign", {**campaign, "estimate_only": True})
        shop.forget()
        said = await preview(shop, "create-campaign", {**campaign, **switches})
        asked = {key: value for key, value in campaign.items() if value is not None}
        assert said.reach == estimate.reach
        assert shop.bodies(CREATE) == [{**asked, "estimate_only": True}]
        assert any(line.startswith(f"Estimated reach: {said.reach:,}") for line in said.details)


async def test_a_raw_campaign_has_the_same_reach_as_a_typed_one(shop: Site) -> None:
    typed = await preview(shop, "create-campaign", MAIL)
    for switches in ({}, {"skip_estimate": True}, {"Skip_Estimate": True, "async_estimate": True, "draft": True}):
        assert (await preview(shop, "request", raw(CREATE, {**MAIL, **switches}))).reach == typed.reach


async def test_a_raw_campaign_whose_parameters_or_text_are_not_understood_has_no_known_reach(shop: Site) -> None:
    strange = raw(CREATE, MAIL, query=[{"name": "where", "value": "all"}])
    unread = {"method": "POST", "path": CREATE, "raw_body": json.dumps(MAIL), "content_type": "application/json"}
    for given in (strange, unread, raw(CREATE, [MAIL])):
        assert (await preview(shop, "request", given)).reach is None
    assert not shop.sandbox.requests


@pytest.mark.parametrize("estimates", [{}, None, {"android": 8120}, {"android": 8120, "ios": "many"}, 5])
def test_a_reach_that_may_leave_somebody_out_is_not_known(estimates: object) -> None:
    assert read_estimate({"estimates": estimates}, ["android", "ios"]).reach is None


def test_a_reach_that_is_not_known_is_said_not_to_be() -> None:
    asked = CATALOGUE["create-campaign"].parse(PUSH)
    said = campaign_details(asked, None, ProjectTime(None, 0))
    assert "Estimated reach: CleverTap gave no estimate that can be read" in said


async def test_a_campaign_that_clevertap_would_refuse_has_no_preview(shop: Site) -> None:
    unheard = {**MAIL, "where": {"event_name": "Never heard of", "from": "-7d", "to": "today"}}
    with pytest.raises(InvalidRequestError):
        await preview(shop, "create-campaign", unheard)
    with pytest.raises(InvalidRequestError) as caught:
        await preview(shop, "create-campaign", {**PUSH, "wzrk_cid": None})
    assert caught.value.field == "wzrk_cid"


async def test_a_campaign_that_cannot_be_estimated_now_has_no_preview(site: Site) -> None:
    site.breaks(Kind.STATUS, CREATE, status=500, times=None)
    with pytest.raises(ServiceError):
        await preview(site, "create-campaign", MAIL)
    with pytest.raises(ServiceError):
        await preview(site, "request", raw(CREATE, MAIL))


async def test_a_day_that_means_nothing_is_refused_before_anything_is_asked(make_site: MakeSite) -> None:
    site = make_site()
    given = {**MAIL, "where": {"event_name": "Charged", "from": "-7d", "to": "today"}}
    made = CATALOGUE["create-campaign"].preview
    assert made
    asked = CATALOGUE["create-campaign"].parse(given)
    async with site.client(site.account(zone=None)) as client:
        with pytest.raises(InvalidArgumentsError, match="relative day"):
            await made(client, asked, asked)
    assert not site.sandbox.requests


async def test_erasing_names_the_first_ten_and_counts_the_rest(site: Site) -> None:
    three = await preview(site, "delete-user-profile", {"identity": ["a", "b", "c"]})
    assert three.deed == "Erase 3 people for good."
    assert three.details == ('Who: identity "a"; identity "b"; identity "c"',)
    assert three.reach == 3
    many = await preview(site, "delete-user-profile", {"guid": [f"__{number}" for number in range(100)]})
    assert many.deed == "Erase 100 people for good."
    assert many.details[0].startswith('Who: guid "__0"; guid "__1";')
    assert many.details[0].endswith('guid "__9"; and 90 more')
    assert many.reach == 100
    assert (await preview(site, "delete-user-profile", {"identity": ["a"]})).deed == "Erase 1 person for good."


async def test_stopping_says_what_stops_and_what_stays(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-campaign", {**MAIL, "when": "2026-06-20 09:00"})
    said = await preview(site, "stop-campaign", {"id": made.id})
    assert (
        said.deed == f'Stop campaign {made.id} "Digest" (pending, 2026-06-20 09:00) for good; what was sent stays sent.'
    )
    assert (said.details, said.reach) == ((), None)


@pytest.mark.parametrize("fault", [None, Kind.FAIL, Kind.STATUS], ids=str)
async def test_a_campaign_that_is_not_found_can_be_stopped_by_its_id(site: Site, fault: Kind | None) -> None:
    if fault:
        site.breaks(fault, LIST, times=None, **({"status": 500} if fault is Kind.STATUS else {}))
    said = await preview(site, "stop-campaign", {"id": 123})
    assert said.deed == "Stop campaign 123 for good; what was sent stays sent."
    assert site.bodies(LIST)[0] == {"from": 20260527, "to": 20260626}


@pytest.mark.parametrize(
    ("key", "given", "again"),
    [
        ("create-campaign", {**MAIL, "when": None, "schedule": EVERY_DAY}, True),
        ("create-campaign", {**MAIL, "when": None, "schedule": {"type": "now"}}, False),
        ("create-campaign", MAIL, False),
        ("request", raw(CREATE, MAIL), False),
        ("request", raw(CREATE, {**MAIL, "when": {"type": "later", "delivery_date_time": ["20260620 09:00"]}}), False),
        ("request", raw(CREATE, {**MAIL, "when": EVERY_DAY}), True),
        ("request", raw(CREATE, {**MAIL, "when": {"type": "now", "Type": "recurring"}}), True),
        ("request", raw(CREATE, {**MAIL, "When": {"repeats_every": 1}}), True),
        ("stop-campaign", {"id": 1}, False),
    ],
)
async def test_a_preview_says_whether_it_comes_again(shop: Site, key: str, given: dict[str, Any], again: bool) -> None:
    assert (await preview(shop, key, given)).comes_again is again


async def test_people_stand_in_words_only_as_the_caller_wrote_them(shop: Site) -> None:
    clear, written = "c-1@example.org", "person_7k2m"
    filters = [{"kind": "profile_fields", "name": "Email", "value": clear}]
    send = {"to": {"Email": [clear]}, "content": {"body": f"Hi {clear}"}}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create-campaign", {**MAIL, "where": {"profile_filters": filters}}),
        ("delete-user-profile", {"identity": [clear]}),
        ("upload-user-profiles", {"profiles": [{**LIFTING, "identity": clear}]}),
        ("request", raw("/1/send/email.json", send)),
        ("request", raw("/1/x/{id}", send, path_params={"id": "c-1"}, query=[{"name": "email", "value": clear}])),
    ]
    for key, named in calls:
        told = json.loads(json.dumps(named).replace(clear, written).replace('"c-1"', f'"{written}"'))
        said = await preview(shop, key, named, told)
        words = " ".join([said.deed, *said.details])
        assert "c-1" not in words
        assert written in words
    asked = shop.bodies(CREATE)[0]["where"]["common_profile_properties"]["profile_fields"]
    assert asked == [{"name": "Email", "value": clear}]


async def test_lifting_the_opt_out_of_an_address_reaches_nobody_knows_how_many(site: Site) -> None:
    said = await preview(site, "upload-user-profiles", {"profiles": [LIFTING, OPTING_IN, PLAIN]})
    assert said.deed == "Lift the opt-out of 2 people, with every profile on the same address or number."
    assert said.details == (
        'Who: identity "c-1"; identity "c-2"',
        'By: "MSG-dndEmail" (1); "category-resubscribe" (1)',
        "Profiles of this upload in all: 3",
    )
    assert said.reach is None


async def test_lifting_the_opt_out_of_single_profiles_reaches_these(site: Site) -> None:
    said = await preview(site, "upload-user-profiles", {"profiles": [OPTING_IN, PLAIN]})
    assert (said.deed, said.reach) == ("Lift the opt-out of 1 person.", 1)


@pytest.mark.parametrize(
    ("path", "body", "reach"),
    [
        ("/1/delete/profiles.json", {"identity": ["a", "b"]}, 2),
        ("/1/delete/profiles.json", {"guid": "__a"}, 1),
        ("/1/delete/profiles.json", {"identity": 17}, 1),
        ("/1/delete/profiles.json", {"identity": []}, None),
        ("/1/delete/profiles.json", {"identity": ["a"], "guid": ["b"]}, None),
        ("/1/delete/profiles.json", {"identity": [["a", "b"]]}, None),
        ("/1/delete/profiles.json", {"identity": {"all": True}}, None),
        ("/1/delete/profiles.json", ["a"], None),
        ("/1/demerge/profiles.json", {"identities": ["a", "b", "c"]}, 3),
        ("/1/demerge/profiles.json", {"identity": ["a"]}, None),
        ("/1/disassociate", {"d": [{"type": "phone", "value": "+1"}]}, 1),
        ("/1/disassociate", {"d": ["+1"]}, None),
        ("/1/disassociate", {"d": [{"type": "phone", "value": ["+1", "+2"]}]}, None),
        ("/1/disassociate", {"d": [{"type": 'phone "+2"; phone', "value": "+1"}]}, None),
        ("/1/disassociate", {"d": [{"type": "phone", "value": "+1"}], "D": []}, None),
        ("/1/disassociate", {}, None),
        ("/1/send/push.json", {"to": {"Identity": ["a", "b"], "Email": ["c"]}}, 3),
        ("/1/send/email.json", {"to": {"Email": ["a@example.org"]}}, 1),
        ("/1/send/sms.json", {"to": {"identity": ["a"]}}, None),
        ("/1/send/sms.json", {"to": {"Identity": ["a"], "segment": ["all"]}}, None),
        ("/1/send/webpush.json", {"to": {"Identity": ["a"]}, "where": {}}, None),
        ("/1/send/webpush.json", {"to": {"Identity": ["a"]}, "Where": {}}, None),
        ("/1/send/webpush.json", {"to": {"Identity": ["a"]}, "SEGMENT": "all"}, None),
        ("/1/send/webpush.json", {"to": {"Identity": ["a"]}, "T_o": {"Identity": ["b"]}}, None),
        ("/1/send/webpush.json", {"To": {"Identity": ["a"]}}, None),
        ("/1/send/whatsapp.json", {"to": {}}, None),
        ("/1/send/whatsapp.json", {"to": ["a"]}, None),
        ("/1/send/externaltrigger.json", {"to": {"identity": ["a"]}}, None),
        ("/1/targets/trigger.json", {"name": "a"}, None),
        ("/1/subscribe", {"d": [{"type": "email", "value": "a", "status": "Resubscribe"}]}, None),
        ("/unheard-of", {"identity": ["a"]}, None),
    ],
)
async def test_the_reach_of_a_request_is_everybody_whom_its_body_names(
    site: Site, path: str, body: object, reach: int | None
) -> None:
    assert (await preview(site, "request", raw(path, body))).reach == reach
    assert not site.sandbox.requests


async def test_a_parameter_that_is_not_known_may_widen_whom_a_request_reaches(site: Site) -> None:
    query = [{"name": "segment", "value": "all"}]
    said = await preview(site, "request", raw("/1/send/push.json", {"to": {"Identity": ["a"]}}, query=query))
    assert said.reach is None
    assert 'Query: "segment"="all"' in said.details


async def test_a_send_is_told_by_method_path_and_what_it_carries(site: Site) -> None:
    content = {"title": "Hi", "platform_specific": {"ios": {"deep_link": "shop://sale"}}}
    body = {"tag_group": "otp", "to": {"Identity": ["a", "b"]}, "respect_frequency_caps": False, "content": content}
    said = await preview(site, "request", raw("/1/send/push.json", body, headers={"Prefer": "n"}))
    assert said.deed == (
        "Call POST /1/send/push.json, which messages people, or lifts an opt-out so that messages get through."
    )
    assert said.details == (
        'Who: Identity "a"; Identity "b"',
        'Headers: "Prefer"="n"',
        "Mind: frequency caps are ignored (respect_frequency_caps=false)",
        'To: {"Identity":["a","b"]}',
        'Title: "Hi"',
        'Platforms, in "ios": "deep_link"="shop://sale"',
        'Also set: "tag_group"="otp"; "respect_frequency_caps"="false"',
        "Links: shop://sale",
    )


async def test_a_raw_campaign_is_told_with_what_matters_first(shop: Site) -> None:
    body = {"labels": ["p" * 900], "when": "20300101 09:00", **MAIL, "Content": {"body": "other"}}
    said = await preview(shop, "request", raw(CREATE, body))
    assert said.details == (
        'Message: "name"="Digest"; "target_mode"="email"; "when"="now"',
        "Audience: everybody",
        'Subject: "Your month"',
        'Text, without the tags of its HTML: "Hi"',
        'Sender: from "Acme"',
        'Also set: "labels"="' + f"['{'p' * 77}…" + '"',
        'Also set, in "Content": "body"="other"',
    )


@pytest.mark.parametrize("path", ["/1/targets/create.json/", "/1/Targets/Create.json", CREATE])
async def test_a_campaign_in_another_spelling_is_told_like_one(shop: Site, path: str) -> None:
    body = {"padding": "p" * 900, **MAIL, "where": {"event_name": "Charged", "from": 20260501, "to": 20260528}}
    said = await preview(shop, "request", raw(path, body))
    assert 'Audience: {"event_name":"Charged","from":20260501,"to":20260528}' in said.details
    assert 'Subject: "Your month"' in said.details


async def test_a_long_body_is_cut_and_its_parts_are_named(site: Site) -> None:
    body = {"padding": "x" * 1000, "send_email_to_opted_out_users": "true"}
    said = await preview(site, "request", raw("/1/targets/trigger.json", body))
    assert 'Parts of the body: "padding"; "send_email_to_opted_out_users"' in said.details
    assert "Mind: people who opted out of e-mail get it (send_email_to_opted_out_users)" in said.details
    shown = "".join(line.partition(": ")[2] for line in said.details if line.startswith("Body"))
    assert json.dumps(body, separators=(",", ":")).startswith(shown)
    assert len(shown) == 600
    assert (
        said.details[-1] == f"Body goes on for {len(json.dumps(body, separators=(',', ':'))) - 600:,} more characters"
    )


@pytest.mark.parametrize(
    ("method", "path", "query", "told"),
    [
        ("DELETE", "/v9/x", [], "which is not known here and may do anything"),
        (
            "POST",
            "/1/now.json",
            [{"name": "_method", "value": "DELETE"}],
            "which is not known here and may do anything",
        ),
        ("POST", "/1/deleteVars", [], "which takes something away or overwrites it for good"),
        ("POST", "/1/now.json", [], "which only reads"),
    ],
)
async def test_a_path_or_parameter_that_is_not_known_is_said_to_be(
    site: Site, method: str, path: str, query: list[dict[str, str]], told: str
) -> None:
    said = await preview(site, "request", {"method": method, "path": path, "query": query})
    assert said.deed == f"Call {method} {path}, {told}."


@pytest.mark.parametrize(
    ("key", "given", "count"),
    [
        ("upload-user-profiles", {"profiles": [PLAIN, LIFTING]}, 2),
        ("upload-events", {"events": [{"identity": "a", "evtName": "Tasted"}] * 3}, 3),
        ("upload-device-tokens", {"tokens": [{"objectId": "__a", "tokenData": {"id": "t", "type": "fcm"}}]}, 1),
        ("delete-user-profile", {"identity": ["a", "b"]}, 2),
        ("delete-user-profile", {"guid": ["a"]}, 1),
        ("create-campaign", MAIL, None),
        ("stop-campaign", {"id": 1}, None),
        ("request", raw("/1/upload", {"d": [PLAIN, PLAIN, PLAIN]}), 3),
        ("request", raw("/1/subscribe", {"d": [{}, {}]}), 2),
        ("request", raw("/1/disassociate", {"d": [{}]}), 1),
        ("request", raw("/1/delete/profiles.json", {"identity": "a"}), 1),
        ("request", raw("/1/demerge/profiles.json", {"identities": ["a", "b"]}), 2),
        ("request", raw("/1/send/push.json", {"to": {"Identity": ["a", "b"]}}), 2),
        ("request", raw("/1/upload", []), None),
        ("request", raw("/1/now.json", {"d": [1]}), None),
        ("request", {"method": "PUT", "path": "/1/upload", "body": {"d": [1]}}, None),
        ("request", {"method": "POST", "path": "/1/upload", "raw_body": '{"d":[1]}', "content_type": "a/b"}, None),
    ],
)
def test_a_call_says_how_many_records_it_names(key: str, given: dict[str, Any], count: int | None) -> None:
    assert CATALOGUE[key].parse(given).record_count == count


@pytest.mark.parametrize(
    ("given", "countable"),
    [
        (raw("/1/upload", {"d": [PLAIN]}), True),
        (raw("/1/upload", {"d": {"0": PLAIN}}), False),
        (raw("/1/upload", {"d": [PLAIN], "D": [PLAIN, PLAIN]}), False),
        (raw("/1/upload/", {"d": [PLAIN]}), False),
        (raw("/1/delete/profiles.json", {"identity": ["a", "b"]}), True),
        (raw("/1/delete/profiles.json", {"identity": ["a"], "x": 1}), False),
        (raw("/1/send/push.json", {"to": {"Identity": ["a"]}, "Where": {}}), False),
        (raw("/1/unheard-of", {"identity": ["a"]}), False),
        (raw("/1/unheard-of", {}), True),
        (raw("/1/unheard-of", None), True),
        (raw(CREATE, MAIL), True),
        (raw("/1/targets/stop.json", {"id": 1}), True),
        (raw("/1/targets/stop.json", {"id": 1}, headers={"X-Note": "n"}), False),
        ({"method": "POST", "path": "/1/targets/stop.json", "raw_body": '{"id":1}', "content_type": "a/b"}, False),
        ({"method": "DELETE", "path": "/v2/catalogs/7"}, True),
    ],
)
def test_a_request_says_whether_its_records_can_be_counted(given: dict[str, Any], countable: bool) -> None:
    assert CATALOGUE["request"].parse(given).countable is countable


@pytest.mark.parametrize(
    ("key", "given", "may_send"),
    [
        ("create-campaign", MAIL, False),
        ("stop-campaign", {"id": 1}, False),
        ("request", raw(CREATE, MAIL), True),
        ("request", raw(CREATE, {**MAIL, "estimate_only": True}), False),
        ("request", raw(f"{CREATE}/", {**MAIL, "estimate_only": True}), True),
        ("request", raw("/1/delete/profiles.json", {"identity": ["a"]}), False),
        ("request", raw("/1/now.json", {}), False),
        ("request", raw("/1/now.json", {}, headers={"X-Http-Verb": "DELETE"}), True),
        ("request", raw("/1/now.json", {}, query=[{"name": "x", "value": "1"}]), True),
    ],
)
def test_only_a_request_may_send_although_its_effect_does_not_say_so(
    key: str, given: dict[str, Any], may_send: bool
) -> None:
    assert CATALOGUE[key].parse(given).may_send is may_send


@pytest.mark.parametrize(
    ("given", "about_people"),
    [
        (raw("/1/now.json", {}), False),
        (raw("/1/targets/list.json", {"from": 20260501, "to": 20260528}), False),
        (raw("/1/profiles.json", {"event_name": "Charged", "from": 20260501, "to": 20260528}), True),
    ],
)
async def test_a_raw_answer_knows_whether_it_may_be_about_people(
    shop: Site, perform: Perform, given: dict[str, Any], about_people: bool
) -> None:
    assert (await perform(shop, "request", given)).about_people is about_people
