"""A raw request in words: what is known of its path, and what it carries, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clevertap_tools.effect import Effect
from clevertap_tools.words.campaign import bypassed
from clevertap_tools.words.content import content_lines, links
from clevertap_tools.words.lines import as_json, flat, line, listed, nested, quoted

LONGEST_BODY = 600
LONGEST_PIECE = 300
LONGEST_TYPE = 40
DOES = {
    Effect.READ: "which only reads",
    Effect.UPSERT: "which adds or changes something",
    Effect.APPEND: "which adds something, and once more when it is repeated",
    Effect.SEND: "which messages people, or lifts an opt-out so that messages get through",
    Effect.DESTROY: "which takes something away or overwrites it for good",
}
UNKNOWN = "which is not known here and may do anything"
MESSAGE = re.compile(
    r"/[0-9]+/(targets/create|send/(?P<channel>push|email|sms|webpush|whatsapp))\.json/?", re.IGNORECASE
)
"""Paths whose body is a message, in whatever spelling."""
HEADING = ("name", "target_mode", "when", "segment")
AUDIENCE = {"to": "To", "where": "Audience"}
CONTENT = "content"


def request_deed(method: str, path: str, effect: Effect, *, known: bool) -> str:
    """One sentence, such as: Call POST /1/targets/stop.json, which takes something away or overwrites it for good."""
    return f"Call {method} {line(path, LONGEST_PIECE)}, {DOES[effect] if known else UNKNOWN}."


def body_lines(path: str, body: object, raw: str | None = None, content_type: str | None = None) -> list[str]:
    """What a body says: of a message each part, of any other the first characters and what its parts are called."""
    if raw is not None:
        return pieces(f"Body of type {quoted(content_type, LONGEST_TYPE)}", raw)
    if body is None:
        return []
    message = MESSAGE.fullmatch(path)
    if message and isinstance(body, dict):
        return message_lines(body, str(message["channel"] or body.get("target_mode", "push")))
    text = as_json(body)
    return minded(body) + parts(body, len(text)) + pieces("Body", text)


def message_lines(body: Mapping[str, Any], channel: str) -> list[str]:
    """A message: what it is called and when it goes, for whom it is, what it says, and the rest."""
    heading = {key: body[key] for key in HEADING if key in body}
    audience = {label: body[key] for key, label in AUDIENCE.items() if key in body}
    rest = {key: value for key, value in body.items() if key not in {*HEADING, *AUDIENCE, CONTENT}}
    made = minded(body) + nested("Message", heading)
    for label, given in audience.items():
        made += [f"{label}: everybody"] if given == {} else pieces(label, as_json(given))
    made += content_lines(body.get(CONTENT, {}), channel.casefold())
    return made + nested("Also set", rest) + links([body.get(CONTENT), rest])


def minded(body: object) -> list[str]:
    """The protections that a body goes around, however far back it says so."""
    return listed("Mind", bypassed(body)) if isinstance(body, dict) else []


def parts(body: object, length: int) -> list[str]:
    """What the parts of a body are called that is too long to be shown."""
    names = [quoted(name) for name in body] if isinstance(body, dict) and length > LONGEST_BODY else []
    return listed("Parts of the body", names)


def pieces(label: str, text: str) -> list[str]:
    """The first characters of a text as lines of bounded length."""
    seen = flat(text)
    cuts = range(0, min(len(seen), LONGEST_BODY), LONGEST_PIECE)
    shown = [f"{label}{', continued' if cut else ''}: {seen[cut : cut + LONGEST_PIECE]}" for cut in cuts]
    more = len(seen) - LONGEST_BODY
    return [*shown, f"{label} goes on for {more:,} more characters"] if more > 0 else shown
