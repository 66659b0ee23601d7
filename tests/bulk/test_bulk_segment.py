"""Segment calls become records at CleverTap, or one reason why not."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clevertap_bulk.reading import Row
from clevertap_bulk.segment import Options, maker
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime

TIME = ProjectTime(ZoneInfo("UTC"), 1_780_000_000)
AT = "2026-03-31T18:30:00.250Z"
TS = 1_774_981_800


def records(call: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return maker(Options(**options), TIME)(Row(0, call, None, None))


def record(call: dict[str, Any], **options: Any) -> dict[str, Any]:
    (made,) = records(call, **options)
    return made


def said(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "messageId": "m-1", "userId": "u-1", "timestamp": AT, **more}


def identify(**traits: Any) -> dict[str, Any]:
    return said("identify", traits=traits)


def track(event: str, **properties: Any) -> dict[str, Any]:
    return said("track", event=event, properties=properties)


def refusal(call: dict[str, Any], **options: Any) -> str:
    with pytest.raises((ValueError, InvalidArgumentsError)) as caught:
        records(call, **options)
    return str(caught.value)


def test_an_identify_call_becomes_a_profile_with_the_names_that_clevertap_knows() -> None:
    call = identify(
        name="Mira Solano",
        birthday="1990-01-01",
        avatar="https://example.org/m.png",
        gender="female",
        phone="+34911222333",
        email="mira@example.org",
    )
    assert record(call) == {
        "type": "profile",
        "identity": "u-1",
        "ts": TS,
        "profileData": {
            "Name": "Mira Solano",
            "DOB": "$D_631152000",
            "Photo": "https://example.org/m.png",
            "Gender": "F",
            "Phone": "+34911222333",
            "Email": "mira@example.org",
        },
    }


def test_other_traits_are_snake_cased_and_made_flat() -> None:
    call = identify(
        planType="gold",
        **{"HTTPSource": 1, "Sign-Up Date": "2026-01-05T00:00:00.000Z", "größeXL": True},
        address={"city": "Lund", "geo": {"lat": 55.7}},
        tags=["a", 2, True],
        pets=[{"name": "Rex"}],
        nothing=None,
    )
    assert record(call)["profileData"] == {
        "plan_type": "gold",
        "http_source": 1,
        "sign_up_date": "$D_1767571200",
        "größe_xl": True,
        "address_city": "Lund",
        "address_geo_lat": 55.7,
        "tags": ["a", "2", "true"],
        "pets_0_name": "Rex",
    }


def test_a_switch_keeps_the_names() -> None:
    call = identify(planType="gold", name="Mira", address={"zipCode": "1"})
    assert record(call, keep_names=True)["profileData"] == {"planType": "gold", "Name": "Mira", "address_zipCode": "1"}
    assert "does not keep" in refusal(identify(**{"plan.type": 1}), keep_names=True)
    assert "does not keep" in refusal(identify(**{"plan#": 1}), keep_names=True)
    assert record(track("Seen", **{"plan#": 1}), keep_names=True)["evtData"] == {"plan#": 1}


def test_a_name_told_in_parts_is_put_together() -> None:
    told = record(identify(firstName="Mira", last_name="Solano"))["profileData"]
    assert told == {"Name": "Mira Solano", "first_name": "Mira", "last_name": "Solano"}
    told = record(identify(name="Dr. M.", firstName="Mira"))["profileData"]
    assert told == {"Name": "Dr. M.", "first_name": "Mira"}


@pytest.mark.parametrize(
    ("given", "told"), [("Male", "M"), ("m", "M"), ("F", "F"), ("female", "F"), ("other", "other")]
)
def test_a_gender_has_clevertaps_letter_where_there_is_one(given: str, told: str) -> None:
    assert record(identify(gender=given))["profileData"] == {"Gender": told}


def test_two_traits_that_become_one_are_refused() -> None:
    assert "'plan_type'" in refusal(identify(planType=1, plan_type=2))
    assert "'a_b'" in refusal(track("Seen", a={"b": 1}, a_b=2))
    assert "'Email'" in refusal(identify(email="a@example.org", Email="b@example.org"))


def test_properties_are_never_taken_for_traits() -> None:
    assert "'properties'" in refusal(said("identify", properties={"plan": "gold"}))
    assert "'traits'" in refusal(said("track", event="Seen", traits={"plan": "gold"}))
    assert record(said("identify", properties={}, traits=None))["profileData"] == {}


def test_a_trait_cannot_give_somebody_another_identity() -> None:
    assert "another identity" in refusal(identify(Identity="u-2"))


@pytest.mark.parametrize(
    ("ids", "who"),
    [
        ({"userId": "u-1", "anonymousId": "d-1"}, {"identity": "u-1"}),
        ({"userId": None, "anonymousId": "d-1"}, {"objectId": "d-1"}),
        ({"userId": "", "anonymousId": "d-1"}, {"objectId": "d-1"}),
        ({"userId": 42}, {"identity": "42"}),
    ],
)
def test_a_user_is_an_identity_and_only_a_device_without_one_an_object_id(
    ids: dict[str, Any], who: dict[str, str]
) -> None:
    for call in (identify() | ids, track("Seen") | ids, said("page", **ids)):
        made = record(call)
        assert {key: made[key] for key in ("identity", "objectId") if key in made} == who


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group"])
def test_a_call_about_nobody_is_refused(kind: str) -> None:
    assert "names nobody" in refusal(said(kind, userId=None, event="Seen", groupId="g"))
    assert "refuses as an identity" in refusal(said(kind, userId="null", event="Seen", groupId="g"))


def test_a_switch_gives_the_device_of_an_identify_call_to_its_user() -> None:
    call = said("identify", anonymousId="d-1")
    assert len(records(call)) == 1
    profile, link = records(call, link_devices=True)
    assert profile["identity"] == "u-1"
    assert link == {"type": "profile", "objectId": "d-1", "ts": TS, "profileData": {"identity": "u-1"}}


@pytest.mark.parametrize(
    ("context", "service"),
    [
        ({"device": {"token": "t-1", "type": "ios"}}, "apns"),
        ({"device": {"token": "t-1", "type": "android"}}, "fcm"),
        ({"device": {"token": "t-1", "type": "phone"}, "os": {"name": "iPadOS"}}, "apns"),
        ({"device": {"token": "t-1"}, "os": {"name": "Android"}}, "fcm"),
    ],
)
def test_a_push_token_goes_to_the_device_and_the_device_to_the_user(context: dict[str, Any], service: str) -> None:
    profile, link, token = records(said("identify", anonymousId="d-1", context=context))
    assert profile["identity"] == "u-1"
    assert link["profileData"] == {"identity": "u-1"}
    assert token == {"type": "token", "objectId": "d-1", "tokenData": {"id": "t-1", "type": service}}


def test_a_push_token_of_nobody_known_is_its_devices() -> None:
    context = {"device": {"token": "t-1", "type": "ios"}}
    profile, token = records(said("identify", userId="", anonymousId="d-1", context=context))
    assert profile["objectId"] == token["objectId"] == "d-1"


def test_a_push_token_that_cannot_be_placed_is_not_dropped_unless_asked() -> None:
    homeless = said("identify", context={"device": {"token": "t-1", "type": "ios"}})
    unknown = said("identify", anonymousId="d-1", context={"device": {"token": "t-1", "type": "toaster"}})
    assert "anonymousId" in refusal(homeless)
    assert "os.name" in refusal(unknown)
    assert len(records(homeless, tokens=False)) == len(records(unknown, tokens=False)) == 1


def test_a_track_call_becomes_an_event_with_flat_properties() -> None:
    call = track("Course Started", courseName="Pottery", price=49.5, rooms=["A", "B"], teacher={"id": 7}, gift=False)
    assert record(call) == {
        "type": "event",
        "identity": "u-1",
        "ts": TS,
        "evtName": "Course Started",
        "evtData": {
            "course_name": "Pottery",
            "price": 49.5,
            "rooms_0": "A",
            "rooms_1": "B",
            "teacher_id": 7,
            "gift": False,
        },
    }


@pytest.mark.parametrize(
    ("times", "ts"),
    [
        ({"timestamp": AT, "originalTimestamp": "2020-01-01T00:00:00Z"}, TS),
        ({"originalTimestamp": AT, "sentAt": "2020-01-01T00:00:00Z"}, TS),
        ({"receivedAt": AT}, TS),
        ({"timestamp": "2026-03-31T20:30:00+02:00"}, TS),
        ({"timestamp": TS * 1000 + 250}, TS),
    ],
)
def test_times_are_epoch_seconds(times: dict[str, Any], ts: int) -> None:
    assert record(track("Seen") | {"timestamp": None} | times)["ts"] == ts


def test_an_event_without_a_time_is_refused_and_a_profile_is_not() -> None:
    assert "no time" in refusal(track("Seen") | {"timestamp": None})
    assert "'timestamp' is no time" in refusal(track("Seen") | {"timestamp": "soon", "sentAt": AT})
    assert "ts" not in record(identify() | {"timestamp": None})


def test_an_event_that_clevertap_would_not_keep_is_refused() -> None:
    assert "'event' is empty" in refusal(track(""))
    assert "names of events" in refusal(track("What's new"))
    assert "system event" in refusal(track("App Launched"))
    assert "longer than 512" in refusal(track("Seen", text="x" * 513))
    assert "more than 256" in refusal(track("Seen", many=list(range(257))))


def test_a_completed_order_becomes_a_purchase_with_items() -> None:
    call = track(
        "Order Completed",
        order_id="o-7",
        total="27.50",
        revenue=25,
        currency="USD",
        products=[{"product_id": "p-1", "price": 19, "meta": {"inStock": True}}, {"product_id": "p-2", "name": "Clay"}],
    )
    made = record(call)
    assert made["evtName"] == "Charged"
    assert made["evtData"] == {
        "Charged ID": "o-7",
        "Amount": 27.5,
        "revenue": 25,
        "currency": "USD",
        "Items": [{"product_id": "p-1", "price": 19, "meta_in_stock": True}, {"product_id": "p-2", "name": "Clay"}],
    }
    assert record(track("order completed", orderId=8, revenue=25))["evtData"] == {"Charged ID": "8", "Amount": 25}


def test_an_order_that_cannot_be_a_purchase_is_refused() -> None:
    assert "'total' is no number" in refusal(track("Order Completed", total="much"))
    assert "'products' is no list" in refusal(track("Order Completed", products={}))
    assert "'products' holds" in refusal(track("Order Completed", products=["p-1"]))
    assert "'products' has a text" in refusal(track("Order Completed", products=[{"name": "x" * 513}]))
    assert "list longer" in refusal(track("Order Completed", products=[{}] * 257))


def test_pages_and_screens_have_the_names_of_the_classic_destination_unless_renamed() -> None:
    page = said("page", name="Home", category="Shop", properties={"name": "Home", "url": "https://example.org"})
    screen = said("screen", name="Cart", properties={"items": 2})
    assert record(page)["evtName"] == "Web Page Viewed"
    assert record(page)["evtData"] == {"name": "Home", "category": "Shop", "url": "https://example.org"}
    assert record(screen)["evtName"] == "App Screen Viewed"
    assert record(page, page_event="Page Seen")["evtName"] == "Page Seen"
    assert record(screen, screen_event="Screen Seen")["evtName"] == "Screen Seen"
    assert "'name'" in refusal(page | {"name": "Away"})


def test_a_groups_traits_stand_beside_the_persons_own() -> None:
    call = said("group", groupId="g-1", traits={"id": "g-1", "name": "Initech", "employeeCount": 329})
    profile = {"group_id": "g-1", "group_name": "Initech", "group_employee_count": 329}
    assert record(call)["profileData"] == profile
    assert "groupId" in refusal(said("group", traits={"name": "Initech"}))


def test_an_audience_is_a_boolean_of_the_person() -> None:
    entered = track("Audience Entered", audience_key="big_spenders", big_spenders=True, email="m@example.org")
    assert record(entered)["profileData"] == {"Email": "m@example.org", "big_spenders": True}
    left = track("Audience Exited") | {"context": {"personas": {"computation_key": "big_spenders"}}}
    assert record(left)["profileData"] == {"big_spenders": False}
    told = {"context": {"personas": {"computation_class": "audience", "computation_key": "vip"}}}
    assert record(identify(vip="true") | told)["profileData"] == {"vip": True}
    assert "'vip'" in refusal(identify(vip="perhaps") | told)
    assert record(track("Audience Entered", size=3))["type"] == "event"


def test_an_alias_of_a_device_gives_it_to_the_user_and_any_other_is_refused() -> None:
    assert record(said("alias", previousId="d-1", anonymousId="d-1")) == {
        "type": "profile",
        "objectId": "d-1",
        "ts": TS,
        "profileData": {"identity": "u-1"},
    }
    assert "merges no people" in refusal(said("alias", previousId="u-0", anonymousId="d-1"))
    assert "merges no people" in refusal(said("alias", previousId="d-1", anonymousId="d-1", userId=None))


@pytest.mark.parametrize("call", [said("delete", traits={"x": 1}), track("Delete User", reason="asked")])
def test_a_person_is_erased_only_by_an_import_that_says_so(call: dict[str, Any]) -> None:
    assert "deletions" in refusal(call)
    assert record(call, deletions=True) == {"type": "deletion", "identity": "u-1"}
    unknown = call | {"userId": None, "anonymousId": "d-1"}
    assert record(unknown, deletions=True) == {"type": "deletion", "guid": "d-1"}
    assert "refuses as an identity" in refusal(call | {"userId": "null"}, deletions=True)


@pytest.mark.parametrize("integrations", [{"CleverTap": False}, {"All": False}, {"All": True, "CleverTap": False}])
def test_a_call_that_was_kept_from_clevertap_stays_away(integrations: dict[str, Any]) -> None:
    assert "integrations" in refusal(track("Seen") | {"integrations": integrations})


@pytest.mark.parametrize("integrations", [None, {}, {"All": False, "CleverTap": True}, {"Other": False}])
def test_a_call_that_is_meant_for_clevertap_goes_there(integrations: dict[str, Any] | None) -> None:
    assert record(track("Seen") | {"integrations": integrations})["evtName"] == "Seen"


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ({}, "'type' is none"),
        ({"type": "batch", "batch": []}, "'type' is none"),
        ({"type": ["identify"]}, "'type' is no text"),
        (said("identify", traits=[1]), "'traits' is no object"),
        (said("track", event="Seen", properties="x"), "'properties' is no object"),
        (said("identify", context=1), "'context' is no object"),
        (said("identify", context={"device": 1}), "'device' is no object"),
        (identify(name=["M"]), "'name' is no text"),
        (identify(**{"-": 1}), "is no name"),
        (identify(**{"x" * 121: 1}), "longer than 120"),
        (identify(tags=["x" * 513]), "longer than 512"),
        (identify(tags=["x"] * 101), "list longer"),
    ],
)
def test_what_is_no_call_is_refused_with_the_reason(call: dict[str, Any], why: str) -> None:
    assert why in refusal(call)


def test_what_could_fill_memory_is_refused_at_once() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = {"a": deep}
    assert "nested deeper" in refusal(track("Seen", deep=deep))
    wide = {"k" * 119: [[0] * 100] * 1000}
    assert "longer than 120" in refusal(track("Seen", **wide))


ENDLESS = 10**400


@pytest.mark.parametrize(
    "call",
    [
        {"type": "identify", "userId": ENDLESS},
        {"type": "identify", "userId": "u", "traits": {"birthday": ENDLESS}},
        {"type": "track", "userId": "u", "event": "Seen", "timestamp": ENDLESS},
        {"type": "track", "userId": "u", "event": "Order Completed", "timestamp": 1, "properties": {"total": ENDLESS}},
    ],
)
def test_a_number_beyond_all_bounds_is_refused_with_its_call(call: dict[str, Any]) -> None:
    assert refusal(call)


def test_a_line_that_could_not_be_read_keeps_its_fault() -> None:
    with pytest.raises(ValueError, match="is no JSON object"):
        maker(Options(), TIME)(Row(0, {"unread": "[]"}, None, "is no JSON object"))


def test_options_go_through_a_plan_and_back() -> None:
    options = Options(keep_names=True, page_event="Page Seen")
    assert options.to_json() == {"keep_names": True, "page_event": "Page Seen"}
    assert Options.from_json(options.to_json()) == options
    with pytest.raises(InvalidArgumentsError, match="page_event"):
        Options.from_json({"page_event": "App Launched"})
    with pytest.raises(InvalidArgumentsError, match="snake"):
        Options.from_json({"snake": True})
