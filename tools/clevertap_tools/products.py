"""Products of a catalogue: their limits, batches that CleverTap takes, and its account of each (engagement 13.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments
from clevertap_tools.bare import read_bare
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.upload import Batch, BatchOutcome, Refusal
from clevertap_tools.wire import Answer, JsonObject

LARGEST_PRODUCT = 100_000
LARGEST_BATCH = 500_000
"""Bytes of a request's body."""
WRAPPING = len(b'{"products":[]}')
FAILED = re.compile(r"fail|error|invalid|skip|reject|unprocess", re.IGNORECASE)
"""What a key is called that tells of products which were not written; the reference does not say."""
NAMING = ("identity", "productId", "id")
REASONS = ("error", "message", "reason", "msg", "errors")
NO_REASON = "no reason given"
UNNAMED = "skipped by CleverTap, which does not say which product it is"


def checked_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes of the types that a catalogue has.

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


def read_bulk(batch: Batch, answer: Answer) -> BatchOutcome:
    """Account for every product of a batch; what CleverTap does not name as skipped it has written.

    Raises:
        CleverTapError: The batch was refused as a whole, or there is no account of it.
    """
    body = read_bare(answer)
    if not body:
        raise UnreadableAnswerError("CleverTap's answer does not say what became of the products.")
    named = list(refusals(batch, body))[: len(batch.records)]
    missing = min(skipped(body), len(batch.records)) - len(named)
    refused = (*named, *[Refusal(None, None, UNNAMED)] * missing)
    return BatchOutcome(len(batch.records) - len(refused), refused, 0)


def scopes(body: JsonObject) -> list[JsonObject]:
    """The objects that may tell of failures: the body and what it wraps."""
    return [body, *(inner for inner in body.values() if isinstance(inner, dict))]


def skipped(body: JsonObject) -> int:
    """The largest figure of products that were not written; 0 where there is none."""
    figures = (wire.natural(value) for scope in scopes(body) for key, value in scope.items() if FAILED.search(key))
    return max((figure for figure in figures if figure), default=0)


def refusals(batch: Batch, body: JsonObject) -> Iterator[Refusal]:
    """The products that an answer names as not written, in whatever form it does."""
    places = {product["identity"]: place for place, product in enumerate(batch.records, batch.start)}
    for scope in scopes(body):
        for key, value in scope.items():
            if not FAILED.search(key):
                continue
            for entry in entries(value):
                name = next((entry[naming] for naming in NAMING if entry.get(naming) is not None), None)
                yield Refusal(places.get(str(name)), None, reason(entry))


def entries(value: object) -> list[Mapping[str, Any]]:
    """Failures as objects: CleverTap may list objects or identities, or give reasons by identity."""
    if isinstance(value, list):
        return [each if isinstance(each, dict) else {"identity": each} for each in value]
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return [{"identity": name, "reason": told} for name, told in value.items()]
    return []


def reason(entry: Mapping[str, Any]) -> str:
    """Why a product was not written."""
    told = next((entry[key] for key in REASONS if entry.get(key)), NO_REASON)
    return wire.clipped("; ".join(map(str, told)) if isinstance(told, list) else str(told))
