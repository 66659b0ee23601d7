"""Bad input is refused in one sentence that names the field and the remedy, and nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.records import REFUSED_IDENTITIES, RESERVED_EVENTS

if TYPE_CHECKING:
    from tools.conftest import Perform, Site

pytestmark = pytest.mark.anyio

RANGE = {"from": "2026-01-01", "to": "2026-01-31"}
EVENT = {"identity": "a", "evtName": "Tasted"}
PUSH = {"name": "n", "target_mode": "push", "where": {}, "when": "now", "content": {"title": "t", "body": "b"}}
MILLISECONDS = 1_767_225_600_000

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # unknown arguments
    ("get-event-count", {**RANGE, "event_name": "A", "evt_name": "B"}, "evt_name", "nearest: 'event_name'"),
    ("upload-events", {"events": [EVENT], "dryrun": True}, "dryrun", "nearest: 'dry_run'"),
    ("upload-events", {"events": [{**EVENT, "evtname": "B"}]}, "events[0].evtname", "not an argument"),
    ("real-time-user-count", {"zzz": 1}, "zzz", "known: user_type"),
    ("create-campaign", {**PUSH, "where": {"did_not": []}}, "where.did_not", "not an argument"),
    # wrong types
    ("upload-events", {"events": "a"}, "events", "must be a list"),
    ("upload-events", {"events": {"0": EVENT}}, "events", "must be a list"),
    ("upload-events", {"events": ["a"]}, "events[0]", "must be an object"),
    ("upload-events", {"events": [EVENT], "dry_run": "true"}, "dry_run", "true or false, without quotes"),
    ("upload-events", {"events": [{**EVENT, "evtData": []}]}, "events[0].evtData", "must be an object"),
    ("upload-events", {"events": [{**EVENT, "evtName": 5}]}, "events[0].evtName", "must be text"),
    ("get-events", {**RANGE, "event_name": "A", "batch_size": "46"}, "batch_size", "whole number, without quotes"),
    ("get-events", {**RANGE, "event_name": "A", "from": 20260101}, "from", "must be text"),
    ("stop-campaign", {"id": "1761034501"}, "id", "whole number, without quotes"),
    ("delete-user-profile", {"identity": "c-1"}, "identity", "must be a list"),
    # days
    ("get-event-count", {"event_name": "A", "from": "2026-03-02", "to": "2026-02-01"}, "from", "Swap them"),
    ("get-campaigns", {"from": "2026-03-02", "to": "2026-02-01"}, "from", "Swap them"),
    ("get-event-count", {**RANGE, "event_name": "A", "to": "2026-02-31"}, "to", "no day of the calendar"),
    ("get-event-count", {**RANGE, "event_name": "A", "to": "20260231"}, "to", "no day of the calendar"),
    ("get-event-count", {**RANGE, "event_name": "A", "to": "tomorrow"}, "to", "'today', or '-7d'"),
    ("create-campaign", {**PUSH, "when": "2026-02-31 10:00"}, "when", "no day of the calendar"),
    # moments
    ("upload-events", {"events": [{**EVENT, "ts": MILLISECONDS}]}, "events[0].ts", "divide by 1000"),
    ("upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {}, "ts": MILLISECONDS}]}, "profiles[0].ts", "divide by 1000"),
    ("upload-events", {"events": [{**EVENT, "ts": "yesterday"}]}, "events[0].ts", "ISO 8601"),
    # batch sizes
    ("get-events", {**RANGE, "event_name": "A", "batch_size": 0}, "batch_size", "at least 1"),
    ("get-events", {**RANGE, "event_name": "A", "batch_size": 5001}, "batch_size", "at most 5000"),
    ("get-user-profiles", {**RANGE, "event_name": "A", "batch_size": 0}, "batch_size", "at least 1"),
    ("get-user-profiles", {**RANGE, "event_name": "A", "batch_size": 5001}, "batch_size", "at most 5000"),
    # whom
    ("upload-events", {"events": [{**EVENT, "objectId": "b"}]}, "events[0]", "both identity and objectId"),
    ("upload-events", {"events": [{"evtName": "Tasted"}]}, "events[0]", "exactly one of identity, objectId"),
    ("upload-user-profiles", {"profiles": [{"profileData": {}}]}, "profiles[0]", "exactly one of identity, objectId"),
    ("get-user-profile", {"identity": "a", "objectId": "b"}, "identity", "exactly one of 'identity', 'email', 'objectId'"),
    ("get-user-profile", {}, "identity", "exactly one of 'identity', 'email', 'objectId'"),
    ("get-user-profile", {"identity": "null"}, "identity", "CleverTap refuses"),
    ("delete-user-profile", {"identity": ["a"], "guid": ["b"]}, "identity", "either 'identity' or 'guid'"),
    ("delete-user-profile", {}, "identity", "either 'identity' or 'guid'"),
    ("delete-user-profile", {"guid": ["a", "-1"]}, "guid[1]", "CleverTap refuses"),
    ("upload-events", {"events": [{**EVENT, "identity": "x" * 1025}]}, "events[0].identity", "1024 characters"),
    ("upload-events", {"events": [{**EVENT, "identity": True}]}, "events[0].identity", "must be text"),
    ("upload-device-tokens", {"tokens": [{"objectId": "null", "tokenData": {"id": "t", "type": "fcm"}}]}, "tokens[0].objectId", "CleverTap refuses"),
    # empty
    ("upload-events", {"events": []}, "events", "at least 1"),
    ("upload-user-profiles", {"profiles": []}, "profiles", "at least 1"),
    ("upload-device-tokens", {"tokens": []}, "tokens", "at least 1"),
    ("delete-user-profile", {"identity": []}, "identity", "at least 1"),
    ("upload-events", {}, "events", "missing"),
    ("get-events-by-cursor", {"cursor": ""}, "cursor", "shorter than 1"),
    ("upload-events", {"events": [{**EVENT, "evtName": ""}]}, "events[0].evtName", "shorter than 1"),
    ("upload-events", {"events": [{"identity": "a"}]}, "events[0].evtName", "missing"),
    ("upload-user-profiles", {"profiles": [{"identity": "a"}]}, "profiles[0].profileData", "missing"),
    ("get-profile-count", {}, "event_name", "Ask for something"),
    ("get-user-profiles", {}, "event_name", "Ask for something"),
    ("get-event-count", {"geo": [{"country": "Spain"}]}, "event_name", "clevertap_get_profile_count"),
    ("get-profile-count", {"profile_filters": [{"kind": "profile_fields", "name": "identity", "value": "a"}]}, "profile_filters[0].name", "'profile_filters[0].name' cannot be filtered on; use Email or Phone, or look the person up with clevertap_get_user_profile"),
    ("get-profile-count", {"profile_filters": [{"kind": "profile_fields", "name": "email", "value": "a"}]}, "profile_filters[0].name", "is spelt 'Email' here"),
    # over CleverTap's published sizes
    ("upload-events", {"events": [EVENT] * 10_001}, "events", "at most 10000 entries; split the call"),
    ("upload-events", {"events": [{**EVENT, "evtName": "x" * 513}]}, "events[0].evtName", "longer than 512"),
    ("upload-events", {"events": [{**EVENT, "evtData": {str(n): n for n in range(257)}}]}, "events[0].evtData", "keeps 256"),
    ("upload-events", {"events": [{**EVENT, "evtData": {"k" * 121: 1}}]}, "events[0].evtData", "longer than 120"),
    ("upload-events", {"events": [{**EVENT, "evtData": {"k": "x" * 513}}]}, "events[0].evtData", "longer than 512"),
    ("upload-events", {"events": [{**EVENT, "evtData": {"Items": [{}] * 257}}]}, "events[0].evtData", "list longer"),
    ("upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {"Teams": ["t"] * 101}}]}, "profiles[0].profileData", "list longer"),
    ("create-campaign", {**PUSH, "users_limit_overall": 99}, "users_limit_overall", "at least 100"),
    ("create-campaign", {**PUSH, "options": {"users_limit_per_run": 99}}, "options.users_limit_per_run", "at least 100"),
    # tokens
    ("upload-device-tokens", {"tokens": [{"objectId": "a", "tokenData": {"id": "t", "type": "FCM"}}]}, "tokens[0].tokenData.type", "must be one of 'fcm'"),
    ("upload-device-tokens", {"tokens": [{"objectId": "a", "tokenData": {"id": "", "type": "fcm"}}]}, "tokens[0].tokenData.id", "shorter than 1"),
    ("upload-device-tokens", {"tokens": [{"identity": "a", "tokenData": {"id": "t", "type": "fcm"}}]}, "tokens[0].objectId", "missing"),
    ("upload-events", {"events": [{**EVENT, "type": "profile"}]}, "events[0].type", "'event'"),
    # what no wire carries
    ("upload-events", {"events": [{**EVENT, "evtData": {"Amount": float("nan")}}]}, "", "NaN or infinite"),
    ("upload-events", {"events": [{**EVENT, "evtData": {"Amount": float("inf")}}]}, "", "NaN or infinite"),
    ("upload-events", {"events": [{**EVENT, "identity": "half \ud83d"}]}, "", "half a character"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "given", "field", "told"), CASES)
async def test_bad_input_is_refused_by_field_and_remedy_before_anything_is_sent(
    site: Site, perform: Perform, key: str, given: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, key, given)
    problem = caught.value.problems[0] if caught.value.problems[0].field == field else caught.value.problems[-1]
    assert problem.field == field
    assert told in problem.message
    assert not field or f"'{field}'" in problem.message
    assert "\n" not in problem.message
    assert caught.value.changed == "no"
    assert site.sandbox.requests == []


@pytest.mark.parametrize("identity", [*sorted(REFUSED_IDENTITIES), "NULL", " none ", "Undefined", "", "  ", 0, -1])
def test_an_identity_that_clevertap_refuses_is_refused_here(identity: object) -> None:
    with pytest.raises(InvalidArgumentsError, match=r"'events\[0\].identity' is a value that CleverTap refuses"):
        CATALOGUE["upload-events"].parse({"events": [{**EVENT, "identity": identity}]})


@pytest.mark.parametrize("identity", ["nobody", "00", "null-1", "x" * 1024, "-2", "mira@example.org", 77])
def test_any_other_identity_is_let_through(identity: object) -> None:
    assert CATALOGUE["upload-events"].parse({"events": [{**EVENT, "identity": identity}]})


@pytest.mark.parametrize("name", [*RESERVED_EVENTS, "applaunched", "APP  Launched", " Stayed "])
def test_an_event_that_only_clevertap_raises_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=r"'events\[0\].evtName' is a system event .* a name of your own"):
        CATALOGUE["upload-events"].parse({"events": [{**EVENT, "evtName": name}]})


@pytest.mark.parametrize("name", ["Charged", "App Launched Again", "Signed Up"])
def test_an_event_of_ones_own_is_let_through(name: str) -> None:
    assert CATALOGUE["upload-events"].parse({"events": [{**EVENT, "evtName": name}]})


async def test_faults_are_named_by_their_rows_up_to_twenty_and_the_rest_is_counted(
    site: Site, perform: Perform
) -> None:
    events = [EVENT if number % 2 else {**EVENT, "identity": "null"} for number in range(60)]
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, "upload-events", {"events": events})
    lines = caught.value.message.splitlines()
    assert [line.partition(" ")[0] for line in lines[:-1]] == [f"'events[{row}].identity'" for row in range(0, 40, 2)]
    assert lines[-1] == "and 10 more"
    assert site.sandbox.requests == []


async def test_moments_that_need_a_zone_are_named_by_their_rows_too(site: Site, perform: Perform) -> None:
    events = [{**EVENT, "ts": "2026-01-01T10:00:00"} for _ in range(25)]
    with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE") as caught:
        await perform(site, "upload-events", {"events": events}, account=site.account(zone=None))
    lines = caught.value.message.splitlines()
    assert lines[0].startswith("'events[0].ts' is a time without an offset")
    assert lines[19].startswith("'events[19].ts'")
    assert lines[20:] == ["and 5 more"]
    assert site.sandbox.requests == []


async def test_relative_days_without_a_zone_are_refused_before_anything_is_sent(site: Site, perform: Perform) -> None:
    for key in ("get-event-count", "get-events", "get-user-profiles", "get-campaigns"):
        given = {"from": "-7d", "to": "today", **({} if "campaigns" in key else {"event_name": "Charged"})}
        with pytest.raises(InvalidArgumentsError, match="CLEVERTAP_TIMEZONE"):
            await perform(site, key, given, account=site.account(zone=None))
    assert site.sandbox.requests == []


def test_every_fault_of_a_call_is_told_at_once() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        CATALOGUE["get-events"].parse({"from": "2026-02-31", "to": "soon", "batch_size": 0})
    assert {problem.field for problem in caught.value.problems} == {"event_name", "from", "to", "batch_size"}
    assert len(caught.value.message.splitlines()) == 4


@pytest.mark.parametrize("key", list(CATALOGUE))
def test_an_argument_that_no_action_has_is_refused_by_every_action(key: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        CATALOGUE[key].parse({"no_such_argument": 1})
    assert "no_such_argument" in {problem.field for problem in caught.value.problems}


def test_null_for_an_optional_argument_means_absent() -> None:
    parse = CATALOGUE["get-user-profile"].parse
    assert parse({"identity": "a", "email": None, "objectId": None}) == parse({"identity": "a"})
    nested = CATALOGUE["upload-events"].parse({"events": [{**EVENT, "ts": None, "evtData": None}], "dry_run": None})
    assert nested == CATALOGUE["upload-events"].parse({"events": [EVENT]})


def test_a_refusal_repeats_no_value() -> None:
    secret = "mira@example.org" * 70
    for given in (
        {"events": [{**EVENT, "identity": secret}]},
        {"events": [{**EVENT, "evtData": {secret: 1}}]},
        {"events": [{**EVENT, "ts": secret}]},
        {"events": secret},
    ):
        with pytest.raises(InvalidArgumentsError) as caught:
            CATALOGUE["upload-events"].parse(given)
        assert "mira" not in caught.value.message
