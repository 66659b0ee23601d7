"""Which events and user properties there are (reference: data 10.4)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema

from clevertap_tools.action import Arguments, Listing, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.schema import KINDS, Kind, entries
from clevertap_tools.spelling import loosely


class GetSchema(Arguments):
    """Which names."""

    type: Annotated[Kind | None, Field(description="Default: both")] = None
    contains: Annotated[str | None, Field(min_length=1, max_length=512, description="In the name")] = None


class ProjectSchema(Listing):
    """Events and user properties with what CleverTap says of each."""

    rows: ClassVar[str] = "names"

    names: Annotated[list[dict[str, Any]], WithJsonSchema({"type": "array", "items": {"type": "object"}})]

    @property
    def theirs(self) -> frozenset[str]:
        """The names: whoever sends events makes them."""
        return frozenset({"names"})


@action(
    title="Get schema",
    effect=Effect.READ,
    toolset=Toolset.INSIGHTS,
    calls=("GET /getSchema",),
)
async def get_schema(client: Client, asked: GetSchema) -> ProjectSchema:
    """List the names of events and user properties, up to 5 minutes old.

    Reference: data 10.4
    """
    wanted = loosely(asked.contains or "")
    found = [
        {"type": kind} | entry
        for kind in (KINDS if asked.type is None else (asked.type,))
        for entry in await entries(client, kind)
        if wanted in loosely(entry["name"])
    ]
    return ProjectSchema(names=found)
