"""The main job, shown: a host attaches over stdio and works the sandbox, and every figure is checked against the CSV.

Run it with `make demo`. Each step prints the question, the tool called and the answer, and beside the figure the same
figure computed straight from the CSV files. It ends with 1 if any differs.

The host has nobody to ask, and the operator lets a plan be enough: what sends or stops is answered with a plan first.
"""

from __future__ import annotations

import csv
import gzip
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

COMMAND = str(Path(sys.executable).parent / "clevertap-mcp")
LINES, WIDTH = 6, 110
"""How much of an answer is printed."""
MUST_BE = "must be"
"""Where a figure is compared with that is not from the CSV."""
ALL_TIME = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
JANUARY = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}


def server(folder: str) -> StdioServerParameters:
    """The server as this host starts it: on the sandbox, with its audit log in a folder."""
    settings = {"CLEVERTAP_CONFIRM": "plan", "CLEVERTAP_AUDIT_LOG": str(Path(folder) / "audit.jsonl")}
    return StdioServerParameters(command=COMMAND, args=["--sandbox"], env=settings)


@dataclass(frozen=True)
class Purchase:
    """One line of the shop's CSV."""

    customer: str
    day: str
    amount: float


def shop() -> list[Purchase]:
    """The purchases that the sandbox is seeded with, straight from its file."""
    packed = files("clevertap_sandbox").joinpath("shop.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode().splitlines())
    return [Purchase(row["customer_id"], row["date"], float(row["amount"])) for row in rows]


def newcomers() -> list[dict[str, str]]:
    """The people and purchases that the demo uploads."""
    with (Path(__file__).parent / "demo.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def has_address(customer: str) -> bool:
    """The sandbox's rule: every second customer has a made-up e-mail address."""
    return int(customer) % 2 == 0


@dataclass
class Walk:
    """A conversation with the server that checks every figure."""

    host: Client
    wrong: list[str] = field(default_factory=list)

    async def ask(self, question: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Put a question, print tool and answer, and hand the structured answer on."""
        answer = await self.call(question, tool, arguments)
        for line in "\n".join(getattr(block, "text", "") for block in answer.content).splitlines()[:LINES]:
            print(f"    {line[:WIDTH]}")
        return dict(answer.structured_content or {})

    async def plan(self, question: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Ask for what a person has to say yes to, and print the plan that comes back in its place."""
        plan = dict((await self.call(question, tool, arguments)).structured_content or {})
        for name in ("would", "reach", "next"):
            if name in plan:
                print(textwrap.indent(textwrap.fill(f"{name}: {plan[name]}", WIDTH), "    "))
        return plan

    async def call(self, question: str, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        """Print a question and the tool that answers it, and call it."""
        print(f"\n{question}\n  → clevertap_{tool}")
        return await self.host.call_tool(f"clevertap_{tool}", arguments)

    def check(self, what: str, answered: object, computed: object, source: str = "from the CSV") -> None:
        """Print a figure beside the same figure from the CSV, or from elsewhere."""
        same = answered == computed
        print(f"    {what}: {answered}   {source}: {computed}   {'same' if same else 'DIFFERENT'}")
        if not same:
            self.wrong.append(what)


async def uploads(walk: Walk) -> None:
    """New people and their purchases; one address is wrong on purpose."""
    people = newcomers()
    profiles = [
        {"identity": row["identity"], "profileData": {"Name": row["name"], "Email": row["email"], "Plan": row["plan"]}}
        for row in people
    ]
    answer = await walk.ask("Add these five people.", "upload_user_profiles", {"profiles": profiles})
    bad = [place for place, row in enumerate(people) if "@" not in row["email"]]
    walk.check("people accepted", answer["accepted"], len(people) - len(bad))
    walk.check("rows refused", [refusal["index"] for refusal in answer["refusals"]], bad)
    events = [
        {
            "identity": row["identity"],
            "evtName": "Charged",
            "ts": int(time.time()),
            "evtData": {"Amount": float(row["amount"]), "Quantity": int(row["quantity"])},
        }
        for row in people
    ]
    answer = await walk.ask("Record what they just bought.", "upload_events", {"events": events})
    walk.check("purchases accepted", answer["accepted"], len(people))
    answer = await walk.ask("Who is active right now?", "real_time_user_count", {"user_type": True})
    walk.check("active users", answer["count"], len({row["identity"] for row in people}))


async def counts(walk: Walk, bought: list[Purchase]) -> None:
    """How often, how many."""
    answer = await walk.ask("How many purchases were there in 1997 and 1998?", "get_event_count", ALL_TIME)
    walk.check("purchases", answer["count"], len(bought))
    answer = await walk.ask("By how many people?", "get_profile_count", ALL_TIME)
    walk.check("people", answer["count"], len({each.customer for each in bought}))
    march = Counter(each.customer for each in bought if each.day.startswith("1997-03"))
    twice = {"which": "did_all", "event_name": "Charged", "from": "1997-03-01", "to": "1997-03-31"}
    query = {"did": [{**twice, "times_operator": "greater_than_equals", "times": 2}]}
    answer = await walk.ask("How many bought at least twice in March 1997?", "get_profile_count", query)
    walk.check("people", answer["count"], sum(times >= 2 for times in march.values()))  # noqa: PLR2004 - "twice"


async def export(walk: Walk, bought: list[Purchase]) -> None:
    """The purchases of one day, page by page."""
    day = "1997-01-15"
    query = {"event_name": "Charged", "from": day, "to": day}
    page = await walk.ask("Show me the purchases of 15 January 1997.", "get_events", query)
    records = page["records"]
    while page.get("next_cursor"):
        page = await walk.ask("And the next page.", "get_events_by_cursor", {"cursor": page["next_cursor"]})
        records += page["records"]
    expected = [each.amount for each in bought if each.day == day]
    walk.check("purchases", len(records), len(expected))
    spent = sum(record["event_props"]["Amount"] for record in records)
    walk.check("revenue", round(spent, 2), round(sum(expected), 2))


async def campaigns(walk: Walk, bought: list[Purchase]) -> None:
    """Estimate, launch, measure; schedule another and stop it."""
    lost = {each.customer for each in bought if each.day.startswith("1997-01")} - {
        each.customer for each in bought if each.day > "1997-01-31"
    }
    came_back = {"which": "did_none", "event_name": "Charged", "from": "1997-02-01", "to": "1998-06-30"}
    campaign = {
        "name": "Win-back",
        "target_mode": "email",
        "where": {**JANUARY, "did": [came_back]},
        "content": {"subject": "We miss you", "body": "<p>Come back</p>", "sender_name": "The shop"},
    }
    reachable = sum(map(has_address, lost))
    question = "Whom would a win-back e-mail to January's buyers who never came back reach?"
    answer = await walk.ask(question, "create_campaign", {**campaign, "estimate_only": True})
    walk.check("reach", answer["reach"], reachable)
    launched = await launch(walk, {**campaign, "when": "now"}, reachable)
    report = await walk.ask("How did it do?", "get_campaign_report", {"id": launched["id"]})
    walk.check("sent", report["sent"], reachable)
    await schedule_and_stop(walk, {**campaign, "name": "Win-back, later", "when": "2030-01-01 09:00"}, reachable)


async def launch(walk: Walk, campaign: dict[str, Any], reachable: int) -> dict[str, Any]:
    """The plan, what it is not good for, and the launch after a yes."""
    plan = await walk.plan("Send it now.", "create_campaign", campaign)
    walk.check("reach", plan["reach"], reachable)
    altered = {**campaign, "content": {**campaign["content"], "subject": "Last chance"}, "plan": plan["plan"]}
    answer = await walk.ask("Yes, but with another subject.", "create_campaign", altered)
    walk.check("refused as", answer["error"]["code"], "plan_refused", MUST_BE)
    listed = await walk.ask("Is anything launched so far?", "get_campaigns", {"from": "-1d", "to": "today"})
    walk.check("campaigns", listed["returned"], 0, MUST_BE)
    return await walk.ask("Yes, as it was shown.", "create_campaign", {**campaign, "plan": plan["plan"]})


async def schedule_and_stop(walk: Walk, campaign: dict[str, Any], reachable: int) -> None:
    """Two more plans, each followed by a yes."""
    plan = await walk.plan("Schedule another for New Year 2030.", "create_campaign", campaign)
    walk.check("reach", plan["reach"], reachable)
    scheduled = await walk.ask("Yes.", "create_campaign", {**campaign, "plan": plan["plan"]})
    stop = {"id": scheduled["id"]}
    plan = await walk.plan("No, stop it.", "stop_campaign", stop)
    await walk.ask("Yes, stop it.", "stop_campaign", {**stop, "plan": plan["plan"]})
    listed = await walk.ask("Is it stopped?", "get_campaigns", {"from": "2030-01-01", "to": "2030-01-01"})
    going = [row["id"] for row in listed["campaigns"] if row["status"] != "stopped"]
    walk.check("campaigns of that day that are not stopped", len(going), 0, MUST_BE)


def steps() -> Iterator[str]:
    """What the demo says first."""
    yield "clevertap-mcp, attached over stdio as a host would, on the built-in sandbox:"
    yield "the CDNOW music shop, 1997 and 1998, and five new people from docs/demo.csv."
    yield "Nobody can be asked here, so what sends or stops is answered with a plan; people are shown as pseudonyms."


async def main() -> int:
    """Walk through it all; 1 if any figure differs."""
    print("\n".join(steps()))
    bought = shop()
    with TemporaryDirectory() as folder:
        async with Client(server(folder)) as host:
            walk = Walk(host)
            await uploads(walk)
            await counts(walk, bought)
            await export(walk, bought)
            await campaigns(walk, bought)
    print(
        f"\n{len(walk.wrong)} figures differ from the CSV: {walk.wrong}" if walk.wrong else "\nEvery figure is right."
    )
    return 1 if walk.wrong else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
