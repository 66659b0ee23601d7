"""What a message says, as far as a person needs to see it: the first lines of each text, and where it leads.

It is told from the content as CleverTap gets it, so that a typed campaign and a raw request are told alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from clevertap_tools.copies import LONGEST_ADDRESS, addresses
from clevertap_tools.spelling import loosely, spelt
from clevertap_tools.words.lines import MOST_NAMES, as_json, first, line, listed, nested, quoted

LONGEST_TEXT = 300
LONGEST_LINK = 60
MOST_CARDS = 3
MOST_LINKS = 5
UNSEEN = frozenset({"script", "style", "title"})
LABELS = {
    "message_type": "Kind of message",
    "msg": "Text",
    "template_name": "Template",
    "title": "Title",
    "subject": "Subject",
    "pre_header": "Line below the subject",
    "body": "Text",
    "amp_body": "Text for AMP mail",
}
"""The texts of all channels, in the order in which they are read; a free text may stand beside a template's name."""
OF_HTML = frozenset({"body", "amp_body"})
"""Keys that hold a page when they are mailed."""
SENDER = {
    "from_email": "address",
    "reply_to": "answers to",
    "sender_name": "from",
    "sender_id": "from",
}
COPIES = {"bcc": "Hidden copies to", "cc": "Copies to"}
PLATFORMS = "platform_specific"
LINK = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>\\]+", re.ASCII | re.IGNORECASE)


class VisibleText(HTMLParser):
    """Reads what a page shows of its text."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within: str | None = None
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        """Note where something begins that nobody sees."""
        if self._within is None and tag in UNSEEN:
            self._within = tag
            self.set_cdata_mode(tag)  # what stands in a title is no markup either, not even a comment

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take what ends at once for nothing: readers do not agree on whether it ends."""

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends."""
        if tag == self._within:
            self._within = None
            self._unseen.clear()

    def handle_data(self, data: str) -> None:
        """Note a text."""
        (self.texts if self._within is None else self._unseen).append(data)

    def close(self) -> None:
        """Take for seen what never ended: readers do not agree on it."""
        super().close()
        self.texts += [*self._unseen, self.rawdata]


def content_lines(content: object, channel: str) -> list[str]:
    """One line for each text of a message, in the order in which its reader meets them, and its particulars.

    Args:
        content: What CleverTap gets as `content`.
        channel: The `target_mode`, in small letters.
    """
    if isinstance(content, list):
        return cards(content)
    if not isinstance(content, Mapping):
        return [f"Content: {quoted(as_json(content), LONGEST_TEXT)}"]
    told = {key: value for key, value in content.items() if isinstance(value, str) and key in {*LABELS, *SENDER}}
    other = {key: value for key, value in content.items() if key not in told and loosely(key) not in COPIES}
    return [*texts(told, channel), *copied(content), *sender(told), *particulars(other)]


def texts(told: Mapping[str, str], channel: str) -> list[str]:
    """The texts that a content has."""
    given = {key: told.get(key) for key in LABELS}
    return [
        text_line(LABELS[key], text, html=channel == "email" and key in OF_HTML) for key, text in given.items() if text
    ]


def text_line(label: str, text: str, *, html: bool) -> str:
    """The first characters of a text; a page is shown without its tags."""
    if not html:
        return f"{label}: {quoted(text, LONGEST_TEXT)}"
    return f"{label}, without the tags of its HTML: {quoted(visible(text), LONGEST_TEXT)}"


def visible(page: str) -> str:
    """What an HTML page shows of its text."""
    reader = VisibleText()
    reader.feed(page)
    reader.close()
    return " ".join(reader.texts)


def copied(content: Mapping[str, Any]) -> list[str]:
    """Who gets copies, each address whole."""
    return [
        row
        for key, label in COPIES.items()
        for row in listed(label, [quoted(each, LONGEST_ADDRESS) for each in addresses(spelt(content, key))], MOST_NAMES)
    ]


def sender(told: Mapping[str, str]) -> list[str]:
    """Where answers go, and from whom it comes."""
    return listed("Sender", [f"{label} {quoted(told[key])}" for key, label in SENDER.items() if told.get(key)])


def particulars(content: Mapping[str, Any]) -> list[str]:
    """What is said to single platforms, and every other key."""
    platforms = content.get(PLATFORMS)
    if not isinstance(platforms, Mapping):
        return nested("Also", content)
    return nested("Platforms", platforms) + nested("Also", {key: content[key] for key in content if key != PLATFORMS})


def links(content: object) -> list[str]:
    """Where a message leads, whichever of its parts does."""
    shown = [line(each, LONGEST_LINK) for each in dict.fromkeys(LINK.findall(as_json(content)))]
    return [f"Links: {first(shown, MOST_LINKS)}"] if shown else []


def cards(given: list[Any]) -> list[str]:
    """The first cards of an inbox message."""
    shown = [row for number, card in enumerate(given[:MOST_CARDS], 1) for row in card_lines(number, card)]
    more = len(given) - MOST_CARDS
    return [*shown, f"And {more:,} more cards"] if more > 0 else shown


def card_lines(number: int, card: object) -> list[str]:
    """A card's title and message if they are where they belong, else the whole card."""
    parts = [card.get(key) for key in ("title", "message")] if isinstance(card, Mapping) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    said = [quoted(text, LONGEST_TEXT // 2) for text in texts if isinstance(text, str)]
    whole = [quoted(as_json(card), LONGEST_TEXT)]
    return listed(f"Card {number}", said or whole)
