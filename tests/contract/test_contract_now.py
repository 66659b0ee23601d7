"""Real-time counts as data 8.3 and engagement 10.1 describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

NOW = 1_780_000_000
PATH = "/1/now.json"
EVERYTHING = dict.fromkeys(("user_type", "session_source", "browser", "os", "device", "new"), True)
BLOCKS: dict[str, set[str]] = {
    "session_source": {"direct", "others", "search", "social", "email", "unavailable"},
    "browser": {"others", "firefox", "chrome", "ie", "mobileapp"},
    "os": {"others", "android", "ios", "windows", "mac", "linux"},
    "device": {"desktop", "mobile", "tablet"},
}


def visit(door: Door, *visits: dict[str, Any]) -> None:
    """Have SDKs tell of somebody who is here now."""
    events = [{"evtName": "App Launched", "ts": NOW - 60, **each} for each in visits]
    assert door.ask("POST", "/_sandbox/events", events)[0] == 201


def fill(door: Door) -> None:
    """A new reader, a customer, somebody with an address on a tablet, and somebody who came back."""
    devices = [
        {"objectId": "webone", "platform": "Web", "os": "Mac OS X", "browser": "Firefox", "device": "Desktop"},
        {"objectId": "__app", "identity": "buyer", "platform": "Android"},
        {"objectId": "-pad", "identity": "mira", "platform": "iOS", "device": "Tablet"},
        {"objectId": "webtwo", "platform": "Web", "os": "Linux", "browser": "Chrome"},
    ]
    assert door.ask("POST", "/_sandbox/devices", devices)[0] == 201
    door.upload(
        {"type": "event", "objectId": "__app", "evtName": "Charged", "ts": NOW - 9999, "evtData": {"Amount": 5}},
        {"type": "profile", "identity": "mira", "profileData": {"Email": "mira@example.org"}},
        {"type": "event", "objectId": "webtwo", "evtName": "Seen", "ts": NOW - 9999},
        {"type": "event", "identity": "gone", "evtName": "Seen", "ts": NOW - 301},
    )
    visit(
        door,
        {"objectId": "webone", "session": {"session_source": "Search"}},
        {"objectId": "__app", "session": {"session_source": "Direct"}},
        {"objectId": "-pad", "session": {"session_source": "Email"}},
        {"objectId": "webtwo"},
    )


def test_the_plain_answer_has_count_and_moment(door: Door) -> None:
    assert door.gets("POST", PATH, {}) == {"status": "success", "count": 0, "last_processed_ts": NOW}


def test_every_block_is_the_references_and_is_counted_from_sessions_and_devices(door: Door) -> None:
    fill(door)
    answer = door.gets("POST", PATH, EVERYTHING)
    assert list(answer) == ["status", "count", *EVERYTHING, "last_processed_ts"]
    assert answer["count"] == 4
    assert answer["user_type"] == {"new": 1, "repeat": 1, "addressable": 1, "customer": 1}
    for holder in (answer, answer["new"]):
        assert {name: set(holder[name]) for name in BLOCKS} == BLOCKS
    told = {name: {bucket: count for bucket, count in answer[name].items() if count} for name in BLOCKS}
    assert told == {
        "session_source": {"direct": 1, "search": 1, "email": 1, "unavailable": 1},
        "browser": {"firefox": 1, "chrome": 1, "mobileapp": 2},
        "os": {"android": 1, "ios": 1, "mac": 1, "linux": 1},
        "device": {"desktop": 2, "mobile": 1, "tablet": 1},
    }


def test_the_new_block_tells_the_other_breakdowns_of_first_time_users(door: Door) -> None:
    fill(door)
    new = door.gets("POST", PATH, {"new": True})["new"]
    assert list(new) == list(BLOCKS)
    assert {sum(block.values()) for block in new.values()} == {2}, "the reader and the one with an address"
    assert new["device"] == {"desktop": 1, "mobile": 0, "tablet": 1}


def test_a_flag_that_is_false_or_missing_leaves_its_block_out(door: Door) -> None:
    answer = door.gets("POST", PATH, {"user_type": True, "os": True, "device": False})
    assert answer.keys() == {"status", "count", "user_type", "os", "last_processed_ts"}


def test_the_newest_table_knows_only_the_user_type(make_door: MakeDoor) -> None:
    answer = make_door(now_has_only_user_type=True).gets("POST", PATH, EVERYTHING)
    assert answer.keys() == {"status", "count", "user_type", "last_processed_ts"}


def test_another_method_a_bad_flag_and_an_unknown_account_are_refused(door: Door) -> None:
    assert door.ask("GET", PATH) == (405, {"status": "fail", "error": "Method Not Allowed", "code": 405})
    assert door.ask("POST", PATH, {"os": "yes"})[0] == 400
    unknown = {"status": "fail", "error": "Account ID is not valid", "code": 401}
    assert door.ask("POST", PATH, {}, {"X-CleverTap-Account-Id": "AAA-BBB-CCCZ"}) == (401, unknown)
