"""How many calls a second our server answers to many callers at once, beside the SDK's own server with a no-op tool.

Ours does a count each time, asked of a sandbox in a process of its own. Both are asked by the same callers in turns,
over each transport: calls per second, and the median and the 99th percentile of what one call takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.calling import Caller, Work, over_stdio
from benchmarks.finding import Finding
from benchmarks.processes import BARE_SERVER, SCRIPT, sandbox, serving, started
from benchmarks.web_calling import over_http, over_sse

AT_LEAST = 0.6
TRANSPORTS = ("stdio", "http", "sse")
CALLERS = (1, 16, 64)
CALLS = 1_500
ROUNDS = 5
JANUARY = {"event_name": "Charged", "from": "1997-01-01", "to": "1997-01-31"}
"""So few purchases that the sandbox, which shares the machine, has little to do; CleverTap would have its own."""
OURS = Work("clevertap_get_event_count", JANUARY, b'{"count":885}')
BARE = Work("nothing", {}, b'{"result":"done"}')

Attaching = AbstractAsyncContextManager[list[Caller]]


@dataclass(frozen=True, slots=True)
class Load:
    """What came of many calls.

    Args:
        seconds: How long they took together.
        times: How long each took.
    """

    seconds: float
    times: list[float]

    @property
    def rate(self) -> float:
        """Calls per second."""
        return len(self.times) / self.seconds


def findings() -> Iterator[Finding]:
    """Each transport at each number of callers; the bound is for the most callers."""
    with sandbox() as variables:
        for transport in TRANSPORTS:
            with ExitStack() as stack:
                ours, bare = attached(transport, stack, variables)
                yield from asyncio.run(compared(transport, ours, bare))


def attached(transport: str, stack: ExitStack, variables: Mapping[str, str]) -> tuple[Attaching, Attaching]:
    """Callers of our server and of the bare one, as many as there will ever be."""
    most = max(CALLERS)
    if transport == "stdio":
        ours, bare = stack.enter_context(started([SCRIPT], variables)), stack.enter_context(started(BARE_SERVER))
        return over_stdio(ours, most), over_stdio(bare, most)
    way = {"http": over_http, "sse": over_sse}[transport]
    our_port, _ = stack.enter_context(serving([SCRIPT, "serve", "--transport", transport, "--port"], variables))
    bare_port, _ = stack.enter_context(serving([*BARE_SERVER, transport]))
    return way(our_port, most), way(bare_port, most)


async def compared(transport: str, ours: Attaching, bare: Attaching) -> list[Finding]:
    """Both servers under the same loads, in turns."""
    async with ours as our_callers, bare as bare_callers:
        await loaded(our_callers, OURS)
        await loaded(bare_callers, BARE)
        return [await finding(transport, our_callers[:some], bare_callers[:some]) for some in CALLERS]


async def finding(transport: str, our_callers: Sequence[Caller], bare_callers: Sequence[Caller]) -> Finding:
    """One number of callers on one transport."""
    rounds = [(await loaded(our_callers, OURS), await loaded(bare_callers, BARE)) for _ in range(ROUNDS)]
    ours, bare = ([turn[side] for turn in rounds] for side in (0, 1))
    callers = len(our_callers)
    return Finding(
        f"{transport}, {callers} callers : no-op tool",
        words(ours),
        words(bare),
        median(one.rate / other.rate for one, other in rounds),
        AT_LEAST if callers == max(CALLERS) else None,
        at_least=True,
    )


async def loaded(callers: Sequence[Caller], work: Work) -> Load:
    """Have some callers share a number of calls, each calling again as soon as it is answered."""
    left = iter(range(CALLS))
    times: list[float] = []

    async def keep_calling(caller: Caller) -> None:
        for _ in left:
            began = time.perf_counter()
            await caller.call(work)
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for caller in callers:
            tasks.create_task(keep_calling(caller))
    return Load(time.perf_counter() - began, times)


def words(loads: Sequence[Load]) -> str:
    """What some rounds found, as it is printed."""
    percentiles = quantiles([seconds for load in loads for seconds in load.times], n=100)
    usual, slow = (percentiles[number - 1] * 1000 for number in (50, 99))
    return f"{median(load.rate for load in loads):.0f}/s {usual:.0f}, {slow:.0f} ms"
