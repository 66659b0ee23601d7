"""A raw request in words: what is known of its path, and the first characters of what it carries."""

from __future__ import annotations

from clevertap_tools import wire
from clevertap_tools.campaign_in_words import bypassed
from clevertap_tools.effect import Effect
from clevertap_tools.in_words import first, line

LONGEST_BODY = 600
LONGEST_PIECE = 300
LONGEST_NAME = 30
DOES = {
    Effect.READ: "which only reads",
    Effect.UPSERT: "which adds or changes something",
    Effect.APPEND: "which adds something, and once more when it is repeated",
    Effect.SEND: "which messages people, or lifts an opt-out so that messages get through",
    Effect.DESTROY: "which takes something away or overwrites it for good",
}
UNKNOWN = "which is not known here and may do anything"


def request_deed(method: str, path: str, effect: Effect, *, known: bool) -> str:
    """One sentence, such as: Call POST /1/targets/stop.json, which takes something away or overwrites it for good."""
    return f"Call {method} {line(path, LONGEST_PIECE)}, {DOES[effect] if known else UNKNOWN}."


def body_lines(body: object, raw: str | None, content_type: str | None) -> list[str]:
    """The first characters of a body; of a longer one also what its parts are called."""
    if raw is not None:
        return pieces(f"Body ({line(content_type or '', LONGEST_NAME)})", raw)
    if body is None:
        return []
    text = wire.dump(body).decode()
    return minded(body) + parts(body, len(text)) + pieces("Body", text)


def minded(body: object) -> list[str]:
    """The protections that a body goes around, however far back it says so."""
    said = bypassed(body) if isinstance(body, dict) else []
    return [line(f"Mind: {'; '.join(said)}")] if said else []


def parts(body: object, length: int) -> list[str]:
    """What the parts of a body are called that is too long to be shown."""
    names = [line(name, LONGEST_NAME) for name in body] if isinstance(body, dict) else []
    return [f"Parts of the body: {first(names)}"] if names and length > LONGEST_BODY else []


def pieces(label: str, text: str) -> list[str]:
    """The first characters of a text as lines of bounded length."""
    flat = line(text, max(len(text), 1))
    cuts = range(0, min(len(flat), LONGEST_BODY), LONGEST_PIECE)
    shown = [f"{label}{', continued' if cut else ''}: {flat[cut : cut + LONGEST_PIECE]}" for cut in cuts]
    more = len(flat) - LONGEST_BODY
    return [*shown, f"The body goes on for {more:,} more characters"] if more > 0 else shown


def pairs(label: str, given: dict[str, str]) -> list[str]:
    """Names and values in one line, none if there are none."""
    return [line(f"{label}: {', '.join(f'{name}={value}' for name, value in given.items())}")] if given else []


def named_people(names: list[str] | None) -> list[str]:
    """The first of those whom a request names."""
    return [f"Who: {first([line(name, LONGEST_NAME) for name in names])}"] if names else []
