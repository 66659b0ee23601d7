"""The schemas the suite looks for, word for word: forms put to a person, and one that uses all of JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, JsonValue


def titled(values: str, titles: tuple[str, ...]) -> list[JsonValue]:
    """Choices that are called value1, value2, ... and shown under titles."""
    return [{"const": f"{values}{number}", "title": title} for number, title in enumerate(titles, 1)]


PLAIN: list[JsonValue] = ["option1", "option2", "option3"]
ONE_TITLED = titled("value", ("First Option", "Second Option", "Third Option"))
SOME_TITLED = titled("value", ("First Choice", "Second Choice", "Third Choice"))


class Reply(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(default="", description="User's email address")


class Defaults(BaseModel):
    """A form with a default of each simple type."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field(default="active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


class Choices(BaseModel):
    """A form with a choice of each kind, named as the suite names them."""

    untitledSingle: str = Field(json_schema_extra={"enum": PLAIN})  # noqa: N815
    titledSingle: str = Field(json_schema_extra={"oneOf": ONE_TITLED})  # noqa: N815
    legacyEnum: str = Field(  # noqa: N815
        json_schema_extra={"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
    )
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": PLAIN}})  # noqa: N815
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": SOME_TITLED}})  # noqa: N815


EVERY_KEYWORD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""What a tool may publish as the schema of its arguments and must reach the client unchanged."""
