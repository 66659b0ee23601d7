"""The project's schema, remembered for a while, and the hints that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, ServiceError
from clevertap_tools.memory import Memory
from clevertap_tools.nearest import LULL, names, nearest_event
from clevertap_tools.query import NOBODY_EXCLUDED, NOTHING_FOUND
from clevertap_tools.schema import LIFE, read_entry
from tools.saying import saying

if TYPE_CHECKING:
    from clevertap_tools.client import Client
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

SCHEMA = "/getSchema"
DAYS = {"from": "2026-01-01", "to": "2026-01-31"}
UNKNOWN = {"event_name": "Coarse Started", **DAYS}
PUSH = {"name": "x", "target_mode": "push", "devices": ["ios"], "content": {"title": "a", "body": "b"}}
PLAN = {"kind": "profile_fields", "name": "Plann", "value": "Gold"}
ASKING: list[tuple[str, dict[str, Any], str]] = [
    ("get-event-count", UNKNOWN, "event_name"),
    ("get-profile-count", UNKNOWN, "event_name"),
    ("get-profile-count", {"did": [{"which": "did_none", **UNKNOWN}]}, "did"),
    ("get-events", UNKNOWN, "event_name"),
    ("get-user-profiles", UNKNOWN, "event_name"),
    ("get-event-trends", UNKNOWN, "event_name"),
    (
        "get-top-property-counts",
        {**UNKNOWN, "groups": [{"property_type": "event_properties", "name": "Price"}]},
        "event_name",
    ),
    ("create-campaign", {**PUSH, "where": UNKNOWN, "estimate_only": True}, "where.event_name"),
    (
        "create-campaign",
        {**PUSH, "where": {"did": [{"which": "did_all", **UNKNOWN}]}, "estimate_only": True},
        "where.did",
    ),
]


@pytest.fixture
async def school(site: Site) -> Site:
    """A project with an event and two properties of its own."""
    async with site.client() as client:
        for key, given in (
            ("upload-events", {"events": [{"identity": "a", "evtName": "Course Started", "ts": 1_767_614_400}]}),
            ("upload-user-profiles", {"profiles": [{"identity": "a", "profileData": {"Plan": "Gold", "Tier": 2}}]}),
        ):
            await done(client, key, given)
    site.forget()
    return site


async def done(client: Client, key: str, given: dict[str, Any]) -> Any:
    """One call with a client that others use too."""
    return await CATALOGUE[key](client.for_call(), CATALOGUE[key].parse(given))


async def test_events_and_properties_are_listed_with_what_clevertap_says_of_them(
    school: Site, perform: Perform
) -> None:
    told = await perform(school, "get-schema")
    assert told.names[0] == {"type": "events", "name": "Course Started", "eventCount": 1}
    assert told.names[-2:] == [{"type": "userProperties", "name": "Plan"}, {"type": "userProperties", "name": "Tier"}]
    assert [each.query for each in school.asked(SCHEMA)] == [{"type": "events"}, {"type": "userProperties"}]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"type": "userProperties"}, ["Plan", "Tier"]),
        ({"type": "userProperties", "contains": "IE"}, ["Tier"]),
        ({"contains": "course_st"}, ["Course Started"]),
        ({"contains": "nothing like it"}, []),
    ],
)
async def test_a_type_and_a_part_of_the_name_narrow_it(
    school: Site, perform: Perform, asked: dict[str, Any], names: list[str]
) -> None:
    assert [each["name"] for each in (await perform(school, "get-schema", asked)).names] == names


async def test_a_discarded_event_is_marked(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(discarded_events=frozenset({"stayed"}))
    told = await perform(site, "get-schema", {"type": "events", "contains": "stayed"})
    assert told.names == [{"type": "events", "name": "Stayed", "eventCount": 0, "discarded": True}]


async def test_the_schema_is_asked_for_once_in_five_minutes_by_all_calls_of_a_client(school: Site) -> None:
    now = [1_780_000_000.0]
    async with school.client(clock=lambda: now[0]) as client:
        for _ in range(3):
            await done(client, "get-schema", {"type": "events"})
        assert len(school.asked(SCHEMA)) == 1
        now[0] += LIFE
        await done(client, "get-schema", {"type": "events"})
        assert len(school.asked(SCHEMA)) == 2


async def test_a_failure_is_not_remembered_by_whoever_asks_for_the_schema(school: Site) -> None:
    school.breaks(Kind.STATUS, SCHEMA, status=500, times=4)
    async with school.client() as client:
        with pytest.raises(ServiceError):
            await done(client, "get-schema", {"type": "events"})
        assert (await done(client, "get-schema", {"type": "events"})).names


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ({"name": "a", "eventCount": 3}, {"name": "a", "eventCount": 3}),
        ({"type": "custom", "name": "a"}, {"name": "a", "type": "custom"}),
        ("a", {"name": "a"}),
        ({"eventCount": 3}, None),
        ({"name": None}, None),
        ({"name": ""}, None),
        (None, None),
        (["a"], None),
    ],
)
def test_an_entry_is_whatever_has_a_name(said: object, entry: dict[str, Any] | None) -> None:
    assert read_entry(said) == entry


@pytest.mark.parametrize("answer", [{}, {"events": None}, {"events": "many"}, {"userProperties": [{"name": "x"}]}])
async def test_an_answer_that_lacks_its_list_is_an_empty_one(site: Site, perform: Perform, answer: Any) -> None:
    account = saying({"status": "success", **answer})
    assert (await perform(site, "get-schema", {"type": "events"}, transport=account)).names == []


@pytest.mark.parametrize("wrong", [{"type": "event"}, {"contains": ""}, {"kind": "events"}, {"type": ["events"]}])
async def test_bad_arguments_never_leave(site: Site, perform: Perform, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentsError):
        await perform(site, "get-schema", wrong)
    assert site.sandbox.requests == []


def test_what_is_kept_is_forgotten_in_time() -> None:
    now = [0.0]
    memory = Memory(lambda: now[0])
    memory.keep("a", [], 10.0)
    now[0] = 9.9
    assert memory.recall("a") == []
    now[0] = 10.0
    assert memory.recall("a") is None
    assert memory.recall("b") is None


# Hints of events


@pytest.mark.parametrize(("key", "asked", "field"), ASKING)
async def test_an_unknown_event_is_told_with_the_nearest_of_the_project(
    school: Site, perform: Perform, key: str, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await perform(school, key, asked)
    assert caught.value.message == "Coarse Started is not an event of this project; nearest: Course Started."
    assert "clevertap_get_schema" in caught.value.next
    assert caught.value.field == field
    assert caught.value.status == 400
    assert len(school.asked(SCHEMA)) == 1


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.HTML, Kind.EMPTY, Kind.FAIL, Kind.TRUNCATED, Kind.RESET_BEFORE])
async def test_without_a_schema_the_refusal_stands_alone(school: Site, perform: Perform, kind: Kind) -> None:
    school.breaks(kind, SCHEMA, times=None)
    with pytest.raises(InvalidRequestError) as caught:
        await perform(school, "get-event-count", UNKNOWN)
    assert caught.value.message == "Coarse Started is not an event of this project."
    with pytest.raises(InvalidRequestError, match="nearest: Charged"):
        await perform(school, "get-event-count", {**UNKNOWN, "event_name": "Chargd"})


async def test_a_slow_schema_does_not_hold_the_answer_up(school: Site) -> None:
    school.breaks(Kind.SLOW, SCHEMA, seconds=30.0)
    async with school.client() as client:
        with anyio.fail_after(10):
            assert await names(client.for_call(), "events", patience=0.1) == []


async def test_a_schema_that_cannot_be_had_is_left_alone_for_a_minute(school: Site) -> None:
    now = [1_780_000_000.0]
    school.breaks(Kind.FAIL, SCHEMA)
    async with school.client(clock=lambda: now[0]) as client:
        for told in (None, None, "nearest"):
            with pytest.raises(InvalidRequestError) as caught:
                await done(client, "get-event-count", UNKNOWN)
            assert ("nearest" in caught.value.message) is (told is not None)
            now[0] += LULL * 0.6
    assert len(school.asked(SCHEMA)) == 2


async def test_hints_of_one_client_share_one_schema(school: Site) -> None:
    async with school.client() as client:
        for key in ("get-event-count", "get-event-trends", "get-events"):
            with pytest.raises(InvalidRequestError, match="nearest: Course Started"):
                await done(client, key, UNKNOWN)
    assert len(school.asked(SCHEMA)) == 1


async def test_another_refusal_asks_for_no_schema(school: Site, perform: Perform) -> None:
    school.breaks(Kind.STATUS, "/1/counts/trends.json", status=400, error="Something else")
    with pytest.raises(InvalidRequestError, match=r"^Something else$"):
        await perform(school, "get-event-trends", {"event_name": "Course Started", **DAYS})
    assert school.asked(SCHEMA) == []


def test_an_event_that_differs_in_case_and_spaces_only_is_not_its_own_nearest() -> None:
    assert nearest_event("course  started", ["Course Started"]) is None
    assert nearest_event("Applaunch", ["Course Started"]) == "App Launched"
    assert nearest_event("Xylophone", ["Course Started"]) is None


# Hints of properties


@pytest.mark.parametrize("key", ["get-profile-count", "get-user-profiles"])
async def test_a_query_that_finds_nobody_names_unknown_properties(school: Site, perform: Perform, key: str) -> None:
    told = await perform(school, key, {"profile_filters": [PLAN, {**PLAN, "name": "Xylophone"}]})
    assert told.warning == (
        f"{NOTHING_FOUND} Plann is no user property of this project; nearest: Plan. "
        "Xylophone is no user property of this project."
    )
    assert "warning" in told.theirs


@pytest.mark.parametrize(
    ("name", "known"), [("Plan", True), ("plan", False), ("Email", True), ("Phone", True), ("Customer Type", False)]
)
async def test_properties_that_exist_are_not_doubted(school: Site, perform: Perform, name: str, known: bool) -> None:
    told = await perform(school, "get-profile-count", {"profile_filters": [{**PLAN, "name": name, "value": "Lead"}]})
    assert (told.warning == NOTHING_FOUND) is known
    assert ("warning" in told.theirs) is not known


async def test_without_a_schema_nothing_is_said_of_properties(school: Site, perform: Perform) -> None:
    school.breaks(Kind.STATUS, SCHEMA, status=403, times=None)
    told = await perform(school, "get-profile-count", {"profile_filters": [PLAN]})
    assert (told.count, told.warning) == (0, NOTHING_FOUND)


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("get-profile-count", {}),
        ("get-event-count", {"event_name": "Course Started", **DAYS}),
        ("get-user-profiles", {}),
        ("get-events", {"event_name": "Course Started", **DAYS}),
    ],
)
async def test_whoever_excludes_by_a_property_learns_that_a_misspelt_one_excludes_nobody(
    school: Site, perform: Perform, key: str, more: dict[str, Any]
) -> None:
    did = {"which": "did_none", "event_name": "Course Started", "event_properties": [{"name": "Amont", "value": 5}]}
    told = await perform(school, key, {"did": [did], "profile_filters": [], **more})
    assert told.warning == NOBODY_EXCLUDED
    assert "warning" not in told.theirs
    assert (await perform(school, key, {"did": [did | {"event_properties": []}], **more})).warning is None


async def test_an_estimate_of_nobody_says_why_and_one_that_excludes_says_whom(school: Site, perform: Perform) -> None:
    asked = {**PUSH, "target_mode": "email", "devices": None, "estimate_only": True}
    asked["content"] = {"subject": "a", "body": "b", "sender_name": "c"}
    nobody = await perform(school, "create-campaign", {**asked, "where": {"profile_filters": [PLAN]}})
    assert nobody.warning == f"{NOTHING_FOUND} Plann is no user property of this project; nearest: Plan."
    assert "warning" in nobody.theirs
    did = {"which": "did_none", "event_name": "Course Started", "event_properties": [{"name": "Amont", "value": 5}]}
    more = [{"identity": f"b{number}", "profileData": {"Email": f"b{number}@example.org"}} for number in range(4)]
    await perform(school, "upload-user-profiles", {"profiles": more})
    excluding = await perform(school, "create-campaign", {**asked, "where": {"did": [did]}})
    assert (excluding.reach, excluding.warning) == (4, NOBODY_EXCLUDED)
    assert not excluding.theirs


async def test_an_unknown_group_names_the_property_that_was_probably_meant(school: Site, perform: Perform) -> None:
    groups = [{"property_type": "profile_fields", "name": "Plann"}, {"property_type": "profile_fields", "name": "Tier"}]
    school.breaks(Kind.STATUS, "/1/counts/top.json", status=400, error="Invalid group")
    with pytest.raises(InvalidRequestError) as caught:
        await perform(school, "get-top-property-counts", {"event_name": "Course Started", **DAYS, "groups": groups})
    assert caught.value.message == "Invalid group. Plann is no user property of this project; nearest: Plan."
    assert caught.value.field == "groups"
    assert "compared to the letter" in caught.value.next


async def test_a_query_that_finds_somebody_asks_for_no_schema(school: Site, perform: Perform) -> None:
    filters = [{**PLAN, "operator": "does_not_exist", "value": None}]
    assert (await perform(school, "get-profile-count", {"profile_filters": filters})).warning is None
    by_event = {"event_name": "Course Started", **DAYS, "event_properties": [{"name": "x", "value": 1}]}
    assert (await perform(school, "get-event-count", by_event)).warning == NOTHING_FOUND
    assert school.asked(SCHEMA) == []
