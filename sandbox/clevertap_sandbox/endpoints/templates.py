"""Templates: ids of SMS templates (India's DLT), and the e-mail templates that partners translate.

E-mail templates are made in the dashboard, so here are two samples. Reference: engagement 14.2 and 14.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clevertap_sandbox.answers import Answer, RefusedError, answer, success
from clevertap_sandbox.state.sends import is_campaign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_sandbox.project import Asked, Project

STAMP = "2026-01-15T09:30:00.000Z"
AUTHOR = "author@example.org"
NAMES = {1761030001: "Welcome", 1761030002: "Win-back"}
"""The samples."""
PAGE_SIZE = 10


def map_sms(project: Project, asked: Asked) -> Answer:
    """Tie campaigns to registered SMS templates, all or none. Reference: engagement 14.3."""
    pairs = asked.value()
    if not isinstance(pairs, list) or not all(isinstance(each, dict) for each in pairs):
        raise RefusedError("Malformed JSON")
    with project.database() as db:
        for pair in pairs:
            campaign, template = pair.get("campaign_id"), pair.get("template_id")
            if not is_campaign(db, campaign):
                raise RefusedError("Invalid campaign id")
            if not isinstance(template, str) or not template:
                raise RefusedError("Invalid template id")  # made up
            db.execute("INSERT OR REPLACE INTO sms_templates (campaign, template) VALUES (?, ?)", (campaign, template))
    return success()


def emails(project: Project, asked: Asked) -> Answer:
    """List the e-mail templates, or tell one. Reference: engagement 14.2."""
    if not project.behaviours.email_templates_open:
        raise RefusedError("Forbidden", 403)  # made up
    if "templateId" in asked.query:
        return _one(asked.query["templateId"])
    number, size = _natural(asked.query, "pageNumber", 1), _natural(asked.query, "pageSize", PAGE_SIZE)
    ids = list(NAMES)[(number - 1) * size : number * size]
    rows = [{**_heading(each), "subType": "HTML"} for each in ids]
    return answer({"templates": rows, "total": len(NAMES), "pageNumber": number, "pageSize": size})


def _one(wanted: str) -> Answer:
    number = next((each for each in NAMES if str(each) == wanted), None)
    if number is None:
        raise RefusedError("Template not found", 404)  # made up
    sender = {
        "fromName": "The shop",
        "fromEmail": "shop@example.org",
        "replyToName": "",
        "replyToEmail": "",
        "subject": NAMES[number],
        "plainText": "",
        "preheader": "",
        "ccEmails": [],
        "bccEmails": [],
    }
    data = {"subType": "HTML", "body": f"<p>{NAMES[number]}</p>", "ampBody": "", "senderDetail": sender}
    return answer({**_heading(number), "description": "", "templateData": data, "locale": "en"})


def _heading(number: int) -> dict[str, Any]:
    made = {"createdBy": AUTHOR, "createdAt": STAMP, "updatedBy": AUTHOR, "updatedAt": STAMP}
    return {"templateId": number, "templateName": NAMES[number], "path": "/", "labels": [], **made}


def _natural(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise RefusedError(f"Invalid {name}")  # made up
    return int(text)
