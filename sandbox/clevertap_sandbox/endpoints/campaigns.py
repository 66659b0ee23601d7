"""Create, list, stop and report on campaigns. Reference: engagement 3, 6, 7, 8.

A campaign moves on when somebody looks: sent now, it is `running` at the next request to list, stop or result
and `completed` at the one after. A scheduled one is `pending` until its time and then goes the same way; a
recurring one stays `running`. Nothing is ever sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.endpoints.audience import estimate
from clevertap_sandbox.endpoints.drafts import Draft, read_draft
from clevertap_sandbox.language.days import DAY_FACTOR, LAST_SECOND, day_number, read_day

if TYPE_CHECKING:
    import sqlite3

    from clevertap_sandbox.project import Asked, Project

CLICKED_PERCENT = 3
"""Share of clicks in a report, rounded down. Made up."""
UNFINISHED = "This target hasn't been completed"
NO_RESULT_YET = "This target has no result as of yet"


class Campaign(NamedTuple):
    """A stored campaign and what it is at this moment."""

    id: int
    name: str
    scheduled: int
    estimates: dict[str, int]
    status: str


def create(project: Project, asked: Asked) -> Answer:
    """Create a campaign, or only estimate it. Reference: engagement 3."""
    body = asked.document()
    try:
        return _created(project, read_draft(body, project))
    except RefusedError as refused:
        status = project.behaviours.campaign_refusal_status
        raise RefusedError(refused.error, status, refused.code) from None


def _created(project: Project, draft: Draft) -> Answer:
    with project.database() as db:
        estimates = estimate(db, project, draft)
        if draft.body.get("estimate_only") is True:
            return success(estimates=estimates)
        number = _store(db, project, draft, estimates)
    if draft.body.get("skip_estimate") is True:
        return success(id=number)
    return success(id=number, estimates=estimates)


def _store(db: sqlite3.Connection, project: Project, draft: Draft, estimates: dict[str, int]) -> int:
    now = project.clock()
    starts = now if draft.schedule.starts is None else draft.schedule.starts.timestamp()
    # Ten digits that look like epoch seconds (engagement 3.3), and no two alike.
    (number,) = db.execute("SELECT max(?, coalesce(max(id), 0) + 1) FROM campaigns", (int(now),)).fetchone()
    held = "draft" if draft.body.get("draft") is True else None
    columns = "id, name, starts, scheduled, estimates, recurring, held"
    sql = f"INSERT INTO campaigns ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 (columns named above)
    row = (
        number,
        draft.name,
        starts,
        project.stamp(starts),
        json.dumps(estimates),
        draft.schedule.recurring,
        held,
    )
    db.execute(sql, row)
    return int(number)


def _look(db: sqlite3.Connection, project: Project) -> list[Campaign]:
    """Move every campaign on whose time has come, then read them all."""
    now = project.clock()
    db.execute("UPDATE campaigns SET looks = looks + 1 WHERE held IS NULL AND starts <= ?", (now,))
    rows = db.execute("SELECT id, name, scheduled, estimates, looks, recurring, held FROM campaigns ORDER BY id")
    return [
        Campaign(number, name, scheduled, json.loads(estimates), held or _status(looks, recurring))
        for number, name, scheduled, estimates, looks, recurring, held in rows
    ]


def _status(looks: int, recurring: int) -> str:
    if not looks:
        return "pending"
    return "running" if looks == 1 or recurring else "completed"


def _find(campaigns: list[Campaign], body: dict[str, Any]) -> Campaign:
    wanted = body.get("id")
    for campaign in campaigns:
        if campaign.id == wanted and isinstance(wanted, int):
            return campaign
    raise RefusedError("Invalid campaign id")


def stop(project: Project, asked: Asked) -> Answer:
    """Stop a scheduled or running campaign; stopping it twice is no failure. Reference: engagement 6."""
    body = asked.document()
    with project.database() as db:
        campaigns = _look(db, project)
    campaign = _find(campaigns, body)
    if campaign.status == "completed":
        raise RefusedError("This target has already been completed")
    with project.database() as db:
        db.execute("UPDATE campaigns SET held = 'stopped' WHERE id = ?", (campaign.id,))
    return success()


def listing(project: Project, asked: Asked) -> Answer:
    """List the campaigns whose start falls on these days. Reference: engagement 7."""
    body = asked.document()
    start, end = read_day(body.get("from")), read_day(body.get("to"))
    if start is None or end is None or start > end:
        raise RefusedError("Invalid date range")
    first, last = day_number(start) * DAY_FACTOR, day_number(end) * DAY_FACTOR + LAST_SECOND
    with project.database() as db:
        campaigns = _look(db, project)
    targets = [_listed(each, project) for each in campaigns if first <= each.scheduled <= last]
    return success(targets=targets)


def _listed(campaign: Campaign, project: Project) -> dict[str, Any]:
    minute = str(campaign.scheduled // 100)
    as_number = project.behaviours.scheduled_on_as_number
    scheduled_on = int(minute) if as_number else f"{minute[:8]} {minute[8:10]}:{minute[10:]}"
    return {"id": campaign.id, "name": campaign.name, "scheduled_on": scheduled_on, "status": campaign.status}


def result(project: Project, asked: Asked) -> Answer:
    """Report on a completed campaign: sent as estimated, clicked a made-up share. Reference: engagement 8."""
    body = asked.document()
    with project.database() as db:
        campaigns = _look(db, project)
    campaign = _find(campaigns, body)
    if campaign.status != "completed":
        return _unfinished(project)
    sent = sum(campaign.estimates.values())
    return success(result={"sent": sent, "clicked": sent * CLICKED_PERCENT // 100})


def _unfinished(project: Project) -> Answer:
    match project.behaviours.unfinished_result:
        case "error_500":
            raise RefusedError(NO_RESULT_YET, 500)
        case "conflict_409":
            raise RefusedError(UNFINISHED, 409)
        case "fail_200":
            return answer({"status": "fail", "error": UNFINISHED})
        case "only_error_200":
            return answer({"error": UNFINISHED})
