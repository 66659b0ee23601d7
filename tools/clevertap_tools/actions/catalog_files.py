"""Classic catalogs: a CSV of items, whole or in parts (reference: data 10.3, engagement 13.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.files.delivery import Delivery
from clevertap_tools.files.presigned import Presigned, read_parts, read_presigned, without
from clevertap_tools.files.table_file import LONGEST_CELL, FaultyRowError
from clevertap_tools.files.table_upload import (
    LATER,
    Source,
    TableUpload,
    UploadedTable,
    complete,
    effect_of_upload,
    file_words,
    from_file,
    from_rows,
)
from clevertap_tools.preview import Preview
from clevertap_tools.upload_result import MOST_RECORDS
from clevertap_tools.wire import Answer, Call, JsonObject
from clevertap_tools.words.lines import counted, quoted

ASK = "/get_catalog_url"
ASK_PARTS = "/get_multipart_upload_catalog_url"
COMPLETE = "/upload_catalog_completed"
REQUIRED = ("Identity", "Name", "ImageURL")
MOST_COLUMNS = 20
MOST_ITEMS = 5_000_000
MOST_PLACES = 1_000_000


def checked_item(item: dict[str, Any]) -> dict[str, Any]:
    """One item: its required values, and nothing that a cell or a header of a table cannot hold.

    Raises:
        ValueError: It breaks a rule.
    """
    lacking = [column for column in REQUIRED if not str(item.get(column) or "").strip()]
    if lacking:
        raise ValueError(f"lacks {', '.join(lacking)}")
    if not all(value is None or isinstance(value, str | int | float) for value in item.values()):
        raise ValueError("has a list or an object in it; a cell holds text, a number, true or false")
    if any(not column.strip() or set(column) & {"\r", "\n"} for column in item):
        raise ValueError("has a column whose name is empty or has a line break in it; rename the column")
    if any(len(text) > LONGEST_CELL for text in (*item, *map(str, item.values()))):
        raise ValueError(f"has a value or a column's name of more than {LONGEST_CELL:,} characters; shorten it")
    return item


Item = Annotated[dict[str, Any], AfterValidator(checked_item), WithJsonSchema({"type": "object"})]


class UploadCatalog(TableUpload):
    """Which items are in the catalog."""

    rows: Annotated[
        list[Item] | None,
        Field(min_length=1, max_length=MOST_RECORDS, description="Items, each column: value, up to 10,000"),
    ] = None
    override: Annotated[bool, Field(description="With replace: columns may be missing")] = False
    isLocationCatalog: Annotated[bool, Field(description="Places, not products")] = False  # noqa: N815 - CleverTap's spelling

    @model_validator(mode="after")
    def _consistent(self) -> UploadCatalog:
        if (self.file is None) == (self.rows is None):
            raise ValueError("give either 'file' or 'rows'")
        if self.override and not self.replace:
            raise ValueError("'override' means something only with 'replace'")
        if len(columns_of(self.rows or ())) > MOST_COLUMNS:
            raise ValueError(f"'rows' have more than {MOST_COLUMNS} columns")
        return self

    @property
    def record_count(self) -> int | None:
        """How many items the call holds."""
        return len(self.rows) if self.rows else None


class UploadedCatalog(UploadedTable):
    """A catalog that CleverTap has taken to look into."""

    parts: int = 1


class CatalogRules:
    """Rows of a catalog.

    Args:
        most: How many there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._columns = 0
        self._place = 0

    def check_header(self, columns: Sequence[str]) -> None:
        """The required columns, none twice, and not too many.

        Raises:
            FaultyRowError: It is another header.
        """
        lacking = [column for column in REQUIRED if column not in columns]
        if lacking:
            raise FaultyRowError(
                f"must be a header with the columns {', '.join(REQUIRED)}; {', '.join(lacking)} missing"
            )
        if len(columns) > MOST_COLUMNS:
            raise FaultyRowError(f"has {len(columns)} columns; CleverTap takes {MOST_COLUMNS}")
        if len(set(columns)) < len(columns):
            raise FaultyRowError("names a column twice")
        self._columns, self._place = len(columns), columns.index("Identity")

    def check_row(self, row: Sequence[str]) -> None:
        """As many cells as the header has, and an identity.

        Raises:
            FaultyRowError: It is something else, or one too many.
        """
        if len(row) != self._columns:
            raise FaultyRowError(f"has {len(row)} cells where the header has {self._columns}")
        if not row[self._place].strip():
            raise FaultyRowError("has no Identity")
        self._left -= 1
        if self._left < 0:
            raise FaultyRowError(f"is beyond the {self._most:,} rows that CleverTap takes")

    def identity(self, row: Sequence[str]) -> str:
        """Of two items with one identity CleverTap keeps the last."""
        return row[self._place]


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every column that some item has, the required ones first."""
    return list(dict.fromkeys([*REQUIRED, *(column for row in rows for column in row)]))


async def source_of(client: Client, asked: UploadCatalog) -> Source:
    """The catalog as a table, checked.

    Raises:
        InvalidArgumentsError: It breaks a rule.
        DeadlineError: There was not enough time to read it.
    """
    rules = CatalogRules(MOST_PLACES if asked.isLocationCatalog else MOST_ITEMS)
    if asked.file is not None:
        return await from_file(client, asked.file, rules, in_parts=True)
    rows = asked.rows or []
    columns = columns_of(rows)
    return from_rows([columns, *([cell(row.get(column)) for column in columns] for row in rows)], rules)


def cell(value: object) -> object:
    """A value as it stands in a table, where a carriage return alone would end the row."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return str(value).lower() if isinstance(value, bool) else value


async def preview_catalog(client: Client, asked: UploadCatalog, told: UploadCatalog) -> Preview:
    """Which catalog would be overwritten, and by what.

    Raises:
        InvalidArgumentsError: The file breaks a rule.
    """
    with closing(await source_of(client, asked)) as source:
        table = source.table
    deed = f"Replace all items of the catalog {quoted(told.name)} by {counted(table.rows, 'row', 'rows')}."
    lost = ("Columns of the old one that are missing are lost.",) if asked.override else ()
    return Preview(deed, (*file_words(told, table), *lost))


@action(
    title="Upload catalog",
    effect=effect_of_upload,
    effects=frozenset({Effect.UPSERT, Effect.DESTROY}),
    toolset=Toolset.CONTENT,
    default=False,
    calls=(f"POST {ASK}", f"GET {ASK_PARTS}", f"POST {COMPLETE}"),
    preview=preview_catalog,
)
async def upload_catalog(client: Client, asked: UploadCatalog) -> UploadedCatalog:
    """Make a product or location catalog from rows or a CSV file.

    Columns Identity, Name and ImageURL are required; at most 20 columns, 5 million rows. Files work only where
    this server runs on your machine. Such classic catalogs are not in clevertap_list_catalogs; those take
    clevertap_upsert_catalog_products.

    Example: {"name": "Shop", "email": "ops@example.org", "creator": "Ops", "rows": [{"Identity": "p-1", "Name": "Mug",
    "ImageURL": "https://x.example/1.png"}]}

    Raises:
        InvalidArgumentsError: The file breaks a rule; nothing was sent.
        OutcomeUnknownError: The answer to the last step was lost; the catalog may exist.

    Reference: data 10.3
    """
    with closing(await source_of(client, asked)) as source:
        pieces = source.pieces
        delivery = Delivery(client, source.file, pieces)
        places, upload = await places_for(client, len(pieces))
        tags = await delivery.to(places)
        delivery.check(source.table.sha256)
    body = described(asked, uploaded(places, tags, upload))
    await complete(client, COMPLETE, body, asked, lambda answer: read_taken(without(answer, places)))
    twice = counted(source.table.repeated, "row repeats", "rows repeat")
    warning = f"{LATER}{f'; {twice} an Identity, the last one counts' if source.table.repeated else ''}."
    return UploadedCatalog(sent=source.table.rows, parts=len(pieces), warning=warning)


async def places_for(client: Client, parts: int) -> tuple[list[Presigned], str | None]:
    """Where the parts are to be put, and the id of the upload if there are several.

    Raises:
        UnreadableAnswerError: CleverTap named too few places.
    """
    if parts == 1:
        return [await client.send(Call("POST", ASK, Effect.READ, read_presigned))], None
    upload, places = await client.send(wire.get(ASK_PARTS, read_parts, f"totalParts={parts}"))
    if len(places) != parts:
        raise UnreadableAnswerError(f"CleverTap named {len(places)} addresses for {parts} parts.")
    return places, upload


def uploaded(places: Sequence[Presigned], tags: Sequence[str], upload: str | None) -> JsonObject:
    """How the last step names what was put there.

    Raises:
        UnreadableAnswerError: The store did not say what it calls a part.
    """
    if upload is None:
        return {"url": places[0].secret.get_secret_value()}
    if not all(tags):
        raise UnreadableAnswerError("The store for the file did not name its parts (ETag).")
    return {"uploadId": upload, "eTags": [{"partNumber": number, "eTag": tag} for number, tag in enumerate(tags, 1)]}


def described(asked: UploadCatalog, where: JsonObject) -> JsonObject:
    """The last step's body; switches that nobody named stay away."""
    switches = {"override": asked.override, "isLocationCatalog": asked.isLocationCatalog}
    return {
        "name": asked.name,
        "creator": asked.creator,
        "email": asked.email,
        **where,
        "replace": asked.replace,
        **{name: on for name, on in switches.items() if name in asked.model_fields_set},
    }


def read_taken(answer: Answer) -> None:
    """Nothing, if CleverTap took the file.

    Raises:
        CleverTapError: It did not, or does not say so.
    """
    if "status" not in wire.read_envelope(answer):
        raise UnreadableAnswerError("CleverTap's answer does not say whether it took the catalog.")
