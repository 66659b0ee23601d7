"""A file of Segment calls, imported as a job: records uploaded, people erased, every call accounted for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bulk.importing_site import Site, importing
from clevertap_bulk.importing.source import meaning
from clevertap_bulk.importing.work import Import
from clevertap_bulk.job import Job, State, Tally
from clevertap_bulk.preview import preview
from clevertap_bulk.reading import Form
from clevertap_tools.effect import Effect

pytestmark = pytest.mark.anyio

CALLS: list[dict[str, Any]] = [
    *({"type": "identify", "userId": f"u-{n}", "traits": {"name": f"N{n}"}} for n in range(300)),
    *({"type": "track", "userId": f"u-{n % 300}", "event": "Seen", "properties": {"n": n}} for n in range(700)),
    *({"type": "delete", "userId": f"u-{n}"} for n in range(250)),
    {"type": "delete", "anonymousId": "__d1"},
    {"type": "page", "userId": "u-1"},
    {"type": "screen", "userId": "u-1"},
    {"type": "batch"},
]
CODES = {513, None}
"""Of a page, under CleverTap's own name, and of what is no call."""


def job(site: Site, *, deletions: bool) -> Job:
    lines = (json.dumps({"timestamp": "2026-03-31T18:30:00Z", **call}) for call in CALLS)
    (site.folder / "calls.jsonl").write_text("\n".join(lines))
    effect = Effect.DESTROY if deletions else Effect.APPEND
    plan = {"kind": "segment", "format": "jsonl", "effect": effect, "deletions": deletions}
    return site.job("calls.jsonl", **plan)


def erased(site: Site) -> Counter[str]:
    """How many people were erased, by how they were named; never more than a hundred at once."""
    asked = [json.loads(each.body) for each in site.sandbox.requests if each.path == "/1/delete/profiles.json"]
    counts = [(kind, len(names)) for body in asked for kind, names in body.items()]
    assert all(count <= 100 for _, count in counts)
    return Counter(kind for kind, count in counts for _ in range(count))


async def test_calls_are_imported_and_people_erased_where_the_plan_says_so(tmp_path: Path) -> None:
    with importing(tmp_path / "data") as site:
        done = await site.done(job(site, deletions=True), Import(rows_per_slice=2_000))
        assert (done.state, done.tally) == (State.DONE, Tally(1_254, 1_252, 2))
        assert erased(site) == {"identity": 250, "guid": 1}
        assert {each.code for each in site.journal.refusals(done.id)} == CODES


async def test_nobody_is_erased_where_the_plan_does_not_say_so(tmp_path: Path) -> None:
    with importing(tmp_path / "data") as site:
        done = await site.done(job(site, deletions=False))
        assert (done.state, done.tally) == (State.DONE, Tally(1_254, 1_001, 253))
        assert not erased(site)


async def test_a_preview_tells_how_many_people_would_be_erased(tmp_path: Path) -> None:
    with importing(tmp_path / "data") as site:
        plan = job(site, deletions=True).plan
        async with site.client() as client:
            records = meaning(plan, client.account, 0)
            told = await preview(site.folder / "calls.jsonl", Form("jsonl", "none"), records, 0, client)
        assert (told.effect, told.deletions, told.refused) == (Effect.DESTROY, 251, 1)
        assert told.verdict is not None
        assert told.verdict.accepted + len(told.verdict.refused) == 1_000
        assert not erased(site)
