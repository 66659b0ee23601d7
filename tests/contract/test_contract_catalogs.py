"""Catalogs of version 2 as the reference has them (engagement 13.2, data 10.3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from clevertap_sandbox import ACCOUNT_ID, ACCOUNT_TOKEN, PASSCODE, Fault, Kind
from clevertap_sandbox.routes import family

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

CATALOGS = "/v2/catalogs"
MADE_AT = 1_760_001_000
CREATE = {
    "catalogName": "shoes",
    "catalogSchema": [{"name": "brand", "type": "string", "filterable": True}],
    "fieldMappings": {"maker": "brand"},
    "createdBy": "mira@example.net",
}
CREATED = {
    "id": 501,
    "catalogName": "shoes",
    "catalogSchema": [{"name": "brand", "type": "string", "filterable": True}],
    "fieldMappings": {"maker": "brand"},
    "description": "",
    "totalProducts": 0,
    "status": "ACTIVE",
    "createdAt": MADE_AT,
    "createdBy": "mira@example.net",
    "updatedBy": "mira@example.net",
    "isActive": True,
    "attributeCount": 1,
    "totalColumns": 4,
}
PRODUCTS = {
    "products": [
        {
            "identity": "SKU-1",
            "name": "Runner",
            "imageUrl": "https://cdn.example.net/r.png",
            "attributes": {"brand": "Acme"},
        }
    ]
}
DONE = {"message": "Operation completed successfully"}
TOKEN = {"X-Account-Id": ACCOUNT_ID, "X-CleverTap-Token": ACCOUNT_TOKEN}


@pytest.fixture
def stocked(make_door: MakeDoor) -> Door:
    """A project with the catalog of the reference's example."""
    return with_catalog(make_door())


def with_catalog(door: Door) -> Door:
    door.gets("POST", CATALOGS, CREATE)
    return door


def stored(door: Door, catalog: int = 501) -> list[dict[str, Any]]:
    """The products that a catalog has; CleverTap has no call for it."""
    with door.sandbox._store.transaction() as db:
        rows = db.execute("SELECT product FROM products WHERE catalog = ? ORDER BY identity", (catalog,)).fetchall()
    return [json.loads(product) for (product,) in rows]


def test_a_new_catalog_is_answered_as_in_the_reference(make_door: MakeDoor) -> None:
    door = make_door(clock=lambda: float(MADE_AT))
    assert door.gets("POST", CATALOGS, CREATE) == CREATED
    assert door.gets("GET", f"{CATALOGS}/501") == CREATED
    assert door.gets("GET", CATALOGS)["content"] == [CREATED]


@pytest.mark.parametrize("lacking", ["catalogName", "catalogSchema", "createdBy"])
def test_a_catalog_without_what_it_needs_is_refused(door: Door, lacking: str) -> None:
    status, answer = door.ask("POST", CATALOGS, {name: each for name, each in CREATE.items() if name != lacking})
    assert (status, list(answer)) == (400, ["message"])


@pytest.mark.parametrize("schema", [[{"name": "brand"}], [{"name": "brand", "type": "date"}], ["brand"], "brand"])
def test_a_schema_with_an_unknown_type_is_refused(door: Door, schema: object) -> None:
    assert door.ask("POST", CATALOGS, {**CREATE, "catalogSchema": schema})[0] == 400


def test_a_name_is_taken_once(stocked: Door) -> None:
    assert stocked.ask("POST", CATALOGS, CREATE) == (409, {"message": "Catalog already exists"})
    assert stocked.gets("POST", CATALOGS, {**CREATE, "catalogName": "boots"})["id"] == 502
    assert stocked.ask("PUT", f"{CATALOGS}/502", CREATE)[0] == 409


def test_the_list_is_paged_sorted_searched_and_narrowed(door: Door) -> None:
    for name in ("boots", "shoes", "sandals"):
        door.gets("POST", CATALOGS, {**CREATE, "catalogName": name})
    door.gets("PUT", f"{CATALOGS}/502", {"catalogName": "shoes", "status": "INACTIVE"})
    door.gets("PUT", f"{CATALOGS}/delete/503?deletedBy=mira@example.net")

    def names(query: str) -> list[str]:
        return [each["catalogName"] for each in door.gets("GET", f"{CATALOGS}?{query}")["content"]]

    assert names("") == ["shoes", "boots"]
    assert names("sortBy=catalogName&sortOrder=ASC") == ["boots", "shoes"]
    assert names("search=OOT") == ["boots"]
    assert names("status=INACTIVE") == ["shoes"]
    assert names("status=DELETED") == ["sandals"]
    page = door.gets("GET", f"{CATALOGS}?size=1&page=1")
    assert (len(page["content"]), page["totalElements"], page["totalPages"], page["last"]) == (1, 2, 2, True)


@pytest.mark.parametrize(
    "query", ["status=GONE", "size=0", "size=101", "page=-1", "page=x", "sortBy=id", "sortOrder=UP"]
)
def test_a_list_with_an_odd_parameter_is_refused(door: Door, query: str) -> None:
    assert door.ask("GET", f"{CATALOGS}?{query}")[0] == 400


def test_an_update_loses_what_it_does_not_repeat(stocked: Door) -> None:
    stocked.gets("PUT", f"{CATALOGS}/501", {**CREATE, "recurringSyncConfig": {"url": "https://feed.example.net"}})
    assert stocked.gets("GET", f"{CATALOGS}/501")["recurringSyncConfig"] == {"url": "https://feed.example.net"}
    told = stocked.gets("PUT", f"{CATALOGS}/501", {"catalogName": "shoes", "updatedBy": "omar@example.net"})
    assert (told["catalogSchema"], told["fieldMappings"], told["updatedBy"]) == ([], {}, "omar@example.net")
    assert "recurringSyncConfig" not in told


def test_a_deleted_catalog_is_gone_with_its_products(stocked: Door) -> None:
    stocked.gets("POST", f"{CATALOGS}/501/products/bulk", PRODUCTS)
    assert stocked.ask("PUT", f"{CATALOGS}/delete/501")[0] == 400
    deleted = stocked.gets("PUT", f"{CATALOGS}/delete/501?deletedBy=mira@example.net")
    assert deleted == {"message": "Catalog - 501 deleted successfully"}
    assert stocked.ask("GET", f"{CATALOGS}/501")[0] == 404
    assert stored(stocked) == []
    assert stocked.gets("POST", CATALOGS, CREATE)["id"] == 502


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/9"),
        ("GET", "/shoes"),
        ("PUT", "/9"),
        ("PUT", "/delete/9?deletedBy=a@example.net"),
        ("PATCH", "/9/schema/attributes/brand/filterable?filterable=true&updatedBy=a@example.net"),
        ("POST", "/9/products"),
        ("POST", "/9/products/bulk"),
        ("PUT", "/9/products/bulk"),
        ("PUT", "/9/products/SKU-1"),
        ("DELETE", "/9/products/SKU-1"),
        ("GET", "/signedurl?catalogId=9&fileName=a.csv&contentType=text/csv&multiPart=false"),
    ],
)
def test_a_catalog_that_does_not_exist_is_not_found(door: Door, method: str, path: str) -> None:
    product = {"identity": "SKU-1", "name": "Runner", "imageUrl": "https://cdn.example.net/r.png"}
    body = {"catalogName": "x", "products": [product], **product}
    assert door.ask(method, f"{CATALOGS}{path}", body)[0] == 404


def test_an_attribute_is_marked_filterable_by_itself(stocked: Door) -> None:
    place = f"{CATALOGS}/501/schema/attributes/brand/filterable"
    assert stocked.gets("PATCH", f"{place}?filterable=false&updatedBy=omar@example.net") == DONE
    told = stocked.gets("GET", f"{CATALOGS}/501")
    assert told["catalogSchema"] == [{"name": "brand", "type": "string", "filterable": False}]
    assert told["updatedBy"] == "omar@example.net"
    assert stocked.ask("PATCH", f"{place}?updatedBy=omar@example.net")[0] == 400
    assert stocked.ask("PATCH", f"{place}?filterable=true")[0] == 400
    other = f"{CATALOGS}/501/schema/attributes/colour/filterable?filterable=true&updatedBy=omar@example.net"
    assert stocked.ask("PATCH", other)[0] == 404


def test_products_are_added_many_at_once_or_one_by_one(stocked: Door) -> None:
    assert stocked.gets("POST", f"{CATALOGS}/501/products/bulk", PRODUCTS) == DONE
    single = {"identity": "SKU/2", "name": "Walker", "imageUrl": "https://cdn.example.net/w.png"}
    assert stocked.gets("POST", f"{CATALOGS}/501/products", single) == DONE
    assert stored(stocked) == [PRODUCTS["products"][0], {**single, "attributes": {}}]
    assert stocked.gets("GET", f"{CATALOGS}/501")["totalProducts"] == 2


def test_a_product_is_updated_and_deleted_by_its_encoded_id(stocked: Door) -> None:
    stocked.gets("POST", f"{CATALOGS}/501/products/bulk", {"products": [{"identity": "a/b c", "name": "Runner"}]})
    assert stocked.gets("PUT", f"{CATALOGS}/501/products/a%2Fb%20c", {"name": "Sprinter"}) == DONE
    assert [each["name"] for each in stored(stocked)] == ["Sprinter"]
    assert stocked.gets("DELETE", f"{CATALOGS}/501/products/a%2Fb%20c") == DONE
    assert stocked.ask("DELETE", f"{CATALOGS}/501/products/a%2Fb%20c")[0] == 404


@pytest.mark.parametrize("lacking", ["identity", "name", "imageUrl"])
def test_a_single_product_needs_an_image_too_which_one_of_many_does_not(stocked: Door, lacking: str) -> None:
    product = {"identity": "SKU-1", "name": "Runner", "imageUrl": "https://cdn.example.net/r.png"}
    del product[lacking]
    assert stocked.ask("POST", f"{CATALOGS}/501/products", product)[0] == 400
    skipped = stocked.gets("POST", f"{CATALOGS}/501/products/bulk", {"products": [product]}).get("failures", [])
    assert len(skipped) == (0 if lacking == "imageUrl" else 1)


MIXED = {
    "products": [
        {"identity": "SKU-1", "name": "Runner"},
        {"identity": "SKU-2"},
        {"identity": "S" * 501, "name": "Long"},
        {"identity": "SKU-3", "name": "n" * 1001},
        {"identity": "SKU-4", "name": "Walker", "imageUrl": "u" * 2001},
        {"identity": "SKU-5", "name": "Walker", "attributes": []},
        "SKU-6",
        {"identity": "SKU-7", "name": "Sprinter"},
    ]
}


@pytest.mark.parametrize("way", ["listed", "counted", "unsaid"])
def test_a_bulk_write_takes_the_valid_rows_and_skips_the_others(make_door: MakeDoor, way: str) -> None:
    door = with_catalog(make_door(product_failures=way))
    answer = door.gets("POST", f"{CATALOGS}/501/products/bulk", MIXED)
    assert [each["identity"] for each in stored(door)] == ["SKU-1", "SKU-7"]
    assert answer["message"] == DONE["message"]
    told = {"listed": ["message", "failures"], "counted": ["message", "failedCount"], "unsaid": ["message"]}
    assert list(answer) == told[way]
    assert len(answer.get("failures", range(6))) == answer.get("failedCount", 6) == 6


@pytest.mark.parametrize("way", ["refused", "overwritten"])
def test_a_product_that_is_there_is_not_created_again_or_overwritten(make_door: MakeDoor, way: str) -> None:
    door = with_catalog(make_door(existing_product=way))
    door.gets("POST", f"{CATALOGS}/501/products/bulk", PRODUCTS)
    again = {"products": [{"identity": "SKU-1", "name": "Sprinter"}]}
    answer = door.gets("POST", f"{CATALOGS}/501/products/bulk", again)
    assert ("failures" in answer) is (way == "refused")
    assert [each["name"] for each in stored(door)] == ["Runner" if way == "refused" else "Sprinter"]


@pytest.mark.parametrize("way", ["refused", "created"])
def test_an_update_of_an_unknown_product_is_refused_or_makes_it(make_door: MakeDoor, way: str) -> None:
    door = with_catalog(make_door(unknown_product=way))
    answer = door.gets("PUT", f"{CATALOGS}/501/products/bulk", PRODUCTS)
    assert ("failures" in answer) is (way == "refused")
    assert len(stored(door)) == (0 if way == "refused" else 1)


@pytest.mark.parametrize("merges", [False, True])
def test_attributes_that_an_update_does_not_repeat_are_lost_or_kept(make_door: MakeDoor, *, merges: bool) -> None:
    door = with_catalog(make_door(product_update_merges=merges))
    door.gets("POST", f"{CATALOGS}/501/products/bulk", PRODUCTS)
    door.gets("PUT", f"{CATALOGS}/501/products/bulk", {"products": [{"identity": "SKU-1", "attributes": {"size": 9}}]})
    kept = {"brand": "Acme"} if merges else {}
    assert stored(door)[0]["attributes"] == {**kept, "size": 9}
    assert stored(door)[0]["name"] == "Runner"


def test_bodies_over_their_size_are_refused(stocked: Door) -> None:
    large = {"identity": "SKU-1", "name": "n", "imageUrl": "u", "attributes": {"text": "x" * 100 * 1024}}
    assert stocked.ask("POST", f"{CATALOGS}/501/products", large)[0] == 400
    assert stocked.gets("POST", f"{CATALOGS}/501/products/bulk", {"products": [large]}) == DONE
    many = {"products": [{**large, "identity": f"SKU-{number}"} for number in range(5)]}
    assert stocked.ask("POST", f"{CATALOGS}/501/products/bulk", many)[0] == 400
    assert stocked.ask("POST", f"{CATALOGS}/501/products/bulk", {"products": []})[0] == 400


@pytest.mark.parametrize("status", [401, 403])
def test_an_account_without_catalogs_is_refused_on_every_path(make_door: MakeDoor, status: int) -> None:
    door = make_door(catalogs=f"off_{status}")
    refused = (status, {"message": "Catalog feature is not enabled for this account."})
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/501"), ("PUT", "/501"), ("DELETE", "/501/products/x")):
        assert door.ask(method, f"{CATALOGS}{path}", CREATE) == refused


def answered(door: Door, path: str, headers: dict[str, str]) -> int:
    return httpx2.request(
        "GET" if "products" not in path else "DELETE", f"{door.url}{path}", headers=headers
    ).status_code


@pytest.mark.parametrize(
    ("way", "catalog_by_passcode", "catalog_by_token", "product_by_passcode", "product_by_token"),
    [
        ("either", 200, 200, 404, 404),
        ("documented", 401, 200, 404, 401),
        ("token", 401, 200, 401, 404),
    ],
)
def test_each_pair_of_headers_counts_where_it_is_said_to(
    make_door: MakeDoor,
    way: str,
    catalog_by_passcode: int,
    catalog_by_token: int,
    product_by_passcode: int,
    product_by_token: int,
) -> None:
    door = make_door(catalog_headers=way)
    passcode = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
    product = f"{CATALOGS}/501/products/x"
    assert answered(door, CATALOGS, passcode) == catalog_by_passcode
    assert answered(door, CATALOGS, TOKEN) == catalog_by_token
    assert answered(door, product, passcode) == product_by_passcode
    assert answered(door, product, TOKEN) == product_by_token
    assert answered(door, CATALOGS, {}) == answered(door, product, {}) == 401
    assert answered(door, f"{CATALOGS}/501", {**TOKEN, "X-CleverTap-Token": "wrong"}) == 401
    assert answered(door, CATALOGS, passcode | TOKEN) == 200


def test_other_paths_do_not_take_the_account_token_for_a_passcode(door: Door) -> None:
    assert httpx2.get(f"{door.url}/1/profile.json?identity=a", headers=TOKEN).status_code == 401


def test_a_wrong_method_is_told(door: Door) -> None:
    for method, path in (("DELETE", ""), ("POST", "/501"), ("GET", "/501/products"), ("GET", "/delete/501")):
        status, answer = door.ask(method, f"{CATALOGS}{path}")
        assert (status, answer["error"]) == (405, "Method Not Allowed")


def test_an_endpoint_is_one_whatever_the_id_in_its_path() -> None:
    assert family("/v2/catalogs/1") == family("/v2/catalogs/2") == "/v2/catalogs/{id}"
    assert family("/v2/catalogs/1/products/a/b") == "/v2/catalogs/{id}/products/{product}"
    assert family("/v2/catalogs/signedurl") == "/v2/catalogs/signedurl"
    assert family("/v2/nothing") is None


def test_limits_and_faults_hold_for_paths_with_an_id(make_door: MakeDoor) -> None:
    assert with_catalog(make_door()).ask("GET", f"{CATALOGS}/501")[0] == 200
    assert make_door(other_limit=0).ask("GET", f"{CATALOGS}/501")[0] == 429
    door = with_catalog(make_door())
    door.sandbox.faults.add(Fault(kind=Kind.STATUS, path=f"{CATALOGS}/501", status=503))
    assert [door.ask("GET", f"{CATALOGS}/501")[0] for _ in range(2)] == [503, 200]


FILE = "catalogId=501&fileName=feed.csv&contentType=text/csv"


def test_an_address_is_given_out_for_a_file_or_one_for_each_part(stocked: Door) -> None:
    whole = stocked.gets("GET", f"{CATALOGS}/signedurl?{FILE}&multiPart=false")
    assert httpx2.put(whole["presignedS3URL"], content=b"Identity,Name\n1,Runner\n").status_code == 200
    parts = stocked.gets("GET", f"{CATALOGS}/signedurl?{FILE}&multiPart=true&totalParts=3")
    assert len(parts["presignedS3URLs"]) == 3
    assert parts["uploadId"]


@pytest.mark.parametrize(
    "query",
    [
        "catalogId=501&contentType=text/csv&multiPart=false",
        f"catalogId=501&fileName={'f' * 501}&contentType=text/csv&multiPart=false",
        "catalogId=501&fileName=a.pdf&contentType=application/pdf&multiPart=false",
        FILE,
        f"{FILE}&multiPart=true",
    ],
)
def test_an_address_for_an_odd_file_is_refused(stocked: Door, query: str) -> None:
    assert stocked.ask("GET", f"{CATALOGS}/signedurl?{query}")[0] == 400
