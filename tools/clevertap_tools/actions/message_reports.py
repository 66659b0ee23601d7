"""How messages did, over all channels and makers (reference: data 8.6, engagement 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema

from clevertap_tools.action import Arguments, Listing, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError, IncompleteError, InvalidArgumentsError
from clevertap_tools.moments import Day, ProjectTime, plain_day
from clevertap_tools.query import span
from clevertap_tools.reports.message_report import by_channel, identity, read_message
from clevertap_tools.reports.message_slices import Slice, read_slices, slices, spans
from clevertap_tools.wire import JsonObject

LONGEST_RANGE = 366
"""Days of one call; each fortnight is a request."""
CHANNELS = (
    "push",
    "email",
    "sms",
    "whatsapp",
    "browser",
    "inapp",
    "inbox",
    "web_inbox",
    "web_pop_up",
    "web_exit_intent",
    "web_native_display",
    "nativedisplay",
    "webhooks",
    "audiences",
    "tiktok",
)
MOST_REASONS = 3
DELIVERIES = ("one_time", "multiple_dates", "inaction", "action", "recurring", "property_time", "api")
STATUSES = ("scheduled", "running", "stopped", "completed")
MESSAGE_TYPES = ("single", "ab", "message_on_user_property")
FILTERS = ("channel", "delivery", "status", "message_type", "label", "daily")


def one_of(known: Sequence[str]) -> AfterValidator:
    """A check for known words; not all of them are published, but a refusal names all."""

    def checked(word: str) -> str:
        if word not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return word

    return AfterValidator(checked)


class GetMessageReports(Arguments):
    """Which messages: those that began on some days and pass the filters."""

    from_: Annotated[Day, Field(alias="from", description="YYYY-MM-DD, today or -7d")]
    to: Annotated[Day, Field(description="Inclusive")]
    channel: Annotated[
        list[Annotated[str, one_of(CHANNELS)]] | None,
        Field(description="push, email, sms, whatsapp, browser (web push), inapp, ..."),
    ] = None
    delivery: Annotated[
        list[Annotated[str, one_of(DELIVERIES)]] | None,
        Field(description="one_time, recurring, action, api, ..."),
    ] = None
    status: Annotated[list[Annotated[str, one_of(STATUSES)]] | None, Field(description="completed, ...")] = None
    message_type: Annotated[
        list[Annotated[str, one_of(MESSAGE_TYPES)]] | None, Field(description="single, ab, ...")
    ] = None
    label: Annotated[list[str] | None, Field(description="Any of")] = None
    daily: Annotated[bool | None, Field(description="Figures per day")] = None

    @property
    def filters(self) -> JsonObject:
        """The filters as CleverTap reads them; what was left out stays left out."""
        return {name: value for name in FILTERS if (value := getattr(self, name)) is not None}


class MessageReports(Listing):
    """The messages of a range, and the days that could not be read."""

    rows: ClassVar[str] = "messages"

    totals: dict[str, Any] | None = None
    """By channel."""
    messages: Annotated[list[dict[str, Any]], WithJsonSchema({"type": "array", "items": {"type": "object"}})]
    missing: list[str] | None = Field(default=None, description="Days not read")
    why: Annotated[str, Field(exclude=True)] = ""
    """What stood in the way of the missing days."""

    @property
    def theirs(self) -> frozenset[str]:
        """The messages, and the channels that they name."""
        return frozenset({"messages", "totals"})

    @property
    def failure(self) -> CleverTapError | None:
        """Some days could not be read."""
        if not self.missing:
            return None
        days = ", ".join(self.missing)
        return IncompleteError(
            f"Of {days} nothing could be read: {self.why}",
            changed="no",
            next_step=f"Ask again for {days}; the others are complete.",
        )


@action(
    title="Get message reports",
    effect=Effect.READ,
    toolset=Toolset.INSIGHTS,
    calls=("POST /1/message/report.json",),
)
async def get_message_reports(client: Client, asked: GetMessageReports) -> MessageReports:
    """Report how messages begun in a range did, dashboard ones too; those of clevertap_send_message may be missing.

    Tells sent, viewed, clicked, rates (of sent). For one campaign use clevertap_get_campaign_report.

    Raises:
        InvalidArgumentsError: More than a year, or days that mean nothing.
        CleverTapError: Nothing at all could be read.

    Reference: data 8.6
    """
    time = ProjectTime.of(client.account, client.clock())
    parts = asked_days(asked, time)
    await read_slices(client, parts, asked.filters)
    failed = [part for part in parts if part.error is not None]
    if failed and len(failed) == len(parts):
        assert failed[0].error is not None
        raise failed[0].error
    told = [read_message(said, time) for said in distinct(parts)]
    return MessageReports(
        totals=by_channel(told) or None,
        messages=told,
        missing=spans(failed) or None,
        why=" ".join(islice(dict.fromkeys(part.error.message for part in failed if part.error), MOST_REASONS)),
    )


def asked_days(asked: GetMessageReports, time: ProjectTime) -> list[Slice]:
    """The range in fortnights.

    Raises:
        InvalidArgumentsError: More than a year, or days that mean nothing.
    """
    days = span(asked.from_, asked.to, time, "")
    first, last = (plain_day(str(days[end]).zfill(8)) for end in ("from", "to"))
    if (last - first).days >= LONGEST_RANGE:
        raise InvalidArgumentsError.of(
            "from", f"'from' to 'to' is more than a year ({first} to {last}); ask for one year at a time"
        )
    return slices(first, last)


def distinct(parts: Iterable[Slice]) -> list[JsonObject]:
    """All messages in order, each once; a message without an id is itself."""
    found: dict[object, JsonObject] = {}
    for part in parts:
        for message in part.messages or ():
            found.setdefault(identity(message), message)
    return list(found.values())
