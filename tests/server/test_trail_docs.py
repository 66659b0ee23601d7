"""What docs/operations.md says of the lines of the audit log is what stands in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from two_projects import EU, US, Projects, host_of, served, told, two_projects

PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
CAMPAIGN: dict[str, Any] = {
    "name": "Win-back",
    "target_mode": "email",
    "where": {"event_name": "Charged", "from": "2026-01-01", "to": "2026-01-31"},
    "content": {"subject": "Hi", "body": "Back soon?", "sender_name": "Shop"},
    "when": "2030-01-01 09:00",
}
EVENT = {"events": [{"identity": "1", "evtName": "Seen"}]}
Lines = list[dict[str, JsonValue]]


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with two_projects(tmp_path) as projects:
        yield projects


def rows() -> dict[str, set[str]]:
    """The fields of the page's table, each with the events whose lines have it."""
    table = PAGE.partition("| field | in lines | meaning |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.split("|")[1:4]] for line in table]
    return {field.strip("`"): set(lines.split(", ")) for field, lines, _ in cells}


def explained(field: str) -> set[str]:
    """The values of a field that the page names."""
    (meaning,) = re.findall(rf"^\| `{field}` \| \w[^|]*\| (.*) \|$", PAGE, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", meaning))


async def write_lines_of_every_kind(projects: Projects, log: Path) -> None:
    """Write a log with each field in a line of each event that has it."""
    projects.write(shop_us={"passcode": "wrong"})
    rules = {"CLEVERTAP_CONFIRM": "plan", "CLEVERTAP_ACCESS": "send", "CLEVERTAP_AUDIT_LOG": str(log)}
    async with served(projects, **rules) as (_, server), host_of(server, EU, US) as host:
        plan = told(await host.call("create_campaign", account=EU, **CAMPAIGN))["plan"]
        await host.call("create_campaign", account=EU, plan=plan, **CAMPAIGN)
        await host.call("request", account=EU, method="POST", path="/1/send/push.json", body={})
        with log.open("a") as torn:
            torn.write('{"n":')
        await host.call("request", account=EU, method="POST", path="/1/targets/stop.json", body={"id": 1})
        await host.call("request", account=EU, method="POST", path="/1/now.json", body={})
        await host.call("upload_events", account=US, **EVENT)


@pytest.mark.anyio
async def test_the_fields_of_the_audit_log_are_those_that_are_explained(projects: Projects, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    await write_lines_of_every_kind(projects, log)
    lines: Lines = [json.loads(line) for line in log.read_text().splitlines()]
    events = {str(line["event"]) for line in lines}
    found = {field: {str(line["event"]) for line in lines if field in line} for field in set().union(*lines)}
    assert {field: {"all"} if each == events else each for field, each in found.items()} == rows()
    assert events == explained("event")
