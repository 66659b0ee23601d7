"""Whoever reads the store learns no secret, no person and nothing that people wrote: all that is in it is searched."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as Host

from calls import Calls, further_calls
from canaries import PERSON, SECRETS, Parrot, found
from clevertap_mcp.accounts.accounts import Accounts
from clevertap_mcp.opening import opened
from clevertap_mcp.server import build_server
from clevertap_mcp.settings import read_settings
from clevertap_sandbox import Sandbox
from clevertap_sandbox.serve import serving
from clevertap_tools.actions import CATALOGUE
from hosts import account_variables, says_yes

pytestmark = pytest.mark.anyio

WORDS = {"campaign": "Wistful-Warbler", "subject": "Nightingales-only"}
SHOP = {"event_name": "Charged", "from": "1998-06-30", "to": "1998-06-30"}
MAIL = {
    "name": f"{WORDS['campaign']} {PERSON['Name']}",
    "target_mode": "email",
    "where": SHOP,
    "content": {"subject": WORDS["subject"], "body": PERSON["Email"], "sender_name": "x"},
    "when": "2030-01-01 09:00",
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("upload_user_profiles", {"profiles": [{"identity": PERSON["identity"], "profileData": PERSON}]}),
    ("get_user_profile", {"email": PERSON["Email"]}),
    ("get_user_profiles", {**SHOP, "batch_size": 5}),
    ("get_events", {**SHOP, "batch_size": 5}),
    ("create_campaign", MAIL),
    ("delete_user_profile", {"identity": [PERSON["identity"]]}),
    ("request", {"method": "POST", "path": "/1/targets/create.json", "body": {"name": WORDS["campaign"]}}),
]
FURTHER = further_calls(PERSON)
LAUNCHES = [
    (tool, {**arguments, "again": True})
    for tool, arguments in CALLS + FURTHER
    if CATALOGUE[tool.replace("_", "-")].once and "estimate_only" not in arguments
]
KINDS = {"plan", "plan-was", "question", "question-was", "done", "cursor", "walk", "sends"}


def content(file: Path) -> list[str]:
    """All keys and values of a store."""
    with closing(sqlite3.connect(file)) as db:
        tables = db.execute("SELECT key || ' ' || CAST(value AS TEXT) FROM entry"), db.execute("SELECT key FROM figure")
        return [str(row[0]) for table in tables for row in table]


@asynccontextmanager
async def host_of(url: str, folder: Path, person: Any) -> AsyncIterator[Host]:
    """A host of a server that has a store; nothing is masked, and without a person plans are enough."""
    own = {
        "CLEVERTAP_STORE_URL": f"sqlite://{folder}/store.db",
        "CLEVERTAP_AUDIT_LOG": str(folder / "log"),
        "CLEVERTAP_TOOLSETS": "all",
        "CLEVERTAP_PII": "show",
        "CLEVERTAP_CONFIRM": "auto" if person else "plan",
        "CLEVERTAP_MAX_SENDS_PER_DAY": "999",
        "CLEVERTAP_DEADLINE": "0.5",
    }
    async with (
        opened(read_settings(account_variables(url, **SECRETS, **own))) as app,
        Host(build_server(Accounts.only(app)), cache=None, elicitation_callback=person) as host,
    ):
        yield host


async def test_the_store_holds_no_secret_no_person_and_no_words(tmp_path: Path) -> None:
    passcode, token = SECRETS["CLEVERTAP_PASSCODE"], SECRETS["CLEVERTAP_ACCOUNT_TOKEN"]
    with Sandbox(passcode=passcode, account_token=token) as account:
        account.app = parrot = Parrot(account.app)
        with serving(account) as url:
            async with host_of(url, tmp_path, says_yes) as host:
                await made(host, CALLS + FURTHER)
            async with host_of(url, tmp_path, None) as host:
                for parrot.mood in ("", "done", "refused records"):
                    await made(host, LAUNCHES)
    assert parrot.repeated > len(LAUNCHES)
    stored = content(tmp_path / "store.db")
    assert {kind.partition(":")[2] for kind in (line.split()[0].rpartition(":")[0] for line in stored)} >= KINDS
    assert found(stored, {**SECRETS, **PERSON, **WORDS}) == set()


async def made(host: Host, calls: Calls) -> None:
    """Make calls, and carry out what is planned."""
    for tool, arguments in calls:
        answer = await host.call_tool(f"clevertap_{tool}", arguments)
        if plan := (answer.structured_content or {}).get("plan"):
            await host.call_tool(f"clevertap_{tool}", {**arguments, "plan": plan})
