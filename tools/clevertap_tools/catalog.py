"""Catalogues of version 2 as types, and the calls that read and write them (reference: engagement 13.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result
from clevertap_tools.bare import read_bare, within
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import ConfigurationError, UnreadableAnswerError
from clevertap_tools.wire import Answer, Call, JsonObject, T

CATALOGS = "/v2/catalogs"
NO_TOKEN = "CleverTap's catalogues ask for the account token, and CLEVERTAP_ACCOUNT_TOKEN is not set."  # noqa: S105 - says that there is none
SET_TOKEN = "Have the operator set CLEVERTAP_ACCOUNT_TOKEN; it stands in the dashboard beside the project id."  # noqa: S105 - says where it is
REPEATED = ("catalogName", "description", "status", "catalogSchema", "fieldMappings", "recurringSyncConfig")
"""All of a catalogue that an update has to repeat, because it loses what it does not."""
SETTABLE = ("ACTIVE", "INACTIVE")

CatalogNumber = Annotated[int, Field(ge=1, description="Catalog id")]


class Attribute(Arguments):
    """One column of a catalogue beside identity, name and image."""

    name: Annotated[str, Field(min_length=1)]
    type: Literal["string", "number", "boolean"]
    filterable: bool | None = None


class Deleted(Result):
    """It is deleted."""

    deleted: bool = True


Schema = Annotated[list[Attribute], Field(min_length=1)]
Mappings = Annotated[dict[str, str], Field(description="{source: attribute}")]


def with_token(client: Client, call: Call[T]) -> Call[T]:
    """A call with both pairs of credentials: nobody is sure which one CleverTap checks (reference: engagement 13.2).

    Raises:
        ConfigurationError: There is no account token.
    """
    if client.account.token is None:
        raise ConfigurationError(NO_TOKEN, next_step=SET_TOKEN)
    return replace(call, with_token=True)


def put(path: str, body: object, effect: Effect, query: str = "") -> Call[JsonObject]:
    """A PUT; without a body if there is none."""
    return Call("PUT", path, effect, read_bare, query=query, body=b"" if body is None else wire.dump(body))


async def read_catalog(client: Client, number: int) -> JsonObject:
    """A catalogue as CleverTap has it.

    Raises:
        ConfigurationError: There is no account token.
        InvalidRequestError: There is no such catalogue.
    """
    return await client.send(with_token(client, wire.get(f"{CATALOGS}/{number}", read_one)))


def read_one(answer: Answer) -> JsonObject:
    """The catalogue of an answer.

    Raises:
        UnreadableAnswerError: There is none in it.
        CleverTapError: See `read_bare`.
    """
    catalog = within(read_bare(answer), "catalogName")
    if "catalogName" not in catalog:
        raise UnreadableAnswerError("CleverTap's answer does not hold a catalog.")
    return catalog


def updated(current: JsonObject, changes: Mapping[str, Any]) -> JsonObject:
    """The body of an update: the changes, and all else as it is.

    Raises:
        UnreadableAnswerError: CleverTap does not tell the columns, so an update would lose them.
    """
    kept = {name: current[name] for name in REPEATED if current.get(name) is not None}
    if kept.get("status") not in SETTABLE:
        kept.pop("status", None)
    body = kept | dict(changes)
    if "catalogSchema" not in body:
        raise UnreadableAnswerError(
            "CleverTap does not tell the schema of this catalog, and an update would lose it. Nothing was changed.",
            next_step="Repeat the whole catalogSchema in the call.",
        )
    return body
