"""Whatever a line holds, it makes records that the published rules take, with all that it says, or it says why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import event, example, settings
from hypothesis import given as over
from hypothesis import strategies as st

from clevertap_bulk.importing.batches import encoded
from clevertap_bulk.reading import Row
from clevertap_bulk.segment import Deletion, Options, maker
from clevertap_bulk.segment.names import snake
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.records import EventRecord, ProfileRecord, TokenRecord

RULES: dict[str, Any] = {"profile": ProfileRecord, "event": EventRecord, "token": TokenRecord}
TIME = ProjectTime(ZoneInfo("UTC"), 1_780_000_000)
KEYS = st.sampled_from(
    ["plan", "shirtSize", "a", "a_b", "b", "größe XL", "x.y", "order_id", "name", "revenue", "Total"]
)
SIMPLE = st.sampled_from([None, True, 0, -7, 2.5, 10**20, "", "x", "12", "2026-03-31", "2026-03-31T18:30:00Z", "🙂"])
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2), max_leaves=5
)
ANYTHING = st.dictionaries(KEYS, VALUES, max_size=4)
IDS = st.sampled_from(["u-1", "d-1", 7, "", None, "null"])
EVENTS = st.sampled_from(["Seen", "Order Completed", "Audience Entered", "Delete User", "App Launched", ""])
CONTEXT = st.fixed_dictionaries(
    {"device": st.fixed_dictionaries({"token": IDS, "type": st.sampled_from(["ios", "android", "tv"])})}
)


def calls(kind: str, **said: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    ids = {"type": st.just(kind), "userId": IDS, "anonymousId": IDS, "timestamp": SIMPLE}
    return st.fixed_dictionaries(ids | said, optional={"context": CONTEXT, "originalTimestamp": st.just(1_774_981_800)})


CALLS = st.one_of(
    calls("identify", traits=ANYTHING),
    calls("group", groupId=IDS, traits=ANYTHING),
    calls("track", event=EVENTS, properties=ANYTHING),
    calls("page", name=SIMPLE, properties=ANYTHING),
    calls("screen", name=SIMPLE, category=SIMPLE, properties=ANYTHING),
    calls("alias", previousId=IDS),
    calls("delete"),
    st.dictionaries(st.sampled_from(["type", "traits", "context", "userId"]), VALUES),
)
OPTIONS = st.builds(
    Options, keep_names=st.booleans(), link_devices=st.booleans(), tokens=st.booleans(), deletions=st.booleans()
)


def leaves(value: Any, *, lists: bool) -> Iterator[Any]:
    """All that a value says; a list of simple values says one thing where it stays a list."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each, lists=lists)
    elif isinstance(value, list):
        inner = [each for each in value if each is not None]
        if lists and inner and not any(isinstance(each, dict | list) for each in inner):
            yield inner
        else:
            for each in inner:
                yield from leaves(each, lists=lists)
    elif value is not None:
        yield value


def count(value: Any, *, lists: bool = False) -> int:
    return sum(1 for _ in leaves(value, lists=lists))


def made_of(call: dict[str, Any], options: Options = Options()) -> list[dict[str, Any]] | None:  # noqa: B008 - frozen
    """The records of a call, None if there is a reason for none."""
    try:
        return maker(options, TIME)(Row(0, call, None, None))
    except (ValueError, InvalidArgumentsError) as error:
        reason = str(error).strip()
    event("refused" if reason else "refused without a reason")
    assert reason
    return None


@settings(max_examples=200)
@over(CALLS, OPTIONS)
def test_every_call_makes_records_that_the_rules_take_or_says_why_not(call: dict[str, Any], options: Options) -> None:
    made = made_of(call, options)
    assert made != []
    for record in made or ():
        assert encoded(record)
        if Deletion.of(record) is None:
            RULES[record["type"]].model_validate(record)
            assert isinstance(record.get("ts", 1), int)


@over(ANYTHING)
@example({"a": [{"b": 1}, [2, None], {}], "c": {"d": {"e": "x"}}})
def test_no_property_of_an_event_is_lost(properties: dict[str, Any]) -> None:
    call = {"type": "track", "userId": "u-1", "event": "Seen", "timestamp": 1, "properties": properties}
    if made := made_of(call):
        assert len(made[0]["evtData"]) == count(properties)


@over(ANYTHING, st.lists(ANYTHING, min_size=1, max_size=3))
def test_no_property_of_an_order_is_lost(properties: dict[str, Any], products: list[dict[str, Any]]) -> None:
    given = properties | {"products": products, "total": 1.5}
    call = {"type": "track", "userId": "u-1", "event": "Order Completed", "timestamp": 1, "properties": given}
    if made := made_of(call):
        data = made[0]["evtData"]
        assert len(data["Items"]) == len(products)
        assert count(data) == count(given)
        assert data["Amount"] == 1.5


@over(ANYTHING)
def test_no_trait_is_lost(traits: dict[str, Any]) -> None:
    call = {"type": "identify", "userId": "u-1", "traits": traits}
    if made := made_of(call):
        assert len(made[0]["profileData"]) == count(traits, lists=True)


@over(ANYTHING)
def test_no_trait_of_a_group_is_lost_nor_taken_for_the_persons_own(traits: dict[str, Any]) -> None:
    call = {"type": "group", "userId": "u-1", "groupId": "g-1", "traits": traits}
    if made := made_of(call):
        profile = made[0]["profileData"]
        assert len(profile) == 1 + count(traits, lists=True)
        assert all(name.startswith("group_") for name in profile)


@over(st.text(max_size=20))
def test_a_name_in_snake_case_stays_as_it_is(name: str) -> None:
    assert snake(snake(name)) == snake(name)
    assert not set(snake(name)) & set(" %><!|&.:;$'\"\\#")
