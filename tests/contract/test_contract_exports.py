"""Get Events and Get User Profiles as data 7.1, 7.2 and 7.4 describe them, with every reading left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.conftest import Door, MakeDoor

EVENTS, PEOPLE = "/1/events.json", "/1/profiles.json"
NOW = 1_780_000_000
HALF_PAST_TEN = 1_767_263_400
"""2026-01-01 10:30 UTC."""
LAUNCHED = [1764000000, *range(1767200000, 1767200012), 1767225600]
COURSES = {
    "event_name": "Course Started",
    "from": 20260101,
    "to": 20260102,
    "event_properties": [{"name": "Course", "operator": "contains", "value": "Pottery"}],
}
SESSION = {
    "session_source": "Others",
    "session_referrer": "https://news.example",
    "utm_source": "newsletter",
    "utm_medium": "email",
    "utm_campaign": "jan",
}
PHONE = {
    "platform": "Android",
    "os_version": "15",
    "app_version": "4.2.0",
    "make": "Pixelike",
    "model": "P9",
    "push_token": "fcmtok:AA-1",
    "objectId": "__f00dbabe",
}
BROWSER = {"platform": "Web", "objectId": "webguid0001"}
LAUNCHES = {"App Launched": {"count": 14, "first_seen": 1764000000, "last_seen": 1767225600}}
PROPS = {"Course": "Pottery 101", "Price": 49.5, "Gift": False}
NOT_ALLOWED = {"status": "fail", "error": "Export not allowed for this event", "code": 400}
INCORRECT = {"status": "fail", "error": "Incorrect Usage", "code": 3}
NOT_READY = {"status": "fail", "error": "Request still in progress, please retry later", "code": 2}


def fill(door: Door, *, course: bool = False) -> None:
    """Mira of the samples, with her devices and sessions, as SDKs and uploads bring them."""
    told = {key: PHONE[key] for key in ("os_version", "app_version", "make", "model")}
    devices = [{"objectId": "__f00dbabe", "identity": "cust-9001", **told}, {**BROWSER, "identity": "cust-9001"}]
    launches = [{"objectId": "__f00dbabe", "evtName": "App Launched", "ts": ts} for ts in LAUNCHED]
    course_started = {"objectId": "__f00dbabe", "evtName": "Course Started", "ts": HALF_PAST_TEN, "evtData": PROPS}
    assert door.ask("POST", "/_sandbox/devices", devices)[0] == 201
    events = [*launches, {**course_started, "session": SESSION}] if course else launches
    assert door.ask("POST", "/_sandbox/events", events)[0] == 201
    data = {"Name": "Mira Solano", "Email": "mira@example.org", "Plan": "Gold"}
    more = {} if course else {"Visits": 12, "Last Visit": "$D_1767000000"}
    door.upload(
        {"type": "profile", "identity": "cust-9001", "profileData": {**data, **more}},
        {"type": "token", "objectId": "__f00dbabe", "tokenData": {"id": "fcmtok:AA-1", "type": "fcm"}},
    )


def begin(door: Door, target: str, query: Any) -> str:
    """The cursor of the first page."""
    begun = door.gets("POST", target, query)
    assert list(begun) == ["status", "cursor"]
    cursor: str = begun["cursor"]
    return cursor


def page(door: Door, path: str, cursor: str) -> Any:
    return door.gets("GET", f"{path}?cursor={cursor}")


def pages(door: Door, target: str, query: Any) -> Iterator[Any]:
    """Every page of a walk, until there is no next cursor."""
    cursor = begin(door, target, query)
    while cursor:
        given = page(door, target.partition("?")[0], cursor)
        yield given
        cursor = given.get("next_cursor")


def seen(door: Door, people: int, each: int = 1) -> dict[str, Any]:
    """Let people see something, and give the query for it."""
    records = [
        {"type": "event", "identity": f"c-{who}", "evtName": "Seen", "ts": HALF_PAST_TEN + number}
        for who in range(people)
        for number in range(each)
    ]
    door.upload(*records)
    return {"event_name": "Seen", "from": 20260101, "to": 20260101}


def test_the_sample_page_of_profiles(door: Door) -> None:
    fill(door)
    query = {"event_name": "App Launched", "from": 20251124, "to": 20260101}
    given = page(door, PEOPLE, begin(door, f"{PEOPLE}?batch_size=46&app=true&events=true&profile=true", query))
    assert given == {
        "status": "success",
        "records": [
            {
                "identity": "cust-9001",
                "email": "mira@example.org",
                "name": "Mira Solano",
                "profileData": {"Plan": "Gold", "Visits": 12, "Last Visit": "$D_1767000000"},
                "events": LAUNCHES,
                "platformInfo": [PHONE, BROWSER],
            }
        ],
    }
    assert list(given["records"][0]["platformInfo"][0]) == list(PHONE)


def test_the_sample_page_of_events(make_door: MakeDoor) -> None:
    door = make_door(undocumented_fields=True)
    fill(door, course=True)
    target = f"{EVENTS}?batch_size=4600&app=true&events=true&profile=true"
    given = page(door, EVENTS, begin(door, target, COURSES))
    once = {"count": 1, "first_seen": HALF_PAST_TEN, "last_seen": HALF_PAST_TEN}
    assert given == {
        "status": "success",
        "records": [
            {
                "profile": {
                    "objectId": "__f00dbabe",
                    "platform": "Android",
                    "identity": "cust-9001",
                    "email": "mira@example.org",
                    "name": "Mira Solano",
                    "id": 1,
                    "profileData": {"Plan": "Gold"},
                    "df": {"0": 11, "1": 22, "2": 33},
                    "os_version": "15",
                    "app_version": "4.2.0",
                    "make": "Pixelike",
                    "model": "P9",
                    "events": {**LAUNCHES, "Course Started": once},
                },
                "ts": 20260101103000,
                "event_props": PROPS,
                "session_props": SESSION,
            }
        ],
    }


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        ("", {"profileData", "events"}),
        ("?app=true", {"profileData", "events", "os_version", "app_version", "make", "model"}),
        ("?events=false", {"profileData"}),
        ("?profile=false&events=FALSE", set()),
    ],
)
def test_flags_choose_the_parts_and_names_come_always(door: Door, flags: str, parts: set[str]) -> None:
    fill(door, course=True)
    (record,) = page(door, EVENTS, begin(door, f"{EVENTS}{flags}", COURSES))["records"]
    assert set(record["profile"]) == {"objectId", "platform", "identity", "email", "name", *parts}


def test_an_event_shows_the_person_as_they_are_now(door: Door) -> None:
    fill(door, course=True)
    cursor = begin(door, EVENTS, COURSES)
    door.upload({"type": "profile", "identity": "cust-9001", "profileData": {"Plan": "Silver"}})
    assert page(door, EVENTS, cursor)["records"][0]["profile"]["profileData"] == {"Plan": "Silver"}


def test_a_cursor_is_opaque_and_percent_encoded_once(door: Door) -> None:
    cursor = begin(door, EVENTS, seen(door, 1))
    assert quote(unquote(cursor), safe="") == cursor != unquote(cursor)
    assert len(page(door, EVENTS, cursor)["records"]) == 1


@pytest.mark.parametrize("status", [400, 200])
def test_a_cursor_encoded_twice_cut_or_missing_is_incorrect_usage(make_door: MakeDoor, status: int) -> None:
    door = make_door(incorrect_usage_status=status)
    cursor = begin(door, EVENTS, seen(door, 1))
    for bad in (quote(cursor), cursor[:-3], "x"):
        assert door.ask("GET", f"{EVENTS}?cursor={bad}") == (status, INCORRECT)
    assert door.ask("GET", EVENTS) == (status, INCORRECT)
    assert door.ask("GET", f"{PEOPLE}?cursor={cursor}") == (status, INCORRECT)


def test_cursors_can_be_kilobytes_long(make_door: MakeDoor) -> None:
    door = make_door(cursor_padding=4000)
    cursor = begin(door, EVENTS, seen(door, 1))
    assert len(cursor) > 5000
    assert len(page(door, EVENTS, cursor)["records"]) == 1


@pytest.mark.parametrize("path", [EVENTS, PEOPLE])
def test_a_walk_gives_everything_once_and_can_go_back(door: Door, path: str) -> None:
    query = seen(door, 100)
    first, second, last = pages(door, f"{path}?batch_size=46", query)
    assert [len(each["records"]) for each in (first, second, last)] == [46, 46, 8]
    assert [sorted(each) for each in (first, last)] == [
        ["next_cursor", "records", "status"],
        ["previous_cursor", "records", "status"],
    ]
    names = [
        (record.get("profile") or record)["identity"] for each in (first, second, last) for record in each["records"]
    ]
    assert sorted(names) == sorted(f"c-{who}" for who in range(100))
    assert page(door, path, second["previous_cursor"]) == first
    assert page(door, path, first["next_cursor"]) == second, "a page can be had again"
    assert door.gets("POST", f"{path}?cursor={first['next_cursor']}") == second, "POST will do, too"


@pytest.mark.parametrize(("asked", "given"), [("?batch_size=22", 700), ("?batch_size=23", 23), ("", 500)])
def test_under_23_is_no_limit_and_500_is_the_default(door: Door, asked: str, given: int) -> None:
    assert len(next(pages(door, f"{EVENTS}{asked}", seen(door, 700)))["records"]) == given


def test_other_readings_of_the_batch_size(make_door: MakeDoor) -> None:
    door = make_door(default_batch_size=10, small_batch_is_unlimited=False)
    query = seen(door, 30)
    assert [len(each["records"]) for each in pages(door, EVENTS, query)] == [10, 10, 10]
    assert [len(each["records"]) for each in pages(door, f"{EVENTS}?batch_size=20", query)] == [20, 10]


@pytest.mark.parametrize("batch_size", ["0", "-5", "ten", ""])
def test_a_batch_size_that_is_no_number_from_1_is_refused(door: Door, batch_size: str) -> None:
    assert door.ask("POST", f"{EVENTS}?batch_size={batch_size}", seen(door, 1))[0] == 400


def test_a_batch_size_over_5000_is_5000(door: Door) -> None:
    query: Any = None
    for _ in range(6):
        query = seen(door, 10, 100)
    assert [len(each["records"]) for each in pages(door, f"{EVENTS}?batch_size=50000", query)] == [5000, 1000]


def test_pages_may_take_their_share_of_23_buckets_and_come_short(make_door: MakeDoor) -> None:
    door = make_door(page_shape="buckets")
    query = seen(door, 40, 5)
    sizes = [len(each["records"]) for each in pages(door, f"{EVENTS}?batch_size=46", query)]
    # 40 people in 23 buckets: 17 hold two of them and ten events, six hold one and five.
    assert sizes == [46, 46, 17 * 2 + 6, 17 * 2, 17 * 2]
    assert sum(sizes) == 200
    sizes = [len(each["records"]) for each in pages(door, f"{PEOPLE}?batch_size=50", query)]
    assert sizes == [40]


def test_pages_may_be_empty_and_go_on(make_door: MakeDoor) -> None:
    door = make_door(page_shape="gaps")
    given = list(pages(door, f"{EVENTS}?batch_size=23", seen(door, 30)))
    assert [len(each["records"]) for each in given] == [0, 23, 0, 7]
    assert ["next_cursor" in each for each in given] == [True, True, True, False]


@pytest.mark.parametrize("shape", ["full", "buckets", "gaps"])
def test_every_shape_gives_everything_once(make_door: MakeDoor, shape: str) -> None:
    door = make_door(page_shape=shape)
    query = seen(door, 50, 3)
    for target, count in ((f"{EVENTS}?batch_size=69", 150), (f"{PEOPLE}?batch_size=23", 50)):
        records = [str(record) for each in pages(door, target, query) for record in each["records"]]
        assert len(records) == len(set(records)) == count


@pytest.mark.parametrize("shape", ["full", "buckets", "gaps"])
@pytest.mark.parametrize("omits", [False, True])
def test_an_empty_range_is_one_empty_page(make_door: MakeDoor, shape: str, omits: bool) -> None:
    door = make_door(page_shape=shape, empty_page_omits_records=omits)
    query = {**seen(door, 1), "from": 20260201, "to": 20260202}
    last = list(pages(door, EVENTS, query))[-1]
    assert last.get("records", []) == []
    assert ("records" in last) is not omits


@pytest.mark.parametrize("status", [200, 202])
def test_a_page_may_be_in_progress_some_times(make_door: MakeDoor, status: int) -> None:
    door = make_door(pages_not_ready=2, not_ready_status=status)
    cursor = begin(door, f"{EVENTS}?batch_size=23", seen(door, 30))
    for records in (23, 7):
        assert [door.ask("GET", f"{EVENTS}?cursor={cursor}") for _ in range(2)] == [(status, NOT_READY)] * 2
        given = page(door, EVENTS, cursor)
        assert len(given["records"]) == records
        cursor = given.get("next_cursor")


@pytest.mark.parametrize("text", ["Invalid cursor", "CURSOR_INVALIDATED"])
def test_a_walk_expires(make_door: MakeDoor, text: str) -> None:
    now = [float(NOW)]
    door = make_door(clock=lambda: now[0], expired_cursor=text)
    events, people = (begin(door, path, seen(door, 1)) for path in (EVENTS, PEOPLE))
    expired = (400, {"status": "fail", "error": text, "code": 400})
    for minutes in (50, 100, 150, 200):
        now[0] = NOW + minutes * 60
        assert page(door, EVENTS, events)["status"] == "success"
    now[0] = NOW + 241 * 60
    assert door.ask("GET", f"{EVENTS}?cursor={events}") == expired, "four hours in all"
    idle = begin(door, EVENTS, seen(door, 1))
    now[0] += 61 * 60
    assert door.ask("GET", f"{EVENTS}?cursor={idle}") == expired, "an hour idle"
    now[0] = NOW + 4 * 86400
    assert page(door, PEOPLE, people)["status"] == "success"
    now[0] += 1
    assert door.ask("GET", f"{PEOPLE}?cursor={people}") == expired, "four days"


@pytest.mark.parametrize("path", [EVENTS, PEOPLE])
@pytest.mark.parametrize("name", ["Notification Sent", "notificationviewed", "Notification Clicked"])
def test_notifications_cannot_be_exported(door: Door, path: str, name: str) -> None:
    query = {"event_name": name, "from": 20260101, "to": 20260101}
    assert door.ask("POST", path, query) == (400, NOT_ALLOWED)


def test_days_are_whole_and_both_included(door: Door) -> None:
    midnight = 1_767_225_600
    moments = (midnight - 1, midnight, midnight + 86399, midnight + 86400)
    door.upload(*({"type": "event", "identity": "a", "evtName": "Seen", "ts": ts} for ts in moments))
    query = {"event_name": "Seen", "from": 20260101, "to": 20260101}
    given = page(door, EVENTS, begin(door, EVENTS, query))["records"]
    assert [record["ts"] for record in given] == [20260101000000, 20260101235959]


def test_nobody_knows_who_an_anonymous_person_is(make_door: MakeDoor) -> None:
    launch = {"objectId": "-i0s", "evtName": "App Launched", "ts": HALF_PAST_TEN}
    query = {"event_name": "App Launched", "from": 20260101, "to": 20260101}
    for empty, identity in ((False, {}), (True, {"identity": ""})):
        door = make_door(anonymous_identity_is_empty=empty)
        door.ask("POST", "/_sandbox/events", [launch])
        (record,) = page(door, EVENTS, begin(door, f"{EVENTS}?events=false&profile=false", query))["records"]
        assert record["profile"] == {"objectId": "-i0s", "platform": "iOS", **identity}


def test_dates_may_be_exported_as_epoch_seconds(make_door: MakeDoor) -> None:
    door = make_door(exported_dates_as_epoch=True)
    door.upload({"type": "profile", "identity": "a", "profileData": {"Last Visit": "$D_1767000000", "Text": "$D_x"}})
    query = seen(door, 1)
    assert door.gets("GET", "/1/profile.json?identity=a")["record"]["profileData"] == {
        "Last Visit": 1767000000,
        "Text": "$D_x",
    }
    event = {"type": "event", "identity": "a", "evtName": "Seen", "evtData": {"On": "$D_-5"}, "ts": HALF_PAST_TEN - 1}
    door.upload(event)
    assert page(door, EVENTS, begin(door, EVENTS, query))["records"][0]["event_props"] == {"On": -5}


def test_a_device_may_tell_when_it_was_last_seen(make_door: MakeDoor) -> None:
    door = make_door(undocumented_fields=True)
    fill(door)
    (phone, browser) = door.gets("GET", "/1/profile.json?identity=cust-9001")["record"]["platformInfo"]
    assert phone == {**PHONE, "ls": 1767225600}
    assert browser == BROWSER
