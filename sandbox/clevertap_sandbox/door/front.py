"""The front door: every request passes here on its way to the endpoints, and its answer on the way back.

In this order: count it, read it, log it, check its credentials, find it a place (or 429), let a fault hit it,
or hand it on. Pure ASGI without lifespan events, so that it works inside any server and inside
`httpx2.ASGITransport`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from clevertap_sandbox.answers import Answer, RefusedError
from clevertap_sandbox.door.damage import Exchange, Reply, damage

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clevertap_sandbox.door.faults import FaultPlan
    from clevertap_sandbox.door.gate import Gate, Traffic
    from clevertap_sandbox.project import Project

CONTROL = "/_sandbox/"
MOST_RECORDED = 1000
"""Requests that the log keeps: a sandbox may run for months."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived. Header names are in lower case; `query` is decoded once."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Door:
    """What the front door needs to know."""

    project: Project
    gate: Gate
    traffic: Traffic
    faults: FaultPlan
    requests: list[Recorded]
    paths: Collection[str]
    """The paths that need credentials; at any other there is nothing to protect."""


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
            self._door.requests.append(recorded)
            del self._door.requests[:-MOST_RECORDED]
            try:
                await self._admit(recorded, scope, receive, send)
            except RefusedError as refused:
                await Reply(refused.answer).send(send)

    async def _admit(self, recorded: Recorded, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door
        if recorded.path in door.paths:
            door.gate.check(recorded.headers)
        with door.traffic.admission(recorded.path):
            fault = door.faults.take(recorded.method, recorded.path, recorded.query)

            async def handle() -> Answer:
                return await _handled(self._app, scope, recorded.body)

            async def abort() -> None:
                await _abort(scope, receive)

            if fault is None:
                await Reply(await handle()).send(send)
                return
            await damage(fault, Exchange(door.project, recorded.path, recorded.query, handle, send, abort))


async def _record(scope: Scope, receive: Receive) -> Recorded:
    body = await Request(scope, receive).body()
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Recorded(scope["method"], scope["path"], query, body, dict(Headers(scope=scope)))


async def _handled(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """Let the endpoints answer, and keep the answer instead of sending it."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    content_type = Headers(raw=sent[0]["headers"]).get("content-type", "")
    return Answer(b"".join(message.get("body", b"") for message in sent[1:]), sent[0]["status"], content_type)


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
