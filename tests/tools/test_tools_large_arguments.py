"""Arguments that nobody could mean are refused before they are understood, and the answer stays short."""

from __future__ import annotations

from typing import Any

import pytest

from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions import CATALOGUE as ALL
from clevertap_tools.checking import MOST_HOLDERS, MOST_KEYS
from clevertap_tools.errors import InvalidArgumentsError


def refused(key: str, given: dict[str, Any]) -> InvalidArgumentsError:
    assert CATALOGUE is ALL
    with pytest.raises(InvalidArgumentsError) as raised:
        CATALOGUE[key].parse(given)
    return raised.value


@pytest.mark.parametrize(
    "given",
    [
        {f"k{each}": 1 for each in range(MOST_KEYS + 1)},
        {"body": {f"k{each}": 1 for each in range(MOST_KEYS + 1)}},
        {"body": [{f"k{each}": {f"l{each}": 1}} for each in range(MOST_KEYS // 2 + 1)]},
    ],
)
def test_more_different_keys_than_any_project_has_are_refused_in_one_sentence(given: dict[str, Any]) -> None:
    assert refused("request", given).message == "the arguments have more than 10,000 different keys; split the call"


@pytest.mark.parametrize("entry", [{}, [], {"a": 1}])
def test_more_objects_and_lists_than_anybody_sends_are_refused_in_one_sentence(entry: Any) -> None:
    assert "200,000 objects and lists" in refused("request", {"body": [entry] * (MOST_HOLDERS + 1)}).message


def test_many_records_with_the_same_keys_are_taken() -> None:
    profile = {"identity": "c", "profileData": {f"k{each}": each for each in range(200)}}
    assert CATALOGUE["upload-user-profiles"].parse({"profiles": [profile] * 5_000}).record_count == 5_000


def test_hundreds_of_unknown_arguments_are_counted_and_not_told_one_by_one() -> None:
    told = refused("get-event-count", {f"k{each}": 1 for each in range(500)})
    assert len(told.problems) == 1
    assert told.message.startswith("there are 500 arguments; at most ")


@pytest.mark.parametrize("records", [30, 3_000])
def test_of_many_faults_the_first_twenty_are_told_and_the_others_counted(records: int) -> None:
    told = refused("upload-events", {"events": [{"identity": "a", "evtName": 5} for _ in range(records)]})
    assert [each.field for each in told.problems] == [f"events[{each}].evtName" for each in range(20)] + [""]
    assert told.problems[0].message == "'events[0].evtName' must be text"
    assert told.problems[-1].message == f"and {records - 20} more"


@pytest.mark.parametrize("kind", ["value", "limit"])
def test_faults_read_the_same_however_many_there_are(kind: str) -> None:
    record = {"value": {"identity": "null", "evtName": "A"}, "limit": {"identity": "a", "evtName": ""}}[kind]
    few, many = (refused("upload-events", {"events": [record] * count}).problems[:20] for count in (30, 3_000))
    assert few == many


def test_a_name_without_end_is_cut_where_it_is_quoted() -> None:
    told = refused("get-event-count", {"event_name": "A", "an argument " * 300_000: 1})
    assert len(told.message) < 4_000
    assert "an …' is not an argument here" in told.message


def test_a_parameter_that_comes_twice_is_found_among_very_many() -> None:
    query = [{"name": f"n{each}", "value": ""} for each in range(50_000)]
    told = refused("request", {"method": "GET", "path": "/1/x", "query": [*query, query[-1]]})
    assert "has 'n49999' twice" in told.message
