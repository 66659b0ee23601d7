"""Every tool over every transport in both protocol generations: the same answers, true to their schemas."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import anyio
import jsonschema
import pytest
from mcp import Client

from hosts import GENERATIONS, TRANSPORTS, attached, says_yes

SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
PUSH = {
    "name": "Win-back",
    "target_mode": "push",
    "where": SHOP,
    "devices": ["android"],
    "content": {"title": "Hi", "body": "Back soon?", "platform_specific": {"android": {"wzrk_cid": "offers"}}},
}
Answers = dict[str, dict[str, Any]]


async def use_every_tool(host: Client) -> Answers:
    """Call each tool once with a purpose; the campaign that is launched is also reported and another one stopped."""
    answers: Answers = {}

    async def call(tool: str, **arguments: object) -> dict[str, Any]:
        answer = await host.call_tool(f"clevertap_{tool}", arguments)
        assert not answer.is_error, (tool, answer.content)
        answers[f"clevertap_{tool}"] = dict(answer.structured_content or {})
        return answers[f"clevertap_{tool}"]

    await call("upload_user_profiles", profiles=[{"identity": "n-1", "profileData": {"Email": "n@example.org"}}])
    await call("upload_events", events=[{"identity": "n-1", "evtName": "Seen", "ts": 1700000000, "evtData": {"n": 1}}])
    await call("upload_device_tokens", tokens=[{"objectId": "__n1", "tokenData": {"id": "t-1", "type": "fcm"}}])
    people = await call("get_user_profiles", **SHOP, batch_size=46)
    await call("get_user_profiles_by_cursor", cursor=people["next_cursor"])
    events = await call("get_events", **SHOP, batch_size=46)
    await call("get_events_by_cursor", cursor=events["next_cursor"])
    await call("get_profile_count", **SHOP)
    await call("get_event_count", **SHOP)
    await call("real_time_user_count", user_type=True, os=True)
    scheduled = await call("create_campaign", **PUSH, when="2030-01-01 09:00")
    await call("stop_campaign", id=scheduled["id"])
    await call("create_campaign", **PUSH, when="now")
    await call("get_campaigns", **{"from": "2030-01-01", "to": "2030-01-01"})
    await call("get_campaign_report", id=answers["clevertap_create_campaign"]["id"])
    await call("get_user_profile", identity="0003")
    await call("request", method="GET", path="/1/profile.json", query=[{"name": "identity", "value": "0002"}])
    await call("delete_user_profile", identity=["n-1"])
    return answers


def comparable(answers: Answers) -> str:
    """The answers without what differs from run to run: ids, handles, pseudonyms and times of today."""
    text = repr(answers)
    text = re.sub(r"'next_cursor': '[^']+'", "'next_cursor': …", text)
    text = re.sub(r"'id': \d+", "'id': …", text)
    text = re.sub(r"person_[a-z2-7]+", "person_…", text)
    return re.sub(r"'last_processed': '[^']+'", "'last_processed': …", text)


async def answers_over(transport: str, generation: str) -> tuple[Answers, dict[str, dict[str, Any]]]:
    """What a host gets, and the output schemas it was promised."""
    async with attached(transport, generation, person=says_yes) as host:
        tools = (await host.list_tools()).tools
        return await use_every_tool(host), {tool.name: tool.output_schema or {} for tool in tools}


@cache
def over_stdio() -> str:
    """The answers that all others are compared with."""
    answers, _ = anyio.run(answers_over, "stdio", "2026-07-28")
    return comparable(answers)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_tool_answers_alike_and_as_its_output_schema_says(transport: str, generation: str) -> None:
    answers, schemas = anyio.run(answers_over, transport, generation)
    assert answers.keys() == schemas.keys()
    for tool, answer in answers.items():
        jsonschema.Draft202012Validator(schemas[tool]).validate(answer)
    assert comparable(answers) == over_stdio()
