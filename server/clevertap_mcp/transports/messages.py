"""JSON-RPC messages over the lines of stdin and stdout; a request that cannot be read is answered all the same.

The SDK's own reader drops a line that it cannot read without a word, and its host waits for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)

from clevertap_mcp.rendering.clip import whole_characters
from clevertap_mcp.transports.standard_streams import LONGEST_LINE, Line, Lines

NO_JSON = "This line is not JSON; send one JSON-RPC message a line."
NO_OBJECT = "A message is one JSON object; send requests one by one."
NO_REQUEST = 'A request needs "jsonrpc": "2.0", an "id" (a text or a whole number) and a "method" (a text).'
PARAMS = '"params" must be an object.'
TOO_DEEP = "This message is nested too deeply; send at most 200 levels."
TOO_LONG = f"This line is longer than {LONGEST_LINE >> 20} MiB; send less at once."

ARGUMENTS = "arguments"
END_LOOKED_AT = 1_000
"""Characters at the end of a line that its id is looked for in."""
ID = r'"id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,200}")\s*'
BEGINS_WITH_ID = re.compile(rf'\s*\{{\s*(?:"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,\s*)*{ID}[,}}]')
ENDS_WITH_ID = re.compile(rf'{ID}(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}}\s*$')
"""Both are sure to find the id of the message itself and not one of something inside it."""


class UnreadableError(Exception):
    """A line is no message.

    Args:
        answer: What its host is told; None if it waits for nothing.
    """

    def __init__(self, answer: JSONRPCError | None) -> None:
        super().__init__("a line is no message")
        self.answer = answer


@asynccontextmanager
async def messages(lines: Lines) -> AsyncIterator[tuple[Heard, Said]]:
    """What is heard from a host and what is said to it, until one side ends."""
    with anyio.CancelScope() as connection:
        said = Said(lines, connection)
        yield Heard(heard(lines, said)), said


class Said:
    """What is said to a host; when nobody reads it, the connection is over. A stream as the SDK has them.

    Args:
        lines: Where it goes.
        connection: Cancelled when it is over.
    """

    def __init__(self, lines: Lines, connection: anyio.CancelScope) -> None:
        self._lines = lines
        self._connection = connection

    async def send(self, said: SessionMessage) -> None:
        """Write a message."""
        try:
            await self._lines.write(said.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n")
        except anyio.ClosedResourceError:
            self._connection.cancel()

    async def aclose(self) -> None:
        """Leave stdout as it is."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Heard:
    """What a host says, as a stream of the SDK's.

    Args:
        messages: What it says.
    """

    def __init__(self, messages: AsyncIterator[SessionMessage]) -> None:
        self._messages = messages

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        return await anext(self._messages)

    async def receive(self) -> SessionMessage:
        """The next message.

        Raises:
            EndOfStream: There is none.
        """
        try:
            return await anext(self)
        except StopAsyncIteration:
            raise anyio.EndOfStream from None

    async def aclose(self) -> None:
        """Leave stdin as it is."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def heard(lines: Lines, said: Said) -> AsyncIterator[SessionMessage]:
    """Every message of a host; lines that are no messages are answered."""
    async for line in lines:
        try:
            message = SessionMessage(message_of(line))
        except UnreadableError as error:
            if error.answer is not None:
                await said.send(SessionMessage(error.answer))
        else:
            yield message


def message_of(line: Line) -> JSONRPCMessage:
    """The message in a line.

    Raises:
        UnreadableError: There is none, or it is too long or too deep.
    """
    if not line.text.strip():
        raise UnreadableError(None)
    if not line.whole:
        raise UnreadableError(refusal(INVALID_REQUEST, TOO_LONG, id_at_an_end(line.text)))
    try:
        return jsonrpc_message_adapter.validate_json(line.text, by_name=False)
    except ValueError:
        return mended(line.text)


def mended(text: str) -> JSONRPCMessage:
    """The message in a text that the SDK does not take because it holds an escaped half of a character.

    The arguments of a tool keep their halves, for our own check to refuse; elsewhere stands the replacement mark.

    Raises:
        UnreadableError: That was not the trouble.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise UnreadableError(refusal(INVALID_REQUEST, TOO_DEEP, id_at_an_end(text))) from None
    except ValueError:
        raise UnreadableError(refusal(PARSE_ERROR, NO_JSON, None)) from None
    try:
        whole = whole_characters(json.dumps(value, ensure_ascii=False))
        message = jsonrpc_message_adapter.validate_json(whole, by_name=False)
    except (ValueError, RecursionError):
        raise UnreadableError(answer_to(value)) from None
    if isinstance(message, JSONRPCRequest) and message.params and ARGUMENTS in message.params:
        message.params[ARGUMENTS] = value["params"][ARGUMENTS]
    return message


def answer_to(value: Any) -> JSONRPCError | None:
    """What is said to a JSON value that is no message; nothing to notifications and answers."""
    if not isinstance(value, dict):
        return refusal(INVALID_REQUEST, NO_OBJECT, None)
    named = isinstance(value.get("method"), str)
    notifies = named and "id" not in value
    answers = "method" not in value and not value.keys().isdisjoint({"result", "error"})
    if notifies or answers:
        return None
    known = request_id(value.get("id"))
    if not named or known is None or value.get("jsonrpc") != "2.0":
        return refusal(INVALID_REQUEST, NO_REQUEST, known)
    return refusal(INVALID_PARAMS, TOO_DEEP if isinstance(value.get("params"), dict) else PARAMS, known)


def request_id(value: Any) -> int | str | None:
    """The id of a request, if it is one that can be repeated to its host."""
    if isinstance(value, str):
        return whole_characters(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def id_at_an_end(text: str) -> int | str | None:
    """The id of a request that cannot be read, if it stands where hosts write it: at the beginning or at the end."""
    found = BEGINS_WITH_ID.match(text) or ENDS_WITH_ID.search(text[-END_LOOKED_AT:])
    return request_id(json.loads(found[1], strict=False)) if found else None


def refusal(code: int, message: str, answered: int | str | None) -> JSONRPCError:
    """An answer that a request cannot be read."""
    return JSONRPCError(jsonrpc="2.0", id=answered, error=ErrorData(code=code, message=message))
