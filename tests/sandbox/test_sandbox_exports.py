"""Get Events, Get User Profiles, Get a single profile, as section 7 describes them."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_sandbox import Behaviours, Sandbox
from clevertap_sandbox.language.clauses import Clause
from clevertap_sandbox.state.store import SCRATCH
from clevertap_sandbox.state.walks import MOST_WALKS, Lifetime, Source, Walk, Walks, settle, settle_buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

PURCHASES = {"event_name": "Charged", "from": 19970101, "to": 19980630}
ALL_OFF = {"app": "false", "events": "false", "profile": "false"}


def _start(client: httpx2.Client, path: str, query: dict[str, Any], **parameters: Any) -> str:
    answer = client.post(path, json=query, params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"status", "cursor"}
    cursor: str = answer.json()["cursor"]
    return cursor


def _page(client: httpx2.Client, path: str, cursor: str) -> Any:
    answer = client.get(f"{path}?cursor={cursor}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _pages(client: httpx2.Client, path: str, query: dict[str, Any], **parameters: Any) -> Iterator[list[Any]]:
    cursor = _start(client, path, query, **parameters)
    while cursor:
        page = _page(client, path, cursor)
        yield page["records"]
        cursor = page.get("next_cursor", "")


def _walk(client: httpx2.Client, path: str, query: dict[str, Any], **parameters: Any) -> list[Any]:
    return [record for page in _pages(client, path, query, **parameters) for record in page]


@pytest.mark.parametrize("batch_size", [46, 4600])
def test_the_walk_gives_every_purchase_of_the_shop_once(shop: httpx2.Client, batch_size: int) -> None:
    pages = list(_pages(shop, "/1/events.json", PURCHASES, batch_size=batch_size, **ALL_OFF))
    assert {len(page) for page in pages[:-1]} == {batch_size}
    records = [record for page in pages for record in page]
    assert len(records) == 6919
    assert round(sum(record["event_props"]["Amount"] for record in records), 2) == 244091.94
    assert len({record["profile"]["identity"] for record in records}) == 2357


def test_the_shop_has_made_up_addresses_and_devices_and_real_purchases(shop: httpx2.Client) -> None:
    query = {**PURCHASES, "to": 19970101}
    first = _walk(shop, "/1/events.json", query, app="true")[0]
    assert (first["ts"], first["event_props"]) == (19970101120000, {"Amount": 29.33, "Quantity": 2})
    people = _walk(shop, "/1/profiles.json", PURCHASES, batch_size=5000)
    assert len(people) == 2357
    assert sum("email" in person for person in people) == 2357 // 2
    assert sum(any("push_token" in d for d in person["platformInfo"]) for person in people) == 2357 // 3
    assert all(person["email"].endswith("@example.org") for person in people if "email" in person)


def test_a_cursor_comes_percent_encoded_and_needs_it(shop: httpx2.Client) -> None:
    cursor = _start(shop, "/1/events.json", PURCHASES)
    assert all(escape in cursor for escape in ("%2B", "%2F", "%3D"))
    raw = _page(shop, "/1/events.json", cursor)
    encoded_by_the_library = shop.get("/1/events.json", params={"cursor": unquote(cursor)})
    assert encoded_by_the_library.json() == raw


@pytest.mark.parametrize("damage", [quote, unquote, lambda cursor: cursor[:-4], lambda _: "x", lambda _: ""])
def test_a_cursor_encoded_twice_or_damaged_is_incorrect_usage(
    shop: httpx2.Client, damage: Callable[[str], str]
) -> None:
    cursor = damage(_start(shop, "/1/events.json", PURCHASES))
    answer = shop.get(f"/1/events.json?cursor={cursor}")
    assert (answer.status_code, answer.json()) == (400, {"status": "fail", "error": "Incorrect Usage", "code": 3})


def test_a_cursor_of_the_other_export_or_none_at_all_is_incorrect_usage(shop: httpx2.Client) -> None:
    cursor = _start(shop, "/1/events.json", PURCHASES)
    assert shop.get(f"/1/profiles.json?cursor={cursor}").json()["code"] == 3
    assert shop.get("/1/events.json").json()["code"] == 3


def test_incorrect_usage_can_come_with_http_200(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(seed=None, behaviours=Behaviours(incorrect_usage_status=200)))
    answer = client.get("/1/events.json?cursor=x")
    assert (answer.status_code, answer.json()["code"]) == (200, 3)


def test_a_page_can_be_had_again_and_by_post(shop: httpx2.Client) -> None:
    cursor = _start(shop, "/1/events.json", PURCHASES, batch_size=23)
    page = _page(shop, "/1/events.json", cursor)
    second = _page(shop, "/1/events.json", page["next_cursor"])
    assert _page(shop, "/1/events.json", cursor) == page
    assert shop.post(f"/1/events.json?cursor={page['next_cursor']}").json() == second
    assert _page(shop, "/1/events.json", second["previous_cursor"]) == page


def test_a_walk_keeps_to_what_was_there_when_it_began(client: httpx2.Client) -> None:
    event = {"type": "event", "identity": "a", "evtName": "Seen", "ts": 1767225600}
    client.post("/1/upload", json={"d": [event] * 30})
    query = {"event_name": "Seen", "from": 20260101, "to": 20260101}
    cursor = _start(client, "/1/events.json", query, batch_size=23)
    client.post("/1/upload", json={"d": [event] * 30})
    page = _page(client, "/1/events.json", cursor)
    assert len(_page(client, "/1/events.json", page["next_cursor"])["records"]) == 7


@pytest.mark.parametrize(
    ("sent", "first_page"),
    [({}, 500), ({"batch_size": 22}, 6919), ({"batch_size": 1}, 6919), ({"batch_size": 50000}, 5000)],
)
def test_batch_size_is_500_by_default_no_limit_under_23_and_at_most_5000(
    shop: httpx2.Client, sent: dict[str, int], first_page: int
) -> None:
    cursor = _start(shop, "/1/events.json", PURCHASES, **ALL_OFF, **sent)
    assert len(_page(shop, "/1/events.json", cursor)["records"]) == first_page


@pytest.mark.parametrize("batch_size", ["0", "-1", "many", "2.5", "9" * 5000])
def test_a_batch_size_that_is_no_positive_number_is_refused(shop: httpx2.Client, batch_size: str) -> None:
    answer = shop.post("/1/events.json", json=PURCHASES, params={"batch_size": batch_size})
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")


def test_batch_size_has_other_readings(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(behaviours=Behaviours(default_batch_size=10, small_batch_is_unlimited=False)))
    cursor = _start(client, "/1/events.json", PURCHASES)
    assert len(_page(client, "/1/events.json", cursor)["records"]) == 10


@pytest.mark.parametrize("path", ["/1/events.json", "/1/profiles.json"])
@pytest.mark.parametrize("name", ["Notification Sent", "notification viewed", "Notification Clicked"])
def test_notification_events_cannot_be_exported(shop: httpx2.Client, path: str, name: str) -> None:
    answer = shop.post(path, json={**PURCHASES, "event_name": name})
    expected = {"status": "fail", "error": "Export not allowed for this event", "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_system_event_that_never_happened_exports_nothing(shop: httpx2.Client) -> None:
    query = {**PURCHASES, "event_name": "App Launched"}
    cursor = _start(shop, "/1/events.json", query)
    assert _page(shop, "/1/events.json", cursor) == {"status": "success", "records": []}


def test_an_empty_page_may_have_no_records_at_all(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(behaviours=Behaviours(empty_page_omits_records=True)))
    cursor = _start(client, "/1/events.json", {**PURCHASES, "event_name": "App Launched"})
    assert _page(client, "/1/events.json", cursor) == {"status": "success"}


def test_events_need_a_base_event_and_its_days(shop: httpx2.Client) -> None:
    for query in ({}, {"event_name": "Charged"}, {"from": 19970101, "to": 19970102}):
        answer = shop.post("/1/events.json", json=query)
        assert (answer.status_code, answer.json()["status"]) == (400, "fail")


@pytest.mark.parametrize(
    ("path", "pause", "alive"),
    [
        ("/1/events.json", 3599, True),
        ("/1/events.json", 3601, False),
        ("/1/profiles.json", 4 * 86400 - 1, True),
        ("/1/profiles.json", 4 * 86400 + 1, False),
    ],
)
def test_a_cursor_expires(
    opened: Callable[[Sandbox], httpx2.Client], clock: list[float], path: str, pause: float, alive: bool
) -> None:
    client = opened(Sandbox(clock=lambda: clock[0]))
    cursor = _start(client, path, PURCHASES)
    clock[0] += pause
    answer = client.get(f"{path}?cursor={cursor}")
    if alive:
        assert answer.status_code == 200
    else:
        expected = {"status": "fail", "error": "Invalid cursor", "code": 400}
        assert (answer.status_code, answer.json()) == (400, expected)


def test_an_events_walk_lasts_four_hours_in_all(opened: Callable[[Sandbox], httpx2.Client], clock: list[float]) -> None:
    client = opened(Sandbox(clock=lambda: clock[0]))
    cursor = _start(client, "/1/events.json", PURCHASES)
    for _ in range(8):
        clock[0] += 1800
        _page(client, "/1/events.json", cursor)
    clock[0] += 1800
    assert client.get(f"/1/events.json?cursor={cursor}").json()["error"] == "Invalid cursor"


def test_cursors_can_be_kilobytes_long(opened: Callable[[Sandbox], httpx2.Client]) -> None:
    client = opened(Sandbox(behaviours=Behaviours(cursor_padding=3000)))
    cursor = _start(client, "/1/events.json", PURCHASES)
    assert len(cursor) > 4000
    assert _page(client, "/1/events.json", cursor)["records"]


def _person(client: httpx2.Client) -> None:
    """Somebody with everything an export shows."""
    data = {"Name": "Mira Solano", "Email": "mira@example.org", "Phone": "+34911222333", "Plan": "Gold", "Visits": 12}
    records = [
        {"type": "profile", "objectId": "__f00dbabe", "profileData": {"identity": "cust-9001", **data}},
        {"type": "token", "objectId": "__f00dbabe", "tokenData": {"id": "fcmtok:AA-1", "type": "fcm"}},
        {
            "type": "event",
            "objectId": "__f00dbabe",
            "ts": 1767263400,
            "evtName": "Course Started",
            "evtData": {"Course": "Pottery 101", "Price": 49.5, "Gift": False, "None": None, "Deep": {"a": 1}},
        },
    ]
    assert client.post("/1/upload", json={"d": records}).json()["status"] == "success"


COURSES = {"event_name": "Course Started", "from": 20260101, "to": 20260101}
MIRA = {"identity": "cust-9001", "email": "mira@example.org", "phone": "34911222333", "name": "Mira Solano"}
PROFILE_DATA = {"Plan": "Gold", "Visits": 12}
SUMMARY = {"Course Started": {"count": 1, "first_seen": 1767263400, "last_seen": 1767263400}}


def test_an_event_record_has_the_references_shape(client: httpx2.Client) -> None:
    _person(client)
    (record,) = _walk(client, "/1/events.json", COURSES, app="true", events="true", profile="true")
    assert record == {
        "profile": {
            "objectId": "__f00dbabe",
            "platform": "Android",
            **MIRA,
            "profileData": PROFILE_DATA,
            "events": SUMMARY,
        },
        "ts": 20260101103000,
        "event_props": {"Course": "Pottery 101", "Price": 49.5, "Gift": False},
        "session_props": {},
    }
    assert record["event_props"]["Gift"] is False


def test_flags_leave_parts_out_but_never_the_ids(client: httpx2.Client) -> None:
    _person(client)
    (record,) = _walk(client, "/1/events.json", COURSES, **ALL_OFF)
    assert record["profile"] == {"objectId": "__f00dbabe", "platform": "Android", **MIRA}


def test_a_profile_record_has_the_references_shape(client: httpx2.Client) -> None:
    _person(client)
    (record,) = _walk(client, "/1/profiles.json", COURSES)
    device = {"platform": "Android", "push_token": "fcmtok:AA-1", "objectId": "__f00dbabe"}
    assert record == {**MIRA, "profileData": PROFILE_DATA, "events": SUMMARY, "platformInfo": [device]}
    (bare,) = _walk(client, "/1/profiles.json", COURSES, **ALL_OFF)
    assert bare == {**MIRA, "platformInfo": [device]}


def test_app_fields_come_with_the_app_flag(shop: httpx2.Client) -> None:
    query = {
        **PURCHASES,
        "common_profile_properties": {"technographics": [{"name": "Platform", "value": "AndroidApp"}]},
    }
    with_app = _walk(shop, "/1/profiles.json", query, batch_size=5000, app="true")[0]["platformInfo"][0]
    without = _walk(shop, "/1/profiles.json", query, batch_size=5000)[0]["platformInfo"][0]
    assert with_app.keys() - without.keys() == {"os_version", "app_version", "make", "model"}


@pytest.mark.parametrize("by", [{"email": "mira@example.org"}, {"identity": "cust-9001"}, {"objectId": "__f00dbabe"}])
def test_a_single_profile_is_found_by_any_of_its_names(client: httpx2.Client, by: dict[str, str]) -> None:
    _person(client)
    answer = client.get("/1/profile.json", params=by).json()
    assert answer["status"] == "success"
    assert answer["record"]["identity"] == "cust-9001"
    assert answer["record"].keys() == {*MIRA, "profileData", "events", "platformInfo"}


@pytest.mark.parametrize("by", [{}, {"identity": ""}, {"email": "a@b.cd", "identity": "a"}, {"phone": "+1"}])
def test_a_single_profile_needs_exactly_one_name(client: httpx2.Client, by: dict[str, str]) -> None:
    answer = client.get("/1/profile.json", params=by)
    expected = {"status": "fail", "error": "Invalid parameters", "code": 400}
    assert (answer.status_code, answer.json()) == (400, expected)


@pytest.mark.parametrize(
    ("behaviours", "status", "body"),
    [
        (Behaviours(), 200, {"status": "success", "record": None}),
        (Behaviours(profile_not_found="no_record"), 200, {"status": "success"}),
        (
            Behaviours(profile_not_found="fail_200"),
            200,
            {"status": "fail", "error": "Profile not found", "code": 404},
        ),
        (
            Behaviours(profile_not_found="fail_404"),
            404,
            {"status": "fail", "error": "Profile not found", "code": 404},
        ),
    ],
)
def test_nobody_is_found_in_each_of_the_four_ways(
    opened: Callable[[Sandbox], httpx2.Client], behaviours: Behaviours, status: int, body: dict[str, Any]
) -> None:
    client = opened(Sandbox(seed=None, behaviours=behaviours))
    answer = client.get("/1/profile.json", params={"identity": "nobody"})
    assert (answer.status_code, answer.json()) == (status, body)


def _settled(db: sqlite3.Connection) -> int:
    """How many ids are settled for the walks under way."""
    return int(db.execute("SELECT count(*) FROM settled").fetchone()[0])


@contextmanager
def _numbers() -> Iterator[sqlite3.Connection]:
    """A hundred ids, and nothing settled."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(SCRATCH)
        db.execute("CREATE TABLE numbers (id INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO numbers VALUES (?)", [(number,) for number in range(1, 101)])
        yield db


NUMBERS = Source("numbers AS n", "n.id", "n.id", "n.id")


def _walk_of(db: sqlite3.Connection, now: float) -> Walk:
    spread = settle(db, NUMBERS, Clause("n.id > ?", (90,)), 3)
    return Walk("/", frozenset(), spread, Lifetime(100, 50), now, now)


def test_walks_that_have_expired_or_are_too_many_leave_nothing_behind() -> None:
    walks = Walks()
    with _numbers() as db:
        walks.begin(_walk_of(db, 0))
        walks.begin(_walk_of(db, 40))
        assert _settled(db) == 20
        walks.forget(db, 60)
        assert _settled(db) == 10
        for _ in range(MOST_WALKS):
            walks.forget(db, 60)
            walks.begin(_walk_of(db, 60))
        assert _settled(db) == MOST_WALKS * 10


@given(size=st.integers(0, 120), first=st.integers(0, 100))
def test_pages_hold_each_id_once_and_are_full_but_for_the_last(size: int, first: int) -> None:
    with _numbers() as db:
        where = Clause("n.id > ?", (first,))
        spreads = [settle(db, NUMBERS, where, size), settle(db, NUMBERS, where, size, gaps=True)]
        spreads.append(settle_buckets(db, NUMBERS, where, size))
        found = [[_ids(db, spread.places(page)) for page in range(len(spread.starts))] for spread in spreads]
    for pages in found:
        assert sorted(id_ for page in pages for id_ in page) == list(range(first + 1, 101))
    full, gaps, _ = found
    assert {len(page) for page in full[:-1]} <= {size}
    assert gaps[1::2] == full
    assert not any(gaps[::2])


def _ids(db: sqlite3.Connection, places: range) -> list[int]:
    sql = "SELECT id FROM settled WHERE place >= ? AND place < ?"
    return [row[0] for row in db.execute(sql, (places.start, places.stop))]
