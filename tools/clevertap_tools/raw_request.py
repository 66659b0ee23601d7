"""One raw request, checked so that it goes to the account's own host and means what it looks like."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from clevertap_tools.action import Arguments
from clevertap_tools.addressed import SEVERAL, may_hold_records, people_named, records_named, sends_listed
from clevertap_tools.disguises import checked_filling, checked_headers, checked_path
from clevertap_tools.effect import Effect
from clevertap_tools.estimate import CREATE
from clevertap_tools.routes import effect_of, is_known
from clevertap_tools.spelling import spelt
from clevertap_tools.trigger import MOST_TRIGGERS
from clevertap_tools.words.lines import Name

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
    names = Counter(each.name for each in query)
    twice = next((name for name, times in names.items() if times > 1), None)
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
        return effect_of(self.method, self.filled_path, self.read_body, self.parameters, self.headers)

    @property
    def is_known(self) -> bool:
        """Whether the reference tells what it does."""
        return is_known(self.method, self.filled_path, self.parameters, self.headers)

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
        """Not for a body that is not read, or in which no records are found where there may be some."""
        if self.raw_body is not None:
            return False
        found = not self.body or self.record_count is not None
        return found or (self.is_known and not may_hold_records(self.filled_path))

    @property
    def may_send(self) -> bool:
        """A request that is not known may be a send in another spelling."""
        return self.effect is Effect.SEND or not self.is_known

    @property
    def sends(self) -> int:
        """Of a path that is not known, as many as its body may hold in another spelling of one that takes several."""
        if self.is_known and self.filled_path != SEVERAL:
            return 1
        return sends_listed(self.body) if self.raw_body is None else MOST_TRIGGERS

    @property
    def people(self) -> list[Name] | None:
        """Everybody whom it can touch, None when nobody can tell."""
        return people_named(self.method, self.filled_path, self.read_body) if self.is_known else None

    @property
    def is_campaign(self) -> bool:
        """Whether it would create a campaign whose reach can be asked."""
        readable = self.is_known and isinstance(self.read_body, dict)
        return readable and (self.method, self.filled_path) == ("POST", CREATE)

    @property
    def recurs(self) -> bool:
        """Whether it has a start that may come again."""
        starts = spelt(self.read_body, "when") if isinstance(self.read_body, dict) else []
        return any(isinstance(start, dict) and not is_single(start) for start in starts)


def is_single(start: dict[str, Any]) -> bool:
    """Whether a start says in so many words that it is not one of many."""
    kinds = spelt(start, "type")
    return bool(kinds) and all(kind in ("now", "later") for kind in kinds)
