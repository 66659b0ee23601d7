"""Templates of SMS and e-mail. Reference: engagement 14.2 and 14.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contract.conftest import Door, MakeDoor

SMS, EMAILS = "/1/update/templateIds.json", "/v1/email/templates/localise"
LISTED = {
    "templateId", "templateName", "subType", "path", "createdBy", "createdAt", "updatedBy", "updatedAt", "labels",
}  # fmt: skip
DATA = {"subType", "body", "ampBody", "senderDetail"}
SENDER = {
    "fromName", "fromEmail", "replyToName", "replyToEmail", "subject", "plainText", "preheader", "ccEmails",
    "bccEmails",
}  # fmt: skip


def test_campaigns_are_tied_to_templates(door: Door) -> None:
    campaign = {"name": "Slot", "target_mode": "sms", "where": {}, "content": {"body": "6pm"}, "when": "now"}
    number = door.gets("POST", "/1/targets/create.json", campaign)["id"]
    assert door.gets("POST", SMS, [{"campaign_id": number, "template_id": "45563341"}]) == {"status": "success"}


@pytest.mark.parametrize("number", [1761034501, "1761034501", None])
def test_a_campaign_that_does_not_exist_is_tied_to_nothing(door: Door, number: Any) -> None:
    refused = door.ask("POST", SMS, [{"campaign_id": number, "template_id": "45563341"}])
    assert refused == (400, {"status": "fail", "error": "Invalid campaign id", "code": 400})


@pytest.mark.parametrize("body", [{}, {"d": []}, [1], b"["])
def test_the_body_is_a_bare_list(door: Door, body: Any) -> None:
    assert door.ask("POST", SMS, body)[0] == 400


@pytest.mark.parametrize("path", [EMAILS, f"{EMAILS}/"])
def test_email_templates_are_listed_page_by_page(door: Door, path: str) -> None:
    page = door.gets("GET", f"{path}?pageNumber=2&pageSize=1")
    assert (page["total"], page["pageNumber"], page["pageSize"], len(page["templates"])) == (2, 2, 1, 1)
    assert set(page["templates"][0]) == LISTED
    assert door.gets("GET", f"{path}?pageNumber=3&pageSize=1")["templates"] == []


def test_an_email_template_is_told_with_its_sender(door: Door) -> None:
    number = door.gets("GET", f"{EMAILS}/")["templates"][0]["templateId"]
    found = door.gets("GET", f"{EMAILS}?templateId={number}")
    assert found["templateId"] == number
    assert set(found) >= {"templateName", "description", "path", "templateData", "labels", "createdAt", "locale"}
    assert set(found["templateData"]) == DATA
    assert set(found["templateData"]["senderDetail"]) == SENDER


def test_a_template_or_page_that_does_not_exist_is_refused(door: Door) -> None:
    assert door.ask("GET", f"{EMAILS}?templateId=1")[0] == 404
    assert door.ask("GET", f"{EMAILS}/?pageNumber=x")[0] == 400


def test_email_templates_may_be_for_partners_only(make_door: MakeDoor) -> None:
    door = make_door(email_templates_open=False)
    assert door.ask("GET", f"{EMAILS}/")[0] == 403
