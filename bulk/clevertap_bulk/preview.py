"""What an import would do, told before anything is sent: what the columns mean, the first records, and what is refused.

The whole file is read for it, for only then it is known how many rows there are and which of them break a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from anyio import to_thread

from clevertap_bulk.importing.batches import encoded
from clevertap_bulk.importing.lanes import NOTHING, UNMADE, Records, reason
from clevertap_bulk.job import Refused
from clevertap_bulk.mapping import Mapping, guess
from clevertap_bulk.mapping.guessing import OF_RECORDS
from clevertap_bulk.mapping.mapping import Kind
from clevertap_bulk.mapping.words import TYPED, Words
from clevertap_bulk.reading import Form, Row, columns, rows
from clevertap_bulk.reading.row import OURS
from clevertap_bulk.segment.deletion import Deletion
from clevertap_tools.actions.uploads import TRIGGER_AHEAD, TRIGGER_BACK
from clevertap_tools.body_effects import of_upload
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.records import moments
from clevertap_tools.upload import RECORDS_PER_CALL, TOKENS_PER_CALL, Ledger, upload
from clevertap_tools.wire import JsonObject

SAMPLES = 100
"""Rows that a mapping is guessed from."""
SHOWN = 5
"""Records that are shown."""
TOLD = 20
"""Refused rows that are told one by one; all are counted."""
JUDGED = 1_000
"""Records that CleverTap is asked about."""
TURN = 2_000
"""Rows after which others have their turn."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What CleverTap says of the first records, having stored none of them.

    Args:
        accepted: How many it would take.
        refused: Those that it would not, each with its row.
        errors: Why it did not look at all of them.
    """

    accepted: int
    refused: tuple[Refused, ...]
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class ImportPreview:
    """What an import would do.

    Args:
        effect: What sending the records does.
        rows: How many rows there are.
        refused: How many of them break a published rule.
        deletions: How many people are erased for good.
        recent: How many events are recent enough to trigger live campaigns that wait for them.
        undated: How many events say no time, so that CleverTap takes that of the import.
        first: The first records as CleverTap will get them.
        refusals: The first rows that break a rule, each with the reason.
        verdict: What CleverTap says itself, if it was asked.
    """

    effect: Effect = Effect.UPSERT
    rows: int = 0
    refused: int = 0
    deletions: int = 0
    recent: int = 0
    undated: int = 0
    first: list[JsonObject] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever lets it happen should know."""
        undated = f"No time: all {self.undated:,} events are dated now."
        recent = f"Recent enough to set off live campaigns: {self.recent:,} events."
        return tuple(text for count, text in ((self.undated, undated), (self.recent, recent)) if count)


def proposed(path: Path, form: Form, kind: Kind, asked: Mapping | None = None, words: Words = TYPED) -> Mapping:
    """The mapping of a file: what was asked for, and for the rest a guess from its first rows.

    Args:
        path: The file.
        form: What it is.
        kind: What its rows are.
        asked: What was asked for.
        words: What the parts of a mapping are called where it was asked for.

    Raises:
        InvalidArgumentsError: The file cannot be read, or the mapping leaves something open that cannot be guessed.
    """
    known = columns(path, *form)
    samples = [row.values for row in islice(rows(path, *form), SAMPLES) if row.fault is None]
    seen = known or tuple(dict.fromkeys(column for values in samples for column in values))
    mapping = guess(seen, samples, kind, asked)
    mapping.check(known, words)
    return mapping


def left_out(path: Path, form: Form, mapping: Mapping) -> list[str]:
    """The columns of a file, as far as its first rows tell them, that a mapping makes nothing of."""
    read = islice(rows(path, *form), SAMPLES)
    seen = columns(path, *form) or dict.fromkeys(column for row in read if row.fault is None for column in row.values)
    used = {part for column in mapping.columns for part in (column, column.split(".")[0])}
    own = OURS | (OF_RECORDS if mapping.spread else frozenset())
    return [column for column in seen if column.strip() and column not in used | own]


async def preview(path: Path, form: Form, records: Records, now: float, judge: Client | None = None) -> ImportPreview:
    """Read a file to its end and tell what importing it would do.

    Args:
        path: The file.
        form: What it is.
        records: What a row means.
        now: Epoch seconds.
        judge: The account that is to judge the first thousand records, storing none (`dryRun`).

    Raises:
        InvalidArgumentsError: The file cannot be read to its end.
    """
    survey = Survey(records, now)
    left = rows(path, *form)
    while await to_thread.run_sync(survey.add, islice(left, TURN)):
        pass
    if judge is not None:
        survey.told.verdict = await judged(judge, survey.judged)
    return survey.told


class Survey:
    """What is found out about the rows of a file, one after the other.

    Args:
        records: What a row means.
        now: Epoch seconds.
    """

    def __init__(self, records: Records, now: float) -> None:
        self._records = records
        self._fresh = range(int(now) - TRIGGER_BACK, int(now) + TRIGGER_AHEAD + 1)
        self.told = ImportPreview()
        self.judged: list[tuple[int, JsonObject]] = []
        """The first records, each with its row."""

    def add(self, some: Iterable[Row]) -> bool:
        """Look at some rows; whether there were any."""
        before = self.told.rows
        made = [record for row in some for record in self._made(row)]
        uploaded = [record for record in made if not Deletion.of(record)]
        self.told.deletions += len(made) - len(uploaded)
        effect = Effect.DESTROY if self.told.deletions else of_upload({"d": uploaded})
        self.told.effect = max(self.told.effect, effect, key=list(Effect).index)
        events = [record for record in made if record.get("type") == "event"]
        for moment in moments(events):
            self.told.undated += moment is None
            self.told.recent += moment is None or moment in self._fresh
        return self.told.rows > before

    def _made(self, row: Row) -> Sequence[JsonObject]:
        self.told.rows += 1
        try:
            made = self._meant(row)
        except UNMADE as error:
            self.told.refused += 1
            if len(self.told.refusals) < TOLD:
                self.told.refusals.append(Refused(row.number, None, reason(error)))
            return ()
        self.told.first.extend(made[: SHOWN - len(self.told.first)])
        uploaded = [record for record in made if not Deletion.of(record)]
        self.judged.extend((row.number, record) for record in uploaded[: JUDGED - len(self.judged)])
        return made

    def _meant(self, row: Row) -> Sequence[JsonObject]:
        if row.fault is not None:
            raise ValueError(row.fault)
        made = self._records(row)
        if not made:
            raise ValueError(NOTHING)
        for record in made:
            encoded(record)
        return made


async def judged(client: Client, given: Sequence[tuple[int, JsonObject]]) -> Verdict:
    """CleverTap's own verdict on some records."""
    tokens = any(record.get("type") == "token" for _, record in given)
    ledger = await upload(
        client.for_call(),
        [record for _, record in given],
        effect=Effect.READ,
        batch_size=TOKENS_PER_CALL if tokens else RECORDS_PER_CALL,
        dry_run=True,
    )
    return Verdict(ledger.accepted, tuple(refused(ledger, given)), tuple(error.message for error in ledger.errors))


def refused(ledger: Ledger, given: Sequence[tuple[int, JsonObject]]) -> Iterator[Refused]:
    """The records that CleverTap refused, by their rows; those that it does not name are left to the count."""
    for each in ledger.refusals:
        if each.index is not None:
            yield Refused(given[each.index][0], each.code, each.reason)
