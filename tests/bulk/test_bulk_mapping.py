"""Rows become the records that CleverTap takes, or are refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_bulk.mapping import Mapping, guess
from clevertap_bulk.reading import Row
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.records import RESERVED_EVENTS

BERLIN = ProjectTime(ZoneInfo("Europe/Berlin"), 1_780_000_000)
UNKNOWN = ProjectTime(None, 1_780_000_000)
NOON = int(datetime(2026, 3, 31, 12, 0, 0, tzinfo=UTC).timestamp())


def events(**more: Any) -> Mapping:
    return Mapping.from_json({"kind": "events", "identity": "id", "event": "Tasted"} | more)


def people(*properties: dict[str, Any], **more: Any) -> Mapping:
    return Mapping.from_json({"kind": "people", "identity": "id", "properties": list(properties)} | more)


def made(mapping: Mapping, time: ProjectTime = BERLIN, **values: Any) -> dict[str, Any]:
    return mapping.record(Row(0, {"id": "c-1"} | values, None, None), time)


def refusal(mapping: Mapping, time: ProjectTime = BERLIN, **values: Any) -> str:
    with pytest.raises((ValueError, InvalidArgumentsError)) as refused:
        made(mapping, time, **values)
    return str(getattr(refused.value, "message", refused.value))


def test_an_event_has_its_person_its_time_its_name_and_its_properties() -> None:
    mapping = Mapping.from_json(
        {
            "kind": "events",
            "identity": "customer_id",
            "time": "date",
            "event": "Charged",
            "properties": [
                {"column": "quantity", "name": "Quantity", "type": "number"},
                {"column": "amount", "type": "number"},
                {"column": "first", "type": "boolean"},
                {"column": "until", "type": "date"},
                {"column": "shop"},
            ],
        }
    )
    row = {"customer_id": "0001", "date": "1997-01-01", "quantity": "2", "amount": "29.33", "first": "yes",
           "until": "2026-03-31T12:00:00Z", "shop": ""}  # fmt: skip
    assert mapping.record(Row(0, row, None, None), BERLIN) == {
        "type": "event",
        "identity": "0001",
        "ts": 852073200,
        "evtName": "Charged",
        "evtData": {"Quantity": 2, "amount": 29.33, "first": True, "until": f"$D_{NOON}"},
    }


def test_a_person_has_a_profile() -> None:
    mapping = people({"column": "mail", "name": "Email"}, {"column": "tags", "type": "list", "separator": "|"})
    assert made(mapping, mail="a@example.org", tags="a| b||c") == {
        "type": "profile",
        "identity": "c-1",
        "profileData": {"Email": "a@example.org", "tags": ["a", "b", "c"]},
    }


def test_a_token_belongs_to_a_device() -> None:
    mapping = Mapping.from_json(
        {"kind": "tokens", "objectId": "device", "token": "tokenData.id", "token_type_column": "tokenData.type"}
    )
    values = {"device": "__1", "tokenData": {"id": "t-1", "type": "FCM"}}
    token = {"id": "t-1", "type": "fcm"}
    record = mapping.record(Row(0, values, None, None), BERLIN)
    assert record == {"type": "token", "objectId": "__1", "tokenData": token}


def test_records_as_clevertap_documents_them_pass_as_they_are() -> None:
    mapping = Mapping.from_json(
        {
            "kind": "events",
            "identity": "identity",
            "objectId": "objectId",
            "time": "ts",
            "event_column": "evtName",
            "spread": "evtData",
        }
    )
    records = [
        {
            "identity": "c-1",
            "ts": 1_767_225_660,
            "evtName": "Charged",
            "evtData": {"Amount": 62.0, "Items": [{"Title": "Clay"}]},
        },
        {"objectId": "__1", "ts": 1_767_225_661, "evtName": "Tasted", "evtData": {}},
    ]
    for record in records:
        assert mapping.record(Row(0, {"type": "event", **record}, None, None), BERLIN) == {"type": "event", **record}


SAME_MOMENT = [
    "2026-03-31T12:00:00Z",
    "2026-03-31 12:00:00Z",
    "2026-03-31t12:00:00z",
    "2026-03-31T14:00:00+02:00",
    "2026-03-31T14:00:00",
    "2026-03-31 14:00",
    "20260331T140000",
    "20260331T120000Z",
    "20260331140000",
    "2026-03-31T12:00:00.999999999Z",
    "2026-03-31T07:00:00,5-05",
    "2026-090T14:00:00",
    "2026-W14-2T14:00",
    "2026-03-31 12:00:00 UTC",
    " 2026-03-31T12:00:00Z ",
    str(NOON),
    f"{NOON}.75",
    f"{NOON}000",
    f"{NOON}000000",
    f"{NOON}000000000",
    NOON,
    NOON * 1_000,
    float(NOON),
    Decimal(NOON),
    datetime(2026, 3, 31, 12, tzinfo=UTC),
    datetime(2026, 3, 31, 14),  # noqa: DTZ001 - naive times are what is tested
]


@pytest.mark.parametrize("written", SAME_MOMENT, ids=str)
def test_a_time_is_the_same_moment_however_it_is_written(written: object) -> None:
    assert made(events(time="at"), at=written)["ts"] == NOON


@pytest.mark.parametrize("written", ["2026-03-31", "20260331", "2026-090", date(2026, 3, 31)], ids=str)
def test_a_day_begins_in_the_zone_of_the_project(written: object) -> None:
    assert made(events(time="at"), at=written)["ts"] == NOON - 14 * 3600


@pytest.mark.parametrize("written", ["soon", "31/03/2026", "2026-13-01", "1e9", "٣", "9" * 30, float("nan"), True])
def test_what_is_no_time_is_refused_without_being_repeated(written: object) -> None:
    said = refusal(events(time="at"), at=written)
    assert said.startswith("'at' ")
    assert str(written) not in said


@pytest.mark.parametrize("written", ["2026", "202603", 2026])
def test_a_small_number_is_no_time_until_its_unit_is_named(written: object) -> None:
    assert "may be a year" in refusal(events(time="at"), at=written)
    assert made(events(time="at", time_unit="seconds"), at=written)["ts"] == int(str(written))
    assert (
        made(people({"column": "x", "type": "date", "unit": "seconds"}), x="-86400")["profileData"]["x"] == "$D_-86400"
    )


def test_a_unit_that_is_named_is_not_guessed() -> None:
    assert made(events(time="at", time_unit="milliseconds"), at="1500")["ts"] == 1
    assert "'at' is no time" in refusal(events(time="at", time_unit="iso"), at=str(NOON))
    assert made(events(time="at", time_unit="iso"), at="20260331T140000")["ts"] == NOON


def test_times_without_an_offset_need_a_zone() -> None:
    assert "time zone is not set" in refusal(events(time="at"), UNKNOWN, at="2026-03-31T14:00:00")
    assert made(events(time="at"), UNKNOWN, at="2026-03-31T12:00:00Z")["ts"] == NOON
    assert made(events(time="at", zone="Asia/Kolkata"), UNKNOWN, at="2026-03-31T17:30:00")["ts"] == NOON
    assert made(events(time="at", zone="Asia/Kolkata"), BERLIN, at="2026-03-31T17:30:00")["ts"] == NOON


def test_an_event_whose_time_is_empty_is_refused_and_a_person_is_not() -> None:
    assert "CleverTap would take the time of the import" in refusal(events(time="at"), at="")
    assert "ts" not in made(people(time="at"), at=None)
    assert "ts" not in made(events())


TYPED = [
    ("number", "12", 12),
    ("number", " -0.5 ", -0.5),
    ("number", "1e3", 1000.0),
    ("number", "007", 7),
    ("number", Decimal("29.33"), 29.33),
    ("number", Decimal(3), 3),
    ("boolean", "TRUE", True),
    ("boolean", "n", False),
    ("boolean", 1, True),
    ("date", "2026-03-31T12:00:00Z", f"$D_{NOON}"),
    ("date", "1960-01-01T00:00:00Z", "$D_-315619200"),
    ("list", '["a", 1, null]', ["a", "1"]),
    ("list", "a,b", ["a", "b"]),
    ("list", ["a", 2.5], ["a", "2.5"]),
    ("json", '{"$add": ["a"]}', {"$add": ["a"]}),
    ("json", {"$incr": 1}, {"$incr": 1}),
    ("text", 12, "12"),
    ("text", True, "true"),
    ("text", b"ab", "ab"),
    ("auto", "12", "12"),
    ("auto", 12, 12),
    ("auto", False, False),
    ("auto", date(2026, 3, 31), f"$D_{NOON - 14 * 3600}"),
    ("auto", ["a", "b"], ["a", "b"]),
    ("auto", 0, 0),
]


@pytest.mark.parametrize(("kind", "cell", "value"), TYPED)
def test_a_cell_becomes_a_value_of_its_type(kind: str, cell: object, value: object) -> None:
    found = made(people({"column": "x", "type": kind}), x=cell)["profileData"]["x"]
    assert (found, type(found)) == (value, type(value))


UNTYPED = [
    ("number", "1,234.5"),
    ("number", "1_000"),
    ("number", "nan"),
    ("number", "1e999"),
    ("number", "0x10"),
    ("number", "١٢"),
    ("number", True),
    ("number", float("inf")),
    ("auto", float("nan")),
    ("auto", {"a": 1}),
    ("auto", b"\xff"),
    ("boolean", "maybe"),
    ("boolean", 2),
    ("date", "yesterday"),
    ("list", '["a"'),
    ("list", [{"a": 1}]),
    ("json", "{'a': 1}"),
    ("json", "[NaN]"),
    ("text", {"a": 1}),
]


@pytest.mark.parametrize(("kind", "cell"), UNTYPED)
def test_a_cell_without_such_a_value_is_refused_by_its_column(kind: str, cell: object) -> None:
    assert refusal(people({"column": "x", "type": kind}), x=cell).startswith("'x' ")


@pytest.mark.parametrize("cell", ["", None])
@pytest.mark.parametrize("kind", ["auto", "text", "number", "boolean", "date", "list", "json"])
def test_an_empty_cell_is_no_value(kind: str, cell: object) -> None:
    assert made(people({"column": "x", "type": kind}), x=cell)["profileData"] == {}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"id": ""}, "names nobody"),
        ({"id": "null"}, "refuses as an identity"),
        ({"id": "x" * 1_025}, "longer than 1024"),
        ({"name": "App Launched"}, "only CleverTap raises"),
        ({"name": ""}, "'evtName' is missing"),
        ({"data": {"a": "x" * 513}}, "longer than 512"),
        ({"data": {f"p{n}": n for n in range(257)}}, "CleverTap keeps 256"),
    ],
)
def test_the_rules_for_all_uploads_hold_for_rows_in_the_same_words(values: dict[str, Any], why: str) -> None:
    mapping = events(event="", event_column="name", spread="data")
    assert why in refusal(mapping, **{"name": "Tasted"} | values)


def test_whoever_is_named_by_a_number_is_named_by_its_digits() -> None:
    assert [made(events(), id=each)["identity"] for each in (17, 17.0, "017")] == ["17", "17", "017"]


def test_each_row_may_name_its_person_in_another_way() -> None:
    mapping = events(objectId="device")
    assert made(mapping, id="", device="__1")["objectId"] == "__1"
    assert "has both" in refusal(mapping, device="__1")


def test_a_row_with_a_fault_is_refused_for_it() -> None:
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        events().record(Row(3, {}, 0, "is not UTF-8 text"), BERLIN)


OPEN = [
    ({"kind": "events", "event": "A"}, "no column says whom"),
    ({"kind": "events", "identity": "id"}, "which event is it"),
    ({"kind": "events", "identity": "id", "event": "A"}, "no column says when the events happened"),
    ({"kind": "events", "identity": "id", "event": "A", "event_column": "e"}, "which event is it"),
    ({"kind": "tokens", "objectId": "id"}, "which tokens"),
    ({"kind": "tokens", "identity": "id", "token": "t", "token_type": "fcm"}, "tokens belong to devices"),
    ({"kind": "people", "identity": "id", "properties": [{"column": "a", "name": "b"}, {"column": "b"}]}, "2 columns"),
    ({"kind": "people", "identity": "id", "properties": [{"column": "a.b"}]}, "needs a 'name'"),
    ({"kind": "people", "identity": "nobody"}, "the file has no column 'nobody'"),
]


@pytest.mark.parametrize(("given", "why"), OPEN)
def test_a_mapping_that_no_row_could_follow_is_refused_at_once(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=why) as refused:
        Mapping.from_json(given).check(["id", "e", "t", "a", "b", "a.b"])
    assert refused.value.field == "mapping"


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "events", "event": RESERVED_EVENTS[0]},
        {"kind": "events", "event": "a.b"},
        {"kind": "people", "zone": "Mars/Olympus"},
        {"kind": "people", "zone": "../../etc/passwd"},
        {"kind": "people", "properties": [{"column": "a", "name": "a$b"}]},
        {"kind": "people", "properties": [{"column": "a", "type": "money"}]},
        {"kind": "people", "surprise": 1},
        {},
    ],
)
def test_a_mapping_that_says_what_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentsError):
        Mapping.from_json(given)


def test_a_mapping_goes_into_a_plan_and_comes_back() -> None:
    mapping = guess(["id", "at", "x"], [{"id": "1", "at": "2026-01-01", "x": "1"}], "events", events(zone="UTC"))
    assert Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


def test_the_schema_of_a_mapping_is_flat() -> None:
    schema = Mapping.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "anyOf" not in json.dumps(schema)


def guessed(kind: Any, samples: list[dict[str, Any]], **asked: Any) -> dict[str, Any]:
    columns = list(dict.fromkeys(column for each in samples for column in each))
    known = Mapping.from_json({"kind": kind} | asked) if asked else None
    return guess(columns, samples, kind, known).to_json()


def test_events_are_guessed_from_their_columns_but_for_a_name_that_stands_in_none() -> None:
    row = {"customer_id": "0001", "date": "1997-01-01", "quantity": "2", "amount": "29.33"}
    assert guessed("events", [row]) == {
        "kind": "events",
        "identity": "customer_id",
        "time": "date",
        "properties": [{"column": "quantity", "type": "number"}, {"column": "amount", "type": "number"}],
    }


ORDERED = [{"ordered": "2026-03-01 18:05"}, {"ordered": date(2026, 3, 1)}, {"ordered": "n/a"}]


@pytest.mark.parametrize(
    ("samples", "column"),
    [
        (ORDERED, "ordered"),
        ([{"seen_at": "1767225600"}, {"seen_at": "1767225601000"}, {"seen_at": "?"}], "seen_at"),
        ([{"age": "1767225600"}], ""),
        ([{"ordered": "n/a"}, {"ordered": "soon"}, {"ordered": "2026-03-01"}], ""),
    ],
)
def test_a_column_of_which_most_values_are_times_is_the_time(samples: list[dict[str, Any]], column: str) -> None:
    assert guessed("events", [{"id": "1"} | each for each in samples]).get("time", "") == column


@pytest.mark.parametrize("column", ["birthday", "date_of_birth", "customer dob", "DOB", "bornOn"])
def test_births_are_never_taken_for_the_time_of_an_event(column: str) -> None:
    found = guessed("events", [{"id": "1", column: "1980-01-01", "ordered": "2026-03-01"}])
    assert found["time"] == "ordered"
    assert "time" not in guessed("events", [{"id": "1", column: "1980-01-01"}])


def test_why_a_row_was_refused_and_columns_without_a_name_are_never_sent() -> None:
    row = {"id": "1", "": "x", "clevertap_code": 5, "clevertap_reason": "no", "n": 1}
    assert guessed("people", [row])["properties"] == [{"column": "n"}]
    with pytest.raises(InvalidArgumentsError, match="'clevertap_reason' says why a row was not taken"):
        people({"column": "clevertap_reason"}).check()


ENDLESS = 10**400


@pytest.mark.parametrize("kind", ["auto", "text", "number", "date", "list"])
def test_a_number_beyond_all_bounds_is_refused_with_its_row(kind: str) -> None:
    assert refusal(people({"column": "x", "type": kind}), x=[ENDLESS] if kind == "list" else ENDLESS).startswith("'x' ")
    assert refusal(events(time="at"), at=ENDLESS).startswith("'at' ")
    assert refusal(events(), id=ENDLESS).startswith("'id' ")


def test_people_are_guessed_with_the_names_that_clevertap_knows() -> None:
    row = {"email": "a@example.org", "Full Name": "A", "birthday": "1980-01-01", "vip": "TRUE", "zip": "12345",
           "tags": '["a"]', "joined_at": "1767225600", "utm.source": "x", "ref": "007", "address": {"city": "B"}}  # fmt: skip
    assert guessed("people", [row]) == {
        "kind": "people",
        "identity": "email",
        "properties": [
            {"column": "Full Name", "name": "Name"},
            {"column": "birthday", "name": "DOB", "type": "date"},
            {"column": "vip", "type": "boolean"},
            {"column": "zip"},
            {"column": "tags", "type": "list"},
            {"column": "joined_at", "type": "date"},
            {"column": "utm.source", "name": "utm source"},
            {"column": "ref"},
            {"column": "address", "type": "json"},
            {"column": "email", "name": "Email"},
        ],
    }


@pytest.mark.parametrize(("births", "unit"), [(["-86400", "500000000"], "seconds"), (["19800101"], "auto")])
def test_births_in_seconds_are_told_from_days(births: list[str], unit: str) -> None:
    mapping = Mapping.from_json(guessed("people", [{"id": "1", "dob": each} for each in births]))
    assert [(each.key, each.type, each.unit) for each in mapping.properties] == [("DOB", "date", unit)]


def test_records_as_clevertap_documents_them_are_recognised() -> None:
    event = {"type": "event", "identity": "c", "ts": NOON, "evtName": "A", "evtData": {"a": 1}}
    expected = {
        "identity": "identity",
        "time": "ts",
        "time_unit": "seconds",
        "event_column": "evtName",
        "spread": "evtData",
    }
    assert guessed("events", [event]) == {"kind": "events"} | expected
    token = {"type": "token", "objectId": "__1", "tokenData": {"id": "t", "type": "fcm"}}
    expected = {"objectId": "objectId", "token": "tokenData.id", "token_type_column": "tokenData.type"}
    assert guessed("tokens", [token]) == {"kind": "tokens"} | expected


def test_what_was_asked_for_is_not_guessed_over() -> None:
    row = {"user_id": "1", "buyer": "2", "date": "2026-01-01", "seen": "2026-01-02", "amount": "1"}
    asked = {"identity": "buyer", "time": "seen", "event": "Bought"}
    found = guessed("events", [row], **asked)
    assert {name: found[name] for name in asked} == asked
    assert [each["column"] for each in found["properties"]] == ["user_id", "date", "amount"]
    assert guessed("events", [row], time="").get("time", "") == ""
    assert "properties" not in guessed("events", [row], properties=[])


@given(text=st.text(max_size=30))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        assert isinstance(made(events(time="at"), at=text)["ts"], int)
    except (ValueError, InvalidArgumentsError) as error:
        assert "'at' " in str(error)  # noqa: PT017 - the other outcome is as good


@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6), kind=st.sampled_from(["auto", "text", "number", "boolean", "date", "list", "json"]))  # fmt: skip
def test_any_cell_becomes_json_or_is_refused(value: Any, kind: str) -> None:
    try:
        record = made(people({"column": "x", "type": kind}), x=value)
    except (ValueError, InvalidArgumentsError):
        return
    assert json.loads(json.dumps(record, allow_nan=False)) == record
