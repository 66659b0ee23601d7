"""The products of a catalog: add, write anew, delete (reference: engagement 13.2).

CleverTap has no upsert: it adds what is not there and updates what is, by two endpoints, and its products cannot be
read. So the caller says which of the two is meant; guessing could overwrite.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.bare import UNKNOWN, Fault, explaining, read_bare, sent
from clevertap_tools.catalog import CATALOGS, NO_CATALOG, CatalogNumber, Deleted
from clevertap_tools.client import Client
from clevertap_tools.disguises import checked_filling
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
from clevertap_tools.preview import Preview
from clevertap_tools.product_answers import read_bulk
from clevertap_tools.products import Product, batches
from clevertap_tools.upload import Batch, Ledger
from clevertap_tools.upload_result import MOST_RECORDS, UploadResult, result_of
from clevertap_tools.wire import Call
from clevertap_tools.words.lines import counted, listed, quoted

NO_PRODUCT = Fault(
    re.compile(rf"product.*(?:{UNKNOWN.pattern})", re.IGNORECASE),
    "productId",
    "Check its identity; products cannot be listed. One that was deleted is gone already.",
)


class Products(Arguments):
    """Products to write."""

    catalogId: CatalogNumber  # noqa: N815 - CleverTap's spelling
    products: Annotated[list[Product], Field(min_length=1, max_length=MOST_RECORDS, description="Any number to 10,000")]
    mode: Annotated[Literal["create", "update"], Field(description="update: of products that exist")] = "create"

    @model_validator(mode="after")
    def _clear(self) -> Products:
        met: set[str] = set()
        for place, each in enumerate(self.products):
            if each.identity in met:
                raise ValueError(f"'products[{place}].identity' is there twice; name each product once")
            if each.name is None and self.mode == "create":
                raise ValueError(f"'products[{place}].name' is missing; a new product needs one")
            met.add(each.identity)
        return self

    @property
    def record_count(self) -> int:
        """How many products."""
        return len(self.products)


class CatalogProduct(Arguments):
    """One product of a catalog."""

    catalogId: CatalogNumber  # noqa: N815 - CleverTap's spelling
    productId: Annotated[  # noqa: N815
        str, AfterValidator(checked_filling), Field(min_length=1, max_length=500, description="Its identity")
    ]


def effect_of_products(asked: Products) -> Effect:
    """Writing a product anew may lose what the call does not repeat."""
    return Effect.DESTROY if asked.mode == "update" else Effect.UPSERT


async def preview_products(_: Client, asked: Products, told: Products) -> Preview:
    """Which products would be written."""
    count = counted(len(asked.products), "product", "products")
    deed = f"Update {count} of catalog {told.catalogId}; what the call does not repeat of them may be lost."
    lines = listed("Products", [quoted(each.identity) for each in told.products])
    return Preview(deed if told.mode == "update" else f"Add {count} to catalog {told.catalogId}.", tuple(lines))


async def preview_product_deletion(_: Client, _asked: CatalogProduct, told: CatalogProduct) -> Preview:
    """Which product would be deleted."""
    return Preview(f"Delete the product {quoted(told.productId)} of catalog {told.catalogId}.")


@action(
    title="Upsert catalog products",
    effect=effect_of_products,
    effects=frozenset({Effect.UPSERT, Effect.DESTROY}),
    toolset=Toolset.CONTENT,
    calls=("POST /v2/catalogs/{id}/products/bulk", "PUT /v2/catalogs/{id}/products/bulk"),
    default=False,
    preview=preview_products,
)
async def upsert_catalog_products(client: Client, asked: Products) -> UploadResult:
    """Add products to a catalog, or with mode update write existing ones anew.

    CleverTap skips invalid products, new ones that exist and updates of unknown ones. In an update repeat all
    attributes: others may be lost.

    Example: {"catalogId": 501, "products": [{"identity": "SKU-1", "name": "Runner", "attributes": {"brand": "Acme"}}]}

    Reference: engagement 13.2
    """
    ledger = Ledger()
    given = [each.sent() for each in asked.products]
    # One after the other: CleverTap's limit is low here, and a refusal must stop the rest.
    for batch in batches(given):
        if ledger.errors:
            ledger.unsent.append(batch.span)
        else:
            await write(client, asked, batch, ledger)
            await client.report(ledger.sent, len(given), f"{ledger.accepted} written")
    again = "those that arrived are refused as existing." if asked.mode == "create" else "it is harmless."
    return result_of(ledger, f"send them again, {again}")


@action(
    title="Delete catalog product",
    effect=Effect.DESTROY,
    toolset=Toolset.CONTENT,
    calls=("DELETE /v2/catalogs/{id}/products/{product}",),
    default=False,
    preview=preview_product_deletion,
)
async def delete_catalog_product(client: Client, asked: CatalogProduct) -> Deleted:
    """Delete one product of a catalog.

    Raises:
        OutcomeUnknownError: The answer was lost; it may be deleted.

    Reference: engagement 13.2
    """
    path = f"{CATALOGS}/{asked.catalogId}/products/{quote(asked.productId, safe='')}"
    look = "Delete it once more: if it is gone, CleverTap does not know it."
    with explaining(NO_PRODUCT, replace(NO_CATALOG, field="catalogId")):
        await sent(client, Call("DELETE", path, Effect.DESTROY, read_bare, with_token=has_token(client)), look)
    return Deleted()


async def write(client: Client, asked: Products, batch: Batch, ledger: Ledger) -> None:
    """Write one batch of products and enter what became of it."""
    update = asked.mode == "update"
    call = Call(
        "PUT" if update else "POST",
        f"{CATALOGS}/{asked.catalogId}/products/bulk",
        # Asked again after a lost answer, CleverTap would call what it has just added a mistake.
        Effect.DESTROY if update else Effect.APPEND,
        lambda answer: read_bulk(batch, answer),
        body=wire.dump({"products": batch.records}),
        with_token=has_token(client),
    )
    try:
        ledger.enter(batch, await client.send(call))
    except CleverTapError as error:
        ledger.enter_failure(batch, error)


def has_token(client: Client) -> bool:
    """Whether products, which are said to want the passcode only, can have both pairs of credentials."""
    return client.account.token is not None
