"""Any request on the account's own host that no typed action makes."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

from pydantic import Field

from clevertap_tools import wire
from clevertap_tools.action import Result, Toolset, action
from clevertap_tools.client import Client
from clevertap_tools.copies import copies, with_copies
from clevertap_tools.effect import Effect
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.estimate import estimated
from clevertap_tools.preview import Preview
from clevertap_tools.raw_request import ANY_JSON, Request
from clevertap_tools.routes import about_people, wants_token
from clevertap_tools.wire import Answer, Call
from clevertap_tools.words.lines import pairs, who
from clevertap_tools.words.request import body_lines, request_deed

__all__ = ["RawAnswer", "Request", "call_of", "read_raw", "request"]

NO_CONTENT = 204


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


async def preview_request(client: Client, asked: Request, told: Request) -> Preview:
    """What is known of the path, and what goes there; the reach where the body tells it or CleverTap can be asked.

    Raises:
        InvalidRequestError: It would create a campaign that CleverTap refuses.
    """
    deed = request_deed(told.method, told.filled_path, asked.effect, known=asked.is_known)
    details = who(told.people or ())
    details += pairs("Query", {each.name: each.value for each in told.query})
    details += pairs("Headers", told.headers)
    details += body_lines(told.filled_path, told.body, told.raw_body, told.content_type)
    return Preview(deed, tuple(details), await reach(client, asked), comes_again=asked.recurs)


async def reach(client: Client, asked: Request) -> int | None:
    """How many people a request reaches at most; None when nobody can tell.

    Raises:
        InvalidRequestError: It would create a campaign that CleverTap refuses.
    """
    if asked.is_campaign:
        return with_copies((await estimated(client, asked.body)).reach, copies(asked.body))
    return None if asked.people is None else len(asked.people)


@action(
    title="Request any path",
    effect=effect_of_request,
    effects=frozenset(Effect),
    toolset=Toolset.CORE,
    calls=(),
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
