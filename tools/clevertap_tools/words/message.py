"""A message to named people in words: who gets it, what it says, which protections it does without."""

from __future__ import annotations

from clevertap_tools.message import Message
from clevertap_tools.words.campaign import CHANNELS, bypassed
from clevertap_tools.words.content import content_lines, links
from clevertap_tools.words.lines import line, listed, nested, people, who

SHARED = "An e-mail address that several profiles have may reach each of them"


def message_deed(asked: Message) -> str:
    """One sentence, such as: Send a message by web push to 1,200 people now."""
    copied = f", with copies to {people(len(asked.content.copies))}," if asked.content.copies else ""
    return f"Send a message by {CHANNELS[asked.channel]} to {people(len(asked.to.names))}{copied} now."


def message_details(asked: Message) -> tuple[str, ...]:
    """One line for each thing to know before a message goes out."""
    content = asked.content.sent(asked.channel)
    settings = asked.model_dump(exclude_none=True, include={"tag_group", "campaign_id", "provider_nick_name"})
    made = who(asked.to.names) + ([SHARED] if asked.to.email else [])
    made += listed("Mind", bypassed(asked.model_dump(include={"respect_frequency_caps"}) | asked.rare))
    made += content_lines(content, asked.channel)
    made += nested("Also set", settings | asked.rare) + links([content, asked.rare])
    return tuple(map(line, made))
