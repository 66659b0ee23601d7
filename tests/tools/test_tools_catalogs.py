"""The typed actions of catalogs and their products against a served project (engagement 13.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Kind
from clevertap_tools.account import Account
from clevertap_tools.action import CATALOGUE
from clevertap_tools.actions.catalogs import CatalogPage, OneCatalog, page_of
from clevertap_tools.bare import read_bare, within
from clevertap_tools.catalog import read_one, updated, with_times
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    ConfigurationError,
    CredentialsError,
    InvalidArgumentsError,
    InvalidRequestError,
    OutcomeUnknownError,
    ServiceError,
    UnreadableAnswerError,
)
from clevertap_tools.moments import ProjectTime
from clevertap_tools.product_answers import read_bulk
from clevertap_tools.products import LARGEST_BATCH, batches
from clevertap_tools.upload import Batch
from clevertap_tools.wire import Answer

if TYPE_CHECKING:
    from clevertap_tools.preview import Preview
    from tools.conftest import MakeSite, Perform, Site

pytestmark = pytest.mark.anyio

CATALOGS = "/v2/catalogs"
BULK = "/v2/catalogs/501/products/bulk"
SCHEMA = [{"name": "brand", "type": "string", "filterable": True}]
SHOES = {
    "catalogName": "shoes",
    "catalogSchema": SCHEMA,
    "fieldMappings": {"maker": "brand"},
    "createdBy": "mira@example.net",
}
RUNNER = {
    "identity": "SKU-1",
    "name": "Runner",
    "imageUrl": "https://cdn.example.net/r.png",
    "attributes": {"brand": "Acme"},
}


async def stocked(site: Site, perform: Perform, *identities: str) -> Site:
    """The site with the catalog of the reference, and products in it."""
    await perform(site, "create-catalog", SHOES)
    if identities:
        products = [{**RUNNER, "identity": each} for each in identities]
        await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": products})
    site.forget()
    return site


async def shown(site: Site, perform: Perform) -> dict[str, Any]:
    told = await perform(site, "get-catalog", {"id": 501})
    assert isinstance(told, OneCatalog)
    return told.catalog


async def preview(site: Site, key: str, given: dict[str, Any]) -> Preview:
    made = CATALOGUE[key].preview
    assert made
    async with site.client() as client:
        asked = CATALOGUE[key].parse(given)
        return await made(client.for_call(None), asked, asked)


async def test_a_new_catalog_arrives_as_in_the_reference(site: Site, perform: Perform) -> None:
    made = await perform(site, "create-catalog", SHOES)
    assert site.bodies(CATALOGS) == [SHOES]
    assert made.id == 501
    assert made.catalog["attributeCount"] == 1


async def test_products_arrive_as_in_the_reference(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    written = await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": [RUNNER]})
    assert site.bodies(BULK) == [{"products": [RUNNER]}]
    assert [each.method for each in site.asked(BULK)] == ["POST"]
    assert (written.sent, written.accepted, written.refusals, written.failure) == (1, 1, [], None)
    assert (await shown(site, perform))["totalProducts"] == 1


async def test_a_list_asks_for_what_was_chosen_and_no_more(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    rows = await perform(site, "list-catalogs")
    given = {"status": "ACTIVE", "search": "a b", "page": 3, "size": 5, "sortBy": "updatedAt", "sortOrder": "ASC"}
    await perform(site, "list-catalogs", given)
    first, second = (each.query for each in site.asked(CATALOGS, "GET"))
    assert first == {"page": "0", "size": "20"}
    assert second == {name: str(value) for name, value in given.items()}
    [row] = rows.catalogs
    assert (row.id, row.name, row.status, row.products) == (501, "shoes", "ACTIVE", 0)
    assert row.created == "2026-05-28T20:26:40+00:00"


async def test_pages_of_catalogs_lead_to_the_end(site: Site, perform: Perform) -> None:
    for number in range(5):
        await perform(site, "create-catalog", {**SHOES, "catalogName": f"n{number}"})
    met: list[str] = []
    page: int | None = 0
    while page is not None:
        told = await perform(site, "list-catalogs", {"page": page, "size": 2, "sortOrder": "ASC"})
        assert (told.total, told.returned, told.truncated) == (5, len(told.catalogs), told.next_page is not None)
        met += [row.name for row in told.catalogs]
        page = told.next_page
    assert met == ["n0", "n1", "n2", "n3", "n4"]


TWO = [{"id": 1, "catalogName": "a"}, {"id": 2, "catalogName": "b"}]


@pytest.mark.parametrize(
    ("body", "next_page"),
    [
        ({"content": TWO}, 1),
        ({"content": TWO[:1]}, None),
        ({"content": []}, None),
        ({"content": TWO, "last": True}, None),
        ({"content": TWO, "totalElements": 2}, None),
        ({"content": TWO, "totalElements": "3"}, 1),
        ({"content": TWO, "totalPages": 2, "totalElements": 99}, 1),
        ({"data": {"content": TWO, "totalPages": 1}}, None),
        ({"content": [*TWO, None, "x"], "last": False}, 1),
        ({"message": "nothing here"}, None),
    ],
)
def test_a_page_is_read_whatever_it_says_besides_its_rows(body: dict[str, Any], next_page: int | None) -> None:
    read = page_of(within(body, "content"), CatalogPage(size=2), ProjectTime(None, 0))
    assert read.next_page == next_page
    assert all(row.id for row in read.catalogs)


async def test_an_update_repeats_what_the_caller_left_out(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    done = await perform(site, "update-catalog", {"id": 501, "status": "INACTIVE", "updatedBy": "omar@example.net"})
    repeated = {name: SHOES[name] for name in ("catalogName", "catalogSchema", "fieldMappings")}
    sent = {**repeated, "description": "", "status": "INACTIVE", "updatedBy": "omar@example.net"}
    assert site.bodies(f"{CATALOGS}/501") == [sent]
    assert done.catalog["catalogSchema"] == SCHEMA
    assert (await shown(site, perform))["status"] == "INACTIVE"


def test_an_update_repeats_a_feed_and_leaves_out_a_status_that_cannot_be_set() -> None:
    current = {"catalogName": "a", "catalogSchema": SCHEMA, "status": "SYNCING", "recurringSyncConfig": {"url": "u"}}
    body = updated(current, {"description": "x"})
    assert body == {
        "catalogName": "a",
        "catalogSchema": SCHEMA,
        "recurringSyncConfig": {"url": "u"},
        "description": "x",
    }


def test_an_update_is_not_sent_when_it_would_lose_columns_nobody_told_of() -> None:
    with pytest.raises(UnreadableAnswerError, match="would lose it") as caught:
        updated({"catalogName": "a"}, {"status": "ACTIVE"})
    assert "catalogSchema" in caught.value.next
    assert updated({"catalogName": "a"}, {"catalogSchema": SCHEMA})["catalogSchema"] == SCHEMA


async def test_the_preview_of_an_update_names_what_is_lost_and_only_reads(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    schema = [{"name": "size", "type": "number"}]
    one = {"id": 501, "updatedBy": "mira@example.net"}
    given = {**one, "catalogName": "boots", "catalogSchema": schema, "fieldMappings": {"maker": "size"}}
    said = await preview(site, "update-catalog", given)
    assert said.deed == 'Update catalog "shoes" (501).'
    assert said.details == (
        'Name: "shoes" becomes "boots"',
        'Attributes lost: "brand"',
        'Attributes added: "size" ("number")',
        'Field mappings changed: "maker" from "brand" to "size"',
        "All else stays as it is.",
    )
    retyped = await preview(site, "update-catalog", {**one, "catalogSchema": [{"name": "brand", "type": "string"}]})
    assert retyped.details[0] == 'Attributes changed: "brand" from "string, filterable" to "string"'
    assert {each.method for each in site.sandbox.requests} == {"GET"}


async def test_an_update_after_which_nothing_is_different_is_refused_before_anybody_is_asked(
    site: Site, perform: Perform
) -> None:
    await stocked(site, perform)
    given = {"id": 501, "catalogName": "shoes", "catalogSchema": SCHEMA, "updatedBy": "mira@example.net"}
    for refused in (preview(site, "update-catalog", given), perform(site, "update-catalog", given)):
        with pytest.raises(InvalidArgumentsError, match="There is nothing to change"):
            await refused
    assert site.asked(f"{CATALOGS}/501", "PUT") == []
    done = await perform(site, "update-catalog", {**given, "description": "new"})
    assert done.catalog["description"] == "new"


@pytest.mark.parametrize("stored", ['"half \\ud800"', "NaN", "1e999"])
def test_an_update_that_would_repeat_what_no_request_can_hold_is_refused_plainly(stored: str) -> None:
    current = json.loads(f'{{"catalogName": "a", "catalogSchema": [], "description": {stored}}}')
    with pytest.raises(UnreadableAnswerError, match="in the description of this catalog") as caught:
        updated(current, {"status": "ACTIVE"})
    assert "Give description in the call" in caught.value.next
    assert updated(current, {"description": "b"})["description"] == "b"


async def test_times_of_a_catalog_are_those_of_the_list(site: Site, perform: Perform) -> None:
    made = (await perform(site, "create-catalog", SHOES)).catalog
    [row] = (await perform(site, "list-catalogs")).catalogs
    assert made["createdAt"] == row.created == (await shown(site, perform))["createdAt"] == "2026-05-28T20:26:40+00:00"
    assert with_times({"createdAt": "2026-05-28", "updatedAt": 1_780_000_000}, ProjectTime(None, 0)) == {
        "createdAt": "2026-05-28",
        "updatedAt": "2026-05-28T20:26:40+00:00",
    }


@pytest.mark.parametrize(
    ("key", "given", "field", "remedy"),
    [
        ("create-catalog", SHOES, "catalogName", "Choose another"),
        ("get-catalog", {"id": 7}, "id", "clevertap_list_catalogs"),
        ("update-catalog", {"id": 7, "status": "ACTIVE", "updatedBy": "mira@example.net"}, "id", "clevertap_list_catalogs"),
        ("delete-catalog", {"id": 7, "deletedBy": "mira@example.net"}, "id", "clevertap_list_catalogs"),
        ("delete-catalog-product", {"catalogId": 7, "productId": "a"}, "catalogId", "clevertap_list_catalogs"),
        ("delete-catalog-product", {"catalogId": 501, "productId": "a"}, "productId", "Check its identity"),
    ],
)  # fmt: skip
async def test_a_refusal_names_the_argument_at_fault_and_the_remedy(
    site: Site, perform: Perform, key: str, given: dict[str, Any], field: str, remedy: str
) -> None:
    await stocked(site, perform)
    with pytest.raises(InvalidRequestError) as caught:
        await perform(site, key, given)
    assert caught.value.field == field
    assert remedy in caught.value.next


def test_nobody_counts_what_goes_with_a_catalog() -> None:
    assert not CATALOGUE["delete-catalog"].parse({"id": 501, "deletedBy": "mira@example.net"}).countable


async def test_the_preview_of_a_deletion_names_the_catalog_and_how_much_is_in_it(site: Site, perform: Perform) -> None:
    await stocked(site, perform, "SKU-1", "SKU-2")
    given = {"id": 501, "deletedBy": "mira@example.net"}
    said = await preview(site, "delete-catalog", given)
    assert said.deed == 'Delete catalog "shoes" (501) with 2 products for good.'
    assert {each.method for each in site.sandbox.requests} == {"GET"}
    assert (await perform(site, "delete-catalog", given)).deleted
    assert site.asked(f"{CATALOGS}/delete/501")[0].query == {"deletedBy": "mira@example.net"}
    for key, arguments in (
        ("delete-catalog", given),
        ("update-catalog", {"id": 501, "description": "x", "updatedBy": "mira@example.net"}),
    ):
        with pytest.raises(InvalidRequestError, match="not found"):
            await preview(site, key, arguments)


async def test_the_previews_of_products_name_them_and_ask_nobody(site: Site) -> None:
    products = {"catalogId": 501, "products": [{"identity": "SKU-1"}, {"identity": 'S"KU-2'}], "mode": "update"}
    update = await preview(site, "upsert-catalog-products", products)
    assert update.deed.startswith("Update 2 products of catalog 501;")
    assert update.details == ('Products: "SKU-1"; "S\'KU-2"',)
    delete = await preview(site, "delete-catalog-product", {"catalogId": 501, "productId": "SKU-1"})
    assert delete.deed == 'Delete the product "SKU-1" of catalog 501.'
    assert site.sandbox.requests == []


def test_adding_products_is_harmless_and_writing_them_anew_is_not() -> None:
    action = CATALOGUE["upsert-catalog-products"]
    given = {"catalogId": 501, "products": [RUNNER]}
    assert action.effect_of(action.parse(given)) is Effect.UPSERT
    assert action.effect_of(action.parse({**given, "mode": "update"})) is Effect.DESTROY
    assert action.parse(given).record_count == 1


async def test_a_product_is_updated_and_deleted_under_its_id_however_odd(site: Site, perform: Perform) -> None:
    await stocked(site, perform, "a/b?c d%2F")
    product = {"identity": "a/b?c d%2F", "attributes": {"brand": "Zed"}}
    done = await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": [product], "mode": "update"})
    assert done.accepted == 1
    assert site.asked(BULK)[0].method == "PUT"
    assert site.bodies(BULK) == [{"products": [product]}]
    await perform(site, "delete-catalog-product", {"catalogId": 501, "productId": "a/b?c d%2F"})
    assert (await shown(site, perform))["totalProducts"] == 0
    with pytest.raises(InvalidRequestError, match="Product not found"):
        await perform(site, "delete-catalog-product", {"catalogId": 501, "productId": "a/b?c d%2F"})


async def test_products_that_clevertap_skips_are_refused_by_their_place(site: Site, perform: Perform) -> None:
    await stocked(site, perform, "SKU-1")
    products = [{**RUNNER, "identity": f"SKU-{number}"} for number in range(3)]
    told = await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": products})
    assert (told.sent, told.accepted, told.refused, told.unaccounted) == (3, 2, 1, 0)
    assert [(each.index, each.reason) for each in told.refusals] == [(1, "Product already exists")]
    assert not told.complete


async def test_products_that_clevertap_only_counts_are_refused_without_a_place(
    make_site: MakeSite, perform: Perform
) -> None:
    site = await stocked(make_site(product_failures="counted"), perform, "SKU-1")
    told = await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": [RUNNER]})
    assert (told.accepted, told.refused, told.refusals[0].index) == (0, 1, None)
    assert told.failure is not None


def large(number: int) -> dict[str, Any]:
    return {"identity": f"SKU-{number}", "name": "é" * 1000, "attributes": {"text": "é" * 20_000}}


async def test_products_go_out_in_bodies_that_clevertap_takes_one_after_the_other(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    told = []

    async def listen(done: float, total: float | None, message: str) -> None:
        told.append((done, total, message))

    products = [large(number) for number in range(30)]
    given = {"catalogId": 501, "products": products}
    written = await perform(site, "upsert-catalog-products", given, progress=listen)
    assert [each for body in site.bodies(BULK) for each in body["products"]] == products
    assert all(len(each.body) <= LARGEST_BATCH for each in site.asked(BULK))
    assert len(site.asked(BULK)) == len(told) == 3
    assert site.sandbox.peak(BULK) == 1
    assert (written.sent, written.accepted) == (30, 30)
    assert told[-1] == (30, 30, "30 written")


def test_batches_hold_every_product_once_in_order() -> None:
    products = [large(number) for number in range(25)]
    cut = list(batches(products))
    assert [each for batch in cut for each in batch.records] == products
    assert [batch.start for batch in cut] == [0, 11, 22]
    assert list(batches([])) == []


@pytest.mark.parametrize("mode", ["create", "update"])
@pytest.mark.parametrize(
    ("kind", "how", "refused", "unaccounted"),
    [
        (Kind.STATUS, {"status": 400}, 11, 0),
        (Kind.STATUS, {"status": 401}, 11, 0),
        (Kind.STATUS, {"status": 500}, 0, 11),
        (Kind.FAIL, {}, 11, 0),
        (Kind.ERROR_ONLY, {}, 11, 0),
        (Kind.HTML, {}, 0, 11),
        (Kind.EMPTY, {}, 0, 11),
        (Kind.TRUNCATED, {}, 0, 11),
        (Kind.RESET_AFTER, {}, 0, 11),
        (Kind.RESET_BEFORE, {}, 0, 11),
    ],
)
async def test_writing_products_stops_at_the_first_failure_and_is_not_repeated(
    site: Site, perform: Perform, mode: str, kind: Kind, how: dict[str, Any], refused: int, unaccounted: int
) -> None:
    await stocked(site, perform)
    site.breaks(kind, BULK, skip=1, **how)
    products = [large(number) for number in range(25)]
    given = {"catalogId": 501, "products": products, "mode": mode}
    told = await perform(site, "upsert-catalog-products", given)
    first = 11 if mode == "create" else 0  # nothing is there to be updated
    assert (told.accepted, told.refused, told.unaccounted) == (first, refused + 11 - first, unaccounted)
    assert told.accepted + told.refused + told.unaccounted == told.sent == 22
    assert (told.unsent, told.first_unsent) == (3, 22)
    assert len(site.asked(BULK)) == 2
    if unaccounted:
        assert "existing" in told.failure.next if mode == "create" else "harmless" in told.failure.next


async def test_too_many_requests_at_once_are_waited_out(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    site.breaks(Kind.STATUS, BULK, status=429)
    told = await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": [RUNNER]})
    assert told.accepted == 1
    assert len(site.waits) == 1


PAIR = [{"identity": "a", "name": "A"}, {"identity": "b", "name": "B"}]


@pytest.mark.parametrize(
    ("body", "accepted", "refused"),
    [
        ({"message": "Operation completed successfully"}, 2, []),
        ({"status": "success"}, 2, []),
        ({"failures": []}, 2, []),
        ({"failures": [{"identity": "b", "error": "no name"}]}, 1, [(8, "no name")]),
        ({"failedProducts": [{"productId": "a", "errors": ["x", "y"]}]}, 1, [(7, "x; y")]),
        ({"data": {"invalidProducts": [{"id": "a", "message": "m"}], "processed": 1}}, 1, [(7, "m")]),
        ({"skipped": ["b"]}, 1, [(8, "no reason given")]),
        ({"errors": {"a": "bad", "b": "worse"}}, 0, [(7, "bad"), (8, "worse")]),
        ({"failed": [{"index": 0, "error": "bad"}]}, 1, [(None, "bad")]),
        ({"failedCount": 1}, 1, [(None, "skipped by CleverTap, which does not say which product it is")]),
        ({"failed": 2, "failures": [{"identity": "a", "error": "x"}]}, 0, [(7, "x"), (None, None)]),
        ({"failed": ["a"], "errors": [{"identity": "a", "error": "x"}]}, 1, [(7, "x")]),
        ({"data": {"errors": {"a": ["x", "y"]}}}, 1, [(7, "x; y")]),
        ({"data": {"errors": {"a": {"message": "m"}}}, "failedCount": 1, "successCount": 1}, 1, [(7, "m")]),
        ({"result": {"summary": {"successCount": 1, "failureCount": 1}}}, 1, [(None, None)]),
        ({"processed": 2, "errors": [], "total": 2}, 2, []),
        ({"success": True, "failed": None}, 2, []),
        ({"message": "Operation completed successfully", "timestamp": 1760001000, "errors": {}}, 2, []),
    ],
)
def test_the_account_of_products_is_read_in_every_shape(
    body: dict[str, Any], accepted: int, refused: list[tuple[int | None, str | None]]
) -> None:
    outcome = read_bulk(Batch(7, PAIR), Answer(200, json.dumps(body).encode()))
    assert (outcome.accepted, outcome.unaccounted) == (accepted, 0)
    assert outcome.accepted + len(outcome.refused) == 2
    for found, (index, reason) in zip(outcome.refused, refused, strict=True):
        assert found.index == index
        assert reason is None or found.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "Accepted"},
        {"invalidateCacheSeconds": 300},
        {"created": 0},
        {"failedCount": 99},
        {"failed": [{}, {}, {}]},
        {"failed": 1, "skipped": 1},
        {"accepted": 2, "failures": [{"identity": "a"}]},
        {"accepted": 2, "successCount": 1},
        {"failed": 1, "failures": ["a", "b"]},
    ],
)
def test_an_account_that_says_nothing_or_contradicts_itself_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswerError, match="does not say what became"):
        read_bulk(Batch(0, PAIR), Answer(200, json.dumps(body).encode()))


OK = "Operation completed successfully"


@pytest.mark.parametrize(
    ("body", "accepted", "refused"),
    [
        ({"accepted": 0, "total": 2}, 0, 0),
        ({"successCount": 1, "errorRate": 2}, 1, 0),
        ({"processed": 1, "skippedProducts": {"count": 1}}, 1, 0),
        ({"message": OK, "invalidateCacheSeconds": 300}, 0, 0),
        ({"message": OK, "created": 0}, 0, 0),
        ({"message": OK, "results": [{"identity": "a", "status": "failed"}]}, 0, 0),
        ({"message": "Completed, some products failed"}, 0, 0),
        ({"failed": [{"identity": {"x": 1}}]}, 0, 0),
        ({"failed": True, "failedCount": -1, "rejected": None}, 0, 0),
        ({"failures": ["a", "of another call"]}, 0, 1),
        ({"failures": ["a"], "errors": [{"message": "bad"}]}, 0, 1),
    ],
)
def test_what_an_account_leaves_open_is_unaccounted(body: dict[str, Any], accepted: int, refused: int) -> None:
    outcome = read_bulk(Batch(7, PAIR), Answer(200, json.dumps(body).encode()))
    assert (outcome.accepted, len(outcome.refused), outcome.unaccounted) == (accepted, refused, 2 - accepted - refused)


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("list-catalogs", {"size": 101}, "size", "at most 100"),
    ("list-catalogs", {"page": -1}, "page", "at least 0"),
    ("list-catalogs", {"status": "active"}, "status", "'ACTIVE'"),
    ("get-catalog", {"id": 0}, "id", "at least 1"),
    ("get-catalog", {"id": "501"}, "id", "whole number"),
    ("create-catalog", {**SHOES, "catalogSchema": []}, "catalogSchema", "at least 1"),
    ("create-catalog", {**SHOES, "catalogSchema": [{"name": "a", "type": "date"}]}, "catalogSchema[0].type", "'string'"),
    ("create-catalog", {**SHOES, "fieldMappings": {"a": 1}}, "fieldMappings.a", "must be text"),
    ("create-catalog", {**SHOES, "catalogname": "x"}, "catalogname", "nearest: 'catalogName'"),
    ("create-catalog", {"catalogName": "a", "catalogSchema": SCHEMA}, "createdBy", "missing"),
    ("update-catalog", {"id": 501, "description": "x"}, "updatedBy", "missing"),
    ("update-catalog", {"id": 501, "updatedBy": "a@example.net"}, "catalogName", "nothing to change"),
    ("update-catalog", {"id": 501, "status": "DELETED"}, "status", "'ACTIVE'"),
    ("delete-catalog", {"id": 501}, "deletedBy", "missing"),
    ("upsert-catalog-products", {"catalogId": 501, "products": []}, "products", "at least 1"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{"identity": "a"}]}, "products[0].name", "missing"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [RUNNER, RUNNER]}, "products", "there twice"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{**RUNNER, "identity": "i" * 501}]}, "products[0].identity", "longer than 500"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{**RUNNER, "name": "n" * 1001}]}, "products[0].name", "longer than 1000"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{**RUNNER, "imageUrl": "u" * 2001}]}, "products[0].imageUrl", "longer than 2000"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{**RUNNER, "attributes": {"a": []}}]}, "products[0].attributes", "text, numbers"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [{**RUNNER, "attributes": {"a": "x" * 100_000}}]}, "products[0]", "larger than 100 KB"),
    ("upsert-catalog-products", {"catalogId": 501, "products": [RUNNER], "mode": "merge"}, "mode", "'create'"),
    ("delete-catalog-product", {"catalogId": 501, "productId": ".."}, "productId", "climb"),
    ("delete-catalog-product", {"catalogId": 501, "productId": "a/../b"}, "productId", "climb"),
    ("delete-catalog-product", {"catalogId": 501, "productId": ""}, "productId", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "given", "field", "remedy"), BAD)
async def test_bad_arguments_never_leave(
    site: Site, perform: Perform, key: str, given: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await perform(site, key, given)
    assert field in caught.value.message
    assert remedy in caught.value.message
    assert site.sandbox.requests == []


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list-catalogs", {}),
    ("get-catalog", {"id": 501}),
    ("create-catalog", SHOES),
    ("update-catalog", {"id": 501, "description": "x", "updatedBy": "mira@example.net"}),
    ("delete-catalog", {"id": 501, "deletedBy": "mira@example.net"}),
]


@pytest.mark.parametrize(("key", "given"), CALLS)
async def test_without_an_account_token_nothing_leaves(
    site: Site, perform: Perform, key: str, given: dict[str, Any]
) -> None:
    bare = Account(ACCOUNT_ID, SecretStr(PASSCODE), site.url)
    with pytest.raises(ConfigurationError, match="CLEVERTAP_ACCOUNT_TOKEN"):
        await perform(site, key, given, account=bare)
    assert site.sandbox.requests == []


@pytest.mark.parametrize("way", ["either", "documented", "token"])
async def test_every_call_is_let_in_whichever_headers_count(make_site: MakeSite, perform: Perform, way: str) -> None:
    site = make_site(catalog_headers=way)
    await perform(site, "create-catalog", SHOES)
    await perform(site, "upsert-catalog-products", {"catalogId": 501, "products": [RUNNER]})
    await perform(site, "delete-catalog-product", {"catalogId": 501, "productId": "SKU-1"})
    await perform(site, "update-catalog", {"id": 501, "description": "x", "updatedBy": "mira@example.net"})
    await perform(site, "delete-catalog", {"id": 501, "deletedBy": "mira@example.net"})
    assert (await perform(site, "list-catalogs")).catalogs == []
    for sent in site.sandbox.requests:
        assert (sent.headers["x-account-id"], sent.headers["x-clevertap-token"]) == (ACCOUNT_ID, ACCOUNT_TOKEN)


async def test_products_need_no_account_token(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    bare = Account(ACCOUNT_ID, SecretStr(PASSCODE), site.url)
    given = {"catalogId": 501, "products": [RUNNER]}
    assert (await perform(site, "upsert-catalog-products", given, account=bare)).accepted == 1
    await perform(site, "delete-catalog-product", {"catalogId": 501, "productId": "SKU-1"}, account=bare)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("key", "given"), CALLS)
async def test_an_account_without_the_feature_is_told_so_and_not_to_check_its_passcode(
    make_site: MakeSite, perform: Perform, status: int, key: str, given: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequestError, match="not enabled for this account") as caught:
        await perform(make_site(catalogs=f"off_{status}"), key, given)
    assert "Ask CleverTap to switch this feature on" in caught.value.next


async def test_a_wrong_token_is_told_as_wrong_credentials(make_site: MakeSite, perform: Perform) -> None:
    site = make_site(catalog_headers="documented")
    wrong = Account(ACCOUNT_ID, SecretStr(PASSCODE), site.url, SecretStr("wrong"))
    with pytest.raises(CredentialsError):
        await perform(site, "list-catalogs", account=wrong)


@pytest.mark.parametrize(
    ("key", "given", "method", "path", "look"),
    [
        ("create-catalog", SHOES, "POST", CATALOGS, "clevertap_list_catalogs"),
        (
            "update-catalog",
            {"id": 501, "description": "x", "updatedBy": "mira@example.net"},
            "PUT",
            f"{CATALOGS}/501",
            "clevertap_get_catalog",
        ),
        (
            "delete-catalog",
            {"id": 501, "deletedBy": "a@example.net"},
            "PUT",
            f"{CATALOGS}/delete/501",
            "clevertap_get_catalog",
        ),
        (
            "delete-catalog-product",
            {"catalogId": 501, "productId": "SKU-1"},
            "DELETE",
            f"{CATALOGS}/501/products/SKU-1",
            "once more",
        ),
    ],
)
@pytest.mark.parametrize("kind", [Kind.RESET_AFTER, Kind.HTML, Kind.TRUNCATED])
async def test_a_lost_answer_is_not_asked_for_again_and_says_how_to_look(
    site: Site, perform: Perform, kind: Kind, key: str, given: dict[str, Any], method: str, path: str, look: str
) -> None:
    await stocked(site, perform, "SKU-1")
    site.breaks(kind, path, method=method)
    fresh = {**given, "catalogName": "boots"} if key == "create-catalog" else given
    with pytest.raises(OutcomeUnknownError) as caught:
        await perform(site, key, fresh)
    assert look in caught.value.next
    assert len(site.asked(path, method)) == 1


async def test_reading_is_tried_again_and_an_outage_told(site: Site, perform: Perform) -> None:
    await stocked(site, perform)
    site.breaks(Kind.STATUS, f"{CATALOGS}/501", status=503)
    assert (await shown(site, perform))["catalogName"] == "shoes"
    site.breaks(Kind.STATUS, f"{CATALOGS}/501", status=503, times=None)
    with pytest.raises(ServiceError):
        await perform(site, "update-catalog", {"id": 501, "description": "x", "updatedBy": "mira@example.net"})
    assert site.asked(f"{CATALOGS}/501", "PUT") == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"status": "fail", "error": "x"}, InvalidRequestError),
        (200, {"error": "x"}, InvalidRequestError),
        (200, {"code": 404, "msg": "x"}, InvalidRequestError),
        (200, {"code": 429, "status": "fail", "error": "x"}, Exception),
        (404, {"message": "x"}, InvalidRequestError),
        (409, {"code": 409, "msg": "x"}, InvalidRequestError),
        (401, {"message": "x"}, CredentialsError),
    ],
)
def test_a_refusal_is_one_in_every_shape(status: int, body: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match="x"):
        read_bare(Answer(status, json.dumps(body).encode()))


@pytest.mark.parametrize("body", [{"id": 1, "status": "ACTIVE"}, {"message": "x"}, {"code": 200, "data": []}])
def test_a_bare_answer_needs_no_envelope(body: dict[str, Any]) -> None:
    assert read_bare(Answer(201, json.dumps(body).encode())) == body


def test_a_catalog_may_be_wrapped_but_must_be_there() -> None:
    wrapped = {"data": {"id": 501, "catalogName": "shoes"}}
    assert read_one(Answer(200, json.dumps(wrapped).encode())) == wrapped["data"]
    with pytest.raises(UnreadableAnswerError, match="does not hold a catalog"):
        read_one(Answer(200, b'{"message":"hello"}'))
