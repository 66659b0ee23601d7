"""JSON-RPC over lines: what is heard, and what a host is told that cannot be understood."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from clevertap_mcp.transports.descriptors import CHUNK
from clevertap_mcp.transports.messages import UnreadableError, message_of, messages
from clevertap_mcp.transports.standard_streams import LONGEST_LINE, GrowingLine, Line, Lines

pytestmark = pytest.mark.anyio

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call"}
DEEP = 900
BOTTOMLESS = 100_000


def line(**message: Any) -> Line:
    return Line(json.dumps(message))


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def told(text: Line | str) -> tuple[int, int | str | None] | None:
    """The code and the id that a line is answered with."""
    with pytest.raises(UnreadableError) as raised:
        message_of(Line(text) if isinstance(text, str) else text)
    answer = raised.value.answer
    return (answer.error.code, answer.id) if answer else None


async def test_a_half_of_a_character_in_arguments_is_left_for_the_check_of_arguments() -> None:
    params = {"name": "\ud800", "arguments": {"email": "a\ud800"}, "_meta": {"progressToken": "\udc00"}}
    message = message_of(line(**{**CALL, "id": "q\ud800"}, params=params))
    assert isinstance(message, JSONRPCRequest)
    assert message.id == "q\ufffd"
    assert message.params == {
        "name": "\ufffd",
        "arguments": {"email": "a\ud800"},
        "_meta": {"progressToken": "\ufffd"},
    }


async def test_a_half_of_a_character_elsewhere_is_replaced() -> None:
    message = message_of(line(jsonrpc="2.0", method="x", params={"text": "\ud800"}))
    assert isinstance(message, JSONRPCNotification)
    assert message.params == {"text": "\ufffd"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line(**CALL, params="text"), (INVALID_PARAMS, 7)),
        (line(**{**CALL, "id": "s\ud800"}, params=["x"]), (INVALID_PARAMS, "s\ufffd")),
        (f'{{"jsonrpc":"2.0","id":7,"method":"x","params":{{"a":{nested(DEEP)}}}}}', (INVALID_PARAMS, 7)),
        (f'{{"jsonrpc":"2.0","id":7,"method":"x","params":{nested(BOTTOMLESS)}}}', (INVALID_REQUEST, 7)),
        (f'{{"method":"x","params":{nested(BOTTOMLESS)},"jsonrpc":"2.0","id":"a"}}', (INVALID_REQUEST, "a")),
        (f'{{"params":{nested(BOTTOMLESS)},"id":7,"jsonrpc":"2.0"}} ', (INVALID_REQUEST, 7)),
        (f'{{"params":{{"x":{nested(BOTTOMLESS)},"id":7}}}}', (INVALID_REQUEST, None)),
        (line(jsonrpc="2.0", id=7, method=5), (INVALID_REQUEST, 7)),
        (line(jsonrpc="1.0", id=7, method="x"), (INVALID_REQUEST, 7)),
        (line(jsonrpc="2.0", id=True, method="x", params=1), (INVALID_REQUEST, None)),
        ("{}", (INVALID_REQUEST, None)),
        ("[]", (INVALID_REQUEST, None)),
        ("hello", (PARSE_ERROR, None)),
        ("\ufffd\ufffd", (PARSE_ERROR, None)),
    ],
)
async def test_what_is_no_message_is_answered_with_its_id_where_it_has_one(
    text: Line | str, expected: tuple[int, int | str | None]
) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r",
        line(jsonrpc="2.0", method="notifications/cancelled", params="x"),
        line(jsonrpc="2.0", id=1, error={"code": "x"}),
        line(jsonrpc="2.0", id=1, result="x"),
    ],
)
async def test_whoever_waits_for_nothing_is_told_nothing(text: Line | str) -> None:
    assert told(text) is None


async def test_a_refusal_does_not_repeat_the_line() -> None:
    with pytest.raises(UnreadableError) as raised:
        message_of(line(**CALL, params="secret.person@example.org"))
    assert raised.value.answer
    assert "secret" not in raised.value.answer.model_dump_json()


@pytest.mark.parametrize(
    ("before", "after"),
    [(b'{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":"', b'"}}'), (b'{"method":"', b'","jsonrpc":"2.0","id":7}')],
)
async def test_of_a_line_that_is_too_long_both_ends_are_kept_and_the_next_one_is_whole(
    before: bytes, after: bytes
) -> None:
    growing = GrowingLine()
    growing.add(before)
    for _ in range(LONGEST_LINE // CHUNK + 2):
        growing.add(b"x" * CHUNK)
    growing.add(after)
    long = growing.ended()
    assert not long.whole
    assert len(long.text) == 2 * CHUNK
    assert told(long) == (INVALID_REQUEST, 7)
    growing.add(b"short")
    assert growing.ended() == Line("short")


def pipe() -> tuple[int, int]:
    return os.pipe()


def sockets() -> tuple[int, int]:
    """What some hosts start a server with in place of pipes."""
    one, other = socket.socketpair()
    return one.detach(), other.detach()


@pytest.mark.parametrize("ends", [pipe, sockets])
async def test_lines_come_whole_however_they_are_cut(ends: Callable[[], tuple[int, int]]) -> None:
    reading, writing = ends()
    long = "ä" * CHUNK
    heard = []
    async with anyio.create_task_group() as tasks:

        async def talk() -> None:
            sender = Lines(reading, writing)
            for text in ("one\ntw", "o\n\n", long, "\nlast"):
                await sender.write(text)
            os.close(writing)

        tasks.start_soon(talk)
        heard = [line.text async for line in Lines(reading, writing)]
    os.close(reading)
    assert heard == ["one", "two", "", long, "last"]


@pytest.mark.parametrize("ends", [pipe, sockets])
async def test_a_line_that_nobody_waits_for_any_more_goes_whole(ends: Callable[[], tuple[int, int]]) -> None:
    reading, writing = ends()
    long, lines = "x" * 1_000_000, Lines(reading, writing)
    with anyio.move_on_after(0.05) as waiting:
        await lines.write(f"{long}\n")
    assert waiting.cancelled_caught, "there is no room for so much"
    async with anyio.create_task_group() as tasks:

        async def talk() -> None:
            await lines.write("next\n")
            os.close(writing)

        tasks.start_soon(talk)
        heard = [line.text async for line in lines]
    os.close(reading)
    assert heard == [long, "next", ""]


async def test_a_descriptor_that_cannot_be_read_ends_the_lines_and_is_remembered() -> None:
    lines = Lines(os.open("/", os.O_RDONLY), 1)
    assert [line.text async for line in lines] == [""]
    assert isinstance(lines.failure, IsADirectoryError)


async def test_a_descriptor_that_takes_nothing_ends_the_connection_and_is_remembered() -> None:
    reading, writing = os.pipe()
    full = os.open("/dev/full", os.O_WRONLY)
    lines = Lines(reading, full)
    with anyio.fail_after(60):
        async with messages(lines) as (_, say):
            await say.send(SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result={})))
            await anyio.sleep_forever()
    assert lines.failure
    assert lines.failure.strerror == "No space left on device"
    for descriptor in (reading, writing, full):
        os.close(descriptor)
