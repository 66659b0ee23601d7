"""Clients that take their time are cut: with the head of a request, with its body, with reading, and with silence."""

from __future__ import annotations

import json
import math
import socket
from dataclasses import replace
from typing import NoReturn

import anyio
import httpx2
import pytest
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from clevertap_mcp.transports.conversation import Conversation
from clevertap_mcp.transports.patience import PATIENCE, Patience
from web import (
    COUNT,
    INITIALIZE,
    LEGACY,
    MODERN,
    connected,
    heard_until_closed,
    sandbox_settings,
    served,
    status_of,
    until,
)

SHORT = 0.2
PATIENT = Patience(head=600, body=600, answer=600, silence=600)
"""Waits longer than any test; each gives up on one thing early."""
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("begun", [b"", b"G", HEAD, HEAD + b"X-Slow: "])
def test_a_head_that_is_not_complete_in_time_ends_the_connection(begun: bytes) -> None:
    with served(patience=replace(PATIENT, head=SHORT)) as server, connected(server.url) as connection:
        connection.sendall(begun)
        assert status_of(heard_until_closed(connection)) == 408


def test_the_head_of_a_second_request_has_to_be_complete_in_time_too() -> None:
    with served(patience=replace(PATIENT, head=SHORT)) as server, connected(server.url) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert status_of(connection.recv(65536)) == 200
        connection.sendall(HEAD)
        assert b" 408 " in heard_until_closed(connection)


@pytest.mark.parametrize("sent", [b"", b"{", b"{" + b" " * 98])
def test_a_body_that_is_not_complete_in_time_ends_the_connection(sent: bytes) -> None:
    with served(patience=replace(PATIENT, body=SHORT)) as server, connected(server.url) as connection:
        connection.sendall(POST + sent)
        assert status_of(heard_until_closed(connection)) == 408
        assert httpx2.get(f"{server.url}/healthz").status_code == 200


def test_a_body_that_nobody_reads_is_waited_for_no_longer() -> None:
    endless = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    with served(patience=replace(PATIENT, body=SHORT)) as server, connected(server.url) as connection:
        connection.sendall(endless)
        assert status_of(heard_until_closed(connection)) == 404


def test_a_request_in_parts_that_come_in_time_is_answered() -> None:
    body = json.dumps(COUNT).encode()
    headers = {**MODERN, "Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with served() as server, connected(server.url) as connection:
        for part in (b"POST /mcp HT", b"TP/1.1\r\n", head.encode(), b"\r\n", body[:10], body[10:]):
            connection.sendall(part)
        assert status_of(connection.recv(65536)) == 200


def test_a_client_that_does_not_read_its_answers_is_cut() -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": COUNT["params"]["_meta"]}}
    body = json.dumps(asked).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in {**MODERN, "Mcp-Method": "tools/list"}.items())
    request = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{head}Content-Type: application/json\r\n"
    one = request.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with served(patience=replace(PATIENT, answer=SHORT)) as server, connected(server.url) as connection:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(connection, one)
        assert httpx2.get(f"{server.url}/healthz").status_code == 200


def test_a_session_in_which_nothing_is_said_is_ended() -> None:
    with served(patience=replace(PATIENT, silence=SHORT)) as server:
        opened = httpx2.post(server.mcp, json=INITIALIZE, headers=LEGACY)
        session = {**LEGACY, "Mcp-Session-Id": opened.headers["mcp-session-id"]}
        until(lambda: not server.server.sessions)
        assert httpx2.post(server.mcp, json=INITIALIZE | {"method": "ping"}, headers=session).status_code == 404


def test_a_stream_of_events_in_which_nothing_is_said_is_ended() -> None:
    impatient = replace(PATIENT, silence=SHORT)
    with served(patience=impatient) as server, httpx2.stream("GET", f"{server.url}/sse") as stream:
        assert b"endpoint" in b"".join(stream.iter_raw())


@pytest.mark.anyio
async def test_silence_is_counted_only_while_nothing_waits_for_an_answer() -> None:
    conversation = Conversation(silence=1)
    conversation.heard(SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=1, method="tools/call")))
    conversation.heard(SessionMessage(JSONRPCRequest(jsonrpc="2.0", id="two", method="tools/call")))
    conversation.end(pause=0)
    assert (conversation.waiting.deadline, conversation.waiting.cancel_called) == (math.inf, False)
    conversation.said(SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result={})))
    assert not conversation.waiting.cancel_called
    given_up = {"requestId": "two"}
    conversation.heard(
        SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params=given_up))
    )
    conversation.wait()
    assert conversation.waiting.deadline <= anyio.current_time()


def send_for_ever(connection: socket.socket, request: bytes) -> NoReturn:
    """Ask and ask, until the answers fill every buffer on the way and the server has waited long enough."""
    while True:
        connection.sendall(request)


def test_the_patience_of_the_shipped_server() -> None:
    assert Patience(head=10, body=30, answer=60, silence=1800, grace=25, afterwards=1, farewell=3, probe=5) == PATIENCE
    assert sandbox_settings().network.max_calls == 128
