"""Where a pseudonym is taken for its person: every argument of every action either names people or refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from clevertap_mcp.privacy.kinds import NAMING
from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_tools.action import Action
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.errors import InvalidArgumentsError

pseudonyms = Pseudonyms("a secret of the operator's", "project")
privacy = Privacy(pseudonyms)
MIRA = pseudonyms.of("mira@example.org")
FREE_KEYS = ("Email", "identity", "Phone", "objectId", "userName", "Name", "token", "note")
RECORDS = "records of people, each under the identity that it is about"
FILTERS = "whom a question or a campaign is about: compared with, never stored"
PEOPLE = "the people themselves"
UPLOADER = "the address that CleverTap writes to about the upload; nothing reads it back"
RAW = "any path: judged key by key like the arguments of the typed tools"
QUERY = dict.fromkeys(("event_properties", "profile_filters", "did"), FILTERS)
TAKEN: dict[str, dict[str, str]] = {
    "upload-user-profiles": {"profiles": RECORDS},
    "upload-events": {"events": RECORDS},
    "upload-device-tokens": {"tokens": RECORDS},
    "get-user-profiles": QUERY,
    "get-events": QUERY,
    "get-profile-count": QUERY,
    "get-event-count": QUERY,
    "create-campaign": {"where": FILTERS},
    "export-profiles": {"profile_filters": FILTERS},
    "get-user-profile": dict.fromkeys(("identity", "email", "objectId"), PEOPLE),
    "delete-user-profile": dict.fromkeys(("identity", "guid"), PEOPLE),
    "demerge-user-profiles": {"identities": PEOPLE},
    "send-message": {"to": PEOPLE},
    "trigger-campaign": {"triggers": PEOPLE},
    "set-subscription": {"subscriptions": PEOPLE},
    "disassociate-phone": {"phones": PEOPLE},
    "upload-custom-list": {**dict.fromkeys(("identity", "guid"), PEOPLE), "email": UPLOADER},
    "upload-catalog": {"email": UPLOADER},
    "update-segments": dict.fromkeys(("identity", "guid"), PEOPLE),
    "get-variables": dict.fromkeys(("identity", "clevertapId"), PEOPLE),
    "request": dict.fromkeys(("path_params", "query", "headers", "body"), RAW),
}
"""Every argument that takes a pseudonym, and why it may; whatever is not told here refuses it."""
EVERY = [
    (key, field.alias or name)
    for key, action in CATALOGUE.items()
    for name, field in action.arguments.model_fields.items()
]
Schema = dict[str, Any]


def values(schema: Schema, known: Schema) -> Iterator[Any]:
    """Values of a schema with the pseudonym in each of its places in turn.

    Args:
        schema: The schema.
        known: Those that it refers to by name.
    """
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        yield from (value for each in schema["anyOf"] for value in values(each, known))
    elif schema.get("type") == "array":
        yield from ([value] for value in values(schema.get("items", {}), known))
    elif "properties" in schema:
        yield from ({name: value} for name, inner in schema["properties"].items() for value in values(inner, known))
        yield from (
            {naming: "Email", "value": MIRA} for naming in NAMING if {naming, "value"} <= set(schema["properties"])
        )
    elif schema.get("type") in {"object", None} and "enum" not in schema:
        yield from free_values()
    else:
        yield MIRA


def free_values() -> Iterator[Any]:
    """Values of any shape."""
    yield MIRA
    yield {MIRA: 1}
    yield from ({key: value} for key in FREE_KEYS for value in (MIRA, [MIRA], {"x": MIRA}))
    yield from ({"name": key, "value": MIRA} for key in FREE_KEYS)


def is_named(given: dict[str, Any]) -> bool:
    """Whether the pseudonym is taken for its person."""
    try:
        return "mira@example.org" in str(privacy.named(given))
    except InvalidArgumentsError:
        return False


def has_place(action: Action[Any, Any], argument: str, value: Any) -> bool:
    """Whether an action knows an argument of that shape, whatever else it may find wrong with it."""
    try:
        action.arguments.model_validate(privacy.named({argument: value}))
    except ValidationError as error:
        faults = {(fault["type"], fault["loc"]) for fault in error.errors()}
        shape = any(kind == "extra_forbidden" or kind.endswith("_type") for kind, loc in faults if argument in loc)
        return not shape and ("value_error", (argument,)) not in faults
    return True


@pytest.mark.parametrize(("key", "argument"), EVERY)
def test_a_pseudonym_is_taken_only_where_people_are_named(key: str, argument: str) -> None:
    action = CATALOGUE[key]
    schema = action.arguments.model_json_schema(by_alias=True)
    asked = values(schema["properties"][argument], schema.get("$defs", {}))
    taken = [value for value in asked if is_named({argument: value}) and has_place(action, argument, value)]
    assert bool(taken) == (argument in TAKEN.get(key, {})), taken


def test_no_reason_is_given_for_what_does_not_exist() -> None:
    assert {(key, argument) for key, taken in TAKEN.items() for argument in taken} <= set(EVERY)


@pytest.mark.parametrize(
    "body",
    [
        {"catalogName": "shoes", "fieldMappings": {"identity": MIRA}},
        {"catalogName": "shoes", "catalogSchema": [{"name": "Email", "value": MIRA}]},
        {"products": [{"identity": MIRA}]},
        {"variableDefinitions": {"contact.email": {"defaultValue": MIRA}}},
        {"provider_nick_name": MIRA},
        {"webhook_endpoint_name": MIRA},
    ],
)
def test_a_raw_body_is_judged_like_the_arguments_of_a_typed_tool(body: dict[str, Any]) -> None:
    assert not is_named({"method": "POST", "path": "/v2/catalogs", "body": body})
