"""Passcode, token and keys never come out, and the log holds no person: everything a process emits is searched."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

import told_spans
from calls import further_calls
from canaries import ANSWERS, PERSON, SECRETS, Parrot, found, spellings
from clevertap_mcp.environment import Environment
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.client import Client as Account
from clevertap_tools.effect import Effect
from clevertap_tools.errors import CleverTapError
from clevertap_tools.wire import Answer, Call, read_envelope
from hosts import COMMAND, GENERATIONS, TRANSPORTS, each_way
from watched import Case, attached

pytestmark = pytest.mark.anyio

SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
RECORD = {"identity": PERSON["identity"], "profileData": {**PERSON, "MSG-email": False}}
MAIL = {"name": PERSON["Name"], "target_mode": "email", "where": SHOP, "when": "2030-01-01 09:00"} | {
    "content": {"subject": f"Dear {PERSON['Name']}", "body": PERSON["Email"], "sender_name": "x"}
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("upload_user_profiles", {"profiles": [RECORD]}),
    ("upload_events", {"events": [{"identity": PERSON["identity"], "evtName": "Seen", "evtData": PERSON}]}),
    ("upload_device_tokens", {"tokens": [{"objectId": "__n1", "tokenData": {"id": "t-1", "type": "fcm"}}]}),
    ("get_user_profile", {"email": PERSON["Email"]}),
    ("get_user_profiles", {**SHOP, "batch_size": 46}),
    ("get_user_profiles_by_cursor", {"cursor": PERSON["Email"]}),
    ("get_events", {**SHOP, "batch_size": 46}),
    ("get_events_by_cursor", {"cursor": PERSON["Email"]}),
    ("get_profile_count", SHOP),
    ("get_event_count", SHOP),
    ("real_time_user_count", {"user_type": True}),
    ("create_campaign", {**MAIL, "again": True}),
    ("stop_campaign", {"id": 1}),
    ("get_campaigns", {"from": "2030-01-01", "to": "2030-01-01"}),
    ("get_campaign_report", {"id": 1}),
    ("delete_user_profile", {"identity": [PERSON["identity"]]}),
    ("request", {"method": "GET", "path": "/1/profile.json", "query": [{"name": "email", "value": PERSON["Email"]}]}),
    ("request", {"method": "POST", "path": "/1/now.json", "body": {}}),
    ("request", {"method": "GET", "path": "/v2/catalogs"}),
    ("request", {"method": "POST", "path": "/v2/catalogs/signedurl", "body": PERSON}),
    ("request", {"method": "GET", "path": "/1/{who}.json", "path_params": {"who": PERSON["Email"]}}),
]
FURTHER = further_calls(PERSON)
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("get_user_profile", {"email": PERSON["Email"], "identity": PERSON["identity"]}),
    ("get_user_profile", {"e_mail": PERSON["Email"]}),
    ("get_user_profile", {"identity": PERSON}),
    ("upload_events", {"events": [{"evtName": PERSON["Email"]}]}),
    ("upload_user_profiles", {"profiles": json.dumps(PERSON)}),
    ("get_event_count", {"event_name": "Charged", "from": PERSON["Email"], "to": PERSON["Phone"]}),
    ("create_campaign", {**MAIL, "plan": PERSON["Email"]}),
    ("request", {"method": "GET", "path": f"/1/{PERSON['Email']}?x"}),
    ("request", {"method": "GET", "path": "/1/x", "headers": {"X-CleverTap-Passcode": PERSON["Email"]}}),
]
REFUSED = ["unauthorized", "wrong", "cut off", "forbidden page", "fail under 200", "refused records", "done"]
"""Moods whose answer ends a call."""
REPEATED = [*(mood for mood in ANSWERS if mood not in REFUSED), "reset"]
"""Moods in which reads are repeated until the deadline."""
COMBINATIONS = [*product(TRANSPORTS, GENERATIONS)]
"""The moods of the further calls are dealt to these in turns."""
READ, APPEND, PROXY = CALLS[9], CALLS[1], CALLS[18]


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    passcode, token = SECRETS["CLEVERTAP_PASSCODE"], SECRETS["CLEVERTAP_ACCOUNT_TOKEN"]
    with Sandbox(passcode=passcode, account_token=token) as account:
        account.app = parrot = Parrot(account.app)
        with serving(account) as url:
            yield Case(tmp_path, parrot, url)


def command_lines() -> list[str]:
    """The process list."""
    return subprocess.check_output(["/bin/ps", "-ww", "-eo", "args"], text=True).splitlines()


@each_way
async def test_nothing_that_a_process_emits_holds_a_secret_and_its_log_no_person(
    case: Case, transport: str, generation: str
) -> None:
    async with attached(case, transport, generation) as host:
        tools = (await host.list_tools()).tools
        case.heard += [repr(tools), repr(host.instructions)]
        assert {tool.name for tool in tools} == {f"clevertap_{tool}" for tool, _ in CALLS + FURTHER}
        for tool, arguments in CALLS + FURTHER + WRONG:
            await case.call(host, tool, arguments)
        place = COMBINATIONS.index((transport, generation))
        for number, mood in enumerate(REFUSED):
            case.parrot.mood = mood
            for tool, arguments in CALLS + (FURTHER if number % len(COMBINATIONS) == place else []):
                await case.call(host, tool, arguments)
        for mood in REPEATED:
            case.parrot.mood = mood
            for tool, arguments in (READ, APPEND, PROXY):
                await case.call(host, tool, arguments)
        case.parrot.mood = "hang"
        await case.call(host, *READ)
        await case.call(host, *APPEND, seconds=0.2)
        await case.call(host, "no_such_tool", {})
        processes = command_lines()
    assert case.parrot.repeated > len(CALLS) * len(REFUSED) / 2, "secrets were there to be let out"
    assert "[secret]" in "".join(case.heard)
    assert any(COMMAND in line for line in processes)
    assert "DEBUG clevertap_mcp.app: request: credentials" in case.log
    assert f"{told_spans.MARK} tools/call clevertap_request" in case.log
    assert '"caller"' in "".join(case.trail)
    assert found([*case.heard, *case.trail, *processes, case.log]) == set()
    assert found([*case.trail, case.log], PERSON) == set()


@pytest.mark.parametrize("mood", ["", "unauthorized", "done", "text"])
@pytest.mark.parametrize(
    "command",
    [
        ["run", "get-user-profile", "--input", json.dumps({"email": PERSON["Email"]})],
        ["request", "/v2/catalogs", "--json", "--continue-on-fail"],
        ["connection", "--json"],
        ["audit", "verify"],
    ],
    ids=lambda command: command[0],
)
def test_the_command_line_lets_no_secret_out(case: Case, mood: str, command: list[str]) -> None:
    case.parrot.mood = mood
    done = subprocess.run([COMMAND, *command], env=case.env, capture_output=True, text=True, check=False)
    assert done.stdout or done.stderr
    assert found([done.stdout, done.stderr]) == set()


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("spoilt", ["{} ", "${{{}}}", "{}\x07", "\u00e9{}"])
def test_a_malformed_secret_is_refused_by_its_name_alone(case: Case, name: str, spoilt: str) -> None:
    env = case.env | {name: spoilt.format(SECRETS[name])}
    done = subprocess.run([COMMAND], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    taken = name.endswith("_KEY") and not spoilt.isascii()  # a key travels in no header
    assert done.returncode == (0 if taken else 2)
    assert (name in done.stderr) != taken
    assert found([done.stdout, done.stderr]) == set()


MISTAKEN = """
import os, sys
import clevertap_tools.actions
from clevertap_mcp.cli import main
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect

class Nothing(Arguments):
    user_type: bool = False

@action(title="Count active users", effect=Effect.READ, toolset=Toolset.CORE, calls=())
async def real_time_user_count(client: Client, asked: Nothing) -> Result:
    "Fail with all that is known in the words."
    headers = dict(os.environ)
    raise RuntimeError(" ".join(headers[name] for name in headers if name.startswith("CLEVERTAP_")))

main()
"""


def test_a_mistake_of_our_own_is_told_with_its_place_and_without_its_words(case: Case) -> None:
    command = [sys.executable, "-c", MISTAKEN, "run", "real-time-user-count", "--input", '{"user_type": true}']
    done = subprocess.run(command, env=case.env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "actions.py" in done.stderr
    assert found([done.stdout, done.stderr]) == set()


async def test_a_mistake_of_our_own_while_serving_is_answered_and_logged_without_its_words(case: Case) -> None:
    with case.stderr.open("w") as errors:
        mistaken = StdioServerParameters(command=sys.executable, args=["-c", MISTAKEN, "serve"], env=case.env)
        async with Client(stdio_client(mistaken, errlog=errors), mode="auto", cache=None) as host:
            for tool, arguments in CALLS:
                await case.call(host, tool, arguments)
    assert "clevertap_real_time_user_count failed with RuntimeError" in case.log
    assert '"internal"' in "".join(case.heard)
    assert found([*case.heard, case.log, *case.trail]) == set()


def test_settings_show_no_secret_however_they_are_written_out() -> None:
    environ = {"CLEVERTAP_ACCOUNT_ID": "A", **SECRETS}
    given, settings = Environment(environ), read_settings(environ)
    emitted = [repr(given), str(given), repr(given.model_dump()), given.model_dump_json(), repr(vars(given))]
    emitted += [repr(settings), repr(asdict(settings)), json.dumps(asdict(settings), default=repr)]
    emitted += [repr(settings.account), repr(replace(settings, sandbox=True)), repr(Account(settings.account))]
    assert found(emitted) == set()
    assert "**********" in "".join(emitted)


def told_in_full(error: BaseException) -> list[str]:
    """An exception and all that led to it, as the most talkative tools print them: with the values in every frame."""
    behind = error.__cause__ or error.__context__
    full = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [repr(error), repr(vars(error)), *full.format(), *(told_in_full(behind) if behind else ())]


def misread(_answer: Answer) -> None:
    """Fail while an answer is read."""
    raise KeyError("unforeseen")


@pytest.mark.parametrize("read", [read_envelope, misread])
@pytest.mark.parametrize("mood", [*ANSWERS, "reset"])
async def test_no_frame_of_a_failed_call_shows_a_secret(case: Case, mood: str, read: Callable[[Answer], Any]) -> None:
    case.parrot.mood = mood
    call = Call("POST", "/v2/catalogs", Effect.APPEND, read, body=b"{}", with_token=True)
    failures: list[BaseException] = []
    async with Account(read_settings(case.env).account, deadline=1) as client:
        try:
            await client.for_call().send(call)
        except CleverTapError as error:
            failures.append(error)
    assert failures or mood in ("done", "refused records")
    assert found(text for error in failures for text in told_in_full(error)) == set()


@pytest.mark.parametrize("name", SECRETS)
def test_the_search_finds_each_secret_in_each_spelling(name: str) -> None:
    for spelling in spellings(SECRETS[name]):
        assert found([b"before " + spelling + b" after"]) == {name}
        assert found([(b"before " + spelling).decode().upper()]) == {name}
    assert found(["nothing", b"\xff"]) == set()


async def test_the_search_finds_what_a_host_repeats(case: Case) -> None:
    case.parrot.mood = "done"
    headers = {"X-CleverTap-Passcode": SECRETS["CLEVERTAP_PASSCODE"]}
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{case.env['CLEVERTAP_BASE_URL']}/1/now.json", headers=headers)
    assert found([answer.content]) == {"CLEVERTAP_PASSCODE"}
