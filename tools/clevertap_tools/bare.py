"""Answers of CleverTap's newer services, which come without the classic envelope (reference: engagement 1.3, 13, 14).

They are bare objects or `{"message": ...}`; a refusal is an HTTP status with `{message}`, `{code, msg}` or, after all,
`{status, error}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.errors import InvalidRequestError, OutcomeUnknownError
from clevertap_tools.wire import Answer, Call, JsonObject, T

NOT_ENABLED = re.compile(r"(not|n't) enabled", re.IGNORECASE)
FORBIDDEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
TAKEN = re.compile(r"already exists|duplicate|already (?:in use|taken)", re.IGNORECASE)
UNKNOWN = re.compile(r"not found|(?:does not|doesn't) exist|no such", re.IGNORECASE)
SWITCH_ON = "Ask CleverTap to switch this feature on for the account; the credentials are not at fault."


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal that its text gives away.

    Args:
        said: Found in the text.
        field: The argument at fault.
        remedy: What to do about it.
    """

    said: re.Pattern[str]
    field: str
    remedy: str


@contextmanager
def explaining(*faults: Fault) -> Iterator[None]:
    """Refusals from within with the argument at fault and the remedy, those of the first fault that is met.

    Raises:
        InvalidRequestError: CleverTap refused.
    """
    try:
        yield
    except InvalidRequestError as error:
        fault = next((each for each in faults if each.said.search(error.message)), None)
        if fault is None:
            raise
        raise InvalidRequestError(
            error.message, status=error.status, field=fault.field, next_step=fault.remedy
        ) from None


def read_bare(answer: Answer) -> JsonObject:
    """The object of an answer that tells of no failure.

    Raises:
        InvalidRequestError: CleverTap refused, because the account lacks the feature among other things.
        CleverTapError: See `wire.read_body`.
    """
    if answer.status in FORBIDDEN and NOT_ENABLED.search(text := wire.error_text(answer)):
        raise InvalidRequestError(text, status=answer.status, next_step=SWITCH_ON)
    body = wire.read_body(answer)
    if is_refusal(body):
        raise wire.refused(answer, body)
    return body


def is_refusal(body: JsonObject) -> bool:
    """Whether a body under HTTP 200 says that something went wrong."""
    code = body.get("code")
    failed = type(code) is int and code >= HTTPStatus.BAD_REQUEST
    return failed or str(body.get("status")).lower() == "fail" or isinstance(body.get("error"), str)


def within(body: JsonObject, name: str) -> JsonObject:
    """The object that has such a field: the body itself, or the one that it is wrapped around."""
    if name in body:
        return body
    return next((inner for inner in body.values() if isinstance(inner, dict) and name in inner), body)


def text(value: object) -> str | None:
    """A value as text, None if there is none."""
    return None if value is None else str(value)


async def sent(client: Client, call: Call[T], look: str) -> T:
    """Send a call that changes something.

    Args:
        client: The account, with the deadline of this call.
        call: What is sent.
        look: How to find out whether it took effect, if its answer is lost.

    Raises:
        OutcomeUnknownError: The answer was lost.
        CleverTapError: See `Client.send`.
    """
    try:
        return await client.send(call)
    except OutcomeUnknownError as error:
        raise OutcomeUnknownError(error.message, next_step=look) from None
