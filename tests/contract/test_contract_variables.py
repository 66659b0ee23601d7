"""Remote Config as the references have it (engagement 15.3, data 10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

CREATE = "/1/createVars"
READ = "/1/getVars"
DELETE = "/1/deleteVars"
BANNER = {"home.banner": {"type": "string", "defaultValue": "A", "description": "hero"}}
FLAG = {"folder.flag": {"type": "boolean", "defaultValue": False, "description": "x"}}


def shown(door: Door, **person: Any) -> Any:
    return door.gets("POST", READ, {"includeDefaults": True, **(person or {"identity": "cust-9001"})})["vars"]


def test_the_references_exchange(door: Door) -> None:
    assert door.gets("POST", CREATE, {"variableDefinitions": FLAG}) == {"status": "success"}
    values = door.gets("POST", READ, {"identity": "cust-9001", "includeDefaults": True})
    assert values == {"status": "success", "vars": {"folder.flag": False}}
    assert door.gets("POST", DELETE, {"variableNames": ["folder.flag"]}) == {"status": "success"}
    assert shown(door) == {}


def test_variables_are_defined_anew_and_deleted_by_name_or_all_at_once(door: Door) -> None:
    number = {"n": {"type": "number", "defaultValue": 1.5}}
    door.gets("POST", CREATE, {"variableDefinitions": {**BANNER, **FLAG, **number}})
    door.gets("POST", CREATE, {"variableDefinitions": {"n": {"type": "number", "defaultValue": 2}}})
    assert shown(door) == {"home.banner": "A", "folder.flag": False, "n": 2}
    door.gets("POST", DELETE, {"variableNames": ["home.banner", "unknown"]})
    assert shown(door) == {"folder.flag": False, "n": 2}
    assert door.gets("POST", DELETE, {"deleteAllVars": True}) == {"status": "success"}
    assert shown(door) == {}


def test_somebody_known_has_the_defaults_only_if_asked_somebody_unknown_always(door: Door) -> None:
    door.upload({"type": "profile", "identity": "u-1001", "profileData": {"Plan": "Gold"}})
    door.gets("POST", CREATE, {"variableDefinitions": BANNER})
    assert shown(door, identity="u-1001") == {"home.banner": "A"}
    assert door.gets("POST", READ, {"identity": "u-1001"})["vars"] == {}
    assert door.gets("POST", READ, {"identity": "nobody"})["vars"] == {"home.banner": "A"}
    assert door.gets("POST", READ, {"clevertapId": "__f00dbabe"})["vars"] == {"home.banner": "A"}


@pytest.mark.parametrize("key", ["vars", "variables"])
def test_the_values_stand_under_either_key(make_door: MakeDoor, key: str) -> None:
    door = make_door(variables_key=key)
    door.gets("POST", CREATE, {"variableDefinitions": BANNER})
    answer = door.gets("POST", READ, {"identity": "a", "includeDefaults": True})
    assert answer == {"status": "success", key: {"home.banner": "A"}}


def test_a_variable_that_nobody_published_may_have_no_value(make_door: MakeDoor) -> None:
    door = make_door(variables_need_publishing=True)
    door.gets("POST", CREATE, {"variableDefinitions": BANNER})
    assert shown(door) == {}


@pytest.mark.parametrize(
    "definitions",
    [
        None,
        {},
        {"n" * 121: {"type": "string", "defaultValue": "A"}},
        {"n": {"type": "date", "defaultValue": "A"}},
        {"n": {"type": "string"}},
        {"n": {"type": "string", "defaultValue": 1}},
        {"n": {"type": "number", "defaultValue": True}},
        {"n": {"type": "boolean", "defaultValue": 1}},
        {"n": "A"},
    ],
)
def test_a_definition_that_breaks_a_rule_is_refused(door: Door, definitions: object) -> None:
    status, answer = door.ask("POST", CREATE, {"variableDefinitions": definitions})
    assert (status, answer["status"], answer["code"]) == (400, "fail", 400)


@pytest.mark.parametrize("body", [{}, {"identity": "a", "clevertapId": "b"}])
def test_values_are_of_exactly_one_person(door: Door, body: dict[str, str]) -> None:
    assert door.ask("POST", READ, body)[0] == 400


@pytest.mark.parametrize(
    "body", [{}, {"deleteAllVars": False}, {"variableNames": []}, {"variableNames": "a"}, {"variableNames": [1]}]
)
def test_nothing_is_deleted_by_a_body_that_names_nothing(door: Door, body: dict[str, Any]) -> None:
    assert door.ask("POST", DELETE, body)[0] == 400


@pytest.mark.parametrize("path", [CREATE, READ, DELETE])
def test_wrong_credentials_are_refused_as_in_the_reference(door: Door, path: str) -> None:
    refused = {"status": "fail", "error": "Invalid Credentials", "code": 401}
    assert door.ask("POST", path, {}, {"X-CleverTap-Passcode": "wrong"}) == (401, refused)
    assert door.ask("GET", path)[0] == 405
    assert door.ask("POST", path, b"{")[1]["error"] == "Malformed JSON"
