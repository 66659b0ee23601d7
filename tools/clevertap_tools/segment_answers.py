"""Reading what CleverTap answers about segments, in whichever of the shapes it has.

No answer was ever seen: the two references disagree (data 10.2, engagement 12), so every reading of them is accepted,
and what an answer does not account for is unaccounted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clevertap_tools import wire
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.upload import Batch, BatchOutcome, Refusal, reason
from clevertap_tools.wire import Answer, JsonObject

Outcome = Literal["accepted", "refused", "unaccounted", "unsent"]
MADE = ("processed", "segments")
FAILED = ("unprocessed", "errors")
IDS = ("ct_segment_id", "id")
NAMES = ("customer_segment_id", "segment_name")
PEOPLE = ("identity", "guid")


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one segment."""

    outcome: Outcome
    id: int | None = None
    reason: str | None = None

    def refusal(self, index: int) -> Refusal:
        """Its refusal, for the account."""
        return Refusal(index, None, self.reason or "no reason given")


def read_creation(batch: Batch, answer: Answer) -> list[Fate]:
    """What became of each segment of a request.

    Raises:
        CleverTapError: The request was refused as a whole, or there is no account of it.
    """
    body = checked_body(answer, (*MADE, *FAILED))
    made, failed = entries(body, MADE), entries(body, FAILED)
    whole = body.get("status") == "success" and not failed
    return [fate(record, made, failed, whole=whole) for record in batch.records]


def fate(record: Mapping[str, Any], made: Sequence[JsonObject], failed: Sequence[JsonObject], *, whole: bool) -> Fate:
    """What became of one segment.

    Args:
        record: As it was sent.
        made: What CleverTap says it made.
        failed: What CleverTap says it refused.
        whole: Whether CleverTap says that all went well.
    """
    refused = next((entry for entry in failed if same(record, entry, NAMES)), None)
    if refused is not None:
        return Fate("refused", reason=reason(wire.refusal_text(refused)))
    found = next((entry for entry in made if same(record, entry, NAMES)), None)
    if found is None and not whole:
        return Fate("unaccounted")
    numbers = (wire.natural((found or {}).get(key)) for key in IDS)
    return Fate("accepted", next((number for number in numbers if number is not None), None))


def read_membership(batch: Batch, answer: Answer) -> BatchOutcome:
    """What became of each person of a request; a person is refused if any of their changes is.

    Raises:
        CleverTapError: The request was refused as a whole, or there is no account of it.
    """
    body = checked_body(answer, ("processed", "unprocessed"))
    refused = each_once(refusals(batch, entries(body, FAILED)))[: len(batch.records)]
    left = len(batch.records) - len(refused)
    accepted = left if body.get("processed") is None else min(left, wire.natural(body["processed"]) or 0)
    return BatchOutcome(accepted, refused, left - accepted)


def refusals(batch: Batch, failed: Sequence[JsonObject]) -> list[Refusal]:
    """The refused people of a request, each with their place where the answer names them, or refuses everybody."""
    everybody = len(failed) == len(batch.records)
    return [
        Refusal(
            place_of(entry, batch) if entry.keys() & set(PEOPLE) else batch.start + turn if everybody else None,
            code if isinstance(code := entry.get("code"), int) else None,
            reason(wire.refusal_text(entry)),
        )
        for turn, entry in enumerate(failed)
    ]


def place_of(entry: JsonObject, batch: Batch) -> int | None:
    """Which person of a request an entry names."""
    return next((batch.start + place for place, each in enumerate(batch.records) if same(each, entry, PEOPLE)), None)


def each_once(found: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """One refusal for each person, however many of their changes failed; those without a name stay apart."""
    named = {each.index: each for each in found if each.index is not None}
    return (*named.values(), *(each for each in found if each.index is None))


def checked_body(answer: Answer, accounts: Sequence[str]) -> JsonObject:
    """The body of an answer that may hold an account of each entry.

    Raises:
        CleverTapError: The request was refused as a whole, or the answer says nothing.
    """
    body = wire.read_body(answer)
    status = body.get("status")
    if status == "fail" and not any(isinstance(body.get(key), list) for key in accounts):
        raise wire.refused(answer, body)
    if status not in ("success", "partial", "fail"):
        wire.read_envelope(answer)
        raise UnreadableAnswerError("CleverTap's answer does not account for the segments.")
    return body


def entries(body: JsonObject, keys: Sequence[str]) -> list[JsonObject]:
    """The entries of an answer under any of some keys."""
    return [each for key in keys for each in wire.listed(body, key) if isinstance(each, dict)]


def same(record: Mapping[str, Any], entry: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether an entry of an answer is about a record: by the first name that both have."""
    shared = next((name for name in names if name in record and name in entry), None)
    return shared is not None and str(record[shared]) == str(entry[shared])
