"""A message to named people, as types, and as the JSON that CleverTap reads (reference: engagement 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.campaign import KEYS, Content, content_fault
from clevertap_tools.recipients import CAPITALISED, SendReceivers, lists, one
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.lines import Name

LONGEST_MESSAGE_ID = 8
NumberOrText = int | str


class MessageOptions(Arguments):
    """What few messages need; each goes out under its own name."""

    notification_sent: bool | None = None
    respect_communication_preference: bool | None = None
    message_id: Annotated[str | None, Field(min_length=1, max_length=LONGEST_MESSAGE_ID)] = None
    wzrk_cid: str | None = None
    badge_id: NumberOrText | None = None
    badge_icon: str | None = None
    mutable_content: Annotated[str | bool | None, Field(alias="mutable-content")] = None


OPTIONS = WithJsonSchema(
    {
        "type": "object",
        "description": "notification_sent, respect_communication_preference, message_id (WhatsApp may need it), "
        "wzrk_cid, badge_id, badge_icon, mutable-content",
    }
)


class Message(Arguments):
    """A message and everybody who gets it."""

    channel: Annotated[Literal["push", "email", "sms", "webpush", "whatsapp"], Field(description="Way")]
    to: Annotated[SendReceivers, Field(description="Up to 10,000 people, each once")]
    content: Annotated[Content, WithJsonSchema({"type": "object", "description": KEYS})]
    tag_group: Annotated[str | None, Field(min_length=1, description="Bundles figures")] = None
    campaign_id: Annotated[int | None, Field(ge=1, description="Count it under")] = None
    provider_nick_name: Annotated[str | None, Field(min_length=1, description="Required for whatsapp")] = None
    respect_frequency_caps: Annotated[bool | None, Field(description="Default true")] = None
    options: Annotated[MessageOptions | None, OPTIONS] = None

    @model_validator(mode="after")
    def _content_fits_channel(self) -> Message:
        fault = content_fault(self.channel, self.content, None, "channel")
        if fault:
            raise ValueError(fault)
        if self.channel == "whatsapp" and not self.provider_nick_name:
            raise ValueError("'provider_nick_name' is missing; it is required for channel=whatsapp")
        return self

    @property
    def record_count(self) -> int:
        """How many people it names."""
        return len(self.reached)

    @property
    def reached(self) -> list[Name]:
        """Everybody whom it is for, and who gets copies."""
        return self.to.names + self.content.copies

    @property
    def meaning(self) -> JsonObject:
        """The message and for whom it is, in whatever order and spelling they are named."""
        return super().meaning | {"to": sorted(map(one, self.to.names))}

    @property
    def rare(self) -> JsonObject:
        """The options as CleverTap reads them."""
        return self.options.model_dump(exclude_none=True, by_alias=True) if self.options else {}

    def sent(self, names: Sequence[Name]) -> JsonObject:
        """The message to some of the people, as CleverTap reads it; what was left out stays left out."""
        settings = self.model_dump(exclude_none=True, exclude={"channel", "to", "content", "options"})
        content = self.content.sent(self.channel)
        return {"to": lists(names, CAPITALISED), **settings, **self.rare, "content": content}
