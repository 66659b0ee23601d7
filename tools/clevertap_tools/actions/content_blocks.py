"""Content blocks: texts and HTML that many messages share (reference: engagement 14.1, data 10.4)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Listing, Result, Toolset, action
from clevertap_tools.bare import TAKEN, UNKNOWN, Fault, explaining, read_bare, sent, text, within
from clevertap_tools.client import Client
from clevertap_tools.content_block import read_part, shortened
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.instants import Bound, check_order, earliest, latest
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import Answer, JsonObject

CREATE = "/v1/contentBlock/create"
UPDATE = "/v1/contentBlock/update"
INFO = "/v1/contentBlock/info"
LIST = "/v1/contentBlock/list"
LOOK = "Look at it with clevertap_get_content_block; repeating it is harmless."
BOUNDS = {"createdAtFrom": earliest, "createdAtTo": latest, "updatedFrom": earliest, "updatedTo": latest}
NAME_TAKEN = Fault(TAKEN, "name", "Choose another name, or change that block with clevertap_update_content_block.")
NO_BLOCK = Fault(UNKNOWN, "id", "Take the id from clevertap_list_content_blocks.")

Content = Annotated[str, Field(min_length=1, description="The text or HTML")]


class BlockPage(Arguments):
    """Which content blocks, and how many at a time."""

    pageNumber: Annotated[int, Field(ge=1, description="From 1")] = 1  # noqa: N815 - CleverTap's spelling
    pageSize: Annotated[int, Field(ge=1, le=100, description="Per page")] = 20  # noqa: N815
    createdAtFrom: Annotated[Bound | None, Field(description="Day (2026-03-31, -7d) or ISO moment")] = None  # noqa: N815
    createdAtTo: Annotated[Bound | None, Field(description="The same, inclusive")] = None  # noqa: N815
    updatedFrom: Annotated[Bound | None, Field(description="The same")] = None  # noqa: N815
    updatedTo: Annotated[Bound | None, Field(description="The same")] = None  # noqa: N815

    def query(self, time: ProjectTime) -> str:
        """The parameters as CleverTap reads them.

        Raises:
            InvalidArgumentsError: A range ends before it begins, or depends on a zone that is not known.
        """
        given: dict[str, Any] = self.model_dump(exclude_none=True)
        bounds = {name: bound(given[name], time, name) for name, bound in BOUNDS.items() if name in given}
        for low, high in (("createdAtFrom", "createdAtTo"), ("updatedFrom", "updatedTo")):
            check_order(bounds.get(low), bounds.get(high), (low, high))
        return wire.query_string({name: str(value) for name, value in (given | bounds).items()})


class Blocks(Listing):
    """One page of content blocks."""

    rows: ClassVar[str] = "blocks"

    blocks: list[dict[str, Any]] = Field(description="id, name, type, content (its beginning), characters, ...")
    returned: int
    total: int | None = None
    truncated: bool = False
    next_page: int | None = Field(default=None, description="Absent at the end")

    @property
    def theirs(self) -> frozenset[str]:
        """The blocks."""
        return frozenset({"blocks"})


class BlockId(Arguments):
    """One content block, and where to begin in it."""

    id: Annotated[int, Field(ge=0, description="Block id")]
    offset: Annotated[int, Field(ge=0, description="Character of the content to begin with")] = 0


class Block(Result):
    """A content block, or a part of a long one."""

    block: dict[str, Any] = Field(description="id, name, type, content, createdAt, ...")
    characters: int = Field(description="Of the whole content")
    truncated: bool = False
    next_offset: int | None = Field(default=None, description="Where the rest begins")

    @property
    def theirs(self) -> frozenset[str]:
        """The block."""
        return frozenset({"block"})


class CreateBlock(Arguments):
    """A content block to make."""

    type: Annotated[Literal["Text", "HTML"], Field(description="Cannot change later")]
    name: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-() ]*$", description="Unique; letters, digits, _.-() and spaces"),
    ]
    content: Content
    createdBy: Annotated[str | None, Field(min_length=1, description="Your e-mail")] = None  # noqa: N815
    partner: Annotated[str | None, Field(min_length=1, description="Such as Taxi")] = None


class UpdateBlock(Arguments):
    """A content block that gets another content."""

    id: Annotated[int, Field(ge=0, description="Block id")]
    content: Content
    updatedBy: Annotated[str, Field(min_length=1, description="Your e-mail")]  # noqa: N815


class WrittenBlock(Result):
    """A content block that was written."""

    id: int | None = None
    name: str | None = None

    @property
    def theirs(self) -> frozenset[str]:
        """The name, as CleverTap repeats it."""
        return frozenset({"name"})


@action(
    title="List content blocks",
    effect=Effect.READ,
    toolset=Toolset.CONTENT,
    calls=("GET /v1/contentBlock/list",),
    default=False,
)
async def list_content_blocks(client: Client, asked: BlockPage) -> Blocks:
    """List the texts and HTML snippets that messages share.

    For a whole content use clevertap_get_content_block.

    Raises:
        InvalidArgumentsError: A range ends before it begins, or depends on a zone that is not known.

    Reference: engagement 14.1, data 10.4
    """
    query = asked.query(ProjectTime.of(client.account, client.clock()))
    body = within(await client.send(wire.get(LIST, read_bare, query)), "contentBlocks")
    blocks = [shortened(each) for each in wire.listed(body, "contentBlocks") if isinstance(each, dict)]
    total = wire.natural(body.get("total"))
    # The last page is the one with fewer than asked for (data 10.4); a page may hold less than asked by itself.
    seen = asked.pageNumber * (wire.natural(body.get("pageSize")) or asked.pageSize)
    more = bool(blocks) and (len(blocks) >= asked.pageSize if total is None else seen < total)
    next_page = asked.pageNumber + 1 if more else None
    return Blocks(blocks=blocks, returned=len(blocks), total=total, truncated=more, next_page=next_page)


@action(
    title="Get content block",
    effect=Effect.READ,
    toolset=Toolset.CONTENT,
    calls=("GET /v1/contentBlock/info",),
    default=False,
)
async def get_content_block(client: Client, asked: BlockId) -> Block:
    """Show one content block with its content; a long one in parts.

    The id comes from clevertap_list_content_blocks.

    Reference: engagement 14.1
    """
    with explaining(NO_BLOCK):
        block = await client.send(wire.get(INFO, read_block, f"id={asked.id}"))
    part, characters, rest = read_part(block, asked.offset)
    return Block(block=part, characters=characters, truncated=rest is not None, next_offset=rest)


@action(
    title="Create content block",
    effect=Effect.UPSERT,
    toolset=Toolset.CONTENT,
    calls=("POST /v1/contentBlock/create",),
    default=False,
)
async def create_content_block(client: Client, asked: CreateBlock) -> WrittenBlock:
    """Make a content block for messages to use.

    It cannot be deleted. To change one use clevertap_update_content_block.

    Raises:
        OutcomeUnknownError: The answer was lost; it may exist.

    Reference: engagement 14.1
    """
    # A name is taken only once, so asking again would be refused as a mistake if the first time had worked.
    call = wire.post(CREATE, asked.model_dump(exclude_none=True), Effect.APPEND, read_bare)
    look = f"Look for {asked.name!r} with clevertap_list_content_blocks; made twice it is refused."
    with explaining(NAME_TAKEN):
        return written(await sent(client, call, look))


@action(
    title="Update content block",
    effect=Effect.UPSERT,
    toolset=Toolset.CONTENT,
    calls=("POST /v1/contentBlock/update",),
    default=False,
)
async def update_content_block(client: Client, asked: UpdateBlock) -> WrittenBlock:
    """Put another content into a content block; messages sent from then on show it.

    The old content is gone: keep what clevertap_get_content_block shows.

    Raises:
        OutcomeUnknownError: The answer was lost; it may have changed.

    Reference: engagement 14.1
    """
    call = wire.post(UPDATE, asked.model_dump(), Effect.UPSERT, read_bare)
    with explaining(NO_BLOCK):
        done = written(await sent(client, call, LOOK))
    return done if done.id is not None else WrittenBlock(id=asked.id, name=done.name)


def read_block(answer: Answer) -> JsonObject:
    """The content block of an answer.

    Raises:
        UnreadableAnswerError: There is none in it.
        CleverTapError: See `read_bare`.
    """
    block = within(read_bare(answer), "content")
    if "content" not in block:
        raise UnreadableAnswerError("CleverTap's answer does not hold a content block.")
    return block


def written(body: JsonObject) -> WrittenBlock:
    """What CleverTap says of a block that it has stored."""
    block = within(body, "id")
    return WrittenBlock(id=wire.natural(block.get("id")), name=text(block.get("name")))
