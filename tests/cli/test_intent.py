"""Plain words find actions: by meaning, by name, and only among those that are offered."""

from __future__ import annotations

import pytest

import clevertap_tools.actions  # noqa: F401 - fills the catalogue
from clevertap_mcp.search.meanings import Meanings
from clevertap_mcp.search.ranking import meanings, rank, sayings
from clevertap_mcp.search.signs import signs
from clevertap_mcp.search.words import stems
from clevertap_tools.action import CATALOGUE, tool_name


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ("who is active right now", "real-time-user-count"),
        ("How many users are online?", "real-time-user-count"),
        ("how many shoppers bought twice", "get-profile-count"),
        ("how often was the app opened", "get-event-count"),
        ("export all purchases of march", "get-events"),
        ("export users who bought something", "get-user-profiles"),
        ("who dropped off after adding to cart", "get-user-profiles"),
        ("get the next page of events", "get-events-by-cursor"),
        ("continue the profile export", "get-user-profiles-by-cursor"),
        ("look up a customer by email", "get-user-profile"),
        ("bulk import users from a csv", "upload-user-profiles"),
        ("track a purchase with its items", "upload-events"),
        ("register an fcm token", "upload-device-tokens"),
        ("which campaigns are scheduled", "get-campaigns"),
        ("how did the last campaign perform", "get-campaign-report"),
        ("launch an SMS blast", "create-campaign"),
        ("email everybody a discount", "create-campaign"),
        ("stop that campaign", "stop-campaign"),
        ("turn off the diwali blast", "stop-campaign"),
        ("call off the newsletter", "stop-campaign"),
        ("forget this person", "delete-user-profile"),
        ("POST /1/now.json", "request"),
    ],
)
def test_plain_words_find_the_action(wish: str, key: str) -> None:
    assert rank(wish, CATALOGUE)[0].key == key


def test_every_action_has_sayings_of_its_own() -> None:
    assert sayings().keys() == CATALOGUE.keys()
    assert min(map(len, sayings().values())) > 25
    said = [saying.casefold() for each in sayings().values() for saying in each]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("key", CATALOGUE)
def test_the_name_of_an_action_finds_it(key: str) -> None:
    for name in (key, key.replace("-", "_"), tool_name(key), f" {key.upper()} "):
        assert rank(name, CATALOGUE)[0].key == key


def test_a_name_inside_a_sentence_finds_the_action() -> None:
    assert rank("what does clevertap_get_schema want to know?", CATALOGUE)[0].key == "get-schema"


@pytest.mark.parametrize("wish", ["", " ", "the of and", "qqq zzz", "\ud83d", "\u0000", "?" * 1000])
def test_words_that_nobody_says_find_nothing(wish: str) -> None:
    assert rank(wish, CATALOGUE) == []


def test_only_the_given_catalogue_is_searched() -> None:
    part = {"get-events": CATALOGUE["get-events"]}
    assert [action.key for action in rank("show what happened and delete a user's events", part)] == ["get-events"]


def test_the_same_wish_gives_the_same_order() -> None:
    assert rank("count users", CATALOGUE) == rank("count users", dict(CATALOGUE))


def test_forms_of_a_word_are_one_word() -> None:
    assert set(stems("deleting deleted deletes delete")) == {"delet"}
    assert set(stems("stopping stopped stops stop")) == {"stop"}
    assert set(stems("categories category")) == {"category"}
    assert stems("sell pass") == ("sell", "pass")


def test_values_are_told_by_their_kind() -> None:
    text = "GET /1/profile.json?x=1 for ann@example.org, +44 7700 900123, __abc1, ₹5,000, 1761034501 and 42"
    assert [word for word in stems(text) if word.startswith("#")] == [
        "#method",
        "#path",
        "#email",
        "#phon",
        "#objectid",
        "#money",
        "#longid",
        "#number",
    ]


def test_a_longer_expression_hides_the_shorter_ones_inside_it() -> None:
    known = Meanings({"stop": "stop, cancel", "opt-out": "stop mailing", "message": "mailing"}, things="")
    assert list(known.of(stems("Stop mailing him"))) == ["opt-out"]
    assert list(known.of(stems("stop the mailing"))) == ["stop", "message"]


@pytest.mark.parametrize(
    ("wish", "counted"),
    [
        ("how many customers bought", "person"),
        ("how many beekeepers bought", "person"),
        ("how many orders did customers place", "event"),
        ("how many disbursals were there", "event"),
        ("number of catalogues", "catalog"),
    ],
)
def test_what_shall_be_counted_is_what_stands_next_to_the_question(wish: str, counted: str) -> None:
    assert f"counts {counted}" in signs(wish, meanings())


def test_a_question_is_told_from_an_order() -> None:
    assert "asks" in signs("Please, who bought shoes", meanings())
    assert "asks" in signs("any news?", meanings())
    assert "tells" in signs("show buyers of shoes", meanings())
