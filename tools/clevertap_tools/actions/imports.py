"""Many people, events or tokens out of a file, into CleverTap (reference: data 5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from clevertap_tools.action import Arguments, Toolset, action
from clevertap_tools.bulk import ImportResult, bulk_of
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import InvalidArgumentsError
from clevertap_tools.preview import Preview
from clevertap_tools.wire import JsonObject

EVENTFUL = frozenset({"events", "segment"})
TYPES = ("auto", "text", "number", "boolean", "date", "list", "json")


def checked_type(kind: str) -> str:
    """A type of a property.

    Raises:
        ValueError: There is none of that name.
    """
    if kind not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return kind


class ImportedColumn(Arguments):
    """What a column means."""

    column: str
    to: str
    type: Annotated[str, AfterValidator(checked_type)] = "auto"


class ImportOptions(Arguments):
    """What is rarely said."""

    zone: str | None = None
    """Of times without an offset; the project's without one."""
    keep_names: bool | None = None
    """Segment: names of traits and properties stay as they are, instead of becoming snake_case."""
    page_event: str | None = None
    """Segment: what a page call becomes, in place of Web Page Viewed."""
    screen_event: str | None = None
    """Segment: what a screen call becomes, in place of App Screen Viewed."""
    link_devices: bool | None = None
    """Segment: an identify call with both ids ties the device to the person."""
    tokens: bool | None = None
    """Segment: whether push tokens are taken from identify calls."""


class ImportFile(Arguments):
    """A file, and what its columns mean."""

    file: Annotated[str, Field(description="In the data folder")]
    kind: Annotated[Literal["people", "events", "tokens", "segment"], Field(description="segment: its calls")]
    preview: Annotated[bool, Field(description="Only tell what it would do")] = False
    dry_run: Annotated[bool, Field(description="Preview by CleverTap too")] = False
    evtName: Annotated[str, Field(description="Of every row")] = ""  # noqa: N815 - CleverTap's spelling
    columns: Annotated[
        list[ImportedColumn],
        Field(description="Guessed; to: identity, objectId, ts, evtName or a property; type: text, date"),
    ] = []
    options: Annotated[
        ImportOptions,
        WithJsonSchema({"type": "object"}),
        Field(default_factory=ImportOptions, description="zone; segment: keep_names, page_event, screen_event"),
    ]
    deletions: Annotated[bool, Field(description="Erase whom segment deletes")] = False

    @property
    def countable(self) -> bool:
        """How many records a file holds is known only when it has been read."""
        return self.preview


def effect_of_import(asked: ImportFile) -> Effect:
    """Adding events twice doubles them; setting properties may be repeated."""
    if asked.preview:
        return Effect.READ
    if asked.deletions:
        return Effect.DESTROY
    return effect_of_sending(asked)


def effect_of_sending(asked: ImportFile) -> Effect:
    """What sending its records does, erasing aside."""
    return Effect.APPEND if asked.kind in EVENTFUL else Effect.UPSERT


async def preview_deletions(client: Client, asked: ImportFile, _told: ImportFile) -> Preview:
    """How many people it would erase."""
    return await bulk_of(client).deletions(plan_of(asked))


@action(
    title="Import file",
    effect=effect_of_import,
    effects=frozenset({Effect.UPSERT, Effect.APPEND, Effect.DESTROY}),
    rare=frozenset({Effect.DESTROY}),
    toolset=Toolset.DATA,
    default=False,
    calls=("POST /1/upload", "POST /1/delete/profiles.json"),
    preview=preview_deletions,
)
async def import_file(client: Client, asked: ImportFile) -> ImportResult:
    """Import people, events or tokens from a CSV, JSON Lines or Parquet file, packed or not, as a job.

    Look first with preview.

    Example: {"file": "orders.csv", "kind": "events", "evtName": "Charged", "preview": true}

    Raises:
        InvalidArgumentsError: The file cannot be read, or what its columns mean cannot be told.

    Reference: data 5
    """
    if asked.deletions and asked.kind != "segment":
        raise InvalidArgumentsError.of("deletions", "'deletions' belongs to kind 'segment'")
    if asked.preview:
        return await bulk_of(client).preview(plan_of(asked), dry_run=asked.dry_run)
    return await bulk_of(client).start("import", plan_of(asked), client.report)


def plan_of(asked: ImportFile) -> JsonObject:
    """What was asked for, and what sending a record again would do."""
    return asked.model_dump(exclude_none=True) | {"effect": effect_of_sending(asked).value}
