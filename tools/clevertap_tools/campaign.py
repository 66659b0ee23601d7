"""A campaign to create, as types, and as the JSON that CleverTap reads (reference: engagement 3)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.copies import KINDS, Copy
from clevertap_tools.moments import ProjectTime, plain_day
from clevertap_tools.query import PeopleQuery
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.lines import Name

Channel = Literal["push", "email", "sms", "webpush", "whatsapp", "webhook", "notificationinbox"]
Free = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
LEAST_CAP = 100
"""CleverTap refuses caps on reach below this."""
Cap = Annotated[int, Field(ge=LEAST_CAP)]
MOMENT = re.compile(r"(\d{4}-?\d{2}-?\d{2})[ T](\d{2}:\d{2})", re.ASCII)


def checked_when(text: str) -> str:
    """`now`, or a local moment as CleverTap reads it (`YYYYMMDD HH:MM`).

    Raises:
        ValueError: It is neither.
    """
    return text if text == "now" else checked_moment(text)


def checked_moment(text: str) -> str:
    """`YYYY-MM-DD HH:MM` or CleverTap's `YYYYMMDD HH:MM`, as CleverTap reads it.

    Raises:
        ValueError: It has another form, or there is no such moment.
    """
    found = MOMENT.fullmatch(text)
    if not found:
        raise ValueError("must be a moment like '2026-11-05 18:30', in project time")
    day = plain_day(found[1])
    try:
        datetime.strptime(found[2], "%H:%M")  # noqa: DTZ007 - only checks the clock
    except ValueError:
        raise ValueError("has no such time of day; hours go to 23, minutes to 59") from None
    return f"{day:%Y%m%d} {found[2]}"


def compact_day(text: str) -> str:
    """A day as CleverTap reads it (`YYYYMMDD`)."""
    return f"{plain_day(text):%Y%m%d}"


When = Annotated[str, AfterValidator(checked_when), WithJsonSchema({"type": "string"})]
Moment = Annotated[str, AfterValidator(checked_moment), WithJsonSchema({"type": "string"})]
EndDay = Annotated[str, AfterValidator(compact_day), WithJsonSchema({"type": "string"})]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Whole = Annotated[int, Field(ge=1)]
Weekday = Annotated[int, Field(ge=1, le=7)]


def named(model: type[Arguments], told: str) -> WithJsonSchema:
    """Publish an object by the names of its fields only; what they take is checked all the same."""
    return WithJsonSchema({"type": "object", "description": f"{told}. Keys: {', '.join(model.model_fields)}"})


class Schedule(Arguments):
    """A start that is more than one moment (CleverTap's object form of `when`)."""

    type: Literal["now", "later", "recurring"]
    delivery_date_time: list[Moment] | None = None
    delivery_timezone: Literal["user", "account"] | None = None
    user_timezone_wrap_around: bool | None = None
    campaign_cutoff: Clock | None = None
    start_time: Moment | None = None
    repeats_every: Whole | None = None
    repeat_type: Literal["day", "week"] | None = None
    repeat_on_days_of_week: list[Weekday] | None = None
    end_by_date: EndDay | None = None
    end_by_occurrences: Whole | None = None


class Content(Arguments):
    """What is said, with the keys of the channel."""

    title: str | None = None
    body: str | None = None
    subject: str | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    from_email: str | None = None
    cc: Copy | None = None
    bcc: Copy | None = None
    pre_header: str | None = None
    amp_body: str | None = None
    sender_id: str | None = None
    unicode: bool | None = None
    message_info: Free | None = None
    replacements: Free | None = None
    platform_specific: Free | None = None
    whatsapp: Free | None = None
    cards: list[Free] | None = None

    @property
    def copies(self) -> list[Name]:
        """Who gets it besides those it is for."""
        return [(kind, address) for key, kind in KINDS.items() if (address := getattr(self, key))]

    def sent(self, channel: Channel) -> JsonObject | list[Any]:
        """The content as CleverTap reads it: WhatsApp's fields lie flat, App Inbox takes the list of cards."""
        if channel == "notificationinbox" and self.cards is not None:
            return self.cards
        flat = self.model_dump(exclude_none=True, exclude={"whatsapp", "cards"})
        return flat | (self.whatsapp or {})


KEYS = (
    "push, webpush: title, body, platform_specific; email: subject, body, sender_name, "
    "reply_to, from_email, cc, bcc, pre_header, amp_body; sms: body, sender_id, message_info, unicode; "
    "whatsapp: whatsapp {message_type, template_name, locale, header, body, buttons}"
)
CARDS = "notificationinbox: cards [{title: {text}, message: {text}}]"
CONTENT = WithJsonSchema({"type": "object", "description": f"{KEYS}; {CARDS}"})


class Ttl(Arguments):
    """How long a push may wait for its device."""

    ttl_type: Literal["relative", "absolute"]
    value: Whole


class ControlGroup(Arguments):
    """Who is held out."""

    type: Literal["campaign", "custom"]
    percentage: Annotated[float | None, Field(ge=0, le=100)] = None
    name: str | None = None


class Options(Arguments):
    """What few campaigns need; each goes out under its own name."""

    provider_group_nickname: str | None = None
    respect_throttle: bool | None = None
    users_limit_per_run: Cap | None = None
    upper_cap_for_target_segment: Cap | None = None
    system_control_group_include: bool | None = None
    send_email_to_opted_out_users: bool | None = None
    notification_sent: bool | None = None
    wzrk_bc: int | None = None
    wzrk_bi: str | None = None
    wzrk_acts: str | None = None
    pa_webhook_name: str | None = None
    tags: list[str] | None = None


class Campaign(Arguments):
    """A campaign to create, or one whose reach is to be estimated."""

    name: Annotated[str, Field(min_length=1, description="Dashboard name")]
    target_mode: Annotated[Channel, Field(description="Channel")]
    where: Annotated[
        PeopleQuery | None, Field(description="Audience, as in clevertap_get_profile_count; {}: everybody")
    ] = None
    segment: Annotated[int | None, Field(description="Segment id instead of where")] = None
    when: Annotated[When | None, Field(description="now, or YYYY-MM-DD HH:MM in project time")] = None
    schedule: Annotated[Schedule | None, named(Schedule, "Instead of when. type: now, later, recurring")] = None
    content: Annotated[Content | None, CONTENT] = None
    devices: Annotated[list[Literal["android", "ios", "windows"]] | None, Field(description="For push")] = None
    wzrk_cid: Annotated[str | None, Field(description="Channel; Android push needs it")] = None
    estimate_only: Annotated[bool, Field(description="Tell the reach, create nothing")] = False
    provider_nick_name: Annotated[str | None, Field(description="Required for whatsapp")] = None
    labels: Annotated[list[str] | None, Field(description="For reports")] = None
    ttl: Annotated[Ttl | None, Field(description="relative: minutes; absolute: yyyyMMddHHmm")] = None
    respect_frequency_caps: Annotated[bool | None, Field(description="Default true")] = None
    subscription_groups: Annotated[list[str] | None, Field(description="For email")] = None
    webhook_endpoint_name: Annotated[str | None, Field(description="For webhook")] = None
    webhook_fields: Annotated[
        list[Literal["profile-attributes", "tokens", "identities"]] | None, Field(description="For webhook")
    ] = None
    webhook_key_value: Annotated[Free | None, Field(description="For webhook")] = None
    template_type: Annotated[
        Literal["simple", "carousel", "carousel-image", "message-icon"] | None, Field(description="For inbox")
    ] = None
    orientation: Annotated[Literal["p", "l"] | None, Field(description="For inbox")] = None
    time_to_live: Annotated[Whole | None, Field(description="For inbox")] = None
    skip_estimate: Annotated[bool | None, Field(description="Tell no reach")] = None
    draft: Annotated[bool | None, Field(description="Only save")] = None
    send_to_all_devices: Annotated[bool | None, Field(description="Not only the latest")] = None
    users_limit_overall: Annotated[Cap | None, Field(description="People at most")] = None
    control_group: Annotated[ControlGroup | None, named(ControlGroup, "Held out. type: campaign, custom")] = None
    conversion_goal: Annotated[Free | None, Field(description="event_name, filter_type {}, conversion_time 1D")] = None
    dnd: Annotated[Free | None, Field(description="message_state, dnd_timezone, dnd_info")] = None
    options: Annotated[Options | None, named(Options, "Rarely needed")] = None

    @model_validator(mode="after")
    def _audience_and_time(self) -> Campaign:
        if (self.where is None) == (self.segment is None):
            raise ValueError("give either 'where' or 'segment'; where={} means everybody")
        if self.when is not None and self.schedule is not None:
            raise ValueError("give either 'when' or 'schedule', not both")
        if self.when is None and self.schedule is None and not self.estimate_only:
            raise ValueError("'when' is missing: now, or YYYY-MM-DD HH:MM in project time")
        if self.skip_estimate and self.estimate_only:
            raise ValueError("'skip_estimate' and 'estimate_only' contradict each other")
        return self

    @model_validator(mode="after")
    def _content_fits_channel(self) -> Campaign:
        fault = content_fault(self.target_mode, self.content, self.webhook_endpoint_name)
        if fault:
            raise ValueError(fault)
        return self

    @property
    def copies(self) -> list[Name]:
        """Who gets it besides the audience."""
        return self.content.copies if self.content else []

    @property
    def recurs(self) -> bool:
        """Whether it has more than one run, each with an audience of its own."""
        return self.schedule is not None and self.schedule.type == "recurring"

    def sent(self, time: ProjectTime) -> JsonObject:
        """The campaign as CleverTap reads it; what was left out stays left out.

        Raises:
            InvalidArgumentsError: A day of `where` means nothing.
        """
        apart = {"where", "when", "schedule", "content", "estimate_only", "options"}
        rare = self.options.model_dump(exclude_none=True) if self.options else {}
        made = self.model_dump(exclude_none=True, exclude=apart) | rare
        if self.where is not None:
            made["where"] = self.where.cql(time, "where.")
        made["when"] = self._start()
        made["content"] = self.content.sent(self.target_mode) if self.content else {}
        if self.estimate_only:
            made.pop("draft", None)  # an estimate saves nothing, and must not be told to
            made["estimate_only"] = True
        return made

    def _start(self) -> str | JsonObject:
        """When it starts; an estimate starts nothing, but CleverTap asks for the field all the same."""
        return self.schedule.model_dump(exclude_none=True) if self.schedule else self.when or "now"


REQUIRED: dict[str, tuple[str, ...]] = {
    "push": ("title", "body"),
    "webpush": ("title", "body"),
    "email": ("subject", "body", "sender_name"),
    "sms": ("body",),
    "whatsapp": ("whatsapp",),
    "notificationinbox": ("cards",),
    "webhook": (),
}
"""The keys of `content` that each channel cannot do without (reference: engagement 3.5)."""
ONLY_IN = {"whatsapp": "whatsapp", "cards": "notificationinbox", "cc": "email", "bcc": "email"}


REFUSED_FIELD = re.compile(r"\bField (\w+) is ([^\n]*)")
"""How CleverTap refuses a campaign or a message for one of its fields (reference: engagement 3.7)."""


def refused_field(words: str) -> str | None:
    """The field that CleverTap's refusal is about, if it says so."""
    found = REFUSED_FIELD.search(words)
    return None if found is None else f"content.{found[1]}" if "inside content" in found[2] else found[1]


def content_fault(
    channel: Channel, content: Content | None, webhook: str | None, named: str = "target_mode"
) -> str | None:
    """What is missing for a channel, or does not belong to it; None if all is well.

    Args:
        channel: The channel.
        content: What is said.
        webhook: The name of the webhook, if one was given.
        named: The argument that chose the channel.
    """
    given = content.model_dump(exclude_none=True) if content else {}
    missing = [key for key in REQUIRED[channel] if not given.get(key)]
    if missing:
        return f"'content' needs {' and '.join(missing)} for {named}={channel}"
    foreign = [key for key, only in ONLY_IN.items() if key in given and channel != only]
    if foreign:
        return f"'content.{foreign[0]}' belongs to {named}={ONLY_IN[foreign[0]]} only"
    if channel == "webhook" and not webhook:
        return "'webhook_endpoint_name' is missing; it is required for target_mode=webhook"
    return None
