"""POST /1/upload: profiles, events and device tokens. Reference: data 5."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer
from clevertap_sandbox.state.intake import Intake
from clevertap_sandbox.state.losses import MOST_PROPERTIES
from clevertap_sandbox.state.people import OBJECT_ID, Handle, find
from clevertap_sandbox.state.records import Checks, Flaw, Record, check, refusal

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

MOST_RECORDS = 1000


def upload(project: Project, asked: Asked) -> Answer:
    """Take in a batch, record by record. Reference: data 5."""
    raws = asked.document().get("d")
    if not isinstance(raws, list):
        raise RefusedError("Malformed JSON")
    _limit(raws, project)
    with project.database() as db:
        accepted, unprocessed = _sort_out(raws, _checks(db, project))
        if asked.query.get("dryRun") != "1":
            Intake(db, project).take(accepted)
    return answer(_told(accepted, unprocessed, project))


def _limit(raws: list[Any], project: Project) -> None:
    """Refuse a batch that is too large; the texts are made up. Reference: data 2.2, 5."""
    if len(raws) > MOST_RECORDS:
        raise RefusedError(f"Cannot have more than {MOST_RECORDS} records in a request")
    most = project.behaviours.tokens_per_upload
    if len(raws) > most and sum(isinstance(raw, dict) and raw.get("type") == "token" for raw in raws) > most:
        raise RefusedError(f"Cannot have more than {most} tokens in a request")


def _checks(db: sqlite3.Connection, project: Project) -> Checks:
    behaviours = project.behaviours

    def knows_device(object_id: str) -> bool:
        return not behaviours.tokens_need_device or find(db, Handle(OBJECT_ID, object_id)) is not None

    return Checks(knows_device, behaviours.discarded_events, MOST_PROPERTIES if behaviours.refuses_522 else inf)


def _sort_out(raws: list[Any], checks: Checks) -> tuple[list[Record], list[dict[str, Any]]]:
    accepted, unprocessed = [], []
    for number, raw in enumerate(raws, 1):
        try:
            accepted.append(check(raw, checks))
        except Flaw as flaw:
            unprocessed.append(refusal(raw, flaw.code, number))
    return accepted, unprocessed


def _told(accepted: list[Record], unprocessed: list[dict[str, Any]], project: Project) -> dict[str, Any]:
    status, listed = _verdict(accepted, unprocessed), unprocessed
    if project.behaviours.partial_says_success and status == "partial":
        status = "success"
    if project.behaviours.fail_lists_nothing and status == "fail":
        listed = []
    return {"status": status, "processed": len(accepted), "unprocessed": listed}


def _verdict(accepted: list[Record], unprocessed: list[dict[str, Any]]) -> str:
    if not unprocessed:
        return "success"
    return "partial" if accepted else "fail"
