"""Catalogs of version 2 and their products (reference: engagement 13.2)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Listing, Result, Toolset, action
from clevertap_tools.bare import explaining, read_bare, sent, text, within
from clevertap_tools.catalog import (
    CATALOGS,
    NAME_TAKEN,
    NO_CATALOG,
    CatalogNumber,
    Deleted,
    Mappings,
    Schema,
    check_changes,
    put,
    read_catalog,
    updated,
    with_times,
    with_token,
)
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.moments import ProjectTime
from clevertap_tools.preview import Preview
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.catalog import deletion, differences, named

DEFAULT_SIZE = 20
LOOK = "Look at it with clevertap_get_catalog."

Email = Annotated[str, Field(min_length=1)]


class CatalogPage(Arguments):
    """Which catalogs, and how many at a time."""

    status: Annotated[Literal["ACTIVE", "INACTIVE", "DELETED"] | None, Field(description="Only these")] = None
    search: Annotated[str | None, Field(min_length=1, description="Part of the name")] = None
    page: Annotated[int, Field(ge=0, description="From 0")] = 0
    size: Annotated[int, Field(ge=1, le=100, description="Per page")] = DEFAULT_SIZE
    sortBy: Annotated[  # noqa: N815 - CleverTap's spelling
        Literal["createdAt", "catalogName", "updatedAt"] | None, Field(description="Default createdAt")
    ] = None
    sortOrder: Annotated[Literal["ASC", "DESC"] | None, Field(description="Default DESC")] = None  # noqa: N815


class CatalogRow(Result):
    """One catalog of the list."""

    id: int | None = None
    name: str | None = None
    status: str | None = None
    products: int | None = None
    created: str | None = None


class Catalogs(Listing):
    """One page of catalogs."""

    rows: ClassVar[str] = "catalogs"

    catalogs: list[CatalogRow]
    returned: int
    total: int | None = None
    truncated: bool = False
    next_page: int | None = Field(default=None, description="Absent at the end")

    @property
    def theirs(self) -> frozenset[str]:
        """The catalogs: names are written by whoever made them."""
        return frozenset({"catalogs"})


class CatalogId(Arguments):
    """One catalog."""

    id: CatalogNumber


class OneCatalog(Result):
    """A catalog as CleverTap has it."""

    id: int | None = None
    catalog: dict[str, Any] = Field(description="catalogName, catalogSchema, fieldMappings, status, totalProducts, ...")

    @property
    def theirs(self) -> frozenset[str]:
        """All that CleverTap has of it."""
        return frozenset({"catalog"})


class CreateCatalog(Arguments):
    """A catalog to make."""

    catalogName: Annotated[str, Field(min_length=1, description="Name")]  # noqa: N815 - CleverTap's spelling
    catalogSchema: Annotated[Schema, Field(description="Columns besides identity, name, imageUrl")]  # noqa: N815
    createdBy: Annotated[Email, Field(description="Your e-mail")]  # noqa: N815
    fieldMappings: Mappings | None = None  # noqa: N815
    description: Annotated[str | None, Field(description="What it is for")] = None

    def body(self) -> JsonObject:
        """The catalog as CleverTap reads it."""
        return self.model_dump(exclude_none=True)


class UpdateCatalog(Arguments):
    """What of a catalog shall become another."""

    id: CatalogNumber
    catalogName: Annotated[str | None, Field(min_length=1, description="New name")] = None  # noqa: N815
    description: Annotated[str | None, Field(description="New description")] = None
    status: Annotated[Literal["ACTIVE", "INACTIVE"] | None, Field(description="New status")] = None
    catalogSchema: Annotated[Schema | None, Field(description="All columns: missing ones are lost")] = None  # noqa: N815
    fieldMappings: Annotated[Mappings | None, Field(description="All mappings")] = None  # noqa: N815
    updatedBy: Annotated[Email, Field(description="Your e-mail")]  # noqa: N815

    @model_validator(mode="after")
    def _changes_something(self) -> UpdateCatalog:
        if not self.changes().keys() - {"updatedBy"}:
            raise ValueError(
                "there is nothing to change: give 'catalogName', 'description', 'status', 'catalogSchema' or "
                "'fieldMappings'"
            )
        return self

    def changes(self) -> JsonObject:
        """What is to change, as CleverTap reads it."""
        return self.model_dump(exclude_none=True, exclude={"id"})


class DeleteCatalog(Arguments):
    """The catalog to delete."""

    id: CatalogNumber
    deletedBy: Annotated[Email, Field(description="Your e-mail")]  # noqa: N815 - CleverTap's spelling

    @property
    def countable(self) -> bool:
        """Its products go with it, and nobody says how many those are when it happens."""
        return False


async def preview_update(client: Client, asked: UpdateCatalog, told: UpdateCatalog) -> Preview:
    """What of the catalog would become another, and what of it be lost.

    Raises:
        InvalidArgumentsError: Nothing would.
    """
    current = await read_catalog(client, asked.id)
    check_changes(current, asked.changes())
    shown = client.shown(current)
    return Preview(f"Update {named(told.id, shown)}.", differences(shown, told.changes()))


async def preview_deletion(client: Client, asked: DeleteCatalog, told: DeleteCatalog) -> Preview:
    """Which catalog would be deleted, with how many products."""
    return Preview(deletion(told.id, client.shown(await read_catalog(client, asked.id))))


@action(title="List catalogs", effect=Effect.READ, toolset=Toolset.CONTENT, calls=("GET /v2/catalogs",), default=False)
async def list_catalogs(client: Client, asked: CatalogPage) -> Catalogs:
    """List the product catalogs that recommendations and messages draw on.

    Classic ones, of clevertap_upload_catalog, are not in it. Columns: clevertap_get_catalog.

    Reference: engagement 13.2
    """
    query = wire.query_string({name: str(value) for name, value in asked.model_dump(exclude_none=True).items()})
    body = await client.send(with_token(client, wire.get(CATALOGS, read_bare, query)))
    return page_of(within(body, "content"), asked, ProjectTime.of(client.account, client.clock()))


@action(
    title="Get catalog", effect=Effect.READ, toolset=Toolset.CONTENT, calls=("GET /v2/catalogs/{id}",), default=False
)
async def get_catalog(client: Client, asked: CatalogId) -> OneCatalog:
    """Show one catalog: columns, mappings, status, number of products.

    The id comes from clevertap_list_catalogs. Products cannot be read.

    Reference: engagement 13.2
    """
    return read(client, await read_catalog(client, asked.id), asked.id)


@action(
    title="Create catalog", effect=Effect.UPSERT, toolset=Toolset.CONTENT, calls=("POST /v2/catalogs",), default=False
)
async def create_catalog(client: Client, asked: CreateCatalog) -> OneCatalog:
    """Make an empty product catalog.

    Fill it with clevertap_upsert_catalog_products.

    Example: {"catalogName": "shoes", "catalogSchema": [{"name": "brand", "type": "string", "filterable": true}],
    "createdBy": "me@example.org"}

    Raises:
        OutcomeUnknownError: The answer was lost; it may exist.

    Reference: engagement 13.2
    """
    # Nothing says that a name is taken only once, so a lost answer is not asked for again.
    call = wire.post(CATALOGS, asked.body(), Effect.APPEND, read_bare)
    look = f"Look for {asked.catalogName!r} with clevertap_list_catalogs before trying again."
    with explaining(NAME_TAKEN):
        made = within(await sent(client, with_token(client, call), look), "catalogName")
    return read(client, made, wire.natural(made.get("id")))


@action(
    title="Update catalog",
    effect=Effect.DESTROY,
    toolset=Toolset.CONTENT,
    calls=("GET /v2/catalogs/{id}", "PUT /v2/catalogs/{id}"),
    default=False,
    preview=preview_update,
)
async def update_catalog(client: Client, asked: UpdateCatalog) -> OneCatalog:
    """Change name, description, status, columns or mappings of a catalog.

    What is left out stays: it is read first and sent again. Products: clevertap_upsert_catalog_products.

    Raises:
        InvalidArgumentsError: The catalog is like that already.
        OutcomeUnknownError: The answer was lost; it may have changed.

    Reference: engagement 13.2
    """
    body = updated(await read_catalog(client, asked.id), asked.changes())
    call = put(f"{CATALOGS}/{asked.id}", body, Effect.DESTROY)
    with explaining(NAME_TAKEN, NO_CATALOG):
        done = within(await sent(client, with_token(client, call), LOOK), "catalogName")
    return read(client, done, asked.id)


@action(
    title="Delete catalog",
    effect=Effect.DESTROY,
    toolset=Toolset.CONTENT,
    calls=("GET /v2/catalogs/{id}", "PUT /v2/catalogs/delete/{id}"),
    default=False,
    preview=preview_deletion,
)
async def delete_catalog(client: Client, asked: DeleteCatalog) -> Deleted:
    """Delete a catalog with all its products, for good.

    To only take it out of use set status INACTIVE with clevertap_update_catalog.

    Raises:
        OutcomeUnknownError: The answer was lost; it may be deleted.

    Reference: engagement 13.2
    """
    query = wire.query_string({"deletedBy": asked.deletedBy})
    call = put(f"{CATALOGS}/delete/{asked.id}", None, Effect.DESTROY, query)
    with explaining(NO_CATALOG):
        await sent(client, with_token(client, call), LOOK)
    return Deleted()


def read(client: Client, catalog: JsonObject, number: int | None) -> OneCatalog:
    """A catalog as an answer."""
    return OneCatalog(id=number, catalog=with_times(catalog, ProjectTime.of(client.account, client.clock())))


def page_of(body: JsonObject, asked: CatalogPage, time: ProjectTime) -> Catalogs:
    """One page of catalogs; only `content` of it is sure (reference: engagement 13.2)."""
    rows = [row_of(each, time) for each in wire.listed(body, "content") if isinstance(each, dict)]
    total, pages = wire.natural(body.get("totalElements")), wire.natural(body.get("totalPages"))
    if body.get("last") is True or not rows:
        more = False
    elif pages is None and total is None:
        more = len(rows) >= asked.size
    else:
        more = asked.page + 1 < (pages if pages is not None else -(-(total or 0) // asked.size))
    next_page = asked.page + 1 if more else None
    return Catalogs(catalogs=rows, returned=len(rows), total=total, truncated=more, next_page=next_page)


def row_of(catalog: JsonObject, time: ProjectTime) -> CatalogRow:
    """One catalog of the list."""
    return CatalogRow(
        id=wire.natural(catalog.get("id")),
        name=text(catalog.get("catalogName")),
        status=text(catalog.get("status")),
        products=wire.natural(catalog.get("totalProducts")),
        created=time.seen(catalog.get("createdAt")) or text(catalog.get("createdAt")),
    )
