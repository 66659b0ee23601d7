from __future__ import annotations

from typing import Any

import pytest

import clevertap_tools.actions  # noqa: F401 - fills the catalogue
from clevertap_mcp.guard.access import Access
from clevertap_mcp.toolsets import choose, key_of, searched
from clevertap_tools.action import CATALOGUE, Toolset
from clevertap_tools.errors import ConfigurationError

PEOPLE = [key for key, action in CATALOGUE.items() if action.toolset is Toolset.PEOPLE]
CORE = [key for key, action in CATALOGUE.items() if action.toolset is Toolset.CORE]
DEFAULT = [key for key, action in CATALOGUE.items() if action.default]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, DEFAULT),
        ("all", list(CATALOGUE)),
        ("core", CORE),
        ("people", PEOPLE),
        ("people, core", [key for key in CATALOGUE if key in {*PEOPLE, *CORE}]),
        ("get-events", ["get-events"]),
        ("clevertap_get_events", ["get-events"]),
        ("GET_EVENTS", ["get-events"]),
        ("-request", [key for key in DEFAULT if key != "request"]),
        ("-core,+get-events", [key for key in DEFAULT if key not in CORE or key == "get-events"]),
        ("+all", list(CATALOGUE)),
        ("core,-request", [key for key in CORE if key != "request"]),
        ("get-events,+request", [key for key in CATALOGUE if key in ("get-events", "request")]),
        ("search", list(CATALOGUE)),
        ("search,core", CORE),
        ("search, core , people", [key for key in CATALOGUE if key in {*PEOPLE, *CORE}]),
        ("search,-request", [key for key in CATALOGUE if key != "request"]),
        ("+search", DEFAULT),
        ("-search", DEFAULT),
        ("core,-search", CORE),
    ],
)
def test_a_choice_turns_actions_on(choice: str | None, expected: list[str]) -> None:
    assert list(choose(choice, CATALOGUE)) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, False),
        ("all", False),
        ("core", False),
        ("-search", False),
        ("search,-search", False),
        ("search", True),
        ("+search", True),
        ("SEARCH", True),
        ("core,search", True),
        ("-search,+search", True),
        ("all,search", True),
    ],
)
def test_search_stands_in_front_only_where_it_is_named(choice: str | None, expected: bool) -> None:
    assert searched(choice) is expected


def test_search_alone_reaches_what_the_access_permits() -> None:
    assert choose("search", CATALOGUE, Access.READ) == choose("all", CATALOGUE, Access.READ)


def test_the_refusal_of_an_unknown_name_knows_search() -> None:
    with pytest.raises(ConfigurationError, match=r"the toolsets core, .*, search, or single tools"):
        choose("serch", CATALOGUE)


@pytest.mark.parametrize("choice", ["secretset", "core,secretset", "+secretset", "core,", "--request", ""])
def test_an_unknown_name_is_refused_with_the_known_ones_and_not_repeated(choice: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Entry \d of CLEVERTAP_TOOLSETS .* core.*get-events") as caught:
        choose(choice, CATALOGUE)
    assert "secretset" not in str(caught.value)


def test_a_choice_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="leaves no tool"):
        choose("core,-core", CATALOGUE)


@pytest.mark.parametrize(
    "name", ["get-profile-count", "get_profile_count", "clevertap_get_profile_count", " Get-Profile-Count "]
)
def test_a_key_is_known_however_it_is_written(name: Any) -> None:
    assert key_of(name) == "get-profile-count"
