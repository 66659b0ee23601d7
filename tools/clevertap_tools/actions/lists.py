"""Custom lists: people by name become a segment (reference: data 10.1, engagement 11)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

from pydantic import Field, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.files.delivery import Delivery
from clevertap_tools.files.presigned import Presigned, read_presigned, without
from clevertap_tools.files.table_file import FaultyRowError
from clevertap_tools.files.table_upload import (
    LATER,
    Source,
    TableUpload,
    Text,
    UploadedTable,
    complete,
    effect_of_upload,
    file_name,
    file_words,
    from_file,
    from_rows,
)
from clevertap_tools.preview import Preview
from clevertap_tools.records import Identity, checked_identity
from clevertap_tools.upload_result import MOST_RECORDS
from clevertap_tools.wire import Answer, Call, JsonObject
from clevertap_tools.words.lines import Name, counted, quoted, who

ASK = "/get_custom_list_segment_url"
COMPLETE = "/upload_custom_list_segment_completed"
HEADER = ("Type", "Identity")
OWN, CLEVERTAPS = "i", "g"

Names = Annotated[list[Identity] | None, Field(min_length=1, max_length=MOST_RECORDS)]


class UploadCustomList(TableUpload):
    """Who is in the list."""

    identity: Annotated[Names, Field(description="Your own ids, e-mails or phones, up to 10,000")] = None
    guid: Annotated[Names, Field(description="CleverTap IDs")] = None
    filename: Annotated[Text | None, Field(description="As shown in the dashboard")] = None

    @model_validator(mode="after")
    def _one_source(self) -> UploadCustomList:
        if (self.file is None) == (not self.names):
            raise ValueError("give either 'file' or 'identity' and/or 'guid'")
        return self

    @property
    def names(self) -> list[Name]:
        """Everybody whom the call names."""
        return [(kind, name) for kind in ("identity", "guid") for name in getattr(self, kind) or ()]

    @property
    def record_count(self) -> int | None:
        """How many people the call names."""
        return len(self.names) or None


class UploadedList(UploadedTable):
    """A list that CleverTap has taken to look into."""

    segment_id: int | None = Field(default=None, description="For create_campaign's segment")


class ListRules:
    """Rows of a custom list: a type and an identity."""

    def check_header(self, columns: Sequence[str]) -> None:
        """Both columns, in any case of letters.

        Raises:
            FaultyRowError: It is another header.
        """
        if [column.casefold() for column in columns] != ["type", "identity"]:
            raise FaultyRowError("must be the header Type,Identity")

    def check_row(self, row: Sequence[str]) -> None:
        """One type and one identity that CleverTap can take.

        Raises:
            FaultyRowError: It is something else.
        """
        if len(row) != len(HEADER):
            raise FaultyRowError("must be i,<your own id> or g,<CleverTap ID>")
        if row[0] not in (OWN, CLEVERTAPS):
            raise FaultyRowError("has a type that is neither i (your own id) nor g (CleverTap ID)")
        try:
            checked_identity(row[1])
        except ValueError as error:
            raise FaultyRowError(f"has an identity that {error}") from None

    def identity(self, row: Sequence[str]) -> None:
        """Somebody who stands there twice is in the list once."""


RULES = ListRules()


async def source_of(client: Client, asked: UploadCustomList) -> Source:
    """The list as a table, checked.

    Raises:
        InvalidArgumentsError: It breaks a rule.
        DeadlineError: There was not enough time to read it.
    """
    if asked.file is not None:
        return await from_file(client, asked.file, RULES)
    own = [(OWN, name) for name in asked.identity or ()]
    return from_rows([HEADER, *own, *((CLEVERTAPS, name) for name in asked.guid or ())], RULES)


async def preview_list(client: Client, asked: UploadCustomList, told: UploadCustomList) -> Preview:
    """Which list would be overwritten, and by whom.

    Raises:
        InvalidArgumentsError: The file breaks a rule.
    """
    with closing(await source_of(client, asked)) as source:
        table = source.table
    deed = f"Replace everybody in the custom list {quoted(told.name)} by {counted(table.rows, 'row', 'rows')}."
    used = "Campaigns and journeys that use it should be stopped first."
    return Preview(deed, (*file_words(told, table), *who(told.names), used), table.rows)


@action(
    title="Upload custom list",
    effect=effect_of_upload,
    effects=frozenset({Effect.UPSERT, Effect.DESTROY}),
    toolset=Toolset.AUDIENCES,
    default=False,
    calls=(f"POST {ASK}", f"POST {COMPLETE}"),
    preview=preview_list,
)
async def upload_custom_list(client: Client, asked: UploadCustomList) -> UploadedList:
    """Make a segment of known people from a list of ids or a CSV file.

    Give identity and/or guid, or file: header Type,Identity, rows i,<id> or g,<CleverTap ID>; files work
    only where this server runs on your machine. Unknown people are left out. To add people one by one use
    clevertap_update_segments.

    Example: {"name": "VIP May", "email": "ops@example.org", "creator": "Ops", "identity": ["c-1", "c-2"]}

    Raises:
        InvalidArgumentsError: The file breaks a rule; nothing was sent.
        OutcomeUnknownError: The answer to the last step was lost; the list may exist.

    Reference: data 10.1
    """
    with closing(await source_of(client, asked)) as source:
        place = await client.send(Call("POST", ASK, Effect.READ, read_presigned))
        delivery = Delivery(client, source.file, source.pieces)
        await delivery.to([place])
        delivery.check(source.table.sha256)
    body = described(asked, place)
    segment = await complete(client, COMPLETE, body, asked, lambda answer: read_list(without(answer, [place])))
    warning = f"{LATER}; people whom it does not know are left out."
    return UploadedList(sent=source.table.rows, segment_id=segment, warning=warning)


def described(asked: UploadCustomList, place: Presigned) -> JsonObject:
    """The last step's body."""
    return {
        "name": asked.name,
        "email": asked.email,
        "filename": asked.filename or file_name(asked),
        "creator": asked.creator,
        "url": place.secret.get_secret_value(),
        "replace": asked.replace,
    }


def read_list(answer: Answer) -> int | None:
    """The segment's id, under whatever key; None where there is none.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    body = wire.read_envelope(answer)
    if "status" not in body:
        raise UnreadableAnswerError("CleverTap's answer does not say whether it took the list.")
    plain = {"".join(filter(str.isalnum, key)).casefold(): value for key, value in body.items()}
    return wire.natural(plain.get("segmentid", plain.get("id")))
