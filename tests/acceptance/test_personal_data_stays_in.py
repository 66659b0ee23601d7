"""Nobody is shown: people who stand in every place of a project are looked for in all that a process emits."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from calls import Calls, data_folder, further_calls, of_data
from clevertap_mcp.privacy.free_text import international
from clevertap_mcp.privacy.pseudonyms import PSEUDONYM, Pseudonyms
from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Sandbox
from clevertap_sandbox.serve import serving
from hosts import COMMAND, GENERATIONS, TRANSPORTS, account_variables, each_way, says_yes, working
from personal_corpus import PEOPLE, Somebody, in_properties, in_words, leaks, profile
from watched import address_of

pytestmark = pytest.mark.anyio

KEY = "c83Fh0aUzrX6yWqk5EvNn1tJbD7opMgSl2RiC9Yx"
OURS = re.compile(rf"{PSEUDONYM.pattern}|untrusted-[a-z]+|(crs|plan)_\w+")
"""What is drawn at random; any short name may stand in it."""
ACCOUNT = {"X-CleverTap-Account-Id": ACCOUNT_ID, "X-CleverTap-Passcode": PASSCODE}
MIRA, LEILA, ZOE = PEOPLE[0], PEOPLE[5], PEOPLE[1]
TODAY = {"from": "today", "to": "today"}
COLUMNS = "Customer ID,E-Mail,Mobile,Full Name,Remark"
WROTE = {"event_name": "Wrote", **TODAY}
TRIGGER = {"campaign_id": "1", "to": {"identity": ["x"]}}
BULLETIN = {"business_event": "x", "name": "x", "c-by": "a@example.org"}
CATALOG = {"name": "x", "email": "a@example.org", "creator": "x"}
PUSH = {"target_mode": "push", "devices": ["ios"], "content": {"title": "Hi", "body": "Back soon?"}}
RECORDS = [
    {"identity": each.identity, "profileData": in_properties(each, number)} for number, each in enumerate(PEOPLE)
]


def pseudonym(value: str) -> str:
    """What a value looks like from outside."""
    return Pseudonyms(KEY, ACCOUNT_ID).of(value)


def wire_profile(number: int) -> dict[str, Any]:
    """A profile of the corpus as CleverTap takes it."""
    each = PEOPLE[number]
    named = {"Name": each.name, "Email": each.email, "Phone": international(each.phone)}
    return {"identity": each.identity, "type": "profile", "profileData": in_properties(each, number) | named}


def wire_event(number: int) -> dict[str, Any]:
    """An event of the corpus as CleverTap takes it."""
    told = in_properties(PEOPLE[number], number)
    return {"identity": PEOPLE[number].identity, "type": "event", "evtName": "Wrote", "evtData": told}


def fill(url: str) -> None:
    """Put the corpus into a project, past our server."""
    numbers = range(len(PEOPLE))
    for records in ([wire_profile(each) for each in numbers], [wire_event(each) for each in numbers]):
        httpx2.post(f"{url}/1/upload", json={"d": records}, headers=ACCOUNT).raise_for_status()
    campaign = {**PUSH, "when": "20300101 09:00", "where": {"event_name": "Charged", "from": 19970101, "to": 19980101}}
    for each in PEOPLE:
        named = {**campaign, "name": f"For {each.email} and {each.phone}"}
        httpx2.post(f"{url}/1/targets/create.json", json=named, headers=ACCOUNT).raise_for_status()


def in_columns(person: Somebody) -> str:
    """A line of a table."""
    return f'"{person.identity}",{person.email},{person.national},"{person.name}","{in_words(person)}"'


class Echo:
    """A host that answers with all that it was asked, in a mood; without one it hands requests on."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.mood = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.mood:
            await self._application(scope, receive, send)
            return
        request = Request(scope, receive)
        body = (await request.body()).decode()
        said = f"{body} for {request.url} which is {unquote(str(request.url))}"
        await self._answer(said, json.loads(body) if body[:1] == "{" else said)(scope, receive, send)

    def _answer(self, said: str, sent: Any) -> Response:
        failed = {"status": "fail", "code": 400}
        targets = [{"id": 1, "name": f"{each.phone} {each.email}", "status": each.email} for each in PEOPLE]
        known = [profile(each, number) for number, each in enumerate(PEOPLE)]
        answers: dict[str, Response] = {
            "refused": JSONResponse({**failed, "error": said}, 400),
            "cut early": JSONResponse({**failed, "error": f"{'x ' * 100}{said}"}, 400),
            "object": JSONResponse({**failed, "error": sent, "record": sent}, 400),
            "fail under 200": JSONResponse({**failed, "error": said}),
            "page": HTMLResponse(f"<html>{said}</html>", 403),
            "half": Response(json.dumps({"status": "success", "record": sent})[:-2], media_type="application/json"),
            "done": JSONResponse(
                {"status": "success", "processed": 0, "unprocessed": [{**failed, "error": said, "record": sent}]}
                | {"record": sent, "records": known, "targets": targets, "result": {"sent": 1, "x": sent}, "echo": sent}
            ),
            "text": PlainTextResponse(said),
            "table": Response("\n".join([COLUMNS, *map(in_columns, PEOPLE)]), media_type="text/csv"),
            "bytes": Response(b"\xff\xfe" + said.encode(), media_type="application/octet-stream"),
        }
        return answers[self.mood]


MOODS = ["refused", "half", "done", "cut early", "text", "object", "fail under 200", "table", "page", "bytes"]
"""Dealt to the transports in turns."""
RAW = ["half", "text", "table", "bytes"]
"""Moods that only a raw request can make something of; others ask again until the deadline."""


class Case:
    """A server under test, the project that it works, and all that came out of it."""

    def __init__(self, folder: Path, echo: Echo, url: str) -> None:
        self.echo = echo
        self.heard: list[str] = []
        self.stderr = folder / "stderr"
        self.trail = folder / "audit.jsonl"
        self.env = account_variables(
            url,
            CLEVERTAP_LOG_LEVEL="debug",
            CLEVERTAP_AUDIT_LOG=str(self.trail),
            CLEVERTAP_CONFIRM="plan",
            CLEVERTAP_DEADLINE="0.3",
            CLEVERTAP_PSEUDONYM_KEY=KEY,
            CLEVERTAP_TOOLSETS="all",
            CLEVERTAP_DATA_DIR=str(data_folder(folder / "data", SOMEBODY)),
        )

    @property
    def emitted(self) -> str:
        """All of it, without what is drawn at random."""
        files = [self.stderr, *self.trail.parent.glob("audit.jsonl*")]
        lines = "\n".join(self.heard + [each.read_text() for each in files]).splitlines()
        return "\n".join(dict.fromkeys(OURS.sub("", line) for line in lines))

    async def call(self, host: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult | None:
        """Call a tool and keep what comes of it."""

        async def progress(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append(f"{progress} {total} {message}")

        try:
            answer = await host.call_tool(f"clevertap_{tool}", arguments, progress_callback=progress)
        except MCPError as error:
            self.heard.append(repr(error.error))
            return None
        self.heard += [json.dumps(answer.structured_content, ensure_ascii=False), *map(spoken, answer.content)]
        return answer

    async def redeemed(self, host: Client, tool: str, arguments: dict[str, Any]) -> None:
        """Call a tool, and once more with the plan if there is one."""
        answer = await self.call(host, tool, arguments)
        plan = (answer.structured_content or {}).get("plan") if answer else None
        if plan:
            await self.call(host, tool, {**arguments, "plan": plan})


def spoken(content: Any) -> str:
    """The text of a result."""
    return str(content.text)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Sandbox() as account:
        account.app = echo = Echo(account.app)
        with serving(account) as url:
            fill(url)
            yield Case(tmp_path, echo, url)


@asynccontextmanager
async def attached(case: Case, transport: str, generation: str) -> AsyncIterator[Client]:
    """A host that cannot ask anybody, attached to the shipped server, whose stderr is kept."""
    mode = GENERATIONS[generation]
    if transport == "stdio":
        with case.stderr.open("w") as errors:
            stdio = stdio_client(StdioServerParameters(command=COMMAND, env=case.env), errlog=errors)
            async with Client(stdio, mode=mode, cache=None) as host:
                yield host
        return
    start = [COMMAND, "serve", "--transport", transport, "--port", "0"]
    async with (
        await anyio.open_process(start, env=case.env, stdin=subprocess.DEVNULL) as process,
        address_of(process, case.stderr) as address,
        Client(address if transport == "http" else sse_client(address), mode=mode, cache=None) as host,
    ):
        yield host


def get(path: str, **query: str) -> tuple[str, dict[str, Any]]:
    """A raw request that reads."""
    parameters = [{"name": name, "value": value} for name, value in query.items()]
    return "request", {"method": "GET", "path": path, "query": parameters}


def post(path: str, body: Any, **query: str) -> tuple[str, dict[str, Any]]:
    """A raw request with a body."""
    parameters = [{"name": name, "value": value} for name, value in query.items()]
    return "request", {"method": "POST", "path": path, "body": body, "query": parameters}


READS: list[tuple[str, dict[str, Any]]] = [
    *(("get_user_profile", {"identity": each.identity}) for each in PEOPLE[::4]),
    *(("get_user_profile", {"email": each.email}) for each in PEOPLE[1::4]),
    ("get_user_profile", {"objectId": MIRA.object_id}),
    ("get_profile_count", {**WROTE, "profile_filters": [{"kind": "profile_fields", "name": "Email", "value": "x"}]}),
    ("get_event_count", WROTE),
    ("real_time_user_count", {"user_type": True}),
    ("get_campaigns", {"from": "2030-01-01", "to": "2030-01-01"}),
    ("get_campaign_report", {"id": 1}),
    get("/1/profile.json", identity=ZOE.identity),
    get("/1/profile.json", email=MIRA.email),
    post("/1/profiles.json", {"event_name": "Wrote", "from": 20200101, "to": 20991231}, batch_size="50"),
    post("/1/events.json", {"event_name": "Wrote", "from": 20200101, "to": 20991231}),
    post("/1/targets/list.json", {"from": 20300101, "to": 20300101}),
]
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("upload_user_profiles", {"profiles": RECORDS}),
    ("upload_user_profiles", {"profiles": RECORDS, "dry_run": True}),
    ("upload_user_profiles", {"profiles": [{"identity": LEILA.identity, "profileData": {"Phone": LEILA.national}}]}),
    ("upload_events", {"events": [{"identity": each.identity, "evtName": "Wrote", "evtData": {"Email": each.email}}
                                  for each in PEOPLE]}),
    ("upload_device_tokens", {"tokens": [{"objectId": each.object_id, "tokenData": {"id": each.token, "type": "fcm"}}
                                         for each in PEOPLE]}),
    post("/1/upload", {"d": [wire_profile(5), wire_event(5)]}),
    post("/1/upload", {"d": "wrong", "identity": LEILA.identity, "Phone": LEILA.national, "name": LEILA.name}),
    post("/nobody/knows", {"identity": [each.identity for each in PEOPLE], "email": LEILA.email, "Name": LEILA.name}),
    ("request", {"method": "DELETE", "path": "/x/{identity}", "path_params": {"identity": ZOE.name}}),
    ("request", {"method": "POST", "path": "/x", "raw_body": ZOE.email, "content_type": "text/plain"}),
    ("delete_user_profile", {"identity": [each.identity for each in PEOPLE[20:]]}),
    ("stop_campaign", {"id": 1}),
    ("create_campaign", {"name": "Win-back", **PUSH, "when": "2030-01-02 09:00", "where": {
        **WROTE, "profile_filters": [{"kind": "profile_fields", "name": "Email", "value": LEILA.email}]}}),
]  # fmt: skip
SOMEBODY = {"identity": LEILA.identity, "Email": LEILA.email, "Phone": international(LEILA.phone), "Name": LEILA.name}
FURTHER = further_calls(SOMEBODY)
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("get_user_profile", {"email": LEILA.email, "identity": LEILA.identity}),
    ("get_user_profile", {LEILA.email: 1}),
    ("get_user_profile", {"identity": {"Phone": LEILA.national}}),
    ("get_user_profiles_by_cursor", {"cursor": LEILA.email}),
    ("get_event_count", {"event_name": "Wrote", "from": LEILA.email, "to": ZOE.phone}),
    ("upload_events", {"events": [{"evtName": LEILA.email, "evtData": {LEILA.email: [ZOE.phone]}}]}),
    ("upload_user_profiles", {"profiles": json.dumps(in_properties(LEILA, 5))}),
    ("create_campaign", {"name": "x", "plan": LEILA.email}),
    ("request", {"method": LEILA.email, "path": ZOE.phone}),
    ("request", {"method": "GET", "path": f"/1/{LEILA.email}?x"}),
    (LEILA.email, {}),
]


async def walk(case: Case, host: Client, tool: str, size: int) -> None:
    """Read an export to its end."""
    answer = await case.call(host, tool, {**WROTE, "batch_size": size})
    while answer and (cursor := (answer.structured_content or {}).get("next_cursor")):
        answer = await case.call(host, f"{tool}_by_cursor", {"cursor": cursor})


@each_way
async def test_nothing_that_a_process_emits_shows_anybody(case: Case, transport: str, generation: str) -> None:
    async with attached(case, transport, generation) as host:
        for tool, arguments in READS + WRONG:
            await case.call(host, tool, arguments)
        for tool, size in (("get_user_profiles", 10), ("get_events", 5000)):
            await walk(case, host, tool, size)
        for tool, arguments in WRITES + FURTHER:
            await case.redeemed(host, tool, arguments)
        place, every = TRANSPORTS.index(transport), len(TRANSPORTS)
        half = [*GENERATIONS].index(generation)
        for number, mood in enumerate(MOODS[place::every]):
            case.echo.mood = mood
            for tool, arguments in READS[-12:] + WRITES[2:] + (FURTHER if number % 2 == half else []):
                if mood not in RAW or tool == "request":
                    await case.redeemed(host, tool, arguments)
    assert "person_" in "".join(case.heard)
    assert "DEBUG clevertap_mcp.app: request" in case.stderr.read_text()
    assert '"started"' in case.trail.read_text()
    assert leaks(case.emitted) == set()


async def told(host: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured answer of a tool."""
    answer = await host.call_tool(f"clevertap_{tool}", arguments)
    return answer.structured_content or {}


@asynccontextmanager
async def at_work(account: Sandbox, **more: str | None) -> AsyncIterator[Client]:
    """A host whose person agrees to everything, on a project that holds the corpus."""
    with serving(account) as url:
        fill(url)
        async with working(url, says_yes, CLEVERTAP_TOOLSETS="all", CLEVERTAP_PSEUDONYM_KEY=KEY, **more) as host:
            yield host


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox() as account:
        yield account


async def test_a_pseudonym_of_an_answer_names_its_person_in_later_calls(account: Sandbox) -> None:
    async with at_work(account) as host:
        shown = (await told(host, "get_user_profile", identity=MIRA.identity))["record"]
        identity, email, device = shown["identity"], shown["email"], shown["objectId"]
        assert all(map(PSEUDONYM.fullmatch, (identity, email, device)))
        for named in ({"identity": identity}, {"email": email}, {"objectId": device}):
            assert (await told(host, "get_user_profile", **named))["record"] == shown
        by_email = {"kind": "profile_fields", "name": "Email", "value": email}
        assert (await told(host, "get_profile_count", **WROTE, profile_filters=[by_email]))["count"] == 1
        record = {"identity": identity, "profileData": {"Email": email}}
        assert (await told(host, "upload_user_profiles", profiles=[record]))["accepted"] == 1
        assert (await told(host, "delete_user_profile", identity=[identity]))["accepted"] == 1
    sent = [each.body.decode() for each in account.requests[-2:]]
    assert MIRA.identity in sent[0]
    assert MIRA.email in sent[0]
    assert json.loads(sent[1]) == {"identity": [MIRA.identity]}


EXPORTED_PEOPLE = ("query_data", {"sql": 'SELECT * FROM "exports/people"'})


@pytest.mark.parametrize(
    "calls",
    [
        of_data(SOMEBODY),
        [of_data(SOMEBODY)[5], EXPORTED_PEOPLE],
    ],
    ids=["each tool", "every column"],
)
async def test_answers_about_exported_data_show_nobody(calls: Calls, account: Sandbox, tmp_path: Path) -> None:
    said: list[str] = []
    async with at_work(account, CLEVERTAP_DATA_DIR=str(data_folder(tmp_path / "data", SOMEBODY))) as host:
        for tool, arguments in calls:
            answer = await host.call_tool(f"clevertap_{tool}", arguments)
            said += [json.dumps(answer.structured_content, ensure_ascii=False), *map(spoken, answer.content)]
    assert '"rows": 23' in "".join(said), "people were exported"
    assert leaks(OURS.sub("", "\n".join(said))) == set()


async def test_a_pseudonym_goes_nowhere_from_where_it_could_be_read_back(account: Sandbox) -> None:
    mira = pseudonym(MIRA.identity)
    stored = [{"Note": mira}, {"name": "identity", "value": mira}, {mira: 1}, {"Email": f"to {mira}"}]
    calls: list[tuple[str, dict[str, Any]]] = [
        *(("upload_user_profiles", {"profiles": [{"identity": "x", "profileData": each}]}) for each in stored),
        *(("upload_events", {"events": [{"identity": "x", "evtName": "y", "evtData": each}]}) for each in stored),
        ("create_campaign", {"name": mira, **PUSH, "where": WROTE}),
        ("create_campaign", {"name": "x", **PUSH, "where": WROTE, "content": {"title": "Hi", "body": mira}}),
        ("send_message", {"channel": "sms", "to": {"identity": ["x"]}, "content": {"body": mira}}),
        ("trigger_campaign", {"triggers": [{**TRIGGER, "ExternalTrigger": {"Email": mira}}]}),
        ("trigger_bulletin", {**BULLETIN, "properties": {"Email": mira}}),
        ("upload_catalog", {**CATALOG, "rows": [{"Identity": "p", "Name": "x", "ImageURL": "u", "Email": mira}]}),
        ("upload_custom_list", {**CATALOG, "identity": ["x"], "filename": mira}),
        ("request", {"method": "POST", "path": "/x", "raw_body": mira, "content_type": "text/plain"}),
        post("/1/upload", {"d": [{"identity": "x", "type": "profile", "profileData": {"Note": mira}}]}),
    ]
    async with at_work(account) as host:
        before = len(account.requests)
        for tool, arguments in calls:
            assert (await told(host, tool, **arguments))["error"]["code"] == "invalid_arguments"
        for key, project in ((KEY, "another"), ("another", ACCOUNT_ID)):
            foreign = Pseudonyms(key, project).of(MIRA.identity)
            refused = (await told(host, "get_user_profile", identity=foreign))["error"]
            assert "of another project or of another key" in refused["message"]
        assert len(account.requests) == before


async def test_a_person_looks_the_same_to_all_processes_of_one_key_and_different_to_others(case: Case) -> None:
    seen = []
    for key, transport in ((KEY, "stdio"), (KEY, "http"), (None, "stdio"), (None, "http")):
        case.env.pop("CLEVERTAP_PSEUDONYM_KEY", None)
        case.env |= {"CLEVERTAP_PSEUDONYM_KEY": key} if key else {}
        async with attached(case, transport, "2026-07-28") as host:
            seen.append((await told(host, "get_user_profile", identity=MIRA.identity))["record"]["identity"])
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


LONG = "mira-solano-who-has-a-very-long-identity-for-one-person"
PATHWAY = {"method": "DELETE", "path": "/x/{identity}", "path_params": {"identity": pseudonym("mira ñ/solano")}}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_user_profile", {"identity": [pseudonym(LONG)]}),
        post("/x", {"pad": "x" * 550, "identity": [pseudonym(LONG)]}),
        post("/1/delete/profiles.json", {"identity": [pseudonym(LONG)]}),
        ("request", PATHWAY),
        ("request", {**PATHWAY, "path": f"/{'x' * 280}/{{identity}}"}),
    ],
    ids=["names", "cut body", "people of a body", "path", "cut path"],
)
async def test_a_plan_shows_nothing_of_whom_a_pseudonym_stands_for(
    account: Sandbox, tool: str, arguments: dict[str, Any]
) -> None:
    with serving(account) as url:
        async with working(url, CLEVERTAP_CONFIRM="plan", CLEVERTAP_PSEUDONYM_KEY=KEY) as host:
            plan = await told(host, tool, **arguments)
    assert plan["plan"]
    assert "mira" not in OURS.sub("", json.dumps(plan))
