"""What a campaign says, as far as a person needs to see it: the first lines of each text, and where it leads."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from clevertap_tools import wire
from clevertap_tools.campaign import Campaign, Content
from clevertap_tools.in_words import first, line, quoted

LONGEST_TEXT = 300
MOST_CARDS = 3
MOST_LINKS = 5
UNSEEN = frozenset({"script", "style"})
LABELS = {
    "title": "Title",
    "subject": "Subject",
    "pre_header": "Line below the subject",
    "body": "Text",
    "amp_body": "Text for AMP mail",
}
OF_HTML = frozenset({"body", "amp_body"})
"""Keys that hold a page when they are mailed."""
LINK = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>\\]+", re.ASCII | re.IGNORECASE)


class Page(HTMLParser):
    """Reads the text of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._seen = True

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        """Note where a script or a style begins, which nobody sees."""
        self._seen = tag not in UNSEEN

    def handle_endtag(self, _tag: str) -> None:
        """Note where it ends."""
        self._seen = True

    def handle_data(self, data: str) -> None:
        """Note a text that is seen."""
        if self._seen:
            self.texts.append(data)


def content_lines(asked: Campaign) -> list[str]:
    """One line for each text of a campaign, in the order in which its reader meets them, and where it leads."""
    content = asked.content or Content()
    made = texts(content, mailed=asked.target_mode == "email")
    made += sender(content)
    made += template(content.whatsapp or {})
    made += cards(content.cards or [])
    made += webhook(asked)
    return [*made, *extras(content), *links(asked)]


def texts(content: Content, *, mailed: bool) -> list[str]:
    """The texts that a content has."""
    given = {key: getattr(content, key) for key in LABELS}
    return [text_line(LABELS[key], text, html=mailed and key in OF_HTML) for key, text in given.items() if text]


def text_line(label: str, text: str, *, html: bool) -> str:
    """The first characters of a text; a page is shown without its tags."""
    if not html:
        return f"{label}: {quoted(text, LONGEST_TEXT)}"
    page = Page()
    page.feed(text)
    page.close()
    return f"{label}, without the tags of its HTML: {quoted(' '.join(page.texts), LONGEST_TEXT)}"


def links(asked: Campaign) -> list[str]:
    """Where a campaign leads, whichever of its parts does."""
    options = asked.options.model_dump(exclude_none=True) if asked.options else {}
    content = asked.content.model_dump(exclude_none=True) if asked.content else {}
    found = dict.fromkeys(LINK.findall(wire.dump([content, options]).decode()))
    shown = [line(each, LONGEST_TEXT // MOST_LINKS) for each in found]
    return [f"Links: {first(shown, MOST_LINKS)}"] if shown else []


def sender(content: Content) -> list[str]:
    """From whom it comes, where answers go, and who gets copies."""
    named = {
        "from": content.sender_name or content.sender_id,
        "address": content.from_email,
        "answers to": content.reply_to,
        "copies to": content.cc,
        "hidden copies to": content.bcc,
    }
    parts = [f"{label} {quoted(value)}" for label, value in named.items() if value]
    return [f"Sender: {', '.join(parts)}"] if parts else []


def template(whatsapp: dict[str, Any]) -> list[str]:
    """The template of a WhatsApp message with what fills it, or its free text."""
    if not whatsapp:
        return []
    named = whatsapp.get("template_name") or whatsapp.get("message_type") or "?"
    rest = {key: value for key, value in whatsapp.items() if key not in ("template_name", "message_type")}
    return [f"WhatsApp template: {quoted(named)}", f"Filled with: {as_json(rest)}"]


def cards(given: list[dict[str, Any]]) -> list[str]:
    """The first cards of an inbox message."""
    shown = [f"Card {number}: {card_text(card)}" for number, card in enumerate(given[:MOST_CARDS], 1)]
    more = len(given) - MOST_CARDS
    return [*shown, f"And {more} more cards"] if more > 0 else shown


def card_text(card: dict[str, Any]) -> str:
    """A card's title and message if they are where they belong, else the whole card."""
    parts = [card.get(key) for key in ("title", "message")]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    said = [quoted(text, LONGEST_TEXT // 2) for text in texts if isinstance(text, str)]
    return ", ".join(said) if said else as_json(card)


def webhook(asked: Campaign) -> list[str]:
    """Where a webhook campaign sends what it knows of people."""
    if not asked.webhook_endpoint_name:
        return []
    fields = ", ".join(asked.webhook_fields or ()) or "nothing of its own"
    return [f"Webhook: {quoted(asked.webhook_endpoint_name)} is told {fields}"]


def extras(content: Content) -> list[str]:
    """What is said to single platforms only: pictures, links, sounds."""
    given = {"platforms": content.platform_specific, "replacements": content.replacements, "sms": content.message_info}
    return [f"For {name}: {as_json(value)}" for name, value in given.items() if value]


def as_json(value: object) -> str:
    """A free object as one line."""
    return line(wire.dump(value).decode(), LONGEST_TEXT)
