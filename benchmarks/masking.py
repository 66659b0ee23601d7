"""An export page of 1,000 events through our server with its mask, against the same page with personal data shown.

Both servers are spoken to over stdio; one sandbox process answers both over loopback HTTP. Each page is of another day
with people of its own, so nobody on it was masked before. A model is shown what fits into an answer, and what it is
shown is masked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import anyio

from benchmarks.finding import Finding, milliseconds
from benchmarks.processes import SCRIPT, Pipe, sandbox, started
from clevertap_mcp.settings import read_settings
from clevertap_tools.actions import CATALOGUE
from clevertap_tools.client import Client

AT_MOST = 1.15
RECORDS = 1_000
PEOPLE = 400
"""On each page."""
WARM_UP = 2
REPETITIONS = 21
DAY = 24 * 3600
START = 1_700_006_400
"""A midnight in UTC: 2023-11-15."""
WITH_ALL = {"event_name": "Charged", "batch_size": RECORDS, "profile": True, "app": True, "events": True}


def findings() -> Iterator[Finding]:
    """The medians over all pages but the first, which warm up."""
    with sandbox("--seed", "none") as variables:
        anyio.run(fill, variables)
        with (
            started([SCRIPT], variables | {"CLEVERTAP_PII": "mask"}) as masking,
            started([SCRIPT], variables | {"CLEVERTAP_PII": "show"}) as showing,
        ):
            for server in (masking, showing):
                server.shake_hands()
                server.notify("notifications/initialized")
            pages = [both(masking, showing, day) for day in range(WARM_UP + REPETITIONS)]
    masked, shown = (median(column) for column in zip(*pages[WARM_UP:], strict=True))
    yield Finding("page masked : page shown", milliseconds(masked), milliseconds(shown), masked / shown, AT_MOST)


def both(masking: Pipe, showing: Pipe, day: int) -> tuple[float, float]:
    """Seconds of one day's page, masked and shown; whoever asks first finds the sandbox cold, so they take turns."""
    if day % 2:
        shown = seconds(showing, day)
        return seconds(masking, day), shown
    return seconds(masking, day), seconds(showing, day)


def seconds(server: Pipe, day: int) -> float:
    """Seconds of the first answer of one day."""
    date = time.strftime("%Y-%m-%d", time.gmtime(START + day * DAY))
    given = {"name": "clevertap_get_events", "arguments": WITH_ALL | {"from": date, "to": date}}
    began = time.perf_counter()
    result = server.request("tools/call", given)
    took = time.perf_counter() - began
    assert f"of {RECORDS} records" in result["structuredContent"]["warning"], "it is no page of the wanted size"
    return took


async def fill(variables: dict[str, str]) -> None:
    """Upload people with ordinary profiles, and what they bought, day by day."""
    async with Client(read_settings(variables).account, deadline=600) as client:
        for day in range(WARM_UP + REPETITIONS):
            people = [profile(day * PEOPLE + number) for number in range(PEOPLE)]
            await perform(client, "upload-user-profiles", {"profiles": people})
            await perform(client, "upload-events", {"events": [purchase(day, number) for number in range(RECORDS)]})


async def perform(client: Client, key: str, given: dict[str, Any]) -> Any:
    """What an action answers."""
    action = CATALOGUE[key]
    return await action(client.for_call(), action.parse(given))


def profile(number: int) -> dict[str, Any]:
    """Somebody as they are uploaded."""
    return {"identity": f"customer-{number}", "profileData": properties(number)}


def properties(number: int) -> dict[str, Any]:
    """What a shop knows of somebody."""
    return {
        "Name": f"Mira{number} Solano",
        "Email": f"mira.{number}@example.org",
        "Phone": f"+34911{number:06}",
        "Plan": ("Gold", "Silver", "Free")[number % 3],
        "City": ("Madrid", "Sevilla", "Bilbao")[number % 3],
        "Visits": number,
        "Last Visit": f"$D_{START + number}",
        "Favourites": ["Tea", "Pottery"],
    }


def purchase(day: int, number: int) -> dict[str, Any]:
    """What somebody bought on a day."""
    return {
        "identity": f"customer-{day * PEOPLE + number * 7 % PEOPLE}",
        "ts": START + day * DAY + number * 60,
        "evtName": "Charged",
        "evtData": {
            "Amount": number % 997 / 10,
            "Currency": "EUR",
            "Order": f"ORD-2023-{number:05}",
            "Channel": "shop",
            "Items": [{"Name": "Tea", "Quantity": number % 3 + 1}, {"Name": "Cup", "Quantity": 1}],
        },
    }
