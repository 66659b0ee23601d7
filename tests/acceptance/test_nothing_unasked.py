"""Nothing is sent or destroyed on an account whose operator has not allowed it, whichever way it is asked for."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from hosts import COMMAND, TRANSPORTS, account_variables, attached, working

pytestmark = pytest.mark.anyio

CAMPAIGN = {"name": "x", "target_mode": "sms", "where": {}, "content": {"body": "Hi"}, "when": "now"}
SENDS: list[tuple[str, dict[str, Any]]] = [
    ("create_campaign", CAMPAIGN),
    ("upload_user_profiles", {"profiles": [{"identity": "c-1", "profileData": {"MSG-dndEmail": False}}]}),
    ("request", {"method": "POST", "path": "/1/upload", "raw_body": "{}", "content_type": "application/json"}),
    ("request", {"method": "POST", "path": "/1/targets/create.json", "body": CAMPAIGN}),
    ("request", {"method": "POST", "path": "/1/send/push.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/send/externaltrigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/2/send/externaltrigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/targets/trigger.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/subscribe", "body": {"d": [{"status": "Resubscribe"}]}}),
]
DESTRUCTIONS: list[tuple[str, dict[str, Any]]] = [
    ("stop_campaign", {"id": 1}),
    ("delete_user_profile", {"identity": ["0001"]}),
    ("request", {"method": "POST", "path": "/1/targets/stop.json", "body": {"id": 1}}),
    ("request", {"method": "POST", "path": "/1/delete/profiles.json", "body": {"identity": "0001"}}),
    ("request", {"method": "POST", "path": "/1/demerge/profiles.json", "body": {}}),
    ("request", {"method": "POST", "path": "/1/deleteVars", "body": {}}),
    ("request", {"method": "GET", "path": "/1/nobody/knows.json"}),
    ("request", {"method": "DELETE", "path": "/1/profile.json"}),
    ("request", {"method": "POST", "path": "/1/counts/profiles.json/", "body": {}}),
    ("request", {"method": "PUT", "path": "/v2/catalogs/{id}", "path_params": {"id": "1"}, "body": {}}),
]


@pytest.mark.parametrize("generation", ["2026-07-28", "2025-11-25"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_no_send_and_no_destruction_reaches_an_account_by_default(transport: str, generation: str) -> None:
    with Sandbox() as account, serving(account) as url:
        async with attached(transport, generation, env=account_variables(url)) as host:
            for tool, arguments in SENDS + DESTRUCTIONS:
                answer = await host.call_tool(f"clevertap_{tool}", arguments)
                error = (answer.structured_content or {})["error"]
                assert answer.is_error, (tool, arguments)
                assert error["code"] == "not_allowed"
                assert error["changed"] == "no"
                assert "CLEVERTAP_ALLOW" in error["next"]
        assert account.requests == []


async def test_what_the_operator_allowed_happens_and_nothing_else() -> None:
    with Sandbox() as account, serving(account) as url:
        async with working(url, CLEVERTAP_ALLOW="send") as host:
            assert not (await host.call_tool("clevertap_create_campaign", CAMPAIGN)).is_error
            assert (await host.call_tool("clevertap_stop_campaign", {"id": 1})).is_error
        assert [request.path for request in account.requests] == ["/1/targets/create.json"]


async def test_an_estimate_is_only_a_read_and_needs_no_permission() -> None:
    estimate = {**CAMPAIGN, "estimate_only": True}
    with Sandbox() as account, serving(account) as url:
        async with working(url) as host:
            assert not (await host.call_tool("clevertap_create_campaign", estimate)).is_error
            request = {"method": "POST", "path": "/1/targets/create.json", "body": estimate}
            assert not (await host.call_tool("clevertap_request", request)).is_error
            raw = {**request, "raw_body": json.dumps(estimate), "content_type": "application/json"}
            del raw["body"]
            assert (await host.call_tool("clevertap_request", raw)).is_error


def test_the_command_line_refuses_the_same() -> None:
    with Sandbox() as account, serving(account) as url:
        env = account_variables(url)
        for command in (
            ["run", "delete-user-profile", "--input", '{"identity": ["0001"]}'],
            ["request", "/1/delete/profiles.json", "-d", '{"identity": "0001"}'],
        ):
            done = subprocess.run([COMMAND, *command], env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 1
            assert "CLEVERTAP_ALLOW" in done.stderr
        assert account.requests == []
