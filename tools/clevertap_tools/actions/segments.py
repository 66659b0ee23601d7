"""API segments: make them, put people in, take people out (reference: data 10.2, engagement 12; private beta)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Listing, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
from clevertap_tools.preview import Preview
from clevertap_tools.records import Identity
from clevertap_tools.segment_answers import Fate, read_creation, read_membership
from clevertap_tools.upload import Batch, BatchOutcome, Ledger, cut, stops
from clevertap_tools.upload_result import MOST_RECORDS, UploadResult, result_of
from clevertap_tools.wire import JsonObject
from clevertap_tools.words.lines import Name, counted, listed, people, quoted, who

CREATE = "/api/createSegment"
UPDATE = "/api/updateSegment"
SEGMENTS_PER_CALL = 100
PEOPLE_PER_CALL = 100
MOST_SEGMENTS = 2_500
"""Of an account (reference: data 10.2)."""
LONGEST_NUMBER = 20
ADD, REMOVE = "ADD", "REMOVE"
MADE_TWICE = "sending them again is safe: those that exist are refused as duplicates."
MOVED_TWICE = "sending them again changes nobody who is there already."
BILLABLE = "Each change raises the billable event Segment Membership Change and can set off campaigns."

Text = Annotated[str, Field(min_length=1)]
Names = Annotated[list[Identity] | None, Field(min_length=1, max_length=MOST_RECORDS)]


class NewSegment(Arguments):
    """One segment to make."""

    segment_name: Text
    customer_segment_id: Text | None = None


class CreateSegments(Arguments):
    """Which segments to make."""

    segments: Annotated[
        list[NewSegment],
        Field(
            min_length=1,
            max_length=MOST_SEGMENTS,
            description="customer_segment_id: your own, never used before",
        ),
    ]

    @model_validator(mode="after")
    def _no_twins(self) -> CreateSegments:
        for field in ("segment_name", "customer_segment_id"):
            values = [value for each in self.segments if (value := getattr(each, field)) is not None]
            if len(set(values)) < len(values):
                raise ValueError(f"'segments' give the same {field} twice")
        return self

    @property
    def record_count(self) -> int:
        """How many segments."""
        return len(self.segments)


class CreatedSegment(Result):
    """What became of one segment."""

    segment_name: str
    customer_segment_id: str | None = None
    ct_segment_id: int | None = None
    outcome: Literal["accepted", "refused", "unaccounted", "unsent"]
    reason: str | None = None


class CreatedSegments(Listing):
    """What became of every segment: accepted + refused + unaccounted = sent, sent + unsent = given."""

    rows: ClassVar[str] = "segments"

    sent: int
    accepted: int
    refused: int
    unaccounted: int
    unsent: int
    segments: list[CreatedSegment]
    truncated: bool = False
    account: Annotated[UploadResult, Field(exclude=True)]

    @property
    def theirs(self) -> frozenset[str]:
        """The segments, with CleverTap's reasons."""
        return frozenset({"segments"})

    @property
    def failure(self) -> CleverTapError | None:
        """Nothing was accepted, or some segments are unaccounted or unsent."""
        return self.account.failure

    @property
    def complete(self) -> bool:
        """Whether every segment was made."""
        return self.account.complete


class Move(Arguments):
    """One segment, and whether people join or leave it."""

    ct_segment_id: Annotated[Text | int | None, WithJsonSchema({"maxLength": LONGEST_NUMBER})] = None
    customer_segment_id: Text | None = None
    action: Literal["ADD", "REMOVE"]

    @model_validator(mode="after")
    def _one_id(self) -> Move:
        if (self.ct_segment_id is None) == (self.customer_segment_id is None):
            raise ValueError("needs either ct_segment_id or customer_segment_id")
        return self

    @property
    def segment(self) -> str:
        """Which segment, in words."""
        kind = "customer_segment_id" if self.ct_segment_id is None else "ct_segment_id"
        return f"{kind} {quoted(getattr(self, kind))}"

    def wire(self) -> JsonObject:
        """As CleverTap reads it."""
        return self.model_dump(exclude_none=True)


class UpdateSegments(Arguments):
    """Who joins or leaves which segments."""

    identity: Annotated[Names, Field(description="Your own ids; unknown people are created")] = None
    guid: Annotated[Names, Field(description="CleverTap IDs")] = None
    segments: Annotated[
        list[Move],
        Field(min_length=1, max_length=SEGMENTS_PER_CALL, description="Each by either id"),
    ]

    @model_validator(mode="after")
    def _consistent(self) -> UpdateSegments:
        if not self.names:
            raise ValueError("name people by 'identity' or 'guid', a list")
        if len(set(self.names)) < len(self.names):
            raise ValueError("'identity' or 'guid' name somebody twice")
        if len({each.segment for each in self.segments}) < len(self.segments):
            raise ValueError("'segments' name a segment twice")
        return self

    @property
    def names(self) -> list[tuple[str, str]]:
        """Everybody, with the kind of name."""
        return [(kind, name) for kind in ("identity", "guid") for name in getattr(self, kind) or ()]

    @property
    def record_count(self) -> int:
        """How many changes: everybody joins or leaves each of the segments."""
        return len(self.names) * len(self.segments)


def effect_of_moves(asked: UpdateSegments) -> Effect:
    """Who was taken out of a segment is nowhere noted."""
    return Effect.DESTROY if any(each.action == REMOVE for each in asked.segments) else Effect.APPEND


async def preview_moves(_: Client, asked: UpdateSegments, told: UpdateSegments) -> Preview:
    """Who would leave and join what."""
    count = len(asked.names)
    leaving = [each.segment for each in told.segments if each.action == REMOVE]
    joining = [each.segment for each in told.segments if each.action == ADD]
    names: list[Name] = list(told.names)
    details = (*listed("Out of", leaving), *listed("Into", joining), *who(names), BILLABLE)
    return Preview(f"Take {people(count)} out of {counted(len(leaving), 'segment', 'segments')}.", details, count)


@action(
    title="Create segments",
    effect=Effect.UPSERT,
    toolset=Toolset.AUDIENCES,
    default=False,
    calls=(f"POST {CREATE}",),
)
async def create_segments(client: Client, asked: CreateSegments) -> CreatedSegments:
    """Make empty API segments (private beta); fill them with clevertap_update_segments.

    For a list that is known whole use clevertap_upload_custom_list.

    Reference: data 10.2
    """
    given = [each.model_dump(exclude_none=True) for each in asked.segments]
    fates: list[Fate] = [Fate("unsent")] * len(given)
    ledger = Ledger()
    for batch in cut(given, SEGMENTS_PER_CALL):
        if any(map(stops, ledger.errors)):
            ledger.unsent.append(batch.span)
            continue
        fates[batch.start : batch.span.stop] = await made(client, batch, ledger)
        await client.report(ledger.sent, len(given), f"{ledger.accepted} accepted, {ledger.refused} refused")
    return created(given, fates, result_of(ledger, MADE_TWICE))


@action(
    title="Update segments",
    effect=effect_of_moves,
    effects=frozenset({Effect.APPEND, Effect.DESTROY}),
    toolset=Toolset.AUDIENCES,
    default=False,
    calls=(f"POST {UPDATE}",),
    preview=preview_moves,
)
async def update_segments(client: Client, asked: UpdateSegments) -> UploadResult:
    """Put people into API segments or take them out.

    Only those of clevertap_create_segments; for whole lists use clevertap_upload_custom_list. Each change is a
    billable event and can set off campaigns.

    Reference: data 10.2
    """
    moves = [each.wire() for each in asked.segments]
    records = [{kind: name} for kind, name in asked.names]
    ledger = Ledger()
    for batch in cut(records, PEOPLE_PER_CALL):
        if any(map(stops, ledger.errors)):
            ledger.unsent.append(batch.span)
            continue
        await moved(client, batch, moves, effect_of_moves(asked), ledger)
        await client.report(ledger.sent, len(records), f"{ledger.accepted} accepted, {ledger.refused} refused")
    return result_of(ledger, MOVED_TWICE)


async def made(client: Client, batch: Batch, ledger: Ledger) -> list[Fate]:
    """Make some segments, enter what became of them, and tell of each."""
    # Sent again, segments that were made would be refused as duplicates, as if somebody else had made them.
    call = wire.post(CREATE, batch.records, Effect.APPEND, lambda answer: read_creation(batch, answer))
    try:
        fates = await client.send(call)
    except CleverTapError as error:
        before = ledger.refused
        ledger.enter_failure(batch, error)
        if ledger.refused > before:
            return [Fate("refused", reason=error.message)] * len(batch.records)
        unsent = bool(ledger.unsent) and ledger.unsent[-1] == batch.span
        return [Fate("unsent" if unsent else "unaccounted")] * len(batch.records)
    figures = Counter(fate.outcome for fate in fates)
    refused = tuple(fate.refusal(batch.start + place) for place, fate in enumerate(fates) if fate.outcome == "refused")
    ledger.enter(batch, BatchOutcome(figures["accepted"], refused, figures["unaccounted"]))
    return fates


async def moved(client: Client, batch: Batch, moves: Sequence[JsonObject], effect: Effect, ledger: Ledger) -> None:
    """Move some people and enter what became of them."""
    body = {"bulk_profiles": [{"user_profiles": batch.records, "segments": moves}]}
    try:
        outcome = await client.send(wire.post(UPDATE, body, effect, lambda answer: read_membership(batch, answer)))
    except CleverTapError as error:
        ledger.enter_failure(batch, error)
    else:
        ledger.enter(batch, outcome)


def created(given: Sequence[Mapping[str, Any]], fates: Sequence[Fate], account: UploadResult) -> CreatedSegments:
    """What became of every segment, as an answer."""
    return CreatedSegments(
        sent=account.sent,
        accepted=account.accepted,
        refused=account.refused,
        unaccounted=account.unaccounted,
        unsent=account.unsent,
        segments=[
            CreatedSegment(**each, outcome=fate.outcome, ct_segment_id=fate.id, reason=fate.reason)
            for each, fate in zip(given, fates, strict=True)
        ],
        account=account,
    )
