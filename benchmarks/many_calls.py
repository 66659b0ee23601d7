"""What our server has resident after 100,000 calls, against what it had after 10,000.

Over Streamable HTTP, by clients of both generations of the protocol, at a sandbox in a process of its own. Most calls
are counts; now and then one begins to walk through events, which leaves a cursor, or plans a campaign, which leaves a
plan, or the sessions of the older generation end and others begin. Figures are read from /proc, so this runs on Linux
only.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import chain, cycle, islice, repeat
from pathlib import Path

from benchmarks.calling import Caller, Work
from benchmarks.finding import Finding
from benchmarks.many_callers import OURS
from benchmarks.processes import SCRIPT, sandbox, serving
from benchmarks.tool_call import ARGUMENTS
from benchmarks.web_calling import over_http

AT_MOST = 1.1
FEW = 10_000
MANY = 100_000
CALLERS = 8
"""Of each generation."""
SESSION = 1_000
"""Calls after which the sessions of the older generation begin anew."""
KIBIBYTES_IN_A_MEGABYTE = 1_000 / 1.024
WALK = Work("clevertap_get_events", ARGUMENTS | {"batch_size": 50}, b'"next_cursor"')
CAMPAIGN = {
    "name": "Win-back",
    "target_mode": "email",
    "where": ARGUMENTS,
    "content": {"subject": "We miss you", "body": "<p>Come back soon</p>", "sender_name": "The shop"},
    "when": "2030-01-01 09:00",
}
PLAN = Work("clevertap_create_campaign", CAMPAIGN, b'"plan"')
OFTEN = 100
"""One call in so many is a walk, and one is a plan."""
ALLOWED = {"CLEVERTAP_ACCESS": "send", "CLEVERTAP_CONFIRM": "plan"}


def findings() -> Iterator[Finding]:
    """The growth from the few calls to the many."""
    with (
        sandbox() as variables,
        serving([SCRIPT, "serve", "--transport", "http", "--port"], variables | ALLOWED) as (port, process),
    ):
        few, many = asyncio.run(resident_after(port, process))
    yield Finding(f"memory, {MANY} : {FEW} calls", f"{many:.1f} MB", f"{few:.1f} MB", many / few, AT_MOST)


async def resident_after(port: int, process: int) -> tuple[float, float]:
    """The megabytes after the few calls, and after the many."""
    await called(port, FEW)
    few = resident(process)
    await called(port, MANY - FEW)
    return few, resident(process)


async def called(port: int, calls: int) -> None:
    """Make some calls, with new connections and sessions now and then."""
    for _ in range(calls // SESSION):
        async with AsyncExitStack() as stack:
            newer = await stack.enter_async_context(over_http(port, CALLERS))
            older = await stack.enter_async_context(over_http(port, CALLERS, newer=False))
            await shared([*newer, *older], islice(mixed(), SESSION))


def mixed() -> Iterator[Work]:
    """What is called, for ever."""
    return cycle(chain([WALK, PLAN], repeat(OURS, OFTEN - 2)))


async def shared(callers: Sequence[Caller], works: Iterator[Work]) -> None:
    """Have some callers share the calls."""

    async def keep_calling(caller: Caller) -> None:
        for work in works:
            await caller.call(work)

    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(keep_calling(caller))


def resident(process: int) -> float:
    """Megabytes that a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) / KIBIBYTES_IN_A_MEGABYTE
