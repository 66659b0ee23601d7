"""A completed order as CleverTap's purchase, with its products as Items (reference: data 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clevertap_bulk.mapping.values import as_number, as_text
from clevertap_bulk.segment.call import NO_OBJECT
from clevertap_bulk.segment.flat import Flat, Pair, gathered
from clevertap_bulk.segment.names import snake
from clevertap_tools.records import checked_properties, same_event
from clevertap_tools.wire import JsonObject

COMPLETED = same_event("Order Completed")
PURCHASE = "Charged"
PRODUCTS, TOTAL, REVENUE, ID = "products", "total", "revenue", "order_id"
NO_LIST = "is no list"


def purchase(properties: JsonObject, flat: Flat) -> JsonObject:
    """The properties of a purchase: what the order came to is its Amount, else its revenue.

    Args:
        properties: Those of the order.
        flat: What becomes of the ones that CleverTap has no name for.

    Raises:
        ValueError: CleverTap would not keep one of them.
    """
    return gathered(pairs(properties, flat))


def pairs(properties: JsonObject, flat: Flat) -> Iterator[Pair]:
    """The properties of a purchase, one by one."""
    given = {snake(key) for key, value in properties.items() if value is not None}
    amount = TOTAL if TOTAL in given else REVENUE
    rest: JsonObject = {}
    for key, value in properties.items():
        plain = snake(key)
        if plain not in {PRODUCTS, amount, ID}:
            rest[key] = value
        elif value is not None:
            yield known(key, plain, value, flat)
    yield from flat.pairs(rest)


def known(key: str, plain: str, value: Any, flat: Flat) -> Pair:
    """A property that CleverTap has a name for."""
    try:
        if plain == PRODUCTS:
            return "Items", items(value, flat)
        return ("Charged ID", as_text(value)) if plain == ID else ("Amount", as_number(value))
    except ValueError as error:
        raise ValueError(f"{key!r} {error}") from None


def items(products: Any, flat: Flat) -> list[JsonObject]:
    """The products of an order, each flat.

    Raises:
        ValueError: They are no list of objects, or CleverTap would not keep one of their properties.
    """
    if not isinstance(products, list):
        raise ValueError(NO_LIST)  # noqa: TRY004 - a fault of the row, not of the code
    return [item(product, flat) for product in products]


def item(product: Any, flat: Flat) -> JsonObject:
    """One product."""
    if not isinstance(product, dict):
        raise ValueError(f"holds something that {NO_OBJECT}")  # noqa: TRY004 - the same
    return checked_properties(gathered(flat.pairs(product)))
