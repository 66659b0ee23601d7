"""POST /1/upload as data 5 describes it: its own examples, every record code of 3.3, and the readings left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

UPLOAD = "/1/upload"
PROFILE = "Profile data is incorrect. "
EVENT = "Event Name is incorrect. ErrorCode: "
SKIPPED = "Skipped record number : 1"
MIRA = {
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
COURSE = {
    "identity": "cust-9001",
    "type": "event",
    "ts": 1767225660,
    "evtName": "Course Started",
    "evtData": {"Course": "Pottery 101", "Price": 49.5, "Gift": False, "Starts": "$D_1768000000"},
}
PURCHASE: dict[str, Any] = {
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
}
TOKENS = [
    {"type": "token", "objectId": "__f00dbabe", "tokenData": {"id": "fcmtok:AA-1", "type": "fcm"}},
    {
        "type": "token",
        "objectId": "webguid0001",
        "tokenData": {"id": "webtok-2", "type": "chrome", "keys": {"p256dh": "BBpub", "auth": "aUtH=="}},
    },
]
PLAIN: dict[str, Any] = {"identity": "cust-9001", "type": "profile", "profileData": {"Plan": "Gold"}}
JANUARY = {"from": 20260101, "to": 20260131}


def success(processed: int) -> dict[str, Any]:
    return {"status": "success", "processed": processed, "unprocessed": []}


def refused(code: int, error: str, record: Any) -> dict[str, Any]:
    return {"status": "fail", "code": code, "error": error, "record": record}


def events(door: Door, name: str) -> list[Any]:
    """What an export has of an event."""
    cursor = door.gets("POST", "/1/events.json?events=false&profile=false", {"event_name": name, **JANUARY})["cursor"]
    found: list[Any] = door.gets("GET", f"/1/events.json?cursor={cursor}")["records"]
    return found


def profile(door: Door, who: str = "identity=cust-9001") -> Any:
    return door.gets("GET", f"/1/profile.json?{who}")["record"]


def test_the_sample_profile_is_taken_with_every_operator(door: Door) -> None:
    assert door.ask("POST", UPLOAD, {"d": [MIRA]}) == (200, success(1))
    record = profile(door)
    assert (record["email"], record["phone"], record["name"]) == ("mira@example.org", "34911222333", "Mira Solano")
    assert record["profileData"] == {
        "Gender": "F",
        "DOB": "$D_631152000",
        "Employed": "Y",
        "Education": "Graduate",
        "Married": "N",
        "MSG-email": True,
        "Plan": "Gold",
        "Last Visit": "$D_1767000000",
        "Favourite Teams": ["Blue", "Green"],
        "Colours": ["red", "teal"],
        "Visits": 3,
        "Credits": -10,
        "Age": 36,
    }


def test_the_sample_events_are_taken_and_exported_as_they_were_sent(door: Door) -> None:
    assert door.ask("POST", UPLOAD, {"d": [COURSE, PURCHASE]}) == (200, success(2))
    (course,), (purchase,) = events(door, "Course Started"), events(door, "Charged")
    assert course["event_props"] == COURSE["evtData"]
    assert purchase["event_props"] == PURCHASE["evtData"]
    assert list(purchase["event_props"]) == list(PURCHASE["evtData"])
    assert (course["ts"], purchase["ts"]) == (20260101000100, 20260101000200)
    assert purchase["profile"] == {"objectId": "__a0b1c2d3e4f5", "platform": "Android"}


def test_the_sample_tokens_are_taken(door: Door) -> None:
    assert door.ask("POST", UPLOAD, {"d": TOKENS}) == (200, success(2))
    device = {"platform": "Android", "push_token": "fcmtok:AA-1", "objectId": "__f00dbabe"}
    assert profile(door, "objectId=__f00dbabe")["platformInfo"] == [device]


def test_the_types_of_newest_page_are_in_capitals(door: Door) -> None:
    token = {"type": "token", "objectId": "-a", "tokenData": {"id": "t", "type": "APNS"}}
    assert door.gets("POST", UPLOAD, {"d": [token]}) == success(1)


def test_kinds_may_be_mixed_in_their_order(door: Door) -> None:
    assert door.gets("POST", UPLOAD, {"d": [MIRA, COURSE, *TOKENS]}) == success(4)
    assert profile(door)["events"]["Course Started"]["count"] == 1


BAD_EMAIL = {"identity": "cust-9002", "type": "profile", "profileData": {"Email": "not-an-email"}}
BAD_PHONE = {"identity": "cust-9003", "type": "profile", "profileData": {"Phone": "12"}}
NAMELESS = {"identity": "cust-9001", "type": "event", "evtData": {"Course": "Pottery 101"}}
RESTRICTED = {"identity": "cust-9001", "type": "event", "evtName": "App Launched", "evtData": {}}
NO_TOKEN = {"type": "token", "objectId": "__f00dbabe", "tokenData": {"type": "fcm"}}
ODD_TOKEN = {"type": "token", "objectId": "-ios0001", "tokenData": {"id": "x", "type": "fcm"}}


@pytest.mark.parametrize(
    ("good", "bad", "code", "error"),
    [
        (PLAIN, BAD_EMAIL, 515, f"{PROFILE}Email is not valid.Skipped record number : 2"),
        (COURSE, NAMELESS, 509, f"{EVENT}509 - Event name is mandatory. Skipped record number : 2"),
        (TOKENS[1], NO_TOKEN, 532, "Token id is missing. Skipped record number : 2"),
    ],
)
def test_the_sample_partial_answers(
    door: Door, good: dict[str, Any], bad: dict[str, Any], code: int, error: str
) -> None:
    partial = {"status": "partial", "processed": 1, "unprocessed": [refused(code, error, bad)]}
    assert door.ask("POST", UPLOAD, {"d": [good, bad]}) == (200, partial)


@pytest.mark.parametrize(
    ("bad", "code", "error"),
    [
        (BAD_PHONE, 516, f"{PROFILE}Phone number is not valid.{SKIPPED}"),
        (RESTRICTED, 513, f"{EVENT}513 - Trying to raise a restricted system event. {SKIPPED}"),
        (ODD_TOKEN, 534, f"Token type not valid for objectId. {SKIPPED}"),
    ],
)
def test_the_sample_answers_to_nothing_but_refused_records(
    door: Door, bad: dict[str, Any], code: int, error: str
) -> None:
    fail = {"status": "fail", "processed": 0, "unprocessed": [refused(code, error, bad)]}
    assert door.ask("POST", UPLOAD, {"d": [bad]}) == (200, fail)


def test_the_sample_of_a_refused_request(door: Door) -> None:
    wrong = {"X-CleverTap-Passcode": "wrong"}
    fail = {"status": "fail", "error": "Invalid Credentials", "code": 401}
    assert door.ask("POST", UPLOAD, {"d": [MIRA]}, wrong) == (401, fail)
    assert profile(door) is None


@pytest.mark.parametrize(
    ("data", "code", "error"),
    [
        ({"Email": "x"}, 515, f"{PROFILE}Email is not valid.{SKIPPED}"),
        ({"Phone": "223"}, 516, f"{PROFILE}Phone number is not valid.{SKIPPED}"),
        ({"Phone": "+44+441234"}, 516, f"{PROFILE}Phone number is not valid.{SKIPPED}"),
        ({"Employed": "x"}, 517, f"{PROFILE}Employed needs to be Y/N.{SKIPPED}"),
        ({"Education": "x"}, 518, f"{PROFILE}Education needs to be School/College/Graduate..{SKIPPED}"),
        ({"Married": "223"}, 519, f"{PROFILE}Married needs to be Y/N.{SKIPPED}"),
        ({"Age": "aa"}, 520, f"{PROFILE}Age is invalid.{SKIPPED}"),
    ],
)
def test_every_text_seen_on_the_wire(door: Door, data: dict[str, Any], code: int, error: str) -> None:
    record = {"identity": "cust-9001", "type": "profile", "profileData": data}
    assert door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"] == [refused(code, error, record)]


@pytest.mark.parametrize("ts", [0, "2026-01-01T00:00:00Z", None, 1.5, -1, True])
def test_a_time_that_is_no_epoch_second_is_refused(door: Door, ts: Any) -> None:
    record = {**COURSE, "ts": ts}
    error = f"Timestamp should be present in the Unix Epoch format. {SKIPPED}"
    assert door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"] == [refused(525, error, record)]


FLAWS: list[tuple[dict[str, Any], int]] = [
    ({"type": "thing"}, 524),
    ({"identity": None}, 523),
    ({"ts": 0}, 525),
]
"""What is wrong with a record of any type, in the order of the checks."""
EVENT_FLAWS: list[tuple[dict[str, Any], int]] = [
    *FLAWS,
    ({"evtName": ""}, 509),
    ({"evtName": "Stayed"}, 513),
    ({"evtName": "Old Event"}, 528),
    ({"evtData": {f"p{number}": number for number in range(257)}}, 522),
]
PROFILE_FLAWS: list[tuple[dict[str, Any], int]] = [
    ({"Gender": "X"}, 514),
    ({"Email": "x"}, 515),
    ({"Phone": "1"}, 516),
    ({"Employed": "x"}, 517),
    ({"Education": "x"}, 518),
    ({"Married": "x"}, 519),
    ({"Age": "x"}, 520),
]


def test_checks_of_an_event_come_in_their_order(make_door: MakeDoor) -> None:
    door = make_door(discarded_events=frozenset({"oldevent"}))
    for place, (_, code) in enumerate(EVENT_FLAWS):
        # Of two flaws in one field only the first can be there.
        flaws = reversed(EVENT_FLAWS[place:])
        record = {**COURSE, **{key: value for flaw, _ in flaws for key, value in flaw.items()}}
        assert door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"][0]["code"] == code
    assert door.gets("POST", UPLOAD, {"d": [COURSE]}) == success(1)


def test_checks_of_a_profile_come_in_their_order(door: Door) -> None:
    for place, (_, code) in enumerate(PROFILE_FLAWS):
        data = {key: value for flaw, _ in PROFILE_FLAWS[place:] for key, value in flaw.items()}
        for flaw, earlier in (*FLAWS, ({}, code)):
            record = {"identity": "a", "type": "profile", "profileData": data, **flaw}
            assert door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"][0]["code"] == earlier


def test_checks_of_a_token_come_in_their_order(make_door: MakeDoor) -> None:
    door = make_door(tokens_need_device=True)
    chrome: dict[str, Any] = {"type": "token", "objectId": "web-1"}
    door.upload({"type": "profile", "objectId": "web-1", "profileData": {}})
    found = [
        door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"][0]["code"]
        for record in (
            {**chrome, "objectId": "never-seen", "tokenData": 1},
            {**chrome, "tokenData": 1},
            {**chrome, "tokenData": {}},
            {**chrome, "tokenData": {"id": "t"}},
            {**chrome, "tokenData": {"id": "t", "type": "fcm"}},
            {**chrome, "tokenData": {"id": "t", "type": "chrome"}},
        )
    ]
    assert found == [530, 531, 532, 533, 534, 535]


def test_the_echo_is_normalised_as_far_as_the_checks_had_come(door: Door) -> None:
    data = {"identity": 77, "Phone": "+35922333232"}
    phone = {"identity": 77, "Phone": 35922333232}
    age = {"identity": "77", "Phone": 35922333232}
    for flaw, echoed in (
        ({"Email": "x"}, data),
        ({"Employed": "x"}, phone),
        ({"Education": "x"}, phone),
        ({"Married": "x"}, phone),
        ({"Age": "x"}, age),
    ):
        record = {"identity": "a", "type": "profile", "profileData": {**data, **flaw}}
        (found,) = door.gets("POST", UPLOAD, {"d": [record]})["unprocessed"]
        assert found["record"] == {**record, "profileData": {**echoed, **flaw}}
        assert list(found["record"]["profileData"]) == [*data, *flaw]


@pytest.mark.parametrize(("parameters", "stored"), [("?dryRun=1", False), ("?dryRun=0", True), ("", True)])
def test_a_dry_run_answers_the_same_and_stores_nothing(door: Door, parameters: str, stored: bool) -> None:
    answer = door.gets("POST", f"{UPLOAD}{parameters}", {"d": [PLAIN, BAD_EMAIL]})
    assert (answer["status"], answer["processed"], len(answer["unprocessed"])) == ("partial", 1, 1)
    assert (profile(door) is not None) is stored


@pytest.mark.parametrize(
    "nobody",
    [
        "undefined",
        "null",
        "NA",
        "n/a",
        "0",
        0,
        "nil",
        "-1",
        -1,
        "Infinity",
        "-inf",
        "NaN",
        "",
        "xxxxxx",
        "none",
        "x" * 1025,
    ],
)
def test_values_that_name_nobody_are_refused(door: Door, nobody: Any) -> None:
    assert door.gets("POST", UPLOAD, {"d": [{**PLAIN, "identity": nobody}]})["unprocessed"][0]["code"] == 523


@pytest.mark.parametrize("name", ["Experiment Rendered", "reachable by", "IDENTITYRESET", "Web Page Viewed"])
def test_reserved_names_are_compared_without_case_and_spaces(door: Door, name: str) -> None:
    assert door.gets("POST", UPLOAD, {"d": [{**COURSE, "evtName": name}]})["unprocessed"][0]["code"] == 513


def test_an_empty_list_is_a_success_and_anything_but_a_list_malformed(door: Door) -> None:
    assert door.ask("POST", UPLOAD, {"d": []}) == (200, success(0))
    malformed = {"status": "fail", "error": "Malformed JSON", "code": 400}
    assert door.ask("POST", UPLOAD, {"d": {}}) == (400, malformed)
    assert door.ask("POST", UPLOAD, b'{"d": [ /* a comment */ ]}') == (400, malformed)


def test_more_than_a_thousand_records_or_a_hundred_tokens_are_refused_whole(make_door: MakeDoor) -> None:
    door = make_door()
    for records in ([PLAIN] * 1001, TOKENS[:1] * 101):
        status, answer = door.ask("POST", UPLOAD, {"d": records})
        assert (status, answer["status"], answer["code"]) == (400, "fail", 400)
    assert door.gets("POST", UPLOAD, {"d": TOKENS[:1] * 100}) == success(100)
    assert make_door(tokens_per_upload=1000).gets("POST", UPLOAD, {"d": TOKENS[:1] * 101}) == success(101)


def test_other_readings_of_the_status_and_the_list(make_door: MakeDoor) -> None:
    lists_on_success = make_door(partial_says_success=True).gets("POST", UPLOAD, {"d": [PLAIN, BAD_EMAIL]})
    assert (lists_on_success["status"], len(lists_on_success["unprocessed"])) == ("success", 1)
    fails_without = make_door(fail_lists_nothing=True).gets("POST", UPLOAD, {"d": [NAMELESS]})
    assert fails_without == {"status": "fail", "processed": 0, "unprocessed": []}


def test_too_many_properties_may_be_trimmed_instead(make_door: MakeDoor) -> None:
    door = make_door(refuses_522=False)
    event = {**COURSE, "evtData": {f"p{number}": number for number in range(300)}}
    assert door.gets("POST", UPLOAD, {"d": [event]}) == success(1)
    (stored,) = events(door, "Course Started")
    assert list(stored["event_props"]) == [f"p{number}" for number in range(256)]


LOSSY = {
    "Kept": "x" * 512,
    "Long": "x" * 513,
    "Bad.Name": 1,
    "n" * 121: 1,
    "Hash#": 2,
    "Null": None,
    "Nested": {"a": 1},
    "List": ["a"],
}


def test_what_is_bad_in_an_event_gets_lost_without_a_word(make_door: MakeDoor) -> None:
    items = [{"Title": str(number)} for number in range(300)]
    bought = {**PURCHASE, "evtData": {"Items": items, "Amount": 1}}
    for lossy, kept, count in ((True, {"Kept", "Hash#"}, 256), (False, set(LOSSY) - {"Null", "Nested", "List"}, 300)):
        door = make_door(loses_silently=lossy)
        assert door.gets("POST", UPLOAD, {"d": [{**COURSE, "evtData": LOSSY}, bought]}) == success(2)
        assert set(events(door, "Course Started")[0]["event_props"]) == kept
        props = events(door, "Charged")[0]["event_props"]
        assert (list(props), len(props["Items"])) == (["Items", "Amount"], count)


def test_what_is_bad_in_a_profile_gets_lost_without_a_word(make_door: MakeDoor) -> None:
    sent = {**LOSSY, "List": ["a", "x" * 513], "Added": {"$add": ["b", "x" * 513]}}
    for lossy in (True, False):
        door = make_door(loses_silently=lossy)
        assert door.gets("POST", UPLOAD, {"d": [{**PLAIN, "profileData": sent}]}) == success(1)
        stored = profile(door)["profileData"]
        lost = {"Long", "Bad.Name", "n" * 121, "Hash#"} if lossy else set()
        assert set(stored) == set(sent) - {"Null", "Nested"} - lost
        assert stored["List"] == (["a"] if lossy else sent["List"])
        assert stored["Added"] == (["b"] if lossy else ["b", "x" * 513])


def test_an_account_has_512_types_of_events_and_a_person_256_keys(door: Door) -> None:
    names = [{**COURSE, "evtName": f"Event {number}"} for number in range(520)]
    keys = {**PLAIN, "profileData": {f"key {number}": number for number in range(300)}}
    door.upload(*names, {**COURSE, "evtName": "Bad!"}, keys)
    record = profile(door)
    assert (len(record["events"]), len(record["profileData"])) == (512, 256)


def operated(door: Door, before: Any, operator: Any) -> Any:
    """What becomes of a value."""
    reset = {"Key": {"$delete": 1}} if before is None else {"Key": before}
    door.upload({**PLAIN, "profileData": reset}, {**PLAIN, "profileData": {"Key": operator}})
    return profile(door)["profileData"].get("Key")


def test_the_operator_table(door: Door) -> None:
    """On a missing key, on a scalar, on a multi-value."""
    missing, scalar, several = None, 7, ["a", "b"]
    assert [operated(door, each, {"$set": ["b"]}) for each in (missing, scalar, several)] == [["b"], ["b"], ["b"]]
    added = [operated(door, each, {"$add": ["b"]}) for each in (missing, scalar, several)]
    assert added == [["b"], ["7", "b"], ["a", "b"]]
    removed = [operated(door, each, {"$remove": ["b"]}) for each in (missing, scalar, several)]
    assert removed == [None, ["7"], ["a"]]
    assert operated(door, several, {"$remove": ["a", "b"]}) is None
    assert [operated(door, each, {"$delete": 1}) for each in (missing, scalar, several)] == [None, None, None]
    assert [operated(door, each, {"$incr": 1.5}) for each in (missing, scalar, several)] == [1.5, 8.5, ["a", "b"]]
    assert [operated(door, each, {"$decr": 2}) for each in (missing, scalar, several)] == [-2, 5, ["a", "b"]]
    assert operated(door, several, ["red", "red", 5, True]) == ["red", "5", "true"]


def test_the_oldest_of_more_than_a_hundred_entries_go_first(door: Door) -> None:
    entries = [str(number) for number in range(99)]
    assert operated(door, entries, {"$add": ["x", "y", "z"]}) == [*entries[2:], "x", "y", "z"]


def test_increments_may_have_no_effect_over_rest(make_door: MakeDoor) -> None:
    assert operated(make_door(increments=False), 7, {"$incr": 1}) == 7
