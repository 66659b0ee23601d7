from __future__ import annotations

import pytest

import clevertap_tools.actions  # noqa: F401 - fills the catalogue
from clevertap_mcp.commands.intent import meanings, rank
from clevertap_tools.action import CATALOGUE


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ("who is active right now", "real-time-user-count"),
        ("How many users are online?", "real-time-user-count"),
        ("how many shoppers bought twice", "get-profile-count"),
        ("how often was the app opened", "get-event-count"),
        ("export all purchases of march", "get-events"),
        ("export users who bought something", "get-user-profiles"),
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
        ("call off the newsletter", "stop-campaign"),
        ("forget this person", "delete-user-profile"),
        ("POST /1/now.json", "request"),
    ],
)
def test_plain_words_find_the_action(wish: str, key: str) -> None:
    assert rank(wish, CATALOGUE)[0].key == key


@pytest.mark.parametrize("wish", ["", "the of and", "qqq zzz"])
def test_words_that_nobody_says_find_nothing(wish: str) -> None:
    assert rank(wish, CATALOGUE) == []


def test_only_the_given_catalogue_is_searched() -> None:
    part = {"get-events": CATALOGUE["get-events"]}
    assert [action.key for action in rank("delete a user's events", part)] == ["get-events"]


def test_the_same_wish_gives_the_same_order() -> None:
    assert rank("count users", CATALOGUE) == rank("count users", dict(CATALOGUE))


def test_forms_of_a_word_mean_the_same() -> None:
    assert list(meanings("deleting deleted deletes delete")) == ["delete"] * 4
    assert list(meanings("matching matched matches")) == list(meanings("match match matche"))
