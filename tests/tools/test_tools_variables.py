"""The typed actions of Remote Config against a served project (engagement 15.3, data 10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clevertap_sandbox import Kind
from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions.variables import values
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, OutcomeUnknownError

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

CREATE = "/1/createVars"
READ = "/1/getVars"
DELETE = "/1/deleteVars"
BANNER = {"variableDefinitions": {"home.banner": {"type": "string", "defaultValue": "A", "description": "hero"}}}
FLAG = {"variableDefinitions": {"folder.flag": {"type": "boolean", "defaultValue": False, "description": "x"}}}


@pytest.mark.parametrize("definitions", [BANNER, FLAG])
async def test_definitions_arrive_as_in_the_reference(
    site: Site, perform: Perform, definitions: dict[str, Any]
) -> None:
    made = await perform(site, "create-variables", definitions)
    assert site.bodies(CREATE) == [definitions]
    assert made.defined == 1
    assert "publishes them" in made.warning


@pytest.mark.parametrize("key", ["vars", "variables"])
async def test_values_are_found_under_either_key(make_site: MakeSite, perform: Perform, key: str) -> None:
    site = make_site(variables_key=key)
    await perform(site, "create-variables", BANNER)
    asked = {"identity": "u-1001", "includeDefaults": True}
    assert (await perform(site, "get-variables", asked)).variables == {"home.banner": "A"}
    assert site.bodies(READ) == [asked]
    await perform(site, "get-variables", {"clevertapId": "__f00dbabe"})
    assert site.bodies(READ)[1] == {"clevertapId": "__f00dbabe"}


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"status": "success", "vars": {"a": 1}}, {"a": 1}),
        ({"status": "success", "vars": {}}, {}),
        ({"status": "success", "data": {"a": {"b": 1}}}, {"a": {"b": 1}}),
        ({"status": "success", "variables": [{"name": "a", "value": 1}, {"name": "b", "defaultValue": 2}, 3]}, {"a": 1, "b": 2}),
        ({"status": "success", "a": 1, "b": False}, {"a": 1, "b": False}),
        ({"status": "success"}, {}),
    ],
)  # fmt: skip
def test_values_are_read_wherever_they_stand(body: dict[str, Any], read: dict[str, Any]) -> None:
    assert values(body) == read


async def test_what_is_shown_is_treated_as_a_persons(site: Site, perform: Perform) -> None:
    shown = await perform(site, "get-variables", {"identity": "u-1001"})
    assert shown.about_people
    assert shown.theirs == {"variables"}


@pytest.mark.parametrize("asked", [{"variableNames": ["home.banner"]}, {"deleteAllVars": True}])
async def test_variables_are_deleted_by_name_or_all_at_once(
    site: Site, perform: Perform, asked: dict[str, Any]
) -> None:
    await perform(site, "create-variables", BANNER)
    deleted = await perform(site, "delete-variables", asked)
    assert site.bodies(DELETE) == [asked]
    assert deleted.asked_for == ("all" if "deleteAllVars" in asked else "1")
    assert deleted.warning == (None if "deleteAllVars" in asked else "CleverTap does not say whether it knew them.")
    assert (await perform(site, "get-variables", {"identity": "u-1001"})).variables == {}


async def preview(site: Site, given: dict[str, Any]) -> Preview:
    action = CATALOGUE["delete-variables"]
    asked = action.parse(given)
    assert action.preview
    async with site.client() as client:
        return await action.preview(client.for_call(None), asked, asked)


async def test_the_preview_of_a_deletion_says_what_goes_and_asks_nobody(site: Site) -> None:
    some = await preview(site, {"variableNames": ["a", "b"]})
    assert some.deed == "Delete 2 Remote Config variables."
    assert some.details[0] == 'Variables: "a"; "b"'
    every = await preview(site, {"deleteAllVars": True})
    assert every.deed == "Delete every Remote Config variable of the project."
    assert site.sandbox.requests == []


def test_all_variables_are_more_than_anybody_can_count() -> None:
    parse = CATALOGUE["delete-variables"].parse
    assert (parse({"variableNames": ["a", "b"]}).record_count, parse({"variableNames": ["a"]}).countable) == (2, True)
    assert not parse({"deleteAllVars": True}).countable
    assert CATALOGUE["create-variables"].parse(BANNER).record_count == 1


def define(name: str, **definition: Any) -> dict[str, Any]:
    return {"variableDefinitions": {name: definition}}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("create-variables", {}, "is missing"),
    ("create-variables", {"variableDefinitions": {}}, "at least 1"),
    ("create-variables", {"variableDefinitions": []}, "must be an object"),
    ("create-variables", define("n" * 121, type="string", defaultValue="A"), "longer than 120"),
    ("create-variables", define("", type="string", defaultValue="A"), "shorter than 1"),
    ("create-variables", define("n", type="json", defaultValue="A"), "'string', 'boolean' or 'number'"),
    ("create-variables", define("n", type="string"), "is missing"),
    ("create-variables", define("n", type="string", defaultValue=1), "has the type string"),
    ("create-variables", define("n", type="number", defaultValue=True), "has the type number"),
    ("create-variables", define("n", type="number", defaultValue="1"), "has the type number"),
    ("create-variables", define("n", type="boolean", defaultValue="true"), "has the type boolean"),
    ("create-variables", define("n", type="string", defaultValue="A", default="A"), "not an argument"),
    ("get-variables", {}, "either 'identity' or 'clevertapId'"),
    ("get-variables", {"identity": "a", "clevertapId": "b"}, "either 'identity' or 'clevertapId'"),
    ("get-variables", {"identity": "null"}, "CleverTap refuses"),
    ("delete-variables", {}, "either 'variableNames' or 'deleteAllVars'"),
    ("delete-variables", {"deleteAllVars": False}, "either 'variableNames' or 'deleteAllVars'"),
    ("delete-variables", {"variableNames": ["a"], "deleteAllVars": True}, "either 'variableNames' or 'deleteAllVars'"),
    ("delete-variables", {"variableNames": []}, "at least 1"),
    ("delete-variables", {"variableNames": ["n" * 121]}, "longer than 120"),
    ("delete-variables", {"deleteAllVars": "true"}, "without quotes"),
]


@pytest.mark.parametrize(("key", "given", "remedy"), BAD)
async def test_bad_arguments_never_leave(
    site: Site, perform: Perform, key: str, given: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, key, given)
    assert remedy in caught.value.message
    assert site.sandbox.requests == []


async def test_a_refusal_is_told_in_clevertaps_words(site: Site, perform: Perform) -> None:
    site.breaks(Kind.FAIL, CREATE, error="Invalid variable : home.banner")
    with pytest.raises(InvalidRequestError, match=r"Invalid variable : home\.banner"):
        await perform(site, "create-variables", BANNER)


async def test_definitions_are_sent_again_because_that_is_harmless(site: Site, perform: Perform) -> None:
    site.breaks(Kind.RESET_AFTER, CREATE)
    assert (await perform(site, "create-variables", BANNER)).defined == 1
    assert len(site.asked(CREATE)) == 2


async def test_a_deletion_whose_answer_is_lost_is_not_repeated_and_says_how_to_look(
    site: Site, perform: Perform
) -> None:
    site.breaks(Kind.RESET_AFTER, DELETE)
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, "delete-variables", {"deleteAllVars": True})
    assert "clevertap_get_variables" in caught.value.next
    assert len(site.asked(DELETE)) == 1
