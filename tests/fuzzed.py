"""Requests as no client would write them: valid ones of both generations, mutated at every level, and mere noise.

The same seed gives the same requests.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from web import COUNT, INITIALIZE, LEGACY, LISTEN, LISTENING, META, MODERN

JSON_HEADER = {"Content-Type": "application/json"}
DISCOVER = {"jsonrpc": "2.0", "id": 7, "method": "server/discover", "params": {"_meta": META}}
TOOLS = {"jsonrpc": "2.0", "id": "t", "method": "tools/list", "params": {"_meta": META}}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PAGE = "https://app.example.com"
"""Whose scripts may call where pages are named."""
SESSION = "0123456789abcdef0123456789abcdef"
DEEP = 1_500
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    "",
    "\ud800",
    "\x00",
    "x" * 20_000,
    [],
    {},
    [[]],
    {"": {}},
    "tools/call",
    "2.0",
    "subscriptions/listen",
    "notifications/cancelled",
)
ODD_TEXTS = (
    b"",
    b"\xff\xfe",
    "\u00e9".encode(),
    b"0",
    b"-1",
    b"99999999999999999999",
    b"chunked",
    b"gzip, chunked",
    b"*/*",
    b"text/event-stream",
    b"application/json; charset=utf-16",
    b"2025-11-25",
    b"2026-07-28",
    b"1999-01-01",
    b"Bearer ",
    b"Bearer \xc3\x28",
    b"Basic YTpi",
    b"a" * 9_000,
    b"a\tb",
    b"localhost",
    b"evil.example",
    b"null",
    PAGE.encode(),
    b"subscriptions/listen",
    SESSION.encode(),
)
HEADERS = (
    b"Host",
    b"Origin",
    b"Accept",
    b"Content-Type",
    b"Content-Length",
    b"Transfer-Encoding",
    b"Connection",
    b"Expect",
    b"Upgrade",
    b"Authorization",
    b"MCP-Protocol-Version",
    b"Mcp-Session-Id",
    b"Mcp-Method",
    b"Mcp-Name",
    b"Mcp-Param-Event_name",
    b"Last-Event-ID",
    b"X-Forwarded-For",
    b"Access-Control-Request-Method",
    b"Cookie",
    b"",
    b"B\xc3\xa4d",
    b"Spaced Name",
)
METHODS = (
    b"GET",
    b"POST",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"HEAD",
    b"PATCH",
    b"TRACE",
    b"CONNECT",
    b"PRI",
    b"get",
    b"",
    b"\x00",
)
PATHS = (
    b"/mcp",
    b"/mcp/",
    b"//mcp",
    b"/sse",
    b"/messages/",
    b"/messages/?session_id=" + SESSION.encode(),
    b"/messages/?session_id=%00",
    b"/messages/more?session_id=x",
    b"/healthz",
    b"/readyz",
    b"/metrics",
    b"/.well-known/oauth-protected-resource/mcp",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/mcp/../metrics",
    b"/%ff%fe",
    b"/" + b"a" * 5_000,
    b"*",
    b"http://evil.example/mcp",
    b"mcp",
    b"/mcp?" + b"q=1&" * 500,
    b"/mcp#x",
    b"",
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"HTTP/0.9", b"HTTP/1.1.1", b"XTTP/1.1", b"")


@dataclass(frozen=True)
class Request:
    """A request, part by part."""

    method: bytes = b"POST"
    path: bytes = b"/mcp"
    version: bytes = b"HTTP/1.1"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    framing: str = "length"
    cut: int | None = field(default=None)

    def written(self) -> bytes:
        """The request on the wire."""
        lines = [b" ".join((self.method, self.path, self.version)), *(b": ".join(pair) for pair in self.headers)]
        framing, body = framed(self.framing, self.body)
        whole = b"\r\n".join([*lines, *framing, b"", b""]) + body
        return whole if self.cut is None else whole[: self.cut]


def framed(framing: str, body: bytes) -> tuple[list[bytes], bytes]:
    """How the length of a body is told, and the body as it goes out with that."""
    length = b"Content-Length: %d" % len(body)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    coded = b"Transfer-Encoding: chunked"
    return {
        "length": ([length], body),
        "chunked": ([coded], chunked),
        "too long": ([b"Content-Length: %d" % (len(body) + 10)], body),
        "too short": ([b"Content-Length: %d" % max(0, len(body) - 5)], body),
        "huge": ([b"Content-Length: 5000000000"], body),
        "both": ([length, coded], chunked),
        "twice": ([length, b"Content-Length: 1"], body),
        "bad chunk": ([coded], b"zz\r\n" + body),
        "huge chunk": ([coded], b"ffffffffffffffff\r\n" + body),
        "none": ([], body),
    }[framing]


FRAMINGS = tuple(
    framing
    for framing in (
        "length",
        "chunked",
        "too long",
        "too short",
        "huge",
        "both",
        "twice",
        "bad chunk",
        "huge chunk",
        "none",
    )
)


class Fuzz:
    """Makes requests.

    Args:
        seed: Which ones.
        tokens: Tokens that are good; none where nobody asks for one.
    """

    def __init__(self, seed: int, *tokens: str) -> None:
        self._random = Random(seed)
        self._tokens = tokens

    def request(self) -> bytes:
        """One request."""
        if self._random.random() < 0.03:
            return self._random.randbytes(self._random.randint(1, 300)) + b"\r\n\r\n"
        request = self._valid()
        for _ in range(self._random.choice((0, 1, 1, 2, 3))):
            request = self._random.choice(self._mutations)(request)
        written = request.written()
        if self._random.random() < 0.03:
            written += self._valid().written()
        return self._flipped(written) if self._random.random() < 0.1 else written

    def _valid(self) -> Request:
        message, headers, path, method = self._random.choice(VALID)
        if message is not None and self._random.random() < 0.6:
            message = self._changed(deepcopy(message))
        sent = {"Host": "localhost", **headers, **self._authorization()}
        if self._random.random() < 0.9:
            sent["Connection"] = "close"
        written = tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in sent.items())
        body = b"" if message is None else json.dumps(message).encode()
        return Request(method.encode(), path.encode(), headers=written, body=body)

    def _authorization(self) -> dict[str, str]:
        if self._tokens and self._random.random() < 0.8:
            return {"Authorization": f"Bearer {self._random.choice(self._tokens)}"}
        junk = self._random.choice(("", "Bearer", f"Bearer {'x' * 300}", f"Bearer ctmcp_{'A' * 43}", "Bearer a.b.c"))
        return {"Authorization": junk} if junk else {}

    @property
    def _mutations(self) -> tuple[Any, ...]:
        return (
            lambda r: replace(r, method=self._random.choice(METHODS)),
            lambda r: replace(r, path=self._random.choice(PATHS)),
            lambda r: replace(r, version=self._random.choice(VERSIONS)),
            lambda r: replace(r, framing=self._random.choice(FRAMINGS)),
            lambda r: replace(r, headers=(*r.headers, (self._random.choice(HEADERS), self._random.choice(ODD_TEXTS)))),
            self._without_header,
            self._with_odd_header,
            lambda r: replace(r, body=self._flipped(r.body)),
            lambda r: replace(r, body=r.body[: self._random.randint(0, len(r.body))]),
            lambda r: replace(r, body=b"[" * DEEP + r.body + b"]" * DEEP),
            lambda r: replace(r, body=b"[" + r.body + b"," + r.body + b"]"),
            lambda r: replace(r, body=b'{"id":' + b"9" * 5_000 + b"," + r.body[1:]),
            lambda r: replace(r, cut=self._random.randint(1, len(r.written()))),
        )

    def _without_header(self, request: Request) -> Request:
        kept = list(request.headers)
        if kept:
            kept.pop(self._random.randrange(len(kept)))
        return replace(request, headers=tuple(kept))

    def _with_odd_header(self, request: Request) -> Request:
        headers = list(request.headers)
        if headers:
            at = self._random.randrange(len(headers))
            headers[at] = (headers[at][0], self._random.choice(ODD_TEXTS))
        return replace(request, headers=tuple(headers))

    def _flipped(self, text: bytes) -> bytes:
        changed = bytearray(text)
        for _ in range(self._random.randint(1, 4)):
            if changed:
                changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _changed(self, value: Any) -> Any:
        """A JSON value with something odd somewhere in it."""
        if not isinstance(value, dict | list) or not value or self._random.random() < 0.2:
            return self._random.choice(ODD_VALUES)
        key = self._random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if isinstance(value, dict) and self._random.random() < 0.2:
            del value[key]
        elif isinstance(value, dict) and self._random.random() < 0.1:
            value[str(self._random.choice(ODD_VALUES))] = self._random.choice(ODD_VALUES)
        else:
            value[key] = self._changed(value[key])
        return value


VALID: tuple[tuple[Any, dict[str, str], str, str], ...] = (
    (COUNT, MODERN | JSON_HEADER, "/mcp", "POST"),
    (TOOLS, MODERN | JSON_HEADER | {"Mcp-Method": "tools/list"}, "/mcp", "POST"),
    (DISCOVER, MODERN | JSON_HEADER | {"Mcp-Method": "server/discover"}, "/mcp", "POST"),
    (LISTEN, LISTENING | JSON_HEADER, "/mcp", "POST"),
    (READY, MODERN | JSON_HEADER, "/mcp", "POST"),
    (INITIALIZE, LEGACY | JSON_HEADER, "/mcp", "POST"),
    (TOOLS, LEGACY | JSON_HEADER | {"Mcp-Session-Id": SESSION}, "/mcp", "POST"),
    (READY, LEGACY | JSON_HEADER | {"MCP-Protocol-Version": "2025-06-18"}, "/mcp", "POST"),
    (COUNT, JSON_HEADER, f"/messages/?session_id={SESSION}", "POST"),
    (None, LEGACY | {"Mcp-Session-Id": SESSION}, "/mcp", "GET"),
    (None, LEGACY | {"Mcp-Session-Id": SESSION}, "/mcp", "DELETE"),
    (None, {"Accept": "text/event-stream"}, "/sse", "GET"),
    (None, {"Origin": "http://localhost:1", "Access-Control-Request-Method": "POST"}, "/mcp", "OPTIONS"),
    (COUNT, MODERN | JSON_HEADER | {"Origin": PAGE}, "/mcp", "POST"),
    (None, {"Origin": PAGE, "Access-Control-Request-Method": "POST"}, "/mcp", "OPTIONS"),
    (None, {}, "/healthz", "GET"),
    (None, {}, "/readyz", "GET"),
    (None, {}, "/metrics", "GET"),
    (None, {}, "/.well-known/oauth-protected-resource/mcp", "GET"),
)
