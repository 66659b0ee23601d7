"""Any request on the account's own host that no typed action makes."""

from __future__ import annotations

import base64
import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.routes import effect_of, wants_token
from clevertap_tools.wire import Answer, Call

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
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
NO_CONTENT = 204
LONGEST_PARAMETER = 20_000
MOST_DECODINGS = 4
"""More often than any chain of proxies takes off percent signs."""
# A schema must say something; this is true of every value and binds none.
ANY_JSON = WithJsonSchema({"minProperties": 0})
PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}", re.ASCII)
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


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers that say nothing about who asks, whom and how the connection works.

    Raises:
        ValueError: One of them does, or is no header at all.
    """
    # Some servers take "_" for "-".
    plain = [name.lower().replace("_", "-") for name in headers]
    if len(set(plain)) < len(plain):
        raise ValueError("names a header twice")
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise ValueError("holds a name that no header has")
        if name.lower().replace("_", "-") in OWN_HEADERS:
            raise ValueError(f"may not set {name}: this server sets it")
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise ValueError(f"holds a line break, an outer space or a character that no header has, in {name}")
    return headers


class Parameter(Arguments):
    """One query parameter."""

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    value: Annotated[str, Field(max_length=LONGEST_PARAMETER)]


def checked_query(query: list[Parameter]) -> list[Parameter]:
    """Parameters with different names.

    Raises:
        ValueError: A name comes twice.
    """
    names = [each.name for each in query]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"has {twice!r} twice; each name goes once")
    return query


class Request(Arguments):
    """One request as it will be sent."""

    method: Annotated[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], Field(description="HTTP method")]
    path: Annotated[
        str,
        AfterValidator(checked_path),
        Field(max_length=2048, description="Such as /v2/catalogs/{id}, without query"),
    ]
    path_params: Annotated[
        dict[str, Annotated[str, Field(max_length=LONGEST_PARAMETER), AfterValidator(checked_filling)]],
        Field(description="Fills each {name} of the path, percent-encoded"),
    ] = {}
    query: Annotated[list[Parameter], AfterValidator(checked_query), Field(description="Query parameters")] = []
    headers: Annotated[
        dict[str, str],
        AfterValidator(checked_headers),
        Field(description="Further headers; never credentials or Host"),
    ] = {}
    body: Annotated[Any, ANY_JSON, Field(description="JSON body, any JSON")] = None
    raw_body: Annotated[str | None, Field(description="Text body instead, sent as it is")] = None
    content_type: Annotated[
        str | None, Field(pattern=r"^[\x21-\x7e]+/[\x20-\x7e]+$", max_length=200, description="Of raw_body")
    ] = None

    @model_validator(mode="after")
    def _one_body(self) -> Request:
        if self.body is not None and self.raw_body is not None:
            raise ValueError("give either 'body' or 'raw_body', not both")
        if self.raw_body is not None and self.content_type is None:
            raise ValueError("'content_type' is missing; 'raw_body' needs one, such as text/csv")
        if self.content_type is not None and self.raw_body is None:
            raise ValueError("'content_type' belongs to 'raw_body'; 'body' is always JSON")
        if self.method == "GET" and (self.body is not None or self.raw_body is not None):
            raise ValueError("'body' and 'raw_body' do not go with GET; use query")
        return self

    @model_validator(mode="after")
    def _path_is_filled(self) -> Request:
        wanted, given = set(PLACEHOLDER.findall(self.path)), set(self.path_params)
        if wanted != given:
            name = min(wanted ^ given)
            told = "is missing" if name in wanted else "stands nowhere in 'path'"
            raise ValueError(f"'path_params.{name}' {told}")
        return self

    @property
    def filled_path(self) -> str:
        """The path as it is sent."""
        return PLACEHOLDER.sub(lambda found: quote(self.path_params[found[1]], safe=""), self.path)

    @property
    def effect(self) -> Effect:
        """What it does; a raw body is never read to make it look harmless."""
        return effect_of(self.method, self.filled_path, self.body if self.raw_body is None else None)


class RawAnswer(Result):
    """What CleverTap answered, as it came."""

    status: int
    content_type: str
    json_: Annotated[Any, ANY_JSON, Field(alias="json")] = None
    text: str | None = None
    base64: str | None = Field(default=None, description="A body that is no text")
    truncated: bool = False


def effect_of_request(asked: Request) -> Effect:
    """By the table of methods and paths."""
    return asked.effect


@action(title="Request any path", effect=effect_of_request, effects=frozenset(Effect), toolset=Toolset.CORE)
async def request(client: Client, asked: Request) -> RawAnswer:
    """Call any path of CleverTap's API that no other tool covers.

    Credentials and host are added. Prefer the typed tools: they check, split and account. What a request does is judged
    by method and path; unknown ones count as destructive.

    Example: {"method": "POST", "path": "/1/now.json", "body": {"os": true}}

    Raises:
        InvalidRequestError: CleverTap answered with a status from 400, or with status "fail".
        OutcomeUnknownError: The answer was lost after something may have changed.

    Reference: data 0.1
    """
    return await client.send(call_of(asked))


def call_of(asked: Request) -> Call[RawAnswer]:
    """The request as it goes out."""
    path = asked.filled_path
    content = b""
    if asked.raw_body is not None:
        content = asked.raw_body.encode()
    elif asked.body is not None:
        content = wire.dump(asked.body)
    return Call(
        asked.method,
        path,
        asked.effect,
        read_raw,
        query=wire.query_string((each.name, each.value) for each in asked.query),
        body=content,
        content_type=asked.content_type or wire.JSON,
        headers=tuple(asked.headers.items()),
        with_token=wants_token(path),
    )


def read_raw(answer: Answer) -> RawAnswer:
    """The answer as it came, unless it is a refusal.

    Raises:
        CleverTapError: An HTTP status from 300, a JSON body whose `status` is `fail`, half a JSON body, or none.
    """
    error = wire.http_error(answer)
    if error is not None:
        raise error
    if not answer.body and answer.status != NO_CONTENT:
        raise UnreadableAnswerError(
            "CleverTap answered HTTP 200 with nothing in it, as it does for paths it lacks.",
            next_step="Check the path.",
        )
    found, value = parsed(answer.body)
    if not found:
        if "json" in answer.content_type:
            wire.json_object(answer)
        return textual(answer)
    if isinstance(value, dict) and value.get("status") == "fail":
        wire.read_envelope(answer)
    return RawAnswer(status=answer.status, content_type=answer.content_type, json=value)


def parsed(body: bytes) -> tuple[bool, Any]:
    """Whether a body is JSON, and its value.

    Raises:
        UnreadableAnswerError: It is nested too deep.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False, None
    wire.check_depth(value)
    return True, value


def textual(answer: Answer) -> RawAnswer:
    """A body that is not JSON, as text if it is text, else as base64."""
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(answer.body).decode()
        return RawAnswer(status=answer.status, content_type=answer.content_type, base64=encoded)
    return RawAnswer(status=answer.status, content_type=answer.content_type, text=text)
