"""Personal data is masked, everything else stays, and pseudonyms name people only where people are named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clevertap_mcp.privacy.privacy import WITHHELD, Privacy
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM, Pseudonyms
from clevertap_tools.actions.campaigns import CampaignReport, CreatedCampaign
from clevertap_tools.actions.proxy import RawAnswer
from clevertap_tools.actions.variables import DefinedVariables
from clevertap_tools.errors import (
    CleverTapError,
    DeadlineError,
    InvalidArgumentsError,
    InvalidRequestError,
    NotReadyError,
)
from clevertap_tools.page import Page
from clevertap_tools.upload_result import RefusedRecord, UploadResult

pseudonyms = Pseudonyms("a secret of the operator's", "project")
privacy = Privacy(pseudonyms)
open_privacy = Privacy(None)
MIRA = pseudonyms.of("mira@example.org")

ORDINARY: dict[str, Any] = {
    "ts": 20_260_101_103_000,
    "profile": {
        "platform": "Android",
        "id": 77,
        "df": {"0": 11, "1": 22},
        "os_version": "15",
        "app_version": "4.2.0",
        "make": "Pixelike",
        "model": "P9",
        "profileData": {
            "Plan": "Gold",
            "Customer Type": "VIP",
            "Visits": 12,
            "Last Visit": "$D_1767000000",
            "Phone Model": "iPhone17,1",
            "phone_os": "18.1",
            "email_status": "verified",
            "emailSubscribed": "yes",
            "Email Count": 4,
            "MSG-email": True,
            "MSG-dndPhone": False,
            "Phone": None,
            "SMS": "yes",
            "Preferred Contact": "Email",
            "Contact": "WhatsApp",
            "Favourite Store Name": "Calle Mayor",
            "Campaign Name": "Win-back",
            "Tz": "Europe/Madrid",
            "City": "Sevilla",
        },
        "events": {"Email": {"count": 14, "first_seen": 1_764_000_000, "last_seen": 1_767_225_600}},
    },
    "event_props": {
        "Amount": 49.5,
        "Quantity": 3,
        "Price": "1,234.50 EUR",
        "Currency": "EUR",
        "Order": "ORD-2026-0001",
        "Invoice": "2026-00000123-17",
        "Items": [{"name": "Tea", "sku": "TEA-001-XL", "Price": 3}],
        "product": {"name": "Pottery 101"},
        "Course Name": "Pottery 101",
        "event_name": "Charged",
        "Date": "2026-01-07T10:00:00+05:30",
        "When": "07 Jan, 2026 18:30:00",
        "Telephone hours": None,
        "Link": "https://shop.example/a/b-1a/c?x=1&y=%20z#top",
        "Hash": "#1A2B3C",
        "Deep link": "shop://p/5?contact=1&mobile=yes&email=no",
        "Note": "2+2=4, 00:30, 0049, -12345678, A/B test __init__, @home at 5",
        "Empty": "",
    },
    "session_props": {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "jan-2026"},
}


def masked(record: Any, about: dict[str, Any] | None = None) -> Any:
    """A record as a page shows it."""
    return privacy.result(Page(records=[record], returned=1), about or {}).records[0]


def test_ordinary_data_of_a_shop_stays() -> None:
    assert masked(ORDINARY) == ORDINARY


def test_figures_of_campaigns_stay() -> None:
    figures = {"name": "Win-back", "sent": 120_000, "mobile": 7_000, "id": 1_761_000_042, "email": {"sent": 12}}
    assert privacy.result(CampaignReport(id=1, finished=True, result=figures), {}).result == figures


def test_our_own_words_stay() -> None:
    created = CreatedCampaign(id=1, name="For mira@example.org", status="created")
    assert privacy.result(created, {}) == created


@pytest.mark.parametrize("key", ["next_cursor", "req_id"])
def test_what_leads_on_stays(key: str) -> None:
    body = {key: "0123456789abcdef0123456789abcdef", "records": []}
    assert privacy.result(RawAnswer(status=200, content_type="application/json", json=body), {}).json_ == body


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email", "no address at all"),
        ("Mobile No", "0171 234567"),
        ("phone", 1_712_345_678),
        ("identity", 4711),
        ("name", "Mira"),
        ("Father's Name", "Solano"),
        ("push_token", "x"),
        ("lat", 40.4168),
        ("geo", "40.4168,-3.7038"),
        ("Ph\u200bone", "0171 234567"),
        ("ＰＨＯＮＥ", "0171 234567"),  # noqa: RUF001 - full width on purpose
    ],
)
def test_what_stands_under_a_personal_key_is_masked(key: str, value: Any) -> None:
    told = next(iter(masked({key: value}).values()))
    assert told == pseudonyms.of(str(value))


def test_what_lies_below_a_personal_key_is_masked_leaf_by_leaf() -> None:
    told = masked({"Phone": {"$set": ["0171 234567", None, True, {"x": 8765}]}})["Phone"]["$set"]
    assert told == [pseudonyms.of("0171 234567"), None, True, {"x": pseudonyms.of("8765")}]


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("<mira@example.org>, soon.", "mira@example.org"),
        ("?e=mira%40example.org&x=1", "mira@example.org"),
        ("mira＠example．org", "mira@example．org"),  # noqa: RUF001 - full width on purpose
        ("mi\u200bra@exa\u2060mple.org", "mira@example.org"),
        ("मीरा@उदाहरण.भारत", "मीरा@उदाहरण.भारत"),
        ("tel:+34 (911) 222-333!", "+34911222333"),
        ("00 34 911 222 333", "+34911222333"),
        ("WhatsApp+34.911.222.333", "+34911222333"),
        ("＋٣٤٩١١٢٢٢٣٣٣", "+34911222333"),  # noqa: RUF001 - full width on purpose
        ("id 3f2504e0-4f89-41d3-9a0c-0305e82c3301.", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("by mira.o'brien@example.org's", "mira.o'brien@example.org"),
        ("'mira@example.org'", "mira@example.org"),
        ('refused: {"Phone": "0171 234567", "x": 1', "0171 234567"),
        ('cut off: [{"mobile":1712345678', "1712345678"),
        ("device __f00dbabe", "__f00dbabe"),
        ("device -1a2b3c", "-1a2b3c"),
        ("x=cJ0-z:APA91bHun4", "cJ0-z:APA91bHun4"),
        ("tel:0034911222333", "+34911222333"),
        (r"&#43;34 911 222 333 or \u002b34911222333", "+34911222333"),
        ("+34_911•222*333", "+34911222333"),
        ("?e=mira%40example%2Eorg", "mira@example.org"),
        ("50%mira@example.org", "50%mira@example.org"),
        ("broken off: mira@exam…", "mira@exam"),
        ("broken off: +34 911 22…", "+3491122"),
        ('cut off: {"lng":-3.7038', "-3.7038"),
        ("told: {'phone': '0171 234567'}", "0171 234567"),
        ("https://x.example/?a=1&phone=0171%20234567#x", "0171 234567"),
    ],
)
def test_what_is_recognisable_is_masked_in_any_text(text: str, stands_for: str) -> None:
    assert pseudonyms.of(stands_for) in masked({"note": text})["note"]


def test_values_of_the_record_are_found_in_its_texts_as_whole_words() -> None:
    record = {"name": "Ann Solano", "identity": "cust_17", "Phone": "0171-2345678", "number": 1_712_345_678}
    told = masked(record | {"note": "ANN, Annette; cust_17, cust_171; 01712345678", "Solano's": 1})
    assert told["note"].endswith(f"{pseudonyms.of('cust_17')}, cust_171; {pseudonyms.of('01712345678')}")
    assert "Annette" in told["note"]
    assert "ANN" not in told["note"]
    assert not any("Solano" in key for key in told)
    assert told["number"] == pseudonyms.of("1712345678")


def test_values_of_the_record_are_found_however_they_are_encoded() -> None:
    record = {"name": "João Conceição", "link": "https://x.example/?to=Jo%C3%A3o%20Concei%C3%A7%C3%A3o&x=1"}
    told = masked(record | {"piece": r"so: {'to': Jo\u00e3o Concei\u00e7\u00e3o"})
    assert told["link"] == f"https://x.example/?to={told['name']}&x=1"
    assert told["piece"].endswith(told["name"])


def test_a_phone_number_of_the_record_is_found_whatever_stands_between_its_digits() -> None:
    told = masked({"Phone": 1_712_345_678, "note": "171-234-5678, 171 2345678; 171-234-56789, 2026-01-07 10:00"})
    assert "171-234-5678," not in told["note"]
    assert told["note"].endswith("; 171-234-56789, 2026-01-07 10:00")
    assert masked({"Phone": 1_712_345_678.0})["Phone"] == pseudonyms.of("1712345678")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Who: identity cust-ana-of-sev…, x", "Who: identity {}…, x"),
        ("At /x/cust%20ana%2F… it ends", "At /x/{}… it ends"),
        ("cu…, acust-ana-of…, cust-bea…", "cu…, acust-ana-of…, cust-bea…"),
    ],
)
def test_the_beginning_of_a_value_that_the_call_names_is_masked_where_it_is_cut_off(told: str, shown: str) -> None:
    value = "cust ana/of sevilla" if "%" in told else "cust-ana-of-sevilla"
    assert privacy.text(told, {"identity": [value]}) == shown.format(pseudonyms.of(value))


def test_a_refusal_of_a_whole_batch_quotes_none_of_its_records() -> None:
    refusals = [RefusedRecord(index=index, code=400, reason="wrong: cust-ana, cust-bea") for index in (0, 1)]
    result = UploadResult(sent=2, accepted=0, refused=2, unaccounted=0, unsent=0, refusals=refusals)
    told = privacy.result(result, {"identity": ["cust-ana", "cust-bea"]})
    assert {each.reason for each in told.refusals} == {
        f"wrong: {pseudonyms.of('cust-ana')}, {pseudonyms.of('cust-bea')}"
    }


@pytest.mark.parametrize("piece", ["%", "a@", "…", "1 ", "+1", '"a":"', "?a=", "%25", "'"])
def test_hostile_texts_are_searched_in_passing(piece: str) -> None:
    text = piece * 20_000
    assert privacy.text(text, {"identity": ["cust-ana", "aaaa"], "Phone": "0171 2345678"}).startswith(piece)


def test_names_of_properties_that_were_asked_for_stay() -> None:
    asked = {"profile_filters": [{"kind": "profile_fields", "name": "Plan", "operator": "equals", "value": "Gold"}]}
    assert masked({"profileData": {"Plan": "Gold"}, "note": "Plan"}, asked)["note"] == "Plan"


def test_values_that_the_call_names_are_found_in_what_comes_back() -> None:
    asked = {"profile_filters": [{"kind": "profile_fields", "name": "Phone", "value": "0171 234567"}]}
    assert masked({"note": "0171 234567"}, asked)["note"] == pseudonyms.of("0171 234567")
    assert "c-1" not in privacy.error(InvalidRequestError("no c-1", status=400), {"identity": "c-1"}).message


def test_values_of_one_record_are_not_looked_for_in_another() -> None:
    page = Page(records=[{"name": "May"}, {"note": "may come"}], returned=2)
    assert privacy.result(page, {}).records[1] == {"note": "may come"}


def test_the_same_person_looks_the_same_everywhere() -> None:
    told = masked(
        {"email": "mira@example.org", "note": "mira@example.org", "x": json.dumps({"y": "mira%40example.org"})}
    )
    assert told["email"] == MIRA
    assert told["note"] == MIRA
    assert MIRA in told["x"]


def test_named_values_are_masked_by_what_they_are_named() -> None:
    told = masked(
        {"q": [{"name": "Phone", "value": "0171 23"}, {"type": "email", "value": "mira", "status": "Unsubscribe"}]}
    )
    assert masked({"q": [{"k": "Phone", "v": "0171 23"}, {"Name": "Phone", "values": ["0171 23"]}]})["q"] == [
        {"k": "Phone", "v": pseudonyms.of("0171 23")},
        {"Name": "Phone", "values": [pseudonyms.of("0171 23")]},
    ]
    assert told["q"] == [
        {"name": "Phone", "value": pseudonyms.of("0171 23")},
        {"type": "email", "value": pseudonyms.of("mira"), "status": "Unsubscribe"},
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("José Niño", "JOSE\u0301 and NIÑO"),
        ("Weiß Groß", "WEISS, GROSS, weiß"),
        ("İbrahim Çelik", "ibrahim çelik"),
        ("मीरा देशपांडे", "मीरा, देशपांडे"),
        ("王小明", "你好王小明你好"),
    ],
)
def test_names_are_found_however_they_are_spelt(name: str, text: str) -> None:
    told = masked({"name": name, "note": text})["note"]
    assert not any(word.casefold() in told.casefold() for word in [*name.split(), *text.split(", ")])


@pytest.mark.parametrize("inner", ['{"Phone":"0171 234567","Phone":null}', '["0171 234567"]'])
def test_json_in_a_text_is_read_with_its_keys(inner: str) -> None:
    assert "0171" not in json.dumps(masked({"Phone": "0171 234567", "x": inner, "y": json.dumps(inner)}))


def test_nesting_without_end_neither_breaks_it_nor_leaks() -> None:
    deep: Any = {"Phone": "0171 234567"}
    for _ in range(300):
        deep = {"a": [deep]}
    text = '{"a":[' * 100_000 + '{"Phone":"0171 234567"}'
    for told in (masked(deep), masked({"x": json.dumps(deep)}), masked({"x": text + "]}" * 100_000})):
        assert "0171" not in repr(told)


def test_the_values_of_a_personal_property_are_masked_where_they_are_counted() -> None:
    groups = {
        "a": {"property_type": "profile_fields", "name": "Name"},
        "b": {"property_type": "event_properties", "name": "Email"},
        "c": {"property_type": "event_properties", "name": "name"},
        "d": "wrong",
    }
    body = {"a": {"STR": {"Mira": 2}}, "b": {"STR": {"mira@example.org": 1, "mira": 1}}, "c": {"STR": {"Tea": 5}}}
    raw = RawAnswer(status=200, content_type="application/json", json={"status": "success", **body}, of_things=True)
    assert privacy.result(raw, {"body": {"groups": groups}}).json_ == {
        "status": "success",
        "a": {"STR": {pseudonyms.of("Mira"): 2}},
        "b": {"STR": {MIRA: 1, pseudonyms.of("mira"): 1}},
        "c": {"STR": {"Tea": 5}},
    }
    assert privacy.result(raw, {"body": {"groups": 5}}).json_["a"] == body["a"]


def test_a_body_that_is_no_text_is_withheld() -> None:
    told = privacy.result(RawAnswer(status=200, content_type="image/png", base64="bWlyYUBleGFtcGxlLm9yZw=="), {})
    assert (told.base64, told.text) == (None, WITHHELD)


def test_a_table_that_cannot_be_read_is_withheld() -> None:
    told = privacy.result(RawAnswer(status=200, content_type="text/csv", text='Phone\n"' + "0171 234567," * 20_000), {})
    assert told.text == WITHHELD


def test_an_error_keeps_its_kind_and_what_leads_on() -> None:
    req_id = "0123456789abcdef0123456789abcdef"
    told = privacy.error(NotReadyError("mira@example.org is being counted", req_id=req_id), {})
    assert (told.req_id, told.changed, told.code) == (req_id, "no", "not_ready")
    assert req_id in told.next
    assert MIRA in told.message


def test_an_error_does_not_carry_what_led_to_it() -> None:
    try:
        raise InvalidRequestError("no mira@example.org", status=400) from ValueError("mira@example.org")
    except CleverTapError as error:
        told = privacy.error(error, {})
    assert told.__cause__ is None
    assert told.__context__ is None
    assert told.__traceback__ is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"identity": MIRA},
        {"email": MIRA},
        {"identity": ["c-1", MIRA]},
        {"profiles": [{"identity": MIRA, "profileData": {"Email": MIRA, "Name": MIRA, "Plan": "Gold"}}]},
        {"events": [{"objectId": MIRA, "evtName": "x", "evtData": {"Recipient Name": MIRA}}]},
        {"tokens": [{"objectId": MIRA, "tokenData": {"id": MIRA, "type": "fcm"}}]},
        {"profile_filters": [{"kind": "profile_fields", "name": "Name", "operator": "equals", "value": [MIRA]}]},
        {"query": [{"name": "email", "value": MIRA}]},
        {"path_params": {"identity": MIRA}},
        {"identity": [MIRA, 4711], "limit": 5},
        {"body": {"d": [{"identity": MIRA, "type": "profile", "profileData": {"Name": MIRA, "Plan": "Gold"}}]}},
        {"body": {"to": {"Email": [MIRA]}, "d": [{"type": "email", "value": MIRA, "status": "Unsubscribe"}]}},
    ],
)
def test_a_pseudonym_names_its_person_where_people_are_named(arguments: dict[str, Any]) -> None:
    assert privacy.named(arguments) == json.loads(json.dumps(arguments).replace(MIRA, "mira@example.org"))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"profiles": [{"identity": "1", "profileData": {"Note": MIRA}}]}, "profiles[0].profileData.Note"),
        ({"profiles": [{"identity": "1", "profileData": {"Email": f"to {MIRA}"}}]}, "profiles[0].profileData.Email"),
        ({"profiles": [{"identity": "1", "profileData": {MIRA: 1}}]}, "profiles[0].profileData"),
        ({"events": [{"evtData": {"Items": [{"name": MIRA}]}}]}, "events[0].evtData.Items[0].name"),
        (
            {"profiles": [{"identity": "1", "profileData": {"name": "email", "value": MIRA}}]},
            "profiles[0].profileData.value",
        ),
        ({"name": MIRA}, "name"),
        ({"content": {"title": "Hi", "reply_to": MIRA}}, "content"),
        ({"body": {"ExternalTrigger": {"name": MIRA}}}, "body.ExternalTrigger"),
        ({"path": f"/1/profile/{MIRA}"}, "path"),
        ({"geo": [{"latitude": MIRA}]}, "geo[0].latitude"),
        ({"control_group": {"type": "custom", "name": MIRA}}, "control_group.name"),
        ({"raw_body": json.dumps({"identity": MIRA})}, "raw_body"),
        ({"event_name": MIRA}, "event_name"),
    ],
)
def test_a_pseudonym_is_refused_where_it_would_be_stored_or_sent(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentsError) as refused:
        privacy.named(arguments)
    assert refused.value.field == field
    assert MIRA not in refused.value.message


def test_arguments_without_pseudonyms_stay() -> None:
    arguments = {"identity": "person_1", "profiles": [{"profileData": {"Note": "a person_name"}}]}
    assert privacy.named(arguments) == arguments


def test_a_pseudonym_of_another_project_is_refused() -> None:
    with pytest.raises(InvalidArgumentsError, match="another project"):
        privacy.named({"identity": Pseudonyms("a secret of the operator's", "elsewhere").of("c-1")})


@given(value=st.text(min_size=1).filter(str.strip))
def test_whoever_is_masked_can_be_named(value: str) -> None:
    shown = masked({"identity": value})["identity"]
    assert PSEUDONYM.fullmatch(shown)
    assert privacy.named({"identity": shown}) == {"identity": value}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=json_values, key=st.sampled_from(["email", "Phone", "note", "Items"]))
def test_any_json_can_be_masked_and_shown(value: Any, key: str) -> None:
    address = "mira@example.org"
    told = masked({key: value, "also": [address, value], f"{address} {key}": json.dumps(value)})
    assert address not in json.dumps(told)
    assert json.dumps(open_privacy.result(Page(records=[{key: value}], returned=1), {}).records)


def test_where_the_operator_shows_everything_only_unseen_characters_go() -> None:
    page = Page(records=[{"email": "mira@example.org\u202e", "a\u200bb": ["x\x1b", 1]}], returned=1)
    assert open_privacy.result(page, {}).records == [{"email": "mira@example.org", "ab": ["x", 1]}]
    assert open_privacy.named({"identity": MIRA}) == {"identity": MIRA}
    assert open_privacy.text("mira@example.org\u200b") == "mira@example.org"
    assert open_privacy.error(InvalidRequestError("mira\u200b@", status=400), {}).message == "mira@"
    raw = RawAnswer(status=200, content_type="image/png", base64="AAAA")
    assert open_privacy.result(raw, {}) == raw


SHORT = ["7", "42", "0001", "12345", "Al", "jo", "c-1", "é", "abc", "मी"]


@pytest.mark.parametrize("value", SHORT)
def test_whom_a_call_names_by_a_pseudonym_is_masked_in_the_answer_however_short(value: str) -> None:
    named = privacy.named({"identity": pseudonyms.of(value), "email": "x@example.org"})
    assert named["identity"] == value
    hidden = pseudonyms.of(value)
    said = f"no such one: {value}, sorry <{value.upper()}>"
    refused = UploadResult(
        sent=1, accepted=0, refused=1, unaccounted=0, unsent=0, refusals=[RefusedRecord(index=7, reason=said)]
    )
    for text in (
        privacy.error(InvalidRequestError(said, status=400), named).message,
        str(privacy.result(RawAnswer(status=200, content_type="text/plain", text=said), named).text),
        (privacy.result(CampaignReport(id=1, finished=True, result={"x": [said]}), named).result or {})["x"][0],
        privacy.result(refused, named).refusals[0].reason,
        privacy.shown({"description": said}, named)["description"],
    ):
        assert f": {hidden}," in text
        assert text.count("person_") == 2
    assert privacy.result(refused, named).refusals[0].index == 7


def test_short_values_that_whoever_calls_wrote_in_clear_are_figures_like_any_other() -> None:
    error = InvalidRequestError("no such one: 7, sorry", status=400)
    assert privacy.error(error, privacy.named({"identity": "7"})).message == error.message


def test_parts_of_words_and_figures_of_our_own_are_not_taken_for_short_names() -> None:
    named = privacy.named({"identity": pseudonyms.of("7")})
    ours = DefinedVariables(defined=7, warning="Exactly this was done 7 minutes ago.")
    assert privacy.result(ours, named) == ours
    late = DeadlineError("The time for this call ran out (7 s).")
    assert privacy.error(late, named).message == late.message
    said = InvalidRequestError("17 and 7a are others", status=400)
    assert privacy.error(said, named).message == said.message


def test_a_pseudonym_in_a_piece_of_json_is_not_masked_once_more() -> None:
    line = f"Body: \"{{'email': '{MIRA}'}}\""
    assert privacy.text(line) == line
