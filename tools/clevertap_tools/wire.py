"""A call to send and the reading of its answer, as pure functions: no I/O, no clock.

HTTP 200 is not success here and HTTP 500 is not always failure: the body decides (reference: data 1.4 and 3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote_to_bytes, urlencode

from clevertap_tools.account import HOSTS, Account
from clevertap_tools.effect import Effect
from clevertap_tools.errors import (
    CleverTapError,
    CredentialsError,
    InvalidRequestError,
    LostAnswerError,
    RateLimitedError,
    RedirectedError,
    ServiceError,
    UnreadableAnswerError,
)

T = TypeVar("T")
JsonObject = dict[str, Any]
JSON = "application/json"
TELLING_CODES = frozenset({401, 429, 500, 502, 503, 504})
"""Codes in a body under HTTP 200 that say more than "refused"; 509 to 555 are codes of records."""
CUT_OFF = frozenset({408, 499})
"""What gateways answer when they stopped waiting for CleverTap, which may have carried the request out."""
DEEPEST = 100
"""Levels of nesting that an answer or the arguments of a call may have."""
LONGEST_NUMBER = 18
LONGEST_QUOTE = 300
"""Characters of a foreign text that an error message may repeat."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the body as it stands, and how long we were asked to wait."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request to CleverTap and the function that reads its answer.

    Args:
        method: HTTP method.
        path: Path on the account's host, already percent-encoded.
        effect: What it does; whether it may be repeated follows from that.
        read: Turns the answer into a value, or raises.
        query: The raw query string without its question mark, already percent-encoded.
        body: The request body, empty for none.
        content_type: The body's type; sent only with a body.
        headers: Further headers.
        with_token: Whether the account token goes along (`X-CleverTap-Token`).
    """

    method: str
    path: str
    effect: Effect
    read: Callable[[Answer], T]
    query: str = ""
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    with_token: bool = False

    @property
    def family(self) -> str:
        """What CleverTap counts simultaneous requests by: the path (reference: data 2.1)."""
        return self.path


def post(path: str, body: object, effect: Effect, read: Callable[[Answer], T], query: str = "") -> Call[T]:
    """A POST with a JSON body."""
    return Call("POST", path, effect, read, query=query, body=dump(body))


def get(path: str, read: Callable[[Answer], T], query: str = "") -> Call[T]:
    """A GET, which only reads."""
    return Call("GET", path, Effect.READ, read, query=query)


def dump(value: object) -> bytes:
    """Compact JSON; a number that JSON does not know (NaN) is a ValueError."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def query_string(parameters: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Parameters percent-encoded exactly once."""
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    return urlencode(list(pairs), quote_via=quote, safe="")


def cursor_query(cursor: str) -> str:
    """A cursor encoded exactly once, whether it came percent-encoded or not (reference: data 7.1)."""
    return f"cursor={quote(unquote_to_bytes(cursor), safe='')}"


def address(account: Account, call: Call[Any]) -> str:
    """The full URL of a call."""
    return f"{account.base_url}{call.path}{'?' if call.query else ''}{call.query}"


def headers(account: Account, call: Call[Any]) -> dict[str, str]:
    """Who calls, and in what form (reference: data 1.2)."""
    named = dict(call.headers)
    named["X-CleverTap-Account-Id"] = account.id
    named["X-CleverTap-Passcode"] = account.passcode.get_secret_value()
    if call.body:
        named["Content-Type"] = call.content_type
    if call.with_token and account.token:
        # Catalogues name the account by another header when they are asked with the token (engagement 1.2).
        named |= {"X-CleverTap-Token": account.token.get_secret_value(), "X-Account-Id": account.id}
    return named


def read_envelope(answer: Answer) -> JsonObject:
    """The body of an answer that says success.

    Raises:
        CredentialsError, InvalidRequestError: CleverTap refused, by HTTP status or by the body's own word.
        RateLimitedError, ServiceError, UnreadableAnswerError: There is no answer to the question.
    """
    return successful(answer, read_body(answer))


def successful(answer: Answer, body: JsonObject) -> JsonObject:
    """The body of an answer, if it says success.

    Raises:
        CleverTapError: See `read_envelope`.
    """
    status = str(body.get("status", "fail" if "error" in body else "success")).lower()
    if status == "success":
        return body
    if status == "fail":
        raise refused(answer, body)
    raise UnreadableAnswerError(f"CleverTap answered with the status {clipped(status)!r}, which says nothing here.")


def refused(answer: Answer, body: JsonObject) -> CleverTapError:
    """What a body that says `fail` means: credentials, too many requests, a fault of CleverTap's, or a refusal."""
    code = body.get("code")
    if type(code) is int and code in TELLING_CODES and (meant := http_error(replace(answer, status=code))):
        return meant
    return InvalidRequestError(refusal_text(body), status=answer.status)


def read_body(answer: Answer) -> JsonObject:
    """The JSON object of an answer whose HTTP status is a success; the body's own status is not looked at.

    Raises:
        CredentialsError, InvalidRequestError: CleverTap refused.
        RateLimitedError, ServiceError, UnreadableAnswerError: There is no answer to the question.
    """
    error = http_error(answer)
    if error is not None:
        raise error
    return json_object(answer)


def http_error(answer: Answer) -> CleverTapError | None:
    """The error that the HTTP status alone stands for, with CleverTap's own words if it sent any."""
    status = answer.status
    if status < 300:  # noqa: PLR2004 - HTTP's own numbers read better than names
        return None
    text = error_text(answer)
    if status == 401:  # noqa: PLR2004
        return CredentialsError(text)
    if status == 429:  # noqa: PLR2004
        return RateLimitedError(
            f"CleverTap is answering too many requests at once: {text}", retry_after=answer.retry_after
        )
    if status >= 500:  # noqa: PLR2004
        return ServiceError(f"CleverTap failed with HTTP {status}: {text}", retry_after=answer.retry_after)
    if status < 400:  # noqa: PLR2004
        return RedirectedError(f"CleverTap answered with a redirect (HTTP {status}), which is not followed.")
    if status in CUT_OFF:
        return LostAnswerError(f"Something between here and CleverTap stopped waiting (HTTP {status}).")
    return InvalidRequestError(text if status == 400 else f"HTTP {status}: {text}", status=status)  # noqa: PLR2004


def json_object(answer: Answer) -> JsonObject:
    """The body as a JSON object.

    Raises:
        UnreadableAnswerError: It is empty, a web page, broken off, or no object.
    """
    if not answer.body.strip():
        raise UnreadableAnswerError(f"CleverTap answered HTTP {answer.status} with nothing in it.")
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        kind = "a web page" if looks_like_html(answer) else "a text that is not complete JSON"
        raise UnreadableAnswerError(f"CleverTap answered HTTP {answer.status} with {kind}.") from None
    if not isinstance(body, dict):
        raise UnreadableAnswerError(f"CleverTap answered HTTP {answer.status} with JSON that is no object.")
    check_depth(body)
    return body


def check_depth(value: object) -> None:
    """Refuse what nobody could hand on.

    Raises:
        UnreadableAnswerError: It is nested too deep.
    """
    if is_too_deep(value):
        raise UnreadableAnswerError(f"CleverTap answered with JSON that is nested more than {DEEPEST} levels deep.")


def is_too_deep(value: object) -> bool:
    """Whether a JSON value has more levels of objects and lists than anybody means, or could walk into."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in children(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def children(value: object) -> Iterable[object]:
    """What an object or a list holds."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def natural(value: object) -> int | None:
    """A count or an id of an answer, None if it is none; CleverTap writes them as numbers and as digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= LONGEST_NUMBER:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def listed(body: Mapping[str, Any], name: str) -> list[Any]:
    """A list of a body, empty if it is missing or no list."""
    value = body.get(name)
    return value if isinstance(value, list) else []


def looks_like_html(answer: Answer) -> bool:
    """Whether a proxy or a gateway spoke instead of CleverTap."""
    return "html" in answer.content_type or answer.body.lstrip()[:1] == b"<"


def error_text(answer: Answer) -> str:
    """What CleverTap says went wrong, in one line, or what stands in its place."""
    try:
        return refusal_text(json_object(answer))
    except UnreadableAnswerError:
        return "a web page instead of an answer" if looks_like_html(answer) else "no reason given"


def refusal_text(body: Mapping[str, Any]) -> str:
    """The `error` of a body; it is at times a text that holds a JSON list (reference: data 1.4)."""
    error = body.get("error") or body.get("message") or body.get("msg") or "no reason given"
    if isinstance(error, str) and error.startswith("["):
        try:
            error = "; ".join(map(str, json.loads(error))) or "no reason given"
        except (ValueError, RecursionError):
            return clipped(error)
    return clipped(str(error))


def clipped(text: str) -> str:
    """A foreign text in one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def credentials_advice(account: Account) -> str:
    """What to check after a 401: a wrong region looks the same as a wrong passcode (reference: data 1.1)."""
    id_, passcode = account.setting("account_id"), account.setting("passcode")
    if account.region is None:
        return f"Check {id_}, {passcode} and that {account.setting('base_url')} is this account's host."
    others = ", ".join(name for name in HOSTS if name != account.region)
    return (
        f"Check {id_} and {passcode}. A wrong region looks the same: "
        f"this server asks {account.region}; the others are {others} ({account.setting('region')})."
    )


def seconds_to_wait(retry_after: str | None, now: float) -> float | None:
    """The Retry-After header in seconds from now: it is a number or a date."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass  # then it is a date, or nothing that means anything
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, OverflowError):
        return None
