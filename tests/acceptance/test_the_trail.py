"""Everything that writes, sends, destroys or was refused stands in the audit log, and what cannot stand there is not done."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from clevertap_sandbox import ACCOUNT_ID, PASSCODE, Sandbox
from clevertap_sandbox.door.faults import Fault, Kind
from clevertap_sandbox.serve import serving
from hosts import COMMAND, account_variables, attached, each_way, says_yes, working

pytestmark = pytest.mark.anyio

KEY = "a key of the operator's, 32 characters".replace(" ", "-")
MAIL = {
    "name": "Secret plans of Ann",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"},
    "content": {"subject": "Hi", "body": "Hi ann@example.org", "sender_name": "x"},
    "when": "2030-01-01 09:00",
}
ANN = {"identity": "ann-77", "profileData": {"Name": "Ann Example", "Email": "ann@example.org"}}
COUNT = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}


@pytest.fixture
def account() -> Iterator[tuple[Sandbox, str]]:
    with Sandbox() as sandbox, serving(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "trail" / "audit.jsonl"


def text(log: Path) -> str:
    return log.read_text()


def rewrite(log: Path, written: str) -> None:
    log.write_text(written)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(log).splitlines()]


def told(line: dict[str, Any]) -> tuple[str, str]:
    """The event of a line and what it is about."""
    return line["event"], line.get("action") or line.get("outcome") or ""


async def call(host: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    return dict((await host.call_tool(f"clevertap_{tool}", arguments)).structured_content or {})


@each_way
async def test_every_deed_plan_refusal_and_raw_request_is_a_line(
    account: tuple[Sandbox, str], log: Path, transport: str, generation: str
) -> None:
    _, url = account
    env = account_variables(url, CLEVERTAP_AUDIT_LOG=str(log), CLEVERTAP_AUDIT_KEY=KEY)
    async with attached(transport, generation, env=env) as host:
        await call(host, "get_event_count", **COUNT)
        await call(host, "upload_user_profiles", profiles=[ANN])
        await call(host, "create_campaign", **MAIL, estimate_only=True)
        plan = await call(host, "create_campaign", **MAIL)
        made = await call(host, "create_campaign", **MAIL, plan=plan["plan"])
        await call(host, "stop_campaign", id=made["id"])
        await call(host, "request", method="POST", path="/1/now.json", body={})
        await call(host, "request", method="GET", path="/1/people/ann-77.json")
    found = lines(log)
    assert [told(line) for line in found] == [
        ("started", "upload-user-profiles"),
        ("done", "done"),
        ("planned", "create-campaign"),
        ("started", "create-campaign"),
        ("done", "done"),
        ("refused", "stop-campaign"),
        ("started", "request"),
        ("done", "done"),
        ("refused", "request"),
    ]
    launch, launched = found[3], found[4]
    assert (launch["account"], launch["caller"], launch["effect"]) == (ACCOUNT_ID, "local", "send")
    assert (launch["confirmed"], launch["reach"]) == ("plan", plan["reach"])
    assert len(launch["digest"]) == 64
    assert launched["call"] == launch["call"]
    assert launched["ids"] == [made["id"]]
    assert (found[5]["reason"], found[6]["path"]) == ("not_confirmed", "POST /1/now.json")
    written = text(log)
    assert not [each for each in ("ann-77", "ann@", "Ann", PASSCODE, KEY) if each in written]
    verified = verify(log, CLEVERTAP_AUDIT_KEY=KEY)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith("9 lines, whole")


def verify(log: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the command says of a log."""
    env = account_variables("http://localhost", CLEVERTAP_AUDIT_LOG=str(log), **variables)
    return subprocess.run([COMMAND, "audit", "verify", *options], env=env, capture_output=True, text=True, check=False)


async def test_the_command_finds_a_changed_a_missing_and_a_cut_off_line(
    account: tuple[Sandbox, str], log: Path, tmp_path: Path
) -> None:
    _, url = account
    async with working(url, CLEVERTAP_AUDIT_LOG=str(log)) as host:
        for number in range(3):
            await call(host, "upload_user_profiles", profiles=[{**ANN, "identity": f"a-{number}"}])
    whole = text(log).splitlines(keepends=True)
    assert verify(log).returncode == 0
    for broken in (
        [whole[0].replace("upsert", "append"), *whole[1:]],
        [*whole[:2], *whole[3:]],
        whole[:-1],
        [*whole[:2], whole[3], whole[2], *whole[4:]],
        [],
    ):
        rewrite(log, "".join(broken))
        assert verify(log).returncode == 1
        assert json.loads(verify(log, "--json").stdout)["whole"] is False
    rewrite(log, "".join(whole))
    assert verify(log, CLEVERTAP_AUDIT_KEY=KEY).returncode == 1
    assert verify(tmp_path / "nowhere.jsonl").returncode == 2


async def test_what_cannot_be_written_down_is_not_done(account: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = account
    rewrite(tmp_path / "file", "where a folder should be")
    nowhere = str(tmp_path / "file" / "audit.jsonl")
    async with working(url, says_yes, CLEVERTAP_CONFIRM="off", CLEVERTAP_AUDIT_LOG=nowhere) as host:
        for tool, arguments in (
            ("upload_user_profiles", {"profiles": [ANN]}),
            ("create_campaign", MAIL),
            ("delete_user_profile", {"identity": ["0003"]}),
            ("request", {"method": "POST", "path": "/1/now.json", "body": {}}),
        ):
            error = (await call(host, tool, **arguments))["error"]
            assert (error["code"], error["changed"]) == ("audit", "no")
            assert "CLEVERTAP_AUDIT_LOG" in error["message"]
        assert sandbox.requests == []
        assert (await call(host, "get_event_count", **COUNT))["count"] == 885


async def test_a_log_that_was_tampered_with_stops_what_writes(account: tuple[Sandbox, str], log: Path) -> None:
    sandbox, url = account
    async with working(url, CLEVERTAP_AUDIT_LOG=str(log)) as host:
        await call(host, "upload_user_profiles", profiles=[ANN])
    rewrite(log, text(log).replace("upsert", "append"))
    sandbox.requests.clear()
    async with working(url, CLEVERTAP_AUDIT_LOG=str(log)) as host:
        error = (await call(host, "upload_user_profiles", profiles=[ANN]))["error"]
    assert error["code"] == "audit"
    assert "audit verify" in error["next"]
    assert sandbox.requests == []


@pytest.mark.parametrize(("kind", "outcome"), [(Kind.RESET_BEFORE, "unknown"), (Kind.RESET_AFTER, "unknown")])
async def test_an_outcome_that_nobody_knows_is_written_down_as_such(
    account: tuple[Sandbox, str], log: Path, kind: Kind, outcome: str
) -> None:
    sandbox, url = account
    sandbox.faults.add(Fault(kind=kind, path="/1/targets/create.json", times=None))
    async with working(url, CLEVERTAP_CONFIRM="off", CLEVERTAP_AUDIT_LOG=str(log)) as host:
        error = (await call(host, "create_campaign", **MAIL))["error"]
        assert error["changed"] == outcome
        assert lines(log)[-1]["outcome"] == outcome
        again = (await call(host, "create_campaign", **MAIL))["error"]
        assert again["code"] == "repeated"


async def test_a_refusal_by_clevertap_is_no_send(account: tuple[Sandbox, str], log: Path) -> None:
    _, url = account
    late = {**MAIL, "when": "1997-01-01 09:00"}
    variables = {"CLEVERTAP_MAX_SENDS_PER_DAY": "1", "CLEVERTAP_AUDIT_LOG": str(log)}
    async with working(url, None, CLEVERTAP_CONFIRM="off", **variables) as host:
        assert (await call(host, "create_campaign", **late))["error"]["code"] == "refused_by_clevertap"
        assert lines(log)[-1]["outcome"] == "refused"
        assert "id" in await call(host, "create_campaign", **MAIL)
        assert (await call(host, "create_campaign", **{**MAIL, "name": "Another"}))["error"]["code"] == "sends_spent"
