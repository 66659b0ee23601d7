"""Nothing is sent or destroyed without a person's yes, whichever way it is asked for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp.types import CallToolResult

from calls import data_folder
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.actions import CATALOGUE
from hosts import COMMAND, account_variables, attached, each_way, working

pytestmark = pytest.mark.anyio

CAMPAIGN = {"name": "x", "target_mode": "email", "where": {}, "when": "now"} | {
    "content": {"subject": "Hi", "body": "Hi", "sender_name": "x"}
}
LIFT = {"identity": "c-1", "profileData": {"MSG-dndEmail": False}}
TO = {"identity": ["0001"]}
MAIL = {"subject": "Hi", "body": "Hi", "sender_name": "x"}
BULLETIN = {"business_event": "x", "name": "x", "properties": {}, "c-by": "a@example.org"}
RESUBSCRIBE = {"type": "email", "value": "a@example.org", "status": "Resubscribe"}
SENDS: list[tuple[str, dict[str, Any]]] = [
    ("send_message", {"channel": "email", "to": TO, "content": MAIL}),
    ("trigger_campaign", {"triggers": [{"campaign_id": "1", "to": TO}]}),
    ("trigger_bulletin", BULLETIN),
    ("set_subscription", {"subscriptions": [RESUBSCRIBE]}),
    ("create_campaign", CAMPAIGN),
    ("upload_user_profiles", {"profiles": [LIFT]}),
    ("request", {"method": "POST", "path": "/1/upload", "body": {"d": [{"type": "profile", **LIFT}]}}),
    ("request", {"method": "POST", "path": "/1/upload", "raw_body": "{}", "content_type": "application/json"}),
    ("request", {"method": "POST", "path": "/1/targets/create.json", "body": CAMPAIGN}),
    ("request", {"method": "POST", "path": "/1/send/push.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/email.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/sms.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/webpush.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/whatsapp.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/externaltrigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/2/send/externaltrigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/targets/trigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/subscribe", "body": {"d": [{"status": "Resubscribe"}]}}),
]
OWNER = {"name": "x", "email": "a@example.org", "creator": "x", "replace": True}
ITEM = {"Identity": "p-1", "Name": "Mug", "ImageURL": "https://x.example/1.png"}
DESTRUCTIONS: list[tuple[str, dict[str, Any]]] = [
    ("upload_custom_list", {**OWNER, "identity": ["0001"]}),
    ("upload_catalog", {**OWNER, "rows": [ITEM]}),
    ("update_segments", {"identity": ["0001"], "segments": [{"ct_segment_id": 1, "action": "REMOVE"}]}),
    ("stop_campaign", {"id": 1}),
    ("delete_user_profile", {"identity": ["0001"]}),
    ("demerge_user_profiles", {"identities": ["0001"]}),
    ("disassociate_phone", {"phones": ["+34911222333"]}),
    ("update_catalog", {"id": 1, "description": "x", "updatedBy": "x@example.org"}),
    ("delete_catalog", {"id": 1, "deletedBy": "a@example.org"}),
    ("upsert_catalog_products", {"catalogId": 1, "products": [{"identity": "SKU-1"}], "mode": "update"}),
    ("delete_catalog_product", {"catalogId": 1, "productId": "SKU-1"}),
    ("delete_variables", {"deleteAllVars": True}),
    ("import_file", {"file": "calls.jsonl", "kind": "segment", "deletions": True}),
    ("request", {"method": "POST", "path": "/1/targets/stop.json", "body": {"id": 1}}),
    ("request", {"method": "POST", "path": "/1/delete/profiles.json", "body": {"identity": "0001"}}),
    ("request", {"method": "POST", "path": "/1/demerge/profiles.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/disassociate", "body": {}}),
    ("request", {"method": "POST", "path": "/1/deleteVars", "body": {}}),
    ("request", {"method": "POST", "path": "/upload_catalog_completed", "body": {"replace": True}}),
    ("request", {"method": "GET", "path": "/1/nobody/knows.json"}),
    ("request", {"method": "DELETE", "path": "/1/profile.json"}),
    ("request", {"method": "POST", "path": "/1/counts/profiles.json/", "body": {}}),
    ("request", {"method": "PUT", "path": "/v2/catalogs/{id}", "path_params": {"id": "1"}, "body": {}}),
]
ENOUGH_FOR_A_PLAN = 100
"""People that a send may reach for a plan to do where nobody can be asked (`CLEVERTAP_CONFIRM=auto`)."""
ESTIMATE = {**CAMPAIGN, "estimate_only": True}


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A data folder with a file whose import erases somebody."""
    return str(data_folder(tmp_path / "data", {"identity": "0001", "Email": "a@example.org"}))


def harmful(account: Sandbox) -> list[str]:
    """The requests that reached an account and did more than read."""
    return [
        f"{request.method} {request.path}"
        for request in account.requests
        if not (request.path == "/1/targets/create.json" and json.loads(request.body).get("estimate_only") is True)
        and request.path != "/1/targets/list.json"
        and not (request.method == "GET" and request.path.startswith("/v2/catalogs/"))
    ]


def test_every_action_that_may_send_or_destroy_is_tried() -> None:
    tried = {tool.replace("_", "-") for tool, _ in SENDS + DESTRUCTIONS}
    assert tried >= {key for key, action in CATALOGUE.items() if any(effect.guarded for effect in action.effects)}
    assert tried >= {key for key, action in CATALOGUE.items() if action.preview is not None}


def check_nothing_done(answer: CallToolResult, confirm: str, call: object) -> None:
    """An answer where nobody can be asked is a refusal, or a plan where one is enough."""
    told = answer.structured_content or {}
    if "plan" in told:
        assert confirm == "plan" or (confirm == "auto" and told["reach"] <= ENOUGH_FOR_A_PLAN)
        assert not answer.is_error
        assert "Nothing has been done yet" in told["next"]
    else:
        assert answer.is_error, call
        assert told["error"]["code"] in ("not_confirmed", "refused_by_clevertap")
        assert told["error"]["changed"] == "no"


@pytest.mark.parametrize("confirm", ["auto", "ask", "plan"])
@each_way
async def test_a_host_that_cannot_ask_does_nothing_harmful(
    transport: str, generation: str, confirm: str, data: str
) -> None:
    with Sandbox() as account, serving(account) as url:
        env = account_variables(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM=confirm, CLEVERTAP_DATA_DIR=data)
        async with attached(transport, generation, env=env) as host:
            for tool, arguments in SENDS + DESTRUCTIONS:
                answer = await host.call_tool(f"clevertap_{tool}", arguments)
                check_nothing_done(answer, confirm, (tool, arguments))
        assert harmful(account) == []


@pytest.mark.parametrize("confirm", ["auto", "ask", "plan"])
async def test_running_an_action_by_its_key_does_nothing_harmful_either(confirm: str, data: str) -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(
            url, CLEVERTAP_TOOLSETS="search", CLEVERTAP_CONFIRM=confirm, CLEVERTAP_DATA_DIR=data
        ) as host:
            for key, arguments in SENDS + DESTRUCTIONS:
                answer = await host.call_tool("clevertap_run_action", {"key": key, "arguments": arguments})
                check_nothing_done(answer, confirm, (key, arguments))
        assert harmful(account) == []


@pytest.mark.parametrize("access", ["read", "write"])
async def test_running_an_action_by_its_key_stays_within_the_access(access: str) -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TOOLSETS="search", CLEVERTAP_ACCESS=access, CLEVERTAP_CONFIRM="off") as host:
            for key, arguments in SENDS + DESTRUCTIONS:
                answer = await host.call_tool("clevertap_run_action", {"key": key, "arguments": arguments})
                assert answer.is_error
                error = (answer.structured_content or {})["error"]
                assert error["code"] in ("not_allowed", "invalid_arguments")
        assert account.requests == []


@pytest.mark.parametrize("access", ["read", "write"])
async def test_an_access_below_send_lets_nothing_through_whoever_says_yes(access: str) -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_ACCESS=access, CLEVERTAP_CONFIRM="off") as host:
            listed = {tool.name for tool in (await host.list_tools()).tools}
            for tool, arguments in SENDS + DESTRUCTIONS:
                if f"clevertap_{tool}" not in listed:
                    with pytest.raises(MCPError, match="Unknown tool"):
                        await host.call_tool(f"clevertap_{tool}", arguments)
                    continue
                answer = await host.call_tool(f"clevertap_{tool}", arguments)
                assert answer.is_error
                error = (answer.structured_content or {})["error"]
                assert error["code"] == "not_allowed"
                assert "CLEVERTAP_ACCESS" in error["next"]
        assert account.requests == []


async def test_an_access_of_send_lets_nothing_be_destroyed() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_ACCESS="send", CLEVERTAP_CONFIRM="off") as host:
            listed = {tool.name for tool in (await host.list_tools()).tools}
            assert not {"clevertap_stop_campaign", "clevertap_delete_user_profile"} & listed
            for tool, arguments in DESTRUCTIONS:
                if f"clevertap_{tool}" in listed:
                    assert (await host.call_tool(f"clevertap_{tool}", arguments)).is_error
                else:
                    with pytest.raises(MCPError, match="Unknown tool"):
                        await host.call_tool(f"clevertap_{tool}", arguments)
            assert account.requests == []
            assert not (await host.call_tool("clevertap_create_campaign", CAMPAIGN)).is_error


async def test_what_the_operator_lets_happen_unasked_happens() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM="off") as host:
            made = await host.call_tool("clevertap_create_campaign", {**CAMPAIGN, "when": "2030-01-01 09:00"})
            stopped = await host.call_tool("clevertap_stop_campaign", {"id": (made.structured_content or {})["id"]})
            assert not made.is_error
            assert not stopped.is_error
        assert harmful(account) == ["POST /1/targets/create.json", "POST /1/targets/stop.json"]


async def test_an_estimate_is_only_a_read_and_needs_no_yes() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_ACCESS="read", CLEVERTAP_CONFIRM="ask") as host:
            assert not (await host.call_tool("clevertap_create_campaign", ESTIMATE)).is_error
            request = {"method": "POST", "path": "/1/targets/create.json", "body": ESTIMATE}
            assert not (await host.call_tool("clevertap_request", request)).is_error
            raw = {**request, "raw_body": json.dumps(ESTIMATE), "content_type": "application/json"}
            del raw["body"]
            assert (await host.call_tool("clevertap_request", raw)).is_error


@pytest.mark.parametrize("confirm", ["auto", "ask", "plan"])
def test_the_command_line_does_nothing_harmful_where_nobody_can_be_asked(confirm: str) -> None:
    with Sandbox() as account, serving(account) as url:
        env = account_variables(url, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM=confirm)
        for command in (
            ["run", "delete-user-profile", "--input", '{"identity": ["0001"]}'],
            ["run", "create-campaign", "--input", json.dumps(CAMPAIGN)],
            ["request", "/1/delete/profiles.json", "-d", '{"identity": "0001"}'],
        ):
            done = subprocess.run(
                [COMMAND, *command], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            assert done.returncode == 1
            assert "CLEVERTAP_CONFIRM=off" in done.stderr
        assert harmful(account) == []
