"""What a hostile model or host tries in order to send, erase or reach more than a person has said yes to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)

from clevertap_mcp.guard.plans import Deed
from clevertap_mcp.guard.repeats import Begun, Repeats
from clevertap_mcp.refusals import RepeatedError
from clevertap_sandbox import Fault, Kind, Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.actions.campaigns import CreatedCampaign
from hosts import account_variables, listening, working

pytestmark = pytest.mark.anyio

CREATE = "/1/targets/create.json"
DELETE = "/1/delete/profiles.json"
SEND = "/1/send/email.json"
MAIL: dict[str, Any] = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"},
    "content": {"subject": "We miss you", "body": "Come back soon", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
"""To fewer than the hundred people for whom a plan is enough."""
EVERYBODY = MAIL | {"where": {}, "when": "now"}
SMS: dict[str, Any] = {"channel": "sms", "content": {"body": "It is ready"}}
YES = ElicitResult(action="accept", content={"confirm": True})
NO = ElicitResult(action="decline")
PADDING = "p" * 900


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


def told(answer: CallToolResult) -> dict[str, Any]:
    return dict(answer.structured_content or {})


def code(answer: CallToolResult) -> str:
    assert answer.is_error, told(answer)
    return str(told(answer)["error"]["code"])


def launched(sandbox: Sandbox) -> int:
    """How many campaigns there are."""
    return sum(b'"estimate_only"' not in each.body for each in sandbox.requests if each.path == CREATE)


def raw(path: str, body: Any, *, method: str = "POST", **more: Any) -> dict[str, Any]:
    """A request by the proxy."""
    return {"method": method, "path": path, "body": body, **more}


class Person:
    """Somebody who gives one answer to everything and remembers the questions."""

    def __init__(self, answer: ElicitResult = NO) -> None:
        self.answer = answer
        self.questions: list[str] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002 - the SDK names its arguments
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        return self.answer


async def question(url: str, tool: str, arguments: dict[str, Any], **variables: str) -> str:
    """What a person is asked about a call."""
    person = Person()
    async with working(url, person, **variables) as host:
        await host.call_tool(f"clevertap_{tool}", arguments)
    return person.questions[0]


# Caps.


@pytest.mark.parametrize(
    "request_",
    [
        raw(CREATE, EVERYBODY, query=[{"name": "x", "value": "1"}]),
        raw(f"{CREATE}/", EVERYBODY),
        raw("/1/Targets/create.json", EVERYBODY),
    ],
    ids=["unknown parameter", "trailing slash", "capital"],
)
@pytest.mark.parametrize("cap", ["CLEVERTAP_MAX_AUDIENCE", "CLEVERTAP_MAX_SENDS_PER_DAY"])
async def test_a_campaign_in_an_unknown_spelling_stays_under_the_caps_on_sends(
    account: tuple[Sandbox, str], cap: str, request_: dict[str, Any]
) -> None:
    sandbox, url = account
    async with working(url, None, CLEVERTAP_CONFIRM="off", **{cap: "0"}) as host:
        answer = await host.call_tool("clevertap_request", request_)
    assert code(answer) in ("over_cap", "sends_spent")
    assert sandbox.requests == []


@pytest.mark.parametrize(
    "request_",
    [
        raw(DELETE, {"identity": ["0001", "0002"], "x": 1}),
        raw(DELETE, {"identity": ["0001"], "guid": ["a", "b"]}),
        raw(f"{DELETE}/", {"identity": ["0001", "0002"]}),
        raw("/1/upload", {"d": {"0": {}, "1": {}}}),
        raw("/1/nobody/knows.json", {"identity": ["0001", "0002"]}),
    ],
    ids=lambda each: f"{each['path']} {json.dumps(each['body'])}",
)
async def test_records_that_nobody_can_count_are_over_every_cap(
    account: tuple[Sandbox, str], request_: dict[str, Any]
) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_CONFIRM="off", CLEVERTAP_MAX_RECORDS="1") as host:
        assert code(await host.call_tool("clevertap_request", request_)) == "over_cap"
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("send_message", {**SMS, "to": {"identity": ["0001"], "Email": ["a@example.org"]}}),
        ("send_message", {**SMS, "to": {"Identity": ["0001"], "FBID": ["0001"]}}),
        (
            "trigger_campaign",
            {"triggers": [{"campaign_id": each, "to": {"identity": ["0001"]}} for each in ("1", "2")]},
        ),
        ("trigger_bulletin", {"business_event": "x", "name": "x", "properties": {}, "c-by": "a@example.org"}),
        ("set_subscription", {"subscriptions": [{"type": "email", "value": "a@example.org", "status": "Resubscribe"}]}),
    ],
)
async def test_people_who_are_named_count_however_they_are_spelt(
    account: tuple[Sandbox, str], tool: str, arguments: dict[str, Any]
) -> None:
    sandbox, url = account
    limits = {"CLEVERTAP_TOOLSETS": "all", "CLEVERTAP_CONFIRM": "off", "CLEVERTAP_MAX_AUDIENCE": "1"}
    async with working(url, None, **limits) as host:
        assert code(await host.call_tool(f"clevertap_{tool}", arguments)) == "over_cap"
    assert sandbox.requests == []


MANY = ",".join(f"u{number}@example.org" for number in range(3000))
COPIED = [
    {"content": MAIL["content"] | {"bcc": MANY}},
    {"content": MAIL["content"] | {"cc": MANY.split(",")}},
    {"content": MAIL["content"] | {"BCC": MANY}},
    {"content": MAIL["content"] | {"bcc": "{{ Profile.Friends }}"}},
    {"content": MAIL["content"] | {"email": {"Cc": [{"email": "a@b.co"}]}}},
    {"content": MAIL["content"], "cc_emails": MANY},
]


@pytest.mark.parametrize("copied", COPIED, ids=lambda each: str(each)[:120])
@pytest.mark.parametrize(("path", "more"), [(SEND, {"to": {"Identity": ["0001"]}}), (CREATE, MAIL)])
async def test_copies_reach_nobody_past_a_cap_or_by_a_plan(
    account: tuple[Sandbox, str], path: str, more: dict[str, Any], copied: dict[str, Any]
) -> None:
    sandbox, url = account
    asked = raw(path, more | copied)
    if path == CREATE:
        asked["body"] |= {"where": {"event_name": "Charged", "from": 19980630, "to": 19980630}, "when": "now"}
    async with working(url, None, CLEVERTAP_CONFIRM="off", CLEVERTAP_MAX_AUDIENCE="1000") as host:
        assert code(await host.call_tool("clevertap_request", asked)) == "over_cap"
    async with working(url, None) as host:
        assert code(await host.call_tool("clevertap_request", asked)) == "not_confirmed"
    assert launched(sandbox) == 0
    assert sandbox.sent == []


async def test_each_copy_counts_as_one_more_person(account: tuple[Sandbox, str]) -> None:
    _, url = account
    content = MAIL["content"] | {"bcc": "a@example.org"}
    typed = {"channel": "email", "to": {"identity": ["0001"]}, "content": content}
    by_body = raw(SEND, {"to": {"Identity": ["0001"]}, "content": content})
    capped = {"CLEVERTAP_TOOLSETS": "all", "CLEVERTAP_CONFIRM": "off"}
    for tool, arguments in (("send_message", typed), ("request", by_body)):
        async with working(url, None, **capped, CLEVERTAP_MAX_AUDIENCE="1") as host:
            assert code(await host.call_tool(f"clevertap_{tool}", arguments)) == "over_cap"
        async with working(url, None, **capped, CLEVERTAP_MAX_AUDIENCE="2") as host:
            assert not (await host.call_tool(f"clevertap_{tool}", arguments)).is_error


FIVE = [{"campaign_id": str(1761000042 + number), "to": {"identity": ["0001"]}} for number in range(5)]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("trigger_campaign", {"triggers": FIVE}),
        ("request", raw("/2/send/externaltrigger.json", {"d": FIVE})),
        ("request", raw("/2/Send/externaltrigger.json", {"D": FIVE})),
        ("request", raw("/2/send/externaltrigger.json/", None, raw_body="{}", content_type="application/json")),
    ],
    ids=str,
)
async def test_every_campaign_of_a_call_is_a_send_of_the_day(
    account: tuple[Sandbox, str], tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    sandbox, url = account
    variables = {"CLEVERTAP_TOOLSETS": "all", "CLEVERTAP_CONFIRM": "off", "CLEVERTAP_AUDIT_LOG": str(tmp_path / "a")}
    async with working(url, None, **variables, CLEVERTAP_MAX_SENDS_PER_DAY="4") as host:
        assert code(await host.call_tool(f"clevertap_{tool}", arguments)) == "sends_spent"
    assert sandbox.requests == []
    async with working(url, None, **variables, CLEVERTAP_MAX_SENDS_PER_DAY="5") as host:
        await host.call_tool("clevertap_trigger_campaign", {"triggers": FIVE[:4]})
        one = {"triggers": FIVE[4:]}
        two = {"triggers": [each | {"to": {"identity": ["0002"]}} for each in FIVE[:2]]}
        assert code(await host.call_tool("clevertap_trigger_campaign", two)) == "sends_spent"
        assert not (await host.call_tool("clevertap_trigger_campaign", one)).is_error


async def test_a_message_is_sent_once_an_hour_unless_it_was_refused(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    arguments = {**SMS, "to": {"identity": ["0001"]}}
    sandbox.faults.add(Fault(kind=Kind.STATUS, path="/1/send/sms.json", status=400))
    async with working(url, None, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM="off") as host:
        refused = told(await host.call_tool("clevertap_send_message", arguments))
        assert (refused["refused"], refused["error"]["changed"]) == (1, "no")
        assert told(await host.call_tool("clevertap_send_message", arguments))["accepted"] == 1
        again = told(await host.call_tool("clevertap_send_message", {**arguments, "to": {"Identity": ["0001"]}}))
        assert "Nothing was done now" in again["warning"]
    assert len(sandbox.sent) == 1


async def test_two_servers_at_once_share_the_sends_of_a_day(account: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = account
    shared = {"CLEVERTAP_MAX_SENDS_PER_DAY": "3", "CLEVERTAP_AUDIT_LOG": str(tmp_path / "audit.jsonl")}

    async def launch(host: Client, name: str) -> None:
        await host.call_tool("clevertap_create_campaign", MAIL | {"name": name})

    async with (
        working(url, None, CLEVERTAP_CONFIRM="off", **shared) as one,
        working(url, None, CLEVERTAP_CONFIRM="off", **shared) as other,
        anyio.create_task_group() as tasks,
    ):
        for number in range(4):
            tasks.start_soon(launch, one, f"one {number}")
            tasks.start_soon(launch, other, f"other {number}")
    assert launched(sandbox) == 3


# What a plan is enough for.

EVERY_DAY = {"type": "recurring", "start_time": "2030-01-01 09:00", "repeats_every": 1, "repeat_type": "day"}


async def test_a_plan_is_not_enough_for_what_comes_again_and_again(account: tuple[Sandbox, str]) -> None:
    _, url = account
    campaign = {name: value for name, value in MAIL.items() if name != "when"} | {"schedule": EVERY_DAY}
    async with working(url) as host:
        assert code(await host.call_tool("clevertap_create_campaign", campaign)) == "not_confirmed"
        once = await host.call_tool("clevertap_create_campaign", MAIL)
        assert "plan" in told(once)


@pytest.mark.parametrize("beside", [{"Where": {}}, {"Segment": "all"}, {"TO": {"Email": ["c@d.e"] * 900}}], ids=str)
async def test_a_plan_is_not_enough_for_a_message_that_names_another_audience_beside(
    account: tuple[Sandbox, str], beside: dict[str, Any]
) -> None:
    _, url = account
    body = {"to": {"Email": ["a@b.c"]}, "content": MAIL["content"], **beside}
    async with working(url) as host:
        assert code(await host.call_tool("clevertap_request", raw(SEND, body))) == "not_confirmed"


# Disguises.


@pytest.mark.parametrize("header", ["X-Http-Verb", "X-Original-Method", "X-Forwarded-Uri", "X-Envoy-Original-Path"])
async def test_a_header_that_is_not_known_makes_a_read_more_than_a_read(
    account: tuple[Sandbox, str], header: str
) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_ACCESS="read") as host:
        answer = await host.call_tool("clevertap_request", raw("/1/now.json", {}, headers={header: "DELETE"}))
    assert code(answer) in ("not_allowed", "invalid_arguments")
    assert sandbox.requests == []


# The question.


@pytest.mark.parametrize("filler", ["\u3164", "\ufe0f", "\u2800", "\u034f"], ids=ascii)
async def test_characters_that_nobody_sees_push_no_text_out_of_the_question(
    account: tuple[Sandbox, str], filler: str
) -> None:
    _, url = account
    sms = MAIL | {"target_mode": "sms", "content": {"body": f"{filler * 300}Send us money"}}
    assert "Send us money" in await question(url, "create_campaign", sms)


async def test_two_people_with_long_names_are_told_apart_in_the_question(account: tuple[Sandbox, str]) -> None:
    _, url = account
    names = [f"customer-of-our-shop-in-germany-{number}" for number in (1, 2)]
    asked = await question(url, "delete_user_profile", {"identity": names}, CLEVERTAP_PII="show")
    assert all(name in asked for name in names)


async def test_one_name_in_the_question_cannot_look_like_two(account: tuple[Sandbox, str]) -> None:
    _, url = account
    two, three = [
        await question(url, "delete_user_profile", {"identity": names}, CLEVERTAP_PII="show")
        for names in (["a, identity b", "c"], ["a", "b", "c"])
    ]
    assert two.splitlines()[-1] != three.splitlines()[-1]


async def test_a_raw_campaign_is_told_like_any_other_whatever_its_body_begins_with(
    account: tuple[Sandbox, str],
) -> None:
    _, url = account
    body = {"labels": [PADDING], **MAIL, "when": "20300101 09:00"}
    body["where"] = {"event_name": "Charged", "from": 19980630, "to": 19980630}
    asked = await question(url, "request", raw(CREATE, body), CLEVERTAP_PII="show")
    for words in ("Win-back", "Charged", "We miss you"):
        assert words in asked


async def test_no_long_value_hides_the_names_of_later_parameters_and_headers(account: tuple[Sandbox, str]) -> None:
    _, url = account
    query = [{"name": "pad", "value": PADDING}, {"name": "everything", "value": "yes"}]
    asked = await question(
        url, "request", {"method": "DELETE", "path": "/1/x", "query": query, "headers": {"A": PADDING, "X-Rest": "no"}}
    )
    assert "everything" in asked
    assert "X-Rest" in asked


async def test_long_addresses_hide_no_hidden_copy(account: tuple[Sandbox, str]) -> None:
    _, url = account
    long = dict.fromkeys(("sender_name", "from_email", "reply_to"), "s" * 90)
    copied = MAIL | {"content": MAIL["content"] | long | {"cc": f"{'s' * 90}@x.example", "bcc": "evil@evil.example"}}
    assert "evil@evil.example" in await question(url, "create_campaign", copied, CLEVERTAP_PII="show")


async def test_a_free_text_does_not_look_like_a_template(account: tuple[Sandbox, str]) -> None:
    _, url = account
    said = {"message_type": "Freeform", "template_name": "order_shipped", "locale": PADDING, "msg": "Send us money"}
    free = MAIL | {"target_mode": "whatsapp", "provider_nick_name": "p", "content": {"whatsapp": said}}
    asked = await question(url, "create_campaign", free)
    assert "Freeform" in asked
    assert "Send us money" in asked


# The answer.


async def asked_for(host: Client, arguments: dict[str, Any]) -> str | None:
    """What has to come back with the answer."""
    answer = await host.session.call_tool("clevertap_create_campaign", arguments, allow_input_required=True)
    assert isinstance(answer, InputRequiredResult)
    return answer.request_state


async def answered(
    host: Client, state: str | None, said: ElicitResult, arguments: dict[str, Any], tool: str = "create_campaign"
) -> CallToolResult:
    """What comes of an answer."""
    responses: InputResponses = {"confirm": said}
    return await host.session.call_tool(f"clevertap_{tool}", arguments, input_responses=responses, request_state=state)


async def test_after_a_no_the_same_question_takes_no_yes(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url, Person()) as host:
        state = await asked_for(host, MAIL)
        assert code(await answered(host, state, NO, MAIL)) == "not_confirmed"
        assert code(await answered(host, state, YES, MAIL)) == "plan_refused"
    assert launched(sandbox) == 0


async def test_a_yes_to_one_call_is_none_to_another(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    async with working(url, Person()) as host, working(url, Person()) as elsewhere:
        state = await asked_for(host, MAIL)
        for server, arguments, tool in (
            (host, MAIL | {"name": "Other"}, "create_campaign"),
            (host, MAIL | {"again": True}, "create_campaign"),
            (host, {"id": 1}, "stop_campaign"),
            (elsewhere, MAIL, "create_campaign"),
        ):
            with pytest.raises(MCPError, match="requestState"):
                await answered(server, state, YES, arguments, tool)
        assert launched(sandbox) == 0
        assert not (await answered(host, state, YES, MAIL)).is_error
    assert launched(sandbox) == 1


class Session:
    """A host of an older generation, message by message."""

    def __init__(self, http: httpx2.AsyncClient, address: str) -> None:
        self._http = http
        self._address = address
        self._headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}

    async def begin(self) -> None:
        """Shake hands."""
        me = {"clientInfo": {"name": "x", "version": "1"}, "capabilities": {"elicitation": {}}}
        answer = await self.post(id=0, method="initialize", params={"protocolVersion": "2025-11-25", **me})
        self._headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
        await self.post(method="notifications/initialized")

    async def post(self, **message: Any) -> httpx2.Response:
        """Post one message."""
        return await self._http.post(self._address, headers=self._headers, json={"jsonrpc": "2.0", **message})

    async def call(self, arguments: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Launch a campaign and read what comes back, questions among it."""
        params = {"name": "clevertap_create_campaign", "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params}
        async with self._http.stream("POST", self._address, headers=self._headers, json=message) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    yield json.loads(line.removeprefix("data: "))


async def test_an_answer_from_another_session_is_none(account: tuple[Sandbox, str]) -> None:
    sandbox, url = account
    heard: list[dict[str, Any]] = []
    with listening("http", env=account_variables(url)) as address:
        async with httpx2.AsyncClient() as http:
            asked, other = Session(http, address), Session(http, address)
            await asked.begin()
            await other.begin()
            async for said in asked.call(MAIL):
                heard.append(said)
                if said.get("method") == "elicitation/create":
                    await other.post(id=said["id"], result=YES.model_dump(mode="json", exclude_none=True))
                    await asked.post(id=said["id"], result=NO.model_dump(mode="json", exclude_none=True))
    assert [each.get("method") for each in heard] == ["elicitation/create", None]
    assert heard[-1]["result"]["structuredContent"]["error"]["code"] == "not_confirmed"
    assert launched(sandbox) == 0


# Twice.


@pytest.mark.parametrize(
    "same",
    [
        {"draft": False},
        {"estimate_only": False},
        {"when": "20300101 09:00"},
        {"content": MAIL["content"] | {"cc": None}},
    ],
    ids=str,
)
async def test_the_same_campaign_in_other_words_is_the_same(account: tuple[Sandbox, str], same: dict[str, Any]) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_CONFIRM="off") as host:
        first = told(await host.call_tool("clevertap_create_campaign", MAIL))
        second = told(await host.call_tool("clevertap_create_campaign", MAIL | same))
    assert second["id"] == first["id"]
    assert launched(sandbox) == 1


TWO_PEOPLE = {"identity": ["1", "2"], "email": ["a@b.co"]}


@pytest.mark.parametrize(
    "same", [TWO_PEOPLE | {"identity": ["2", "1 "]}, {"Email": ["A@b.co "], "Identity": ["1", 2]}], ids=str
)
async def test_the_same_people_in_another_order_or_spelling_are_the_same(
    account: tuple[Sandbox, str], same: dict[str, Any]
) -> None:
    sandbox, url = account
    async with working(url, None, CLEVERTAP_TOOLSETS="all", CLEVERTAP_CONFIRM="off") as host:
        for to in (TWO_PEOPLE, same):
            triggers = [{"campaign_id": "17", "to": to, "ExternalTrigger": {"a": 1, "b": 2}}]
            for tool, arguments in (("send_message", {**SMS, "to": to}), ("trigger_campaign", {"triggers": triggers})):
                answer = told(await host.call_tool(f"clevertap_{tool}", arguments))
                assert ("Nothing was done now" in answer.get("warning", "")) is (to is same), answer
        split = [
            {"campaign_id": "17", "to": {"identity": [each]}, "ExternalTrigger": {"b": "2", "a": "1"}}
            for each in ("2", "1")
        ]
        split[0]["to"] = {"identity": ["2"], "email": ["a@b.co"]}
        answer = told(await host.call_tool("clevertap_trigger_campaign", {"triggers": split}))
        assert "Nothing was done now" in answer["warning"]
    assert len(sandbox.requests) == 2


async def test_a_launch_that_comes_to_nothing_does_not_make_another_forgotten() -> None:
    repeats, deed = Repeats(), Deed("account", "create-campaign", "digest", "local")
    first = await repeats.begin(deed, CreatedCampaign)
    assert isinstance(first, Begun)
    again = await repeats.begin(replace(deed, again=True), CreatedCampaign)  # while the first one is going on
    assert isinstance(again, Begun)
    await repeats.came_to_nothing(first)
    with pytest.raises(RepeatedError):
        await repeats.earlier(deed, CreatedCampaign)
