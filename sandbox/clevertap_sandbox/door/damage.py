"""Carrying out a fault on one exchange. `faults` says which, this says how."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio

from clevertap_sandbox.answers import Answer, RefusedError, answer
from clevertap_sandbox.door.faults import Kind
from clevertap_sandbox.door.gate import UNKNOWN_ACCOUNT
from clevertap_sandbox.door.skew import skewed
from clevertap_sandbox.endpoints.counts import hold
from clevertap_sandbox.endpoints.exports import NOT_READY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import Send

    from clevertap_sandbox.door.faults import Fault
    from clevertap_sandbox.project import Project

STATUS_TEXTS = {
    400: "Invalid parameters",
    401: "Invalid Credentials",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "This target hasn't been completed",
    429: "Too many concurrent requests",
    500: "An unknown error occurred",
    503: "Service Unavailable",
}
"""Reference: data 3.2 for 401, 405, 429, 500; the others follow the table of data 3.1."""
HTML = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body>Something went wrong</body></html>\n"
RUBBISH = b"\x1f\x8bthis is no gzip stream"
DRIPS = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way out, with the headers a fault adds."""

    answer: Answer
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def start(self, send: Send) -> None:
        """Send everything before the body."""
        body = self.answer.body
        content = [(b"content-type", self.answer.content_type.encode())] if self.answer.content_type else []
        tag = [(b"etag", self.answer.etag.encode())] if self.answer.etag else []
        headers = [*content, *tag, (b"content-length", str(len(body)).encode()), *self.headers]
        await send({"type": "http.response.start", "status": self.answer.status, "headers": headers})

    async def send(self, send: Send) -> None:
        """Send it whole."""
        await self.start(send)
        await send({"type": "http.response.body", "body": self.answer.body})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that a fault has hit."""

    project: Project
    path: str
    query: Mapping[str, str]
    handle: Callable[[], Awaitable[Answer]]
    """Carry the request out as if nothing were wrong."""
    send: Send
    abort: Callable[[], Awaitable[None]]
    """Abort the connection."""


async def damage(fault: Fault, exchange: Exchange) -> None:
    """Carry a fault out."""
    await DAMAGES[fault.kind](fault, exchange)


def _retry_after(fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
    return () if fault.retry_after is None else ((b"retry-after", str(fault.retry_after).encode()),)


async def _instead(fault: Fault, exchange: Exchange, given: Answer) -> None:
    """Answer something else, having carried the request out only if the fault says so."""
    if fault.handled:
        await exchange.handle()
    await Reply(given, _retry_after(fault)).send(exchange.send)


async def _status(fault: Fault, exchange: Exchange) -> None:
    await _instead(fault, exchange, _failure(fault, fault.status or 500))


def _failure(fault: Fault, status: int) -> Answer:
    error = fault.error or STATUS_TEXTS.get(status, STATUS_TEXTS[500])
    code = status if fault.code is None else fault.code
    return answer({"status": "fail", "error": error, "code": code}, status)


async def _skew(fault: Fault, exchange: Exchange) -> None:
    with skewed(fault.seconds):
        if fault.status is None:
            await Reply(await exchange.handle()).send(exchange.send)
            return
        until = exchange.project.clock() + float(fault.retry_after or 0)
        headers = ((b"retry-after", formatdate(until, usegmt=True).encode()),) if fault.retry_after else ()
        await Reply(_failure(fault, fault.status), headers).send(exchange.send)


async def _wrong_region(_fault: Fault, exchange: Exchange) -> None:
    await Reply(RefusedError(UNKNOWN_ACCOUNT, 401).answer).send(exchange.send)


async def _html(fault: Fault, exchange: Exchange) -> None:
    await _instead(fault, exchange, Answer(HTML, fault.status or 200, "text/html; charset=utf-8"))


async def _empty(fault: Fault, exchange: Exchange) -> None:
    await _instead(fault, exchange, Answer(b"", fault.status or 200))


async def _fail(fault: Fault, exchange: Exchange) -> None:
    body: dict[str, Any] = {"status": "fail", "error": fault.error or STATUS_TEXTS[500]}
    if fault.code is not None:
        body["code"] = fault.code
    await _instead(fault, exchange, answer(body, fault.status or 200))


async def _error_only(fault: Fault, exchange: Exchange) -> None:
    await _instead(fault, exchange, answer({"error": fault.error or STATUS_TEXTS[500]}, fault.status or 200))


async def _truncated(_fault: Fault, exchange: Exchange) -> None:
    whole = await exchange.handle()
    await Reply(replace(whole, body=whole.body[: len(whole.body) // 2])).send(exchange.send)


async def _gzip(_fault: Fault, exchange: Exchange) -> None:
    whole = await exchange.handle()
    await Reply(replace(whole, body=RUBBISH), ((b"content-encoding", b"gzip"),)).send(exchange.send)


async def _not_ready(fault: Fault, exchange: Exchange) -> None:
    await Reply(answer(NOT_READY, fault.status or 200)).send(exchange.send)


async def _partial(fault: Fault, exchange: Exchange) -> None:
    counted = await exchange.handle()
    if b'"status":"success"' in counted.body:
        counted = hold(exchange.project, exchange.path, counted, fault.polls)
    await Reply(counted).send(exchange.send)


async def _repeat_cursor(_fault: Fault, exchange: Exchange) -> None:
    page = await exchange.handle()
    body = json.loads(page.body)
    if body.get("status") == "success":
        page = answer({**body, "next_cursor": quote(exchange.query["cursor"], safe="")})
    await Reply(page).send(exchange.send)


async def _slow(fault: Fault, exchange: Exchange) -> None:
    given = await exchange.handle()
    await anyio.sleep(fault.seconds)
    await Reply(given).send(exchange.send)


async def _drip(fault: Fault, exchange: Exchange) -> None:
    given = await exchange.handle()
    await Reply(given).start(exchange.send)
    size = -(-len(given.body) // DRIPS) or 1
    for start in range(0, len(given.body), size):
        await anyio.sleep(fault.seconds / DRIPS)
        piece = given.body[start : start + size]
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _reset_before(_fault: Fault, exchange: Exchange) -> None:
    await exchange.abort()


async def _reset_after(_fault: Fault, exchange: Exchange) -> None:
    await exchange.handle()
    await exchange.abort()


async def _reset_midway(_fault: Fault, exchange: Exchange) -> None:
    given = await exchange.handle()
    await Reply(given).start(exchange.send)
    half = given.body[: len(given.body) // 2]
    await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
    await exchange.abort()


async def _reset_late(_fault: Fault, exchange: Exchange) -> None:
    await Reply(await exchange.handle()).send(exchange.send)
    await exchange.abort()


DAMAGES: dict[Kind, Callable[[Fault, Exchange], Awaitable[None]]] = {
    Kind.STATUS: _status,
    Kind.HTML: _html,
    Kind.EMPTY: _empty,
    Kind.FAIL: _fail,
    Kind.ERROR_ONLY: _error_only,
    Kind.TRUNCATED: _truncated,
    Kind.GZIP: _gzip,
    Kind.NOT_READY: _not_ready,
    Kind.PARTIAL: _partial,
    Kind.REPEAT_CURSOR: _repeat_cursor,
    Kind.SLOW: _slow,
    Kind.DRIP: _drip,
    Kind.RESET_BEFORE: _reset_before,
    Kind.RESET_AFTER: _reset_after,
    Kind.RESET_MIDWAY: _reset_midway,
    Kind.RESET_LATE: _reset_late,
    Kind.SKEW: _skew,
    Kind.WRONG_REGION: _wrong_region,
}
