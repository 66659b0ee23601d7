"""One call of every action that is off unless chosen, with a person wherever an argument takes words.

Tests that search all that a process emits make these calls beside their own. Order matters: a call may need what an
earlier one made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Calls = list[tuple[str, dict[str, Any]]]


def further_calls(person: Mapping[str, Any]) -> Calls:
    """The calls.

    Args:
        person: Somebody by `identity`, `Email`, `Phone` and `Name`.
    """
    return [
        *of_people(person),
        *of_insights(person),
        *of_messaging(person),
        *of_audiences(person),
        *of_content(person),
        *of_data(person),
    ]


def data_folder(folder: Path, person: Mapping[str, Any]) -> Path:
    """A data folder with the files that the calls import, of which somebody stands in each line."""
    folder.mkdir()
    titles, cells = ",".join(person), ",".join(map(str, person.values()))
    (folder / "people.csv").write_text(f"{titles}\n{cells}\n{',' * (len(person) - 1)}\n", encoding="utf-8")
    erasing = {"type": "delete", "userId": person["identity"], "messageId": person["Email"]}
    (folder / "calls.jsonl").write_text(json.dumps(erasing) + "\n", encoding="utf-8")
    return folder


def of_people(person: Mapping[str, Any]) -> Calls:
    """Lifecycle and subscription."""
    email = {"type": "email", "value": person["Email"]}
    phone = {"type": "phone", "value": person["Phone"]}
    return [
        (
            "set_subscription",
            {"subscriptions": [{**email, "status": "Unsubscribe"}, {**phone, "status": "Resubscribe"}]},
        ),
        ("disassociate_phone", {"phones": [person["Phone"]]}),
        ("demerge_user_profiles", {"identities": [person["identity"]]}),
    ]


def of_insights(person: Mapping[str, Any]) -> Calls:
    """Trends, top values, message reports, schema."""
    email, phone = person["Email"], person["Phone"]
    days = {"from": "2026-01-01", "to": "2026-01-31"}
    trends = {"groups": [{"trend_type": "daily", "label": email}, {"trend_type": "monthly", "label": phone}]}
    names = ("Email", "Phone", "Name")
    fields = [{"property_type": "profile_fields", "name": name, "label": email + name} for name in names]
    ages = {"from": "2000-01-01", "to": "2099-12-31"}
    return [
        ("get_event_trends", {"event_name": "Charged", **days, **trends, "sum_event_prop": email}),
        ("get_event_trends", {"event_name": email, **days, **trends}),
        *(
            ("get_top_property_counts", {"event_name": event, **ages, "groups": [field]})
            for event in ("Charged", "Wrote")
            for field in fields
        ),
        (
            "get_top_property_counts",
            {"event_name": phone, **days, "groups": [{"property_type": "event_properties", "name": email}]},
        ),
        ("get_message_reports", {**days, "label": [email, phone], "daily": True}),
        ("get_schema", {"contains": email}),
    ]


def of_messaging(person: Mapping[str, Any]) -> Calls:
    """Sends and triggers."""
    to = {"identity": [person["identity"]], "email": [person["Email"]]}
    text = f"{person['identity']} {person['Email']} {person['Phone']}"
    mail = {"subject": text, "body": text, "sender_name": person["Email"]}
    trigger = {"campaign_id": "1761000042", "to": to, "ExternalTrigger": {"Note": text}}
    # Whom a bulletin reaches stands in no argument, so a person can only be recognised there by an address.
    bulletin = {"business_event": person["Email"], "name": person["Phone"], "properties": {"Note": person["Email"]}}
    return [
        ("send_message", {"channel": "email", "to": to, "content": mail, "tag_group": person["Email"]}),
        ("trigger_campaign", {"triggers": [trigger]}),
        ("trigger_campaign", {"triggers": [trigger, {**trigger, "campaign_id": "1761000043"}]}),
        ("trigger_bulletin", {**bulletin, "c-by": person["Email"]}),
        ("get_subscription_groups", {}),
    ]


def of_audiences(person: Mapping[str, Any]) -> Calls:
    """Custom lists and segments."""
    identity, email, text = person["identity"], person["Email"], f"{person['Email']} {person['Phone']}"
    owner = {"name": text, "email": email, "creator": text}
    moves = [{"customer_segment_id": email, "action": "ADD"}, {"ct_segment_id": email, "action": "REMOVE"}]
    return [
        ("upload_custom_list", {**owner, "identity": [identity, email], "guid": [identity], "filename": text}),
        ("upload_custom_list", {**owner, "identity": [identity], "replace": True}),
        ("create_segments", {"segments": [{"segment_name": text, "customer_segment_id": email}]}),
        ("update_segments", {"identity": [identity], "guid": [email], "segments": moves}),
        ("update_segments", {"identity": [identity], "segments": moves[:1]}),
    ]


def of_content(person: Mapping[str, Any]) -> Calls:
    """Catalogues, content blocks, variables."""
    # These tell of things, not of people, so a person can only be recognised there by an address.
    email, text = person["Email"], f"{person['Email']} {person['Phone']}"
    catalog, product = {"catalogId": 501}, {"identity": email, "name": text, "imageUrl": email}
    item = {"Identity": email, "Name": text, "ImageURL": email, email: text}
    return [
        ("upload_catalog", {"name": text, "email": email, "creator": text, "rows": [item]}),
        ("upload_catalog", {"name": text, "email": email, "creator": text, "rows": [item, item], "replace": True}),
        (
            "create_catalog",
            {
                "catalogName": text,
                "catalogSchema": [{"name": email, "type": "string"}],
                "fieldMappings": {email: email},
                "description": text,
                "createdBy": email,
            },
        ),
        ("list_catalogs", {"search": email}),
        ("get_catalog", {"id": 501}),
        ("upsert_catalog_products", {**catalog, "products": [{**product, "attributes": {email: text}}]}),
        ("upsert_catalog_products", {**catalog, "products": [product], "mode": "update"}),
        ("delete_catalog_product", {**catalog, "productId": email}),
        ("update_catalog", {"id": 501, "catalogName": text, "description": email, "updatedBy": email}),
        ("delete_catalog", {"id": 501, "deletedBy": email}),
        ("create_content_block", {"type": "HTML", "name": "Footer", "content": text, "createdBy": email}),
        ("update_content_block", {"id": 172594000000001, "content": text, "updatedBy": email}),
        ("get_content_block", {"id": 172594000000001}),
        ("list_content_blocks", {}),
        (
            "create_variables",
            {"variableDefinitions": {email: {"type": "string", "defaultValue": text, "description": text}}},
        ),
        ("get_variables", {"identity": person["identity"], "includeDefaults": True}),
        ("delete_variables", {"variableNames": [email]}),
    ]


def of_data(person: Mapping[str, Any]) -> Calls:
    """Imports, exports, jobs and questions; those of files want a `data_folder`."""
    email, people, days = person["Email"], {"file": "people.csv", "kind": "people"}, {"from": "-1d", "to": "today"}
    event = {"event_name": "Wrote", **days}
    return [
        ("import_file", {**people, "preview": True}),
        ("import_file", people),
        ("import_file", {**people, "file": email}),
        ("import_file", {"file": "calls.jsonl", "kind": "segment", "deletions": True}),
        ("export_events", {"event_names": ["Wrote", email], **days, "profile": True}),
        ("export_profiles", event),
        ("list_jobs", {}),
        *((tool, {"id": email}) for tool in ("get_job", "cancel_job", "resume_job")),
        ("query_data", {}),
        ("query_data", {"sql": "SELECT * FROM people"}),
        ("query_data", {"sql": f'TABLE "{email}"'}),
        ("get_funnel", {"steps": ["Wrote", email], "from": "2026-01-01", "to": "2099-01-01"}),
        ("get_retention", {**event, "event_name": email, "from": "2026-01-01", "to": "2099-01-01"}),
        ("compare_periods", {**event, "before_from": email, "before_to": "today"}),
        ("get_revenue", {**event, "by": email, "from": "2026-01-01", "to": "2099-01-01"}),
    ]
