"""Create, list, stop and report on campaigns. Reference: engagement 3, 6, 7, 8. Nothing is ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.endpoints.audience import estimate
from clevertap_sandbox.endpoints.counts import hold, poll
from clevertap_sandbox.endpoints.drafts import Draft, read_draft
from clevertap_sandbox.language.days import DAY_FACTOR, LAST_SECOND, day_number, read_day
from clevertap_sandbox.language.query import PROMPT
from clevertap_sandbox.state.campaigns import (
    API,
    Campaign,
    Made,
    all_campaigns,
    find_campaign,
    stop_campaign,
    store_campaign,
)
from clevertap_sandbox.state.pace import keep_pace

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

CREATE = "/1/targets/create.json"
MINUTE = 60.0
UNFINISHED = "This target hasn't been completed"
NO_RESULT_YET = "This target has no result as of yet"


def create(project: Project, asked: Asked) -> Answer:
    """Create a campaign, or only estimate it. Reference: engagement 3."""
    _keep_pace(project, asked, project.behaviours.campaigns_per_second, 1)
    body = asked.document()
    try:
        created = _created(project, read_draft(body, project))
    except RefusedError as refused:
        status = project.behaviours.campaign_refusal_status
        raise RefusedError(refused.error, status, refused.code) from None
    if body.get("async_estimate") is True and project.behaviours.async_estimate_is_partial:
        return hold(project, CREATE, created, 0)
    return created


def created_at_last(project: Project, asked: Asked) -> Answer:
    """Ask for an estimate that was partial. Reference: engagement 1.6; the poll was never seen."""
    if not project.behaviours.async_estimate_is_partial:
        raise RefusedError("Method Not Allowed", 405)
    return poll(project, asked)


def _created(project: Project, draft: Draft) -> Answer:
    with project.database() as db:
        estimates = estimate(db, project, draft)
        told: dict[str, Any] = {"estimates": estimates}
        where = draft.body.get("where")
        if isinstance(where, dict) and PROMPT in where:
            told["cql"] = project.behaviours.prompt_means
        if draft.body.get("estimate_only") is True:
            return success(**told)
        number = store_campaign(db, project, _made(draft, project, estimates))
    return success(id=number, **({} if draft.body.get("skip_estimate") is True else told))


def _made(draft: Draft, project: Project, estimates: dict[str, int]) -> Made:
    starts = project.clock() if draft.schedule.starts is None else draft.schedule.starts.timestamp()
    last = starts if draft.schedule.last is None else draft.schedule.last.timestamp()
    return Made(
        name=draft.name,
        channel=draft.mode,
        body=draft.body,
        starts=starts,
        last_starts=None if draft.schedule.endless else last,
        estimates=estimates,
        held=_held(draft, project, estimates),
        origin=API,
    )


def _held(draft: Draft, project: Project, estimates: dict[str, int]) -> str | None:
    """What keeps a new campaign from ever going out."""
    if draft.body.get("draft") is True:
        return "draft"
    if project.behaviours.approval_workflow:
        return "approval pending"  # made up; the dashboard says Approval Pending (engagement 17)
    cap = draft.body.get("upper_cap_for_target_segment")
    too_many = project.behaviours.target_cap_cancels and cap is not None and sum(estimates.values()) > cap
    return "stopped" if too_many else None


def _keep_pace(project: Project, asked: Asked, most: int | None, seconds: float) -> None:
    if most is not None:
        with project.database() as db:
            keep_pace(db, asked.path, project.clock(), most, seconds)


def stop(project: Project, asked: Asked) -> Answer:
    """Stop a scheduled or running campaign; stopping it twice is no failure. Reference: engagement 6."""
    _keep_pace(project, asked, project.behaviours.campaigns_per_second, 1)
    body = asked.document()
    with project.database() as db:
        campaign = _wanted(find_campaign(db, project, body.get("id")))
        if campaign.origin != API and not project.behaviours.dashboard_campaigns_stop:
            _wanted(None)
        if campaign.status == "completed":
            raise RefusedError("This target has already been completed")  # made up
        stop_campaign(db, project, campaign.id)
    return success()


def _wanted(campaign: Campaign | None) -> Campaign:
    if campaign is None:
        raise RefusedError("Invalid campaign id")
    return campaign


def listing(project: Project, asked: Asked) -> Answer:
    """List the campaigns whose start falls on these days. Reference: engagement 7."""
    body = asked.document()
    start, end = read_day(body.get("from")), read_day(body.get("to"))
    if start is None or end is None or start > end:
        raise RefusedError("Invalid date range")
    first, last = day_number(start) * DAY_FACTOR, day_number(end) * DAY_FACTOR + LAST_SECOND
    with project.database() as db:
        campaigns = [each for each in all_campaigns(db, project) if first <= each.scheduled <= last]
    everywhere = project.behaviours.dashboard_campaigns_listed
    return success(targets=[_listed(each, project) for each in campaigns if everywhere or each.origin == API])


def _listed(campaign: Campaign, project: Project) -> dict[str, Any]:
    minute = str(campaign.scheduled // 100)
    as_number = project.behaviours.scheduled_on_as_number
    scheduled_on = int(minute) if as_number else f"{minute[:8]} {minute[8:10]}:{minute[10:]}"
    status = project.behaviours.future_status if campaign.status == "pending" else campaign.status
    return {"id": campaign.id, "name": campaign.name, "scheduled_on": scheduled_on, "status": status}


def result(project: Project, asked: Asked) -> Answer:
    """Report on a completed campaign. Reference: engagement 8."""
    _keep_pace(project, asked, project.behaviours.reports_per_minute, MINUTE)
    body = asked.document()
    with project.database() as db:
        campaign = _wanted(find_campaign(db, project, body.get("id")))
    if campaign.status != "completed":
        return _unfinished(project)
    told = {"sent": campaign.sent, "clicked": campaign.clicked}
    if project.behaviours.result_metadata:
        told |= {"delivered": campaign.sent, "viewed": campaign.viewed}
        return success(result={**told, "name": campaign.name, "channel": campaign.channel})
    return success(result=told)


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
