"""The words in which a campaign and its audience are shown to the person who decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clevertap_tools.action import CATALOGUE
from clevertap_tools.campaign import Campaign, Options
from clevertap_tools.effect import Effect
from clevertap_tools.estimate import CREATE, only_estimated
from clevertap_tools.filters import OPERATORS, ProfileFilter
from clevertap_tools.moments import ProjectTime
from clevertap_tools.query import NOBODY_EXCLUDED, OF_COUNTS, PeopleQuery
from clevertap_tools.routes import effect_of
from clevertap_tools.unseen import UNSEEN, plain
from clevertap_tools.words.audience import COMPARED, COUNTED, KINDS, audience
from clevertap_tools.words.campaign import BYPASSES, CHANNELS, REST, bypassed, campaign_deed, campaign_details
from clevertap_tools.words.content import content_lines
from clevertap_tools.words.lines import (
    LONGEST_LINE,
    LONGEST_NAME,
    MARKS,
    first,
    flat,
    joined,
    line,
    named,
    nested,
    pairs,
    quoted,
    who,
)
from clevertap_tools.words.request import body_lines, pieces

unseen = st.one_of([st.integers(first, last) for first, last in UNSEEN]).map(chr)
SHORT_NAMES = (
    st.text(st.sampled_from("ab', ;=…identity:\u0301"), min_size=1, max_size=LONGEST_NAME).map(flat).filter(bool)
)
"""Names that look the same as long as they are the same."""
TIME = ProjectTime(ZoneInfo("UTC"), datetime(2026, 11, 10, tzinfo=UTC).timestamp())
CREATE_CAMPAIGN = CATALOGUE["create-campaign"]
PUSH: dict[str, Any] = {
    "name": "Win-back", "target_mode": "push", "where": {}, "content": {"title": "Hi", "body": "Back soon?"},
}  # fmt: skip
CONTENTS: dict[str, dict[str, Any]] = {
    "push": {"content": {"title": "Hi", "body": "There"}},
    "webpush": {"content": {"title": "Hi", "body": "There"}},
    "email": {"content": {"subject": "Hi", "body": "There", "sender_name": "Acme"}},
    "sms": {"content": {"body": "There"}},
    "whatsapp": {"content": {"whatsapp": {"msg": "There"}}},
    "notificationinbox": {"content": {"cards": [{"title": {"text": "There"}}]}},
    "webhook": {"webhook_endpoint_name": "crm"},
}


def campaign(**fields: Any) -> Campaign:
    asked = CREATE_CAMPAIGN.parse({"when": None if "schedule" in fields else "now", **PUSH, **fields})
    assert isinstance(asked, Campaign)
    return asked


def details(**fields: Any) -> tuple[str, ...]:
    return campaign_details(campaign(**fields), {"android": 8120, "ios": 3055}, TIME)


def words(**where: Any) -> str:
    return audience(PeopleQuery.model_validate(where), None, TIME)


@given(text=st.text(), most=st.integers(1, 500))
def test_a_line_is_one_bounded_line_of_what_can_be_seen(text: str, most: int) -> None:
    made = line(text, most)
    assert len(made) <= most
    assert made.isprintable()
    assert len(made.splitlines()) <= 1


@given(value=st.text() | st.integers() | st.lists(st.text()))
def test_a_quoted_value_cannot_close_its_quotation(value: object) -> None:
    made = quoted(value)
    assert made.count('"') == 2
    assert made[0] == made[-1] == '"'
    assert made[1:-1].isprintable()
    assert not set(made[1:-1]) & set(MARKS)


@given(text=st.text(st.one_of(st.characters(), unseen, st.just(" "))))
def test_a_line_holds_nothing_that_takes_room_unseen(text: str) -> None:
    made = flat(text)
    assert made == plain(made) == " ".join(made.split())
    assert line(f"{text}Pay", len(made) + 4).endswith("Pay")


@given(names=st.lists(SHORT_NAMES, max_size=10), others=st.lists(SHORT_NAMES, max_size=10))
def test_different_people_are_told_in_different_words(names: list[str], others: list[str]) -> None:
    told, told_others = (who(("identity", name) for name in each) for each in (names, others))
    assert (told == told_others) is (names == others)
    assert all(len(each) <= LONGEST_LINE for each in told)


@pytest.mark.parametrize("length", [81, 200, 1024])
def test_long_names_that_differ_at_one_end_stay_different(length: int) -> None:
    same = "x" * (length - 20)
    names = [f"{same}{number:020}" for number in (1, 2)] + [f"{number:020}{same}" for number in (1, 2)]
    assert len({named(("identity", name)) for name in names}) == len(names)


@given(given_=st.dictionaries(SHORT_NAMES, st.text(), max_size=20))
def test_no_value_hides_the_name_of_another(given_: dict[str, str]) -> None:
    told = pairs("Query", given_)
    assert all(any(f'"{name}"="' in each for each in told) for name in given_)
    assert sum(each.count('"="') for each in told) == len(given_)
    assert all(len(each) <= LONGEST_LINE and each.isprintable() for each in told)


def test_objects_in_objects_are_told_in_lines_of_their_own() -> None:
    given_: dict[str, object] = {"a": 1, "b": {"c": [True], "d": {"e": "f"}}, **{f"o{n}": {"x": n} for n in range(9)}}
    told = nested("Also", given_)
    assert told[:3] == [
        'Also: "a"="1"',
        """Also, in "b": "c"="[true]"; "d"="{'e':'f'}\"""",
        'Also, in "o0": "x"="0"',
    ]
    assert told[-1] == 'Also, not shown: "o7"; "o8"'


def test_writing_that_turns_round_or_hides_is_taken_off() -> None:
    assert line("pay\u202e now\u200b\x1b[1m\u2028later\u2800 \u3164 \ufe0f\u034fon") == "pay now[1m later on"


def test_many_are_counted_after_the_first() -> None:
    assert joined(["a"]) == "a"
    assert joined([]) == ""
    assert first(list("abc"), 3) == "a, b and c"
    assert first(["x"] * 1234, 2) == "x, x and 1,232 more"


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({}, "everybody"),
        (
            {"event_name": "Charged", "from": "-7d", "to": "2026-11-05"},
            'people who did "Charged" from 2026-11-03 to 2026-11-05',
        ),
        (
            {
                "event_name": "Charged", "from": "2026-11-01", "to": "today",
                "event_properties": [{"name": "Amount", "operator": "greater_than", "value": 10},
                                     {"name": "Category", "value": ["Shoes", "Hats"]}],
            },
            ('people who did "Charged" from 2026-11-01 to 2026-11-10 where "Amount" is over 10 '
            'and "Category" is "Shoes" or "Hats"'),
        ),
        (
            {"profile_filters": [{"kind": "profile_fields", "name": "Gold", "operator": "not_equals", "value": True},
                                 {"kind": "technographics", "name": "OS", "operator": "exists"},
                                 {"kind": "session_properties", "name": "City", "operator": "does_not_exist"}]},
            ('people whose profile field "Gold" is not "True"; and whose device trait "OS" is set; '
            'and whose session property "City" is not set'),
        ),
        (
            {"did": [{"which": "did_all", "event_name": "A", "from": "2026-11-01", "to": "2026-11-02",
                      "times_operator": "greater_than_equals", "times": 3},
                     {"which": "did_none", "event_name": "B", "event_properties": [{"name": "x", "value": 1}]}]},
            ('people who did "A" from 2026-11-01 to 2026-11-02 at least 3 times; '
            'and who did not do "B" in the last 365 days where "x" is 1'),
        ),
        (
            {"did": [{"which": "did_any", "event_name": "A"},
                     {"which": "did_any", "event_name": "B", "times_operator": "equals", "times": 1}]},
            'people who did "A" in the last 365 days or "B" in the last 365 days (together exactly 1 time)',
        ),
        ({"did": [{"which": "did_any", "event_name": "A"}]}, 'people who did "A" in the last 365 days'),
        (
            {"geo": [{"country": "India", "region": "Karnataka"}, {"country": "Spain"},
                     {"latitude": 1.5, "longitude": 2.0, "radius": 8.0}]},
            'people who are in "Karnataka", "India" or "Spain"; and who are within 8.0 km of 1.5, 2.0',
        ),
    ],
)  # fmt: skip
def test_an_audience_is_told_with_everything_that_is_asked_of_it(where: dict[str, Any], told: str) -> None:
    assert words(**where) == told


def test_a_segment_is_told_by_its_id() -> None:
    assert details(where=None, segment=123)[0] == "Audience: segment 123"


def test_there_are_words_for_every_operator_channel_and_kind_of_filter() -> None:
    assert set(COMPARED) == {None, *OPERATORS} - {"exists", "does_not_exist"}
    assert set(COUNTED) == set(OF_COUNTS)
    assert set(CHANNELS) == set(CONTENTS)
    assert set(KINDS) == set(ProfileFilter.model_fields["kind"].annotation.__args__)  # type: ignore[union-attr] # a Literal
    assert set(REST) <= set(Campaign.model_fields)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, 'Send the push campaign "Win-back" now.'),
        ({"when": "2026-11-05 18:30"}, 'Send the push campaign "Win-back" on 2026-11-05 18:30 (project time).'),
        ({"draft": True}, 'Save the draft of the push campaign "Win-back" now.'),
        ({"estimate_only": True}, 'Estimate the reach of the push campaign "Win-back"; nothing is sent.'),
        ({"name": 'x" now.\nIgnore "y'}, "Send the push campaign \"x' now. Ignore 'y\" now."),
        ({"target_mode": "email", **CONTENTS["email"]}, 'Send the email campaign "Win-back" now.'),
    ],
)
def test_a_deed_is_one_sentence(fields: dict[str, Any], told: str) -> None:
    assert campaign_deed(campaign(**fields)) == told


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({"type": "now"}, "now"),
        ({"type": "now", "campaign_cutoff": "22:00"}, "now, until 22:00 of each day"),
        ({"type": "later"}, "later, at a time that is not given"),
        (
            {"type": "later", "delivery_date_time": ["2026-11-05 18:30", "2026-11-06 18:30"],
             "delivery_timezone": "user", "user_timezone_wrap_around": True},
            ("on 2026-11-05 18:30 and 2026-11-06 18:30 (each person's own time), "
            "and the next day to those whose time has passed"),
        ),
        (
            {"type": "recurring", "start_time": "2026-11-05 18:30", "repeats_every": 2, "repeat_type": "day"},
            "every 2 days from 2026-11-05 18:30 (project time), without an end",
        ),
        (
            {"type": "recurring", "repeat_type": "week", "repeat_on_days_of_week": [1, 7], "end_by_date": "2026-12-31",
             "end_by_occurrences": 5},
            "every week on Sunday and Saturday, until 2026-12-31 or 5 times",
        ),
    ],
)  # fmt: skip
def test_a_schedule_says_when_and_how_often(schedule: dict[str, Any], told: str) -> None:
    assert campaign_deed(campaign(schedule=schedule)) == f'Send the push campaign "Win-back" {told}.'


def test_a_deed_with_dates_without_number_stays_a_line() -> None:
    dates = [f"2026-11-{day:02} 18:{minute:02}" for day in range(1, 31) for minute in range(60)]
    made = campaign_deed(campaign(schedule={"type": "later", "delivery_date_time": dates}))
    assert "and 1,790 more (project time)" in made
    assert len(made) <= LONGEST_LINE


def test_the_reach_of_a_recurring_campaign_is_one_runs() -> None:
    assert details()[1] == "Estimated reach: 11,175 (android 8,120, ios 3,055)"
    schedule = {"type": "recurring", "repeat_type": "day"}
    assert details(schedule=schedule)[1].startswith("Estimated reach: 11,175 for one run, as of now (")


SWITCHES = [row for row in BYPASSES if row[0] in {*Campaign.model_fields, *Options.model_fields}]


@pytest.mark.parametrize(("name", "safe", "told"), SWITCHES, ids=[row[0] for row in SWITCHES])
def test_every_protection_that_a_campaign_goes_around_is_named(name: str, safe: bool, told: str) -> None:
    rare = name in Options.model_fields
    for value in (safe, not safe):
        fields = {"options": {name: value}} if rare else {name: value}
        assert any(told in line for line in details(**fields)) is (value is not safe)


def test_a_raw_body_is_taken_at_its_worst() -> None:
    assert bypassed({"respect_communication_preference": "no"}) == [
        "opt-outs are ignored (respect_communication_preference=false)"
    ]
    assert bypassed({"respect_frequency_caps": None, "send_to_all_devices": False}) == []


def test_what_keeps_a_campaign_small_is_named() -> None:
    group = {"type": "campaign", "percentage": 12.5}
    options = {"users_limit_per_run": 200, "upper_cap_for_target_segment": 300}
    assert (
        "Limits: at most 1,000 people in all; at most 200 people a run; a cap of 300 on the target segment; "
        "12.5% of the audience is held out"
    ) in details(users_limit_overall=1000, control_group=group, options=options)
    custom = details(control_group={"type": "custom", "name": "held"})
    assert 'Limits: the control group "held" is held out' in custom


def test_a_post_action_webhook_is_named() -> None:
    assert 'Mind: the webhook "crm" is told of each delivery' in details(options={"pa_webhook_name": "crm"})


def test_a_mail_is_shown_as_it_reads_with_its_sender_copies_and_links() -> None:
    content = {
        "subject": "Your month",
        "pre_header": "All of it",
        "body": "<html><head><style>p{}</style></head><p>Dear\n<b>you</b> &amp; yours</p>"
        '<script>steal()</script><a href="https://shop.example.net/a?b=1&c">go</a>',
        "sender_name": "Acme",
        "bcc": "copy@example.net",
    }
    made = details(target_mode="email", content=content)
    assert made[2:] == (
        'Subject: "Your month"',
        'Line below the subject: "All of it"',
        'Text, without the tags of its HTML: "Dear you & yours go"',
        'Hidden copies to: "copy@example.net"',
        'Sender: from "Acme"',
        "Links: https://shop.example.net/a?b=1&c",
    )


@pytest.mark.parametrize(
    "page", ["<head>Pay here", "<title>Pay here", "<p hidden>Pay here", "Pay <script></script>here"]
)
def test_a_page_hides_no_text_behind_tags_that_readers_ignore(page: str) -> None:
    made = details(target_mode="email", content={"subject": "a", "body": page, "sender_name": "b"})
    assert any("Pay" in line and "here" in line for line in made)


@pytest.mark.parametrize(
    "page",
    [
        "<head><title>Hello</title></head>Pay here",
        "<title>Hello<!--</title>Pay here<!-- --></title>",
        "<title>Hello</b></title>Pay here",
        "<style>Hello</style>Pay here",
        "<svg><title/></svg>Pay here<title>Hello</title>",
    ],
)
def test_what_no_reader_of_a_page_sees_pushes_nothing_out(page: str) -> None:
    made = details(target_mode="email", content={"subject": "a", "body": page, "sender_name": "b"})
    assert 'Text, without the tags of its HTML: "Pay here"' in made


def test_copies_are_told_whole_and_before_whatever_may_be_long() -> None:
    long = dict.fromkeys(("sender_name", "from_email", "reply_to"), "s" * 90)
    address = f"{'s' * 64}@{'d' * 62}.{'d' * 62}.{'d' * 55}.example"
    content = {"subject": "a", "body": "b", "bcc": "x@example.org", "cc": address, **long}
    made = details(target_mode="email", content=content)
    at = made.index('Hidden copies to: "x@example.org"')
    assert made[at + 1] == f'Copies to: "{address}"'
    assert made[at + 2].startswith('Sender: address "sss')


def test_of_many_copies_the_first_are_named_and_the_rest_is_counted() -> None:
    many = [f"c{number}@x.example" for number in range(3000)]
    told = content_lines({"BCC": ", ".join(many), "cc": many[:2]}, "email")
    assert told[0].startswith('Hidden copies to: "c0@x.example"; "c1@x.example"')
    assert told[0].endswith("and 2,990 more")
    assert told[1] == 'Copies to: "c0@x.example"; "c1@x.example"'


def test_a_person_learns_that_a_misspelt_property_excludes_nobody() -> None:
    did = {"which": "did_none", "event_name": "Charged", "event_properties": [{"name": "Amont", "value": 1}]}
    assert NOBODY_EXCLUDED in details(where={"did": [did]})
    assert NOBODY_EXCLUDED not in details(where={"did": [did | {"which": "did_all"}]})


def test_many_platforms_and_keys_hide_none_of_the_first() -> None:
    platforms = {f"p{number}": {"pad": "x" * 900, "deep_link": "shop://sale"} for number in range(9)}
    made = details(content={"title": "a", "body": "b", "platform_specific": platforms})
    shown = [each for each in made if each.startswith("Platforms, in")]
    assert len(shown) == 8
    assert all('"deep_link"="shop://sale"' in each for each in shown)
    assert 'Platforms, not shown: "p8"' in made


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"title": ["a"], "platform_specific": ["b"]}, """Also: "title"="['a']"; "platform_specific"="['b']\""""),
        ("a\u201d b", "Content: \"'a' b'\""),
        ([1, {"title": {"text": "a"}}], 'Card 1: "1"'),
        ({"msg": "“Hi”"}, "Text: \"'Hi'\""),
    ],
)
def test_a_content_of_any_shape_is_told(content: object, told: str) -> None:
    assert told in content_lines(content, "push")


def test_tags_of_a_text_that_is_no_page_are_shown() -> None:
    assert 'Text: "<b>5 < 6</b>"' in details(content={"title": "a", "body": "<b>5 < 6</b>"})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"target_mode": "whatsapp", "content": {"whatsapp": {"template_name": "ship_v2", "locale": "en"}}},
            ('Template: "ship_v2"', 'Also: "locale"="en"'),
        ),
        (
            {"target_mode": "whatsapp", "content": {"whatsapp": {
                "template_name": "ship_v2", "message_type": "Freeform", "msg": "Hi", "body": {"replacements": ["a"]}}}},
            ('Kind of message: "Freeform"', 'Text: "Hi"', 'Template: "ship_v2"',
             """Also, in "body": "replacements"="['a']\""""),
        ),
        (
            {"target_mode": "notificationinbox", "content": {"cards": [
                {"title": {"text": "Welcome"}, "message": {"text": "Start here"}}, {"icon": 1}, {}, {}, {}]}},
            ('Card 1: "Welcome"; "Start here"', """Card 2: "{'icon':1}\"""", 'Card 3: "{}"', "And 2 more cards"),
        ),
        (
            {"target_mode": "webhook", "webhook_endpoint_name": "crm", "webhook_fields": ["identities"], "content": {}},
            ('Webhook: "crm" is told identities',),
        ),
        (
            {"target_mode": "push", "content": {"title": "a", "body": "b",
                                                "platform_specific": {"ios": {"deep_link": "shop://sale"}}}},
            ('Platforms, in "ios": "deep_link"="shop://sale"', "Links: shop://sale"),
        ),
        ({"labels": ["a"], "ttl": {"ttl_type": "relative", "value": 1}}, ("Also set: labels; ttl",)),
    ],
)  # fmt: skip
def test_each_channels_content_is_shown(fields: dict[str, Any], told: tuple[str, ...]) -> None:
    assert set(told) <= set(details(**fields))


def test_long_texts_are_cut() -> None:
    made = details(content={"title": "t" * 1000, "body": "b" * 1000})
    assert f'Text: "{"b" * 299}…"' in made
    assert all(len(each) <= LONGEST_LINE for each in made)


HOSTILE = st.text(st.characters(codec="utf-8") | st.sampled_from('\n\r\u2028\u202e"<>&;{}'), min_size=1, max_size=600)
NAME = st.text(st.characters(codec="utf-8") | st.sampled_from('\n\u2028"'), min_size=1, max_size=512)


@settings(max_examples=50)
@given(name=HOSTILE, mode=st.sampled_from(sorted(CONTENTS)), text=HOSTILE, event=NAME, prop=NAME, key=HOSTILE)
def test_whatever_a_campaign_holds_is_shown_in_short_lines(
    name: str, mode: str, text: str, event: str, prop: str, key: str
) -> None:
    where = {"event_name": event, "from": "-7d", "to": "today", "event_properties": [{"name": prop, "value": prop}] * 9}
    free = {"platform_specific": {key: text}, "replacements": {key: text}, "message_info": {key: text}}
    content = {"title": text, "subject": text, "body": text, "sender_name": text, **free}
    own = CONTENTS[mode].get("content", {})
    own = {"whatsapp": {key: text}} if "whatsapp" in own else {"cards": [{key: text}] * 9} if "cards" in own else {}
    asked = campaign(
        name=name, target_mode=mode, where=where, content=content | own, webhook_endpoint_name=text,
        control_group={"type": "custom", "name": text}, options={"pa_webhook_name": text, "wzrk_acts": text},
    )  # fmt: skip
    copied = content_lines({"bcc": text, "cc": [text, {key: text}]}, mode)
    for each in (campaign_deed(asked), *campaign_details(asked, {key: 5}, TIME), *copied):
        assert each.isprintable()
        assert len(each) <= LONGEST_LINE


SWITCH = st.sampled_from(
    ["estimate_only", "Estimate_Only", "skip_estimate", "skipEstimate", "async_estimate", "draft", "x"]
)


@given(body=st.dictionaries(SWITCH, st.none() | st.booleans() | st.text(max_size=3)))
def test_asking_for_the_reach_of_any_campaign_only_reads(body: dict[str, Any]) -> None:
    assert effect_of("POST", CREATE, only_estimated(body)) is Effect.READ


@given(campaign_=st.fixed_dictionaries({}, optional={"draft": st.booleans(), "estimate_only": st.just(True)}))
def test_a_typed_estimate_is_an_estimate_by_the_table_of_paths_too(campaign_: dict[str, Any]) -> None:
    asked = campaign(**campaign_)
    assert effect_of("POST", CREATE, asked.sent(TIME)) is CREATE_CAMPAIGN.effect_of(asked)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=8,
)
PARTS = ["name", "target_mode", "when", "segment", "where", "to", "content", "Content", "pa_webhook_name", "x"]


@settings(max_examples=50)
@given(
    body=st.dictionaries(st.sampled_from(PARTS), JSON) | JSON,
    path=st.sampled_from([CREATE, f"{CREATE}/", "/1/send/Email.json", "/1/x"]),
)
def test_a_body_of_any_shape_is_shown_in_short_lines(body: object, path: str) -> None:
    for each in body_lines(path, body):
        assert each.isprintable()
        assert len(each) <= LONGEST_LINE


@given(text=st.text(max_size=2000))
def test_a_body_is_shown_from_its_beginning_in_short_lines(text: str) -> None:
    for each in (
        *pieces("Body", text),
        *body_lines("/1/x", {text: text}),
        *body_lines("/1/x", None, text, f"text/{'x' * 190}"),
    ):
        assert each.isprintable()
        assert len(each) <= LONGEST_LINE
