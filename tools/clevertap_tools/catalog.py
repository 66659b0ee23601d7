"""Catalogs of version 2 as types, and the calls that read and write them (reference: engagement 13.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result
from clevertap_tools.bare import TAKEN, UNKNOWN, Fault, explaining, read_bare, within
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import ConfigurationError, InvalidArgumentsError, UnreadableAnswerError
from clevertap_tools.moments import ProjectTime
from clevertap_tools.wire import Answer, Call, JsonObject, T

CATALOGS = "/v2/catalogs"
REPEATED = ("catalogName", "description", "status", "catalogSchema", "fieldMappings", "recurringSyncConfig")
"""All of a catalog that an update has to repeat, because it loses what it does not."""
SETTABLE = ("ACTIVE", "INACTIVE")
TIMES = ("createdAt", "updatedAt")

NAME_TAKEN = Fault(TAKEN, "catalogName", "Choose another catalogName; clevertap_list_catalogs shows those in use.")
NO_CATALOG = Fault(UNKNOWN, "id", "Take the id from clevertap_list_catalogs.")

CatalogNumber = Annotated[int, Field(ge=1, description="Catalog id")]


class Attribute(Arguments):
    """One column of a catalog beside identity, name and image."""

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
        setting = client.account.setting("account_token")
        raise ConfigurationError(
            f"CleverTap's catalogs ask for the account token, and {setting} is not set.",
            next_step=f"Have the operator set {setting}; it stands in the dashboard beside the project id.",
        )
    return replace(call, with_token=True)


def put(path: str, body: object, effect: Effect, query: str = "") -> Call[JsonObject]:
    """A PUT; without a body if there is none."""
    return Call("PUT", path, effect, read_bare, query=query, body=b"" if body is None else wire.dump(body))


async def read_catalog(client: Client, number: int) -> JsonObject:
    """A catalog as CleverTap has it.

    Raises:
        ConfigurationError: There is no account token.
        InvalidRequestError: There is no such catalog.
    """
    with explaining(NO_CATALOG):
        return await client.send(with_token(client, wire.get(f"{CATALOGS}/{number}", read_one)))


def read_one(answer: Answer) -> JsonObject:
    """The catalog of an answer.

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
        InvalidArgumentsError: The catalog is like that already.
        UnreadableAnswerError: CleverTap does not tell the columns, so an update would lose them, or tells what nobody
            can send.
    """
    check_changes(current, changes)
    kept = {name: current[name] for name in REPEATED if current.get(name) is not None}
    if kept.get("status") not in SETTABLE:
        kept.pop("status", None)
    body = kept | dict(changes)
    odd = [name for name in kept if not is_writable(body[name])]
    if odd:
        raise UnreadableAnswerError(
            f"CleverTap has half a character or no proper number in the {', '.join(odd)} of this catalog, so it cannot "
            "be sent again. Nothing was changed.",
            next_step=f"Give {', '.join(odd)} in the call, or have it corrected in the dashboard.",
        )
    if "catalogSchema" not in body:
        raise UnreadableAnswerError(
            "CleverTap does not tell the schema of this catalog, and an update would lose it. Nothing was changed.",
            next_step="Repeat the whole catalogSchema in the call.",
        )
    return body


def check_changes(current: JsonObject, changes: Mapping[str, Any]) -> None:
    """Refuse changes after which a catalog is as before.

    Raises:
        InvalidArgumentsError: They are such.
    """
    same = [name for name, value in changes.items() if name != "updatedBy" and current.get(name) == value]
    if len(same) == len(changes.keys() - {"updatedBy"}):
        raise InvalidArgumentsError.of(
            same[0], f"There is nothing to change: the catalog has this {', '.join(same)} already"
        )


def is_writable(value: object) -> bool:
    """Whether JSON can be made of a value that was read as JSON."""
    try:
        wire.dump(value)
    except ValueError:
        return False
    return True


def with_times(catalog: JsonObject, time: ProjectTime) -> JsonObject:
    """A catalog with its times as ISO 8601."""
    return catalog | {name: seen for name in TIMES if (seen := time.seen(catalog.get(name)))}
