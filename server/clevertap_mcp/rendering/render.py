"""What the model reads of a result: structured content and text, each at most 8,000 tokens, every cut stated.

What CleverTap and its customers wrote stands in a frame, which the bounds include.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clevertap_mcp.rendering.clip import clip, largest, writable
from clevertap_mcp.rendering.framing import NO_FRAME, Frame
from clevertap_mcp.rendering.table import compact, refusals

Body = dict[str, Any]

MOST_TOKENS = 8_000
BYTES_PER_TOKEN = 2.6
"""Of the JSON of exports, full of ids and digits; plain English has more."""
MOST_BYTES = int(MOST_TOKENS * BYTES_PER_TOKEN)
ROOM_FOR_WARNING = 600
"""Bytes that are kept free for the sentence on what was cut."""
ROOM_FOR_FIELDS = MOST_BYTES // 2
"""What the fields beside the rows may take, so that there is room for rows."""
REFUSALS = "refusals"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A result as it is shown.

    Args:
        structured: For programs.
        text: The same for models.
        shown: How many rows of a listing are in it.
    """

    structured: Body
    text: str
    shown: int = 0

    def fits_in(self, most: int = MOST_BYTES) -> bool:
        """Whether neither form takes more bytes than that."""
        return size(self.text) <= most and size(compact(self.structured)) <= most


def size(text: str) -> int:
    """The bytes of a text in UTF-8, halves of characters counted like the mark that stands in for them."""
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Rest:
    """The way to the rows of a listing that are not shown.

    Args:
        advice: What the model can do.
        fields: What the result says besides, such as `next_cursor`.
        count: How many rows there are that were left out beforehand, because they would not fit anyway.
    """

    advice: str = "Narrow the question (fewer days, a filter) to see the others."
    fields: Mapping[str, Any] = field(default_factory=dict)
    count: int = 0


def render(body: Body, rows: str | None = None, rest: Rest = Rest(), frame: Frame = NO_FRAME) -> Rendered:
    """A result cut to what may be shown.

    Args:
        body: The result as JSON values.
        rows: The field that holds its rows, if it is a listing.
        rest: The way to the rows that are not shown.
        frame: What of it others wrote.
    """
    if rows is None or not isinstance(body.get(rows), list):
        return whole(body, lambda part: told(part, frame))
    if rows == REFUSALS:
        return told_refusals(body, frame)
    return listing(body, rows, rest, frame)


def told(body: Body, frame: Frame, rows: str | None = None) -> Rendered:
    """A result as it stands."""
    return Rendered(frame.structured(body), frame.text(body, rows), len(body[rows]) if rows else 0)


def whole(body: Body, tell: Callable[[Body], Rendered]) -> Rendered:
    """A result without rows, its long values clipped if they must be."""
    plain: Body = writable(body)
    shown = tell(plain)
    return shown if shown.fits_in() else tell(clipped(plain, tell, MOST_BYTES))


def narrowed(body: Body, tell: Callable[[Body], Rendered], most: int) -> Body:
    """A result whose long values are clipped if it would take more bytes than that."""
    plain: Body = writable(body)
    return plain if tell(plain).fits_in(most) else clipped(plain, tell, most)


def clipped(plain: Body, tell: Callable[[Body], Rendered], most: int) -> Body:
    """A result with its long values clipped so that it takes no more bytes than that."""
    return warned(clip(plain, lambda part: tell(part).fits_in(most - ROOM_FOR_WARNING)), "Long values are cut.")


def warned(body: Body, sentence: str) -> Body:
    """The body with `truncated` and a sentence on what was cut."""
    before = f"{body['warning']} " if body.get("warning") else ""
    return {**body, "truncated": True, "warning": f"{before}{sentence}"}


def listing(body: Body, rows: str, rest: Rest, frame: Frame) -> Rendered:
    """As many rows as fit; if not even one does, the first with its long values clipped."""
    near = list(within(map(writable, body[rows]), MOST_BYTES))
    total = len(body[rows]) + rest.count
    fields = beside(body, rows, frame)

    def cut(shown: Sequence[Any], note: str = "") -> Rendered:
        figures = f"Showing {len(shown)} of {total} {rows} here.{note}"
        missing = len(shown) < total
        part = counted({**fields, **(rest.fields if missing else {}), rows: list(shown)}, len(shown))
        return told(warned(part, f"{figures} {rest.advice}" if missing else figures), frame, rows)

    if len(near) == total:
        complete = counted({**fields, rows: near}, len(near))
        if (shown := told(complete, frame, rows)).fits_in():
            return shown
    fitting = largest(lambda count: cut(near[:count]).fits_in(), 0, len(near))
    if fitting:
        return cut(near[:fitting])
    note = " Long values are cut."
    return cut([clip(near[0], lambda row: cut([row], note).fits_in())], note)


def beside(body: Body, rows: str, frame: Frame) -> Body:
    """The fields beside the rows, clipped if they would leave no room for any."""
    return narrowed({**body, rows: []}, lambda part: told(part, frame, rows), ROOM_FOR_FIELDS)


def counted(body: Body, shown: int) -> Body:
    """The body with the number of rows that are in it, if it says that at all."""
    return {**body, "returned": shown} if "returned" in body else body


def within(rows: Iterable[Any], most: int) -> Iterator[Any]:
    """The rows from the first on that fit into so many bytes, at least one."""
    used = 0
    for index, row in enumerate(rows):
        used += size(compact(row)) + 1
        if index and used > most:
            return
        yield row


def told_refusals(body: Body, frame: Frame) -> Rendered:
    """An upload: the text names every refusal by kind and place, even where the structured list is cut."""
    shown = listing(body, REFUSALS, Rest("The text names all of them by kind."), frame)
    fields = beside(body, REFUSALS, frame)

    def names(kinds: list[str]) -> str:
        return frame.text({**fields, REFUSALS: kinds}, REFUSALS)

    kinds = clip(refusals(writable(body[REFUSALS])), lambda part: size(names(part)) <= MOST_BYTES)
    return Rendered(shown.structured, names(kinds))
