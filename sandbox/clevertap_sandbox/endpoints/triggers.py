"""What starts a campaign that was made in the dashboard: external triggers and bulletins.

The dashboard is not here, so every id and every business event exists unless the behaviours name some.
Reference: engagement 5 and 15.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, success
from clevertap_sandbox.endpoints.receivers import OF_TRIGGERS, receivers
from clevertap_sandbox.endpoints.sends import QUEUED
from clevertap_sandbox.fields import filled
from clevertap_sandbox.state.sends import keep, known

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project
    from clevertap_sandbox.state.people import Handle

TRIGGER, BULLETIN = "externaltrigger", "bulletin"
MOST_CAMPAIGNS = 5
LONGEST_WORD = 120
LONGEST_VALUE = 512
MALFORMED = "Invalid payload"  # made up, like every text here but the two on campaigns and events that do not exist


def trigger(project: Project, asked: Asked) -> Answer:
    """Start one campaign for named users."""
    return _started(project, [asked.document()])


def trigger_several(project: Project, asked: Asked) -> Answer:
    """Start up to five campaigns, all or none, each for users of its own."""
    if project.behaviours.trigger_needs_token and asked.headers.get("x-clevertap-token") != project.account_token:
        raise RefusedError("Invalid Credentials", 401)
    return _started(project, _entries(asked.document(), project.behaviours.trigger_form))


def _entries(body: dict[str, Any], form: str) -> list[dict[str, Any]]:
    """Read either body: one entry for each campaign, or several campaigns for the same users."""
    entries, campaigns = body.get("d"), body.get("campaign_id_list")
    if campaigns is not None and form != "d":
        given = campaigns if isinstance(campaigns, list) else []
        entries = [{**body, "campaign_id": str(number)} for number in given]
    elif form == "campaign_id_list":
        entries = None
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise RefusedError(MALFORMED)
    if len(entries) > MOST_CAMPAIGNS:
        raise RefusedError(f"Cannot have more than {MOST_CAMPAIGNS} campaigns in a request")
    return entries


def _started(project: Project, entries: list[dict[str, Any]]) -> Answer:
    checked = [(each, *_check(each, project)) for each in entries]
    with project.database() as db:
        for body, names, campaign in checked:
            keep(db, project.clock(), (TRIGGER, body), known(db, names), campaign)
    return success(message=QUEUED)


def _check(body: dict[str, Any], project: Project) -> tuple[list[Handle], int]:
    names = receivers(body, OF_TRIGGERS)
    number, existing = body.get("campaign_id"), project.behaviours.trigger_campaigns
    # An id is text here, while other endpoints take numbers.
    if not isinstance(number, str) or not re.fullmatch("[0-9]{1,18}", number):
        raise RefusedError("Invalid campaign id")
    if existing is not None and number not in existing:
        raise RefusedError("Invalid campaign id")
    if not isinstance(body.get("ExternalTrigger", {}), dict):
        raise RefusedError(MALFORMED)
    return names, int(number)


def bulletin(project: Project, asked: Asked) -> Answer:
    """Announce one instance of a business event to whoever is interested in it."""
    body = asked.document()
    event = filled(body, "business_event")
    for field in ("name", "c-by"):
        filled(body, field)
    _check_properties(body.get("properties"))
    when = body.get("when")
    if when != "now" and (isinstance(when, bool) or not isinstance(when, int)):
        raise RefusedError("Field when is not valid" if when else "Field when is empty")
    existing = project.behaviours.business_events
    if len(event) > LONGEST_WORD or (existing is not None and event not in existing):
        raise RefusedError("Business event not found")
    with project.database() as db:
        keep(db, project.clock(), (BULLETIN, body), set(), 0)
    return success()


def _check_properties(given: object) -> None:
    if not isinstance(given, dict):
        raise RefusedError("Field properties is empty")
    for key, value in given.items():
        if len(key) > LONGEST_WORD or not isinstance(value, str) or len(value.encode()) > LONGEST_VALUE:
            raise RefusedError("Field properties is not valid")
