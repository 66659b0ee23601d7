"""What could make a request mean something else than it looks: paths that climb, headers that speak for us."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-account-id",
        "x-clevertap-account-id",
        "x-clevertap-passcode",
        "x-clevertap-token",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-host",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-host",
        "x-original-url",
        "x-rewrite-url",
    }
)
"""Headers that are ours or the connection's: they could change who asks, whom, or what."""
HARMLESS_HEADERS = frozenset(
    {
        "accept",
        "accept-language",
        "cache-control",
        "if-modified-since",
        "if-none-match",
        "prefer",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-correlation-id",
        "x-request-id",
    }
)
"""Headers that change nothing of what a request does; any other may turn it into another on some server."""
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
MOST_DECODINGS = 4
"""More often than any chain of proxies takes off percent signs."""
LITERAL_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}|\{[A-Za-z0-9_]+\})*", re.ASCII)


def checked_path(path: str) -> str:
    """A path that cannot mean another host or climb out of where it seems to be.

    Raises:
        ValueError: It could.
    """
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("must be a path on the account's own host: one '/' first, no scheme, no host")
    if "?" in path or "#" in path:
        raise ValueError("must be the path only; parameters go into 'query'")
    if not LITERAL_PATH.fullmatch(path):
        raise ValueError(
            "holds a character that no path has (spaces, backslashes, control characters); use path_params"
        )
    check_segments(path)
    return path


def check_segments(path: str) -> None:
    """Refuse what a server might read as another path than it looks.

    Raises:
        ValueError: There is a `.` or `..` step, an empty step, or a slash, backslash or control character in disguise.
    """
    plain = plainly(path)
    if any(not character.isprintable() for character in plain) or "\\" in plain or plain.count("/") != path.count("/"):
        raise ValueError("hides a slash, a backslash or a control character behind percent signs; write it plainly")
    steps = plain.split("/")[1:]
    if any(step in (".", "..") for step in steps) or "" in steps[:-1]:
        raise ValueError("holds '.', '..' or an empty step; write the path out")


def plainly(text: str) -> str:
    """A text as a server sees it that takes off percent signs again and again."""
    for _ in range(MOST_DECODINGS):
        text = unquote(text)
    return text


def checked_filling(value: str) -> str:
    """A path parameter that stays one step of its path, even for a server that decodes it first.

    Raises:
        ValueError: It is empty, climbs, or holds a control character.
    """
    steps = re.split(r"[/\\]", plainly(value))
    if not value or not {".", ".."}.isdisjoint(steps) or not plainly(value).isprintable():
        raise ValueError("may not be empty, climb with '.' or '..', or hold a control character")
    return value


def plain_header(name: str) -> str:
    """A header's name as servers compare it; some take "_" for "-"."""
    return name.lower().replace("_", "-")


def are_harmless(headers: Iterable[str]) -> bool:
    """Whether all headers of these names are known to change nothing of what a request does."""
    return HARMLESS_HEADERS.issuperset(map(plain_header, headers))


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers that say nothing about who asks, whom and how the connection works.

    Raises:
        ValueError: One of them does, or is no header at all.
    """
    if len(set(map(plain_header, headers))) < len(headers):
        raise ValueError("names a header twice")
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise ValueError("holds a name that no header has")
        if plain_header(name) in OWN_HEADERS:
            raise ValueError(f"may not set {name}: this server sets it")
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise ValueError(f"holds a line break, an outer space or a character that no header has, in {name}")
    return headers
