"""Secrets and persons that nothing may let out, the search for them, and a host that repeats all it is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

SECRETS = {
    "CLEVERTAP_PASSCODE": 'Qp7"vN4&xK9<mT2+wZ8=rB5%yH3>gL6',
    "CLEVERTAP_ACCOUNT_TOKEN": "9dJ-Xs4kVbn'Tq0fYc7Wm2-HuRz8ePaL",
    "CLEVERTAP_PSEUDONYM_KEY": "c83Fh0aUzrX6yWqk5EvNn1tJbD7opMgSl2RiC9Yx",
    "CLEVERTAP_AUDIT_KEY": "0tGmB9wsKzV3eJqL5xHfYr7uPaNd1oCi8TbE6ZkW",
}
PERSON = {
    "identity": "canary-identity-4711",
    "Email": "wren.canary@birds.example",
    "Phone": "+493012345678",
    "Name": "Wrenhilde Kanarienvogel",
}
SHORTEST = 12
"""Characters at either end of a secret that tell enough of it."""
Mood = str


def spellings(secret: str) -> set[bytes]:
    """A secret as it might stand somewhere, all in small letters: whole, or cut off at either end."""
    once = json.dumps(secret)[1:-1]
    twice = json.dumps(once)[1:-1]
    parts = (secret, secret[:SHORTEST], secret[-SHORTEST:])
    plain = {*parts, quote(secret, safe=""), quote_plus(secret), once, twice, escape(secret), repr(secret)[1:-1]}
    encoded = {secret.encode().hex(), *in_base64(secret), base64.b32encode(secret.encode()).decode().rstrip("=")}
    return {text.lower().encode() for text in plain | encoded}


def in_base64(secret: str) -> Iterator[str]:
    """The characters that a secret makes in the base64 of any text that holds it."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        yield whole[(before * 8 + 5) // 6 : -1]


def found(emitted: Iterable[str | bytes], values: dict[str, str] = SECRETS) -> set[str]:
    """Which of some values stand, in whatever spelling, in what was emitted."""
    texts = [(each.encode(errors="replace") if isinstance(each, str) else each).lower() for each in emitted]
    return {
        name
        for name, value in values.items()
        if any(spelling in text for spelling in spellings(value) for text in texts)
    }


class Parrot:
    """A host that answers with what it was asked, in a mood that can be changed; without one it hands requests on.

    Args:
        application: What gets the requests then.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.mood: Mood = ""
        self.repeated = 0
        """How many requests held a passcode that was repeated."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.mood:
            await self._application(scope, receive, send)
            return
        request = Request(scope, receive)
        said = "; ".join(repetitions(request, await request.body()))
        self.repeated += request.headers["x-clevertap-passcode"] in said
        if self.mood == "hang":
            await anyio.sleep_forever()
        if self.mood == "reset":
            scope["state"]["abort_connection"]()
            return
        await ANSWERS[self.mood](said, request.headers)(scope, receive, send)


def repetitions(request: Request, body: bytes) -> Iterator[str]:
    """What was asked, the secrets first, each in several spellings."""
    for name in ("x-clevertap-passcode", "x-clevertap-token"):
        value = request.headers.get(name, "none")
        yield from (value, quote(value, safe=""), escape(value), value.upper(), value.lower())
    yield from map(str, (dict(request.headers), request.url, body))


def failed(status: int, **more: str) -> Any:
    """An answer that refuses, with an HTTP status."""
    return lambda said, _: JSONResponse({"status": "fail", "error": said, "code": status}, status, headers=more)


def cut_off(_said: str, headers: Headers) -> Response:
    """A refusal that is clipped in the middle of the passcode, wherever the limit is."""
    return JSONResponse({"status": "fail", "error": f"{'x ' * 140}{headers['x-clevertap-passcode']}"}, 400)


def refused_records(said: str, headers: Headers) -> Response:
    """An upload whose records are all refused."""
    record = {"identity": said, "profileData": dict(headers)}
    refusal = {"status": "fail", "code": 513, "error": said, "record": record}
    return JSONResponse({"status": "success", "processed": 0, "unprocessed": [refusal]})


def done(said: str, headers: Headers) -> Response:
    """A success of every kind at once, with secrets in all its texts."""
    profile = {"identity": said, "profileData": dict(headers), "name": said}
    return JSONResponse(
        {
            "status": "success",
            "processed": 1,
            "count": 1,
            "id": 1,
            "record": profile,
            "records": [{"profile": profile, "event_props": dict(headers), "ts": 20300101090000}],
            "next_cursor": said,
            "cursor": said,
            "targets": [{"id": 1, "name": said, "status": said, "scheduled_on": said}],
            "result": {said: said, "sent": 1},
            said: said,
        }
    )


ANSWERS: dict[Mood, Any] = {
    "unauthorized": failed(401),
    "wrong": failed(400),
    "cut off": cut_off,
    "forbidden page": lambda said, _: HTMLResponse(f"<html>{said}</html>", 403),
    "fail under 200": failed(200),
    "refused records": refused_records,
    "done": done,
    "text": lambda said, _: PlainTextResponse(said),
    "type": lambda said, headers: Response(said, media_type=f"text/x-{headers['x-clevertap-passcode']}"),
    "bytes": lambda said, _: Response(b"\xff\xfe" + said.encode(), media_type="application/octet-stream"),
    "half": lambda said, _: Response(json.dumps({"status": "success", "x": said})[:-2], media_type="application/json"),
    "odd status": lambda _, headers: JSONResponse({"status": headers["x-clevertap-passcode"]}),
    "computing": lambda _, headers: JSONResponse({"status": "partial", "req_id": headers["x-clevertap-passcode"]}),
    "redirect": lambda said, _: RedirectResponse(f"https://elsewhere.example/?{quote(said)}"),
    "page": lambda said, _: HTMLResponse(f"<html>{said}</html>"),
    "busy": failed(429),
    "broken": failed(500),
}
