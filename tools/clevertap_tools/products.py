"""Products of a catalog: their limits, and the batches that CleverTap takes (reference: engagement 13.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments
from clevertap_tools.upload import Batch
from clevertap_tools.wire import JsonObject

LARGEST_PRODUCT = 100_000
LARGEST_BATCH = 500_000
"""Bytes of a request's body."""
WRAPPING = len(b'{"products":[]}')


def checked_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes of the types that a catalog has.

    Raises:
        ValueError: One is neither text, number nor truth value.
    """
    odd = [place for place, value in enumerate(attributes.values(), 1) if not isinstance(value, str | int | float)]
    if odd:
        raise ValueError(f"takes text, numbers, true and false only (attribute {odd[0]} is something else)")
    return attributes


class Product(Arguments):
    """One product."""

    identity: Annotated[str, Field(min_length=1, max_length=500)]
    name: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    imageUrl: Annotated[str | None, Field(min_length=1, max_length=2000)] = None  # noqa: N815 - CleverTap's spelling
    attributes: Annotated[
        dict[str, Any] | None, AfterValidator(checked_attributes), WithJsonSchema({"type": "object"})
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Product:
        if len(wire.dump(self.sent())) > LARGEST_PRODUCT:
            raise ValueError(f"is larger than {LARGEST_PRODUCT // 1000} KB; shorten it")
        return self

    def sent(self) -> JsonObject:
        """The product as CleverTap reads it."""
        return self.model_dump(exclude_none=True)


def batches(products: Sequence[JsonObject]) -> Iterator[Batch]:
    """Products in order, as many at a time as a request's body may hold."""
    start, size, taken = 0, WRAPPING, list[JsonObject]()
    for product in products:
        more = len(wire.dump(product)) + 1
        if taken and size + more > LARGEST_BATCH:
            yield Batch(start, taken)
            start, size, taken = start + len(taken), WRAPPING, []
        taken.append(product)
        size += more
    if taken:
        yield Batch(start, taken)
