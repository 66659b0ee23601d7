"""What is written into a store as JSON, and is read back only if this server can have written it."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


def written(value: object) -> bytes:
    """A value as it is stored; equal ones are equal to the byte."""
    kind: Any = type(value)
    return adapter(kind).dump_json(value)


def read(kind: type[T], stored: bytes | None) -> T | None:
    """What was stored; None if there is nothing, or something that somebody else has put there.

    Args:
        kind: What it was, such as a dataclass.
        stored: What is there.
    """
    wanted: Any = kind
    try:
        found: T | None = None if stored is None else adapter(wanted).validate_json(stored)
    except ValidationError:
        return None
    return found


@cache
def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """What turns values of a kind into JSON and back; made when it is first needed."""
    return TypeAdapter(kind)
