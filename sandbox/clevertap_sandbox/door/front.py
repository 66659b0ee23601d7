"""The front door: every request passes here on its way to the endpoints, and its answer on the way back.

In this order: count it, read it, log it, check its credentials, find it a place (or 429), let a fault hit it,
or hand it on. Pure ASGI without lifespan events, so that it works inside any server and inside
`httpx2.ASGITransport`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from clevertap_sandbox.answers import JSON_TYPE, Answer, RefusedError, spaced
from clevertap_sandbox.door.damage import Exchange, Reply, damage
from clevertap_sandbox.door.log import Recorded
from clevertap_sandbox.state.shelf import STORAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clevertap_sandbox.door.faults import FaultPlan
    from clevertap_sandbox.door.gate import Gate, Traffic
    from clevertap_sandbox.door.log import RequestLog
    from clevertap_sandbox.project import Project

CONTROL = "/_sandbox/"


@dataclass(frozen=True, slots=True)
class Door:
    """What the front door needs to know."""

    project: Project
    gate: Gate
    traffic: Traffic
    faults: FaultPlan
    requests: RequestLog
    family: Callable[[str], str | None]
    """The endpoint that a path belongs to; where there is none, there is nothing to protect."""


class Front:
    """The ASGI middleware around the endpoints."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any type; only requests to the API are of interest."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        with self._door.traffic.presence(scope["path"]):
            try:
                recorded = await _record(scope, receive)
            except ClientDisconnect:
                return
            self._door.requests.record(recorded)
            dated = _dated(send, self._door.project.clock)
            try:
                await self._admit(recorded, scope, receive, dated)
            except RefusedError as refused:
                await Reply(self._printed(refused.answer)).send(dated)

    async def _admit(self, recorded: Recorded, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door
        family = door.family(recorded.path)
        if family is not None:
            door.gate.check(recorded.headers, family)
        with door.traffic.admission(family or recorded.path, recorded.body):
            fault = door.faults.take(recorded.method, recorded.path, recorded.query)

            async def handle() -> Answer:
                streamed = recorded.path.startswith(STORAGE)
                return self._printed(await _handled(self._app, scope, receive if streamed else _once(recorded.body)))

            async def abort() -> None:
                await _abort(scope, receive)

            if fault is None:
                await Reply(await handle()).send(send)
                return
            await damage(fault, Exchange(door.project, recorded.path, recorded.query, handle, send, abort))

    def _printed(self, given: Answer) -> Answer:
        """Print JSON with spaces if this CleverTap does. Reference: data 1.4."""
        if not self._door.project.behaviours.spaced_json or given.content_type != JSON_TYPE:
            return given
        return replace(given, body=spaced(json.loads(given.body)).encode())


def _dated(send: Send, clock: Callable[[], float]) -> Send:
    """Say in each answer what time it is."""

    async def send_dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", formatdate(clock(), usegmt=True).encode())
            message = {**message, "headers": [*message["headers"], date]}
        await send(message)

    return send_dated


async def _record(scope: Scope, receive: Receive) -> Recorded:
    # A file may be larger than memory: it is left to the store, and not kept in the log.
    body = b"" if scope["path"].startswith(STORAGE) else await Request(scope, receive).body()
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Recorded(scope["method"], scope["path"], query, body, dict(Headers(scope=scope)))


def _once(body: bytes) -> Receive:
    """Hand over a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _handled(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Let the endpoints answer, and keep the answer instead of sending it."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    headers, body = Headers(raw=sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(body, sent[0]["status"], headers.get("content-type", ""), headers.get("etag", ""))


async def _abort(scope: Scope, receive: Receive) -> None:
    """Abort the TCP connection, if the server tells how (`serve` does); else fail as loudly as a lost one."""
    abort = scope.get("state", {}).get("abort_connection")
    if abort is None:
        _lost()
    abort()
    # Returning at once would look to the server like an answer forgotten.
    while (await receive())["type"] != "http.disconnect":
        pass


def _lost() -> NoReturn:
    raise ConnectionResetError("connection reset by the sandbox")
