"""What agents see of arguments and results."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, WithJsonSchema

from clevertap_mcp.schema import input_schema, output_schema
from clevertap_tools.action import CATALOGUE, Arguments, Listing, Result

Primitive = str | int


class Inner(Arguments):
    """Words for developers."""

    title: str
    size: Annotated[int | None, Field(ge=0, description="How large")] = None


class Asked(Arguments):
    """Words for developers."""

    title: Annotated[str, Field(description="What it is called", min_length=1, max_length=512)]
    inner: Annotated[Inner | None, Field(description="One of them")] = None
    many: list[Inner] = []
    free: dict[str, Any] = {}
    counted: dict[str, int] = {}
    kind: Literal["a", "b"] = "a"
    flag: bool = False
    value: Annotated[Primitive | None, WithJsonSchema({"maxLength": 512})] = None
    from_: Annotated[str | None, Field(alias="from")] = None


class Row(Result):
    name: str
    size: int | None = None


class Answered(Listing):
    rows = "found"
    found: list[Row]
    figures: Annotated[dict[str, int], Field(description="By kind")]
    level: Literal["high", "low"] | None = None
    hidden: Annotated[tuple[int, ...], Field(exclude=True)] = ()


def keys_of(node: Any) -> set[str]:
    """Every keyword of a schema, without the names of properties."""
    if isinstance(node, list):
        return set().union(*map(keys_of, node))
    if not isinstance(node, dict):
        return set()
    inner = [keys_of(child) for key, child in node.items() if key not in ("properties", "enum", "default")]
    return {*node}.union(*inner, *map(keys_of, node.get("properties", {}).values()))


def test_titles_vanish_but_a_property_called_title_survives() -> None:
    schema = input_schema(Asked)
    assert "title" not in keys_of(schema)
    assert schema["properties"]["title"] == {"type": "string", "description": "What it is called"}
    assert "title" in schema["properties"]["inner"]["properties"]


def test_references_and_unions_with_null_are_put_in_place() -> None:
    assert input_schema(Asked)["properties"]["inner"] == {
        "type": "object",
        "description": "One of them",
        "properties": {
            "title": {"type": "string"},
            "size": {"type": "integer", "minimum": 0},
        },
        "required": ["title"],
    }


def test_arguments_are_closed_and_free_objects_stay_free() -> None:
    schema = input_schema(Asked)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["free"] == {"type": "object"}
    assert schema["properties"]["counted"] == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_only_defaults_that_say_something_are_published() -> None:
    properties = input_schema(Asked)["properties"]
    assert {name for name, part in properties.items() if "default" in part} == {"kind"}


def test_what_stands_in_for_a_type_is_published_as_it_is() -> None:
    assert input_schema(Asked)["properties"]["value"] == {"maxLength": 512}


def test_arguments_have_the_names_that_callers_use() -> None:
    assert "from" in input_schema(Asked)["properties"]


def test_the_docstring_of_a_model_is_for_developers() -> None:
    assert "developers" not in json.dumps(input_schema(Asked))


def test_results_are_open_and_carry_only_what_a_reader_needs() -> None:
    assert output_schema(Answered) == {
        "type": "object",
        "properties": {
            "found": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
                },
            },
            "figures": {"type": "object"},
            "level": {"type": "string"},
        },
    }


def test_a_union_that_does_not_say_how_it_is_published_is_our_mistake() -> None:
    class Undecided(BaseModel):
        value: str | int

    with pytest.raises(TypeError, match="WithJsonSchema"):
        input_schema(Undecided)


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_action_publishes_schemas_without_unions_and_references(key: str) -> None:
    action = CATALOGUE[key]
    for schema in (input_schema(action.arguments), output_schema(action.result)):
        Draft202012Validator.check_schema(schema)
        assert not keys_of(schema) & {"anyOf", "oneOf", "allOf", "$ref", "$defs", "title"}
        assert schema["type"] == "object"
