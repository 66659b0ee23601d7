"""The JSON schemas that agents see: as few words as say what is meant.

Pydantic's own schemas carry a title on every node, references and `anyOf [X, null]`; every host pays for those with
each conversation. Arguments are published closed, because they are checked closed; results are published open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from pydantic import BaseModel

Schema = dict[str, Any]

NOISE = frozenset({"title", "$defs", "discriminator", "additionalProperties", "required"})
"""Left out, or put back by us where it says something."""
OF_RESULTS = frozenset({"type", "properties", "items"})
"""All that a typed node of a result keeps: whoever reads a result needs no limits, and its fields are the same words
everywhere."""
NOTHING: tuple[object, ...] = (None, [], {}, "")
"""Defaults that say no more than that the argument may be left out; so does `false`."""
ASSUMED = {"minLength": 1, "maxLength": 512}
"""Limits of texts that go without saying: nobody means an empty one, and nobody writes an essay for a name."""


def input_schema(model: type[BaseModel]) -> Schema:
    """What a tool takes.

    Only the root says that it is closed, and only its arguments are described: what lies deeper is checked as
    strictly, but every word of a schema is paid for in every conversation.

    Raises:
        TypeError: Some field is a union and does not say how it is published.
    """
    schema = published(model.model_json_schema(by_alias=True, mode="validation"), strict=True)
    return {**schema, "additionalProperties": False}


def output_schema(model: type[BaseModel]) -> Schema:
    """What a tool answers, open: an error has other keys.

    Raises:
        TypeError: Some field is a union and does not say how it is published.
    """
    return published(model.model_json_schema(by_alias=True, mode="serialization"), strict=False)


def published(made: Schema, *, strict: bool) -> Schema:
    """Pydantic's schema of a model as we publish it."""
    root = Reader(made.get("$defs", {}), strict).slim(made)
    root.pop("description", None)  # the docstring of the model; agents read the tool's description
    return root


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pydantic's schema of one model.

    Args:
        definitions: What the references in it stand for.
        strict: Whether limits and required fields are said, as for arguments, or only types, as for results.
    """

    definitions: Mapping[str, Any]
    strict: bool

    def slim(self, node: Mapping[str, Any], level: int = 0) -> Schema:
        """A node without noise; the root is on level 0, its fields are on level 1."""
        plain = self.plain(node)
        slim = {
            key: self.value(key, value, level) for key, value in plain.items() if self.tells(key, value, plain, level)
        }
        return slim | (self.demands(plain) if self.strict else {})

    def plain(self, node: Mapping[str, Any]) -> Schema:
        """A node with its references put in place, and X for `X or null`.

        Raises:
            TypeError: It is a union.
        """
        plain = dict(node)
        while True:
            if "$ref" in plain:
                inner = self.definition(plain.pop("$ref"))
            elif single := only_option(plain):
                inner = single
            else:
                break
            plain = {**inner, **plain}
        if union := plain.keys() & {"anyOf", "oneOf", "allOf"}:
            raise TypeError(f"{', '.join(union)} in a published schema; state it with WithJsonSchema: {plain}")
        return plain

    def definition(self, reference: str) -> Schema:
        """What a reference stands for, without the docstring of that model: it is written for developers."""
        return {
            key: value for key, value in self.definitions[reference.rsplit("/", 1)[-1]].items() if key != "description"
        }

    def tells(self, key: str, value: object, node: Schema, level: int) -> bool:
        """Whether a keyword says something that the reader would not assume."""
        if key in NOISE or (key == "default" and (value is False or value in NOTHING)):
            return False
        if key == "description" and self.strict and level > 1:
            return False
        if "type" not in node:  # what stands in for a type must stay
            return True
        return ASSUMED.get(key) != value and (self.strict or key in OF_RESULTS)

    def value(self, key: str, value: Any, level: int) -> Any:
        """The value of a keyword."""
        if key == "properties":
            return {name: self.slim(child, level + 1) for name, child in value.items()}
        return self.slim(value, level) if key == "items" else value

    def demands(self, node: Schema) -> Schema:
        """What an object cannot do without, and what the values of a free one are."""
        others = node.get("additionalProperties")
        required = {"required": node["required"]} if node.get("required") else {}
        typed = self.slim(others) if isinstance(others, dict) else {}
        return required | ({"additionalProperties": typed} if typed else {})


def only_option(node: Schema) -> Schema | None:
    """Takes a union out of a node if it leaves no choice but null."""
    for keyword in ("anyOf", "oneOf", "allOf"):
        options = [option for option in node.get(keyword, ()) if not is_null(option)]
        if len(options) == 1:
            del node[keyword]
            return dict(options[0])
    return None


def is_null(option: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether an option of a union is null."""
    return isinstance(option, Mapping) and option.get("type") == "null"
