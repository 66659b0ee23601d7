"""Any request on the account's own host that no typed action makes."""

from __future__ import annotations

import base64
import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools import wire
from clevertap_tools.action import Arguments, Result, Toolset, action
from clevertap_tools.addressed import people_named, records_named
from clevertap_tools.client import Client
from clevertap_tools.disguises import checked_filling, checked_headers, checked_path
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.estimate import CREATE, estimated
from clevertap_tools.preview import Preview
from clevertap_tools.request_in_words import body_lines, named_people, pairs, request_deed
from clevertap_tools.routes import about_people, effect_of, is_known, wants_token
from clevertap_tools.wire import Answer, Call

NO_CONTENT = 204
LONGEST_PARAMETER = 20_000
# A schema must say something; this is true of every value and binds none.
ANY_JSON = WithJsonSchema({"minProperties": 0})
FORM = re.compile(r"application/x-www-form-urlencoded|multipart/", re.IGNORECASE)
"""Types of a body that servers read as they read query parameters."""
PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_]+)\}", re.ASCII)


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
        return effect_of(self.method, self.filled_path, self.read_body, self.parameters)

    @property
    def is_known(self) -> bool:
        """Whether the reference tells what it does."""
        return is_known(self.method, self.filled_path, self.parameters)

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters; a form holds some too, and stands for them as it is."""
        form = [self.raw_body] if self.raw_body and FORM.match(self.content_type or "") else []
        return [each.name for each in self.query] + form

    @property
    def read_body(self) -> Any:
        """The body as far as anything may be concluded from it."""
        return self.body if self.raw_body is None else None

    @property
    def record_count(self) -> int | None:
        """How many records or people the body names."""
        return records_named(self.method, self.filled_path, self.read_body)

    @property
    def countable(self) -> bool:
        """A raw body is never read, so it may hold any number."""
        return self.raw_body is None

    @property
    def people(self) -> list[str] | None:
        """Everybody whom it can touch, None when nobody can tell."""
        return people_named(self.method, self.filled_path, self.read_body) if self.is_known else None

    @property
    def is_campaign(self) -> bool:
        """Whether it would create a campaign whose reach can be asked."""
        readable = self.is_known and isinstance(self.read_body, dict)
        return readable and (self.method, self.filled_path) == ("POST", CREATE)


class RawAnswer(Result):
    """What CleverTap answered, as it came."""

    status: int
    content_type: str
    json_: Annotated[Any, ANY_JSON, Field(alias="json")] = None
    text: str | None = None
    base64: str | None = Field(default=None, description="A body that is no text")
    truncated: bool = False
    of_things: Annotated[bool, Field(exclude=True)] = False
    """Whether the path is known to tell of campaigns, catalogues and the like, not of people."""

    @property
    def theirs(self) -> frozenset[str]:
        """The whole body."""
        return frozenset({"json_", "text", "base64", "content_type"})

    @property
    def about_people(self) -> bool:
        """As long as the path is not known to tell of something else."""
        return not self.of_things


def effect_of_request(asked: Request) -> Effect:
    """By the table of methods and paths."""
    return asked.effect


async def preview_request(client: Client, asked: Request) -> Preview:
    """What is known of the path, and what goes there; the reach where the body tells it or CleverTap can be asked.

    Raises:
        InvalidRequestError: It would create a campaign that CleverTap refuses.
    """
    path, people = asked.filled_path, asked.people
    deed = request_deed(asked.method, path, asked.effect, known=asked.is_known)
    details = named_people(people)
    details += pairs("Query", {each.name: each.value for each in asked.query})
    details += pairs("Headers", asked.headers)
    details += body_lines(asked.body, asked.raw_body, asked.content_type)
    if asked.is_campaign:
        return Preview(deed, tuple(details), (await estimated(client, asked.body)).reach)
    return Preview(deed, tuple(details), None if people is None else len(people))


@action(
    title="Request any path",
    effect=effect_of_request,
    effects=frozenset(Effect),
    toolset=Toolset.CORE,
    preview=preview_request,
)
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
    answer = await client.send(call_of(asked))
    return answer.model_copy(update={"of_things": not about_people(asked.filled_path)})


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
