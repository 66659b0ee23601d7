"""Questions about one event that are answered in labelled groups: trends and top values (reference: data 8.4, 8.5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from clevertap_tools.action import Arguments
from clevertap_tools.client import Client
from clevertap_tools.errors import InvalidRequestError, NotReadyError, UnreadableAnswerError
from clevertap_tools.moments import Day, ProjectTime, plain_day
from clevertap_tools.nearest import with_nearest_event
from clevertap_tools.polling import settled
from clevertap_tools.query import EventName, span
from clevertap_tools.wire import JsonObject

TAKEN_LABELS = frozenset({"status", "error", "code", "req_id"})
"""Keys of CleverTap's own that stand beside the labels in an answer."""

Label = Annotated[str | None, Field(min_length=1, max_length=512)]
Rows = Annotated[list[dict[str, Any]], WithJsonSchema({"type": "array", "items": {"type": "object"}})]


def in_words(words: str) -> WithJsonSchema:
    """A list of objects that is published in words: that takes a model half the room of their schema."""
    return WithJsonSchema({"type": "array", "items": {"type": "object"}, "description": words})


class Grouped(Arguments):
    """One event on some days, told in labelled groups.

    The groups of an answer mean nothing without the question, so whoever asks again repeats it beside the `req_id`.
    """

    event_name: Annotated[EventName, Field(description="Event")]
    from_: Annotated[Day, Field(alias="from", description="YYYY-MM-DD, today or -7d")]
    to: Annotated[Day, Field(description="Inclusive")]
    req_id: Annotated[
        str | None,
        Field(pattern=r"^\d{1,20}$", description="To ask again; repeat the rest"),
        WithJsonSchema({"type": "string"}),
    ] = None

    def base(self, time: ProjectTime) -> JsonObject:
        """The event and its days as CleverTap reads them.

        Raises:
            InvalidArgumentsError: `from` is after `to`, or a relative day without a known zone.
        """
        return {"event_name": self.event_name, **span(self.from_, self.to, time, "")}


def days_of(query: JsonObject) -> tuple[date, date]:
    """The first and the last day of a query that CleverTap can read."""
    first, last = (plain_day(str(query[end]).zfill(len("YYYYMMDD"))) for end in ("from", "to"))
    return first, last


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels under which a group would be lost.

    Raises:
        ValueError: Two are alike, or one is CleverTap's own.
    """
    if len(set(labels)) < len(labels):
        raise ValueError("'groups' has two groups of one label; give each its own 'label'")
    taken = TAKEN_LABELS.intersection(labels)
    if taken:
        raise ValueError(f"'groups' cannot have the label {min(taken)!r}, it is CleverTap's own; give another")


async def answered(client: Client, path: str, asked: Grouped, query: JsonObject) -> JsonObject:
    """The finished answer; an error says how to go on from here.

    Raises:
        NotReadyError: The deadline passed first; carries the `req_id`.
        InvalidRequestError: CleverTap refused; names the nearest event where it does not know one.
    """
    try:
        return await settled(client, path, lambda: query, asked.req_id)
    except NotReadyError as error:
        error.next = f"Call again in a minute with the same arguments and req_id={error.req_id!r}."
        raise
    except InvalidRequestError as error:
        raise await with_nearest_event(client, error, asked.event_name) from None


def groups_of(body: JsonObject, labels: Collection[str]) -> dict[str, JsonObject]:
    """What an answer says under each label, as far as it does.

    Raises:
        UnreadableAnswerError: It says nothing under any.
    """
    told = {label: inner for label in labels if isinstance(inner := body.get(label), dict)}
    if not told:
        raise UnreadableAnswerError("CleverTap's answer holds none of the groups.")
    return told


def left_out(labels: Collection[str], told: Collection[str]) -> str | None:
    """The sentence about groups that CleverTap does not tell, if there are any."""
    missing = [label for label in labels if label not in told]
    return f"CleverTap's answer leaves out: {', '.join(missing)}." if missing else None
