"""Counts that CleverTap computes for a while: ask, wait, ask again by `req_id` (reference: data 8.0)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from clevertap_tools import wire
from clevertap_tools.client import Client
from clevertap_tools.effect import Effect
from clevertap_tools.errors import DeadlineError, NotReadyError, UnavailableError, UnreadableAnswerError
from clevertap_tools.wire import Answer, JsonObject

FIRST_WAIT = 1.0
LONGEST_WAIT = 5.0
GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Pending:
    """Not ready yet; `req_id` asks again."""

    req_id: str


def read_pollable(answer: Answer, known: str | None = None) -> JsonObject | Pending:
    """The finished answer, or the id to ask again with; a poll may leave out the id that is `known` already.

    Raises:
        CleverTapError: See `wire.read_envelope`.
    """
    body = wire.read_body(answer)
    if str(body.get("status")).lower() != "partial":
        return wire.successful(answer, body)
    req_id = body.get("req_id") or known
    if not re.fullmatch(r"\d{1,20}", str(req_id or "")):
        raise UnreadableAnswerError("CleverTap is still computing, but gave no req_id to ask again with.")
    return Pending(str(req_id))


async def settled(client: Client, path: str, query: Callable[[], JsonObject], req_id: str | None) -> JsonObject:
    """The finished answer of a pollable call.

    Args:
        client: The account, with the deadline of this call.
        path: The call's path, for the question and for asking again.
        query: Makes the question; not called when there is a `req_id`.
        req_id: Goes on with a question that was asked before.

    Raises:
        NotReadyError: The deadline passed first; carries the `req_id`.
        CleverTapError: See `Client.send`.
    """
    if req_id is None:
        state = await client.send(wire.post(path, query(), Effect.READ, read_pollable))
    else:
        state = Pending(req_id)
        state = await asked_again(client, path, state)
    wait, polls = FIRST_WAIT, 0
    while isinstance(state, Pending):
        polls += 1
        await client.report(polls, None, "CleverTap is still computing")
        try:
            await client.pause(wait)
        except DeadlineError:
            raise not_ready(state) from None
        wait = min(LONGEST_WAIT, wait * GROWTH)
        state = await asked_again(client, path, state)
    return state


async def asked_again(client: Client, path: str, pending: Pending) -> JsonObject | Pending:
    """One poll; whatever cuts it short, the caller can go on later by the `req_id`."""
    query = wire.query_string({"req_id": pending.req_id})
    call = wire.get(path, lambda answer: read_pollable(answer, pending.req_id), query)
    try:
        return await client.send(call)
    except DeadlineError:
        raise not_ready(pending) from None
    except UnavailableError as error:
        raise NotReadyError(error.message, req_id=pending.req_id) from None


def not_ready(pending: Pending) -> NotReadyError:
    """The error of a figure that took longer than this call."""
    return NotReadyError("CleverTap is still computing this figure.", req_id=pending.req_id)
